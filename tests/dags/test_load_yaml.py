"""What a user sees in Airflow of the files under pipelines/."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PIPELINES = {"data_collection", "history", "model_training", "forecast", "model_rollback", "monitoring"}
READ_DAGS = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
print("RESULT" + json.dumps({
    "errors": bag.import_errors,
    "dags": {
        dag.dag_id: {
            "schedule": getattr(dag.timetable, "expression", None),
            "timezone": dag.timezone.name,
            "params": list(dag.params),
            "max_active_runs": dag.max_active_runs,
            "catchup": dag.catchup,
            "doc": dag.doc_md,
            "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
            "retries": {task.task_id: task.retries for task in dag.tasks},
            "rules": {task.task_id: task.trigger_rule for task in dag.tasks},
        }
        for dag in bag.dags.values()
    },
}))
"""


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("airflow")
    run_airflow(home, PROJECT, ["-m", "airflow", "db", "migrate"])
    return home


def run_airflow(home: Path, project: Path, command: list[str]) -> str:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "DO_NOT_TRACK": "1",
    }
    result = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def read_dags(home: Path, project: Path) -> dict:
    output = run_airflow(home, project, ["-c", READ_DAGS])
    return json.loads(output.split("RESULT", 1)[1].splitlines()[0])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("dags", "pipelines", "plugins"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    return tmp_path


def test_the_pipelines_are_the_documented_dags(airflow_home):
    found = read_dags(airflow_home, PROJECT)

    assert found["errors"] == {}
    assert set(found["dags"]) == PIPELINES
    collection = found["dags"]["data_collection"]
    assert collection["tasks"] == {
        "collect_weather_data": ["validate_data_quality"],
        "validate_data_quality": ["update_data_catalog"],
        "update_data_catalog": ["health_check"],
        "health_check": [],
    }
    assert collection["schedule"] == "0 * * * *"
    assert collection["timezone"] == "Asia/Seoul"
    assert collection["max_active_runs"] == 1
    assert collection["catchup"] is False
    assert set(collection["retries"].values()) == {3}
    history = found["dags"]["history"]
    assert history["tasks"] == {
        "plan_history": ["fetch_history", "validate_history"],
        "fetch_history": ["validate_history"],
        "validate_history": ["publish_history"],
        "publish_history": [],
    }
    assert history["schedule"] is None
    assert set(history["params"]) == {"from", "to", "stations", "parallelism", "again"}
    training = found["dags"]["model_training"]
    assert training["schedule"] == "0 2 * * *"
    assert list(training["tasks"]) == [
        "check_data_readiness",
        "prepare_training_data",
        "train_model",
        "evaluate_model",
        "deploy_model",
    ]
    assert found["dags"]["forecast"]["tasks"] == {"make_forecast": []}
    assert found["dags"]["forecast"]["schedule"] is None
    assert set(found["dags"]["model_rollback"]["params"]) == {"target", "version", "reason"}
    monitoring = found["dags"]["monitoring"]
    assert monitoring["schedule"] == "*/30 * * * *"
    assert monitoring["tasks"] == {
        "system_health": ["generate_report"],
        "data_quality": ["generate_report"],
        "model_performance": ["generate_report"],
        "generate_report": ["send_alerts"],
        "send_alerts": ["cleanup"],
        "cleanup": [],
    }
    assert {task for task, rule in monitoring["rules"].items() if rule == "all_done"} == {
        "generate_report", "send_alerts", "cleanup"
    }  # fmt: skip
    assert set(monitoring["retries"].values()) == {1}


def test_the_yaml_shows_in_the_docs_of_the_dag(airflow_home):
    doc = read_dags(airflow_home, PROJECT)["dags"]["data_collection"]["doc"]

    assert "Iceberg table" in doc
    assert (PROJECT / "pipelines" / "collection.yml").read_text("utf-8") in doc


UNKNOWN_OPERATOR = """
bad:
  schedule: '@hourly'
  tasks:
    - task_id: t
      operator: operators.nothing.X
"""
UNKNOWN_ARGUMENT = """
bad:
  schedule: '@hourly'
  tasks:
    - task_id: t
      operator: operators.collection.HealthCheckOperator
      max_lag_hourz: 3
"""


@pytest.mark.parametrize(
    ("content", "said"),
    [("broken: [", "while parsing"), (UNKNOWN_OPERATOR, "nothing"), (UNKNOWN_ARGUMENT, "max_lag_hourz")],
    ids=["syntax", "unknown operator", "unknown argument"],
)
def test_a_broken_file_is_an_import_error_that_names_it_and_spares_the_others(
    airflow_home, project, content, said
):
    (project / "pipelines" / "bad.yml").write_text(content)

    found = read_dags(airflow_home, project)

    assert set(found["dags"]) == PIPELINES
    (error,) = found["errors"].values()
    assert "pipelines/bad.yml" in error
    assert said in error
