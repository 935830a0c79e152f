"""Share the heavy imports of the tasks: import them once in the scheduler, from which tasks are forked.

With the LocalExecutor every task is a fork of the scheduler. Without this each one imports Great
Expectations and its kin anew, several seconds a task. Nothing here may start a thread or open a connection:
only imports. The other components of Airflow don't pay for it.
"""

import importlib
import sys
from typing import Any, Final

from airflow.plugins_manager import AirflowPlugin

HEAVY: Final = (
    "great_expectations",
    "pyarrow.parquet",
    "pyiceberg.io.pyarrow",
    "pyiceberg.catalog.sql",
    "boto3",
    "airflow.providers.amazon.aws.hooks.base_aws",
    "weather_mlops.collection",
    "weather_mlops.quality.audit",
    "weather_mlops.history.load",
    "weather_mlops.model.steps",
    "weather_mlops.model.deployment",
    "weather_mlops.model.forecasting",
    "yaml_dags",  # at its start, each task has the DAG file read anew
    "weather_mlops.monitoring.alerting",
    "weather_mlops.monitoring.data_quality",
    "weather_mlops.monitoring.handover",
    "weather_mlops.monitoring.health",
    "weather_mlops.monitoring.performance",
    "weather_mlops.monitoring.retention",
    "operators.collection",
    "operators.history",
    "operators.training",
    "operators.forecast",
    "operators.rollback",
    "operators.measuring",
    "operators.monitoring",
)


def in_scheduler() -> bool:
    """Whether this process is the scheduler, by its command line."""
    return "scheduler" in sys.argv[1:2]


class PreloadPlugin(AirflowPlugin):
    """Imports in the scheduler what its tasks will need."""

    name = "preload"

    @classmethod
    def on_load(cls, *_args: Any, **_kwargs: Any) -> None:
        """Import them, where it pays."""
        if in_scheduler():
            for module in HEAVY:
                importlib.import_module(module)
