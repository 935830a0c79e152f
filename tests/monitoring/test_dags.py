"""A pipeline compared with its own past: late, slow, failing in a row, waiting."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.monitoring.airflow_api import Dag, DagRun, TaskRun
from weather_mlops.monitoring.checks import CheckSeverity, Status
from weather_mlops.monitoring.dags import DagLimits, DagRuns, dag_checks

NOW = datetime(2026, 11, 25, tzinfo=UTC)
LIMITS = DagLimits(max_failed_runs=1, max_late_minutes=15, max_slow_ratio=3, max_queued_minutes=15)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


SOON, AN_HOUR_AGO = NOW + minutes(30), NOW - minutes(60)


def pipeline(*runs: DagRun, due: datetime | None = SOON, waiting=(), **more) -> DagRuns:
    return DagRuns(Dag("d", **{"paused": False, "by_hand": False, **more}, due_at=due), runs, waiting)


def run(
    state: str, seconds: float | None = 100, started: datetime | None = AN_HOUR_AGO, queued=None
) -> DagRun:
    return DagRun("d", f"{state}{seconds}", state, queued, started, None, seconds)


def statuses(runs: DagRuns) -> dict[str, Status]:
    return {check.name: check.status for check in dag_checks(runs, LIMITS, NOW)}


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
        ([run("running", None)], Status.OK),
    ],
)
def test_failed_runs_count_until_the_first_success(runs, status):
    assert statuses(pipeline(*runs))["dag_failing"] is status


@pytest.mark.parametrize(
    ("dag_id", "severity"),
    [
        ("data_collection", CheckSeverity.CRITICAL),
        ("kma_forecast", CheckSeverity.WARNING),
        ("kma_forecast_history", CheckSeverity.WARNING),
        ("of_a_user", CheckSeverity.CRITICAL),
    ],
)
def test_a_failing_collection_of_the_kma_forecast_only_warns(dag_id, severity):
    failing = pipeline(run("failed"), run("failed"))
    failing = replace(failing, dag=replace(failing.dag, dag_id=dag_id))
    checks = {check.name: check for check in dag_checks(failing, LIMITS, NOW)}

    assert (checks["dag_failing"].status, checks["dag_failing"].severity) == (Status.BREACH, severity)


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
def test_a_run_is_slow_by_the_median_even_while_it_runs(newest, status):
    assert statuses(pipeline(newest, *GOOD))["dag_slow"] is status


def test_a_few_seconds_or_a_few_runs_make_no_slow_run():
    short = [run("success", 5) for _ in range(6)]
    assert statuses(pipeline(run("success", 40), *short))["dag_slow"] is Status.OK
    assert statuses(pipeline(run("success", 900), *GOOD[:4]))["dag_slow"] is Status.UNKNOWN


def test_a_long_wait_for_a_worker_breaches_a_wait_for_a_run_not():
    waiting = [TaskRun("d", "collect", "queued", 0, NOW - minutes(20))]
    queued = run("queued", None, None, NOW - minutes(20))

    assert statuses(pipeline(*GOOD, waiting=waiting))["dag_queued"] is Status.BREACH
    assert statuses(pipeline(queued, *GOOD))["dag_queued"] is Status.BREACH
    assert statuses(pipeline(queued, run("running", None), *GOOD))["dag_queued"] is Status.OK


def test_a_manual_pipeline_is_watched_for_failures_and_waits():
    waits = run("queued", None, None, NOW - minutes(20))
    failing = pipeline(run("failed"), run("failed"), due=None, by_hand=True)

    assert statuses(failing) == {"dag_failing": Status.BREACH, "dag_queued": Status.OK}
    assert statuses(pipeline(waits, due=None, by_hand=True))["dag_queued"] is Status.BREACH
    assert failing.as_dict(NOW)["watched"] == ["dag_failing", "dag_queued"]


def test_failures_of_a_manual_pipeline_are_over_after_a_day():
    ended = [
        DagRun("d", "r", "failed", None, None, NOW - timedelta(hours=hours), 10) for hours in (1, 3, 25, 26)
    ]

    assert statuses(pipeline(*ended, by_hand=True))["dag_failing"] is Status.BREACH
    assert statuses(pipeline(*ended[1:], by_hand=True))["dag_failing"] is Status.OK
    assert statuses(pipeline(*ended[1:]))["dag_failing"] is Status.BREACH


def test_of_a_paused_pipeline_only_a_waiting_run_breaches():
    fails = pipeline(run("failed"), run("failed"), due=NOW - minutes(900), paused=True)
    waits = pipeline(run("queued", None, None, NOW - minutes(20)), paused=True)

    assert statuses(fails) == {"dag_queued": Status.OK}
    (check,) = dag_checks(waits, LIMITS, NOW)
    assert check.status is Status.BREACH
    assert "unpause it" in check.detail


def test_a_run_due_before_the_system_began_is_not_late():
    def began(minutes_ago: float) -> DagRuns:
        overdue = pipeline(*GOOD, due=NOW - minutes(600))
        return replace(overdue, system_since=NOW - minutes(minutes_ago))

    assert statuses(began(5))["dag_late"] is Status.OK
    assert statuses(began(20))["dag_late"] is Status.BREACH
    assert statuses(began(2000))["dag_late"] is Status.BREACH
