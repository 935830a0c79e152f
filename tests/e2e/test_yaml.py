"""Users change pipelines by YAML alone, and see it in a running Airflow; a mistake only affects its file."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path

import psutil
import pytest

from embedded.launcher import Launcher
from embedded.processes import processes_of
from embedded.services import Register
from tests.e2e.systems import Stack, prepare_database

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PATIENCE = 240  # seconds, for a busy machine: with these settings a change shows after 2
SETTINGS = {
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "2",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL": "0",
}
# Runs every few seconds, so that a lost schedule is noticed at once.
STEADY = """
steady:
  schedule: {__type__: datetime.timedelta, seconds: 3}
  tasks:
    - {task_id: t, operator: airflow.providers.standard.operators.empty.EmptyOperator}
"""
# Prints the environment of a user's task; it waits so that its log can be read meanwhile.
PRINTS_ITS_ENVIRONMENT = """
environment:
  schedule: null
  tasks:
    - task_id: print
      operator: airflow.providers.standard.operators.bash.BashOperator
      bash_command: "env > {file}; echo printed; until [ -e {file}.seen ]; do sleep 0.2; done"
"""
ADDED_TASK = """
  - task_id: log_publication
    operator: airflow.providers.standard.operators.bash.BashOperator
    bash_command: echo "published by {{ run_id }}"
    dependencies: [health_check]
"""
ADDED_PIPELINE = """
greeting:
  schedule: "30 6 * * 1-5"
  tasks:
    - task_id: greet
      operator: airflow.providers.http.operators.http.HttpOperator
      http_conn_id: greeter
      endpoint: hello
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("yaml"))
    for name in ("history", "training", "forecast", "rollback", "monitoring"):
        pipeline(running, name).unlink(missing_ok=True)
    pipeline(running, "steady").write_text(STEADY)
    pipeline(running, "environment").write_text(PRINTS_ITS_ENVIRONMENT.format(file=environment_file(running)))
    edit(running, "defaults", "stations: all", "stations: [108]")
    running.system = replace(running.system, airflow_options=SETTINGS)
    running.launcher = Launcher(running.system)
    prepare_database(running.system, tmp_path_factory)
    try:
        running.start()
        running.api.unpause("steady")
        yield running
    finally:
        running.stop()


def environment_file(stack: Stack) -> Path:
    return stack.project / "environment.txt"


def pipeline(stack: Stack, name: str) -> Path:
    return stack.project / "pipelines" / f"{name}.yml"


def edit(stack: Stack, name: str, old: str, new: str) -> None:
    file = pipeline(stack, name)
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def soon(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def dag(stack: Stack, dag_id: str) -> dict:
    return stack.api.call("GET", f"dags/{dag_id}/details")


def tasks(stack: Stack, dag_id: str) -> dict[str, list[str]]:
    entries = stack.api.call("GET", f"dags/{dag_id}/tasks")["tasks"]
    return {task["task_id"]: sorted(task["downstream_task_ids"]) for task in entries}


def errors(stack: Stack) -> dict[str, str]:
    entries = stack.api.call("GET", "importErrors")["import_errors"]
    return {error["filename"]: error["stack_trace"] for error in entries}


def newest_run(stack: Stack) -> str:
    return stack.api.runs("steady")[0].run_id


def test_a_running_task_shows_its_log_and_no_secret(stack):
    run_id = stack.api.run_now("environment")
    file = environment_file(stack)
    soon(lambda: file.exists() and "AIRFLOW_HOME=" in file.read_text())
    environment = file.read_text()
    logs = f"dags/environment/dagRuns/{run_id}/taskInstances/print/logs/1"
    soon(lambda: "printed" in str(stack.api.call("GET", logs)["content"]))
    running = stack.api.run("environment", run_id)
    file.with_name(f"{file.name}.seen").touch()

    assert running.state == "running"
    secrets = [*stack.secrets(), stack.system.keys.password]
    assert [secret for secret in secrets if secret in environment] == []
    assert stack.api.wait("environment", run_id, PATIENCE).state == "success"


def test_nothing_listens_beyond_this_machine_or_without_login(stack):
    ports = stack.system.ports
    leaders = Register.read(stack.launcher.supervisor.register).leaders
    listening = set()
    for process in chain.from_iterable(processes_of(stack.system.folder, leaders).values()):
        with suppress(psutil.NoSuchProcess):  # ended meanwhile
            connections = process.net_connections("inet")
            listening |= {(c.laddr.ip, c.laddr.port) for c in connections if not c.raddr}

    # There are no other log servers, health servers, metrics or profilers.
    assert listening == {("127.0.0.1", port) for port in (ports.ui, ports.s3, ports.kma)}


def test_schedule_station_task_and_pipeline_change_by_yaml(stack):
    assert dag(stack, "data_collection")["timetable_summary"] != "*/20 * * * *"

    edit(stack, "collection", "schedule: null", "schedule: '*/20 * * * *'")
    edit(stack, "defaults", "[108]", "[108, 159]")
    with pipeline(stack, "collection").open("a") as file:
        file.write(ADDED_TASK)
    pipeline(stack, "greeting").write_text(ADDED_PIPELINE)

    soon(lambda: "greeting" in stack.api.dag_ids())
    soon(lambda: dag(stack, "data_collection")["timetable_summary"] == "*/20 * * * *")
    assert tasks(stack, "data_collection")["health_check"] == ["log_publication"]
    assert tasks(stack, "greeting") == {"greet": []}
    assert dag(stack, "greeting")["timetable_summary"] == "30 6 * * 1-5"
    assert errors(stack) == {}
    run = stack.api.wait("data_collection", stack.api.run_now("data_collection"), PATIENCE)
    results = stack.api.results(run)
    assert run.state == "success"
    assert results["stations"] == 2


def test_a_broken_file_is_shown_and_the_others_run(stack):
    soon(lambda: bool(stack.api.runs("steady")))
    whole = pipeline(stack, "collection").read_text()

    edit(stack, "collection", "  schedule: ", "  scheduel: ")

    soon(lambda: bool(errors(stack)))
    assert set(errors(stack)) == {"pipelines/collection.yml"}
    lines = pipeline(stack, "collection").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "scheduel" in text)
    assert f"pipelines/collection.yml:{line}:3: error: " in errors(stack)["pipelines/collection.yml"]
    assert "schedule" in errors(stack)["pipelines/collection.yml"]
    steady = stack.api.call("GET", "dags/steady")
    assert (steady["is_stale"], steady["has_import_errors"]) == (False, False)
    seen = newest_run(stack)
    soon(lambda: newest_run(stack) != seen)
    assert {"steady", "greeting"} <= set(stack.api.dag_ids())

    pipeline(stack, "collection").write_text(whole)

    soon(lambda: not errors(stack))
    assert "data_collection" in stack.api.dag_ids()
