"""A pipeline held to its own past: late, slow, failing in a row, waiting."""

from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.monitoring.airflow_api import Dag, DagRun, TaskRun
from weather_mlops.monitoring.dags import DagLimits, Pipeline, dag_checks
from weather_mlops.monitoring.findings import Status

NOW = datetime(2026, 11, 25, tzinfo=UTC)
LIMITS = DagLimits(max_failed_runs=1, max_late_minutes=15, max_slow_ratio=3, max_queued_minutes=15)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


SOON, AN_HOUR_AGO = NOW + minutes(30), NOW - minutes(60)


def pipeline(*runs: DagRun, due: datetime | None = SOON, waiting=(), **more) -> Pipeline:
    return Pipeline(Dag("d", **{"paused": False, "by_hand": False, **more}, due_at=due), runs, waiting)


def run(
    state: str, seconds: float | None = 100, started: datetime | None = AN_HOUR_AGO, queued=None
) -> DagRun:
    return DagRun("d", f"{state}{seconds}", state, queued, started, None, seconds)


def statuses(told: Pipeline) -> dict[str, Status]:
    return {check.name: check.status for check in dag_checks(told, LIMITS, NOW)}


GOOD = [run("success") for _ in range(6)]


def test_a_pipeline_that_runs_as_always_is_well():
    assert set(statuses(pipeline(*GOOD)).values()) == {Status.OK}


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ([run("failed"), *GOOD], Status.OK),
        ([run("failed"), run("failed"), *GOOD], Status.BREACH),
        ([run("running", None), run("failed"), run("failed"), *GOOD], Status.BREACH),
        ([run("success"), run("failed"), run("failed"), run("failed")], Status.OK),
        ([run("running", None)], Status.UNKNOWN),
    ],
)
def test_failed_runs_count_until_the_first_success(runs, status):
    assert statuses(pipeline(*runs))["dag_failing"] is status


@pytest.mark.parametrize(("due", "status"), [(-5, Status.OK), (-20, Status.BREACH), (20, Status.OK)])
def test_a_run_that_should_have_begun_is_late(due, status):
    assert statuses(pipeline(*GOOD, due=NOW + minutes(due)))["dag_late"] is status


@pytest.mark.parametrize(
    ("newest", "status"),
    [
        (run("success", 290), Status.OK),
        (run("success", 310), Status.BREACH),
        (run("running", None, NOW - minutes(10)), Status.BREACH),
        (run("running", None, NOW - minutes(4)), Status.OK),
    ],
)
def test_a_run_is_slow_by_the_median_of_those_before_also_while_it_lasts(newest, status):
    assert statuses(pipeline(newest, *GOOD))["dag_slow"] is status


def test_a_few_seconds_more_are_not_slow_and_few_runs_tell_nothing():
    short = [run("success", 5) for _ in range(6)]
    assert statuses(pipeline(run("success", 40), *short))["dag_slow"] is Status.OK
    assert statuses(pipeline(run("success", 900), *GOOD[:4]))["dag_slow"] is Status.UNKNOWN


def test_what_waits_for_a_worker_too_long_is_told_but_not_a_run_behind_a_running_one():
    waiting = [TaskRun("d", "collect", "queued", 0, NOW - minutes(20))]
    queued = run("queued", None, None, NOW - minutes(20))

    assert statuses(pipeline(*GOOD, waiting=waiting))["dag_queued"] is Status.BREACH
    assert statuses(pipeline(queued, *GOOD))["dag_queued"] is Status.BREACH
    assert statuses(pipeline(queued, run("running", None), *GOOD))["dag_queued"] is Status.OK


@pytest.mark.parametrize("kind", ["paused", "by_hand"])
def test_nothing_is_asked_of_a_pipeline_that_is_paused_or_started_by_hand(kind):
    told = pipeline(run("failed"), run("failed"), due=NOW - minutes(900), **{kind: True})
    assert dag_checks(told, LIMITS, NOW) == []
    assert told.as_dict(NOW)[kind]
