"""What the operators of pipelines/monitoring.yml share: the store of sections and the reasons of failures."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from airflow.configuration import AIRFLOW_HOME

from operators.base import WeatherOperator, run_label

if TYPE_CHECKING:
    from airflow.sdk import Context

    from weather_mlops.monitoring.checks import Section
    from weather_mlops.monitoring.section_store import SectionStore

Limits = TypeVar("Limits")
FAILED: Final = "failed"
"""XCom of a measuring task that failed: the reason."""
ALERT_TEST: Final = "alert_test"
"""XCom of send_alerts: the result of a test of the channel, or what is missing for one."""


class MonitoringOperator(WeatherOperator):
    """A task of the monitoring pipeline.

    Args:
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    def __init__(self, *, spare_folder: str = f"{AIRFLOW_HOME}/monitoring", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spare_folder = spare_folder

    def section_store(self, context: "Context") -> "SectionStore":
        """Return the store through which the tasks of this run pass sections and the report."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring.section_store import SectionStore

        return SectionStore(LakeHook(self.aws_conn_id).store, run_label(context), Path(self.spare_folder))


def reasons(context: "Context") -> dict[str, str]:
    """Return for each measuring task the reason to give if it stored no section, by task name.

    An optional task that the pipeline doesn't have is left out.
    """
    from weather_mlops.monitoring.checks import OPTIONAL, SECTIONS

    ti, run_id = context["ti"], context["run_id"]
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=list(SECTIONS), run_ids=[run_id]).get(run_id, {})
    reasons_by_task = {}
    for name in SECTIONS:
        if name in OPTIONAL and states.get(name) is None:
            continue
        state = states.get(name) or "no state"
        reason = ti.xcom_pull(task_ids=name, key=FAILED) or f"it ended as {state}: see its log"
        reasons_by_task[name] = f"the task {name} stored no section: {reason}"
    return reasons_by_task


class MeasuringOperator(MonitoringOperator):
    """Measures one section of the report; if that fails, leaves the reason for the report.

    Args:
        limits: limits of the section's checks, see its module.
        spare_folder: see MonitoringOperator.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    def __init__(self, *, limits: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limits = limits or {}

    def limits_as(self, kind: type[Limits]) -> Limits:
        """Return the limits as the dataclass of the section.

        Raises:
            Misconfigured: unknown limit.
        """
        from weather_mlops.thresholds import limits_of

        return limits_of(kind, "limits", self.limits)

    @abstractmethod
    def measure(self, now: datetime) -> "Section":
        """Measure the section."""

    def work(self, context: "Context") -> dict[str, int | list[str]]:
        """Measure, and store the section."""
        try:
            section = self.measure(datetime.now(UTC))
            return self.section_store(context).write(section)
        except Exception as error:  # of any kind: the report gives the reason, and this task fails
            context["ti"].xcom_push(key=FAILED, value=f"{type(error).__name__}: {error}")
            raise
