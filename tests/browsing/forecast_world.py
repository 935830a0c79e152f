"""Synthetic observations and forecasts: a daily cycle, a north-south gradient, errors that grow with lead."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.forecasts import rows_of
from weather_mlops.model import recent_forecasts
from weather_mlops.stations import load_stations

HOUR = timedelta(hours=1)
LAST = datetime(2026, 11, 26, 20, tzinfo=UTC)  # 05:00 KST of the next day
FIRST = LAST - (recent_forecasts.HOURS - 1) * HOUR
NOW = LAST + 10 * timedelta(minutes=1)
ALL = tuple(station.id for station in load_stations())
KMA_ISSUE = datetime(2026, 11, 26, 17, tzinfo=UTC)
"""The KMA's newest issue: of 02:00 KST; that of 05:00 is not out at NOW."""
LEADS = range(1, 49)
TARGET = "air_temperature"
COLUMN = "air_temperature_c"


def observed(
    stations: Sequence[int] = ALL, hours: int = recent_forecasts.HOURS, *, missing: float = 0.01
) -> pa.Table:
    """Rows of the observations table; some values are missing."""
    truth = weather(stations, hours)
    values = np.where(np.random.default_rng(2).random(truth.shape) < missing, np.nan, truth)
    times = [LAST - back * HOUR for back in reversed(range(hours))]
    return pa.table(
        {
            "station_id": pa.array(np.repeat(stations, hours), pa.int32()),
            "observed_at": pa.array(times * len(stations), UTC_TIME),
            COLUMN: pa.array(values.reshape(-1), pa.float64(), from_pandas=True),
        }
    )


def weather(stations: Sequence[int], hours: int) -> np.ndarray:
    """Shape (stations, hours), °C, to one decimal; the last hour is LAST."""
    source = np.random.default_rng(1)
    known = {station.id: station for station in load_stations()}
    north = np.array([known[number].latitude for number in stations])[:, None]
    high = np.array([known[number].elevation_m for number in stations])[:, None]
    local = (np.arange(hours) - hours + LAST.hour + 9 + 1)[None, :]
    passing = np.cumsum(source.normal(0, 0.5, hours))[None, :]
    own = source.normal(0, 0.4, (len(stations), hours))
    day = 5 * np.cos(2 * np.pi * (local - 15) / 24)
    return (9 - 1.6 * (north - 35) - 0.0065 * high + day + passing - passing[:, -1:] + own).round(1)


def issued(
    stations: Sequence[int] = ALL, hours: int = recent_forecasts.HOURS, leads: Sequence[int] = LEADS
) -> pa.Table:
    """Rows of the forecasts table: one per hour and lead."""
    truth, source = weather(stations, hours), np.random.default_rng(3)
    times = np.array([LAST - back * HOUR for back in reversed(range(hours))])
    parts = []
    for lead in leads:
        wide = 0.6 + 0.35 * np.sqrt(lead)
        middle = (truth + source.normal(0, wide / 1.28, truth.shape)).reshape(-1)
        valid = np.tile(times, len(stations))
        columns = {
            "issued_at": (valid - lead * HOUR).tolist(),
            "station_id": np.repeat(stations, hours),
            "target": [TARGET] * len(valid),
            "valid_at": valid.tolist(),
            "lead_hours": np.full(len(valid), lead),
            "p10": middle - wide,
            "p50": middle,
            "p90": middle + wide,
            "model_version": ["v1"] * len(valid),
        }
        parts.append(rows_of(columns))
    return pa.concat_tables(parts)


def kma(
    stations: Sequence[int] = ALL, hours: int = recent_forecasts.HOURS, longest_lead: int = 67
) -> pa.Table:
    """Rows of the KMA's forecast: whole degrees, every three hours, out after 12 minutes."""
    ahead = 2 * longest_lead
    truth, source = weather(stations, hours), np.random.default_rng(4)
    # Tomorrow is as today was: there is no weather after LAST.
    whole = np.concatenate([truth, np.tile(truth[:, -24:], ahead // 24 + 1)], axis=1)
    leads = np.arange(1, longest_lead + 1)
    issues = np.arange((hours - 4) // 3)
    at = hours - 4 - 3 * issues[:, None] + leads  # index of each hour in the weather
    values = np.round(whole[:, at] + source.normal(0, 1.3, (len(stations), *at.shape)))
    issued = np.datetime64(KMA_ISSUE.replace(tzinfo=None), "us") - (3 * issues).astype("timedelta64[h]")
    shape, n = values.shape, values.size
    issued = np.broadcast_to(issued[:, None], shape).reshape(-1)
    lead = np.broadcast_to(leads, shape).reshape(-1)
    nothing = {field.name: pa.nulls(n, field.type) for field in FORECAST_ROWS}
    columns = nothing | {
        "station_id": np.repeat(stations, n // len(stations)),
        "issued_at": pa.array(issued).cast(UTC_TIME),
        "valid_at": pa.array(issued + lead.astype("timedelta64[h]")).cast(UTC_TIME),
        "lead_hours": lead,
        COLUMN: values.reshape(-1),
        "source": ["api_hub"] * n,
        "cell_x": np.full(n, 60),
        "cell_y": np.full(n, 127),
        "received_at": pa.array(issued + np.timedelta64(12, "m")).cast(UTC_TIME),
    }
    return pa.table(
        [pa.array(columns[field.name], field.type) for field in FORECAST_ROWS], schema=FORECAST_ROWS
    )


def latest(
    stations: Sequence[int] = ALL,
    skipped: dict[str, str] | None = None,
    without: dict[str, str] | None = None,
) -> dict:
    """The content of forecasts/latest.json."""
    truth, skipped = weather(stations, recent_forecasts.HOURS), skipped or {}
    leads = np.arange(1, 49)
    forecasts = {}
    for index, number in enumerate(stations):
        if str(number) not in skipped:
            middle = np.tile(truth[index, -24:], 2) + truth[index, -1] - truth[index, -25]
            wide = 0.6 + 0.35 * np.sqrt(leads)
            forecasts[str(number)] = {
                "name": "as in the list",
                "issued_at": LAST.isoformat(),
                "valid_at": [(LAST + int(lead) * HOUR).isoformat() for lead in leads],
                "p10": (middle - wide).round(3).tolist(),
                "p50": middle.round(3).tolist(),
                "p90": (middle + wide).round(3).tolist(),
                "p25": (middle - wide / 2).round(3).tolist(),
                "p75": (middle + wide / 2).round(3).tolist(),
            }
    target = {
        "unit": "°C",
        "model_version": "20261126T1700-1a2b3c4d",
        "stations": forecasts,
        "skipped": skipped,
    }
    return {"made_at": NOW.isoformat(), "targets": {TARGET: target}, "without_model": without or {}}


def document(
    stations: Sequence[int] = ALL, skipped: dict[str, str] | None = None, *, official: pa.Table | None = None
) -> dict:
    """The content of forecasts/stations.json; without the KMA's forecast by default."""
    rows = issued(stations, leads=recent_forecasts.LEADS)
    given = latest(stations, skipped)
    return recent_forecasts.document(given, observed(stations), rows, FIRST, NOW, kma=official)


def verified(document: dict) -> dict:
    """The document with scores of the last days, of all stations and of each."""
    target = document["targets"][TARGET]
    for place in (target, *target["stations"].values()):
        place["verified"] = {
            "7": {"n": 8000, "rmse": 1.62, "rmse_ours": 1.51},
            "30": {"n": 34000, "rmse": 1.58, "rmse_ours": 1.6},
        }
    return document
