"""The operator of the forecast: skipped without a champion, else the counts that people look for."""

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from operators.forecast import MakeForecastOperator
from tests.lake.conftest import access, catalog, connect_catalog, proxy, server, store  # noqa: F401  fixtures
from weather_mlops.model import forecasting


@pytest.fixture
def work(monkeypatch, catalog, store):  # noqa: F811
    """Runs the task on an empty bucket; gives what it returns and its XComs."""
    monkeypatch.setattr("hooks.lake.LakeHook.catalog", catalog)
    monkeypatch.setattr("hooks.lake.LakeHook.store", store)
    pushed = {}
    ti = SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))
    context = {"ti": ti, "dag": SimpleNamespace(dag_id="forecast"), "run_id": "1"}
    task = MakeForecastOperator(task_id="make_forecast", targets=["air_temperature"], max_input_age_hours=3)
    return lambda: task.work(context), pushed


def test_without_a_champion_the_task_is_skipped_with_the_reason(work):
    make, pushed = work

    with pytest.raises(AirflowSkipException, match="no model was deployed yet"):
        make()

    assert "no model was deployed yet" in pushed["skipped"]


def test_a_forecast_reports_its_rows_and_stations(monkeypatch, work):
    make, pushed = work
    summary = {"rows": 72, "stations": 3, "stations_skipped": []}
    received = {}
    monkeypatch.setattr(
        forecasting, "make", lambda _catalog, _store, targets, **more: received.update(more) or summary
    )

    assert make() == summary
    assert received["max_input_age_hours"] == 3
    assert received["run"] == "forecast/1"
    assert pushed == {}
