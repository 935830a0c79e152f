"""`make alert-test`: a test message through the channel of the alerts, by a run of monitoring."""

from typing import Final
from urllib.parse import quote

from embedded.airflow_api import AirflowApi, Run
from embedded.services import ServiceError

MONITORING: Final = "monitoring"
TASK: Final = "send_alerts"
RESULT: Final = "alert_test"
"""XCom of the task, and param of the run: the result of the test."""


def send_test(api: AirflowApi, patience: float) -> tuple[bool, str]:
    """Send a test message.

    Args:
        api: API of the running system.
        patience: how long to wait for the run, s; it includes the rest of a run that is going on.

    Returns:
        Whether every service accepted the message, and the result in a sentence.

    Raises:
        ServiceError: the run did not end in time, or failed before it sent the message.
    """
    paused = bool(api.call("GET", f"dags/{MONITORING}")["is_paused"])
    api.unpause(MONITORING)
    try:
        run = api.wait(MONITORING, api.trigger(MONITORING, conf={RESULT: True}), patience)
    finally:
        if paused:
            api.unpause(MONITORING, paused=True)
    task = next((task for task in api.tasks(run) if task["task_id"] == TASK), None)
    result = _result(api, run)
    if task is None or result is None:
        raise ServiceError(f"{MONITORING} {run.run_id} did not reach {TASK}: see the run in the Airflow UI")
    return task["state"] == "success", result


def _result(api: AirflowApi, run: Run) -> str | None:
    """Return the result that the task pushed; None if it pushed none."""
    path = f"dags/{MONITORING}/dagRuns/{quote(run.run_id, safe='')}/taskInstances/{TASK}/xcomEntries"
    keys = {entry["key"] for entry in api.call("GET", path)["xcom_entries"]}
    return (
        str(api.call("GET", f"{path}/{RESULT}", params={"deserialize": "true"})["value"])
        if RESULT in keys
        else None
    )
