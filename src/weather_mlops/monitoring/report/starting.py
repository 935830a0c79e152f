"""A system in its first hours: which first steps are still to come, and how long the report waits for them.

A critical figure that is not measured has the verdict ``watch``, unless it waits for a first step
(``Check.awaits``) and the system is younger than that step's patience. The age of the system is that of the
oldest of these: the first run in Airflow's database, the first audit and the first decision about a model on
S3, the earliest report. So an old system doesn't seem new after its database was recreated, or when
monitoring was switched on late.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from typing_extensions import TypedDict

from weather_mlops.monitoring.checks import FIRST_COLLECTION, FIRST_MODEL, Check, Section, Status
from weather_mlops.monitoring.figures.system import AirflowFigures, DagFigures


@dataclass(frozen=True, slots=True)
class Step:
    """A first step of a new system.

    Attributes:
        name: as in ``Check.awaits``.
        pipeline: id of the DAG that takes the step.
        patience: time after the system's start within which the step is expected.
    """

    name: str
    pipeline: str
    patience: timedelta


STEPS: Final = {
    step.name: step
    for step in (
        # Hourly; waits up to 40 minutes for the hour's publication, and leaves time for one failed run.
        Step(FIRST_COLLECTION, "data_collection", timedelta(hours=3)),
        # Each night at 02:00, done within two hours: after 26 hours, a night has passed in any case.
        Step(FIRST_MODEL, "model_training", timedelta(hours=26)),
    )
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a system started, as seen by a report.

    Attributes:
        at: time of the oldest trace of the system.
        now: the time of the report.
    """

    at: datetime
    now: datetime

    def waits_for(self, check: Check) -> bool:
        """Whether a check is not measured because of a first step that is still to come and not overdue."""
        step = STEPS.get(check.awaits) if check.status is Status.UNKNOWN else None
        return step is not None and self.now < self.expected_by(step)

    def expected_by(self, step: Step) -> datetime:
        """The end of a step's patience."""
        return self.at + step.patience


class StepDocument(TypedDict):
    """A first step in the JSON of the report; times are ISO 8601."""

    step: str
    pipeline: str
    expected_by: str
    next_run_at: str | None
    running: bool
    paused: bool
    checks: list[str]


@dataclass(frozen=True, slots=True)
class ToCome:
    """A first step that is still to come.

    Attributes:
        step: the step.
        checks: the checks that are not measured until then.
        expected_by: from then on, the verdict is ``watch``.
        next_run_at: next scheduled run of its pipeline; None = not known.
        running: whether its pipeline runs now.
        paused: whether its pipeline is paused, so that no run begins.
    """

    step: Step
    checks: Sequence[Check]
    expected_by: datetime
    next_run_at: datetime | None
    running: bool
    paused: bool

    def as_dict(self) -> StepDocument:
        """As in the JSON of the report."""
        return {
            "step": self.step.name,
            "pipeline": self.step.pipeline,
            "expected_by": self.expected_by.isoformat(),
            "next_run_at": self.next_run_at.isoformat() if self.next_run_at else None,
            "running": self.running,
            "paused": self.paused,
            "checks": [check.problem for check in self.checks],
        }


def beginning(sections: Iterable[Section], now: datetime, reports: Iterable[datetime] = ()) -> Beginning:
    """When the system started, by the oldest trace of it.

    Args:
        sections: what was measured.
        now: the time of the report (UTC).
        reports: times of earlier reports.
    """
    traces = [datetime.fromisoformat(text) for section in sections for text in _traces(section)]
    return Beginning(min([*traces, *reports, now]), now)


def to_come(sections: Iterable[Section], start: Beginning) -> list[ToCome]:
    """First steps that are still to come, in their order."""
    sections = list(sections)
    waiting = [check for section in sections for check in section.checks if start.waits_for(check)]
    runs = next((dags for section in sections if (dags := _airflow(section).get("dags"))), {})
    return [
        _to_come(step, checks, start, runs.get(step.pipeline) or {})
        for name, step in STEPS.items()
        if (checks := [check for check in waiting if check.awaits == name])
    ]


def _to_come(step: Step, checks: Sequence[Check], start: Beginning, dag: DagFigures) -> ToCome:
    due = dag.get("due_at")
    return ToCome(
        step,
        checks,
        start.expected_by(step),
        datetime.fromisoformat(due) if due else None,
        running=dag.get("last_state") == "running",
        paused=bool(dag.get("paused")),
    )


def _traces(section: Section) -> Iterator[str]:
    """Times of the first run, audit and decisions in the figures of a section, ISO 8601."""
    targets = (section.model.get("targets") or {}).values()
    times = [
        _airflow(section).get("first_run_at"),
        section.data.get("first_audit_at"),
        *((target or {}).get("first_decision_at") for target in targets),
    ]
    yield from (text for text in times if text)


def _airflow(section: Section) -> AirflowFigures:
    return section.system.get("airflow") or {}
