"""What one hourly publish costs, after a day and after a long history: seconds and S3 requests.

Usage: .venv/bin/python benchmarks/catalog.py [--hours 10000] [--runs 24]

On the embedded S3 server, with a catalog in SQLite. A run is of 97 stations and 3 hours (one hour is new),
and brings up to date what update_data_catalog and health_check do: observations, quarantine, gaps,
maintenance when due, read back. Before each run nothing is in memory, as in a task of its own. The history
is written a month at a time, its last two days hour by hour. The printed ratio is the aim: flat.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pyiceberg.table import snapshots

from embedded import s3
from tests.s3_proxy import free_port
from weather_mlops.lake import file_io, health, s3_access
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.maintenance import maintain
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish, publish_run
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import KEY, OBSERVATIONS_SCHEMA, QUARANTINE_SCHEMA
from weather_mlops.lake.staging import Staging
from weather_mlops.stations import load_stations

HOUR = timedelta(hours=1)
END = datetime(2024, 6, 20, tzinfo=UTC)
STATIONS = [station.id for station in load_stations()]
HOURLY = 48  # the last hours of the history, committed one by one


@dataclass
class Cost:
    """Of one run."""

    seconds: float
    requests: int
    maintained: bool


def block(begin: datetime, hours: int) -> pa.Table:
    """Observations of all stations, sorted by time; the same ones each time they are asked for."""
    random, rows = np.random.default_rng(int(begin.timestamp())), hours * len(STATIONS)
    columns = {
        "station_id": STATIONS * hours,
        "observed_at": [begin + n * HOUR for n in range(hours) for _ in STATIONS],
        "raw_key": ["raw/kma/kma_sfctm3/2024/01/01/202401010000_202401010200_all_0123456789ab.txt.gz"] * rows,
    }
    for column in OBSERVATIONS_SCHEMA:
        if column.name not in columns:
            values = random.normal(10, 8, rows).round(1)
            columns[column.name] = (
                pa.array(values).cast(pa.int64(), safe=False).cast(column.type)
                if (not pa.types.is_floating(column.type))
                else values
            )
    return pa.table(columns, schema=OBSERVATIONS_SCHEMA)


class Lake:
    """A bucket and a catalog of their own, whose requests are counted and whose clock can be set."""

    def __init__(self, access: S3Access, folder: Path) -> None:
        self.access, self.uri, self.requests = access, f"sqlite:///{folder}/{access.bucket}.db", 0
        self.store = ObjectStore(access)
        self.store.ensure_bucket()
        self.store._client.meta.events.register("before-send.s3", self.count)  # noqa: SLF001  counts them all

    def count(self, **_: object) -> None:
        """One more."""
        self.requests += 1

    def catalog(self) -> object:
        """The catalog, as a new process opens it."""
        file_io._cache = file_io._Cache(file_io.CACHE)  # noqa: SLF001
        return open_catalog(self.access, type="sql", uri=self.uri)

    def stage(self, rows: pa.Table, now: datetime) -> Staging:
        """What the tasks before stage; not part of the cost."""
        staging = Staging(self.store, now.isoformat())
        expected = rows.select(KEY)
        tables = {
            "expected": expected.append_column("origin", pa.array(["window"] * len(rows))),
            "accepted": rows,
            "quarantined": QUARANTINE_SCHEMA.empty_table(),
        }
        staging.write("audited", tables, {"score": {"overall": 0.98}, "counts": {"copies": 0}})
        return staging

    def run(self, rows: pa.Table, now: datetime) -> Cost:
        """One hourly run of two tasks."""
        set_clock(now)
        staging = self.stage(rows, now)
        before, begun = self.requests, time.perf_counter()
        result = publish_run(self.catalog(), staging, now)
        figures = health.read_back(self.catalog(), staging, now)
        seconds = time.perf_counter() - begun
        assert (result.published.inserted, figures.lost) == (len(STATIONS), 0)
        return Cost(seconds, self.requests - before, any(result.maintained.values()))

    def fill(self, hours: int) -> pa.Table:
        """Write a history that ends at END; the rows of its last hours and of those to come."""
        begin = END - hours * HOUR
        recent = block(END - (HOURLY - 1) * HOUR, 2 * HOURLY)
        bulk_end = END - (HOURLY - 1) * HOUR
        while begin < bulk_end:
            length = min(31 * 24, (bulk_end - begin) // HOUR)
            set_clock(begin + length * HOUR)
            publish(self.catalog(), block(begin, length), run=begin.isoformat())
            maintain(self.catalog(), begin + length * HOUR)
            begin += length * HOUR
        first = max(0, HOURLY - hours)
        for hour in range(first, HOURLY):
            self.run(window(recent, hour, first), at(hour))
        return recent


def window(recent: pa.Table, hour: int, first: int = 0) -> pa.Table:
    """The 3 hours of a run; fewer where the hourly history begins."""
    begin = max(first, hour - 2)
    return recent.slice(begin * len(STATIONS), (hour + 1 - begin) * len(STATIONS))


def at(hour: int) -> datetime:
    """The time of a run, counted from the first hourly one."""
    return END + (hour - HOURLY + 1) * HOUR


def set_clock(now: datetime) -> None:
    """Let Iceberg stamp its snapshots with this time."""
    snapshots.time = SimpleNamespace(time=now.timestamp)


def measure(lake: Lake, hours: int, runs: int) -> float:
    """Fill, run, print; median seconds of a run."""
    begun = time.perf_counter()
    recent = lake.fill(hours)
    built = time.perf_counter() - begun
    costs = [lake.run(window(recent, HOURLY + n), at(HOURLY + n)) for n in range(runs)]
    plain = [cost for cost in costs if not cost.maintained]
    median = statistics.median(cost.seconds for cost in plain)
    requests = statistics.mean(cost.requests for cost in plain)
    means = [
        statistics.mean(values) for values in zip(*((c.seconds, c.requests) for c in costs), strict=True)
    ]
    slow = [cost.seconds for cost in costs if cost.maintained]
    print(
        f"after {hours:6,} hours: median {median:.3f} s, slowest {max(c.seconds for c in plain):.3f} s, "
        f"{requests:.1f} S3 requests a run; with maintenance, of {runs} runs: mean {means[0]:.3f} s, "
        f"{means[1]:.1f} requests, {len(slow)} maintained in {max(slow, default=0):.2f} s at most "
        f"(history built in {built:.0f} s)"
    )
    return median


@contextmanager
def server(folder: Path) -> Iterator[S3Access]:
    """The embedded S3 server."""
    port = free_port()
    s3.prepare(folder)
    environment = {**os.environ, **s3.environment("weather", "benchmark")}
    process = subprocess.Popen(s3.command(folder, port), env=environment, stderr=subprocess.DEVNULL)
    try:
        while not s3.is_ready(port):
            time.sleep(0.1)
        yield S3Access("weather", f"http://127.0.0.1:{port}", "weather", "benchmark")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Measure both, and compare."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--hours", type=int, default=10_000, help="length of the long history")
    arguments.add_argument("--runs", type=int, default=24, help="runs that are measured")
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        medians = []
        for hours in (24, chosen.hours):
            s3_access._client.cache_clear()  # noqa: SLF001  one counter a lake
            lake = Lake(S3Access(f"hours-{hours}", *list(vars(access).values())[1:]), Path(name))
            medians.append(measure(lake, hours, chosen.runs))
    print(f"ratio {medians[1] / medians[0]:.2f} (1 = flat)")


if __name__ == "__main__":
    main()
