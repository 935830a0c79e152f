"""The operators of a load of old forecasts: the form's values, and what a used-up quota does."""

from datetime import datetime, time, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from operators import kma_forecast_history as operators
from weather_mlops.clock import KST
from weather_mlops.errors import QuotaExhausted


def plan(**values) -> dict:
    task_id = "plan_kma_forecast_history"
    return operators.PlanKmaForecastHistoryOperator(task_id=task_id, **values).execute({})


def test_the_values_of_the_form_become_a_plan():
    load = plan(
        first_day="2025-07-01", last_day="2025-07-02", issues="14, 2", variables="tmp,REH",
        stations="159, 서울", lead_hours="24", again="True", cells="서울=61,126",
    )  # fmt: skip

    assert load == {
        "first": "2025-07-01T00:00:00+09:00",
        "last": "2025-07-02T23:00:00+09:00",
        "issue_hours": [2, 14],
        "categories": ["TMP", "REH"],
        "stations": [108, 159],
        "lead_hours": 24,
        "again": True,
        "cells": {"108": "61_126"},
    }


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"first_day": "yesterday"}, "not a day"),
        ({"issues": "03"}, "no issue at 03"),
        ({"variables": "rain"}, "unknown variable RAIN"),
        ({"stations": "108, 7"}, "7"),
        ({"cells": "108:61,126"}, "is no cell of a station"),
    ],
)
def test_invalid_forecast_loads_are_refused_at_once(values, message):
    with pytest.raises(AirflowFailException, match=message):
        plan(**values)


def test_used_up_calls_of_a_load_wait_for_midnight(monkeypatch):
    class UsedUp:
        def __init__(self, *_, **__):
            pass

        def work(self):
            raise QuotaExhausted("used up")

    class Nothing:
        store = catalog = None
        left = 0

        def __init__(self, *_):
            pass

        def get_forecast_client(self, _):
            return None

    monkeypatch.setattr("weather_mlops.ingest.kma_forecast.history.GridFetch", UsedUp)
    monkeypatch.setattr("hooks.lake.LakeHook", Nothing)
    monkeypatch.setattr("hooks.kma.KmaHook", Nothing)
    monkeypatch.setattr("weather_mlops.lake.quota.DailyCalls", Nothing)
    load = plan(first_day="2025-07-01", last_day="2025-07-02")
    task = type("Task", (), {"try_number": 1, "max_tries": 3, "xcom_pull": lambda _, task_ids: load})()
    operator = operators.FetchKmaForecastHistoryOperator(task_id="fetch_kma_forecast_history")
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute({"ti": task})

    tomorrow = datetime.combine(datetime.now(KST).date() + timedelta(days=1), time(0, 5), KST)
    assert deferred.value.trigger.moment == tomorrow
    assert deferred.value.method_name == "go_on"


def test_nothing_is_published_without_a_plan(monkeypatch):
    monkeypatch.setattr("hooks.lake.LakeHook", lambda _: type("Lake", (), {"store": None, "catalog": None}))
    task = type("Task", (), {"xcom_pull": lambda _, task_ids: None})()
    operator = operators.PublishKmaForecastHistoryOperator(task_id="publish_kma_forecast_history")
    with pytest.raises(AirflowFailException, match="returned no plan"):
        operator.execute({"ti": task})
