"""A run of the collection without Airflow: the simulator over HTTP, an S3 server, tables of its own."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pytest

from simulator import faults as known
from simulator.forecast.api import ForecastApi
from simulator.forecast.model import Forecasts
from simulator.server import Api, Server
from tests.lake.conftest import (  # noqa: F401  fixtures
    access,
    catalog,
    connect_catalog,
    killer,
    prepared_tables,
    proxy,
    server,
    store,
)
from tests.quality import staged  # noqa: F401  imports Great Expectations without its warnings
from tests.weather import simulated_weather
from weather_mlops.ingest.kma_forecast import health, publication
from weather_mlops.ingest.kma_forecast.health import ForecastFigures
from weather_mlops.ingest.kma_forecast.publication import PublishedIssues
from weather_mlops.ingest.kma_forecast.run import Collected, CollectionRun, CollectionSettings
from weather_mlops.kma.client import UncountedCalls
from weather_mlops.kma.forecast.cells import cells_of
from weather_mlops.kma.forecast.client import ForecastClient
from weather_mlops.kma.forecast.endpoints import API_HUB, DATA_GO_KR, Provider
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.staging import Staging
from weather_mlops.quality import kma_forecast as quality
from weather_mlops.settings import project_folder
from weather_mlops.stations import load_stations

KEY = "a-key-of-the-test"
ISSUE = datetime(2026, 11, 30, 17, tzinfo=UTC)  # 02:00 KST on 1 December
STEP = timedelta(hours=3)
OUT = timedelta(minutes=20)  # after an issue, when it is out
STATIONS = (90, 108, 159)


@cache
def forecasts() -> Forecasts:
    """Issues of the weather that all tests of a process share."""
    return Forecasts(simulated_weather().weather)


@dataclass
class Kma:
    """A running simulator, whose clock a test moves."""

    server: Server
    now: datetime = ISSUE + OUT
    calls: list[str] = field(default_factory=list)

    def clients(self, *providers: Provider, keys: dict[str, str] | None = None) -> list[ForecastClient]:
        """Clients of providers, both by default; they don't sleep between attempts."""
        counted = self

        class Counting:
            def __init__(self, name):
                self.name = name

            def take(self, calls=1):
                counted.calls.append(self.name)
                return UncountedCalls().take(calls)

        folders = {
            "api_hub": f"{self.server.url}/api/typ01/url",
            "data_go_kr": f"{self.server.url}/1360000/VilageFcstInfoService_2.0",
        }

        class OnTheClock(ForecastClient):
            """Receives by the simulator's clock instead of the machine's."""

            def ask(self, request):
                return replace(super().ask(request), fetched_at=counted.now)

        return [
            OnTheClock(
                provider,
                folders[provider.source],
                (keys or {}).get(provider.source, KEY),
                budget=Counting(provider.source),
                attempts=2,
                sleep=lambda _: None,
            )
            for provider in providers or (API_HUB, DATA_GO_KR)
        ]

    def fault(self, *faults: str) -> None:
        self.server.switch([known.parse(text) for text in faults])


@pytest.fixture
def kma() -> Iterator[Kma]:
    with simulator() as running:
        yield running


@contextmanager
def simulator() -> Iterator[Kma]:
    running: list[Kma] = []
    api = Api(
        simulated_weather(), load_stations(), lambda: running[0].now, KEY, forecasts=ForecastApi(forecasts())
    )
    with Server(("127.0.0.1", 0), api) as listening:
        running.append(Kma(listening))
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running[0]
        finally:
            listening.stop()
            thread.join()


@dataclass
class Pipeline:
    """The four tasks of a run."""

    kma: Kma
    store: Any
    catalog: Any
    stations: Sequence[int] = STATIONS
    gap_calls: int = 100
    lookback_issues: int = 0
    hours_share: float = 0.95
    cells: dict | None = None

    def run(self, own: datetime = ISSUE, name: str = "") -> CollectionRun:
        settings = CollectionSettings(
            self.cells or cells_of(self.stations),
            0.95,
            self.hours_share,
            self.lookback_issues,
            self.gap_calls,
        )
        staging = Staging(self.store, name or f"kma_forecast/{own:%Y%m%dT%H}")
        return CollectionRun(settings, self.store, self.catalog, staging, own)

    def look(
        self, own: datetime = ISSUE, *, last: bool = True, clients=None, name: str = ""
    ) -> Collected | None:
        return self.run(own, name).look(clients or self.kma.clients(), self.kma.now, last=last)

    def validate(self, own: datetime = ISSUE, name: str = ""):
        return quality.audit_staged(
            self.run(own, name).staging, suites_dir=project_folder("expectations"), audited_at=self.kma.now
        )

    def publish(self, own: datetime = ISSUE, name: str = "") -> PublishedIssues:
        return publication.publish_run(self.catalog, self.run(own, name).staging, self.kma.now)

    def check(self, own: datetime = ISSUE, name: str = "") -> ForecastFigures:
        return health.read_back(self.catalog, self.run(own, name).staging, self.kma.now)

    def whole(self, own: datetime = ISSUE, *faults: str, **more) -> PublishedIssues:
        """All four tasks at the time when the issue is out."""
        self.kma.now = own + OUT
        self.kma.fault(*faults)
        self.look(own, **more)
        name = more.get("name", "")
        self.validate(own, name)
        published = self.publish(own, name)
        assert self.check(own, name).lost == 0
        return published

    def table(self, name: str = "kma_forecasts") -> pa.Table:
        return self.catalog.load_table(f"weather.{name}").scan().to_arrow()

    def rows(self) -> list[tuple]:
        """Keys of the rows in the table."""
        rows = self.table()
        return sorted(
            zip(*(rows[name].to_pylist() for name in ("station_id", "issued_at", "valid_at")), strict=True)
        )

    def gaps(self) -> dict[tuple, str]:
        """Reasons of the open gaps, by station and issue."""
        return {
            (row["station_id"], row["issued_at"]): row["reason"]
            for row in self.table("kma_forecast_gaps").to_pylist()
            if row["closed_at"] is None
        }


@pytest.fixture
def pipeline(kma, store, catalog) -> Pipeline:  # noqa: F811  the fixtures
    ensure_tables(catalog)
    return Pipeline(kma, store, catalog)
