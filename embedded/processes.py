"""Processes of this machine: which ones belong to a system, how they are ended, and the ports they hold.

Every service of a system is started as the leader of its own session. Its processes stay in that session when
the leader is killed, and no other process gets the leader's pid while one of them lives (setsid(2)).
Processes that start a session themselves, as the shell of a bash task does, are found by their parent or, if
that was killed as well, by the environment that all of them inherit.
"""

import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

MARK: Final = "WEATHER_SERVICE"
"""Environment variable of all processes of a service: the system's folder and the service's name."""

CLOCK_SECONDS: Final = 2
"""Tolerance of start times: they are relative to the boot time, which moves when the clock is set."""

POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process; its start time distinguishes it from later ones with the same pid.

    Attributes:
        pid: its process id.
        created: when it started, seconds since 1970.
    """

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """Identify a process that runs, or that ended and that its parent has not waited for.

        Raises:
            psutil.NoSuchProcess: there is no such process.
        """
        return cls(pid, float(psutil.Process(pid).create_time()))

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return is_process(self.pid, self.created)

    @property
    def owns_session(self) -> bool:
        """Whether a session with this id, if there is one, is the one that this process started."""
        if self.created < psutil.boot_time() - CLOCK_SECONDS:
            return False
        created = process_created(self.pid)
        return created is None or abs(created - self.created) <= CLOCK_SECONDS


def process_created(pid: int) -> float | None:
    """Return when a process started, seconds since 1970; None if there is no such process."""
    try:
        return ProcessId.of(pid).created
    except psutil.NoSuchProcess:
        return None


def is_process(pid: int, created: float) -> bool:
    """Whether a process still runs, and not another one that got its pid."""
    now = process_created(pid)
    return now is not None and abs(now - created) <= CLOCK_SECONDS


def marked(environment: Mapping[str, str], folder: Path, service: str) -> dict[str, str]:
    """Return an environment with a mark by which the processes of a service are found again."""
    # SPT_NOENV: setproctitle, which Airflow uses, would write the title over the environment.
    return {**environment, MARK: str(folder.absolute() / service), "SPT_NOENV": "1"}


def processes_of(folder: Path, leaders: Mapping[str, ProcessId]) -> dict[str, list[psutil.Process]]:
    """Return all living processes of a system, by service.

    Args:
        folder: folder of the system.
        leaders: first process of each service, dead or alive; processes of services that are missing here are
            found by their environment, if that can be read.
    """
    sessions = {leader.pid: name for name, leader in leaders.items() if leader.owns_session}
    processes, parents, services = [], dict[int, int](), dict[int, str]()
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            parents[process.pid] = process.ppid()
            service = sessions.get(os.getsid(process.pid)) or _service_in(process, folder)
        except (psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            continue
        processes.append(process)
        if service:
            services[process.pid] = service
    by_service: dict[str, list[psutil.Process]] = {}
    for process in processes:
        if service := _of_nearest_ancestor(process.pid, services, parents):
            by_service.setdefault(service, []).append(process)
    return by_service


def launcher_of(by_service: Mapping[str, Sequence[psutil.Process]]) -> ProcessId | None:
    """Return the process that started a system, as the parent of its services; None if it is dead.

    Args:
        by_service: all processes of the system, by service.
    """
    for process in (process for processes in by_service.values() for process in processes):
        if (
            session_of(process) == process.pid
            and (parent := process.parent())
            and "embedded" in parent.cmdline()
        ):
            return ProcessId.of(parent.pid)
    return None


def _service_in(process: psutil.Process, folder: Path) -> str | None:
    """Return the service that a process's environment names, if it is one of the folder's."""
    try:
        mark = process.environ().get(MARK, "")
    except (psutil.AccessDenied, OSError):  # another user's, or one that Airflow protects
        return None
    path = Path(mark)
    return path.name if mark and path.parent == folder.absolute() else None


def _of_nearest_ancestor(pid: int, services: Mapping[int, str], parents: Mapping[int, int]) -> str | None:
    """Return the service of a process, or of its nearest ancestor that has one."""
    seen = set[int]()
    while pid not in seen:
        if pid in services:
            return services[pid]
        seen.add(pid)
        pid = parents.get(pid, pid)
    return None


def end(processes: Sequence[psutil.Process], seconds: float) -> None:
    """End processes: terminate the leaders of their sessions, then kill those that remain.

    Args:
        processes: all processes of one or more services.
        seconds: how long the leaders have to end what they started, and themselves.
    """
    leaders = [process for process in processes if session_of(process) == process.pid]
    for leader in leaders:
        _signal(leader, psutil.Process.terminate)
    wait_for_end(leaders, seconds)
    kill(processes, seconds)


def end_one(pid: int, seconds: float) -> None:
    """End one process, but nothing that it started: terminate it, and kill it if it hasn't ended in time."""
    process = psutil.Process(pid)
    _signal(process, psutil.Process.terminate)
    kill(wait_for_end([process], seconds), seconds)


def kill(processes: Sequence[psutil.Process], seconds: float) -> None:
    """Kill processes at once, and wait up to some seconds until they are gone."""
    for process in filter(_is_living, processes):
        _signal(process, psutil.Process.kill)
    wait_for_end(processes, seconds)


def session_of(process: psutil.Process) -> int | None:
    """Return the session id of a process; None if the process is gone."""
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return None


def wait_for_end(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait up to some seconds until processes have ended; return those that still run."""
    deadline, living = time.monotonic() + seconds, [*processes]
    while (living := [process for process in living if _is_living(process)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return living


def _is_living(process: psutil.Process) -> bool:
    """Whether a process runs; a zombie doesn't."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, send: Callable[[psutil.Process], None]) -> None:
    try:
        send(process)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return


def taken_ports(ports: Iterable[int], seconds: float) -> list[int]:
    """Wait up to some seconds until ports of 127.0.0.1 are free; return those that are still in use."""
    deadline, taken = time.monotonic() + seconds, [*ports]
    while (taken := [port for port in taken if not port_is_free(port)]) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return taken


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def port_answers(port: int) -> bool:
    """Whether a server listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
