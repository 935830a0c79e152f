"""Made-up weather, quick to learn from: days, seasons, and anomalies that pass from station to station."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA
from weather_mlops.model import features
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named

TARGET = target_named("air_temperature")
INPUTS = features.inputs(TARGET)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def observed(
    stations: tuple[int, ...] = (108, 143, 159), days: int = 60, *, seed: int = 1, begin: datetime = BEGIN
) -> pa.Table:
    """Rows of the observations table, one per station and hour; a few values are missing."""
    source = np.random.default_rng(seed)
    hours = 24 * days
    angle = 2 * np.pi * np.arange(hours) / 24
    anomaly = np.zeros(hours + 3)
    for hour in range(1, hours + 3):
        anomaly[hour] = 0.97 * anomaly[hour - 1] + 0.6 * source.normal()
    tables = []
    for number, station in enumerate(sorted(stations)):
        local = anomaly[3 - number % 3 : hours + 3 - number % 3] + 0.2 * source.normal(size=hours)
        values = dict.fromkeys(INPUTS, 1.0) | {
            "air_temperature_c": 10 - 5 * np.cos(angle - 1) + local,
            "dew_point_c": 4 + local / 2,
            "relative_humidity_pct": 60 - 5 * local,
            "sea_level_pressure_hpa": 1015 - 2 * local,
            "wind_direction_deg": source.integers(0, 37, hours) * 10.0,
            "wind_speed_ms": np.abs(source.normal(size=hours)) * 3,
            "cloud_total_tenths": np.clip(5 + local, 0, 10),
        }
        columns = {
            name: np.round(np.broadcast_to(value, hours).astype(float), 1) for name, value in values.items()
        }
        for column in columns.values():
            column[source.random(hours) < 0.01] = np.nan
        tables.append(_rows(station, begin, hours, columns))
    return pa.concat_tables(tables)


def _rows(station: int, begin: datetime, hours: int, columns: dict[str, np.ndarray]) -> pa.Table:
    times = [begin + timedelta(hours=hour) for hour in range(hours)]

    def column(field: pa.Field) -> pa.Array:
        if field.name == "station_id":
            return pa.array([station] * hours, field.type)
        if field.name == "observed_at":
            return pa.array(times, UTC_TIME)
        if field.name == "raw_key":
            return pa.array(["raw/a"] * hours)
        if field.name not in columns:
            return pa.nulls(hours, field.type)
        values = columns[field.name]
        whole = np.round(values) if pa.types.is_integer(field.type) else values
        return pa.array(whole, pa.float64(), from_pandas=True).cast(field.type)

    return pa.table([column(field) for field in OBSERVATIONS_SCHEMA], schema=OBSERVATIONS_SCHEMA)


def grid(*args, **kwargs) -> Panel:
    return to_panel(observed(*args, **kwargs), INPUTS)


def plan(panel: Panel, *, horizon: int = 3, holdout_days: int = 10, **changes) -> Plan:
    last = panel.time_at(panel.length - 1)
    given = {
        "target": "air_temperature",
        "version": "v1",
        "stations": tuple(panel.stations.tolist()),
        "horizon_hours": horizon,
        "first": panel.time_at(0),
        "last": last,
        "holdout_first": last - timedelta(days=holdout_days),
        "snapshot_id": None,
        "seed": 1,
    }
    return Plan(**{**given, **changes})
