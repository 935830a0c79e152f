"""The operators: thin, and clear about what can be tried again."""

import importlib
import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from airflow.sdk.exceptions import AirflowFailException

from operators.base import WeatherOperator, end_of_interval, run_label
from weather_mlops.errors import KeyRefused, KmaUnavailable

PROJECT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 23, 3, tzinfo=UTC)


class Raises(WeatherOperator):
    def __init__(self, *, error, **kwargs):
        super().__init__(**kwargs)
        self.error = error

    def work(self, context):
        raise self.error


def test_a_permanent_error_is_not_tried_again_and_keeps_its_words():
    with pytest.raises(AirflowFailException, match="KeyRefused: the key is refused"):
        Raises(error=KeyRefused("the key is refused"), task_id="t").execute({})


def test_a_passing_error_is_left_to_airflow_s_retries():
    with pytest.raises(KmaUnavailable):
        Raises(error=KmaUnavailable("no answer"), task_id="t").execute({})


@pytest.mark.parametrize(
    ("interval_end", "run_after", "expected"),
    [(NOON, NOON + timedelta(hours=1), NOON), (None, NOON, NOON)],
    ids=["scheduled", "by hand"],
)
def test_a_run_is_about_the_end_of_its_interval_or_the_moment_it_was_asked_for(
    interval_end, run_after, expected
):
    run = type("Run", (), {"data_interval_end": interval_end, "run_after": run_after})

    assert end_of_interval({"dag_run": run}) == expected


def test_the_runs_of_two_dags_never_share_a_name():
    dag = type("Dag", (), {"dag_id": "data_collection"})

    assert run_label({"dag": dag, "run_id": "manual__1"}) == "data_collection/manual__1"


OF_AIRFLOW = {
    "task_display_name",
    "task_id", "operator", "dependencies", "outlets", "pool", "execution_timeout", "trigger_rule", "expand",
    "map_index_template",
}  # fmt: skip


@pytest.mark.parametrize("name", ["collection", "forecast", "history", "monitoring", "rollback", "training"])
def test_every_argument_of_the_yaml_is_one_of_the_operator_and_every_one_is_documented(name):
    (dag,) = yaml.safe_load((PROJECT / "pipelines" / f"{name}.yml").read_text()).values()
    for task in dag["tasks"]:
        module, _, kind = task["operator"].rpartition(".")
        operator = getattr(importlib.import_module(module), kind)
        accepted = {
            name
            for kind in operator.__mro__
            if issubclass(kind, WeatherOperator)
            for name in inspect.signature(kind.__init__).parameters
        }
        own = (set(task) | set(task.get("expand", {}))) - OF_AIRFLOW
        assert own <= accepted, task["task_id"]
        assert all(f"{name}:" in operator.__doc__ for name in own), task["task_id"]


def test_parsing_a_dag_imports_nothing_heavy():
    heavy = {
        "great_expectations",
        "pandas",
        "pyarrow",
        "pyiceberg",
        "xgboost",
        "boto3",
        "weather_mlops.collection",
    }
    ours = (
        "operators.collection, operators.history, operators.monitoring, hooks.kma, hooks.lake, hooks.alerts"
    )
    code = f"import sys, {ours}; print({heavy} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PROJECT / "plugins",
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.strip() == "set()", result.stdout
