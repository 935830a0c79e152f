"""Rows of the KMA's forecast for tests, each from what matters to a test."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from weather_mlops.kma.forecast.rows import FORECAST_ROWS

HOUR: Final = timedelta(hours=1)
ISSUE: Final = datetime(2024, 3, 9, 17, tzinfo=UTC)
"""Of 02:00 KST."""


def row(station: int = 108, issued: datetime = ISSUE, lead: int = 4, **others: Any) -> dict[str, Any]:
    """A row of 10 °C that was received a quarter of an hour after its issue; what is named is different."""
    return {
        "station_id": station,
        "issued_at": issued,
        "valid_at": issued + lead * HOUR,
        "lead_hours": lead,
        "air_temperature_c": 10.0,
        "source": "api_hub",
        "cell_x": 60,
        "cell_y": 127,
        "received_at": issued + timedelta(minutes=15),
        **others,
    }


def table(rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows of FORECAST_ROWS; what is not named is null."""
    return pa.Table.from_pylist(list(rows), schema=FORECAST_ROWS)


def issue(
    issued: datetime = ISSUE,
    stations: Iterable[int] = (90, 108),
    leads: Iterable[int] = (1, 2, 3),
    *,
    shift: float = 0,
    **others: Any,
) -> pa.Table:
    """One issue, its temperatures made from station and lead."""
    leads = tuple(leads)
    return table(
        row(station, issued, lead, air_temperature_c=float(station + lead + shift), **others)
        for station in stations
        for lead in leads
    )
