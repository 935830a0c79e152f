"""What an editor shows of a pipeline: asked of the real yaml-language-server."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.pipelines.language_server import Server, install

PROJECT = Path(__file__).resolve().parents[2]
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "weather-mlops" / "yaml-language-server"
)


@pytest.fixture(scope="module")
def editor():
    try:
        program = install(CACHE)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"completion in editors was NOT checked: npm can't install yaml-language-server: {error}")
    with Server(program, PROJECT) as server:
        yield server


@pytest.fixture
def draft(editor):
    """The collection, changed; under a name of its own, since the server remembers."""

    def change(old, new, name):
        path = PROJECT / "pipelines" / f"{name}.yml"  # never written: the editor has it open, unsaved
        text = (PROJECT / "pipelines" / "collection.yml").read_text("utf-8")
        assert old in text
        text = text.replace(old, new, 1)
        return path, text, editor.open(path, text)

    return change


def test_nothing_is_underlined_in_the_shipped_pipelines(editor):
    for path in sorted((PROJECT / "pipelines").glob("*.yml")):
        text = path.read_text("utf-8")
        assert text.startswith("# yaml-language-server: $schema=../schemas/")
        assert editor.open(path, text) == [], path.name


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("schedule:", "scheduel:", "scheduel"),
        ("lookback_hours", "lookback_hour", "lookback_hour"),
        ("min_fit_share: 0.9", "min_fit_share: 90", "90"),
        ("lookback_hours: 3", "stations: [108, 9999]", "enum"),
        ("HealthCheckOperator", "HealthCheckOperater", "Value"),
    ],
)
def test_a_mistake_is_underlined(draft, old, new, part):
    _, text, underlined = draft(old, new, f"draft_{part.lower()}")

    lines = {text.splitlines()[mark["range"]["start"]["line"]] for mark in underlined}
    assert underlined
    assert any(new.split(":")[0] in line for line in lines)


def test_pipeline_keys_and_operator_arguments_are_proposed(editor, draft):
    path, text, _ = draft("      gap_calls: 10 ", "      \n      gap_calls: 10 ", "draft_arguments")
    mark = "poll_interval: {__type__: datetime.timedelta, minutes: 1}\n      "
    words = {item["label"] for item in editor.at("textDocument/completion", path, text, mark)["items"]}

    assert {"retries", "trigger_rule", "pool_slots"} <= words
    assert "bash_command" not in words

    path, text, _ = draft("  tags:", "  \n  tags:", "draft_keys")
    mark = 'schedule: "0 * * * *"                # on the hour, Asia/Seoul\n  '
    words = {item["label"] for item in editor.at("textDocument/completion", path, text, mark)["items"]}

    assert {"catchup", "deadline", "max_active_runs"} <= words


def test_operators_and_values_are_proposed(editor, draft):
    operator = "operators.collection.HealthCheckOperator"
    path, text, _ = draft(f"operator: {operator}", "operator: ", "draft_operators")
    words = {
        item["label"]
        for item in editor.at("textDocument/completion", path, text, "health_check\n      operator: ")[
            "items"
        ]
    }

    assert {operator, "airflow.providers.standard.operators.bash.BashOperator"} <= words


def test_hovering_tells_what_a_key_is(editor, draft):
    path, text, _ = draft("min_fit_share", "min_fit_share", "draft_hover")
    shown = str(editor.at("textDocument/hover", path, text, "min_fit_sh"))

    assert "share (0 to 1) of the rows that must be fit" in shown

    shown = str(editor.at("textDocument/hover", path, text, "  sched"))

    assert "minute hour day month weekday" in shown
