"""Figures of verification as the hourly task publishes them: a month of 97 stations and 48 leads."""

import math
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from tests.monitoring.reported import NOW
from weather_mlops.documents.verification_windows import SCHEMA, VerificationWindows
from weather_mlops.lake.verification_columns import COVERAGES, VERIFICATION_SCHEMA
from weather_mlops.stations import load_stations
from weather_mlops.verification.windows import windows_of

LAST = date(2026, 11, 26)
STATIONS = tuple(station.id for station in load_stations())
FORECASTS = ("ours", "kma_forecast", "persistence")
LEADS = range(1, 49)


def _rmse(forecast: str, lead: int) -> float:
    """As measured at one station over a year."""
    if forecast == "ours":
        return 1.37 - 1.05 * math.exp(-lead / 2.5) + 0.006 * lead
    if forecast == "kma_forecast":
        return 1.42 + 0.008 * lead
    return 5 * (1 - math.exp(-lead / 6)) - 1.4 * (lead % 24 < 3 < lead)


def _member_rmse(forecast: str, group: str, member: int) -> float:
    if group == "lead_hours":
        return _rmse(forecast, member)
    middle = {"ours": 1.42, "kma_forecast": 1.61, "persistence": 3.9}[forecast]
    if group == "hour_kst":
        return middle * (1 + 0.12 * math.cos((member - 15) / 24 * 2 * math.pi))
    if group == "station_id":
        # As reproducible as a checksum, and different for each forecast.
        return middle * (0.85 + 0.3 * ((member * 37 + 11 * len(forecast)) % 100) / 100)
    return middle


def rows(
    days: int = 30, forecasts=FORECASTS, stations=STATIONS, leads=LEADS, compared: str = "common"
) -> pa.Table:
    """Rows of the table of verification."""
    noise = np.random.default_rng(5)
    groups = {"all": (0,), "lead_hours": leads, "hour_kst": range(24), "station_id": stations}
    result = []
    for back in range(days):
        weather = float(noise.normal(1, 0.12))
        for variable in ("air_temperature_c", "air_temperature_max_c", "air_temperature_min_c"):
            for group, members in groups.items():
                if variable != "air_temperature_c" and group in {"lead_hours", "hour_kst"}:
                    continue
                for forecast in forecasts:
                    result += [
                        _row(LAST - timedelta(days=back), variable, forecast, group, member, weather)
                        for member in members
                    ]
    table = pa.Table.from_pylist(result, schema=VERIFICATION_SCHEMA)
    return table.set_column(3, VERIFICATION_SCHEMA.field(3), pa.array([compared] * table.num_rows))


def _row(  # noqa: PLR0917  the columns of a row
    day: date, variable: str, forecast: str, group: str, member: int, weather: float
) -> dict:
    size = _member_rmse(forecast, group, member) * weather
    shares = (0.49, 0.79, 0.89) if forecast == "ours" else (None, None, None)
    lead = member if group == "lead_hours" else 20
    return {
        "day": day,
        "variable": variable,
        "forecast": forecast,
        "compared": "common",
        "grouped_by": group,
        "member": member,
        "n": {"all": 111_744, "lead_hours": 2_328, "hour_kst": 4_656, "station_id": 1_152}[group],
        "rmse": size,
        "mae": size * 0.78,
        "bias": {"ours": 0.03, "kma_forecast": -0.21, "persistence": 0.4}[forecast] * weather,
        "within_1": {"ours": 0.55, "kma_forecast": 0.5, "persistence": 0.2}[forecast],
        "within_2": {"ours": 0.84, "kma_forecast": 0.8, "persistence": 0.4}[forecast],
        **{
            name: share and share - 0.0005 * lead + 0.01 * math.sin(lead / 5)
            for name, share in zip(COVERAGES, shares, strict=True)
        },
    }


def document(table: pa.Table | None = None, made_at=NOW) -> VerificationWindows:
    """The published object."""
    return {
        "schema": SCHEMA,
        "made_at": made_at.isoformat(),
        "targets": {"air_temperature": windows_of(rows() if table is None else table, LAST)},
    }
