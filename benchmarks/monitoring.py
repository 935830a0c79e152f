"""Cost of monitoring's sections on data and model, with a short and a long history.

Usage: .venv/bin/python benchmarks/monitoring.py [--years 1 3] [--stations 97]

On the embedded S3 server. For each number of years: simulated weather of all stations, and 30 days of
forecasts of 24 leads (persistence, with an interval) of a model with a climatology. Then three runs, each in
its own process, like a task: the first one ever, which sums up 30 days of forecasts; the next one; and the
first one of the next day (drift, checksums, one more day).
Aims: 15 s and 1 GB; and as much with three years as with one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.catalog import server
from simulator import clock
from simulator import wire as peer
from simulator.simulated import SimulatedWeather
from weather_mlops.documents.decision import Decision
from weather_mlops.kma import wire
from weather_mlops.lake import forecasts
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.forecasts import rows_of
from weather_mlops.lake.maintenance import maintain
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.registry import Registry
from weather_mlops.model.versions import as_json
from weather_mlops.monitoring import data_quality, performance
from weather_mlops.stations import load_stations

NOW: Final = datetime.now(UTC).replace(minute=10, second=0, microsecond=0)
HOUR: Final = timedelta(hours=1)
LEADS: Final = 24
DAYS: Final = 31
BOOSTERS_MB: Final = 80
TARGET: Final = "air_temperature"
AIM_S, AIM_MB = 15, 1000
RUNS: Final = {"first ever": 0, "next": 0, "first of the next day": 25}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--years", type=float, nargs="+", default=[1, 3])
    parser.add_argument("--stations", type=int, default=97)
    parser.add_argument(
        "--run", nargs=2, metavar=("BUCKET", "URI"), help="one run, as the parent asks for it"
    )
    parser.add_argument("--later", type=float, default=0, help="hours that the clock of that run is ahead")
    options = parser.parse_args()
    if options.run:
        print(json.dumps(run(*options.run, options.later)))
        return
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        costs = [measured(access, Path(name), years, options.stations) for years in options.years]
    for index, kind in enumerate(RUNS):
        ratio = costs[-1][index]["seconds"] / costs[0][index]["seconds"]
        print(
            f"{kind}: {options.years[-1]:g} years against {options.years[0]:g}: ratio {ratio:.2f} (1 = flat)"
        )


def measured(access: S3Access, folder: Path, years: float, stations: int) -> list[dict[str, Any]]:
    """Fill a lake, run twice, print."""
    access = S3Access(f"years-{years:g}".replace(".", "-"), *list(vars(access).values())[1:])
    uri = f"sqlite:///{folder}/{access.bucket}.db"
    begun = time.perf_counter()
    rows = fill(access, uri, years, [station.id for station in load_stations()][:stations])
    print(
        f"{years:g} years × {stations} stations, {rows:,} rows: built in {time.perf_counter() - begun:.0f} s"
    )
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": str(access.endpoint_url),
        "AWS_ACCESS_KEY_ID": str(access.access_key_id),
        "AWS_SECRET_ACCESS_KEY": str(access.secret_access_key),
    }
    costs = []
    for kind, later in RUNS.items():
        command = [sys.executable, __file__, "--run", access.bucket, uri, "--later", str(later)]
        output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        cost = json.loads(output)
        costs.append(cost)
        print(
            f"    {kind}: {cost['seconds']:.1f} s ({cost['seconds'] / AIM_S:.2f} of the aim), "
            f"{cost['peak_mb']:.0f} MB ({cost['peak_mb'] / AIM_MB:.2f} of the aim; {cost['before_mb']:.0f} "
            f"before it began), read {cost['bytes'] / 1e6:.1f} MB in {cost['requests']} requests; "
            f"{cost['checks']} checks, "
            f"{cost['figures'] / 1e3:.0f} kB of figures; {cost['sections']}; breaches {cost['breaches']}, "
            f"missing {cost['missing']}",
            flush=True,
        )
    return costs


def run(bucket: str, uri: str, later: float) -> dict[str, Any]:
    """One run of both sections."""
    access = S3Access(
        bucket,
        os.environ["AWS_ENDPOINT_URL"],
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
    )
    store, catalog = ObjectStore(access), open_catalog(access, type="sql", uri=uri)
    now, before = datetime.now(UTC) + later * HOUR, peak_mb()
    begun = time.perf_counter()
    data = data_quality.measure(catalog, store, data_quality.DataQualityLimits(), now)
    between = time.perf_counter()
    model = performance.measure(catalog, store, [TARGET], performance.ModelPerformanceLimits(), now)
    done = time.perf_counter()
    sections = (data, model)
    read = [section.figures["read"] for section in sections]
    return {
        "seconds": done - begun,
        "sections": f"data {between - begun:.1f} s, model {done - between:.1f} s",
        "before_mb": before,
        "peak_mb": peak_mb(),
        "bytes": sum(cost["bytes"] for cost in read),
        "requests": sum(cost["requests"] for cost in read),
        "checks": sum(len(section.checks) for section in sections),
        "figures": sum(len(json.dumps(section.as_dict())) for section in sections),
        "breaches": [check.problem for s in sections for check in s.checks if check.status == "breach"],
        "missing": [gap.what for section in sections for gap in section.missing],
    }


def peak_mb() -> float:
    """Peak resident memory of this process (Linux)."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1000


def fill(access: S3Access, uri: str, years: float, stations: list[int]) -> int:
    """Write observations, forecasts and a model; the number of observations."""
    store, catalog = ObjectStore(access), open_catalog(access, type="sql", uri=uri)
    store.ensure_bucket()
    ensure_tables(catalog)
    weather, end = SimulatedWeather(0, load_stations()), int(clock.hour_of(NOW))
    count, recent = 0, []
    for begin in range(end - round(years * 8766), end + 1, 24 * 30):
        lines = weather.rows(begin, min(begin + 24 * 30 - 1, end), stations, float(end + 10**6))
        rows = wire.parse(peer.observations(lines).body).rows
        rows = rows.append_column("raw_key", pa.array(["raw/kma/benchmark.txt.gz"] * rows.num_rows))
        count += publish(catalog, rows.select(OBSERVATIONS_SCHEMA.names), run=str(begin)).inserted
        recent = [*recent[-2:], rows.select(["station_id", "observed_at", "air_temperature_c"])]
    maintain(catalog, NOW)
    table = pa.concat_tables(recent)
    for back in reversed(range(DAYS)):
        table_of_day = persistence(table, NOW - timedelta(days=back))
        forecasts.publish(catalog, table_of_day, run=f"day {back}", now=NOW)
    deploy(store, stations)
    return count


def persistence(observed: pa.Table, now: datetime) -> pa.Table:
    """Forecasts issued in the 24 hours up to now."""
    issued = observed["observed_at"].cast(pa.int64()).to_numpy() // 3_600_000_000
    newest = int(now.timestamp() // 3600)
    chosen = (issued > newest - 24) & (issued <= newest)
    value = observed["air_temperature_c"].to_numpy()[chosen]
    station, issued = observed["station_id"].to_numpy()[chosen], issued[chosen]
    known = np.isfinite(value)
    value, station, issued = (np.repeat(each[known], LEADS) for each in (value, station, issued))
    lead = np.tile(np.arange(1, LEADS + 1), known.sum())
    noise = np.random.default_rng(newest).normal(0, 1, value.size).astype(np.float32).astype(np.float64)
    columns = {
        "issued_at": pa.array(issued * 3_600_000_000).cast(UTC_TIME),
        "station_id": station,
        "target": [TARGET] * value.size,
        "valid_at": pa.array((issued + lead) * 3_600_000_000).cast(UTC_TIME),
        "lead_hours": lead.astype(np.int32),
        "p10": value + noise - 4,
        "p50": value + noise,
        "p90": value + noise + 4,
        "model_version": ["benchmark"] * value.size,
    }
    return rows_of(columns)


def deploy(store: ObjectStore, stations: list[int]) -> None:
    """Deploy a champion of typical size; its boosters are noise."""
    registry, random = Registry(store, TARGET), np.random.default_rng(0)
    hours = np.datetime64("2020-01-01T00", "h") + np.arange(0, 8766, 7) * np.timedelta64(1, "h")
    climatology = Climatology.fit(random.normal(10, 5, (len(stations), len(hours))), hours)
    promised = {str(lead): {"rmse": 0.5 + lead / 12, "coverage_80": 0.8} for lead in range(1, LEADS + 1)}
    model = {
        "usual": climatology.as_lists(),
        "stations": stations,
        "leads": [{"damping": 0.97**lead} for lead in range(1, 25)],
    }
    size = BOOSTERS_MB * 1_000_000 // LEADS
    files = {f"lead_{lead:02d}_0.ubj": random.bytes(size) for lead in range(1, LEADS + 1)}
    files |= {"model.json": as_json(model), "evaluation.json": as_json({"leads": promised})}
    registry.finalize("benchmark", files, {})
    at = NOW - timedelta(days=DAYS)
    registry.promote(Decision("deployed", "benchmark", None, at, "benchmark", "the first one"))


if __name__ == "__main__":
    main()
