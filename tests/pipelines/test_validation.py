"""Checks between files, the output of the command, and its speed."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from weather_mlops.pipelines.findings import Finding, FindingSeverity
from weather_mlops.pipelines.folder import pipeline_files
from weather_mlops.pipelines.formats import FORMATS
from weather_mlops.pipelines.keys import SHIPPED
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.validation import validate

PROJECT = Path(__file__).resolve().parents[2]
TASK = "{task_id: a, operator: airflow.providers.standard.operators.empty.EmptyOperator}"
FINDING = Finding(
    "pipelines/a.yml", 3, 5, FindingSeverity.ERROR, "unknown-key", "scheduel", "a: b, c", "write\nthat"
)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(PROJECT / "pipelines", tmp_path / "pipelines")
    return tmp_path / "pipelines"


def write(folder, name, text):
    (folder / name).write_text(text, "utf-8")


def reported(folder):
    return [
        (Path(finding.file).name, finding.line, finding.rule, str(finding)) for finding in validate(folder)
    ]


def test_a_dag_id_may_be_used_once(folder):
    write(folder, "twin.yml", f"\nforecast:\n  schedule: null\n  tasks: [{TASK}]\n")

    ((file, line, rule, text),) = reported(folder)

    assert (file, line, rule) == ("twin.yml", 2, "duplicate-dag")
    assert "forecast.yml, line 3" in text


def test_runs_that_could_go_on_without_end_are_a_warning(folder):
    defaults = (folder / "defaults.yml").read_text("utf-8")
    write(folder, "mine.yml", f"mine:\n  schedule: null\n  tasks: [{TASK}]\n")
    assert reported(folder) == []

    others = [line for line in defaults.splitlines(keepends=True) if not line.startswith("dagrun_timeout")]
    write(folder, "defaults.yml", "".join(others))
    findings = reported(folder)

    assert {rule for _, _, rule, _ in findings} == {"no-time-limit"}
    assert {file for file, *_ in findings} == {
        "collection.yml", "forecast.yml", "kma_forecast.yml", "mine.yml", "monitoring.yml", "rollback.yml",
    }  # fmt: skip
    assert all("warning" in text and "blocks all later ones" in text for *_, text in findings)


def test_an_asset_that_nobody_updates_is_a_warning(folder):
    write(folder, "late.yml", f"late:\n  schedule: [weather_observation]\n  tasks: [{TASK}]\n")

    ((_, line, rule, text),) = reported(folder)

    assert (line, rule) == (2, "asset")
    assert "warning" in text
    assert "did you mean weather_observations?" in text


def test_an_aliased_asset_is_updated_by_its_task(folder):
    write(folder, "after.yml", f"after:\n  schedule: [weather_champion]\n  tasks: [{TASK}]\n")

    assert reported(folder) == []


COLLECT = "operators.collection.CollectWeatherDataOperator"
PLAN = "operators.history.PlanHistoryOperator"


@pytest.mark.parametrize(
    ("operator", "stations"),
    [
        (COLLECT, "[108, 제주, Busan]"),
        (PLAN, "108, 제주, busan"),
        (PLAN, "all"),
        (PLAN, '"{{ run_id }}"'),
    ],
)
def test_stations_may_be_named(folder, operator, stations):
    task = f"{{task_id: a, operator: {operator}, stations: {stations}}}"
    if operator == PLAN and "," in stations:
        task = task.replace(stations, f'"{stations}"')
    write(folder, "mine.yml", f"mine:\n  schedule: null\n  tasks: [{task}]\n")

    assert reported(folder) == []


@pytest.mark.parametrize(
    ("operator", "stations", "hint"),
    [(COLLECT, "[108, Soul]", "did you mean Seoul?"), (PLAN, "Soul", "did you mean 서울 Seoul (108)?")],
)
def test_an_unknown_station_gets_the_most_similar_name(folder, operator, stations, hint):
    task = f"{{task_id: a, operator: {operator}, stations: {stations}}}"
    write(folder, "mine.yml", f"mine:\n  schedule: null\n  tasks: [{task}]\n")

    ((_, line, _, text),) = reported(folder)

    assert line == 3
    assert hint in text


def test_an_asset_has_one_uri(folder):
    asset = "{__type__: airflow.sdk.Asset, name: weather_observations, uri: 'iceberg://weather/observation'}"
    write(folder, "other.yml", f"other:\n  schedule: [{asset}]\n  tasks: [{TASK}]\n")

    assert [(line, rule) for _, line, rule, _ in reported(folder)] == [(2, "asset")]


def test_another_dag_that_is_named_exists(folder):
    operator = "airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator"
    task = f"{{task_id: a, operator: {operator}, trigger_dag_id: histori}}"
    write(folder, "start.yml", f"start:\n  schedule: null\n  tasks: [{task}]\n")

    ((_, _, rule, text),) = reported(folder)

    assert rule == "unknown-dag"
    assert "did you mean history?" in text


def test_a_file_that_nobody_reads_is_reported(folder):
    (folder / "more").mkdir()
    write(folder, "more/rain.yml", f"rain:\n  schedule: null\n  tasks: [{TASK}]\n")

    assert [(file, rule) for file, _, rule, _ in reported(folder)] == [("rain.yml", "not-read")]


def test_defaults_are_checked_as_well(folder):
    write(
        folder,
        "defaults.yml",
        "timezoen: Asia/Seoul\ndefault_args:\n  retriess: 3\n  retry_delay: {minutes: 5}\n"
        "  targets: [air_temperature]\n",
    )

    assert [(line, rule) for _, line, rule, _ in reported(folder)] == [
        (1, "unknown-key"),
        (3, "unknown-key"),
        (4, "missing-key"),
    ]


def test_arguments_of_default_args_count(folder):
    text = "rain:\n  schedule: null\n  default_args: {target: air_temperature}\n  tasks:\n"
    task = "    - {task_id: a, operator: operators.training.CheckDataReadinessOperator}\n"
    write(folder, "rain.yml", text + task)

    assert reported(folder) == []


def test_a_file_in_another_encoding_is_reported(folder):
    (folder / "rain.yml").write_bytes("rain:\n  description: 강수량\n".encode("cp949"))

    assert [(file, line, rule) for file, line, rule, _ in reported(folder)] == [("rain.yml", 2, "encoding")]


def test_a_secret_is_never_repeated(folder):
    key = "AKIAIOSFODNN7EXAMPLE"
    write(
        folder,
        "rain.yml",
        f"# the key: {key}\nrain:\n  schedule: null\n  description: {key}\n  tasks: [{TASK}]\n",
    )

    findings = validate(folder)

    assert [(finding.line, finding.rule) for finding in findings] == [(1, "secret"), (4, "secret")]
    for form in FORMATS.values():
        assert key not in form(findings)


def test_formats_name_file_line_and_fix():
    assert "pipelines/a.yml:3:5: error" in FORMATS["text"]([FINDING])
    (item,) = json.loads(FORMATS["json"]([FINDING]))
    assert item["fix"] == item["mend"] == "write\nthat"
    assert FORMATS["github"]([FINDING]) == (
        "::error file=pipelines/a.yml,line=3,col=5,title=unknown-key::a: b, c; fix: write%0Athat"
    )
    (result,) = json.loads(FORMATS["sarif"]([FINDING]))["runs"][0]["results"]
    assert result["message"]["text"] == "a: b, c; fix: write\nthat"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5}


def test_the_command_exits_with_its_verdict(folder):
    begun = time.monotonic()
    good = command(folder)
    seconds = time.monotonic() - begun
    write(folder, "rain.yml", "rain: {}\n")
    bad = command(folder)

    assert (good.returncode, bad.returncode) == (0, 1)
    assert "rain.yml:1:1: error" in bad.stdout
    assert seconds < 5  # aimed at 1.5 on a machine that does nothing else: benchmarks/validation.py


def test_the_fast_check_imports_neither_airflow_nor_pandas():
    code = "import sys; from weather_mlops.pipelines import __main__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert not {"airflow", "pandas", "pyarrow", "jinja2", "jsonschema"} & set(loaded)


def command(folder):
    return subprocess.run(
        [sys.executable, "-m", "weather_mlops.pipelines", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_shipped_file_keeps_its_id_whatever_others_are_named(folder):
    write(folder, "a.yml", f"data_collection:\n  schedule: null\n  tasks: [{TASK}]\n")

    ((file, line, rule, text),) = reported(folder)

    assert (file, line, rule) == ("a.yml", 1, "duplicate-dag")
    assert "collection.yml, line 3" in text
    assert "a.yml" in text


def test_the_shipped_file_keeps_its_id_when_it_cannot_be_read(folder):
    write(folder, "a.yml", f"data_collection:\n  schedule: null\n  tasks: [{TASK}]\n")
    (folder / "collection.yml").write_text("data_collection: [\n")

    assert {(file, rule) for file, _, rule, _ in reported(folder)} == {
        ("a.yml", "duplicate-dag"),
        ("collection.yml", "syntax"),
    }


@pytest.mark.parametrize("content", ["5", "true", "some text", "[a, b]"])
def test_a_shipped_file_without_pipelines_is_reported_as_such(folder, content):
    (folder / "collection.yml").write_text(f"{content}\n")

    assert ("collection.yml", 1, "wrong-type") in {finding[:3] for finding in reported(folder)}


def test_the_shipped_ids_are_those_of_the_shipped_files():
    ids = {dag_id: file.stem for file in pipeline_files(PROJECT / "pipelines") for dag_id in load(file).data}

    assert ids == SHIPPED


def test_broken_syntax_is_reported_once_without_the_notes(folder):
    (folder / "collection.yml").write_text("data_collection:\n  schedule: [\n")

    ((file, _, rule, _),) = reported(folder)

    assert (file, rule) == ("collection.yml", "syntax")


@pytest.mark.parametrize(
    ("keys", "fix"),
    [
        ("  schedule: $CRON\n", "write the value itself"),
        ("  schedule: null\n  description: $WHAT\n", "write the value itself"),
    ],
)
def test_a_template_is_no_fix_where_none_is_rendered(folder, keys, fix):
    write(folder, "rain.yml", f"rain:\n{keys}  tasks: [{TASK}]\n")

    ((_, _, rule, text),) = reported(folder)

    assert rule == "environment"
    assert fix in text
    assert "{{" not in text


def test_a_task_argument_inside_partial_is_refused_with_the_fix(folder):
    task = "operator: operators.training.PrepareTrainingDataOperator, expand: {plan: [{a: 1}]}"
    write(
        folder,
        "rain.yml",
        f"rain:\n  schedule: null\n  tasks: [{{task_id: a, {task}, partial: {{retries: 3}}}}]\n",
    )

    assert "belongs to the task itself, next to partial" in " ".join(text for *_, text in reported(folder))


def replaced(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_a_target_and_stations_are_named_once(folder):
    replaced(folder / "defaults.yml", "targets: [air_temperature]", "targets: [air_temperature, dew_point]")
    replaced(folder / "defaults.yml", "stations: all", "stations: [108, 159]")

    assert reported(folder) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "messages"),
    [
        (
            "training.yml",
            "expand: {target: default_args.targets}",
            "expand: {target: [air_temperature, dew_point]}",
            {
                "dew_point is trained, but never forecast",
                "dew_point is trained, but monitoring doesn't check",
            },
        ),
        (
            "forecast.yml",
            "max_input_age_hours: 2",
            "targets: [air_temperature, dew_point]\n      max_input_age_hours: 2",
            {"dew_point is forecast, but no model of it is trained"},
        ),
        (
            "collection.yml",
            "lookback_hours: 3",
            "stations: [108, 159]\n      lookback_hours: 3",
            {"all but 108, 159 are monitored, but not collected"},
        ),
    ],
)
def test_files_that_do_not_fit_each_other_are_a_warning(folder, file, old, new, messages):
    replaced(folder / file, old, new)

    findings = reported(folder)

    assert len(findings) == len(messages)
    assert all("warning" in text and "under default_args of defaults.yml" in text for *_, text in findings)
    assert all(any(part in text for *_, text in findings) for part in messages)


def test_a_list_that_default_args_does_not_have_is_reported(folder):
    replaced(folder / "training.yml", "default_args.targets", "default_args.target")

    ((file, _, rule, text),) = reported(folder)

    assert (file, rule) == ("training.yml", "unknown-key")
    assert "there are: targets" in text


def test_an_operator_without_required_targets_is_reported(folder):
    replaced(folder / "defaults.yml", "  targets: [air_temperature] ", "  # ")
    replaced(folder / "training.yml", "default_args.targets", "[air_temperature]")

    assert [(file, rule) for file, _, rule, _ in reported(folder)] == [
        ("forecast.yml", "missing-key"),
        ("monitoring.yml", "missing-key"),
    ]


SENSOR = "task_id: a, operator: airflow.providers.http.sensors.http.HttpSensor, endpoint: /"


@pytest.mark.parametrize("more", ["", ", response_check: weather_callbacks.tell"])
def test_an_http_sensor_takes_an_optional_check_by_import_path(folder, more):
    write(folder, "rain.yml", f"rain:\n  schedule: null\n  tasks: [{{{SENSOR}{more}}}]\n")

    assert reported(folder) == []


@pytest.mark.parametrize("key", ["response_check_lambda", "response_check_name"])
def test_other_ways_to_name_a_function_are_refused_with_the_fix(folder, key):
    write(folder, "rain.yml", f"rain:\n  schedule: null\n  tasks: [{{{SENSOR}, {key}: check}}]\n")

    ((_, _, rule, text),) = reported(folder)

    assert rule == "refused-key"
    assert "response_check: package.module.function" in text


def test_a_name_and_an_id_are_the_same_station_also_across_files(folder):
    replaced(folder / "defaults.yml", "stations: all", "stations: [108, 159]")
    replaced(
        folder / "collection.yml", "lookback_hours: 3", "stations: [서울, Busan]\n      lookback_hours: 3"
    )

    assert reported(folder) == []
