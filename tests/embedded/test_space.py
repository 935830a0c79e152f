"""A disk that fills while the system runs: it warns in time, and stops before a write fails."""

from types import SimpleNamespace

import pytest

from embedded import space
from embedded.__main__ import COMMANDS
from embedded.airflow_api import Run
from embedded.components import Ports, System
from embedded.launcher import Launcher
from embedded.services import ServiceError


@pytest.fixture
def disk(monkeypatch):
    """A disk whose free bytes a test sets."""
    disk = SimpleNamespace(free=50_000_000_000)
    monkeypatch.setattr(space.shutil, "disk_usage", lambda _: disk)
    return disk


def test_low_space_is_reported_once_and_so_is_enough_again(disk, tmp_path, capsys):
    launcher = Launcher(System(tmp_path / "run", Ports()))

    printed = []
    for disk.free in (50_000_000_000, 900_000_000, 800_000_000, 1_500_000_000, 1_400_000_000):
        launcher.watch_space()
        printed.append(capsys.readouterr().out)

    assert printed[1].startswith("Low disk space: 900 MB free at ")
    assert "everything stops below 250 MB" in printed[1]
    assert f"{tmp_path}/run/airflow/logs may be deleted" in printed[1]
    assert printed[3].startswith("Enough disk space again: 1.5 GB free")
    assert [printed[n] for n in (0, 2, 4)] == ["", "", ""]


def test_a_full_disk_ends_the_system_with_the_folder_and_the_fix(disk, tmp_path):
    disk.free = 240_000_000

    with pytest.raises(ServiceError, match=rf"full: 240 MB free at {tmp_path}/run\. .*then start again"):
        Launcher(System(tmp_path / "run", Ports())).watch_space()


class Airflow:
    """Airflow with one run that doesn't end, in which nothing happens."""

    def run(self, dag_id, run_id):
        return Run(dag_id, run_id, "running", None, None)

    def runs(self, *_):
        return []

    def dag_ids(self):
        return ["data_collection"]

    def run_now(self, _):
        return "manual__1"


@pytest.mark.parametrize("command", ["run", "once"])
def test_it_is_watched_while_the_system_runs(disk, tmp_path, monkeypatch, command):
    launcher = Launcher(System(tmp_path / "run", Ports()), command)
    monkeypatch.setattr(launcher, "start", Airflow)
    monkeypatch.setenv("WEATHER_FIRST_DAYS", "0")
    disk.free = 240_000_000

    with pytest.raises(ServiceError, match="the disk is full"):
        COMMANDS[command](launcher)


def test_without_space_nothing_starts(disk, tmp_path):
    disk.free = 900_000_000

    with pytest.raises(ServiceError, match=rf"900 MB free at {tmp_path}/run: 1\.0 GB needed"):
        Launcher(System(tmp_path / "run", Ports())).start()

    assert not (tmp_path / "run").exists()
