"""The operators of a load: what the form's words become, and what a used-up quota does."""

from datetime import datetime, time, timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from operators import history
from weather_mlops.clock import KST
from weather_mlops.errors import QuotaExhausted


def plan(**words) -> list[dict]:
    return history.PlanHistoryOperator(task_id="plan_history", **words).execute({})


def test_the_words_of_the_form_become_lanes():
    lanes = plan(
        first_day="2020-01-01", last_day="2020-12-31", stations="159, 108", parallelism="2", again="False"
    )

    assert [lane["lane"] for lane in lanes] == [0]
    assert lanes[0]["stations"] == [108, 159]
    assert lanes[0]["begin"] == "2019-12-31T15:00:00+00:00"
    assert lanes[0]["again"] is False


def test_many_rows_are_dealt_out_to_as_many_lanes_as_asked_for():
    lanes = plan(first_day="2010-01-01", last_day="2020-12-31", stations="all", parallelism="3")

    assert [lane["lane"] for lane in lanes] == [0, 1, 2]
    assert {lane["lanes"] for lane in lanes} == {3}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"first_day": "yesterday"}, "no day"),
        ({"first_day": "2021-01-01", "last_day": "2020-01-01"}, "in this order"),
        ({"stations": "108, 7"}, "7"),
    ],
)
def test_words_that_cannot_be_meant_are_refused_at_once(words, said):
    with pytest.raises(AirflowFailException, match=said):
        plan(**words)


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

    monkeypatch.setattr("weather_mlops.ingest.history.load.Fetch", UsedUp)
    monkeypatch.setattr("hooks.lake.LakeHook", Nothing)
    monkeypatch.setattr("hooks.kma.KmaHook", Nothing)
    monkeypatch.setattr("weather_mlops.lake.quota.DailyCalls", Nothing)
    (lane,) = plan(first_day="2020-01-01", last_day="2020-01-02", stations="108")
    task = type("Task", (), {"try_number": 1, "max_tries": 3})
    context = {"ti": task, "dag": type("Dag", (), {"dag_id": "history"}), "run_id": "manual__1"}
    with pytest.raises(TaskDeferred) as deferred:
        history.FetchHistoryOperator(task_id="fetch_history", lane=lane).execute(context)

    tomorrow = datetime.combine(datetime.now(KST).date() + timedelta(days=1), time(0, 5), KST)
    assert deferred.value.trigger.moment == tomorrow
    assert deferred.value.method_name == "go_on"
