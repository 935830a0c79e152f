"""The four tasks of kma_forecast, one after another, by their connections: no Airflow but its operators."""

import json
from datetime import UTC, datetime

import pytest

from operators import kma_forecast
from tests.ingest.kma_forecast.conftest import KEY, kma  # noqa: F401  fixtures
from tests.lake.conftest import access, catalog, connect_catalog, server, store  # noqa: F401  fixtures
from weather_mlops.ingest.kma_forecast import health
from weather_mlops.lake import maintenance
from weather_mlops.lake.catalog import summary

STATIONS = [90, 108, 159]


class Task:
    """Of a task instance, what takes its XComs."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture
def connected(monkeypatch, access, catalog, kma):  # noqa: F811  the fixtures
    kma.now = datetime.now(UTC)
    connections = {
        "KMA": {"conn_type": "http", "host": f"{kma.server.url}/api/typ01/url", "password": "a-wrong-key"},
        "DATA_GO_KR": {
            "conn_type": "http",
            "host": f"{kma.server.url}/1360000/VilageFcstInfoService_2.0",
            "password": KEY,
        },
        "AWS": {
            "conn_type": "aws",
            "login": access.access_key_id,
            "password": access.secret_access_key,
            "extra": {"endpoint_url": access.endpoint_url, "region_name": access.region},
        },
    }
    for name, connection in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}_DEFAULT", json.dumps(connection))
    monkeypatch.setenv("WEATHER_BUCKET", access.bucket)
    # PyIceberg reads its part of the environment only once in a process.
    monkeypatch.setattr("hooks.lake.LakeHook.catalog", catalog)
    now = datetime.now(UTC)
    run = type("Run", (), {"data_interval_end": None, "run_after": now, "run_type": "manual"})
    dag = type("Dag", (), {"dag_id": "kma_forecast"})
    return {"dag_run": run, "dag": dag, "run_id": "manual__1", "ti": Task()}


def four_tasks() -> list:
    return [
        kma_forecast.CollectKmaForecastOperator(task_id="collect_kma_forecast", stations=STATIONS),
        kma_forecast.ValidateKmaForecastOperator(task_id="validate_kma_forecast"),
        kma_forecast.UpdateKmaForecastCatalogOperator(task_id="update_kma_forecast_catalog"),
        kma_forecast.CheckKmaForecastOperator(task_id="check_kma_forecast"),
    ]


@pytest.mark.filterwarnings("ignore")
def test_the_tasks_publish_an_issue_with_one_source_refusing(connected, store):  # noqa: F811  the fixtures
    collected, validated, updated, checked = results = [task.execute(connected) for task in four_tasks()]

    assert collected["sources_stopped"] == {"api_hub": "KeyRefused"}
    assert list(collected["rows_by_source"]) == ["data_go_kr"]
    assert validated["accepted"] == updated["inserted"] == collected["rows"] > 180
    assert (checked["station_share"], checked["lost"], checked["open_gaps"]) == (1, 0, 0)
    assert store.exists(validated["docs_key"])
    assert store.exists(validated["validation_key"])
    assert KEY not in json.dumps(results)  # XComs are JSON


@pytest.mark.filterwarnings("ignore")
def test_rows_are_read_back_before_the_table_is_maintained(connected, catalog, monkeypatch):  # noqa: F811  the fixtures
    for name in ("FILES_DUE", "MONTH_FILES"):
        monkeypatch.setattr(maintenance, name, 1)
    states, real = [], health.read_back

    def is_compacted() -> bool:
        return maintenance.KIND in summary(catalog.load_table("weather.kma_forecasts"))

    def read_back(*arguments):
        states.append(is_compacted())
        return real(*arguments)

    monkeypatch.setattr(health, "read_back", read_back)
    checked = [task.execute(connected) for task in four_tasks()][-1]

    assert states == [False]
    assert is_compacted()
    assert checked["lost"] == 0
