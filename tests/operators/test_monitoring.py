"""The edges of the monitoring operators: connections, failed measurements, a real channel."""

import json
import logging
import re
import threading
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from airflow.sdk.exceptions import AirflowFailException

from hooks.airflow_api import AirflowApiHook
from hooks.alerts import AlertsHook
from operators import measuring, monitoring, monitoring_base
from weather_mlops.errors import ChannelUnavailable, Misconfigured, StorageUnavailable
from weather_mlops.monitoring import (
    alert_state,
    data_quality,
    health,
    official_forecast,
    performance,
    retention,
)
from weather_mlops.monitoring.alert_messages import AlertMessage

# apprise imports it once for an optional part, and has a stand-in for Python 3.13.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "t0ken-in-the-path"
MESSAGE = AlertMessage("[weather] CRITICAL kma_silent: opened", "last reply at 03:00 KST", "failure")


@contextmanager
def service(status: int = 200):
    """A webhook; yields its apprise URL and the payloads that it receives."""
    sent = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"json://127.0.0.1:{server.server_port}/{TOKEN}", sent
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def connection(monkeypatch):
    """Sets an Airflow connection."""

    def setting(name: str, **fields: object) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))

    return setting


@pytest.mark.parametrize("listed", [False, True])
def test_an_alert_reaches_the_services_of_the_connection(connection, listed):
    with service() as (url, sent):
        config = {"path": url, "tag": "alerts"}
        connection("alerts", conn_type="apprise", extra={"config": [config] if listed else config})
        AlertsHook("alerts").get_channel()(MESSAGE)

    assert [(one["title"], one["message"], one["type"]) for one in sent] == [
        (MESSAGE.title, MESSAGE.body, "failure")
    ]


def undelivered(connection, caplog, extra) -> str:
    caplog.set_level(logging.DEBUG)
    connection("alerts", conn_type="apprise", extra=extra)
    with pytest.raises(ChannelUnavailable) as failed:
        AlertsHook("alerts").get_channel()(MESSAGE)
    assert TOKEN not in str(failed.value)
    assert TOKEN not in caplog.text
    assert failed.value.__suppress_context__ or failed.value.__context__ is None
    return str(failed.value)


def test_a_service_that_refuses_is_reported_without_its_url(connection, caplog):
    with service(503) as (url, sent):
        message = undelivered(connection, caplog, {"config": {"path": url}})
    assert len(sent) >= 1
    assert "connection alerts" in message


@pytest.mark.parametrize(
    "extra",
    [
        {"config": {"path": f"json://127.0.0.1:9/{TOKEN}"}},
        {"config": {"path": f"nosuchservice://{TOKEN}"}},
        {"config": {"url": f"json://{TOKEN}"}},
        {"config": f"json://{TOKEN}"},
        {},
    ],
    ids=["nobody there", "unknown service", "no path", "no JSON", "no config"],
)
def test_a_broken_channel_is_reported_without_its_url(connection, caplog, extra):
    assert undelivered(connection, caplog, extra).startswith("connection alerts: ")


def test_without_a_connection_it_says_where_to_add_a_channel():
    hook = AlertsHook("no_such_channel")
    assert hook.get_channel() is None
    assert "Admin → Connections" in hook.unconfigured
    assert "no_such_channel" in hook.unconfigured


def test_without_a_connection_the_api_names_where_to_add_one(connection):
    connection("airflow_api_default", conn_type="http", host="http://localhost:8080", login="u", password="p")
    assert AirflowApiHook().get_client().url == "http://localhost:8080"
    with pytest.raises(Misconfigured, match="Admin → Connections"):
        AirflowApiHook("no_such_api").get_client()


class Instance:
    """A task instance, with the XComs of a run."""

    def __init__(self, xcoms: dict | None = None, states: dict | None = None) -> None:
        self.dag_id, self.xcoms, self.states, self.pushed = "monitoring", xcoms or {}, states or {}, {}

    def xcom_push(self, key: str, value: object) -> None:
        self.pushed[key] = value

    def xcom_pull(self, task_ids: str, key: str = "return_value") -> object:
        return self.xcoms.get((task_ids, key))

    def get_task_states(self, dag_id: str, task_ids: list[str], run_ids: list[str]) -> dict:
        return {run_id: {task: self.states.get(task) for task in task_ids} for run_id in run_ids}


def context(instance: Instance) -> dict:
    return {"ti": instance, "run_id": "r1", "dag": type("Dag", (), {"dag_id": "monitoring"})}


def tried(test: object = "True") -> tuple[Instance, dict | str]:
    """Run send_alerts with the param alert_test; the task instance, and the result or the error."""
    instance = Instance({("generate_report", "return_value"): {"report_key": "reports/monitoring/1.html"}})
    task = monitoring.SendAlertsOperator(task_id="send_alerts", airflow_url="http://airflow", test=test)
    try:
        return instance, task.execute(context(instance))
    except AirflowFailException as error:
        return instance, str(error)


def test_a_channel_test_is_marked_as_one_and_names_the_receivers(connection):
    with service() as (url, sent):
        connection("alerts", conn_type="apprise", extra={"config": [{"path": url}, {"path": url}]})
        instance, result = tried()

    assert result == {"alerts": "test message delivered by connection alerts to JSON, JSON"}
    assert instance.pushed["alert_test"] == result["alerts"]
    assert [(one["title"], one["type"]) for one in sent] == [("[weather] TEST: this is no alert", "info")] * 2
    assert "monitoring/r1" in sent[0]["message"]
    assert "http://airflow/weather/pages/reports/monitoring/1.html" in sent[0]["message"]


def test_a_test_without_a_connection_says_how_to_add_one():
    instance, result = tried()

    assert "there is no connection alerts: add it in Admin → Connections" in result
    assert instance.pushed["alert_test"].startswith("test message not sent: there is no connection alerts")


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"path": f"json://127.0.0.1:9/{TOKEN}"}, "JSON: it refused the message or did not answer"),
        ({"path": f"nosuchservice://{TOKEN}"}, "entry 2 of the config: its URL is none of apprise's"),
    ],
    ids=["nobody there", "unknown service"],
)
def test_a_channel_test_names_failed_and_working_services(connection, caplog, entry, fault):
    caplog.set_level(logging.DEBUG)
    with service() as (url, sent):
        connection("alerts", conn_type="apprise", extra={"config": [{"path": url}, entry]})
        _, result = tried()

    assert len(sent) == 1
    assert "delivered by connection alerts to JSON; not delivered to " + fault in result
    assert TOKEN not in result + caplog.text


def test_a_test_of_a_config_that_can_not_be_read_says_so(connection):
    connection("alerts", conn_type="apprise", extra={"config": {"url": f"json://{TOKEN}"}})
    assert "its config can't be read (KeyError)" in tried()[1]


@pytest.mark.parametrize("kind", [StorageUnavailable, KeyError, pa.ArrowInvalid])
def test_why_a_measuring_task_failed_is_left_for_the_report(kind):
    class Fails(monitoring_base.MeasuringOperator):
        def measure(self, now):
            raise kind("s3://weather: no answer")

    failed = Instance()
    with pytest.raises(kind):
        Fails(task_id="data_quality").execute(context(failed))
    xcoms = {("data_quality", monitoring_base.FAILED): failed.pushed[monitoring_base.FAILED]}
    later = Instance(xcoms, {"system_health": "failed"})
    reasons = monitoring_base.reasons(context(later))

    assert reasons["data_quality"] == (
        f"the task data_quality stored no section: {kind.__name__}: {kind('s3://weather: no answer')}"
    )
    assert "ended as failed: see its log" in reasons["system_health"]


def test_an_unknown_limit_fails_at_once_and_names_the_known_ones():
    task = monitoring.SystemHealthOperator(task_id="system_health", limits={"max_cpu": 1})
    with pytest.raises(AirflowFailException, match=r"max_cpu: unknown; known are .*max_cpu_share"):
        task.execute(context(Instance()))


@pytest.mark.parametrize(
    ("published", "link"),
    [
        ({"report_key": "reports/monitoring/2026/11/25/1230.html"},
         "https://airflow.example/weather/pages/reports/monitoring/2026/11/25/1230.html"),
        ({"report_file": "/opt/airflow/monitoring/spare-reports/1230.html"},
         "/opt/airflow/monitoring/spare-reports/1230.html"),
        (None, "there is none of this run"),
    ],
)  # fmt: skip
def test_a_message_links_to_the_report_of_its_run(published, link):
    task = monitoring.SendAlertsOperator(task_id="send_alerts", airflow_url="https://airflow.example/")
    links = task.links(context(Instance({("generate_report", "return_value"): published})))
    assert links.report == link


def test_the_arguments_have_the_limits_of_the_domain():
    task = monitoring.CleanupOperator(task_id="cleanup", keep={"quality_days": 1}, dry_run=True)
    with pytest.raises(AirflowFailException, match="quality_days is 1"):
        task.execute(context(Instance()))
    assert callable(task.dry_run)
    assert retention.Keep().staging_days == 14


@pytest.mark.parametrize(
    ("task_id", "argument", "kind"),
    [
        ("system_health", "limits", health.SystemHealthLimits),
        ("data_quality", "limits", data_quality.DataQualityLimits),
        ("model_performance", "limits", performance.ModelPerformanceLimits),
        ("official_forecast", "limits", official_forecast.OfficialForecastLimits),
        ("send_alerts", "rules", alert_state.Rules),
        ("cleanup", "keep", retention.Keep),
    ],
)
def test_every_threshold_is_in_the_yaml_with_its_reason(task_id, argument, kind):
    text = (PROJECT / "pipelines" / "monitoring.yml").read_text()
    tasks = {task["task_id"]: task for task in yaml.safe_load(text)["monitoring"]["tasks"]}
    task = tasks[task_id]

    assert task[argument] == asdict(kind())
    for name in task[argument]:
        assert re.search(rf"^ +{name}: .*# \w", text, re.MULTILINE), name


@pytest.mark.parametrize("name", measuring.__all__)
def test_a_former_path_leads_to_the_same_operator(name):
    assert getattr(measuring, name) is getattr(monitoring, name)
