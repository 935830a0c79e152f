"""What a user sees in Airflow of the files under pipelines/."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.parts import PROJECT
from tests.project import copied_project
from weather_mlops.pipelines.document import load
from weather_mlops.pipelines.effective import pipelines
from weather_mlops.pipelines.folder import pipeline_files
from weather_mlops.pipelines.keys import LOADER_KEYS

PIPELINES = {"data_collection", "history", "model_training", "forecast", "model_rollback", "monitoring"}
# What Airflow's DAG processor does with the DAG file: errors count by the file that they are kept under.
READ_DAGS = """
import json, os, socket
asked = []
def refuse(*address):
    asked.append(repr(address))
    raise OSError("no network in this test")
socket.getaddrinfo = socket.socket.connect = refuse
from pathlib import Path
import structlog
from airflow.dag_processing import processor
from airflow.dag_processing.dagbag import BundleDagBag
folder = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
bag = BundleDagBag(str(folder), bundle_path=folder, bundle_name="test", load_op_links=False)
serialized, errors = processor._serialize_dags(bag, structlog.get_logger())
from dagfactory import telemetry
print("RESULT" + json.dumps({
    "errors": {**bag.import_errors, **errors},
    "asked": asked,
    "telemetry": telemetry.should_emit(),
    "files": {dag.dag_id: dag.data["dag"]["relative_fileloc"] for dag in serialized},
    "dags": {
        dag.dag_id: {
            "schedule": getattr(dag.timetable, "expression", None),
            "timezone": dag.timezone.name,
            "params": list(dag.params),
            "max_active_runs": dag.max_active_runs,
            "catchup": dag.catchup,
            "doc": dag.doc_md,
            "name": dag.dag_display_name,
            "names": {task.task_id: task.task_display_name for task in dag.tasks},
            "owners": dag.owner_links,
            "notes": {task.task_id: task.doc_md for task in dag.tasks},
            "colours": {task.task_type: [task.ui_color, task.ui_fgcolor] for task in dag.tasks},
            "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
            "retries": {task.task_id: task.retries for task in dag.tasks},
            "rules": {task.task_id: task.trigger_rule for task in dag.tasks},
            "said": {t.task_id: [t.retries, t.pool, t.queue, t.owner] for t in dag.tasks},
            "description": dag.description,
            "more": {key: str(getattr(dag, key)) for key in KEYS},
        }
        for dag in bag.dags.values() if dag.dag_id in {one.dag_id for one in serialized}
    },
}))
"""


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("airflow")
    run_airflow(home, PROJECT, ["-m", "airflow", "db", "migrate"])
    return home


def run_airflow(home: Path, project: Path, command: list[str], **more: str) -> str:
    tracking = ("DO_NOT_TRACK", "SCARF_NO_ANALYTICS")
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW") and k not in tracking},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        **more,
    }
    result = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def read_dags(home: Path, project: Path, **more: str) -> dict:
    output = run_airflow(home, project, ["-c", f"KEYS = {LOADER_KEYS}\n{READ_DAGS}"], **more)
    return json.loads(output.split("RESULT", 1)[1].splitlines()[0])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied_project(tmp_path)


@pytest.fixture(scope="module")
def shipped(airflow_home: Path) -> dict:
    """What is read of the pipelines as they are."""
    return read_dags(airflow_home, PROJECT)


@pytest.fixture(scope="module")
def added(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A folder with more pipelines, and what is read of it; to read one takes Airflow some seconds."""
    project = copied_project(tmp_path_factory.mktemp("added"))
    for name, text in ADDED.items():
        (project / "pipelines" / f"{name}.yml").write_text(text)
    return project / "pipelines", read_dags(airflow_home, project)


def test_the_pipelines_are_the_documented_dags(shipped):
    found = shipped

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


def test_people_find_their_way_by_names_notes_owners_and_colours(shipped):
    dags = shipped["dags"]
    colours = {}
    for dag_id, dag in dags.items():
        assert dag["name"].startswith(f"{dag_id} · ")
        assert all(name.startswith(f"{task} · ") for task, name in dag["names"].items())
        assert all("**If it fails**" in note and "**할 일**" in note for note in dag["notes"].values())
        assert "**At night**" in dag["doc"] or dag_id == "model_rollback"
        assert dag["owners"].keys() == {"weather-mlops"}
        colours |= dag["colours"]

    assert len({background for background, _ in colours.values()}) == len(colours) == 21
    for background, ink in colours.values():
        assert contrast(background, ink) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: 1 to 21."""

    def light(colour: str) -> float:
        shares = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_the_yaml_shows_in_the_docs_of_the_dag(shipped):
    doc = shipped["dags"]["data_collection"]["doc"]

    assert "Iceberg table" in doc
    assert (PROJECT / "pipelines" / "collection.yml").read_text("utf-8") in doc


TASK = "{task_id: t, operator: airflow.providers.standard.operators.empty.EmptyOperator}"
# What each file says, and what is said of it, with the line.
BROKEN = {
    "syntax": ("syntax: [", ":2:", ""),
    "operator": (
        """
operator:
  schedule: '@hourly'
  tasks:
    - task_id: t
      operator: operators.nothing.X
""",
        ":6:",
        "operators.nothing.X",
    ),
    "argument": (
        """
argument:
  schedule: '@hourly'
  tasks:
    - task_id: t
      operator: operators.collection.HealthCheckOperator
      max_lag_hourz: 3
""",
        ":7:",
        "max_lag_hours",
    ),
    "key": (f"key:\n  scheduel: '@hourly'\n  tasks: [{TASK}]\n", ":2:", "schedule"),
    "twice": (f"history:\n  schedule: null\n  tasks: [{TASK}]\n", ":1:", "history"),
    "doubled": (f"doubled:\n  schedule: null\n  schedule: '@daily'\n  tasks: [{TASK}]\n", ":3:", "line 2"),
    "tag": (f"tag:\n  schedule: !!python/name:os.getcwd\n  tasks: [{TASK}]\n", ":2:", "python"),
    "variable": (f"variable:\n  description: $PATH\n  tasks: [{TASK}]\n", ":2:", "PATH"),
    "object": (
        f"object:\n  params: {{p: {{__type__: subprocess.Popen, args: [touch, made]}}}}\n  tasks: [{TASK}]\n",
        ":2:",
        "subprocess.Popen",
    ),
    "register": (f"register:\n  auto_register: false\n  tasks: [{TASK}]\n", ":2:", "auto_register"),
    "callback": (
        f"""
callback:
  schedule: null
  tasks:
    - {TASK}
    - task_id: calls
      operator: airflow.providers.standard.operators.python.PythonOperator
      python_callable: os.path.nothing
""",
        ":6:",
        "nothing",
    ),
    "filter": (
        f"filter:\n  schedule: null\n  user_defined_filters: {{base: os.path.nothing}}\n  tasks: [{TASK}]\n",
        ":3:",
        "nothing",
    ),
}


def test_each_broken_file_is_an_error_under_its_own_name_and_spares_the_others(airflow_home, project):
    for name, (content, _, _) in BROKEN.items():
        (project / "pipelines" / f"{name}.yml").write_text(content)

    (project / "pipelines" / "gone.yml").symlink_to("/nowhere/gone.yml")
    (project / "pipelines" / ".#editing.yml").symlink_to("somebody@here.1")
    (project / "pipelines" / "latin.yml").write_bytes("# Gäste\n".encode("latin-1"))
    unreadable = {"pipelines/gone.yml", "pipelines/latin.yml"}

    found = read_dags(airflow_home, project)

    # Of what is kept under the name of load_yaml.py, Airflow would take off all DAGs.
    assert set(found["errors"]) == {f"pipelines/{name}.yml" for name in BROKEN} | unreadable
    for name, (_, line, said) in BROKEN.items():
        assert f"pipelines/{name}.yml{line}" in found["errors"][f"pipelines/{name}.yml"]
        assert said in found["errors"][f"pipelines/{name}.yml"]
    assert found["files"] == dict.fromkeys(PIPELINES, "load_yaml.py")
    assert not Path("made").exists()


def test_broken_defaults_are_told_and_nothing_runs_without_them(airflow_home, project):
    defaults = project / "pipelines" / "defaults.yml"
    defaults.write_text(defaults.read_text().replace("timezone:", "timezoen:"))

    found = read_dags(airflow_home, project)

    assert set(found["errors"]) == {"pipelines/defaults.yml"}
    assert "pipelines/defaults.yml:3:" in found["errors"]["pipelines/defaults.yml"]
    assert found["dags"] == {}


MORE = """
more:
  schedule: '@hourly'
  fail_fast: true
  max_consecutive_failed_dag_runs: 3
  owner_links: {weather-mlops: "https://example.com/us"}
  allowed_run_types: [scheduled, manual]
  template_undefined: jinja2.Undefined
  user_defined_filters: {base: os.path.basename}
  jinja_environment_kwargs: {keep_trailing_newline: true}
  disable_bundle_versioning: true
  rerun_with_latest_version: true
  deadline:
    after: queued
    interval: {__type__: datetime.timedelta, minutes: 30}
    callback: builtins.print
    arguments: {sep: ", "}
  tasks:
    - {task_id: t, operator: airflow.providers.standard.operators.empty.EmptyOperator}
"""


def test_parameters_that_dag_factory_does_not_know_hold(added):
    _, found = added

    assert found["errors"] == {}
    more = found["dags"]["more"]["more"]
    assert (
        more["fail_fast"] == more["disable_bundle_versioning"] == more["rerun_with_latest_version"] == "True"
    )
    assert more["max_consecutive_failed_dag_runs"] == "3"
    assert more["owner_links"] == "{'weather-mlops': 'https://example.com/us'}"
    assert "SCHEDULED" in more["allowed_run_types"]
    assert "MANUAL" in more["allowed_run_types"]
    assert more["template_undefined"] == "<class 'jinja2.runtime.Undefined'>"
    assert "basename" in more["user_defined_filters"]
    assert more["jinja_environment_kwargs"] == "{'keep_trailing_newline': True}"
    assert "DeadlineAlert" in more["deadline"]


NESTED = """
default:
  description: of the file
  default_args: {owner: the file, retries: 4}
nested:
  schedule: null
  default_args: {pool: of_the_dag}
  task_groups:
    outer: {default_args: {queue: outer, pool: outer}}
    inner: {parent_group_name: outer, default_args: {pool: inner}}
    plain: {prefix_group_id: false, default_args: {pool: plain}}
  tasks:
    - task_id: deep
      operator: airflow.providers.standard.operators.bash.BashOperator
      task_group_name: inner
      bash_command: echo
      retries: 5
    - task_id: shallow
      operator: airflow.providers.standard.operators.empty.EmptyOperator
      task_group_name: outer
      dependencies: [deep]
    - task_id: alone
      operator: airflow.providers.standard.operators.empty.EmptyOperator
      task_group_name: plain
    - task_id: mapped
      operator: airflow.providers.standard.operators.bash.BashOperator
      queue: of_the_task
      partial: {cwd: /tmp}
      expand: {bash_command: [echo 1, echo 2]}
      dependencies: [shallow]
"""
LOADER_NAMES = ("load", "PIPELINES", "__file__", "Path")
ADDED = {
    "more": MORE,
    "nested": NESTED,
    **{name: f"{name}:\n  schedule: null\n  tasks: [{TASK}]\n" for name in LOADER_NAMES},
}
# What Airflow takes where nobody says anything; `make validate EXPLAIN=` has it from the schema.
UNSAID = {"retries": 0, "pool": "default_pool", "queue": "default", "owner": "airflow"}


def test_what_is_explained_and_planned_is_what_airflow_builds(added):
    folder, found = added
    built = found["dags"]

    defaults = load(folder / "defaults.yml")
    told = {id_: p for file in pipeline_files(folder) for id_, p in pipelines(load(file), defaults).items()}
    assert set(told) == set(built)
    for dag_id, pipeline in told.items():
        ids = {name: task.task_id for name, task in pipeline.tasks.items()}
        wired = {
            task_id: sorted(ids[name] for name, task in pipeline.tasks.items() if before in task.upstream)
            for before, task_id in ids.items()
        }
        assert built[dag_id]["tasks"] == wired
        for task in pipeline.tasks.values():
            expected = [task.settings[key].value if key in task.settings else UNSAID[key] for key in UNSAID]
            assert built[dag_id]["said"][task.task_id] == expected
        for key in ("description", "timezone", "catchup", "max_active_runs"):
            assert built[dag_id][key] == pipeline.value(key)


def test_a_dag_may_have_any_name_that_the_loader_uses_itself(added):
    _, found = added

    assert set(found["dags"]) == PIPELINES | set(ADDED)
    assert set(found["files"].values()) == {"load_yaml.py"}


def test_a_task_reads_only_the_file_of_its_dag(airflow_home, project):
    (project / "pipelines" / "bad.yml").write_text("broken: [")
    (project / "pipelines" / "gone.yml").symlink_to("/nowhere/gone.yml")
    wanted = {
        "_AIRFLOW_PARSING_CONTEXT_DAG_ID": "forecast",
        "_AIRFLOW_PARSING_CONTEXT_TASK_ID": "make_forecast",
    }

    found = read_dags(airflow_home, project, **wanted)

    assert "forecast" in found["dags"]
    assert "data_collection" not in found["dags"]
    assert found["errors"] == {}


def test_no_telemetry_is_sent_by_reading_dags_nor_by_dag_factorys_own_plugin(airflow_home, shipped):
    assert shipped["asked"] == []
    assert shipped["telemetry"] is False

    script = """
from airflow import plugins_manager
plugins_manager.get_plugin_info() if hasattr(plugins_manager, "get_plugin_info") else None
import sys
assert "dagfactory.listeners.runtime_event" in sys.modules, "dag-factory's plugin isn't loaded any more"
assert "yaml_dags" not in sys.modules
from dagfactory import telemetry
print("RESULT", telemetry.should_emit())
"""
    assert "RESULT False" in run_airflow(airflow_home, PROJECT, ["-c", script])
