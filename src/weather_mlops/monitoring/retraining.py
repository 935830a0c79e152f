"""A breach of the model's figures can start the training: once a day at the most.

Started over Airflow's REST API under a name that holds the day: Airflow makes no second run of one name, so
nothing has to be remembered. An asset that the task emits would start a run at each success of the task.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.errors import WeatherError
from weather_mlops.monitoring.airflow_api import AirflowApi
from weather_mlops.monitoring.alert_state import Alert

log = logging.getLogger(__name__)

DAG_ID: Final = "model_training"
SECTION: Final = "model_performance"


def retrain(open_airflow: Callable[[], AirflowApi], alerts: Sequence[Alert], now: datetime) -> str:
    """Start the training if an alert of the model is open, and none was started today (KST).

    Args:
        open_airflow: gives the way to the API.
        alerts: those that are open.
        now: the time (UTC).

    Returns:
        What was done, in a sentence; an API that is down is told, and tried again by the next run.
    """
    problems = sorted(alert.check.problem for alert in alerts if alert.section == SECTION)
    if not problems:
        return f"{DAG_ID} not started: no alert of {SECTION} is open"
    run_id = f"monitoring__{now.astimezone(KST):%Y-%m-%d}"
    try:
        started = open_airflow().start(DAG_ID, run_id, f"started by monitoring: {', '.join(problems)}")
    except WeatherError as error:
        log.warning("%s not started: %s", DAG_ID, error)
        return f"{DAG_ID} not started: {error}"
    said = "started" if started else "not started: it was today already"
    return f"{DAG_ID} {said} ({run_id}): {', '.join(problems)}"
