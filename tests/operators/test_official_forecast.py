"""The task official_forecast by its connections: what it asks the KMA, and where the call is counted."""

import json
from datetime import UTC, datetime

import pytest

from operators.official_forecast import OfficialForecastOperator
from tests.ingest.kma_forecast.conftest import KEY, kma  # noqa: F401  fixtures
from tests.kma_forecasts import issue
from tests.lake.conftest import access, catalog, connect_catalog, server, store  # noqa: F401  fixtures
from weather_mlops.kma.forecast.issues import newest_issue
from weather_mlops.lake import kma_forecasts
from weather_mlops.lake.kma_forecasts import NEWEST_COLLECTED
from weather_mlops.lake.quota import DailyCalls
from weather_mlops.monitoring.checks import Status

STATIONS = [90, 108, 159]


@pytest.fixture
def measure(monkeypatch, access, catalog, kma):  # noqa: F811  the fixtures
    """Measures with a key of the KMA, after one issue was collected."""
    now = datetime.now(UTC)
    issued = newest_issue(now)
    notes = {NEWEST_COLLECTED: issued.isoformat()}
    kma_forecasts.publish(catalog, issue(issued, STATIONS), run="collect", now=now, properties=notes)
    aws = {
        "conn_type": "aws",
        "login": access.access_key_id,
        "password": access.secret_access_key,
        "extra": {"endpoint_url": access.endpoint_url, "region_name": access.region},
    }
    monkeypatch.setenv("AIRFLOW_CONN_AWS_DEFAULT", json.dumps(aws))
    monkeypatch.setenv("WEATHER_BUCKET", access.bucket)
    # PyIceberg reads its part of the environment only once in a process.
    monkeypatch.setattr("hooks.lake.LakeHook.catalog", catalog)

    def measured(key):
        connection = {"conn_type": "http", "host": f"{kma.server.url}/api/typ01/url", "password": key}
        monkeypatch.setenv("AIRFLOW_CONN_KMA_DEFAULT", json.dumps(connection))
        task = OfficialForecastOperator(task_id="official_forecast", stations=STATIONS)
        section = task.measure(datetime.now(UTC))
        assert key not in json.dumps(section.as_dict())
        return {check.problem: check for check in section.checks}

    return measured


def test_the_list_of_stations_takes_one_of_the_days_calls(measure, store):  # noqa: F811  the fixture
    for _ in range(2):
        checks = measure(KEY)
        assert checks["station_moved:108"].status is Status.OK
    assert DailyCalls(store, 100).left == 99


def test_a_refused_key_is_not_measured_and_not_an_error(measure):
    checks = measure("a-wrong-key-of-the-test")
    assert checks["station_moved"].status is Status.UNKNOWN
    assert "KeyRefused" in checks["station_moved"].detail
    assert checks["kma_forecast_stale"].status is Status.OK
