"""Start programs, see that they become ready, and stop them and nothing else.

Every program runs in a process group of its own and is written down in ``.run/processes.json`` with its
start time, so that `make stop` and a later start find what is left, and never touch a stranger's process.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

STOP_SECONDS: Final = 20  # what Airflow's scheduler takes to end its workers, doubled
LAST_LINES: Final = 15


class ServiceError(RuntimeError):
    """A program could not be started, or ended by itself."""


@dataclass(frozen=True)
class Service:
    """A program to run.

    Attributes:
        name: for people and for the log file's name.
        command: program and arguments.
        environment: all of its environment.
        ready: whether it does its work.
        ports: TCP ports that it listens to on 127.0.0.1.
        patience: seconds to become ready.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    ports: Sequence[int] = ()
    patience: float = 120


@dataclass
class Supervisor:
    """Runs services and knows what it started.

    Attributes:
        folder: where logs and the list of processes are kept.
        directory: the working directory of the programs.
    """

    folder: Path
    directory: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def register(self) -> Path:
        """The list of processes."""
        return self.folder / "processes.json"

    def log_of(self, name: str) -> Path:
        """Where a service's output goes."""
        return self.folder / "logs" / f"{name}.log"

    def start(self, service: Service) -> None:
        """Start a program; ``wait`` sees it become ready.

        Raises:
            ServiceError: one of its ports is taken, naming port and service.
        """
        for port in service.ports:
            if not port_is_free(port):
                raise ServiceError(
                    f"port {port}, wanted by {service.name}, is in use: stop the program that holds it, "
                    f"or choose another one (make help)"
                )
        log = self.log_of(service.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                service.command,
                cwd=self.directory,
                env=dict(service.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running[service.name] = process
        self._write_down()

    def wait(self, service: Service) -> None:
        """Return when a started program is ready.

        Raises:
            ServiceError: it ended, or was not ready in time; with the end of its log.
        """
        deadline = time.monotonic() + service.patience
        while not service.ready():
            self.check(service.name)
            if time.monotonic() > deadline:
                raise ServiceError(self._with_log(service.name, f"not ready after {service.patience:.0f} s"))
            time.sleep(0.25)

    def check(self, name: str) -> None:
        """See that a service still runs.

        Raises:
            ServiceError: it ended; with the end of its log.
        """
        status = self.running[name].poll()
        if status is not None:
            raise ServiceError(self._with_log(name, f"ended with status {status}"))

    def stop(self, *names: str) -> None:
        """Stop services, together; all of them when none is named."""
        chosen = [self.running.pop(name) for name in names or tuple(self.running)]
        stop_groups([process.pid for process in chosen], STOP_SECONDS)
        for process in chosen:
            process.wait()
        self._write_down()

    def launcher(self) -> int | None:
        """Process id of a launcher that runs now on this folder, if any."""
        entry = self._written_down().get("launcher")
        return entry["pid"] if entry and entry["created"] == _created(entry["pid"]) else None

    def stop_leftovers(self) -> list[str]:
        """Stop what an earlier start left running, its launcher first; names of it."""
        alive = {
            name: entry["pid"]
            for name, entry in self._written_down().items()
            if entry["created"] == _created(entry["pid"])
        }
        if "launcher" in alive:
            stop_groups([alive["launcher"]], 2 * STOP_SECONDS)
        stop_groups(list(alive.values()), STOP_SECONDS)
        self.register.unlink(missing_ok=True)
        return list(alive)

    def _written_down(self) -> dict[str, Any]:
        entries: dict[str, Any] = json.loads(self.register.read_text()) if self.register.exists() else {}
        return entries

    def _write_down(self) -> None:
        entries = {
            name: {"pid": process.pid, "created": _created(process.pid)}
            for name, process in self.running.items()
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        self.register.write_text(json.dumps({"launcher": _self(), **entries}))

    def _with_log(self, name: str, what: str) -> str:
        log = self.log_of(name)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])
        return f"{name} {what}; the end of {log}:\n{tail}"


def _created(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _self() -> dict[str, float | int | None]:
    return {"pid": os.getpid(), "created": _created(os.getpid())}


def stop_groups(pids: Sequence[int], seconds: float) -> None:
    """End programs and all that they started: asked first, killed when that doesn't help.

    Airflow's workers make process groups of their own, so the tree is looked up before anything is stopped.
    """
    leaders, family = [], []
    for pid in pids:
        try:
            leader = psutil.Process(pid)
            family += [leader, *leader.children(recursive=True)]
            leaders.append(leader)
        except psutil.NoSuchProcess:
            continue
    for ask in (psutil.Process.terminate, psutil.Process.kill):
        for process in leaders if ask is psutil.Process.terminate else family:
            try:
                ask(process)
            except psutil.NoSuchProcess:
                continue
        _, family = psutil.wait_procs(family, timeout=seconds)


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
