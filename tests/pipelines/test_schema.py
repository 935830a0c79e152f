"""The schema: checked by its own standard, by another validator, and against what Airflow builds."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from weather_mlops.pipelines.schema import KEYWORDS, schema_file

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).parent
BY_SCHEMA = {
    "unknown-key",
    "refused-key",
    "missing-key",
    "unknown-operator",
    "type-not-allowed",
    "out-of-range",
    "form",
}
BEYOND_SCHEMA = {"type_not_allowed_deep.yml"}  # inside a value that may be anything


class Plain(yaml.SafeLoader):
    """As editors read: dates are texts."""


Plain.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in known if not tag.endswith("timestamp")]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def schema():
    return json.loads(schema_file().read_text("utf-8"))


def test_it_is_one_by_its_own_standard(schema):
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


def test_it_says_nothing_that_our_own_check_would_not_understand(schema):
    def keywords(part):
        for key, value in part.items():
            yield key
            if key in ("properties", "$defs"):
                for inner in value.values():
                    yield from keywords(inner)
            elif key in ("items", "if", "then", "else", "not", "additionalProperties", "propertyNames"):
                yield from keywords(value) if isinstance(value, dict) else ()
            elif key in ("anyOf", "allOf"):
                for inner in value:
                    yield from keywords(inner)

    assert set(keywords(schema)) <= KEYWORDS


def test_everything_that_has_keys_is_closed(schema):
    def is_open(name, part):
        return "properties" in part and part.get("additionalProperties") is not False and "allOf" not in part

    assert [name for name, part in schema["$defs"].items() if is_open(name, part)] == []


@pytest.mark.parametrize(
    "path", [*(PROJECT / "pipelines").glob("*.yml"), *(FOLDER / "valid").glob("*.yml")], ids=str
)
def test_another_validator_takes_what_is_valid(schema, path):
    whole = {"$ref": "#/$defs/defaults", "$defs": schema["$defs"]} if path.name == "defaults.yml" else schema

    assert list(Draft202012Validator(whole).iter_errors(yaml.load(path.read_text("utf-8"), Plain))) == []


def test_another_validator_refuses_what_the_schema_forbids(schema):
    validator = Draft202012Validator(schema)
    taken, refused = [], 0
    for path in sorted((FOLDER / "broken").glob("*.yml")):
        text = path.read_text("utf-8")
        if set(re.findall(r"^# line \d+ \[([\w-]+)\]", text, re.MULTILINE)) <= BY_SCHEMA:
            refused += 1
            if path.name not in BEYOND_SCHEMA and validator.is_valid(yaml.load(text, Plain)):
                taken.append(path.name)

    assert taken == []
    assert refused > 30


def test_valid_files_build_and_others_are_reported_with_the_line(tmp_path):
    shutil.copytree(FOLDER / "valid", tmp_path / "pipelines")
    task = "operator: airflow.providers.standard.operators.python.PythonOperator"
    text = f"odd:\n  schedule: null\n  tasks:\n    odd_task:\n      {task}\n"
    text += "      python_callable: os.path.joinx\n"
    (tmp_path / "pipelines" / "odd.yml").write_text(text)

    command = [sys.executable, "-m", "authoring", "validate", str(tmp_path / "pipelines"), "--format", "json"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    (finding,) = json.loads(result.stdout)
    assert result.returncode == 1
    assert finding["file"] == str(tmp_path / "pipelines" / "odd.yml")
    assert (finding["line"], finding["rule"]) == (4, "not-built")
    assert "joinx" in finding["message"]
