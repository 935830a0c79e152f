"""Every command in another terminal finds the system by its launcher's record."""

import errno
import json
import os
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from embedded import __main__ as launching
from embedded import commands, private
from embedded.airflow_api import AirflowRefused, Run
from embedded.components import Keys, Ports, System
from embedded.launcher import Launcher, say
from embedded.processes import is_process, process_created
from embedded.running import Running, file_of, forget
from embedded.secret_files import write_secret_files
from embedded.services import ServiceError, Supervisor

PORTS = Ports(ui=18080, s3=19000, kma=19100)
KEY = "a-key-of-the-kma"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "FOLDER", tmp_path)
    monkeypatch.setattr(launching.signal, "signal", lambda *_: None)  # keep pytest's own handlers
    return tmp_path


@pytest.fixture
def running(folder):
    record = Running.here(System(folder, PORTS, kma_url="http://kma.test/url", kma_key=KEY), "run")
    record.write(folder)
    return record


def test_commands_take_ports_addresses_and_login_of_the_system(folder, running, monkeypatch):
    monkeypatch.setenv("WEATHER_UI_PORT", "8081")
    seen = []
    monkeypatch.setitem(launching.COMMANDS, "history", lambda launcher: seen.append(launcher.system) or 0)

    assert launching.main("history") == 0
    assert seen[0].ports == PORTS
    assert seen[0].storage_url == "http://127.0.0.1:19000"
    assert seen[0].ui_url == "http://localhost:18080"
    assert (seen[0].kma_url, seen[0].kma_key) == ("http://kma.test/url", KEY)


def test_where_nothing_runs_the_environment_names_the_ports(folder, monkeypatch):
    monkeypatch.setenv("WEATHER_UI_PORT", "8081")
    seen = []
    monkeypatch.setitem(launching.COMMANDS, "history", lambda launcher: seen.append(launcher.system) or 0)

    assert launching.main("history") == 0
    assert seen[0].ports == Ports(ui=8081)


def test_tables_are_not_registered_under_a_running_system(folder, running, capsys):
    running.now_ready().write(folder)

    assert launching.main("tables") == 1
    assert "stop it first by `make stop`, then `make tables`" in capsys.readouterr().err


def test_the_record_is_for_its_owner_only_and_shows_no_key(folder, running):
    assert stat.S_IMODE(file_of(folder).stat().st_mode) == 0o600
    assert KEY not in repr(running)
    assert Running.of(folder) == running
    assert [path.name for path in folder.iterdir()] == ["running.json"]


def test_a_start_closes_an_earlier_version_s_folder_to_others(folder):
    folder.chmod(0o755)
    (folder / "airflow").mkdir()
    passwords = folder / "airflow" / "passwords.json"
    passwords.write_text("{}")
    passwords.chmod(0o644)
    system = System(folder, PORTS)

    Running.here(system, "run").write(folder)
    write_secret_files(system)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    secret_files = {"keys.json", "running.json", "airflow.cfg", "connections.json", "passwords.json"}
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.rglob("*") if file.is_file()}
    assert modes == dict.fromkeys(secret_files, 0o600)


def test_a_record_of_an_earlier_version_with_more_ports_is_read(folder, running):
    record = json.loads((folder / "running.json").read_text())
    record["ports"] |= {"worker_logs": 8793, "triggerer_logs": 8794}
    (folder / "running.json").write_text(json.dumps(record))

    assert Running.of(folder) == running


def test_a_record_that_a_killed_launcher_left_is_ignored(folder, running):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    created = process_created(ended.pid)
    ended.wait()
    replace(running, pid=ended.pid, created=created).write(folder)

    assert Running.of(folder) is None
    forget(folder)
    assert not file_of(folder).exists()


def test_a_process_that_reuses_the_pid_is_not_the_launcher(folder, running):
    replace(running, created=running.created - 60).write(folder)

    assert Running.of(folder) is None
    assert is_process(os.getpid(), running.created + 1)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 2}', '{"format": 1, "pid": 1}'])
def test_a_damaged_record_is_one_line_with_the_fix(folder, capsys, text):
    file_of(folder).write_text(text)

    assert launching.main("status") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "`make stop`" in line
    assert launching.main("stop") == 0
    assert not file_of(folder).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"s3_user": "weather"}'])
def test_damaged_keys_are_one_line_with_the_fix_and_stop_works(folder, running, capsys, text):
    (folder / "keys.json").write_text(text)

    assert launching.main("status") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{folder / 'keys.json'} is damaged" in line
    assert "`make stop`, remove it and `make run`" in line
    assert (folder / "keys.json").read_text() == text
    file_of(folder).unlink()
    assert launching.main("stop") == 0


def test_two_first_commands_at_once_use_the_same_keys(folder, monkeypatch):
    first = Keys.of(folder)
    monkeypatch.setattr(Path, "exists", lambda _: False)  # as both saw it

    assert Keys.of(folder) == first
    assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["keys.json"]


def test_a_state_file_that_can_not_be_written_stays_as_it_was(folder, running, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    before = file_of(folder).read_text()
    monkeypatch.setattr(private.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        running.now_ready().write(folder)

    assert file_of(folder).read_text() == before
    assert [path.name for path in folder.iterdir()] == ["running.json"]


def test_a_closed_terminal_stops_the_system_in_order(folder, monkeypatch):
    handlers = {}
    # Under nohup, as tests may run, it is ignored.
    monkeypatch.setattr(launching.signal, "getsignal", lambda _: signal.SIG_DFL)
    monkeypatch.setattr(launching.signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(Launcher, "stop", lambda _: seen.append(dict(handlers)))
    seen = []

    def at_work(_launcher):
        assert handlers[signal.SIGHUP] == handlers[signal.SIGTERM] == launching.interrupt
        raise KeyboardInterrupt

    monkeypatch.setitem(launching.COMMANDS, "run", at_work)
    assert launching.main("run") == 0
    assert seen == [dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), signal.SIG_IGN)]


def test_a_system_under_nohup_outlives_its_terminal(monkeypatch):
    handlers = {}
    monkeypatch.setattr(launching.signal, "getsignal", {signal.SIGHUP: signal.SIG_IGN}.get)
    monkeypatch.setattr(launching.signal, "signal", handlers.__setitem__)

    launching.end_by_signals()

    assert handlers == dict.fromkeys((signal.SIGINT, signal.SIGTERM), launching.interrupt)


def test_services_are_stopped_even_if_the_terminal_is_gone(monkeypatch):
    def gone(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("builtins.print", gone)
    say("Stopping ...")
    launching.print_error("a port is taken")


def test_a_run_that_somebody_deleted_does_not_end_the_system(capsys):
    class Forgetful:
        def print_result(self, _api, run):
            raise AirflowRefused(f"Airflow: GET dags/{run.dag_id}/dagRuns/{run.run_id}: 404")

    launching.print_ended(Forgetful(), None, Run("model_training", "1", "success", 1.0))
    assert (
        "model_training success, 1: Airflow: GET dags/model_training/dagRuns/1: 404"
        in capsys.readouterr().out
    )


def test_services_without_a_launcher_are_named_with_the_fix(folder, monkeypatch, capsys):
    monkeypatch.setattr(Supervisor, "leftovers", lambda _: ["s3", "scheduler"])

    assert launching.main("status") == 1
    out = capsys.readouterr().out
    assert out.startswith("Left by a launcher that was killed: s3, scheduler.")
    assert "`make stop` stops them" in out


def test_what_runs_is_not_forgotten_by_another_process(folder, running):
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    replace(running, pid=other.pid, created=process_created(other.pid)).write(folder)
    forget(folder)

    assert Running.of(folder).pid == other.pid
    other.communicate(b"\n")


def test_an_invalid_port_is_one_line_with_its_variable(folder, monkeypatch, capsys):
    for wrong in ("abc", "0", "70000", "-1", "80 80", "8080.0", "²", "9" * 5000):
        monkeypatch.setenv("WEATHER_S3_PORT", wrong)
        assert launching.main("status") == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line == f"error: WEATHER_S3_PORT is {wrong!r}: give a number, 1 to 65535"


@pytest.mark.parametrize(
    ("command", "variable"),
    [("query", "SQL"), ("import", "FILES"), ("rollback", "TARGET"), ("airflow", "ARGS"),
     ("backtest", "OBSERVATIONS")],
)  # fmt: skip
@pytest.mark.parametrize("given", [None, "", "  "])
@pytest.mark.usefixtures("folder")
def test_a_command_without_what_it_needs_says_how_it_is_used(capsys, monkeypatch, command, variable, given):
    if given is None:
        monkeypatch.delenv(variable, raising=False)
    else:
        monkeypatch.setenv(variable, given)

    assert launching.main(command) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"give {variable}" in line
    assert f"make {command} {variable}=" in line


def test_airflow_commands_run_in_the_system_s_environment(folder, running, monkeypatch):
    (folder / "airflow").mkdir()
    (folder / "airflow" / "airflow.db").touch()
    monkeypatch.setenv("ARGS", "dags list --output 'a b'")
    monkeypatch.setenv("CODE_REVISION", "abc")
    ran = []

    def run(command, *, env, check):
        ran.append((command, env))
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(commands.subprocess, "run", run)

    assert launching.main("airflow") == 3
    ((command, env),) = ran
    assert command[1:] == ["dags", "list", "--output", "a b"]
    assert env["AIRFLOW_HOME"] == str(folder / "airflow")
    assert env["AIRFLOW__API__PORT"] == "18080"
    assert json.loads((folder / "airflow" / "connections.json").read_text())["kma_default"]["password"] == KEY


def test_before_the_first_start_airflow_commands_say_what_to_do(folder, monkeypatch, capsys):
    monkeypatch.setenv("ARGS", "dags list")

    assert launching.main("airflow") == 1
    assert "`make run` does it" in capsys.readouterr().err


def test_a_start_during_a_command_on_the_data_names_that_command(folder, running):
    replace(running, command="import").write(folder)

    with pytest.raises(ServiceError, match=r"`make import` \(process \d+\) is at work on these data"):
        Launcher(System(folder, PORTS)).start()


@pytest.mark.parametrize(("code", "updated"), [(0, ["weather_champion"]), (1, [])])
def test_a_rollback_in_a_running_system_forecasts_at_once(folder, running, monkeypatch, code, updated):
    class Airflow:
        def __init__(self, url, *_):
            assert url == "http://localhost:18080"

        def update_asset(self, name):
            updates.append(name)

    updates = []
    monkeypatch.delenv("WEATHER_BUCKET", raising=False)
    monkeypatch.setenv("TARGET", "air_temperature")
    monkeypatch.setattr(commands, "by_hand", lambda *_: code)
    monkeypatch.setattr(commands, "AirflowApi", Airflow)
    running.now_ready().write(folder)

    assert launching.main("rollback") == code
    assert updates == updated
