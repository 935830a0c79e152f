"""What a piece of work takes in a process of its own, as a task of Airflow has it."""

import multiprocessing
import resource
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Cost(Generic[T]):
    """What the work returned and took: elapsed seconds, seconds of CPU, and the peak memory in MB.

    CPU and memory are those of the whole process, its imports included.
    """

    result: T
    seconds: float
    cpu_s: float
    peak_mb: float


def cost_of(work: Callable[..., T], *arguments: object) -> Cost[T]:
    """Do work in a new process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_metered, work, arguments).result()


def _metered(work: Callable[..., T], arguments: tuple[object, ...]) -> Cost[T]:
    begun = time.perf_counter()
    result = work(*arguments)
    seconds = time.perf_counter() - begun
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return Cost(result, seconds, usage.ru_utime + usage.ru_stime, _peak_mb())


def _peak_mb() -> float:
    """Peak memory of this process (Linux); getrusage would count what its parent had before."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
