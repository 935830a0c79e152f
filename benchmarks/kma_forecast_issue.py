"""A run of kma_forecast for one issue of 97 stations: its own work and its requests to S3; flat over years.

Usage: .venv/bin/python benchmarks/kma_forecast_issue.py [--issues 10000] [--runs 48]

The four tasks of a run (collect, audit, publish, read back) against a local server that costs little itself,
into the embedded S3 server with a catalog in SQLite; nothing is in memory before, as in tasks of their own.
First in a new system, then in one whose table has 10,000 issues: written a sorted file a month, which is what
maintenance leaves, and maintained. The runs cross the end of a month, when each issue is about two. Printed:
the median of elapsed time with the API's latency; of the time that this process computed (CPU), which is the
own work; and of the requests to S3, without the runs that maintained the table, which are counted apart; then
the most requests of any run, and what they are.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import great_expectations  # noqa: F401, TID253  as in a task, whose process has it already

from benchmarks.catalog import server, set_clock
from benchmarks.kma_forecast_server import KEY, api
from benchmarks.kma_forecasts import HOUR, STATIONS, compared, issue_rows
from weather_mlops.clock import next_month
from weather_mlops.ingest.kma_forecast import health, publication
from weather_mlops.ingest.kma_forecast.run import CollectionRun, CollectionSettings
from weather_mlops.kma.client import UncountedCalls
from weather_mlops.kma.forecast.cells import cells_of
from weather_mlops.kma.forecast.client import ForecastClient
from weather_mlops.kma.forecast.endpoints import API_HUB
from weather_mlops.kma.forecast.issues import issues_between
from weather_mlops.lake import file_io, kma_forecasts, s3_access
from weather_mlops.lake.catalog import ensure_tables, open_catalog, open_table
from weather_mlops.lake.maintenance import maintain
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import KMA_FORECASTS
from weather_mlops.lake.staging import Staging
from weather_mlops.quality import kma_forecast as quality
from weather_mlops.settings import project_folder

# In the future: for maintenance, all files of the server are old enough to be removed.
END = datetime(2045, 6, 28, 2, tzinfo=UTC)
OUT = timedelta(minutes=20)  # after an issue, when it is out
OWN_LIMIT_S, REQUESTS_LIMIT, FLAT_LIMIT = 15, 60, 1.5


@dataclass(frozen=True)
class Cost:
    """Of one run."""

    seconds: float
    cpu_s: float
    requests: Counter[str]
    is_maintained: bool


def kind(url: str) -> str:
    """What an object is, by its address."""
    path = url.partition("?")[0]
    endings = {".metadata.json": "metadata", ".parquet": "data", ".avro": "manifest"}
    if "/snap-" in path:
        return "manifest list"
    if "/warehouse/" in path:
        return next(name for ending, name in endings.items() if path.endswith(ending))
    return next((folder for folder in ("staging", "raw") if f"/{folder}/" in path), "bucket")


class System:
    """A bucket and a catalog of their own, whose requests are counted."""

    def __init__(self, access: S3Access, folder: Path, url: str) -> None:
        s3_access._client.cache_clear()  # noqa: SLF001  one counter a system
        self._access, self._uri, self._url = access, f"sqlite:///{folder}/{access.bucket}.db", url
        self._requests: Counter[str] = Counter()
        self.store = ObjectStore(access)
        self.store.ensure_bucket()
        self.store._client.meta.events.register("before-send.s3", self._count)  # noqa: SLF001  counts them all
        ensure_tables(self.catalog())

    def _count(self, request: object, event_name: str, **_: object) -> None:
        self._requests[f"{event_name.rpartition('.')[2]} {kind(request.url)}"] += 1

    def catalog(self) -> object:
        """The catalog, as a new process opens it."""
        file_io._cache = file_io._Cache(file_io.CACHE)  # noqa: SLF001
        return open_catalog(self._access, type="sql", uri=self._uri)

    def _snapshots(self) -> int:
        return len(open_table(self.catalog(), KMA_FORECASTS).metadata.snapshots)

    def run(self, own: datetime) -> Cost:
        """The four tasks for one issue."""
        now, snapshots = own + OUT, self._snapshots()
        set_clock(now)
        client = Clocked(API_HUB, self._url, KEY, budget=UncountedCalls())
        client.now = now
        self._requests.clear()
        begun, cpu = time.perf_counter(), time.process_time()
        staging = Staging(self.store, f"kma_forecast/{own:%Y%m%dT%H}")
        settings = CollectionSettings(cells_of(STATIONS), 0.95, 0.95, 0, 100)
        CollectionRun(settings, self.store, self.catalog(), staging, own).look([client], now, last=True)
        quality.audit_staged(staging, suites_dir=project_folder("expectations"), audited_at=now)
        published = publication.publish_run(self.catalog(), staging, now)
        figures = health.read_back(catalog := self.catalog(), staging, now)
        publication.maintain_forecasts(catalog, now)
        cost = Cost(
            time.perf_counter() - begun,
            time.process_time() - cpu,
            self._requests.copy(),
            self._snapshots() != snapshots + 1,
        )
        assert (figures.lost, published.gaps.open) == (0, 0), (figures, published)
        return cost

    def fill(self, issues: int) -> int:
        """Write issues up to END, as one sorted file a month, and maintain; the rows."""
        issued = list(issues_between(END - issues * 3 * HOUR, END - HOUR))
        month, count = next_month(issued[0] - timedelta(days=31)), 0
        pending = kma_forecasts.FORECAST_ROWS.empty_table()
        for issued_at in [*issued, None]:
            while issued_at is None or issued_at >= next_month(month):
                # All hours of the month are known; those of the next ones come with it.
                end = pa.scalar(next_month(month), pending["valid_at"].type)
                is_done = pc.less(pending["valid_at"], end)
                count += self._append(pending.filter(is_done), next_month(month))
                pending, month = pending.filter(pc.invert(is_done)), next_month(month)
                if not pending.num_rows:
                    break
            if issued_at is not None:
                pending = pa.concat_tables([pending, issue_rows(issued_at)])
        maintain(self.catalog(), END)
        return count

    def _append(self, rows: pa.Table, now: datetime) -> int:
        set_clock(now)
        order = [(name, "ascending") for name in KMA_FORECASTS.sorted_by]
        notes = {kma_forecasts.NEWEST_COLLECTED: (END - 3 * HOUR).isoformat()}
        if rows.num_rows:
            table = open_table(self.catalog(), KMA_FORECASTS)
            table.append(rows.sort_by(order), snapshot_properties=notes)
        return rows.num_rows


class Clocked(ForecastClient):
    """Receives at a given time instead of the machine's."""

    now: datetime

    def ask(self, request: object) -> object:
        """The answer."""
        return replace(super().ask(request), fetched_at=self.now)


def measured(system: System, runs: int, title: str) -> float:
    """Runs of consecutive issues; the median of the CPU, in seconds, of those without maintenance."""
    costs = [system.run(issued_at) for issued_at in list(issues_between(END, END + 3 * runs * HOUR))[:runs]]
    plain = [cost for cost in costs if not cost.is_maintained]
    slow = [cost for cost in costs if cost.is_maintained]
    cpu_s = statistics.median(cost.cpu_s for cost in plain)
    most = max((cost.requests for cost in costs), key=Counter.total)
    print(
        f"{title}: {statistics.median(cost.seconds for cost in plain):.2f} s elapsed, {cpu_s:.2f} s of CPU, "
        f"{statistics.median(cost.requests.total() for cost in plain):.0f} requests to S3; "
        f"{len(slow)} of {runs} with maintenance: "
        f"{max((cost.cpu_s for cost in slow), default=0):.2f} s of CPU and "
        f"{max((cost.requests.total() for cost in slow), default=0)} requests at most",
        flush=True,
    )
    print(compared(f"{title}: own work", cpu_s, OWN_LIMIT_S, "s"))
    print(compared(f"{title}: most requests to S3 of a run", most.total(), REQUESTS_LIMIT, ""))
    print("  of these:", ", ".join(f"{count} {name}" for name, count in sorted(most.items())), flush=True)
    return cpu_s


def main() -> None:
    """Measure both systems, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--issues", type=int, default=10_000, help="issues in the table of the old system")
    parser.add_argument("--runs", type=int, default=48, help="runs that are measured in each")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name) / "s3") as access, api() as url:
        endpoint = list(vars(access).values())[1:]
        young = System(S3Access("young", *endpoint), Path(name), url)
        few = measured(young, options.runs, "new system")
        old = System(S3Access("old", *endpoint), Path(name), url)
        begun = time.perf_counter()
        count = old.fill(options.issues)
        print(f"{options.issues:,} issues, {count:,} rows written in {time.perf_counter() - begun:.0f} s")
        many = measured(old, options.runs, f"after {options.issues:,} issues")
    print(compared("own work, old / new system", many / few, FLAT_LIMIT, ""))


if __name__ == "__main__":
    main()
