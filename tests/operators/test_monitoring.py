"""What the tasks of monitoring do at their edges: connections, failed measurements, a real channel."""

import json
import logging
import re
import threading
from contextlib import contextmanager
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from airflow.sdk.exceptions import AirflowFailException

from hooks.airflow_api import AirflowApiHook
from hooks.alerts import AlertsHook
from operators import measuring, monitoring
from weather_mlops.errors import ChannelUnavailable, Misconfigured, StorageUnavailable
from weather_mlops.monitoring import alerts, data_quality, health, performance, retention
from weather_mlops.monitoring.messages import Message

# apprise imports it once for an optional part, and has a stand-in for Python 3.13.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "t0ken-in-the-path"
MESSAGE = Message("[weather] CRITICAL kma_silent: opened", "last reply at 03:00 KST", "failure")


@contextmanager
def service(status: int = 200):
    """A webhook; yields its apprise URL and what it was sent."""
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

    def setting(name: str, **told: object) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(told))

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


def test_a_service_that_refuses_is_told_without_its_url(connection, caplog):
    with service(503) as (url, sent):
        told = undelivered(connection, caplog, {"config": {"path": url}})
    assert len(sent) >= 1
    assert "connection alerts" in told


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
def test_a_channel_that_can_not_work_is_told_without_its_url(connection, caplog, extra):
    assert undelivered(connection, caplog, extra).startswith("connection alerts: ")


def test_without_a_connection_there_is_no_channel_and_it_says_where_one_would_be():
    hook = AlertsHook("no_such_channel")
    assert hook.get_channel() is None
    assert "Admin → Connections" in hook.unconfigured
    assert "no_such_channel" in hook.unconfigured


def test_the_api_of_airflow_is_reached_by_its_connection_or_it_says_where_to_add_one(connection):
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


def test_why_a_measuring_task_failed_is_left_for_the_report():
    class Fails(measuring.MeasuringOperator):
        def measure(self, now):
            raise StorageUnavailable("s3://weather: no answer")

    failed = Instance()
    with pytest.raises(StorageUnavailable):
        Fails(task_id="data_quality").execute(context(failed))
    later = Instance(
        {("data_quality", measuring.FAILED): failed.pushed[measuring.FAILED]}, {"system_health": "failed"}
    )
    told = measuring.reasons(context(later))

    assert told["data_quality"] == (
        "the task data_quality handed nothing on: StorageUnavailable: s3://weather: no answer"
    )
    assert "ended as failed: see its log" in told["system_health"]


def test_a_limit_that_there_is_none_of_fails_at_once_and_names_those_there_are():
    task = measuring.SystemHealthOperator(task_id="system_health", limits={"max_cpu": 1})
    with pytest.raises(AirflowFailException, match=r"max_cpu: unknown; known are .*max_cpu_share"):
        task.execute(context(Instance()))


@pytest.mark.parametrize(
    ("made", "link"),
    [
        ({"report_key": "reports/monitoring/2026/11/25/1230.html"},
         "https://airflow.example/weather/pages/reports/monitoring/2026/11/25/1230.html"),
        ({"report_file": "/opt/airflow/monitoring/spare-reports/1230.html"},
         "/opt/airflow/monitoring/spare-reports/1230.html"),
        (None, "there is none of this run"),
    ],
)  # fmt: skip
def test_a_message_links_to_the_report_of_its_run(made, link):
    task = monitoring.SendAlertsOperator(task_id="send_alerts", airflow_url="https://airflow.example/")
    links = task.links(context(Instance({("generate_report", "return_value"): made})))
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
        ("system_health", "limits", health.Limits),
        ("data_quality", "limits", data_quality.Limits),
        ("model_performance", "limits", performance.Limits),
        ("send_alerts", "rules", alerts.Rules),
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
