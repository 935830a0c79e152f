"""What is checked between files, what the command prints, and how fast it is."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from weather_mlops.pipelines.findings import Finding, Severity
from weather_mlops.pipelines.formats import FORMATS
from weather_mlops.pipelines.validation import validate

PROJECT = Path(__file__).resolve().parents[2]
TASK = "{task_id: a, operator: airflow.providers.standard.operators.empty.EmptyOperator}"
FINDING = Finding(
    "pipelines/a.yml", 3, 5, Severity.ERROR, "unknown-key", "scheduel", "a: b, c", "write\nthat"
)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(PROJECT / "pipelines", tmp_path / "pipelines")
    return tmp_path / "pipelines"


def write(folder, name, text):
    (folder / name).write_text(text, "utf-8")


def told(folder):
    return [
        (Path(finding.file).name, finding.line, finding.rule, str(finding)) for finding in validate(folder)
    ]


def test_a_dag_id_may_be_there_once(folder):
    write(folder, "twin.yml", f"\nforecast:\n  schedule: null\n  tasks: [{TASK}]\n")

    ((file, line, rule, text),) = told(folder)

    assert (file, line, rule) == ("twin.yml", 2, "duplicate-dag")
    assert "forecast.yml, line 3" in text


def test_an_asset_that_nobody_updates_is_a_warning(folder):
    write(folder, "late.yml", f"late:\n  schedule: [weather_observation]\n  tasks: [{TASK}]\n")

    ((_, line, rule, text),) = told(folder)

    assert (line, rule) == (2, "asset")
    assert "warning" in text
    assert "did you mean weather_observations?" in text


def test_an_asset_has_one_uri(folder):
    asset = "{__type__: airflow.sdk.Asset, name: weather_observations, uri: 'iceberg://weather/observation'}"
    write(folder, "other.yml", f"other:\n  schedule: [{asset}]\n  tasks: [{TASK}]\n")

    assert [(line, rule) for _, line, rule, _ in told(folder)] == [(2, "asset")]


def test_another_dag_that_is_named_is_there(folder):
    operator = "airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator"
    task = f"{{task_id: a, operator: {operator}, trigger_dag_id: histori}}"
    write(folder, "start.yml", f"start:\n  schedule: null\n  tasks: [{task}]\n")

    ((_, _, rule, text),) = told(folder)

    assert rule == "unknown-dag"
    assert "did you mean history?" in text


def test_a_file_that_nobody_reads_is_told(folder):
    (folder / "more").mkdir()
    write(folder, "more/rain.yml", f"rain:\n  schedule: null\n  tasks: [{TASK}]\n")

    assert [(file, rule) for file, _, rule, _ in told(folder)] == [("rain.yml", "not-read")]


def test_defaults_are_checked_as_well(folder):
    write(
        folder,
        "defaults.yml",
        "timezoen: Asia/Seoul\ndefault_args:\n  retriess: 3\n  retry_delay: {minutes: 5}\n",
    )

    assert [(line, rule) for _, line, rule, _ in told(folder)] == [
        (1, "unknown-key"),
        (3, "unknown-key"),
        (4, "missing-key"),
    ]


def test_arguments_of_default_args_count(folder):
    text = "rain:\n  schedule: null\n  default_args: {target: air_temperature}\n  tasks:\n"
    task = "    - {task_id: a, operator: operators.training.CheckDataReadinessOperator}\n"
    write(folder, "rain.yml", text + task)

    assert told(folder) == []


def test_a_file_in_another_encoding_is_told(folder):
    (folder / "rain.yml").write_bytes("rain:\n  description: 강수량\n".encode("cp949"))

    assert [(file, line, rule) for file, line, rule, _ in told(folder)] == [("rain.yml", 2, "encoding")]


def test_a_secret_is_never_repeated(folder):
    key = "AKIAIOSFODNN7EXAMPLE"
    write(
        folder,
        "rain.yml",
        f"# the key: {key}\nrain:\n  schedule: null\n  description: {key}\n  tasks: [{TASK}]\n",
    )

    found = validate(folder)

    assert [(finding.line, finding.rule) for finding in found] == [(1, "secret"), (4, "secret")]
    for form in FORMATS.values():
        assert key not in form(found)


def test_formats_name_file_line_and_mend():
    assert "pipelines/a.yml:3:5: error" in FORMATS["text"]([FINDING])
    assert json.loads(FORMATS["json"]([FINDING]))[0]["mend"] == "write\nthat"
    assert FORMATS["github"]([FINDING]) == (
        "::error file=pipelines/a.yml,line=3,col=5,title=unknown-key::a: b, c; mend: write%0Athat"
    )
    (result,) = json.loads(FORMATS["sarif"]([FINDING]))["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 5}


def test_the_command_tells_by_its_status(folder):
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
