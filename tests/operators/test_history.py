"""The operators of a load: what the form's values become, and what a used-up quota does."""

from datetime import datetime, time, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from operators import history
from weather_mlops.clock import KST
from weather_mlops.errors import QuotaExhausted


def plan(**values) -> list[dict]:
    return history.PlanHistoryOperator(task_id="plan_history", **values).execute({})


def test_the_values_of_the_form_become_plans_of_workers():
    plans = plan(
        first_day="2020-01-01", last_day="2020-12-31", stations="159, 108", parallelism="2", again="False"
    )

    assert [worker["lane"] for worker in plans] == [0]
    assert plans[0]["stations"] == [108, 159]
    assert plans[0]["begin"] == "2019-12-31T15:00:00+00:00"
    assert plans[0]["again"] is False


def test_many_rows_are_assigned_to_the_requested_workers():
    plans = plan(first_day="2010-01-01", last_day="2020-12-31", stations="all", parallelism="3")

    assert [worker["lane"] for worker in plans] == [0, 1, 2]
    assert {worker["lanes"] for worker in plans} == {3}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"first_day": "yesterday"}, "not a day"),
        ({"first_day": "2021-01-01", "last_day": "2020-01-01"}, "in this order"),
        ({"stations": "108, 7"}, "7"),
    ],
)
def test_invalid_values_are_refused_at_once(values, message):
    with pytest.raises(AirflowFailException, match=message):
        plan(**values)


def test_an_exhausted_quota_waits_for_midnight_without_a_slot(monkeypatch):
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

        def get_client(self, _):
            return None

    monkeypatch.setattr("weather_mlops.ingest.history.fetch.Fetch", UsedUp)
    monkeypatch.setattr("hooks.lake.LakeHook", Nothing)
    monkeypatch.setattr("hooks.kma.KmaHook", Nothing)
    monkeypatch.setattr("weather_mlops.lake.quota.DailyCalls", Nothing)
    (worker,) = plan(first_day="2020-01-01", last_day="2020-01-02", stations="108")
    task = type("Task", (), {"try_number": 1, "max_tries": 3})
    context = {"ti": task, "dag": type("Dag", (), {"dag_id": "history"}), "run_id": "manual__1"}
    with pytest.raises(TaskDeferred) as deferred:
        history.FetchHistoryOperator(task_id="fetch_history", lane=worker).execute(context)

    tomorrow = datetime.combine(datetime.now(KST).date() + timedelta(days=1), time(0, 5), KST)
    assert deferred.value.trigger.moment == tomorrow
    assert deferred.value.method_name == "go_on"
