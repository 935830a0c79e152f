"""Where each value of a task comes from."""

from pathlib import Path

import pytest

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines import explain as explaining
from weather_mlops.pipelines.explain import Line, explain
from weather_mlops.pipelines.schema import schema_at, schema_file

PIPELINES = Path(__file__).resolve().parents[2] / "pipelines"
DEFAULTS = """\
timezone: Asia/Seoul
start_date: 2000-01-01
default_args:
  retries: 3
  owner: us
"""
NESTED = """\
default:
  description: of the file
  default_args: {owner: the file, retries: 4}
nested:
  schedule: null
  default_args: {pool: of_the_dag}
  task_groups:
    outer: {default_args: {queue: outer, pool: outer}}
    inner: {parent_group_name: outer, default_args: {pool: inner}}
  tasks:
    - task_id: deep
      operator: airflow.providers.standard.operators.bash.BashOperator
      task_group_name: inner
      bash_command: echo
      retries: 5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "defaults.yml").write_text(DEFAULTS)
    (tmp_path / "nested.yml").write_text(NESTED)
    return tmp_path


def explained(folder: Path, target: str) -> dict[str, tuple[str, str]]:
    return {line.name: (line.value, line.where) for line in explain(folder, target, schema_at(schema_file()))}


def test_every_argument_of_a_shipped_task_has_value_and_source():
    lines = explained(PIPELINES, "data_collection.collect_weather_data")

    text = (PIPELINES / "collection.yml").read_text("utf-8").splitlines()
    value, where = lines["publication_timeout"]
    assert value == "40 minutes"
    assert (
        text[int(where.removeprefix("pipelines/collection.yml:")) - 1]
        .strip()
        .startswith("publication_timeout:")
    )
    assert lines["retries"][1].startswith("pipelines/defaults.yml:")
    assert lines["trigger_rule"] == ("all_success", "default of Airflow")
    assert "task_id" not in lines


def test_a_default_of_the_operator_is_marked_as_one(folder):
    (folder / "nested.yml").write_text(NESTED.replace("echo", "echo\n      append_env: true"))
    lines = explained(folder, "nested.deep")

    assert lines["append_env"] == ("true", f"{folder.name}/nested.yml:15")
    assert lines["skip_on_exit_code"] == ("99", "default of the operator")


def test_the_nearest_setting_applies(folder):
    name = folder.name
    lines = explained(folder, "nested.deep")

    assert lines["retries"] == ("5", f"{name}/nested.yml:15")
    assert lines["pool"] == ("inner", f"{name}/nested.yml:9")
    assert lines["queue"] == ("outer", f"{name}/nested.yml:8")
    assert lines["owner"] == ("the file", f"{name}/nested.yml:3")


def test_a_dag_is_explained_too(folder):
    lines = explained(folder, "nested")

    assert lines["description"] == ("of the file", f"{folder.name}/nested.yml:2")
    assert lines["start_date"] == ("2000-01-01", f"{folder.name}/defaults.yml:2")
    assert lines["schedule"] == ("null", f"{folder.name}/nested.yml:5")


@pytest.mark.parametrize("target", ["nested.deeep", "nestd", ""])
def test_what_is_not_there_is_answered_with_what_is(folder, target):
    with pytest.raises(Misconfigured, match="nested"):
        explain(folder, target, schema_at(schema_file()))


def test_a_broken_file_is_reported_and_not_explained(folder, capsys):
    (folder / "nested.yml").write_text(NESTED.replace("schedule:", "scheduel:"))

    assert explaining.main(["nested.deep", "--pipelines", str(folder)]) == 1
    assert "nested.yml:5:3: error" in capsys.readouterr().err


def test_the_text_has_a_column_each(folder, capsys):
    assert explaining.main(["nested.deep", "--pipelines", str(folder)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["retries", f"{folder.name}/nested.yml:15", "5"] for line in lines)
    assert explaining.as_text([Line("a", "b", "c")]) == "a  c  b"
