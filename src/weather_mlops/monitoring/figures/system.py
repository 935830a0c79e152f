"""Figures of the section ``system_health``."""

from collections.abc import Mapping
from typing import Literal

from typing_extensions import TypedDict


class DiskFigures(TypedDict):
    """A file system: one path on it, the share in use (0 to 1), 10**9 bytes free."""

    path: str
    used_share: float
    free_gb: float


class HostFigures(TypedDict, total=False):
    """Use of the machine, or of its container; GB = 10**9 bytes.

    Attributes:
        contained: whether the limits are those of a container.
        cores: number of cores that can be used.
        cpu_share: share of the cores in use, 0 to 1, mean since the last run; None in the first run.
        memory_share: share of the memory in use, 0 to 1.
        memory_used_gb: memory in use, without reclaimable file cache.
        memory_limit_gb: limit of the memory.
        disks: the disk of each watched path.
    """

    contained: bool
    cores: float
    cpu_share: float | None
    memory_share: float
    memory_used_gb: float
    memory_limit_gb: float
    disks: list[DiskFigures]


class ComponentFigures(TypedDict, total=False):
    """A component of Airflow: its state and its last heartbeat."""

    status: str | None
    heartbeat_at: str | None


class DagFigures(TypedDict, total=False):
    """A pipeline in Airflow.

    Attributes:
        paused: whether its schedule is paused.
        by_hand: whether it has no schedule.
        watched: names of the checks that apply to it.
        due_at: when the next scheduled run should start.
        last_run: id of its newest run.
        last_state: state of that run.
        last_started_at: when that run started.
        last_seconds: duration of the newest run that is running or succeeded.
        median_seconds: median duration of the successful runs before it.
        failed_in_a_row: failed runs since the last success.
        late_minutes: minutes since a run should have started.
        queued_minutes: longest wait of a run or task for a worker.
    """

    paused: bool
    by_hand: bool
    watched: list[str]
    due_at: str | None
    last_run: str | None
    last_state: str | None
    last_started_at: str | None
    last_seconds: float | None
    median_seconds: float | None
    failed_in_a_row: int
    late_minutes: float | None
    queued_minutes: float | None


class AirflowFigures(TypedDict, total=False):
    """Airflow.

    Attributes:
        first_run_at: start of the oldest run of any pipeline.
        components: its components, by name.
        dags: its pipelines, by id.
        broken_files: pipeline files that it can't load.
    """

    first_run_at: str | None
    components: Mapping[str, ComponentFigures]
    dags: Mapping[str, DagFigures]
    broken_files: list[str]


StorageStep = Literal["write_ms", "read_ms", "list_ms", "delete_ms"]
"""Names of the steps of the probe."""


class StorageFigures(TypedDict, total=False):
    """Probe of S3: milliseconds of each step, None = failed or not reached.

    Attributes:
        write_ms: writing the object.
        read_ms: reading it.
        list_ms: listing it.
        delete_ms: deleting it.
        failed: the step that failed.
        clock_skew_s: seconds by which S3's clock is ahead of the machine's.
    """

    write_ms: float | None
    read_ms: float | None
    list_ms: float | None
    delete_ms: float | None
    failed: str | None
    clock_skew_s: float | None


class KmaFigures(TypedDict, total=False):
    """The KMA's API.

    Attributes:
        last_success_at: when the newest response of the hourly collection was complete; None = never.
        last_success_age_h: hours since then.
        replies_24h: responses in 24 h.
        calls_used: calls used today (KST).
        calls_left: calls left today (KST).
        tries_24h: tries of the hourly call in 24 h.
        failed_tries_24h: the failed ones of them.
        error_share: their share.
    """

    last_success_at: str | None
    last_success_age_h: float | None
    replies_24h: int
    calls_used: int
    calls_left: int
    tries_24h: int
    failed_tries_24h: int
    error_share: float | None


class SystemHealthFigures(TypedDict, total=False):
    """Figures of the section; a part that could not be measured is absent."""

    machine: HostFigures
    airflow: AirflowFigures
    storage: StorageFigures
    kma: KmaFigures
