"""The fix that a finding proposes is accepted."""

import pytest

from weather_mlops.pipelines.parser import load
from weather_mlops.pipelines.preparation import prepare
from weather_mlops.pipelines.validation import validate_file

OPERATOR = "airflow.providers.standard.operators.bash.BashOperator"
DAG = f"""\
one:
  schedule: null
  PLACE
  tasks: [{{task_id: say, operator: {OPERATOR}, bash_command: echo hi}}]
"""
COLLECT = """\
one:
  schedule: null
  tasks:
    - task_id: collect
      operator: operators.collection.CollectWeatherDataOperator
      stations: PLACE
"""
IN_ARGUMENTS = """\
one:
  schedule: null
  default_args: {stations: PLACE}
  tasks:
    - task_id: collect
      operator: operators.collection.CollectWeatherDataOperator
"""


@pytest.fixture
def findings(tmp_path):
    def check(template, text):
        path = tmp_path / "one.yml"
        path.write_text(template.replace("PLACE", text))
        return validate_file(path, {})

    return check


@pytest.mark.parametrize("date", ["2026-02-30", "2026-13-01", "2026-01-01T24:00:00"])
def test_an_impossible_date_is_to_be_corrected_and_not_quoted(findings, date):
    (finding,) = findings(DAG, f"start_date: {date}")

    assert finding.message.startswith(f"{date} is not a valid date")
    assert "2026-01-31" in finding.fix
    assert "quotes" not in finding.fix


def test_an_alias_without_an_anchor_names_the_anchor(findings):
    (finding,) = findings(DAG, "<<: *nope")

    assert (finding.line, finding.message) == (3, "no anchor above is named nope")


@pytest.mark.parametrize("text", ["a1: &a {tasks: *a}", "a1: &a\n  <<: *a\n", "x-l: &a [[*a]]"])
def test_an_alias_of_what_it_is_in_is_named_as_that(findings, text):
    (finding,) = findings("PLACE", text)

    assert finding.message == "*a is inside &a, which it refers to"


@pytest.mark.parametrize("template", [COLLECT, IN_ARGUMENTS], ids=["task", "default_args"])
@pytest.mark.parametrize(
    ("stations", "message", "fix"),
    [
        ("제주", "not a list of stations", "[제주]"),
        ("'108, 제주'", "not a list of stations", "[108, 제주]"),
        ("busan", "not a list of stations", "[Busan]"),
        ("ALL", "did you mean all?", "all"),
        ("['108']", '"108" is a text', "108"),
        ("['0108']", '"0108" is a text', "108"),
        ("[0108]", "0108 looks like a number", "108"),
        ("[108.0]", "108.0 is not a whole number", "108"),
        ("[서울시]", "did you mean 서울?", "서울"),
    ],
)
def test_stations_are_proposed_as_they_are_to_be_written(findings, template, stations, message, fix):
    (finding,) = findings(template, stations)

    assert message in finding.message
    assert fix in finding.fix
    assert findings(template, fix if fix.startswith("[") or fix == "all" else f"[{fix}]") == []


def test_a_wrong_station_name_brings_similar_ones(findings):
    (finding,) = findings(COLLECT, "Seol")

    assert "서울 Seoul (108)" in finding.message
    assert "a list" in finding.fix


def test_a_template_for_stations_belongs_to_the_task(findings):
    assert findings(COLLECT, "'{{ var.value.s }}'") == []
    (finding,) = findings(IN_ARGUMENTS, "'{{ var.value.s }}'")
    assert "at the task" in finding.fix


def test_a_station_is_not_listed_twice_by_id_and_by_name(findings):
    (finding,) = findings(COLLECT, "[108, 서울, 제주]")

    assert (finding.rule, finding.message) == ("duplicate", "서울 is in the list twice, as 108 too")


def test_a_schedule_under_default_is_not_enough(findings):
    (finding,) = findings(
        "default:\n  schedule: '@daily'\n" + DAG.replace("  schedule: null\n", ""), "catchup: false"
    )

    assert finding.rule == "missing-key"
    assert "the one under default: is not passed on" in finding.fix


@pytest.mark.parametrize(
    ("value", "message"),
    [("null", "start_date is null"), ("[2026-01-01]", "start_date is [2026-01-01], a list")],
)
def test_a_value_is_shown_as_yaml_writes_it(findings, value, message):
    (finding,) = findings(DAG, f"start_date: {value}")

    assert finding.message == message


def test_a_function_is_something_that_can_be_called():
    document = load(
        DAG.replace("PLACE", "catchup: false").replace(
            "bash_command", "response_check: json.__doc__, bash_command"
        )
    )
    schema = {"$defs": {OPERATOR: {"properties": {"response_check": {"$ref": "#/$defs/function"}}}}}

    with pytest.raises(TypeError, match=r"say: response_check: json.__doc__ is .*not a function"):
        prepare(document.data, document, None, schema)
