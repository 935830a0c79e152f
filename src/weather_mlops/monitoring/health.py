"""The section ``system_health``: machine, Airflow, S3 and the KMA's API, each measured by itself.

Figures, each None or absent where it is missing:

    machine   contained, cores, cpu_share, memory_share, memory_used_gb, memory_limit_gb,
              disks: [{path, used_share, free_gb}]
    airflow   components: {name: {status, heartbeat_at}},
              dags: {dag_id: {paused, by_hand, last_run, last_state, last_started_at, last_seconds,
                     median_seconds, failed_in_a_row, late_minutes, queued_minutes}}
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
from weather_mlops.lake.store import ObjectStore
from weather_mlops.monitoring import dags, feed, machine, storage
from weather_mlops.monitoring.airflow_api import AirflowApi
from weather_mlops.monitoring.findings import Section, Severity
from weather_mlops.monitoring.gathering import Gathering, Rule

NAME: Final = "system_health"
UNREACHABLE: Final = Rule("airflow_unreachable", severity=Severity.CRITICAL)
OF_AIRFLOW: Final = (dags.COMPONENT, dags.FAILING, dags.LATE, dags.SLOW, dags.QUEUED, feed.ERRORS)
"""What is not known without Airflow's API."""


@dataclass(frozen=True, slots=True)
class Limits:
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
    limits: Limits,
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
    parts: tuple[tuple[str, Sequence[Rule], Callable[[], None]], ...] = (
        (
            "machine",
            (machine.CPU, machine.MEMORY, machine.DISK),
            lambda: _machine(found, limits, disks, kept, now),
        ),
        ("storage", (), lambda: _storage(found, store, limits)),
        ("kma", (feed.SILENT, feed.BUDGET), lambda: _kma(found, store, limits, daily_calls, now)),
        ("airflow", OF_AIRFLOW, lambda: _airflow(found, open_airflow, limits, now)),
    )
    for what, rules, part in parts:
        before = len(found.missing)
        found.attempt(what, part)
        if len(found.missing) > before:
            found.checks += [rule.unknown(found.why(what)) for rule in rules]
    return found.section(NAME)


def _machine(found: Gathering, limits: Limits, disks: Sequence[str], kept: Path, now: datetime) -> None:
    try:
        told = machine.measure(disks, now=now, kept=kept / "cpu.json")
    except OSError as error:
        raise Misconfigured(f"disks: {error}: name folders that exist") from error
    found.figures["machine"] = told.as_dict()
    found.checks += machine.checks(
        told,
        max_cpu_share=limits.max_cpu_share,
        max_memory_share=limits.max_memory_share,
        max_disk_share=limits.max_disk_share,
    )


def _storage(found: Gathering, store: ObjectStore, limits: Limits) -> None:
    told = storage.probe(store)
    found.figures["storage"] = told.as_dict()
    found.checks += storage.checks(told, max_ms=limits.max_s3_ms, max_clock_skew_s=limits.max_clock_skew_s)
    if told.failed:
        found.lacks("storage", f"{told.failed} failed: {told.why}")


def _kma(found: Gathering, store: ObjectStore, limits: Limits, daily_calls: int, now: datetime) -> None:
    told = feed.measure(store, now, daily_calls)
    found.figures["kma"] = told.as_dict(now)
    found.checks += feed.feed_checks(
        told,
        now,
        daily_calls=daily_calls,
        max_silent_h=limits.max_kma_silent_hours,
        min_calls_left_share=limits.min_kma_calls_left_share,
    )


def _airflow(found: Gathering, open_airflow: Callable[[], AirflowApi], limits: Limits, now: datetime) -> None:
    try:
        api = open_airflow()
        health = api.health()
        waiting = api.waiting_tasks()
        pipelines = [
            dags.Pipeline(dag, api.runs(dag.dag_id), [task for task in waiting if task.dag_id == dag.dag_id])
            for dag in api.dags()
        ]
        tries = feed.Tries.of(api.task_runs(feed.DAG_ID, feed.TASK_ID, now - feed.DAY))
    except (OrchestratorUnavailable, OrchestratorRefused) as error:
        found.checks.append(UNREACHABLE.state(str(error), well=False))
        raise
    except Misconfigured as error:
        found.checks.append(UNREACHABLE.unknown(str(error)))
        raise
    found.checks.append(UNREACHABLE.state(f"{api.url} answers", well=True))
    found.figures["airflow"] = {
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
    found.checks.append(feed.tries_check(tries, limits.max_kma_error_share))
