"""Section ``system_health``: machine, Airflow, S3 and the KMA's API, each measured separately.

``figures.system`` describes its figures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from weather_mlops.errors import Misconfigured, OrchestratorRefused, OrchestratorUnavailable
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import dags, host, kma_health, storage
from weather_mlops.monitoring.airflow_api import AirflowApi
from weather_mlops.monitoring.checks import SYSTEM_HEALTH, CheckSeverity, Section
from weather_mlops.monitoring.figures.system import SystemHealthFigures
from weather_mlops.monitoring.section_builder import Rule, SectionBuilder

UNREACHABLE: Final = Rule("airflow_unreachable", severity=CheckSeverity.CRITICAL)
AIRFLOW_RULES: Final = (
    UNREACHABLE, dags.COMPONENT, dags.FAILING, dags.BROKEN, dags.LATE, dags.SLOW, dags.QUEUED,
    kma_health.ERRORS,
)  # fmt: skip
"""Checks that are unknown without Airflow's API."""
Builder = SectionBuilder[SystemHealthFigures]


@dataclass(frozen=True, slots=True)
class SystemHealthLimits:
    """Limits of the checks; each field is an argument in pipelines/monitoring.yml.

    Attributes:
        max_cpu_share: share of the cores in use, mean since the last run, 0 to 1.
        max_memory_share: share of the memory in use, 0 to 1.
        max_disk_share: share of each disk in use, 0 to 1.
        max_heartbeat_age_s: seconds since the last heartbeat of a component of Airflow.
        max_failed_runs: failed runs of one pipeline in a row.
        max_late_minutes: minutes since a run should have started.
        max_slow_ratio: duration of the newest run divided by the median of the runs before.
        max_queued_minutes: minutes that a run or a task waits for a worker.
        max_s3_ms: milliseconds of the slowest S3 operation: write, read, list or delete.
        max_clock_skew_s: seconds between S3's clock and this machine's.
        max_kma_silent_hours: hours since the last response of the KMA.
        max_kma_error_share: share of the tries of the hourly call that failed in 24 h, 0 to 1.
        min_kma_calls_left_share: share of the day's calls that must be left, 0 to 1.
    """

    max_cpu_share: float = 0.95
    max_memory_share: float = 0.9
    max_disk_share: float = 0.9
    max_heartbeat_age_s: float = 60
    max_failed_runs: int = 1
    max_late_minutes: float = 15
    max_slow_ratio: float = 3
    max_queued_minutes: float = 15
    max_s3_ms: float = 2000
    max_clock_skew_s: float = 60
    max_kma_silent_hours: float = 3
    max_kma_error_share: float = 0.3
    min_kma_calls_left_share: float = 0.1


def measure(  # noqa: PLR0913  keyword only: where each part is
    store: ObjectStore,
    open_airflow: Callable[[], AirflowApi],
    limits: SystemHealthLimits,
    *,
    disks: Sequence[str],
    state_dir: Path,
    daily_calls: int,
    now: datetime,
) -> Section:
    """Measure all parts; a part that is down doesn't affect the others.

    Args:
        store: the bucket.
        open_airflow: returns the client of Airflow's REST API; raises Misconfigured without a connection.
        limits: limits of the checks.
        disks: a path on each disk to check.
        state_dir: local folder for measurements that the next run compares with its own.
        daily_calls: quota of the KMA account, calls per day.
        now: the time (UTC).
    """
    builder = SectionBuilder(SystemHealthFigures())
    host_rules = (host.CPU, host.MEMORY, host.DISK)
    builder.measure_part("machine", host_rules, lambda: _machine(builder, limits, disks, state_dir, now))
    storage_rules = (storage.FAILING, storage.SLOW, storage.SKEW)
    builder.measure_part("storage", storage_rules, lambda: _storage(builder, store, limits))
    builder.measure_part(
        "kma", (kma_health.SILENT, kma_health.BUDGET), lambda: _kma(builder, store, limits, daily_calls, now)
    )
    builder.measure_part("airflow", AIRFLOW_RULES, lambda: _airflow(builder, open_airflow, limits, now))
    return builder.section(SYSTEM_HEALTH)


def _machine(
    builder: Builder, limits: SystemHealthLimits, disks: Sequence[str], state_dir: Path, now: datetime
) -> None:
    try:
        machine = host.measure(disks, now=now, state_file=state_dir / "cpu.json")
    except OSError as error:
        raise Misconfigured(f"disks: {error}: give paths that exist") from error
    builder.figures["machine"] = machine.as_dict()
    builder.checks += host.checks(
        machine,
        max_cpu_share=limits.max_cpu_share,
        max_memory_share=limits.max_memory_share,
        max_disk_share=limits.max_disk_share,
    )


def _storage(builder: Builder, store: ObjectStore, limits: SystemHealthLimits) -> None:
    probe = storage.probe(store)
    builder.figures["storage"] = probe.as_dict()
    builder.checks += storage.checks(probe, max_ms=limits.max_s3_ms, max_clock_skew_s=limits.max_clock_skew_s)
    if probe.failed:
        builder.add_missing("storage", f"{probe.failed} failed: {probe.reason}")


def _kma(
    builder: Builder, store: ObjectStore, limits: SystemHealthLimits, daily_calls: int, now: datetime
) -> None:
    status = kma_health.measure(store, now, daily_calls)
    builder.figures["kma"] = status.as_dict(now)
    builder.checks += kma_health.status_checks(
        status,
        now,
        daily_calls=daily_calls,
        max_silent_h=limits.max_kma_silent_hours,
        min_calls_left_share=limits.min_kma_calls_left_share,
    )


def _airflow(
    builder: Builder, open_airflow: Callable[[], AirflowApi], limits: SystemHealthLimits, now: datetime
) -> None:
    try:
        api = open_airflow()
        health = api.health()
        first = api.first_run_at()
        pipelines = _pipelines(api, first)
        tries = kma_health.Tries.of(
            api.task_runs(kma_health.DAG_ID, kma_health.TASK_ID, now - kma_health.COUNTED)
        )
    except (OrchestratorUnavailable, OrchestratorRefused) as error:
        builder.checks.append(UNREACHABLE.state(str(error), well=False))
        raise
    except Misconfigured as error:
        builder.checks.append(UNREACHABLE.unknown(str(error)))
        raise
    builder.checks.append(UNREACHABLE.state(f"{api.url} responds", well=True))
    builder.figures["airflow"] = {
        "first_run_at": first.isoformat() if first else None,
        "components": dags.component_figures(health),
        "dags": {pipeline.dag.dag_id: pipeline.as_dict(now) for pipeline in pipelines},
    }
    builder.figures["kma"] = {**(builder.figures.get("kma") or {}), **tries.as_dict()}
    builder.checks += dags.component_checks(health, now, limits.max_heartbeat_age_s)
    dag_limits = dags.DagLimits(
        limits.max_failed_runs, limits.max_late_minutes, limits.max_slow_ratio, limits.max_queued_minutes
    )
    for pipeline in pipelines:
        builder.checks += dags.dag_checks(pipeline, dag_limits, now)
    _broken(builder, api)
    builder.checks.append(kma_health.tries_check(tries, limits.max_kma_error_share))


def _broken(builder: Builder, api: AirflowApi) -> None:
    """Check that Airflow loads all pipeline files; unknown without permission to read import errors."""
    try:
        files = api.broken_files()
    except OrchestratorRefused as error:
        builder.checks.append(dags.BROKEN.unknown(str(error), 0))
        return
    builder.figures["airflow"]["broken_files"] = files
    builder.checks.append(dags.broken_check(files))


def _pipelines(api: AirflowApi, first: datetime | None) -> list[dags.DagRuns]:
    """List all pipelines in Airflow, with their newest runs and waiting tasks."""
    waiting = api.waiting_tasks()
    return [
        dags.DagRuns(
            dag, api.runs(dag.dag_id), [each for each in waiting if each.dag_id == dag.dag_id], first
        )
        for dag in api.dags()
    ]
