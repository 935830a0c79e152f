"""Monitoring in a real Airflow: green on a new system, with links to its report; and without S3."""

import json
from urllib.parse import quote

import pytest
import requests

from embedded.airflow_api import Run
from embedded.alerts import send_test
from embedded.components import USER
from tests.e2e.systems import E2E_PATIENCE, Stack, access, token
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring.airflow_api import AirflowApi

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
TASKS = {
    *("system_health", "data_quality", "model_performance", "official_forecast"),
    *("generate_report", "send_alerts", "cleanup"),
}


def states(stack: Stack, run: Run) -> dict[str, str]:
    return {task["task_id"]: task["state"] for task in stack.api.tasks(run)}


def links(stack: Stack, run: Run) -> dict[str, str]:
    path = f"dags/monitoring/dagRuns/{quote(run.run_id, safe='')}/taskInstances/generate_report/links"
    return stack.api.call("GET", path)["extra_links"]


def test_a_young_system_is_monitored_and_its_report_opens(stack):
    run = stack.api.wait("monitoring", stack.api.run_now("monitoring"), E2E_PATIENCE)
    results = stack.api.results(run)

    assert states(stack, run) == dict.fromkeys(TASKS, "success")
    assert not [name for name in results["missing"] if name.startswith("system_health")]
    assert results["alerts"].startswith("sent nothing: there is no connection alerts")
    assert results["cleanup"] == "done"
    buttons = links(stack, run)
    assert set(buttons) == {"Report", "Latest report"}
    for link in buttons.values():
        page = requests.get(
            f"{stack.system.ui_url}/{link}", headers={"Authorization": token(stack, USER)}, timeout=30
        )
        assert page.status_code == 200
        assert "data_collection" in page.text
        assert "<script" not in page.text
    document = json.loads(ObjectStore(access(stack.system)).get(results["report_json_key"]))
    assert "first_model" in {step["step"] for step in document["to_come"]}
    assert set(stack.api.dag_ids()) == set(document["sections"][0]["figures"]["airflow"]["dags"])
    assert document["run"] == f"monitoring/{run.run_id}"
    assert not [secret for secret in stack.secrets() if secret in json.dumps(document)]


def test_a_test_of_the_alerts_says_what_is_missing(stack):
    delivered, result = send_test(stack.api, E2E_PATIENCE)

    assert not delivered
    assert result.startswith("test message not sent: there is no connection alerts: add it in Admin")


def test_a_training_that_monitoring_starts_is_started_once_a_day(stack):
    api = AirflowApi(stack.system.ui_url, USER, stack.system.keys.password)

    assert api.start("model_training", "monitoring__2026-11-25", "model_bias:air_temperature")
    assert not api.start("model_training", "monitoring__2026-11-25", "model_bias:air_temperature")
    assert [run.run_id for run in api.runs("model_training")] == ["monitoring__2026-11-25"]


def test_without_s3_the_report_says_what_is_missing(stack):
    stack.storage(up=False)
    try:
        run = stack.api.wait("monitoring", stack.api.trigger("monitoring"), E2E_PATIENCE)
    finally:
        stack.storage(up=True)
    results = stack.api.results(run)
    page = (stack.system.folder / "airflow" / "monitoring" / "spare-reports").glob("**/latest.html")

    assert states(stack, run) | {"data_quality": "", "model_performance": "", "official_forecast": ""} == {
        "system_health": "success", "data_quality": "", "model_performance": "", "official_forecast": "",
        "generate_report": "success", "send_alerts": "success", "cleanup": "failed",
    }  # fmt: skip
    assert results["verdict"] == "act"
    assert "s3_failing" in results["system_health_breaches"]
    assert results["report_file"].endswith(".html")
    assert "s3_failing" in next(page).read_text()
    assert any(name.startswith("data_quality") for name in results["missing"])
    assert any(name.startswith("model_performance") for name in results["missing"])
    assert not [secret for secret in stack.secrets() if secret in stack.logs()]
