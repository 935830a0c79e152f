"""Starting, supervising and stopping programs, and no other processes."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from embedded import services
from embedded.processes import ProcessId, kill, port_is_free
from embedded.services import Service, ServiceError, Supervisor
from tests.s3_proxy import free_port

SERVER = (
    "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"
)
# A program with a child that holds its port, and a grandchild in a session of its own, as a task's shell.
FAMILY = """
import signal, subprocess, sys, time
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
sleep = "import time; time.sleep(600)"
serve = "import http.server; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"
shell = f"subprocess.Popen([sys.executable, '-c', {sleep!r}], start_new_session=True)"
child = subprocess.Popen([sys.executable, "-c", f"import subprocess, sys; {shell}; {serve}", sys.argv[1]])
time.sleep(600)
"""


def server(port: int, **more) -> Service:
    return Service(
        "server",
        [sys.executable, "-c", SERVER, str(port)],
        dict(os.environ),
        lambda _: not port_is_free(port),
        (port,),
        **more,
    )


def family(port: int, *arguments: str) -> Service:
    command = [sys.executable, "-c", FAMILY, str(port), *arguments]
    return replace(server(port), name="family", command=command)


def short(text: str = "raise SystemExit('no luck')") -> Service:
    return Service("short", [sys.executable, "-c", text], dict(os.environ), lambda _: True)


@pytest.fixture
def printed():
    return []


@pytest.fixture
def supervisor(tmp_path, printed):
    running = Supervisor(tmp_path, tmp_path, printed.append)
    yield running
    running.stop()


@pytest.fixture
def started(supervisor):
    """A family of three processes: its service, and the processes."""
    service = family(free_port())
    supervisor.start(service)
    supervisor.wait(service)
    return service, members(supervisor)


def members(supervisor, name: str = "family") -> list[psutil.Process]:
    """A program that runs, and all that it started."""
    leader = psutil.Process(supervisor.running[name].process.pid)
    until(lambda: len(leader.children(recursive=True)) == 2)
    return [leader, *leader.children(recursive=True)]


def until(holds, patience: float = 20) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def supervise_until(supervisor, holds) -> None:
    def look() -> bool:
        supervisor.supervise()
        return holds()

    until(look)


def another(supervisor) -> Supervisor:
    """A supervisor of another command, after the launcher was killed."""
    if supervisor.register.exists():
        register = json.loads(supervisor.register.read_text())
        dead = register | {"launcher": {"pid": os.getpid(), "created": 1.0}}
        supervisor.register.write_text(json.dumps(dead))
    return Supervisor(supervisor.folder, supervisor.directory, supervisor.say)


def test_a_service_runs_until_it_is_stopped(supervisor):
    port = free_port()

    supervisor.start(server(port))
    supervisor.wait(server(port))
    assert not port_is_free(port)

    supervisor.stop_all()
    assert port_is_free(port)
    assert not supervisor.register.exists()


def test_a_busy_port_is_named_in_one_line(supervisor):
    port = free_port()
    supervisor.start(server(port))
    supervisor.wait(server(port))

    with pytest.raises(ServiceError) as error:
        Supervisor(supervisor.folder / "other", supervisor.directory).start(server(port))

    assert str(port) in str(error.value)
    assert "server" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_program_that_does_not_start_is_reported_with_its_log(supervisor):
    service = replace(short(), ready=lambda _: False)
    supervisor.start(service)

    with pytest.raises(ServiceError, match=r"(?s)short ended with status 1; the end of .*no luck"):
        supervisor.wait(service)


def test_a_stubborn_program_and_its_children_are_ended(supervisor, monkeypatch):
    monkeypatch.setattr(services, "STOP_SECONDS", 1)
    service = family(free_port(), "stubborn")
    supervisor.start(service)
    every = members(supervisor)

    supervisor.stop("family")

    assert all(map(is_gone, every))


def test_a_killed_program_restarts_after_its_children_end(supervisor, started, printed):
    service, before = started
    before[0].kill()
    supervise_until(supervisor, lambda: supervisor.running["family"].leader.pid != before[0].pid)
    supervise_until(supervisor, lambda: supervisor.running["family"].ready)

    assert all(map(is_gone, before))
    assert not port_is_free(*service.ports)
    log = supervisor.log_of("family")
    assert printed[0] == (
        "family was killed by signal 9 (Killed): starting it again in 1 s "
        f"(restart 1; the limit is 5 restarts within 10 min). Its log: {log}"
    )
    assert printed[1].startswith("family is back, ")
    assert len(printed) == 2


def test_a_program_that_is_not_ready_in_time_is_restarted(supervisor, printed):
    service = replace(short("import time; time.sleep(600)"), ready=lambda _: False, patience=0)
    supervisor.start(service)
    first = supervisor.running["short"].leader
    supervise_until(supervisor, lambda: supervisor.running["short"].leader != first)

    assert "was not ready after 0 s: starting it again" in printed[0]
    assert not first.is_alive


def test_a_program_that_keeps_ending_ends_the_system(supervisor, printed, monkeypatch):
    monkeypatch.setattr(services, "FIRST_BACKOFF_SECONDS", 0)
    supervisor.start(short())

    with pytest.raises(ServiceError) as error:
        supervise_until(supervisor, lambda: False)

    assert "short ended with status 1 after 5 restarts within 10 min, and isn't started again" in str(
        error.value
    )
    assert str(supervisor.log_of("short")) in str(error.value)
    assert "no luck" in str(error.value)
    assert sum("starting it again" in line for line in printed) == 5


def test_waits_before_restarts_grow_and_old_ends_are_forgotten(supervisor, printed, monkeypatch):
    supervisor.start(short())
    for _ in range(3):
        supervisor.restart_soon("short", "ended")
    monkeypatch.setattr(services, "RESTART_WINDOW_SECONDS", 0)
    supervisor.restart_soon("short", "ended")

    assert [line.partition(" again in ")[2][:3] for line in printed] == ["1 s", "2 s", "4 s", "1 s"]


def test_a_restart_that_fails_is_tried_again(supervisor, printed):
    service = replace(short(), ready=lambda _: False)
    supervisor.start(service)
    supervisor.running["short"].service = replace(service, command=["/no/such/program"])
    supervise_until(supervisor, lambda: len(printed) == 2)

    assert "short can't be started: [Errno 2] No such file" in printed[1]


def test_the_log_of_a_crash_is_still_there_after_the_next_start(supervisor):
    for word in ("first", "second"):
        service = replace(short(f"print('the {word} crash')"), ready=lambda _: False)
        supervisor.start(service)
        with pytest.raises(ServiceError):
            supervisor.wait(service)
    lines = supervisor.log_of("short").read_text().splitlines()

    assert [line for line in lines if not line.startswith("--- short starts at 20")] == [
        "the first crash", "the second crash",
    ]  # fmt: skip
    assert len(lines) == 4


def test_a_log_stays_small_while_its_program_writes(supervisor, monkeypatch):
    monkeypatch.setattr(services, "LOG_BYTES", 1000)
    writing = "import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.001)"
    supervisor.start(short(writing))
    log = supervisor.log_of("short")
    older = log.with_name("short.log.1")
    supervise_until(supervisor, older.exists)
    size = log.stat().st_size

    until(lambda: log.stat().st_size > size)
    assert b"\0" not in log.read_bytes()
    assert older.read_text().startswith("--- short starts at ")


def test_services_that_a_killed_launcher_left_are_stopped(supervisor, started, printed):
    service, every = started
    every[0].kill()
    supervisor.running["family"].process.wait()
    command = another(supervisor)

    assert command.leftovers() == ["family"]
    assert command.stop_leftovers() == ["family"]
    assert all(map(is_gone, every))
    assert port_is_free(*service.ports)
    assert not supervisor.register.exists()
    assert command.stop_leftovers() == []
    assert printed == []


@pytest.fixture
def unmarked():
    """A family that an earlier version started: nothing in its environment names its service."""
    leader = subprocess.Popen([sys.executable, "-c", FAMILY, str(free_port())], start_new_session=True)
    process = psutil.Process(leader.pid)
    until(lambda: len(process.children(recursive=True)) == 2)
    every = [process, *process.children(recursive=True)]
    yield every
    kill(every, 10)
    leader.wait()


def test_services_of_an_earlier_version_are_stopped(supervisor, unmarked, printed):
    """Its register names the services next to the launcher."""
    leader = unmarked[0]
    register = {
        "launcher": {"pid": os.getpid(), "created": 1.0},
        "api-server": {"pid": leader.pid, "created": leader.create_time()},
        "scheduler": {"pid": 4_000_000, "created": None},
    }
    supervisor.register.write_text(json.dumps(register))

    assert supervisor.leftovers() == ["api-server"]
    assert supervisor.stop_leftovers() == ["api-server"]
    assert all(map(is_gone, unmarked))
    assert printed == []


def test_a_process_whose_whole_family_was_killed_is_still_found(supervisor, started):
    _, (*others, shell) = started
    for process in others:
        process.kill()
    supervisor.running["family"].process.wait()

    assert another(supervisor).stop_leftovers() == ["family"]
    assert is_gone(shell)


@pytest.mark.parametrize(
    "text", ["", '{"launcher": {"pid"', "[]", "{}", '{"launcher": null, "leaders": 1}', None]
)
def test_without_a_valid_register_everything_is_stopped(supervisor, started, printed, text):
    service, every = started
    command = another(supervisor)
    if text is None:
        supervisor.register.unlink()
    else:
        supervisor.register.write_text(text)

    assert command.stop_leftovers() == ["family"]
    assert all(map(is_gone, every))
    assert port_is_free(*service.ports)
    assert not supervisor.register.exists()
    assert len(printed) == (text is not None)
    assert all("processes.json can't be read" in line and "processes.damaged" in line for line in printed)


def test_a_damaged_register_still_leads_to_the_launcher(tmp_path):
    """Else the launcher would restart what is stopped."""
    code = (
        "import sys, time; from pathlib import Path; from embedded.services import Service, Supervisor\n"
        "sleeper = Service('sleeper', ['sleep', '600'], {'PATH': '/usr/bin:/bin'}, lambda _: True)\n"
        f"supervisor = Supervisor(Path({str(tmp_path)!r}), Path({str(tmp_path)!r}))\n"
        "supervisor.start(sleeper)\n"
        "while True: supervisor.supervise(); time.sleep(0.05)"
    )
    launcher = subprocess.Popen([sys.executable, "-c", code, "embedded"], cwd=Path(__file__).parents[2])
    supervisor = Supervisor(tmp_path, tmp_path, lambda _: None)
    until(supervisor.register.exists)
    supervisor.register.write_text("")

    assert supervisor.stop_leftovers() == ["launcher", "sleeper"]
    assert launcher.wait(10) == -signal.SIGTERM
    assert supervisor.leftovers() == []


def test_the_register_stays_while_a_port_is_in_use(supervisor, started, monkeypatch):
    service, _ = started
    monkeypatch.setattr(services, "PORT_SECONDS", 0)
    monkeypatch.setattr(services, "taken_ports", lambda ports, _: list(ports))
    command = another(supervisor)

    with pytest.raises(ServiceError, match=rf"port {service.ports[0]} is still in use"):
        command.stop_leftovers()

    assert supervisor.register.exists()


@pytest.mark.parametrize("created", [1.0, "of another start"])
def test_a_process_that_reuses_a_pid_is_left_alone(supervisor, created):
    """Also where it leads a session."""
    code = "import time; time.sleep(60)"
    stranger = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    now = ProcessId.of(stranger.pid).created
    entry = {"pid": stranger.pid, "created": created if created == 1.0 else now - 60}
    supervisor.register.write_text(json.dumps({"launcher": entry, "leaders": {"s3": entry}, "ports": []}))

    assert supervisor.stop_leftovers() == []
    assert stranger.poll() is None
    stranger.send_signal(signal.SIGKILL)
    stranger.wait()
