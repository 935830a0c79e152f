"""The first three tasks of pipelines/monitoring.yml, which measure, and what all six share."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow.configuration import AIRFLOW_HOME

from operators.base import WeatherOperator, run_label

if TYPE_CHECKING:
    from airflow.sdk import Context

    from weather_mlops.monitoring.checks import Section
    from weather_mlops.monitoring.section_store import SectionStore

FAILED: Final = "failed"
"""XCom of a measuring task: why it measured nothing."""


class MonitoringOperator(WeatherOperator):
    """A task of monitoring.

    Args:
        spare_folder: of this machine: keeps what S3 doesn't take while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    def __init__(self, *, spare_folder: str = f"{AIRFLOW_HOME}/monitoring", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spare_folder = spare_folder

    def section_store(self, context: "Context") -> "SectionStore":
        """Return the store of this run's sections."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring.section_store import SectionStore

        return SectionStore(LakeHook(self.aws_conn_id).store, run_label(context), Path(self.spare_folder))


def reasons(context: "Context") -> dict[str, str]:
    """Why a measuring task may have stored no section, by its name."""
    from weather_mlops.monitoring.checks import SECTIONS

    ti, run_id = context["ti"], context["run_id"]
    states = ti.get_task_states(dag_id=ti.dag_id, task_ids=list(SECTIONS), run_ids=[run_id]).get(run_id, {})
    found = {}
    for name in SECTIONS:
        state = states.get(name) or "no state"
        why = ti.xcom_pull(task_ids=name, key=FAILED) or f"it ended as {state}: see its log"
        found[name] = f"the task {name} stored no section: {why}"
    return found


class MeasuringOperator(MonitoringOperator):
    """Measures one section; a section that can't be measured at all leaves its reason for the report.

    Args:
        limits: of the section, see its module.
        spare_folder: see MonitoringOperator.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    def __init__(self, *, limits: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.limits = limits or {}

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        raise NotImplementedError

    def work(self, context: "Context") -> dict[str, Any]:
        """Measure, and hand the section on."""
        try:
            section = self.measure(datetime.now(UTC))
            return self.section_store(context).write(section)
        except Exception as error:  # of whatever kind: the report gives the reason, and this task fails
            context["ti"].xcom_push(key=FAILED, value=f"{type(error).__name__}: {error}")
            raise


class SystemHealthOperator(MeasuringOperator):
    """Measure machine, Airflow, S3 and the KMA's API.

    Args:
        limits: see ``weather_mlops.monitoring.health.SystemHealthLimits``.
        disks: a path on each disk that counts; empty = Airflow's home.
        daily_calls: the quota of the KMA account, calls per day (KST).
        airflow_conn_id: Airflow connection of Airflow's own REST API.
        spare_folder: see MonitoringOperator.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#e6e9ec"

    def __init__(
        self,
        *,
        disks: Sequence[str] = (),
        daily_calls: int = 20_000,
        airflow_conn_id: str = "airflow_api_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.disks = disks
        self.daily_calls = daily_calls
        self.airflow_conn_id = airflow_conn_id

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        from hooks.airflow_api import AirflowApiHook
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import health
        from weather_mlops.thresholds import limits_of

        limits = limits_of(health.SystemHealthLimits, "limits", self.limits)
        return health.measure(
            LakeHook(self.aws_conn_id).store,
            AirflowApiHook(self.airflow_conn_id).get_client,
            limits,
            disks=self.disks or [AIRFLOW_HOME],
            state_dir=Path(self.spare_folder),
            daily_calls=self.daily_calls,
            now=now,
        )


class DataQualityOperator(MeasuringOperator):
    """Measure what is in the tables: complete, valid, fresh, drifting.

    Args:
        stations: ``all``, or a list of station ids and names: those that are watched. Of others nothing
            is expected.
        limits: see ``weather_mlops.monitoring.data_quality.DataQualityLimits``.
        spare_folder: see MonitoringOperator.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#e0f7d4"

    def __init__(self, *, stations: str | Sequence[int | str] = "all", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stations = stations

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import data_quality
        from weather_mlops.stations import resolve_station_ids
        from weather_mlops.thresholds import limits_of

        lake = LakeHook(self.aws_conn_id)
        limits = limits_of(data_quality.DataQualityLimits, "limits", self.limits)
        return data_quality.measure(lake.catalog, lake.store, limits, now, resolve_station_ids(self.stations))


class ModelPerformanceOperator(MeasuringOperator):
    """Hold the forecasts that were made to what was observed since.

    Args:
        targets: what is forecast, e.g. ``[air_temperature]``.
        limits: see ``weather_mlops.monitoring.performance.ModelPerformanceLimits``.
        spare_folder: see MonitoringOperator.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#d8dcf5"

    def __init__(self, *, targets: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.targets = targets

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import performance
        from weather_mlops.thresholds import limits_of

        lake = LakeHook(self.aws_conn_id)
        limits = limits_of(performance.ModelPerformanceLimits, "limits", self.limits)
        return performance.measure(lake.catalog, lake.store, list(self.targets), limits, now)
