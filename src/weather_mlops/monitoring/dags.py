"""Checks of the pipelines in Airflow: failing, waiting, late or slow, each compared with its own past runs.

Every pipeline in Airflow is watched, user-defined ones too. A pipeline without a schedule, which people
trigger, is checked for failing and waiting runs only: it is never late, and never slow, since each of its
runs may do something else. A paused pipeline is checked for waiting runs only: none starts until it is
unpaused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from statistics import median
from typing import Final

from weather_mlops.monitoring.airflow_api import AirflowHealth, Dag, DagRun, TaskRun
from weather_mlops.monitoring.checks import Check, CheckSeverity
from weather_mlops.monitoring.figures.system import ComponentFigures, DagFigures
from weather_mlops.monitoring.section_builder import Rule

COMPONENT: Final = Rule("airflow_component", "s", CheckSeverity.CRITICAL)
FAILING: Final = Rule("dag_failing", severity=CheckSeverity.CRITICAL)
FAILING_EXTRA: Final = Rule("dag_failing")
BROKEN: Final = Rule("pipeline_broken", severity=CheckSeverity.CRITICAL)
LATE: Final = Rule("dag_late", "min")
SLOW: Final = Rule("dag_slow", "×")
QUEUED: Final = Rule("dag_queued", "min")
EXTRA: Final = frozenset({"kma_forecast", "kma_forecast_history"})
"""Pipelines without which observations and forecasts go on: their failure is a warning. A key may lack the
approval for the KMA's forecast, and an outage of it leaves forecasts from observations only."""
COMPONENTS: Final = ("scheduler", "dag_processor", "triggerer", "metadatabase")
MEDIAN_OF: Final = 20
"""The median duration is of at most this many successful runs."""
MEDIAN_NEEDS: Final = 5
"""Fewer successful runs are too few for a typical duration."""
BY_HAND_WITHIN: Final = timedelta(hours=24)
"""How long a failure of a pipeline without a schedule counts: no scheduled run follows that would end it."""
NOTICED: Final = 60.0
"""Seconds: a run that exceeds the typical duration by less is not slow: short runs vary."""


@dataclass(frozen=True)
class DagRuns:
    """A DAG and its runs.

    Attributes:
        dag: the DAG.
        runs: its newest runs, newest first.
        waiting: its tasks that are waiting for a worker.
        system_since: when the first run of any pipeline started: no run was due before.
    """

    dag: Dag
    runs: Sequence[DagRun]
    waiting: Sequence[TaskRun] = ()
    system_since: datetime | None = None

    @property
    def ended(self) -> list[DagRun]:
        """Runs that have ended."""
        return [run for run in self.runs if run.state in {"success", "failed"}]

    @property
    def watched(self) -> list[str]:
        """Names of the checks that apply to it."""
        if self.dag.paused:
            rules = [QUEUED]
        else:
            rules = [FAILING, QUEUED] if self.dag.by_hand else [FAILING, LATE, SLOW, QUEUED]
        return [rule.name for rule in rules]

    def failed_runs(self, now: datetime) -> list[DagRun]:
        """List the runs that failed since the last success; without a schedule, those of the last 24 h."""
        states = [run.state for run in self.ended]
        failed = self.ended[: states.index("success") if "success" in states else None]
        if not self.dag.by_hand:
            return failed
        return [run for run in failed if run.ended_at is None or now - run.ended_at < BY_HAND_WITHIN]

    def late_minutes(self, now: datetime) -> float:
        """Return the minutes since a scheduled run should have started; 0 while none is due."""
        if self.dag.due_at is None:
            return 0.0
        due = max(self.dag.due_at, self.system_since) if self.system_since else self.dag.due_at
        return max(0.0, _minutes(due, now))

    def queued_minutes(self, now: datetime) -> float:
        """Return the longest wait of a run or task; a run queued behind a running one doesn't count."""
        since = [task.waiting_since for task in self.waiting]
        if not any(run.state == "running" for run in self.runs):
            since += [run.queued_at for run in self.runs if run.state == "queued"]
        return max((_minutes(moment, now) for moment in since if moment), default=0.0)

    def seconds(self, now: datetime) -> tuple[float | None, float | None]:
        """Return the duration of the newest run so far, and the median of the successful runs before it."""
        begun = [run for run in self.runs if run.started_at and run.state in {"running", "success"}]
        if not begun:
            return None, None
        newest = begun[0]
        taken = newest.seconds
        if newest.state == "running":
            assert newest.started_at is not None  # noqa: S101  begun has only started runs
            taken = (now - newest.started_at).total_seconds()
        before = [run.seconds for run in begun[1:] if run.state == "success" and run.seconds is not None]
        typical = median(before[:MEDIAN_OF]) if len(before) >= MEDIAN_NEEDS else None
        return taken, typical

    def as_dict(self, now: datetime) -> DagFigures:
        """Return the figures of the section; None = not known yet."""
        newest, (taken, typical) = next(iter(self.runs), None), self.seconds(now)
        due, started = self.dag.due_at, newest.started_at if newest else None
        return {
            "paused": self.dag.paused,
            "by_hand": self.dag.by_hand,
            "watched": self.watched,
            "due_at": due.isoformat() if due else None,
            "last_run": newest.run_id if newest else None,
            "last_state": newest.state if newest else None,
            "last_started_at": started.isoformat() if started else None,
            "last_seconds": _rounded(taken),
            "median_seconds": _rounded(typical),
            "failed_in_a_row": len(self.failed_runs(now)),
            "late_minutes": None if self.dag.paused else _rounded(self.late_minutes(now)),
            "queued_minutes": _rounded(self.queued_minutes(now)),
        }


@dataclass(frozen=True, slots=True)
class DagLimits:
    """Limits of the checks of a DAG; see ``health.SystemHealthLimits``."""

    max_failed_runs: int
    max_late_minutes: float
    max_slow_ratio: float
    max_queued_minutes: float


def dag_checks(pipeline: DagRuns, limits: DagLimits, now: datetime) -> list[Check]:
    """Compare a pipeline with the limits of the checks that apply to it."""
    dag = pipeline.dag
    late, queued = pipeline.late_minutes(now), pipeline.queued_minutes(now)
    overdue = f"a run was due at {dag.due_at:%Y-%m-%d %H:%M} UTC" if late else "no run is overdue"
    waiting = _waiting(pipeline) if queued else "nothing is waiting for a worker"
    checks = [
        _failing(pipeline, limits.max_failed_runs, now),
        LATE.above(late, limits.max_late_minutes, overdue, dag.dag_id),
        _slow(pipeline, limits.max_slow_ratio, now),
        QUEUED.above(queued, limits.max_queued_minutes, waiting, dag.dag_id),
    ]
    return [check for check in checks if check.name in pipeline.watched]


def broken_check(files: Sequence[str]) -> Check:
    """Check that Airflow could load all pipeline files: pipelines in the other files don't run."""
    named = ", ".join(PurePath(file).name for file in files)
    detail = f"Airflow can't load {named}: the UI shows the import error" if files else "all files are loaded"
    return BROKEN.above(len(files), 0, detail)


def component_checks(health: AirflowHealth, now: datetime, max_heartbeat_age_s: float) -> list[Check]:
    """Check that the components of Airflow report healthy, and that their heartbeats are recent."""
    checks = []
    for name in COMPONENTS:
        component = health.get(name) or {}
        status, beat = component.get("status"), component.get(f"latest_{name}_heartbeat")
        age = None if beat is None else (now - datetime.fromisoformat(beat)).total_seconds()
        reported = f"Airflow reports: {status or 'none is running'}"
        if age is None or (status != "healthy" and age <= max_heartbeat_age_s):
            checks.append(COMPONENT.state(reported, name, well=status == "healthy"))
        else:
            checks.append(
                COMPONENT.above(age, max_heartbeat_age_s, f"{reported}; seconds since its heartbeat", name)
            )
    return checks


def component_figures(health: AirflowHealth) -> dict[str, ComponentFigures]:
    """Return state and last heartbeat of each component."""
    return {
        name: {
            "status": (health.get(name) or {}).get("status"),
            "heartbeat_at": (health.get(name) or {}).get(f"latest_{name}_heartbeat"),
        }
        for name in COMPONENTS
    }


def _failing(pipeline: DagRuns, max_failed_runs: int, now: datetime) -> Check:
    dag_id = pipeline.dag.dag_id
    rule = FAILING_EXTRA if dag_id in EXTRA else FAILING
    if not pipeline.ended:
        return rule.above(0, max_failed_runs, "no run has ended yet", dag_id)
    newest, failed = pipeline.ended[0], len(pipeline.failed_runs(now))
    within = f" within {BY_HAND_WITHIN.total_seconds() / 3600:.0f} h" if pipeline.dag.by_hand else ""
    detail = f"the last run, {newest.run_id}, ended as {newest.state}; {failed} failed in a row{within}"
    return rule.above(failed, max_failed_runs, detail, dag_id)


def _slow(pipeline: DagRuns, max_ratio: float, now: datetime) -> Check:
    (taken, typical), dag_id = pipeline.seconds(now), pipeline.dag.dag_id
    if taken is None or not typical:
        reason = f"not enough yet: a median needs {MEDIAN_NEEDS} successful runs before the newest one"
        return SLOW.unknown(reason, max_ratio, dag_id)
    ratio = taken / typical if taken - typical >= NOTICED else 1.0
    detail = f"the newest run: {taken:.0f} s; median of the runs before: {typical:.0f} s"
    return SLOW.above(ratio, max_ratio, detail, dag_id)


def _waiting(pipeline: DagRuns) -> str:
    if pipeline.dag.paused:
        return "a run is waiting, but the pipeline is paused: unpause it, or mark the run failed"
    tasks = sorted({task.task_id for task in pipeline.waiting})
    return f"waiting for a worker: {', '.join(tasks)}" if tasks else "a run is waiting to start"


def _minutes(since: datetime, now: datetime) -> float:
    return (now - since).total_seconds() / 60


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
