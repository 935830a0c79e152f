"""What `make status` and a second `make run` print."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from embedded import __main__ as launching
from embedded import status
from embedded.airflow_api import AirflowSilent, Dag, Run, Task
from embedded.components import Ports, System
from embedded.running import Running

NOON = datetime(2026, 11, 30, 3, tzinfo=UTC)
PORTS = Ports(ui=18080)
RAN = ("data_collection", "monitoring")


class Airflow:
    """Airflow's API with what the status reads."""

    def __init__(self, *_, **__):
        pass

    def health(self):
        return {"scheduler": "healthy", "triggerer": "unhealthy"}

    def dags(self):
        return [
            Dag("forecast", paused=False, next_run=None, assets=("weather_observations", "weather_champion")),
            Dag("data_collection", paused=False, next_run=NOON + timedelta(minutes=60), assets=()),
            Dag("history", paused=False, next_run=None, assets=()),
            Dag("monitoring", paused=True, next_run=NOON, assets=()),
        ]

    def runs(self, dag_id, limit):
        assert limit == 1
        return [Run(dag_id, "1", "success", 12.4, NOON)] if dag_id in RAN else []

    def instances(self, run):
        state = "skipped" if run.dag_id == "monitoring" else "success"
        return [Task("a", -1, "", state, 1.0, 1)]

    def import_errors(self):
        return {"pipelines/mine.yml": "pipelines/mine.yml:3: error: no\nsecond line"}


@pytest.fixture
def running(tmp_path, monkeypatch):
    monkeypatch.setattr(launching, "FOLDER", tmp_path)
    monkeypatch.setattr(launching.signal, "signal", lambda *_: None)
    monkeypatch.setattr(status, "AirflowApi", Airflow)
    monkeypatch.setattr(status, "free_bytes", lambda _: 50_000_000_000)
    record = replace(
        Running.here(System(tmp_path, PORTS), "run"), since=NOON - timedelta(hours=27), ready=True
    )
    record.write(tmp_path)
    return record


def test_it_lists_what_runs_its_addresses_and_pipeline_runs(running, tmp_path):
    system = running.system(tmp_path)
    text = status.report(running, system, NOON)

    assert "Running since 2026-11-29 09:00 KST (1 d 3 h): `make run`, process" in text
    assert f"http://localhost:18080   user admin, password {system.keys.password}" in text
    assert "ui 18080, s3 9000" in text
    assert "SIMULATED" in text
    assert "scheduler healthy, triggerer unhealthy" in text
    assert "data_collection  success 2026-11-30 12:00, 12 s  2026-11-30 13:00" in text
    assert (
        "forecast         none yet                        after weather_observations or weather_champion"
        in text
    )
    assert "history          none yet                        when somebody starts it" in text
    assert "monitoring       skipped 2026-11-30 12:00, 12 s  paused" in text
    assert "Import error of pipelines/mine.yml:\n  pipelines/mine.yml:3: error: no\n  second line" in text


def test_it_says_how_much_disk_is_free_and_when_that_is_low(running, tmp_path, monkeypatch):
    system = running.system(tmp_path)
    assert f"  Folder    {tmp_path}, 50.0 GB free\n" in status.report(running, system, NOON)

    monkeypatch.setattr(status, "free_bytes", lambda _: 400_000_000)
    text = status.report(running, system, NOON)
    assert (
        f"{tmp_path}, 400 MB free\n  Low disk space: 400 MB free at {tmp_path}; everything stops below"
        in text
    )


def test_a_second_run_prints_the_same_and_starts_nothing(running, tmp_path, capsys):
    assert launching.main("status") == 0
    shown = capsys.readouterr().out
    assert launching.main("run") == 0
    again = capsys.readouterr().out

    assert again == f"It runs already.\n{shown}"
    assert (tmp_path / "running.json").exists()


def test_where_nothing_runs_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(launching, "FOLDER", tmp_path)
    monkeypatch.setattr(launching.signal, "signal", lambda *_: None)

    assert launching.main("status") == 1
    assert capsys.readouterr().out == "Nothing is running: `make run` starts it.\n"


def test_pipelines_are_unknown_if_airflow_does_not_answer(running, tmp_path, monkeypatch):
    def silent(*_, **__):
        raise AirflowSilent("Airflow doesn't answer at http://localhost:18080")

    monkeypatch.setattr(status, "AirflowApi", silent)
    text = status.report(running, running.system(tmp_path), NOON)

    assert "ui 18080" in text
    assert "Pipelines unknown: Airflow doesn't answer" in text


def test_airflow_is_not_called_while_it_starts_or_is_not_needed(running, tmp_path, monkeypatch):
    monkeypatch.setattr(status, "AirflowApi", None)
    system = running.system(tmp_path)

    assert status.report(replace(running, ready=False), system, NOON).startswith("Starting since")
    text = status.report(replace(running, command="query", ready=False), system, NOON)
    assert text.startswith("`make query` since")
    assert "Airflow isn't started" in text
