import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from simulator import clock
from simulator import faults as known
from simulator.forecast.api import ForecastApi
from simulator.forecast.model import Forecasts
from simulator.server import Api, Server
from simulator.simulated import SimulatedWeather
from simulator.weather import Weather
from tests.simulator.forecast_calls import ForecastCalls, get
from weather_mlops.stations import load_stations

KMA = Path(__file__).resolve().parents[3] / "shared" / "kma"
NOW = datetime(2026, 7, 1, 3, 0, 10, tzinfo=UTC)  # 12:00:10 KST


@pytest.fixture(scope="session")
def kma() -> Path:
    if not KMA.is_dir():
        pytest.skip(f"NOT TESTED: no real KMA files at {KMA}")
    return KMA


@pytest.fixture(scope="session")
def stations():
    return load_stations()


@pytest.fixture(scope="session")
def weather(stations) -> Weather:
    return Weather(0, stations)


@pytest.fixture(scope="session")
def source(stations) -> SimulatedWeather:
    return SimulatedWeather(0, stations)


@pytest.fixture(scope="session")
def rows(source):
    """Fetches the rows between two times, as lists of tokens, after all corrections."""

    def fetch(begin: str, end: str, *ids: int) -> list[list[str]]:
        lines = source.rows(clock.parse_tm(begin), clock.parse_tm(end), ids, clock.hour_of(NOW))
        return [line.decode().split() for line in lines]

    return fetch


@pytest.fixture(scope="session")
def serve(source, stations):
    """Serves with the given faults; yields a function for calls: (endpoint, **params) -> (status, body)."""

    @contextmanager
    def running(*faults: str, key: str | None = None, source=source, forecasts=None, now=NOW):
        api = Api(source, stations, lambda: now, key, forecasts=forecasts)
        with Server(("127.0.0.1", 0), api) as server:
            server.switch([known.parse(text) for text in faults])
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()

            def ask(endpoint: str, timeout: float = 60, **params: str) -> tuple[int, bytes]:
                query = urlencode({"authKey": "any", **params}, safe=":")
                answer = get(f"{server.url}/api/typ01/url/{endpoint}.php?{query}", timeout)
                return answer.status, answer.body

            ask.address, ask.url = server.server_address, server.url
            try:
                yield ask
            finally:
                server.stop()
                thread.join()

    return running


@pytest.fixture(scope="session")
def forecasts(source) -> Forecasts:
    return Forecasts(source.weather)


@pytest.fixture(scope="session")
def serve_forecasts(serve, forecasts):
    """Serves forecasts with the given faults."""

    @contextmanager
    def running(*faults: str, **more):
        with serve(*faults, forecasts=ForecastApi(forecasts), **more) as ask:
            yield ForecastCalls(ask.url)

    return running


@pytest.fixture(scope="module")
def kma_forecasts(serve_forecasts):
    """Forecasts without faults."""
    with serve_forecasts() as calls:
        yield calls
