"""Cost of publishing the Data Docs of a run, after 10 runs and after 10,000: seconds and S3 requests.

Usage: .venv/bin/python benchmarks/data_docs.py [--hours 10000] [--runs 20]

On the embedded S3 server. A run is of 97 stations and 3 hours; its page is rendered and published with the
indexes above it, as validate_data_quality does. The history has the names that runs give; nothing of it was
cleaned up. The first run of a day also reads the day before, so its cost is printed separately.
"""

import argparse
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.catalog import server
from tests.quality.staged import HOUR, audit, row
from weather_mlops.clock import KST
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.quality import docs
from weather_mlops.quality.audit import Audit
from weather_mlops.stations import load_stations

END = datetime(2026, 11, 23, 3, tzinfo=UTC)  # 12:00 KST: a day has begun, and goes on
HISTORY = 8  # writers at a time


@dataclass
class Cost:
    """Cost of one run."""

    seconds: float
    requests: int


class Bucket:
    """A bucket whose requests are counted."""

    def __init__(self, access: S3Access) -> None:
        self.store, self.requests = ObjectStore(access), 0
        self.store.ensure_bucket()
        self.store._client.meta.events.register("before-send.s3", self.count)  # noqa: SLF001  counts them all

    def count(self, **_: object) -> None:
        """Count a request."""
        self.requests += 1

    def fill(self, hours: int) -> None:
        """Write the objects of the runs of some hours before END, and indexes of their days."""
        page = b"<!doctype html>" + b" " * 90_000
        days = set[str]()
        with ThreadPoolExecutor(HISTORY) as pool:
            for back in range(1, hours + 1):
                at = (END - back * HOUR).astimezone(KST)
                name = f"{at:%H}h_{at:%Y%m%dT%H%M}_0.9900_1.0000_data_collection_{at:%Y%m%dT%H}-ab12cd34.html"
                key = f"{docs.DOCS}/{at:%Y/%m/%d}"
                days.add(f"{key}/index.html")
                pool.submit(self.store.put, f"{key}/{name}", page if back < 1000 else b"")
            for index in days:
                pool.submit(self.store.put, index, b"")

    def run(self, audited: Audit, at: datetime) -> Cost:
        """Publish the run of an hour."""
        about = replace(
            audited, window=(at - 2 * HOUR, at), audited_at=at + timedelta(minutes=9), run=f"run {at}"
        )
        before, begun = self.requests, time.perf_counter()
        docs.publish(self.store, about)
        return Cost(time.perf_counter() - begun, self.requests - before)


@dataclass
class Measured:
    """A bucket with a history, and what its runs cost."""

    bucket: Bucket
    hours: int
    from_nothing: Cost
    first: Cost
    costs: list[Cost]

    @property
    def median(self) -> float:
        """Seconds of a run that is not the first of its day."""
        return statistics.median(cost.seconds for cost in self.costs)

    def __str__(self) -> str:
        """For people."""
        return (
            f"after {self.hours:6,} runs: median {self.median:.3f} s, slowest "
            f"{max(cost.seconds for cost in self.costs):.3f} s, "
            f"{statistics.mean(cost.requests for cost in self.costs):.1f} S3 requests a run; "
            f"the first of a day {self.first.seconds:.3f} s, {self.first.requests} requests; "
            f"the calendar from nothing {self.from_nothing.seconds:.3f} s, "
            f"{self.from_nothing.requests} requests"
        )


def main() -> None:
    """Measure both, in turns, and compare."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--hours", type=int, default=10_000, help="runs before, of the long history")
    arguments.add_argument("--runs", type=int, default=20, help="runs that are measured")
    chosen = arguments.parse_args()
    rows = [row(station.id, END - n * HOUR) for station in load_stations() for n in range(3)]
    audited = audit(*rows)
    docs.render(audited)  # imports and templates, which all runs of a process share
    tomorrow, both = END + timedelta(days=1), []
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access:
        for hours in (10, chosen.hours):
            bucket = Bucket(replace(access, bucket=f"runs-{hours}"))
            bucket.fill(hours)
            both.append(Measured(bucket, hours, bucket.run(audited, END), bucket.run(audited, tomorrow), []))
        for n in range(chosen.runs):
            for measured in both:
                measured.costs.append(measured.bucket.run(audited, tomorrow + timedelta(minutes=n)))
    young, old = both
    print(young, old, f"ratio {old.median / young.median:.2f} (1 = flat)", sep="\n")


if __name__ == "__main__":
    main()
