"""Starting and stopping programs: what was started, and nothing else."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from embedded.services import Service, ServiceError, Supervisor, port_is_free
from tests.s3_proxy import free_port

SERVER = (
    "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), None).serve_forever()"
)
STUBBORN_FAMILY = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print(child.pid, flush=True)
time.sleep(600)
"""


def server(port: int, **more) -> Service:
    return Service(
        "server",
        [sys.executable, "-c", SERVER, str(port)],
        dict(os.environ),
        lambda: not port_is_free(port),
        (port,),
        **more,
    )


@pytest.fixture
def supervisor(tmp_path):
    running = Supervisor(tmp_path, tmp_path)
    yield running
    running.stop()


def test_a_service_runs_until_it_is_stopped(supervisor):
    port = free_port()

    supervisor.start(server(port))
    supervisor.wait(server(port))
    assert not port_is_free(port)

    supervisor.stop("server")
    assert port_is_free(port)


def test_a_busy_port_is_named_in_one_line(supervisor):
    port = free_port()
    supervisor.start(server(port))
    supervisor.wait(server(port))

    with pytest.raises(ServiceError) as error:
        Supervisor(supervisor.folder / "other", supervisor.directory).start(server(port))

    assert str(port) in str(error.value)
    assert "server" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_program_that_ends_is_told_with_the_end_of_its_log(supervisor):
    service = Service(
        "short", [sys.executable, "-c", "raise SystemExit('no luck')"], dict(os.environ), lambda: False
    )
    supervisor.start(service)

    with pytest.raises(ServiceError, match="no luck"):
        supervisor.wait(service)


def test_a_stubborn_program_and_its_children_are_ended(supervisor, monkeypatch):
    monkeypatch.setattr("embedded.services.STOP_SECONDS", 1)
    supervisor.start(
        Service("stubborn", [sys.executable, "-c", STUBBORN_FAMILY], dict(os.environ), lambda: True)
    )
    log = supervisor.log_of("stubborn")
    while not log.read_text().endswith("\n"):
        time.sleep(0.05)
    child = int(log.read_text())
    leader = supervisor.running["stubborn"].pid

    supervisor.stop("stubborn")

    assert not psutil.pid_exists(leader)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_what_a_killed_launcher_left_is_stopped_by_the_next_one(supervisor):
    port = free_port()
    supervisor.start(server(port))
    supervisor.wait(server(port))

    assert "server" in Supervisor(supervisor.folder, supervisor.directory)._written_down()
    register = supervisor.register.read_text().replace(str(os.getpid()), "999999")
    supervisor.register.write_text(register)
    stopped = Supervisor(supervisor.folder, supervisor.directory).stop_leftovers()

    assert stopped == ["server"]
    assert port_is_free(port)


def test_a_process_that_got_an_old_number_is_left_alone(supervisor):
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    supervisor.register.write_text(f'{{"s3": {{"pid": {stranger.pid}, "created": 1.0}}}}')

    assert supervisor.stop_leftovers() == []
    assert stranger.poll() is None
    stranger.send_signal(signal.SIGKILL)
    stranger.wait()
