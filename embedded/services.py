"""Start programs, wait until they are ready, restart those that end by themselves, and stop them.

Every program runs in its own session and is recorded in ``.run/processes.json`` with its start time, so that
`make stop` and a later start find what was left running, and never touch other processes. The file stays
until all of them have ended.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from embedded.private import make_private_folder, write_private
from embedded.processes import (
    ProcessId,
    end,
    end_one,
    kill,
    launcher_of,
    marked,
    port_is_free,
    processes_of,
    taken_ports,
)

STOP_SECONDS: Final = 20  # twice the time that Airflow's scheduler takes to end its workers
PORT_SECONDS: Final = 5  # until the operating system frees the ports of a program that was killed
LAST_LINES: Final = 15
LAST_BYTES: Final = 20_000  # of a log, read for its last lines
LOG_BYTES: Final = 20_000_000
"""Size at which a log is rotated to ``NAME.log.1``, which replaces an earlier one."""

MAX_RESTARTS: Final = 5
RESTART_WINDOW_SECONDS: Final = 600
"""A program that ends more than ``MAX_RESTARTS`` times within this time isn't restarted."""
FIRST_BACKOFF_SECONDS: Final = 1  # doubled with each restart in the window


class ServiceError(RuntimeError):
    """A program could not be started, or can't be kept running."""


@dataclass(frozen=True)
class Service:
    """A program to run.

    Attributes:
        name: its name, also of its log file.
        command: program and arguments.
        environment: its whole environment.
        ready: returns whether it works. Its argument is the time of the program's start, seconds since 1970,
            to distinguish the program's own answers from those of an earlier one.
        ports: TCP ports that it listens on at 127.0.0.1.
        patience: seconds to become ready. It only matters on a machine that is too busy: a program that ends
            is noticed at once.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[float], bool]
    ports: Sequence[int] = ()
    patience: float = 300


@dataclass
class Started:
    """A program that was started.

    Attributes:
        service: the service.
        process: its process, the leader of a session.
        leader: id of that process, valid also after its end.
        at: when it was started, seconds since 1970.
        ready: whether it has been ready since its start.
        ends: when it ended by itself, within the last ``RESTART_WINDOW_SECONDS``; monotonic seconds.
        restart_at: when to restart it, monotonic seconds; None if it runs.
    """

    service: Service
    process: subprocess.Popen[bytes]
    leader: ProcessId
    at: float
    ready: bool = False
    ends: list[float] = field(default_factory=list)
    restart_at: float | None = None


@dataclass(frozen=True)
class Register:
    """The content of ``processes.json``: what was started on a folder.

    Attributes:
        launcher: the process that started the services and supervises them.
        leaders: first process of each service.
        ports: TCP ports of all services.
    """

    launcher: ProcessId | None = None
    leaders: Mapping[str, ProcessId] = field(default_factory=dict)
    ports: Sequence[int] = ()

    @classmethod
    def read(cls, file: Path) -> "Register":
        """Read the register; a missing one is empty.

        Raises:
            ValueError: it is damaged.
        """
        try:
            content = json.loads(file.read_text())
            if isinstance(content, dict) and "launcher" in content and "leaders" not in content:
                content = _of_earlier_version(content)
            return cls(
                ProcessId(**content["launcher"]),
                {name: ProcessId(**leader) for name, leader in content["leaders"].items()},
                [int(port) for port in content["ports"]],
            )
        except FileNotFoundError:
            return cls()
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    def write(self, file: Path) -> None:
        """Write the register."""
        make_private_folder(file.parent)
        write_private(file, json.dumps(asdict(self), indent=2))


@dataclass
class Supervisor:
    """Runs services, and records what it started.

    Attributes:
        folder: folder of the logs and the register.
        directory: working directory of the programs.
        say: prints a line about a program that is restarted.
        running: programs that run or are to be restarted, by service.
    """

    folder: Path
    directory: Path
    say: Callable[[str], None] = print
    running: dict[str, Started] = field(default_factory=dict)

    @property
    def register(self) -> Path:
        """Path of the register of processes."""
        return self.folder / "processes.json"

    def log_of(self, name: str) -> Path:
        """Return the path of a service's log."""
        return self.folder / "logs" / f"{name}.log"

    def start(self, service: Service) -> None:
        """Start a program; ``wait`` waits until it is ready.

        Raises:
            ServiceError: one of its ports is taken; the message names port and service.
        """
        for port in service.ports:
            if not port_is_free(port):
                raise ServiceError(
                    f"port {port}, needed by {service.name}, is in use: stop the program that holds it, "
                    f"or choose another one (make help)"
                )
        process = self._launch(service)
        self.running[service.name] = Started(service, process, ProcessId.of(process.pid), time.time())
        self._write_down()

    def _launch(self, service: Service) -> subprocess.Popen[bytes]:
        log = self.log_of(service.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        keep_small(log)
        # Appended to, so that the end of the last start stays readable.
        with log.open("ab") as output:
            output.write(
                f"--- {service.name} starts at {datetime.now().astimezone():%Y-%m-%d %H:%M:%S %z}\n".encode()
            )
            output.flush()
            return subprocess.Popen(
                service.command,
                cwd=self.directory,
                env=marked(service.environment, self.folder, service.name),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self, service: Service) -> None:
        """Wait until a started program is ready.

        Raises:
            ServiceError: it ended, or was not ready in time; the message has the end of its log.
        """
        started, deadline = self.running[service.name], time.monotonic() + service.patience
        while not service.ready(started.at):
            if (status := started.process.poll()) is not None:
                raise ServiceError(self._with_log(service.name, how_it_ended(status)))
            if time.monotonic() > deadline:
                raise ServiceError(
                    self._with_log(service.name, f"was not ready after {service.patience:.0f} s")
                )
            time.sleep(0.25)
        started.ready = True

    def supervise(self) -> None:
        """Restart programs that ended by themselves. To be called every few seconds.

        Raises:
            ServiceError: a program ended too often, or another one took its port.
        """
        for name, started in self.running.items():
            keep_small(self.log_of(name))
            if started.restart_at is not None:
                if time.monotonic() >= started.restart_at:
                    self._try_to_restart(started)
            elif (status := started.process.poll()) is not None:
                self.restart_soon(name, how_it_ended(status))
            elif not started.ready:
                self._check_restarted(started)

    def _check_restarted(self, started: Started) -> None:
        name, seconds = started.service.name, time.time() - started.at
        if started.service.ready(started.at):
            started.ready = True
            self.say(f"{name} is back, {seconds:.0f} s after its new start")
        elif seconds > started.service.patience:
            self.restart_soon(name, f"was not ready after {started.service.patience:.0f} s")

    def restart_soon(self, name: str, problem: str) -> None:
        """Let ``supervise`` restart a program, after a delay that doubles each time.

        Args:
            name: name of its service.
            problem: what happened, as in "was killed by SIGKILL".

        Raises:
            ServiceError: it was restarted too often already.
        """
        started, now = self.running[name], time.monotonic()
        started.ends = [end for end in started.ends if now - end < RESTART_WINDOW_SECONDS] + [now]
        limit = f"{MAX_RESTARTS} restarts within {RESTART_WINDOW_SECONDS // 60} min"
        if len(started.ends) > MAX_RESTARTS:
            raise ServiceError(self._with_log(name, f"{problem} after {limit}, and isn't started again"))
        delay = FIRST_BACKOFF_SECONDS * 2 ** (len(started.ends) - 1)
        started.restart_at = now + delay
        self.say(
            f"{name} {problem}: starting it again in {delay} s (restart {len(started.ends)}; the limit is "
            f"{limit}). Its log: {self.log_of(name)}"
        )

    def _try_to_restart(self, started: Started) -> None:
        try:
            self._restart(started)
        except OSError as error:  # no memory for a process, no space for its log
            self.restart_soon(started.service.name, f"can't be started: {error}")

    def _restart(self, started: Started) -> None:
        """Kill what is left of a program, and start it again."""
        service = started.service
        left = processes_of(self.folder, {service.name: started.leader})
        kill(left.get(service.name, []), STOP_SECONDS)
        started.process.wait()
        if taken := taken_ports(service.ports, PORT_SECONDS):
            raise ServiceError(f"{service.name} can't be started again: {still_in_use(taken)}")
        started.process, started.at = self._launch(service), time.time()
        started.leader = ProcessId.of(started.process.pid)
        started.ready, started.restart_at = False, None
        self._write_down()

    def stop(self, *names: str) -> None:
        """Stop services together; all of them if none is named."""
        chosen = {name: self.running.pop(name) for name in names or tuple(self.running)}
        processes = processes_of(self.folder, {name: started.leader for name, started in chosen.items()})
        end([process for name in chosen for process in processes.get(name, [])], STOP_SECONDS)
        for started in chosen.values():
            started.process.wait()
        self._write_down()

    def stop_all(self, last: Sequence[str] = ()) -> None:
        """Stop all services, and check that their ports are free.

        Args:
            last: services that are stopped last, since the others need them.

        Raises:
            ServiceError: a port is still in use.
        """
        ports = [port for started in self.running.values() for port in started.service.ports]
        if first := [name for name in self.running if name not in last]:
            self.stop(*first)
        self.stop()
        if taken := taken_ports(ports, PORT_SECONDS):
            raise ServiceError(f"not all is stopped: {still_in_use(taken)}")
        self.register.unlink(missing_ok=True)

    def launcher(self) -> int | None:
        """Return the process id of a launcher that runs now on this folder, if any."""
        launcher = self._read_register().launcher
        return launcher.pid if launcher and launcher.is_alive else None

    def leftovers(self) -> list[str]:
        """Return the services of this folder that run without a launcher."""
        register = self._read_register()
        if register.launcher and register.launcher.is_alive:
            return []
        return sorted(processes_of(self.folder, register.leaders))

    def stop_leftovers(self) -> list[str]:
        """Stop what an earlier start left running, its launcher first; return the names.

        Raises:
            ServiceError: a port is still in use afterwards; the register stays, for another try.
        """
        register, stopped = self._read_register(), list[str]()
        if register.launcher and register.launcher.is_alive:
            stopped = ["launcher", *register.leaders]
            end_one(register.launcher.pid, 2 * STOP_SECONDS)
        left = processes_of(self.folder, register.leaders)
        end([process for processes in left.values() for process in processes], STOP_SECONDS)
        if left and (taken := taken_ports(register.ports, PORT_SECONDS)):
            raise ServiceError(f"not all is stopped: {still_in_use(taken)}")
        self.register.unlink(missing_ok=True)
        return list(dict.fromkeys([*stopped, *left]))

    def _read_register(self) -> Register:
        """Read the register; a missing one is rebuilt from the processes, a damaged one is put aside."""
        register = Register()
        try:
            register = Register.read(self.register)
        except ValueError as error:
            aside = self.register.replace(self.register.with_suffix(".damaged"))
            self.say(
                f"{self.register} can't be read ({error}): all processes are searched; it is kept as {aside}"
            )
        if register.launcher is None:
            register = Register(launcher_of(processes_of(self.folder, {})))
        return register

    def _write_down(self) -> None:
        started = self.running.values()
        Register(
            ProcessId.of(os.getpid()),
            {each.service.name: each.leader for each in started},
            [port for each in started for port in each.service.ports],
        ).write(self.register)

    def _with_log(self, name: str, problem: str) -> str:
        log = self.log_of(name)
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - LAST_BYTES))
            lines = file.read().decode(errors="replace").splitlines()
        return f"{name} {problem}; the end of {log}:\n" + "\n".join(lines[-LAST_LINES:])


def _of_earlier_version(content: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a register of the earlier format, which had its services next to the launcher, and no ports.

    The processes of that version don't name their service in the environment: only the register leads to
    them. A process that ended before it was recorded has no start time.
    """
    leaders = {
        name: leader
        for name, leader in content.items()
        if name != "launcher" and leader["created"] is not None
    }
    return {"launcher": content["launcher"], "leaders": leaders, "ports": []}


def how_it_ended(status: int) -> str:
    """Describe the exit status of a process."""
    if status >= 0:
        return f"ended with status {status}"
    return f"was killed by signal {-status} ({signal.strsignal(-status)})"


def still_in_use(ports: Sequence[int]) -> str:
    """What to do about ports that another program holds."""
    named = " and ".join(map(str, ports))
    return (
        f"port {named} is still in use, by a program that `make run` didn't start: "
        f"`lsof -i :{ports[0]}` names it; end it and try again"
    )


def keep_small(log: Path) -> None:
    """Rotate a log that has grown over ``LOG_BYTES`` to ``NAME.log.1``."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        with suppress(OSError):  # on a full disk, the space matters more than the old lines
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)  # its writers append, and so continue at its new end
