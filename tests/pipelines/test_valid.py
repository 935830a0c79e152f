"""Files that use every feature, without findings."""

from pathlib import Path

import pytest

from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.schema import schema_at, schema_file
from weather_mlops.pipelines.validation import validate

PROJECT = Path(__file__).resolve().parents[2]
VALID = Path(__file__).parent / "valid"
EMPTY = "operator: airflow.providers.standard.operators.empty.EmptyOperator"
BY_FILE = {"doc_md_file_path": "needs a file at an absolute path"}


@pytest.mark.parametrize("folder", [PROJECT / "pipelines", VALID], ids=["shipped", "valid"])
def test_there_are_no_findings(folder):
    assert validate(folder) == []


def test_former_paths_of_operators_stay_valid(tmp_path):
    for file in (PROJECT / "pipelines").glob("*.yml"):
        text = file.read_text("utf-8").replace("operators.monitoring.DataQ", "operators.measuring.DataQ")
        (tmp_path / file.name).write_text(text, "utf-8")

    assert "operators.measuring.DataQualityOperator" in (tmp_path / "monitoring.yml").read_text("utf-8")
    assert validate(tmp_path) == []


def keys_of(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from keys_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_of(item)


def types_of(value):
    if isinstance(value, dict):
        yield value.get("__type__")
        for item in value.values():
            yield from types_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from types_of(item)


def test_every_key_and_every_type_is_used():
    definitions = schema_at(schema_file())["$defs"]
    data = [load(path).data for path in VALID.glob("*.yml")]
    used = {key for part in data for key in keys_of(part)}
    types = {kind for part in data for kind in types_of(part)}

    for part in ("dag", "task", "taskGroup"):
        assert set(definitions[part]["properties"]) - used - set(BY_FILE) <= {"group_name"}, part
    assert set(definitions["object"]["properties"]["__type__"]["enum"]) <= types


@pytest.mark.parametrize("page", ["pipelines.md", "pipelines.ko.md"])
def test_examples_of_the_reference_are_valid(page, tmp_path):
    text = (PROJECT / "docs" / page).read_text("utf-8")
    pipeline, task = text.split("\n## ")[1:3]
    task_words = [part.split("```")[0] for part in task.split("```yaml\n")[1:]]
    own = [
        words
        for words in task_words
        if not words.startswith(("task_id", "operator", "dependencies", "task_group"))
    ]
    for number, words in enumerate(part.split("```")[0] for part in pipeline.split("```yaml\n")[1:]):
        key = words.split(":")[0]
        rest = {
            "schedule": "schedule: null\n",
            "tasks": f"tasks: [{{task_id: a, {EMPTY}}}]\n",
        }
        body = words + "".join(line for name, line in rest.items() if name != key)
        (tmp_path / f"p{number}.yml").write_text(f"p{number}:\n" + indented(body, 2), "utf-8")
    for number, words in enumerate(own):
        body = f"schedule: null\ntasks:\n  a:\n    {EMPTY}\n{indented(words, 4)}"
        (tmp_path / f"t{number}.yml").write_text(f"t{number}:\n" + indented(body, 2), "utf-8")

    errors = [finding for finding in validate(tmp_path) if finding.severity == "error"]

    assert [str(finding) for finding in errors] == []
    assert number > 20


@pytest.mark.parametrize("page", ["pipelines.md", "pipelines.ko.md"])
def test_examples_of_operators_are_valid(page, tmp_path):
    text = (PROJECT / "docs" / page).read_text("utf-8")
    operators = "".join(text.split("\n## ")[5:])
    tasks = [part.split("```")[0] for part in operators.split("```yaml\n")[1:]]
    body = "".join(f"    t{number}:\n{indented(task, 6)}" for number, task in enumerate(tasks))
    (tmp_path / "all.yml").write_text(f"all:\n  schedule: null\n  tasks:\n{body}", "utf-8")

    errors = [finding for finding in validate(tmp_path) if finding.severity == "error"]

    assert [str(finding) for finding in errors] == []
    assert len(tasks) > 90


def indented(text, by):
    return "".join(" " * by + line + "\n" for line in text.splitlines())
