"""The settings that `make run` gives to the services that it starts, and how it checks their health."""

import configparser
import json
import re
import time
from dataclasses import asdict
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import requests
import yaml

from embedded import components
from embedded.components import PROJECT, Ports, System, as_in_containers, code_revision
from embedded.launcher import Launcher
from embedded.secret_files import write_secret_files

NOON = datetime(2026, 11, 30, 3, tzinfo=UTC)


def test_the_code_revision_of_a_model_s_record_comes_from_git():
    revision = code_revision()
    assert re.match(r"\S+", revision) or not (PROJECT / ".git").exists()


def test_without_git_the_code_revision_is_empty(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_revision() == ""


@pytest.fixture
def health(monkeypatch):
    """Airflow's answer: the scheduler's last heartbeat was at noon."""
    answer = {"scheduler": {"status": "healthy", "latest_scheduler_heartbeat": NOON.isoformat()}}
    monkeypatch.setattr(
        components.requests, "get", lambda *_, **__: SimpleNamespace(ok=True, json=lambda: answer)
    )
    return answer


@pytest.mark.parametrize(("started", "healthy"), [(-1, True), (1, False)])
def test_a_killed_service_s_heartbeat_does_not_count_any_more(tmp_path, health, started, healthy):
    system = System(tmp_path, Ports())

    assert system.healthy("scheduler", NOON.timestamp() + started) == healthy
    assert system.healthy("api_server", NOON.timestamp() + started)
    assert not system.healthy("triggerer", NOON.timestamp() - 1)


def test_an_answer_without_json_is_not_healthy(tmp_path, monkeypatch):
    def no_json():
        raise requests.JSONDecodeError("Expecting value", "<html>", 0)

    monkeypatch.setattr(components.requests, "get", lambda *_, **__: SimpleNamespace(ok=True, json=no_json))

    assert not System(tmp_path, Ports()).healthy("scheduler", 0)


class Queue:
    """Airflow's API with a task in the queue."""

    def __init__(self, since):
        self.since = since

    def queued_since(self):
        return self.since


@pytest.mark.parametrize(
    ("queued", "started", "restarted"),
    [(200, 500, True), (100, 500, False), (500, 100, False), (None, 500, False)],
)
def test_a_scheduler_that_starts_no_tasks_is_restarted(tmp_path, queued, started, restarted):
    launcher, reasons = Launcher(System(tmp_path, Ports())), []
    now = time.time()
    launcher.supervisor.running["scheduler"] = SimpleNamespace(at=now - started, ready=True, restart_at=None)
    launcher.supervisor.restart_soon = lambda name, reason: reasons.append((name, reason))
    since = queued and datetime.fromtimestamp(now - queued, UTC)
    launcher.restart_stuck_scheduler(Queue(since))

    expected = [("scheduler", "has not begun a task that waits for 200 s")] if restarted else []
    assert reasons == expected


def test_commands_in_another_terminal_leave_the_scheduler_alone(tmp_path):
    Launcher(System(tmp_path, Ports())).restart_stuck_scheduler(Queue(NOON))


def test_a_killed_task_is_noticed_within_a_minute():
    settings = as_in_containers()

    assert settings["AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL"] == "30"
    seen_after = int(settings["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"]) + float(
        settings["AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL"]
    )
    defaults = yaml.safe_load((PROJECT / "pipelines" / "defaults.yml").read_text("utf-8"))["default_args"]
    # Airflow adds up to as much again to a delay that grows.
    assert seen_after + 2 * defaults["retry_delay"]["seconds"] < 100


def test_secrets_reach_airflow_by_files_not_by_the_environment(tmp_path):
    system = System(
        tmp_path / "run", Ports(), kma_key="a-key-of-the-kma", data_go_kr_key="a-key-of-data-go-kr"
    )
    write_secret_files(system)
    keys = asdict(system.keys)
    given = {"kma": system.kma_key, "data_go_kr": system.data_go_kr_key}
    secrets = {**given, **{name: keys[name] for name in keys if name != "s3_user"}}

    environment = "\n".join(f"{name}={value}" for name, value in system.airflow_environment().items())
    assert [name for name, secret in secrets.items() if secret in environment] == []

    config = configparser.ConfigParser()
    config.read(tmp_path / "run" / "airflow" / "airflow.cfg")
    assert config["core"]["fernet_key"] == keys["fernet"]
    assert config["api"]["secret_key"] == keys["api_secret"]
    assert config["api_auth"]["jwt_secret"] == keys["jwt"]
    connections = json.loads((tmp_path / "run" / "airflow" / "connections.json").read_text())
    assert connections["kma_default"]["password"] == system.kma_key
    assert connections["data_go_kr_default"]["password"] == system.data_go_kr_key
    assert connections["aws_default"]["password"] == keys["s3_secret"]
    assert connections["airflow_api_default"]["password"] == keys["password"]


def test_simulated_weather_has_both_sources_of_the_forecast(tmp_path):
    write_secret_files(System(tmp_path / "simulated", Ports()))
    write_secret_files(System(tmp_path / "real", Ports(), kma_key="a-key-of-the-kma"))

    def connections(name: str) -> dict:
        return json.loads((tmp_path / name / "airflow" / "connections.json").read_text())

    simulated = connections("simulated")["data_go_kr_default"]
    assert simulated["host"] == "http://127.0.0.1:9100/1360000/VilageFcstInfoService_2.0"
    assert "data_go_kr_default" not in connections("real")


def test_no_secret_is_a_command_line_argument(tmp_path):
    system = System(tmp_path / "run", Ports())
    arguments = " ".join(
        argument
        for service in (system.storage(), system.simulator(), *system.airflow())
        for argument in service.command
    )
    keys = asdict(system.keys)

    assert [name for name in keys if name != "s3_user" and keys[name] in arguments] == []
