"""Start programs, see that they become ready, start again what ends by itself, stop them and nothing else.

Every program runs in a session of its own and is written down in ``.run/processes.json`` with its start time,
so that `make stop` and a later start find what is left, and never touch a stranger's process. The file stays
until all of that has ended.
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

STOP_SECONDS: Final = 20  # what Airflow's scheduler takes to end its workers, doubled
PORT_SECONDS: Final = 5  # until the system takes back the ports of a program that was killed
LAST_LINES: Final = 15
LAST_BYTES: Final = 20_000  # of a log, read for its last lines
LOG_BYTES: Final = 20_000_000
"""Size at which a log begins again; what it held until then is kept in one file, ``NAME.log.1``."""

MAX_RESTARTS: Final = 5
RESTART_WINDOW_SECONDS: Final = 600
"""A program that ends more than ``MAX_RESTARTS`` times within this time isn't started again."""
FIRST_BACKOFF_SECONDS: Final = 1  # doubled with each restart that is in the window


class ServiceError(RuntimeError):
    """A program could not be started, or can't be kept running."""


@dataclass(frozen=True)
class Service:
    """A program to run.

    Attributes:
        name: for people and for the log file's name.
        command: program and arguments.
        environment: all of its environment.
        ready: whether it does its work; given the time of its start, seconds since 1970, so that it can tell
            the program's own answers from those that an earlier one left.
        ports: TCP ports that it listens to on 127.0.0.1.
        patience: seconds to become ready. One that ends meanwhile is noticed at once: this is for a machine
            that is too busy.
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
        service: what it is.
        process: its process, the leader of a session.
        leader: the same, also when it has ended.
        at: when it was started, seconds since 1970.
        ready: whether it was seen to do its work.
        ends: when it ended by itself, within the last ``RESTART_WINDOW_SECONDS``; monotonic seconds.
        restart_at: when it is to start again, monotonic seconds; None where it isn't.
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
    """What was started on a folder, as ``processes.json`` says.

    Attributes:
        launcher: the process that started it and watches over it.
        leaders: what each service was started as.
        ports: TCP ports of all services.
    """

    launcher: ProcessId | None = None
    leaders: Mapping[str, ProcessId] = field(default_factory=dict)
    ports: Sequence[int] = ()

    @classmethod
    def read(cls, file: Path) -> "Register":
        """Read it; one that is missing is empty.

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
        """Write it."""
        make_private_folder(file.parent)
        write_private(file, json.dumps(asdict(self), indent=2))


@dataclass
class Supervisor:
    """Runs services and knows what it started.

    Attributes:
        folder: where logs and the list of processes are kept.
        directory: the working directory of the programs.
        say: prints a line about a program that is started again.
    """

    folder: Path
    directory: Path
    say: Callable[[str], None] = print
    running: dict[str, Started] = field(default_factory=dict)

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
        process = self._launch(service)
        self.running[service.name] = Started(service, process, ProcessId.of(process.pid), time.time())
        self._write_down()

    def _launch(self, service: Service) -> subprocess.Popen[bytes]:
        log = self.log_of(service.name)
        log.parent.mkdir(parents=True, exist_ok=True)
        keep_small(log)
        # Appended to: how the last start ended stays readable.
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
        """Return when a started program is ready.

        Raises:
            ServiceError: it ended, or was not ready in time; with the end of its log.
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
        """Start again what ended by itself. To be called every few seconds.

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
                self._look_whether_it_is_back(started)

    def _look_whether_it_is_back(self, started: Started) -> None:
        name, seconds = started.service.name, time.time() - started.at
        if started.service.ready(started.at):
            started.ready = True
            self.say(f"{name} is back, {seconds:.0f} s after its new start")
        elif seconds > started.service.patience:
            self.restart_soon(name, f"was not ready after {started.service.patience:.0f} s")

    def restart_soon(self, name: str, problem: str) -> None:
        """Have a program started again by ``supervise``, after a wait that grows with each time.

        Args:
            name: of its service.
            problem: what it did, as in "was killed by SIGKILL".

        Raises:
            ServiceError: it was started again too often already.
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
        """End what is left of a program, and start it."""
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
        """Stop services, together; all of them when none is named."""
        chosen = {name: self.running.pop(name) for name in names or tuple(self.running)}
        found = processes_of(self.folder, {name: started.leader for name, started in chosen.items()})
        end([process for name in chosen for process in found.get(name, [])], STOP_SECONDS)
        for started in chosen.values():
            started.process.wait()
        self._write_down()

    def stop_all(self, last: Sequence[str] = ()) -> None:
        """Stop all services, and see that their ports are free.

        Args:
            last: services that the others need until they have stopped.

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
        """Process id of a launcher that runs now on this folder, if any."""
        launcher = self._read_register().launcher
        return launcher.pid if launcher and launcher.is_alive else None

    def leftovers(self) -> list[str]:
        """Services of this folder that run without a launcher."""
        register = self._read_register()
        if register.launcher and register.launcher.is_alive:
            return []
        return sorted(processes_of(self.folder, register.leaders))

    def stop_leftovers(self) -> list[str]:
        """Stop what an earlier start left running, its launcher first; names of it.

        Raises:
            ServiceError: a port is still in use afterwards; the register is kept, for another try.
        """
        register, stopped = self._read_register(), list[str]()
        if register.launcher and register.launcher.is_alive:
            stopped = ["launcher", *register.leaders]
            end_one(register.launcher.pid, 2 * STOP_SECONDS)
        found = processes_of(self.folder, register.leaders)
        end([process for processes in found.values() for process in processes], STOP_SECONDS)
        if found and (taken := taken_ports(register.ports, PORT_SECONDS)):
            raise ServiceError(f"not all is stopped: {still_in_use(taken)}")
        self.register.unlink(missing_ok=True)
        return list(dict.fromkeys([*stopped, *found]))

    def _read_register(self) -> Register:
        """The register; of a missing one what the processes themselves tell. A damaged one is put aside."""
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
    """A register that names its services next to the launcher, in the form of today; it tells no ports.

    Their processes don't name their service in the environment: only the register leads to them. One that
    ended before it was written down has no start time.
    """
    leaders = {
        name: leader
        for name, leader in content.items()
        if name != "launcher" and leader["created"] is not None
    }
    return {"launcher": content["launcher"], "leaders": leaders, "ports": []}


def how_it_ended(status: int) -> str:
    """The exit status of a process, in words."""
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
    """Begin a log again that has grown over ``LOG_BYTES``; its content is kept as ``NAME.log.1``."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        with suppress(OSError):  # on a full disk, the space matters more than the old lines
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.truncate(log, 0)  # its writers append to it, and go on at its new end
