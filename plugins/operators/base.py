"""What all operators share: domain errors as Airflow's exceptions, and labels taken from the context."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from weather_mlops.errors import Permanent
from weather_mlops.kma.masking import masked

if TYPE_CHECKING:
    from airflow.sdk import Context


class WeatherOperator(BaseOperator):
    """An operator of this project; a permanent error fails its task without a retry.

    Args:
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_fgcolor = "#1c2024"
    """Each operator has a background of its own, on which this can be read."""

    def __init__(self, *, aws_conn_id: str = "aws_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.aws_conn_id = aws_conn_id

    @abstractmethod
    def work(self, context: "Context") -> Mapping[str, object] | list[dict[str, Any]]:
        """Do the task's work; return a small result, without secrets, for the next tasks and the UI."""

    def execute(self, context: "Context") -> Any:
        """Do the work; a permanent error fails the task at once, any other one is retried."""
        try:
            return self.work(context)
        except Permanent as error:
            raise AirflowFailException(masked(f"{type(error).__name__}: {error}")) from error


def skip(context: "Context", reason: str) -> NoReturn:
    """End the task as skipped, with the reason in its XCom ``skipped``.

    Raises:
        AirflowSkipException: always.
    """
    context["ti"].xcom_push(key="skipped", value=reason)
    raise AirflowSkipException(reason)


def run_label(context: "Context") -> str:
    """Return the name of this run, unique over all DAGs."""
    return f"{context['dag'].dag_id}/{context['run_id']}"


def end_of_interval(context: "Context") -> datetime:
    """Return the time that a run is for: the end of its interval, or when a manual run was requested."""
    run = context["dag_run"]
    moment: datetime = run.data_interval_end or run.run_after
    return moment
