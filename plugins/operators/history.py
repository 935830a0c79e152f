"""The four tasks of pipelines/history.yml."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from operators.base import WeatherOperator, run_label
from operators.links import RunLink
from operators.waiting import QuotaOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

PLAN = "plan_history"


class PlanHistoryOperator(WeatherOperator):
    """Split a span of days into API calls, and assign these to parallel workers.

    Args:
        first_day: YYYY-MM-DD (KST); empty = 90 days up to the last one.
        last_day: YYYY-MM-DD (KST), included; empty = today.
        stations: ``all``, or station ids and names joined by commas: ``108, 제주, Busan``.
        parallelism: workers (1 or more): parallel tasks, and so parallel calls to the KMA.
        again: request hours again that are known to be missing.
        rows_per_part: rows (1 or more) that are audited and published as one batch; two workers with
            batches of 400,000 take 1.6 GB of memory.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    template_fields = ("first_day", "last_day", "stations", "parallelism", "again")
    ui_color = "#e3e8ff"

    def __init__(
        self,
        *,
        first_day: str = "",
        last_day: str = "",
        stations: str = "all",
        parallelism: int | str = 2,
        again: bool | str = False,
        rows_per_part: int = 400_000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.first_day = first_day
        self.last_day = last_day
        self.stations = stations
        self.parallelism = parallelism
        self.again = again
        self.rows_per_part = rows_per_part

    def work(self, context: "Context") -> list[dict[str, Any]]:  # noqa: ARG002  Airflow's signature
        """Plan; a dict for each lane, for the mapped tasks."""
        from weather_mlops.ingest.history.plan import Load, months_of
        from weather_mlops.stations import resolve_station_ids

        load = Load.of(
            parse_day(self.first_day),
            parse_day(self.last_day),
            resolve_station_ids(str(self.stations).strip()),
            datetime.now(UTC),
            parallelism=int(self.parallelism),
            again=str(self.again) == "True",
            rows_per_part=self.rows_per_part,
        )
        requests = load.requests()
        self.log.info(
            "history: planned: months=%d batches=%d workers=%d station_hours=%d",
            months_of(requests),
            len(load.batches()),
            load.workers,
            sum(request.rows for request in requests),
        )
        return [{**load.as_dict(), "lane": worker} for worker in range(load.workers)]


class FetchHistoryOperator(QuotaOperator):
    """Fetch a worker's batches, except what is stored already; keep the responses and stage their rows.

    When the day's calls are used up, it waits without a worker slot until the next day in Korea.

    Args:
        lane: plan of one worker, from plan_history.
        daily_calls: the quota of the KMA account, calls per day (KST).
        kma_conn_id: Airflow connection of the KMA API.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#b9d6f7"

    def __init__(
        self,
        *,
        lane: Mapping[str, Any],
        daily_calls: int = 20_000,
        kma_conn_id: str = "kma_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.lane = lane
        self.daily_calls = daily_calls
        self.kma_conn_id = kma_conn_id

    def work(self, context: "Context") -> dict[str, Any]:
        """Fetch; defer until the next day when the budget is used up."""
        from hooks.kma import KmaHook
        from hooks.lake import LakeHook
        from weather_mlops.errors import QuotaExhausted
        from weather_mlops.ingest.history.fetch import Fetch
        from weather_mlops.ingest.history.plan import Load
        from weather_mlops.lake.quota import DailyCalls

        lake = LakeHook(self.aws_conn_id)
        budget = DailyCalls(lake.store, self.daily_calls)
        task = context["ti"]
        fetch = Fetch(
            Load.from_dict(self.lane),
            self.lane["lane"],
            client=KmaHook(self.kma_conn_id).get_client(budget),
            store=lake.store,
            catalog=lake.catalog,
            run=run_label(context),
            final=task.try_number > (task.max_tries or 0),
            calls_left=lambda: budget.left,
        )
        try:
            return fetch.work()
        except QuotaExhausted as error:
            self.wait_for_calls(error)


class ValidateHistoryOperator(WeatherOperator):
    """Audit a worker's staged batches, one after the other, with the suites of the hourly run.

    Args:
        lane: plan of one worker, from plan_history.
        min_fit_share: share (0 to 1) of a batch's rows that must be fit for any of it to be published.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    operator_extra_links = (RunLink("Data Docs", "docs_keys", "documents"),)
    ui_color = "#bfe6cc"

    def __init__(self, *, lane: Mapping[str, Any], min_fit_share: float = 0.9, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lane = lane
        self.min_fit_share = min_fit_share

    def work(self, context: "Context") -> dict[str, Any]:
        """Audit."""
        from hooks.lake import LakeHook
        from weather_mlops.ingest.history.plan import Load
        from weather_mlops.ingest.history.validate import validate_worker
        from weather_mlops.settings import project_folder

        return validate_worker(
            Load.from_dict(self.lane),
            self.lane["lane"],
            store=LakeHook(self.aws_conn_id).store,
            run=run_label(context),
            suites_dir=project_folder("expectations"),
            min_fit_share=self.min_fit_share,
            clock=lambda: datetime.now(UTC),
        )


class PublishHistoryOperator(WeatherOperator):
    """Publish all batches that were audited; then fail if batches are missing, naming them.

    Args:
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#ffd29e"

    def work(self, context: "Context") -> dict[str, Any]:
        """Publish."""
        from hooks.lake import LakeHook
        from weather_mlops.errors import Misconfigured
        from weather_mlops.ingest.history.plan import Load
        from weather_mlops.ingest.history.publish import publish_load

        plans = context["ti"].xcom_pull(task_ids=PLAN)
        if not plans:
            raise Misconfigured(f"nothing to publish: {PLAN} returned no plan; see its log for the reason")
        lake = LakeHook(self.aws_conn_id)
        return publish_load(
            Load.from_dict(plans[0]),
            store=lake.store,
            catalog=lake.catalog,
            run=run_label(context),
            clock=lambda: datetime.now(UTC),
        )


def parse_day(text: str) -> date | None:
    """Return the day of a text, YYYY-MM-DD; None of an empty one.

    Raises:
        Misconfigured: the text is no day.
    """
    from weather_mlops.errors import Misconfigured

    text = str(text).strip()
    if text in {"", "None"}:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{text!r} is not a day: write YYYY-MM-DD") from None
