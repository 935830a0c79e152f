"""What all operators share: the domain's errors in Airflow's words, and names taken from the context."""

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from weather_mlops.errors import Permanent
from weather_mlops.kma.masking import masked

if TYPE_CHECKING:
    from airflow.sdk import Context


class WeatherOperator(BaseOperator):
    """An operator of this project: does its work, and never tries again what can't pass.

    Args:
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_fgcolor = "#1c2024"
    """Each operator has a background of its own, on which this can be read."""

    def __init__(self, *, aws_conn_id: str = "aws_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.aws_conn_id = aws_conn_id

    @abstractmethod
    def work(self, context: "Context") -> dict[str, Any] | list[dict[str, Any]]:
        """Do it, and return what the next task and the people need to know: small, without secrets."""

    def execute(self, context: "Context") -> Any:
        """Do the work; a permanent error fails the task at once, any other one is tried again."""
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
    """Name of this run, unique over all DAGs."""
    return f"{context['dag'].dag_id}/{context['run_id']}"


def end_of_interval(context: "Context") -> datetime:
    """The moment that a run is about: the end of its interval; of a run by hand, when it was asked for."""
    run = context["dag_run"]
    moment: datetime = run.data_interval_end or run.run_after
    return moment
