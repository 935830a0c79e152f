"""The section ``system_health``: machine, Airflow, S3 and the KMA's API, each measured by itself.

Figures, each None or absent where it is missing:

    machine   contained, cores, cpu_share, memory_share, memory_used_gb, memory_limit_gb,
              disks: [{path, used_share, free_gb}]
    airflow   components: {name: {status, heartbeat_at}},
              dags: {dag_id: {paused, by_hand, watched: [names of checks], due_at, last_run, last_state,
                     last_started_at, last_seconds, median_seconds, failed_in_a_row, late_minutes,
                     queued_minutes}},
              first_run_at: the oldest that Airflow knows, of any pipeline,
              broken_files: of pipelines that Airflow can't load
    storage   write_ms, read_ms, list_ms, delete_ms, failed, clock_skew_s
    kma       last_success_at, last_success_age_h, replies_24h, calls_used, calls_left,
              tries_24h, failed_tries_24h, error_share
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
from weather_mlops.monitoring.checks import CheckSeverity, Section
from weather_mlops.monitoring.section_builder import Gathering, Rule

NAME: Final = "system_health"
UNREACHABLE: Final = Rule("airflow_unreachable", severity=CheckSeverity.CRITICAL)
OF_AIRFLOW: Final = (
    UNREACHABLE, dags.COMPONENT, dags.FAILING, dags.BROKEN, dags.LATE, dags.SLOW, dags.QUEUED,
    kma_health.ERRORS,
)  # fmt: skip
"""What is not known without Airflow's API."""


@dataclass(frozen=True, slots=True)
class SystemHealthLimits:
    """What is still well; each is an argument in pipelines/monitoring.yml, with its reason.

    Attributes:
        max_cpu_share: of the cores, 0 to 1, mean since the last run.
        max_memory_share: of the memory, 0 to 1.
        max_disk_share: of each disk, 0 to 1.
        max_heartbeat_age_s: seconds since the last heartbeat of a part of Airflow.
        max_failed_runs: of one pipeline, in a row.
        max_late_minutes: since a run should have begun.
        max_slow_ratio: the newest run's time, over the median of those before.
        max_queued_minutes: that a run or a task waits for a worker.
        max_s3_ms: of the slowest of write, read, list, delete.
        max_clock_skew_s: seconds between S3's clock and this machine's.
        max_kma_silent_hours: since the last reply of the KMA.
        max_kma_error_share: of the tries of the hourly call, in 24 h, 0 to 1.
        min_kma_calls_left_share: of the day's calls, 0 to 1.
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


def measure(  # noqa: PLR0913  where each part is
    store: ObjectStore,
    open_airflow: Callable[[], AirflowApi],
    limits: SystemHealthLimits,
    *,
    disks: Sequence[str],
    kept: Path,
    daily_calls: int,
    now: datetime,
) -> Section:
    """Measure all parts; one that is down costs the others nothing.

    Args:
        store: the bucket.
        open_airflow: gives the way to Airflow's REST API; Misconfigured where there is none.
        limits: what is well.
        disks: a path on each disk that counts.
        kept: a folder of this machine, for what is compared from run to run.
        daily_calls: the quota of the KMA account.
        now: the time (UTC).
    """
    found = Gathering()
    of_host = (host.CPU, host.MEMORY, host.DISK)
    found.part("machine", of_host, lambda: _machine(found, limits, disks, kept, now))
    probed = (storage.FAILING, storage.SLOW, storage.SKEW)
    found.part("storage", probed, lambda: _storage(found, store, limits))
    found.part(
        "kma", (kma_health.SILENT, kma_health.BUDGET), lambda: _kma(found, store, limits, daily_calls, now)
    )
    found.part("airflow", OF_AIRFLOW, lambda: _airflow(found, open_airflow, limits, now))
    return found.section(NAME)


def _machine(
    found: Gathering, limits: SystemHealthLimits, disks: Sequence[str], kept: Path, now: datetime
) -> None:
    try:
        told = host.measure(disks, now=now, kept=kept / "cpu.json")
    except OSError as error:
        raise Misconfigured(f"disks: {error}: name folders that exist") from error
    found.figures["machine"] = told.as_dict()
    found.checks += host.checks(
        told,
        max_cpu_share=limits.max_cpu_share,
        max_memory_share=limits.max_memory_share,
        max_disk_share=limits.max_disk_share,
    )


def _storage(found: Gathering, store: ObjectStore, limits: SystemHealthLimits) -> None:
    told = storage.probe(store)
    found.figures["storage"] = told.as_dict()
    found.checks += storage.checks(told, max_ms=limits.max_s3_ms, max_clock_skew_s=limits.max_clock_skew_s)
    if told.failed:
        found.lacks("storage", f"{told.failed} failed: {told.why}")


def _kma(
    found: Gathering, store: ObjectStore, limits: SystemHealthLimits, daily_calls: int, now: datetime
) -> None:
    told = kma_health.measure(store, now, daily_calls)
    found.figures["kma"] = told.as_dict(now)
    found.checks += kma_health.feed_checks(
        told,
        now,
        daily_calls=daily_calls,
        max_silent_h=limits.max_kma_silent_hours,
        min_calls_left_share=limits.min_kma_calls_left_share,
    )


def _airflow(
    found: Gathering, open_airflow: Callable[[], AirflowApi], limits: SystemHealthLimits, now: datetime
) -> None:
    try:
        api = open_airflow()
        health = api.health()
        first = api.first_run_at()
        pipelines = _pipelines(api, first)
        tries = kma_health.Tries.of(
            api.task_runs(kma_health.DAG_ID, kma_health.TASK_ID, now - kma_health.DAY)
        )
    except (OrchestratorUnavailable, OrchestratorRefused) as error:
        found.checks.append(UNREACHABLE.state(str(error), well=False))
        raise
    except Misconfigured as error:
        found.checks.append(UNREACHABLE.unknown(str(error)))
        raise
    found.checks.append(UNREACHABLE.state(f"{api.url} answers", well=True))
    found.figures["airflow"] = {
        "first_run_at": first and first.isoformat(),
        "components": dags.component_figures(health),
        "dags": {pipeline.dag.dag_id: pipeline.as_dict(now) for pipeline in pipelines},
    }
    found.figures["kma"] = {**found.figures.get("kma", {}), **tries.as_dict()}
    found.checks += dags.component_checks(health, now, limits.max_heartbeat_age_s)
    of_dags = dags.DagLimits(
        limits.max_failed_runs, limits.max_late_minutes, limits.max_slow_ratio, limits.max_queued_minutes
    )
    for pipeline in pipelines:
        found.checks += dags.dag_checks(pipeline, of_dags, now)
    _broken(found, api)
    found.checks.append(kma_health.tries_check(tries, limits.max_kma_error_share))


def _broken(found: Gathering, api: AirflowApi) -> None:
    """Of pipelines that Airflow can't load; a user who may not read import errors loses nothing else."""
    try:
        files = api.broken_files()
    except OrchestratorRefused as error:
        found.checks.append(dags.BROKEN.unknown(str(error), 0))
        return
    found.figures["airflow"]["broken_files"] = files
    found.checks.append(dags.broken_check(files))


def _pipelines(api: AirflowApi, first: datetime | None) -> list[dags.DagRuns]:
    """All that Airflow knows, with their newest runs and the tasks that wait."""
    waiting = api.waiting_tasks()
    return [
        dags.DagRuns(
            dag, api.runs(dag.dag_id), [each for each in waiting if each.dag_id == dag.dag_id], first
        )
        for dag in api.dags()
    ]
