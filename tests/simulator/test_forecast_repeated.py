"""The same request of the simulator's forecast has the same answer: again, later, and after a restart."""

import io
import subprocess
import sys
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from simulator.forecast.api import ForecastApi
from simulator.forecast.model import Forecasts
from simulator.simulated import SimulatedWeather
from tests.simulator.conftest import NOW
from tests.simulator.forecast_calls import ForecastCalls, get

pytestmark = pytest.mark.integration

REPOSITORY = Path(__file__).resolve().parents[2]
SEED = 7


def answers(calls: ForecastCalls) -> list[bytes]:
    """One of each endpoint, and the files of the portal."""
    archive = get(f"{calls.url}/portal/forecasts.zip?from=20260629&to=20260630&vars=TMP,TMX,REH&stn=108:184")
    return [
        *(calls.village(provider).body for provider in ("api_hub", "data_go_kr")),
        calls.village(issue="202606300500", nx="53", ny="38").body,
        calls.grid().body,
        calls.grid("2015070105", "2015070215", "REH").body,
        archive.body,
    ]


@pytest.fixture(scope="module")
def serve_seed(serve, stations):
    """Serves the forecasts of a simulator that was just started with a seed."""

    @contextmanager
    def running(seed: int, **more):
        source = SimulatedWeather(seed, stations)
        with serve(source=source, forecasts=ForecastApi(Forecasts(source.weather)), **more) as ask:
            yield ForecastCalls(ask.url)

    return running


def test_the_same_request_has_the_same_bytes_again(serve_seed):
    with serve_seed(SEED) as calls:
        first, again = answers(calls), answers(calls)

    assert again == first
    assert len(set(first)) == len(first) - 1  # both providers have the same forecast


def test_a_restart_with_the_same_seed_changes_no_byte(serve_seed):
    with serve_seed(SEED) as calls:
        expected = answers(calls)
    options = ["--port", "0", "--seed", str(SEED), "--now", NOW.isoformat()]
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", *options],
        cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        calls = ForecastCalls(process.stdout.readline().split()[4])
        restarted = answers(calls)
    finally:
        process.terminate()
        process.communicate(timeout=60)

    assert restarted == expected


def test_a_request_that_others_came_before_has_the_same_bytes(serve_seed):
    with serve_seed(SEED) as calls:
        expected = calls.village().body
    with serve_seed(SEED, now=NOW + timedelta(hours=30)) as calls:
        for hour in ("0500", "1400", "0800"):
            calls.village(issue=f"20260701{hour}")
        assert calls.village().body == expected


def test_another_seed_is_another_forecast(serve_seed):
    with serve_seed(SEED) as calls, serve_seed(SEED + 1) as others:
        assert all(mine != theirs for mine, theirs in zip(answers(calls), answers(others), strict=True))


def test_an_archive_does_not_tell_when_it_was_packed(serve_seed):
    with serve_seed(SEED) as calls:
        body = answers(calls)[-1]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert {file.date_time for file in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
