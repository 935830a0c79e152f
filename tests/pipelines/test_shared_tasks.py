"""Tasks in the block ``default`` of a file, and anchors under keys that begin with ``x-``."""

import pytest

from weather_mlops.pipelines.effective import pipelines
from weather_mlops.pipelines.findings import FindingSeverity
from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.validation import validate_file

BASH = "operator: airflow.providers.standard.operators.bash.BashOperator"
SHARED = f"""\
default:
  default_args: {{retries: 5}}
  tasks:
    load: {{{BASH}, bash_command: echo common}}
    check: {{{BASH}, bash_command: echo check, dependencies: [load]}}
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "rain.yml").write_text(text)
        return tmp_path / "rain.yml"

    return write


@pytest.mark.parametrize(
    "own", ["    load: {bash_command: echo own}\n", "    - {task_id: load, bash_command: echo own}\n"]
)
def test_a_pipeline_can_change_parts_of_shared_tasks(written, own):
    file = written(f"{SHARED}rain:\n  schedule: null\n  tasks:\n{own}snow:\n  schedule: null\n")

    assert validate_file(file, {}) == []
    built = pipelines(load(file), None)
    assert {name: task.upstream for name, task in built["rain"].tasks.items()} == {
        "load": frozenset(),
        "check": frozenset({"load"}),
    }
    assert built["rain"].tasks["load"].settings["bash_command"].value == "echo own"
    assert built["rain"].tasks["load"].settings["bash_command"].line == 9
    assert built["snow"].tasks["load"].settings["bash_command"].value == "echo common"
    assert built["snow"].tasks["load"].settings["bash_command"].line == 4
    assert built["snow"].tasks["load"].settings["retries"].value == 5


def test_a_mistake_in_a_shared_task_is_reported_once_at_its_line(written):
    text = SHARED.replace("bash_command: echo check", "bash_comand: echo check")
    file = written(f"{text}rain:\n  schedule: null\nsnow:\n  schedule: null\n")

    (finding,) = validate_file(file, {})

    assert (finding.line, finding.rule) == (5, "unknown-key")


def test_part_of_a_task_is_enough_if_every_pipeline_completes_it(written):
    text = f"default:\n  tasks:\n    load: {{{BASH}}}\nrain:\n  schedule: null\n  tasks:\n"

    assert validate_file(written(f"{text}    load: {{bash_command: echo own}}\n"), {}) == []
    (finding,) = validate_file(written(f"{text}    other: {{{BASH}, bash_command: echo}}\n"), {})
    assert (finding.line, finding.rule) == (3, "missing-key")


def test_anchors_stand_under_a_key_of_their_own(written):
    anchor = f"x-load: &load\n  {BASH}\n  retries: 9\n"
    task = "tasks: [{task_id: load, <<: *load, bash_command: echo a}]"
    file = written(f"{anchor}rain:\n  schedule: null\n  {task}\n")

    assert validate_file(file, {}) == []
    assert list(built := pipelines(load(file), None)) == ["rain"]
    assert built["rain"].tasks["load"].settings["retries"].value == 9


def test_a_pipeline_that_is_taken_for_anchors_is_reported(written):
    file = written(f"x-rain:\n  schedule: null\n  tasks: [{{task_id: a, {BASH}, bash_command: echo}}]\n")

    (finding,) = validate_file(file, {})

    assert (finding.line, finding.severity) == (1, FindingSeverity.WARNING)
    assert "never runs" in finding.message
