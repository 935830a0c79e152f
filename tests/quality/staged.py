"""Staged rows, good ones unless a test changes a value."""

import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from weather_mlops.kma import wire
from weather_mlops.quality import audit as audits
from weather_mlops.stations import load_stations

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of what Great Expectations imports
    import great_expectations.render.renderer
    import great_expectations.render.view  # noqa: F401

SUITES = Path(__file__).resolve().parents[2] / "expectations"
NOON = datetime(2026, 11, 23, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATIONS = [station.id for station in load_stations()]
GOOD = {
    "wind_direction_deg": 20,
    "wind_speed_ms": 1.7,
    "station_pressure_hpa": 1016.6,
    "sea_level_pressure_hpa": 1027.5,
    "air_temperature_c": 10.0,
    "dew_point_c": 5.0,
    "relative_humidity_pct": 71.0,
    "vapour_pressure_hpa": 8.7,
    "soil_temperature_5cm_c": 9.0,
}


def row(station: int = 108, at: datetime = NOON, line: int = 5, **values) -> dict:
    return {
        "station_id": station,
        "observed_at": at,
        "line": line,
        "raw_key": "raw/k.txt.gz",
        **GOOD,
        **values,
    }


def table(*rows: dict) -> pa.Table:
    schema = wire.PARSED_SCHEMA.append(pa.field("raw_key", pa.string()))
    return pa.Table.from_pylist(list(rows), schema=schema)


def unreadable(*texts: str) -> pa.Table:
    rows = [{"line": 9, "text": text, "reason": "2 tokens, expected 46", "raw_key": "k"} for text in texts]
    return pa.Table.from_pylist(rows, schema=wire.REJECTED_SCHEMA.append(pa.field("raw_key", pa.string())))


def expected(*hours: datetime, stations=(108, 159), origin: str = "window") -> pa.Table:
    rows = [
        {"station_id": station, "observed_at": hour, "origin": origin}
        for hour in hours
        for station in stations
    ]
    schema = pa.schema(
        [("station_id", pa.int32()), ("observed_at", pa.timestamp("us", tz="UTC")), ("origin", pa.string())]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def audit(
    *rows: dict,
    rejected: pa.Table | None = None,
    requested: pa.Table | None = None,
    suites_dir: Path = SUITES,
) -> audits.Audit:
    return audits.audit(
        table(*rows),
        unreadable() if rejected is None else rejected,
        expected(NOON - HOUR, NOON, NOON + HOUR) if requested is None else requested,
        STATIONS,
        suites_dir=suites_dir,
        audited_at=NOON,
        run="data_collection/test",
    )
