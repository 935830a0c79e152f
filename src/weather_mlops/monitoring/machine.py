"""CPU, memory and disks of the machine that monitoring runs on; inside a container, of the container.

A container's limits and use are those of its control group, mounted at ``/sys/fs/cgroup``: version 2, or
version 1 (https://docs.kernel.org/admin-guide/cgroup-v2.html, …/cgroup-v1/). Without a limit there, the
machine's own figures hold.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

from weather_mlops.monitoring.findings import Check, Severity
from weather_mlops.monitoring.gathering import Rule

CPU: Final = Rule("cpu_busy", "%")
MEMORY: Final = Rule("memory_full", "%", Severity.CRITICAL)
DISK: Final = Rule("disk_full", "%", Severity.CRITICAL)
CGROUP: Final = Path("/sys/fs/cgroup")
GB: Final = 1e9
_UNLIMITED: Final = 1 << 60  # version 1 writes a number near 2**63 where there is no limit


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes in use, without what could be given back at once; and how many there are."""

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
    """What was measured.

    Attributes:
        contained: whether the limits are those of a container.
        cores: how many there are to use.
        cpu_share: of them in use, 0 to 1, during the measurement.
        memory: in use, and the limit.
        disks: one for each path.
    """

    contained: bool
    cores: float
    cpu_share: float
    memory: Memory
    disks: Sequence[Disk]

    def as_dict(self) -> dict[str, Any]:
        """For the section's figures: shares 0 to 1, GB = 10**9 bytes."""
        return {
            "contained": self.contained,
            "cores": self.cores,
            "cpu_share": round(self.cpu_share, 3),
            "memory_share": round(self.memory.used / self.memory.limit, 3),
            "memory_used_gb": round(self.memory.used / GB, 2),
            "memory_limit_gb": round(self.memory.limit / GB, 2),
            "disks": [
                {"path": d.path, "used_share": round(d.used_share, 3), "free_gb": round(d.free / GB, 1)}
                for d in self.disks
            ],
        }


def measure(paths: Sequence[str], *, seconds: float, cgroup: Path = CGROUP) -> Machine:
    """Measure for some seconds.

    Args:
        paths: one on each disk that counts.
        seconds: how long the CPU is looked at.
        cgroup: where the control group is mounted.

    Raises:
        OSError: there is no such path.
    """
    quota, before = own_cores(cgroup), own_cpu_seconds(cgroup)
    begun = time.monotonic()
    busy = psutil.cpu_percent(interval=seconds) / 100
    after = own_cpu_seconds(cgroup)
    if quota and before is not None and after is not None:
        busy = (after - before) / (time.monotonic() - begun) / quota
    whole, own = psutil.virtual_memory(), own_memory(cgroup)
    disks = [(path, psutil.disk_usage(path)) for path in paths]
    return Machine(
        contained=bool(quota or own),
        cores=quota or float(psutil.cpu_count() or 1),
        cpu_share=min(busy, 1.0),
        memory=own or Memory(whole.total - whole.available, whole.total),
        disks=[Disk(path, usage.percent / 100, usage.free) for path, usage in disks],
    )


def own_memory(cgroup: Path) -> Memory | None:
    """Of the control group; None where it has no limit of its own. File cache that nobody uses is free."""
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
    """CPU time that the control group may use, in cores; None where it has no limit of its own."""
    told = _text(cgroup / "cpu.max").split()  # "150000 100000", or "max 100000"
    if len(told) == 2 and told[0] != "max":  # noqa: PLR2004  quota and period
        return int(told[0]) / int(told[1])
    quota, period = _number(cgroup / "cpu/cpu.cfs_quota_us"), _number(cgroup / "cpu/cpu.cfs_period_us")
    return quota / period if quota and period and quota > 0 else None


def own_cpu_seconds(cgroup: Path) -> float | None:
    """CPU time that the control group has used."""
    if (microseconds := _entry(cgroup / "cpu.stat", "usage_usec")) is not None:
        return microseconds / 1e6
    nanoseconds = _number(cgroup / "cpuacct/cpuacct.usage")
    return None if nanoseconds is None else nanoseconds / 1e9


def checks(
    machine: Machine, *, max_cpu_share: float, max_memory_share: float, max_disk_share: float
) -> list[Check]:
    """The machine held to its limits."""
    memory = machine.memory
    cpu = f"{machine.cpu_share:.0%} of {machine.cores:g} cores in use"
    told = f"{memory.used / GB:.1f} of {memory.limit / GB:.1f} GB in use"
    return [
        CPU.above(100 * machine.cpu_share, 100 * max_cpu_share, cpu),
        MEMORY.above(100 * memory.used / memory.limit, 100 * max_memory_share, told),
        *(
            DISK.above(
                100 * disk.used_share, 100 * max_disk_share, f"{disk.free / GB:.1f} GB are free", disk.path
            )
            for disk in machine.disks
        ),
    ]


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text.lstrip("-").isdecimal() else None


def _entry(file: Path, name: str) -> int | None:
    """The number behind a name in a file of such lines."""
    for line in _text(file).splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None
