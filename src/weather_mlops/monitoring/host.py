"""CPU, memory and disks of the machine that monitoring runs on, or of its container.

A container's limits and use are those of its control group, mounted at ``/sys/fs/cgroup``: version 2, or
version 1 (https://docs.kernel.org/admin-guide/cgroup-v2.html, …/cgroup-v1/). If the control group has no
limit, the figures are those of the machine.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psutil

from weather_mlops.formatting import percent
from weather_mlops.monitoring.checks import Check, CheckSeverity
from weather_mlops.monitoring.figures.system import HostFigures
from weather_mlops.monitoring.section_builder import Rule

CPU: Final = Rule("cpu_busy", "%")
MEMORY: Final = Rule("memory_full", "%", CheckSeverity.CRITICAL)
DISK: Final = Rule("disk_full", "%", CheckSeverity.CRITICAL)
CGROUP: Final = Path("/sys/fs/cgroup")
GB: Final = 1e9
LEAST, MOST = timedelta(minutes=5), timedelta(hours=6)
"""Time between two runs for a mean: a shorter one measures monitoring itself, a longer one is outdated."""
_UNLIMITED: Final = 1 << 60  # version 1 writes a number near 2**63 where there is no limit


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in use, without reclaimable file cache, and the limit in bytes."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system: one path on it, the share (0 to 1) in use, bytes free."""

    path: str
    used_share: float
    free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Measured use of the machine.

    Attributes:
        contained: whether the limits are those of a container.
        cores: number of cores that can be used.
        cpu_share: share of the cores in use, 0 to 1, mean since the last run; None in the first run.
        memory: memory in use, and its limit.
        disks: the disk of each path.
    """

    contained: bool
    cores: float
    cpu_share: float | None
    memory: Memory
    disks: Sequence[Disk]

    def as_dict(self) -> HostFigures:
        """Return the figures of the section."""
        return {
            "contained": self.contained,
            "cores": self.cores,
            "cpu_share": None if self.cpu_share is None else round(self.cpu_share, 3),
            "memory_share": round(self.memory.used / self.memory.limit, 3),
            "memory_used_gb": round(self.memory.used / GB, 2),
            "memory_limit_gb": round(self.memory.limit / GB, 2),
            "disks": [
                {"path": d.path, "used_share": round(d.used_share, 3), "free_gb": round(d.free / GB, 1)}
                for d in self.disks
            ],
        }


@dataclass(frozen=True, slots=True)
class CpuTime:
    """CPU seconds used since the start, of the container or the machine, at a time (UTC)."""

    seconds: float
    at: datetime


def cpu_time(now: datetime, cgroup: Path = CGROUP) -> CpuTime:
    """Read the CPU time used so far: by the container if it has its own limit, else by the machine."""
    own = own_cpu_seconds(cgroup) if own_cores(cgroup) else None
    if own is None:
        times = psutil.cpu_times()._asdict()
        own = sum(times[name] for name in ("user", "nice", "system", "irq", "softirq") if name in times)
    return CpuTime(own, now)


def cpu_share(before: CpuTime | None, now: CpuTime, cores: float) -> float | None:
    """Compute the mean share of the cores in use between two runs; None if they can't be compared.

    Measuring for a second would mostly measure monitoring itself: its tasks run at the same time.

    Args:
        before: CPU time in the last run.
        now: CPU time in this run.
        cores: number of cores that can be used.
    """
    if before is None or not LEAST <= now.at - before.at <= MOST or now.seconds < before.seconds:
        return None
    return min(1.0, (now.seconds - before.seconds) / ((now.at - before.at).total_seconds() * cores))


def last_cpu_time(file: Path) -> CpuTime | None:
    """Read the CPU time that the last run on this machine saved; None if there is none that can be read."""
    try:
        saved = json.loads(file.read_text())
        return CpuTime(saved["seconds"], datetime.fromisoformat(saved["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_cpu_time(file: Path, cpu_time: CpuTime) -> None:
    """Save the CPU time for the next run.

    Raises:
        OSError: the file can't be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"seconds": cpu_time.seconds, "at": cpu_time.at.isoformat()}))


def measure(paths: Sequence[str], *, now: datetime, state_file: Path, cgroup: Path = CGROUP) -> Machine:
    """Measure the use of CPU, memory and disks.

    Args:
        paths: a path on each disk to check.
        now: the time (UTC).
        state_file: local file that stores the CPU time for the next run.
        cgroup: mount point of the control group.

    Raises:
        OSError: a path doesn't exist, or the file can't be written.
    """
    quota, own = own_cores(cgroup), own_memory(cgroup)
    cores = quota or float(psutil.cpu_count() or 1)
    used, whole = cpu_time(now, cgroup), psutil.virtual_memory()
    share = cpu_share(last_cpu_time(state_file), used, cores)
    save_cpu_time(state_file, used)
    disks = [(path, psutil.disk_usage(path)) for path in paths]
    return Machine(
        contained=bool(quota or own),
        cores=cores,
        cpu_share=share,
        memory=own or Memory(whole.total - whole.available, whole.total),
        disks=[Disk(path, usage.percent / 100, usage.free) for path, usage in disks],
    )


def own_memory(cgroup: Path) -> Memory | None:
    """Read the memory of the control group; None if it has no limit. Inactive file cache counts as free."""
    for limit_file, used_file, stat_file, cache in (
        ("memory.max", "memory.current", "memory.stat", "inactive_file"),
        (
            "memory/memory.limit_in_bytes",
            "memory/memory.usage_in_bytes",
            "memory/memory.stat",
            "total_inactive_file",
        ),
    ):
        limit, used = _number(cgroup / limit_file), _number(cgroup / used_file)
        if limit is not None and used is not None and limit < _UNLIMITED:
            return Memory(used - (_entry(cgroup / stat_file, cache) or 0), limit)
    return None


def own_cores(cgroup: Path) -> float | None:
    """Read the CPU limit of the control group, in cores; None if it has none."""
    fields = _text(cgroup / "cpu.max").split()  # "150000 100000", or "max 100000"
    if len(fields) == 2 and fields[0] != "max":  # noqa: PLR2004  quota and period
        return int(fields[0]) / int(fields[1])
    quota, period = _number(cgroup / "cpu/cpu.cfs_quota_us"), _number(cgroup / "cpu/cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def own_cpu_seconds(cgroup: Path) -> float | None:
    """Read the CPU seconds that the control group has used."""
    if (microseconds := _entry(cgroup / "cpu.stat", "usage_usec")) is not None:
        return microseconds / 1e6
    nanoseconds = _number(cgroup / "cpuacct/cpuacct.usage")
    return None if nanoseconds is None else nanoseconds / 1e9


def checks(
    machine: Machine, *, max_cpu_share: float, max_memory_share: float, max_disk_share: float
) -> list[Check]:
    """Compare the use of the machine with its limits."""
    memory = machine.memory
    detail = f"{memory.used / GB:.1f} of {memory.limit / GB:.1f} GB in use"
    return [
        _cpu(machine, 100 * max_cpu_share),
        MEMORY.above(100 * memory.used / memory.limit, 100 * max_memory_share, detail),
        *(
            DISK.above(
                100 * disk.used_share, 100 * max_disk_share, f"{disk.free / GB:.1f} GB are free", disk.path
            )
            for disk in machine.disks
        ),
    ]


def _cpu(machine: Machine, limit: float) -> Check:
    if machine.cpu_share is None:
        return CPU.unknown("not enough yet: CPU use is measured between two runs, half an hour apart", limit)
    detail = (
        f"{percent(machine.cpu_share, limit, digits=0)} of {machine.cores:g} cores in use, since the last run"
    )
    return CPU.above(100 * machine.cpu_share, limit, detail)


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.lstrip("-").isdecimal() else None


def _entry(file: Path, name: str) -> int | None:
    """Read the number after a name in a file with one name and number per line."""
    for line in _text(file).splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None
