"""The three tasks of pipelines/kma_forecast_history.yml.

The domain package is imported where a task runs: parsing a DAG stays cheap.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operators.base import WeatherOperator, run_label
from operators.history import parse_day
from operators.links import RunLink
from operators.waiting import QuotaOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from weather_mlops.ingest.kma_forecast.history_plan import GridLoad

PLAN = "plan_kma_forecast_history"


class PlanKmaForecastHistoryOperator(WeatherOperator):
    """Check what a load of old forecasts is to fetch, and count its calls.

    Args:
        first_day: YYYY-MM-DD (KST); empty = 90 days up to the last one.
        last_day: YYYY-MM-DD (KST), included; empty = today.
        issues: hours (KST) of the issues of a day, joined by commas: ``02,14``; ``all`` = the eight of them.
        variables: KMA's names of the variables, joined by commas: ``TMP,REH``; each takes calls of its own.
        stations: ``all``, or station ids and names joined by commas: ``108, 제주, Busan``.
        cells: cells that stations take instead of their own, ``station=x,y``, several with a semicolon
            between them: ``152=102,83; 101=73,134``; empty = each its own.
        lead_hours: the longest lead (1 or more) in hours.
        again: request hours again for which the archive had no values.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    template_fields = (
        "first_day", "last_day", "issues", "variables", "stations", "cells", "lead_hours", "again",
    )  # fmt: skip
    ui_color = "#eceafd"

    def __init__(
        self,
        *,
        first_day: str = "",
        last_day: str = "",
        issues: str = "02,14",
        variables: str = "TMP",
        stations: str = "all",
        cells: str = "",
        lead_hours: int | str = 48,
        again: bool | str = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.first_day = first_day
        self.last_day = last_day
        self.issues = issues
        self.variables = variables
        self.stations = stations
        self.cells = cells
        self.lead_hours = lead_hours
        self.again = again

    def work(self, context: "Context") -> dict[str, Any]:  # noqa: ARG002  Airflow's signature
        """Plan; a dict for the next tasks."""
        from weather_mlops.ingest.kma_forecast.history_plan import GridLoad
        from weather_mlops.stations import resolve_station_ids

        load = GridLoad.of(
            parse_day(self.first_day),
            parse_day(self.last_day),
            resolve_station_ids(str(self.stations).strip()),
            datetime.now(UTC),
            issues=str(self.issues),
            variables=str(self.variables),
            lead_hours=int(self.lead_hours),
            again=str(self.again) == "True",
            cells=str(self.cells),
        )
        self.log.info(
            "history: planned: issues=%d calls_at_most=%d", sum(1 for _ in load.issues()), load.calls()
        )
        return dict(load.as_dict())


class FetchKmaForecastHistoryOperator(QuotaOperator):
    """Fetch the grids that raw lacks; one serves all stations.

    When the day's calls are used up, it waits without a worker slot until the next day in Korea.

    Args:
        daily_calls: calls per day (KST) of the account after which this load makes none; below the quota, the
            rest is left for the hourly runs.
        kma_conn_id: Airflow connection of the KMA API.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#c4e3f3"

    def __init__(self, *, daily_calls: int = 16_000, kma_conn_id: str = "kma_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.daily_calls = daily_calls
        self.kma_conn_id = kma_conn_id

    def work(self, context: "Context") -> dict[str, Any]:
        """Fetch; defer until the next day when the budget is used up."""
        from hooks.kma import KmaHook
        from hooks.lake import LakeHook
        from weather_mlops.errors import QuotaExhausted
        from weather_mlops.ingest.kma_forecast.history import GridFetch
        from weather_mlops.lake.quota import DailyCalls

        store, task = LakeHook(self.aws_conn_id).store, context["ti"]
        budget = DailyCalls(store, self.daily_calls)
        fetch = GridFetch(
            _plan(context),
            client=KmaHook(self.kma_conn_id).get_forecast_client(budget),
            store=store,
            final=task.try_number > (task.max_tries or 0),
            calls_left=lambda: budget.left,
        )
        try:
            return asdict(fetch.work())
        except QuotaExhausted as error:
            self.wait_for_calls(error)


class PublishKmaForecastHistoryOperator(WeatherOperator):
    """Audit and publish what raw has of the load; then fail if issues are incomplete, naming them.

    Args:
        min_fit_share: share (0 to 1) of a batch's rows that must be fit for any of it to be published.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    operator_extra_links = (RunLink("Data Docs", "docs_keys", "documents"),)
    ui_color = "#f8dcae"

    def __init__(self, *, min_fit_share: float = 0.9, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_fit_share = min_fit_share

    def work(self, context: "Context") -> dict[str, Any]:
        """Publish."""
        from hooks.lake import LakeHook
        from weather_mlops.errors import WeatherError
        from weather_mlops.ingest.kma_forecast.history_publication import GridPublication
        from weather_mlops.settings import project_folder

        lake = LakeHook(self.aws_conn_id)
        publication = GridPublication(
            _plan(context),
            lake.store,
            lake.catalog,
            project_folder("expectations"),
            run_label(context),
            lambda: datetime.now(UTC),
            self.min_fit_share,
        )
        try:
            return asdict(publication.work())
        except WeatherError:
            # The pages matter most when something is missing: the task fails then and returns nothing.
            context["ti"].xcom_push(key="docs_keys", value=publication.done.docs_keys)
            raise


def _plan(context: "Context") -> "GridLoad":
    """The load that the first task planned.

    Raises:
        Misconfigured: it planned none.
    """
    from weather_mlops.errors import Misconfigured
    from weather_mlops.ingest.kma_forecast.history_plan import GridLoad

    plan = context["ti"].xcom_pull(task_ids=PLAN)
    if not plan:
        raise Misconfigured(f"nothing to load: {PLAN} returned no plan; see its log for the reason")
    return GridLoad.from_dict(plan)
