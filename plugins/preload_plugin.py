"""Import the heavy modules of the tasks once, in the process that tasks are forked from.

With the LocalExecutor every task is a fork of the scheduler, with the CeleryExecutor of a worker. Without
this plugin each task would import Great Expectations and other large packages itself, which takes several
seconds. Nothing here may start a thread or open a connection: only imports. Other components of Airflow skip
it.
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
    "weather_mlops.ingest.collection",
    "weather_mlops.ingest.publication",
    "weather_mlops.quality.audit",
    "weather_mlops.ingest.history.fetch",
    "weather_mlops.ingest.history.publish",
    "weather_mlops.ingest.history.validate",
    "weather_mlops.kma.refresh",
    "weather_mlops.ingest.kma_forecast.health",
    "weather_mlops.ingest.kma_forecast.history",
    "weather_mlops.ingest.kma_forecast.history_publication",
    "weather_mlops.ingest.kma_forecast.publication",
    "weather_mlops.ingest.kma_forecast.run",
    "weather_mlops.quality.kma_forecast",
    "weather_mlops.verification.run",
    "weather_mlops.verification.windows",
    "weather_mlops.model.planning",
    "weather_mlops.model.training_run",
    "weather_mlops.model.deployment",
    "weather_mlops.model.forecasting",
    "weather_mlops.monitoring.alert_test",
    "weather_mlops.monitoring.alert_run",
    "weather_mlops.monitoring.data_quality",
    "weather_mlops.monitoring.official_forecast",
    "weather_mlops.monitoring.section_store",
    "weather_mlops.monitoring.health",
    "weather_mlops.monitoring.performance",
    "weather_mlops.monitoring.cleanup",
    "weather_mlops.monitoring.retraining",
    "yaml_dags",  # each task reads the DAG file again at its start
    "operators.collection",
    "operators.history",
    "operators.kma_forecast",
    "operators.kma_forecast_history",
    "operators.training",
    "operators.forecast",
    "operators.rollback",
    "operators.monitoring",
    "operators.official_forecast",
)


def forks_tasks() -> bool:
    """Whether this process is the scheduler or a worker, by its command line."""
    return sys.argv[1:2] == ["scheduler"] or sys.argv[1:3] == ["celery", "worker"]


class PreloadPlugin(AirflowPlugin):
    """Imports in the scheduler and in workers what their tasks will need."""

    name = "preload"

    @classmethod
    def on_load(cls, *_args: Any, **_kwargs: Any) -> None:
        """Import them in processes that fork tasks."""
        if forks_tasks():
            for module in HEAVY:
                importlib.import_module(module)
