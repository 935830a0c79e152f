"""A load without Airflow: against the simulator over HTTP, with a bucket and a catalog of its own."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from simulator.faults import Fault
from simulator.server import Api, Server
from tests.kma_client import PATIENT_S, recovering_client
from tests.lake.conftest import access, catalog, connect_catalog, proxy, server, store  # noqa: F401  fixtures
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from tests.suites import critical_suites
from tests.weather import simulated_weather
from weather_mlops.ingest.history.fetch import Fetch
from weather_mlops.ingest.history.plan import Load
from weather_mlops.ingest.history.publish import publish_load
from weather_mlops.ingest.history.validate import validate_worker
from weather_mlops.ingest.rebuild import Rebuilt, rebuild
from weather_mlops.kma.client import KmaClient, UncountedCalls
from weather_mlops.lake.catalog import ensure_tables, open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.stations import load_stations

NOW = datetime.now(UTC)
KEY = "a-key-of-the-test"
STATIONS = (108, 143, 159)


class Loader:
    """Loads against a simulator, and counts its calls."""

    def __init__(self, store, catalog):  # noqa: F811  the fixtures
        self.store, self.catalog = store, catalog
        self.suites_dir = critical_suites()
        self.read_timeout = PATIENT_S
        self.weather = simulated_weather()
        self.calls: list[str] = []
        self.runs = 0
        ensure_tables(catalog)

    @contextmanager
    def api(self, *faults: str, source=None) -> Iterator[str]:
        parsed = [Fault.parse(fault) for fault in faults]
        api = Api(source or self.weather, load_stations(), lambda: NOW, KEY, parsed)
        with Server(("127.0.0.1", 0), api) as running:
            thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield f"{running.url}/api/typ01/url"
            finally:
                running.stop()
                thread.join()

    def client(self, url: str, budget=None) -> KmaClient:
        counted = self

        class Counting:
            def take(self, calls=1):
                counted.calls.append(url)
                return (budget or UncountedCalls()).take(calls)

        return recovering_client(url, KEY, budget=Counting(), read_timeout=self.read_timeout)

    def fetch(
        self, load: Load, run: str, *faults: str, final: bool = True, budget=None, source=None
    ) -> list[dict]:
        with self.api(*faults, source=source) as url:
            return [
                Fetch(
                    load, worker, client=self.client(url, budget), store=self.store, catalog=self.catalog,
                    run=run, final=final,
                ).work()
                for worker in range(load.workers)
            ]  # fmt: skip

    def validate(self, load: Load, run: str, min_fit_share: float = 0.9) -> list[dict]:
        return [
            validate_worker(
                load, worker, store=self.store, run=run, suites_dir=self.suites_dir,
                min_fit_share=min_fit_share, clock=lambda: NOW,
            )
            for worker in range(load.workers)
        ]  # fmt: skip

    def publish(self, load: Load, run: str) -> dict:
        return publish_load(load, store=self.store, catalog=self.catalog, run=run, clock=lambda: NOW)

    def load(self, load: Load, *faults: str, **more) -> dict:
        self.runs += 1
        run = f"history/run-{self.runs}"
        fetched = self.fetch(load, run, *faults, **more)
        validated = self.validate(load, run)
        return {"fetched": fetched, "validated": validated, **self.publish(load, run)}

    def rebuild(self, first: date | None = None, last: date | None = None, **more) -> Rebuilt:
        return rebuild(
            first, last, store=self.store, catalog=self.catalog, suites_dir=self.suites_dir,
            clock=lambda: NOW, **more,
        )  # fmt: skip

    def table(self, name: str) -> pa.Table:
        return self.catalog.load_table(f"weather.{name}").scan().to_arrow()

    def observations(self) -> list[dict]:
        return by_key(self.table("observations").drop_columns(["raw_key"]))


def by_key(table: pa.Table) -> list[dict]:
    return sorted(table.to_pylist(), key=lambda row: (row["station_id"], row["observed_at"]))


def some(first: str, last: str, stations: Sequence[int] = STATIONS, **more) -> Load:
    return Load.of(date.fromisoformat(first), date.fromisoformat(last), stations, NOW, **more)


@contextmanager
def opened(bucket: ObjectStore, database: Path) -> Iterator[Loader]:
    """A loader with the catalog in a file."""
    with closing(open_catalog(bucket.access, type="sql", uri=f"sqlite:///{database}")) as tables:
        yield Loader(bucket, tables)


@pytest.fixture
def loader(store, catalog):  # noqa: F811  the fixtures
    return Loader(store, catalog)
