"""Starts the training if an alert of the model is open, at most once a day.

The run is triggered through Airflow's REST API with a run id that contains the day: Airflow rejects a second
run with the same id, so no state has to be stored. An asset event would start a run at each success of the
task.
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
        open_airflow: returns the client of Airflow's REST API.
        alerts: the open alerts.
        now: the time (UTC).

    Returns:
        A sentence that says whether it was started; if the API is down, the next run tries again.
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
    outcome = "started" if started else "not started: already started today"
    return f"{DAG_ID} {outcome} ({run_id}): {', '.join(problems)}"
