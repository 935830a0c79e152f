"""The operators: thin, and clear about what can be tried again."""

import importlib
import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from operators.base import WeatherOperator, end_of_interval, run_label
from operators.collection import CollectWeatherDataOperator
from weather_mlops.errors import (
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    QuotaExhausted,
    ResponseTruncated,
)
from weather_mlops.ingest.collection import Batch

PROJECT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 23, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Raises(WeatherOperator):
    def __init__(self, *, error, **kwargs):
        super().__init__(**kwargs)
        self.error = error

    def work(self, context):
        raise self.error


def test_a_permanent_error_is_not_retried_and_keeps_its_message():
    with pytest.raises(AirflowFailException, match="KeyRefused: the key is refused"):
        Raises(error=KeyRefused("the key is refused"), task_id="t").execute({})


def test_the_words_of_an_error_hold_no_key():
    with pytest.raises(AirflowFailException, match=r"KeyRefused: of x%3FauthKey%3D\*\*\*$"):
        Raises(error=KeyRefused("of x%3FauthKey%3DGeheimnis"), task_id="t").execute({})


def test_a_passing_error_is_left_to_airflow_s_retries():
    with pytest.raises(KmaUnavailable):
        Raises(error=KmaUnavailable("no answer"), task_id="t").execute({})


@pytest.mark.parametrize(
    ("interval_end", "run_after", "expected"),
    [(NOON, NOON + timedelta(hours=1), NOON), (None, NOON, NOON)],
    ids=["scheduled", "by hand"],
)
def test_a_run_is_for_the_end_of_its_interval_or_its_request(interval_end, run_after, expected):
    run = type("Run", (), {"data_interval_end": interval_end, "run_after": run_after})

    assert end_of_interval({"dag_run": run}) == expected


def test_the_runs_of_two_dags_never_share_a_name():
    dag = type("Dag", (), {"dag_id": "data_collection"})

    assert run_label({"dag": dag, "run_id": "manual__1"}) == "data_collection/manual__1"


class Lake:
    """Of the hook, what a look needs."""

    store = catalog = None

    def __init__(self, *_):
        pass


@pytest.fixture
def collect(monkeypatch):
    """Runs the first task as a run of this hour, whose publication is due 90 minutes after it."""

    def run(api, *, kind="scheduled", timeout=timedelta(hours=2), looks=None):
        monkeypatch.setattr("hooks.lake.LakeHook", Lake)
        monkeypatch.setattr("hooks.kma.KmaHook.get_client", lambda *_: None)
        monkeypatch.setattr("weather_mlops.lake.quota.DailyCalls", lambda *_: None)
        monkeypatch.setattr("weather_mlops.lake.health.newest_hour", lambda _: None)
        monkeypatch.setattr("weather_mlops.ingest.collection.fetch_window", api)
        monkeypatch.setattr("weather_mlops.ingest.publication.delays", lambda *_: [timedelta(minutes=91)] * 3)
        now = datetime.now(UTC)
        dag_run = type("Run", (), {"data_interval_end": now, "run_after": now, "run_type": kind})
        context = {"dag_run": dag_run}
        operator = CollectWeatherDataOperator(task_id="collect_weather_data", publication_timeout=timeout)
        if looks is None:
            return operator.execute(context)
        return operator.look_again(context, None, looks)

    return run


def nothing_yet(*_):
    return Batch()


def out_of_order(error):
    def api(*_):
        raise error("one bad call")

    return api


def this_hour() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def test_a_run_waits_for_its_hour_without_asking_the_api(collect):
    hour = this_hour()
    with pytest.raises(TaskDeferred) as deferred:
        collect(out_of_order(AssertionError))

    assert deferred.value.trigger.moment in {hour + 1.5 * HOUR, this_hour() + 1.5 * HOUR}
    assert (deferred.value.method_name, deferred.value.kwargs) == ("look_again", {"looks": 0})


@pytest.mark.parametrize("looks", [0, 1, 5])
@pytest.mark.parametrize(
    "api",
    [nothing_yet, *map(out_of_order, (KmaUnavailable, KmaMaintenance, ResponseTruncated))],
    ids=["not published", "5xx", "maintenance", "cut off"],
)
def test_unpublished_and_out_of_order_hours_cost_no_retry(collect, api, looks):
    before = datetime.now(UTC)
    with pytest.raises(TaskDeferred) as deferred:
        collect(api, looks=looks)

    assert deferred.value.kwargs == {"looks": looks + 1}
    wait = min(2**looks, 4) * timedelta(minutes=1)
    assert before + wait <= deferred.value.trigger.moment <= datetime.now(UTC) + wait


@pytest.mark.parametrize("error", [KmaUnavailable, KmaMaintenance, ResponseTruncated])
def test_the_last_look_reports_what_the_api_does(collect, error):
    with pytest.raises(error, match="one bad call"):
        collect(out_of_order(error), timeout=timedelta(0), looks=4)
    with pytest.raises(error, match="one bad call"):
        collect(out_of_order(error), timeout=timedelta(0))


@pytest.mark.parametrize("error", [KeyRefused, QuotaExhausted, FormatChanged])
def test_what_cannot_pass_is_not_waited_for(collect, error):
    with pytest.raises(AirflowFailException, match=f"{error.__name__}: one bad call"):
        collect(out_of_order(error), looks=0)


def test_a_run_that_somebody_starts_looks_at_once(collect):
    with pytest.raises(TaskDeferred) as deferred:
        collect(nothing_yet, kind="manual")

    assert deferred.value.kwargs == {"looks": 1}


OF_AIRFLOW = {
    "task_display_name",
    "task_id", "operator", "dependencies", "outlets", "pool", "execution_timeout", "trigger_rule", "expand",
    "map_index_template",
}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["collection", "forecast", "history", "kma_forecast", "monitoring", "rollback", "training"]
)
def test_every_yaml_argument_is_the_operator_s_and_documented(name):
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
        "weather_mlops.ingest.collection",
        "weather_mlops.ingest.kma_forecast.run",
    }
    ours = (
        "operators.collection, operators.history, operators.kma_forecast, operators.monitoring, hooks.kma, "
        "hooks.lake, hooks.alerts"
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
