"""The operators of the forecast: skipped where there is nothing to do, else counts that people look for."""

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from operators.forecast import MakeForecastOperator, VerifyForecastsOperator
from tests.kma_forecasts import HOUR, issue
from tests.lake.conftest import (  # noqa: F401  fixtures
    NOW,
    access,
    catalog,
    connect_catalog,
    hours,
    observations,
    proxy,
    server,
    store,
)
from weather_mlops.documents import verification_windows
from weather_mlops.documents.verification_windows import VerificationWindows
from weather_mlops.errors import Misconfigured
from weather_mlops.lake import documents, kma_forecasts
from weather_mlops.lake.publish import publish as publish_observations
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


@pytest.fixture
def verify(monkeypatch, catalog, store):  # noqa: F811
    """Runs the task of verification; gives what it returns and its XComs."""
    monkeypatch.setattr("hooks.lake.LakeHook.catalog", catalog)
    monkeypatch.setattr("hooks.lake.LakeHook.store", store)
    pushed = {}
    ti = SimpleNamespace(xcom_push=lambda key, value: pushed.update({key: value}))
    context = {"ti": ti, "dag": SimpleNamespace(dag_id="forecast"), "run_id": "1"}
    return lambda days=3: VerifyForecastsOperator(task_id="verify_forecasts", days=days).work(context), pushed


def test_verification_of_a_new_system_is_skipped_with_the_reason(verify):
    run, pushed = verify

    with pytest.raises(AirflowSkipException, match="there are no observations yet"):
        run()
    assert "there are no observations yet" in pushed["skipped"]


def test_verification_without_forecasts_is_skipped_with_the_reason(verify, catalog):  # noqa: F811
    run, pushed = verify
    publish_observations(catalog, observations([90], hours(3)), run="one")

    with pytest.raises(AirflowSkipException):
        run()
    assert pushed["skipped"] == (
        "no forecast of ours is about these days; no forecast of the KMA is about these days"
    )


def test_verification_reports_its_days_and_what_is_absent(verify, catalog, store):  # noqa: F811
    run, pushed = verify
    publish_observations(catalog, observations([90, 108], hours(30)), run="one")
    kma_forecasts.publish(catalog, issue(NOW - 20 * HOUR, leads=range(1, 10)), run="two", now=NOW)
    summary = run(days=2)

    assert summary["figures"] > 0
    assert summary["days_changed"]
    assert (
        summary["absent"]["common"] == summary["absent"]["ours"] == "no forecast of ours is about these days"
    )
    assert "kma_forecast" not in summary["absent"]
    assert pushed == {}
    assert run(days=2)["days_changed"] == []
    published = documents.read(store, verification_windows.KEY, VerificationWindows)
    assert published["targets"]["air_temperature"]["windows"]["7"]["compared"] == "own"


@pytest.mark.parametrize("days", [0, 32])
def test_an_impossible_number_of_days_is_refused(verify, days):
    with pytest.raises(Misconfigured, match=f"days is {days}: verify from 1 to 31 days"):
        verify[0](days)
