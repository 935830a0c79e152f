"""What a user sees in Airflow of the files under pipelines/."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from embedded.components import PROJECT
from tests.project import copied_project
from weather_mlops.pipelines.effective import pipelines
from weather_mlops.pipelines.folder import pipeline_files
from weather_mlops.pipelines.keys import LOADER_KEYS
from weather_mlops.pipelines.parser import load

PIPELINES = {
    "data_collection", "history", "kma_forecast", "kma_forecast_history", "model_training", "forecast",
    "model_rollback", "monitoring",
}  # fmt: skip
# What Airflow's DAG processor does with the DAG file: errors count by the file that they are kept under.
READ_DAGS = """
import json, os, socket, sys
asked = []
def refuse(*address):
    asked.append(repr(address))
    raise OSError("no network in this test")
socket.getaddrinfo = socket.socket.connect = refuse
from pathlib import Path
import structlog
from airflow.dag_processing import processor
from airflow.dag_processing.dagbag import BundleDagBag


def read(folder, context):
    for name in ("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "_AIRFLOW_PARSING_CONTEXT_TASK_ID"):
        os.environ.pop(name, None)
    os.environ.update(context)
    bag = BundleDagBag(str(folder), bundle_path=folder, bundle_name="test", load_op_links=False)
    serialized, errors = processor._serialize_dags(bag, structlog.get_logger())
    from dagfactory import telemetry
    return {
        "errors": {**bag.import_errors, **errors},
        "asked": asked,
        "telemetry": telemetry.should_emit(),
        "files": {dag.dag_id: dag.data["dag"]["relative_fileloc"] for dag in serialized},
        "dags": {
            dag.dag_id: {
                "schedule": getattr(dag.timetable, "expression", None),
                "waits_for": repr(getattr(dag.timetable, "asset_condition", None)),
                "updates": {t.task_id: [[type(o).__name__, o.name] for o in t.outlets] for t in dag.tasks},
                "timezone": dag.timezone.name,
                "params": list(dag.params),
                "max_active_runs": dag.max_active_runs,
                "catchup": dag.catchup,
                "start": dag.start_date.isoformat(),
                "end": dag.end_date and dag.end_date.isoformat(),
                "dates": sorted({f"{task.start_date} {task.end_date}" for task in dag.tasks}),
                "owner": next(one.owner for one in serialized if one.dag_id == dag.dag_id),
                "timeout": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds(),
                "until": {t.task_id: str(t.target_time) for t in dag.tasks if hasattr(t, "target_time")},
                "checks": {
                t.task_id: str(t.response_check) for t in dag.tasks if hasattr(t, "response_check")
            },
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
    }


projects = json.loads(sys.argv[1]).items()
print("RESULT" + json.dumps({name: read(Path(folder), context) for name, (folder, context) in projects}))
"""


@pytest.fixture(scope="module")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("airflow")
    run_airflow(home, ["-m", "airflow", "db", "migrate"])
    return home


def run_airflow(home: Path, command: list[str]) -> str:
    tracking = ("DO_NOT_TRACK", "SCARF_NO_ANALYTICS")
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW") and k not in tracking},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    result = subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@dataclass(frozen=True)
class Reading:
    """The pipelines of a project, and what Airflow reads from them."""

    pipelines: Path
    content: dict[str, Any]


@pytest.fixture(scope="module")
def readings(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reading]:
    """Projects by name, all read by one process: to start Airflow takes seconds."""
    projects: dict[str, tuple[Path, dict[str, str]]] = {"shipped": (PROJECT, {})}

    def project(name: str, **context: str) -> Path:
        folder = copied_project(tmp_path_factory.mktemp(name))
        context = {f"_AIRFLOW_PARSING_CONTEXT_{key.upper()}": value for key, value in context.items()}
        projects[name] = folder, context
        return folder / "pipelines"

    add_pipelines(project("added"))
    add_broken_files(project("broken_files"))
    misspell_a_default(project("broken_defaults"))
    take_a_shipped_id(project("shipped_id_taken", dag_id="forecast"))
    add_files_of_others(project("one_task", dag_id="forecast", task_id="make_forecast"))
    argument = json.dumps(
        {name: (str(folder / "dags"), context) for name, (folder, context) in projects.items()}
    )
    output = run_airflow(airflow_home, ["-c", f"KEYS = {LOADER_KEYS}\n{READ_DAGS}", argument])
    contents = json.loads(output.split("RESULT", 1)[1].splitlines()[0])
    return {name: Reading(folder / "pipelines", contents[name]) for name, (folder, _) in projects.items()}


@pytest.fixture(scope="module")
def shipped(readings: dict[str, Reading]) -> dict[str, Any]:
    """What is read of the pipelines as they are."""
    return readings["shipped"].content


@pytest.fixture(scope="module")
def added(readings: dict[str, Reading]) -> tuple[Path, dict[str, Any]]:
    """A folder with more pipelines, and what is read of it."""
    return readings["added"].pipelines, readings["added"].content


def add_pipelines(pipelines: Path) -> None:
    for name, text in ADDED.items():
        (pipelines / f"{name}.yml").write_text(text)


def test_the_pipelines_are_the_documented_dags(shipped):
    assert shipped["errors"] == {}
    assert set(shipped["dags"]) == PIPELINES
    collection = shipped["dags"]["data_collection"]
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
    history = shipped["dags"]["history"]
    assert history["tasks"] == {
        "plan_history": ["fetch_history", "validate_history"],
        "fetch_history": ["validate_history"],
        "validate_history": ["publish_history"],
        "publish_history": [],
    }
    assert history["schedule"] is None
    assert set(history["params"]) == {"from", "to", "stations", "parallelism", "again"}
    training = shipped["dags"]["model_training"]
    assert training["schedule"] == "0 2 * * *"
    assert training["tasks"] == {  # the plan goes to each of them
        "check_data_readiness": ["deploy_model", "evaluate_model", "prepare_training_data", "train_model"],
        "prepare_training_data": ["train_model"],
        "train_model": ["evaluate_model"],
        "evaluate_model": ["deploy_model"],
        "deploy_model": [],
    }
    assert shipped["dags"]["forecast"]["tasks"] == {"make_forecast": [], "verify_forecasts": []}
    forecast = shipped["dags"]["forecast"]
    assert forecast["schedule"] is None
    assert forecast["waits_for"].startswith("AssetAny(")
    assert "weather_observations" in forecast["waits_for"]
    assert "weather_champion" in forecast["waits_for"]
    assert collection["updates"]["update_data_catalog"] == [["Asset", "weather_observations"]]
    assert training["updates"]["deploy_model"] == [["AssetAlias", "weather_champion"]]
    assert shipped["dags"]["model_rollback"]["updates"]["rollback_model"] == [["Asset", "weather_champion"]]
    assert set(shipped["dags"]["model_rollback"]["params"]) == {"target", "version", "reason"}
    monitoring = shipped["dags"]["monitoring"]
    assert monitoring["schedule"] == "*/30 * * * *"
    assert monitoring["tasks"] == {
        "system_health": ["generate_report"],
        "data_quality": ["generate_report"],
        "model_performance": ["generate_report"],
        "official_forecast": ["generate_report"],
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

    assert len({background for background, _ in colours.values()}) == len(colours) == 30
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
# The text of each file, the line of its finding, and a part of the message.
BROKEN = {
    "syntax": ("syntax: [", ":2:", ""),
    "deep": ("- " * 300_000 + "x", ":1:", "more than 100 levels"),
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


def add_broken_files(pipelines: Path) -> None:
    for name, (content, _, _) in BROKEN.items():
        (pipelines / f"{name}.yml").write_text(content)
    (pipelines / "gone.yml").symlink_to("/nowhere/gone.yml")
    (pipelines / ".#editing.yml").symlink_to("somebody@here.1")
    (pipelines / "latin.yml").write_bytes("# Gäste\n".encode("latin-1"))
    os.mkfifo(pipelines / "pipe.yml")


def test_each_broken_file_is_one_error_and_spares_the_others(readings):
    content = readings["broken_files"].content
    unreadable = {"pipelines/gone.yml", "pipelines/latin.yml", "pipelines/pipe.yml"}

    # Of what is kept under the name of load_yaml.py, Airflow would take off all DAGs.
    assert set(content["errors"]) == {f"pipelines/{name}.yml" for name in BROKEN} | unreadable
    for name, (_, line, part) in BROKEN.items():
        assert f"pipelines/{name}.yml{line}" in content["errors"][f"pipelines/{name}.yml"]
        assert part in content["errors"][f"pipelines/{name}.yml"]
    assert content["files"] == dict.fromkeys(PIPELINES, "load_yaml.py")
    assert not Path("made").exists()


def misspell_a_default(pipelines: Path) -> None:
    defaults = pipelines / "defaults.yml"
    defaults.write_text(defaults.read_text().replace("timezone:", "timezoen:"))


def test_broken_defaults_are_reported_and_nothing_runs(readings):
    content = readings["broken_defaults"].content

    assert set(content["errors"]) == {"pipelines/defaults.yml"}
    assert "pipelines/defaults.yml:3:" in content["errors"]["pipelines/defaults.yml"]
    assert content["dags"] == {}


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
    _, content = added

    assert content["errors"] == {}
    more = content["dags"]["more"]["more"]
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
BASH = "operator: airflow.providers.standard.operators.bash.BashOperator, bash_command: echo"
SENSOR = "operator: airflow.providers.http.sensors.http.HttpSensor, endpoint: /"
SHARED = f"""
x-patient: &patient {{retries: 9}}
default:
  catchup: true
  tasks:
    first: {{{BASH}}}
shared:
  schedule: null
  tasks:
    - {{task_id: second, {BASH}, dependencies: [first], <<: *patient}}
    - task_id: until
      operator: airflow.providers.standard.sensors.date_time.DateTimeSensor
      target_time: {{__type__: datetime.datetime, year: 2026, month: 1, day: 2, hour: 3}}
      dependencies: [first]
    - {{task_id: sensed, {SENSOR}, dependencies: [first]}}
    - {{task_id: checked, {SENSOR}, response_check: json.loads, dependencies: [first]}}
"""
# The dates of each pipeline, and the start and the end that they mean.
DATED = {
    "in_args": ("default_args: {start_date: 2026-11-28}", "2026-11-27T15:00:00+00:00", None),
    "offset": ("start_date: 2026-01-01T00:00:00+08:00", "2025-12-31T16:00:00+00:00", None),
    "offsets_in_args": (
        "default_args: {start_date: '2026-01-01T12:30:00Z', end_date: '2026-12-31T23:59:59-05:00'}",
        "2026-01-01T12:30:00+00:00",
        "2027-01-01T04:59:59+00:00",
    ),
    "elsewhere": (
        "{timezone: America/New_York, start_date: 2026-01-01, default_args: {end_date: 2026-02-01}}",
        "2026-01-01T05:00:00+00:00",
        "2026-02-01T05:00:00+00:00",
    ),
}
LOADER_NAMES = ("load", "PIPELINES", "__file__", "Path")
ADDED = {
    "more": MORE,
    "nested": NESTED,
    "shared": SHARED,
    **{
        name: f"{name}:\n  <<: {keys if keys.startswith('{') else f'{{{keys}}}'}\n"
        f"  schedule: '0 7 * * *'\n  tasks: [{TASK}]\n"
        for name, (keys, _, _) in DATED.items()
    },
    **{name: f"{name}:\n  schedule: null\n  tasks: [{TASK}]\n" for name in LOADER_NAMES},
}
# Airflow's defaults; `make validate EXPLAIN=` reads them from the schema.
UNSAID = {"retries": 0, "pool": "default_pool", "queue": "default", "owner": "airflow"}


def test_what_is_explained_and_planned_is_what_airflow_builds(added):
    folder, content = added
    built = content["dags"]

    defaults = load(folder / "defaults.yml")
    effective = {
        id_: p for file in pipeline_files(folder) for id_, p in pipelines(load(file), defaults).items()
    }
    assert set(effective) == set(built)
    for dag_id, pipeline in effective.items():
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


def test_dates_of_default_args_begin_and_end_the_dag(added):
    _, content = added

    for name, (_, start, end) in DATED.items():
        dag = content["dags"][name]
        assert (dag["start"], dag["end"]) == (start, end), name
        # A task that began later than its DAG would leave it runs without tasks.
        assert dag["dates"] == [f"{start} {end}".replace("T", " ")], name
    assert content["dags"]["elsewhere"]["timezone"] == "America/New_York"


def test_shared_tasks_anchors_and_functions_reach_airflow(added):
    _, content = added
    shared = content["dags"]["shared"]

    assert shared["until"] == {"until": "2026-01-02 03:00:00+00:00"}
    assert shared["tasks"].pop("until") == []
    shared["tasks"]["first"].remove("until")
    assert shared["retries"].pop("until") == 3
    assert shared["tasks"] == {
        "first": ["checked", "second", "sensed"],
        "second": [],
        "sensed": [],
        "checked": [],
    }
    assert shared["retries"] == {"first": 3, "second": 9, "sensed": 3, "checked": 3}
    assert shared["catchup"] is True  # a file's own block counts more than defaults.yml
    assert shared["checks"]["sensed"] == "None"
    assert "function loads" in shared["checks"]["checked"]


def test_no_run_holds_up_the_ones_after_it_for_ever(shipped):
    hours = {dag_id: dag["timeout"] and dag["timeout"] / 3600 for dag_id, dag in shipped["dags"].items()}

    assert hours.pop("history") == 7 * 24  # years take hours, and the quota may make it days
    assert hours.pop("kma_forecast_history") == 30 * 24  # a day's calls load some months
    assert hours.pop("model_training") < 24
    assert all(most < 1 for most in hours.values()), hours


RUN_TO_COME = """
import json
from datetime import UTC, datetime, timedelta
from airflow.api.common.trigger_dag import trigger_dag
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.jobs.job import Job
from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType
from sqlalchemy import select

DagBundlesManager().sync_bundles_to_db()
sync_bag_to_db(DagBag(), "dags-folder", None)
run_id = trigger_dag(
    "history", triggered_by=DagRunTriggeredByType.CLI, logical_date=datetime(2099, 1, 1, tzinfo=UTC)
).run_id
states = []
for days in (6, 8):
    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.run_id == run_id)).one()
        run.state, run.start_date = "running", datetime.now(UTC) - timedelta(days=days)
        session.flush()
        SchedulerJobRunner(Job())._schedule_dag_run(run, session)
        tasks = run.get_task_instances(session=session)
        states.append([run.state, sorted({str(task.state) for task in tasks})])
print("RESULT" + json.dumps(states))
"""


def test_a_command_s_run_in_the_future_ends_by_its_limit(airflow_home):
    output = run_airflow(airflow_home, ["-c", RUN_TO_COME])

    assert json.loads(output.split("RESULT", 1)[1].splitlines()[0]) == [
        ["running", ["None"]], ["failed", ["skipped"]]
    ]  # fmt: skip


def test_every_pipeline_has_its_owner_even_if_all_is_mapped(shipped):
    assert {dag["owner"] for dag in shipped["dags"].values()} == {"weather-mlops"}


def take_a_shipped_id(pipelines: Path) -> None:
    for name in ("a", "z"):
        (pipelines / f"{name}.yml").write_text(f"forecast:\n  schedule: null\n  tasks: [{TASK}]\n")


def test_a_file_with_a_shipped_id_never_replaces_shipped_tasks(readings):
    content = readings["shipped_id_taken"].content

    assert content["dags"]["forecast"]["tasks"] == {"make_forecast": [], "verify_forecasts": []}
    assert set(content["errors"]) == {"pipelines/a.yml", "pipelines/z.yml"}
    assert all("forecast.yml, line 3" in error for error in content["errors"].values())


def test_a_dag_may_have_any_name_that_the_loader_uses_itself(added):
    _, content = added

    assert set(content["dags"]) == PIPELINES | set(ADDED)
    assert set(content["files"].values()) == {"load_yaml.py"}


def add_files_of_others(pipelines: Path) -> None:
    (pipelines / "bad.yml").write_text("broken: [")
    (pipelines / "gone.yml").symlink_to("/nowhere/gone.yml")


def test_a_task_reads_only_the_file_of_its_dag(readings):
    content = readings["one_task"].content

    assert "forecast" in content["dags"]
    assert "data_collection" not in content["dags"]
    assert content["errors"] == {}


def test_neither_reading_dags_nor_dag_factory_sends_telemetry(airflow_home, shipped):
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
    assert "RESULT False" in run_airflow(airflow_home, ["-c", script])
