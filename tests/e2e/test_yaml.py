"""People change what runs by YAML alone, and see it in a running Airflow; a mistake stays with its file."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from embedded.__main__ import Launcher
from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
PATIENCE = 60  # a minute: what the README promises, though by these settings it is less
SETTINGS = {
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "2",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "2",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
    "AIRFLOW__CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL": "0",
}
# Runs every few seconds: whether it keeps its schedule shows at once.
STEADY = """
steady:
  schedule: {__type__: datetime.timedelta, seconds: 3}
  tasks:
    - {task_id: t, operator: airflow.providers.standard.operators.empty.EmptyOperator}
"""
ADDED_TASK = """
  - task_id: tell_somebody
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
    edit(running, "collection", "stations: all", "stations: [108]")
    running.system = replace(running.system, airflow_options=SETTINGS)
    running.launcher = Launcher(running.system)
    try:
        running.start()
        running.api.unpause("steady")
        yield running
    finally:
        running.stop()


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
    found = stack.api.call("GET", f"dags/{dag_id}/tasks")["tasks"]
    return {task["task_id"]: sorted(task["downstream_task_ids"]) for task in found}


def errors(stack: Stack) -> dict[str, str]:
    found = stack.api.call("GET", "importErrors")["import_errors"]
    return {error["filename"]: error["stack_trace"] for error in found}


def newest_run(stack: Stack) -> str:
    return stack.api.runs("steady")[0].run_id


def test_a_schedule_a_station_a_task_and_a_pipeline_are_changed_by_yaml_alone(stack):
    assert dag(stack, "data_collection")["timetable_summary"] != "*/20 * * * *"

    edit(stack, "collection", "schedule: null", "schedule: '*/20 * * * *'")
    edit(stack, "collection", "[108]", "[108, 159]")
    with pipeline(stack, "collection").open("a") as file:
        file.write(ADDED_TASK)
    pipeline(stack, "greeting").write_text(ADDED_PIPELINE)

    soon(lambda: "greeting" in stack.api.dag_ids())
    soon(lambda: dag(stack, "data_collection")["timetable_summary"] == "*/20 * * * *")
    assert tasks(stack, "data_collection")["health_check"] == ["tell_somebody"]
    assert tasks(stack, "greeting") == {"greet": []}
    assert dag(stack, "greeting")["timetable_summary"] == "30 6 * * 1-5"
    assert errors(stack) == {}
    run = stack.api.wait("data_collection", stack.api.run_now("data_collection"), PATIENCE)
    results = stack.api.results(run)
    assert run.state == "success"
    assert results["stations"] == 2


def test_a_broken_file_is_shown_with_its_line_and_the_others_keep_their_schedule(stack):
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
