"""`make alert-test`: a test message through the channel of the alerts, by a run of monitoring."""

from typing import Final
from urllib.parse import quote

from embedded.airflow_api import AirflowApi, Run
from embedded.services import ServiceError

MONITORING: Final = "monitoring"
TASK: Final = "send_alerts"
RESULT: Final = "alert_test"
"""XCom of the task: what was delivered, or what is missing."""


def send_test(api: AirflowApi, patience: float) -> tuple[bool, str]:
    """Send it; whether every service took it, and the same in a sentence.

    Args:
        api: of the running system.
        patience: for the run, s; one that is going on comes before it.

    Raises:
        ServiceError: the run did not end in time, or did not come to sending.
    """
    paused = bool(api.call("GET", f"dags/{MONITORING}")["is_paused"])
    api.unpause(MONITORING)
    try:
        run = api.wait(MONITORING, api.trigger(MONITORING, conf={RESULT: True}), patience)
    finally:
        if paused:
            api.unpause(MONITORING, paused=True)
    task = next((task for task in api.tasks(run) if task["task_id"] == TASK), None)
    told = _result(api, run)
    if task is None or told is None:
        raise ServiceError(f"{MONITORING} {run.run_id} did not come to {TASK}: see the run in the Airflow UI")
    return task["state"] == "success", told


def _result(api: AirflowApi, run: Run) -> str | None:
    """What the task says; None where it did not come to it."""
    path = f"dags/{MONITORING}/dagRuns/{quote(run.run_id, safe='')}/taskInstances/{TASK}/xcomEntries"
    keys = {entry["key"] for entry in api.call("GET", path)["xcom_entries"]}
    return (
        str(api.call("GET", f"{path}/{RESULT}", params={"deserialize": "true"})["value"])
        if RESULT in keys
        else None
    )
