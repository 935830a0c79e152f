"""`make alert-test` starts a run of monitoring that sends a test message, and prints the result."""

import pytest

from embedded.airflow_api import Run
from embedded.alerts import send_test
from embedded.services import ServiceError


class Airflow:
    """Airflow's API with the DAG monitoring; records the calls that change something."""

    def __init__(self, state: str, result: str | None, *, paused: bool = False) -> None:
        self.state, self.result, self.paused, self.done = state, result, paused, []

    def call(self, _method: str, path: str, **_more: object) -> dict:
        if path.endswith("/xcomEntries"):
            return {"xcom_entries": [{"key": "alert_test"}] if self.result else []}
        return {"value": self.result} if "xcomEntries" in path else {"is_paused": self.paused}

    def unpause(self, dag_id: str, *, paused: bool = False) -> None:
        self.done.append(f"{'pause' if paused else 'unpause'} {dag_id}")

    def trigger(self, dag_id: str, conf: dict) -> str:
        self.done.append(f"trigger {dag_id} {conf}")
        return "manual__1"

    def wait(self, dag_id: str, run_id: str, patience: float) -> Run:
        return Run(dag_id, run_id, self.state, patience)

    def tasks(self, _run: Run) -> list[dict]:
        return [{"task_id": "cleanup", "state": "success"}, {"task_id": "send_alerts", "state": self.state}]


@pytest.mark.parametrize(
    ("state", "result"),
    [
        ("success", "test message delivered by connection alerts to Slack"),
        ("failed", "test message not sent: there is no connection alerts: add it in Admin → Connections"),
    ],
)
def test_the_result_of_the_test_is_returned(state, result):
    airflow = Airflow(state, result)

    assert send_test(airflow, 60) == (state == "success", result)
    assert airflow.done == ["unpause monitoring", "trigger monitoring {'alert_test': True}"]


def test_a_paused_schedule_is_paused_again():
    airflow = Airflow("success", "test message delivered", paused=True)
    send_test(airflow, 60)

    assert airflow.done[-1] == "pause monitoring"


def test_a_run_that_fails_before_sending_is_an_error():
    with pytest.raises(ServiceError, match="did not reach send_alerts"):
        send_test(Airflow("failed", None), 60)
