"""Waiting for the KMA, deferred: without a worker slot."""

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.standard.triggers.temporal import DateTimeTrigger

from operators.base import WeatherOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from weather_mlops.ingest.publication import WaitPolicy

AFTER_MIDNIGHT = timedelta(minutes=5)  # the KMA's clock resets the quota, and may differ from ours


class WaitingOperator(WeatherOperator):
    """An operator that looks for something until the KMA has published it.

    Args:
        publication_timeout: how long after its time to wait for a publication.
        poll_interval: shortest time between two looks; each wait is twice the one before, up to four times
            this.
    """

    def __init__(
        self,
        *,
        publication_timeout: timedelta = timedelta(minutes=40),
        poll_interval: timedelta = timedelta(minutes=1),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.publication_timeout = publication_timeout
        self.poll_interval = poll_interval
        self._looks: int | None = None

    @property
    def looks(self) -> int:
        """Number of looks without success so far."""
        return self._looks or 0

    def look_again(self, context: "Context", event: Any, looks: int = 0) -> Any:  # noqa: ARG002  Airflow's signature
        """Continue after a wait.

        Args:
            context: of the task.
            event: of the trigger.
            looks: number of looks so far without success.
        """
        self._looks = looks
        return self.execute(context)

    def patience(self, moment: datetime) -> "WaitPolicy":
        """How long to wait for what is named after a moment."""
        from weather_mlops.ingest.publication import WaitPolicy

        return WaitPolicy(moment, self.publication_timeout, self.poll_interval)

    def wait_again(self, patience: "WaitPolicy") -> NoReturn:
        """Defer until the next look.

        Raises:
            TaskDeferred: always.
        """
        looks = self.looks + 1
        again = patience.next_look(looks, datetime.now(UTC))
        self.defer(trigger=DateTimeTrigger(again), method_name="look_again", kwargs={"looks": looks})


class QuotaOperator(WeatherOperator):
    """An operator that goes on the next day when the day's calls are used up."""

    def go_on(self, context: "Context", event: Any) -> Any:  # noqa: ARG002  Airflow's signature
        """Continue on the next day."""
        return self.execute(context)

    def wait_for_calls(self, reason: Exception) -> NoReturn:
        """Defer until the KMA counts a new day's calls.

        Raises:
            TaskDeferred: always.
        """
        from weather_mlops.clock import KST

        tomorrow = datetime.now(KST).date() + timedelta(days=1)
        morning = datetime.combine(tomorrow, time(), KST) + AFTER_MIDNIGHT
        self.log.warning("history: continues at %s: %s", morning, reason)
        self.defer(trigger=DateTimeTrigger(morning), method_name="go_on")
