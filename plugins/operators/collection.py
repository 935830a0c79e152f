"""The four tasks of pipelines/collection.yml.

The domain package is imported where a task runs: parsing a DAG stays cheap.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger

from operators.auditing import AuditOperator
from operators.base import WeatherOperator, end_of_interval, run_label
from operators.links import RunLink
from operators.waiting import WaitingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hooks.lake import LakeHook
    from weather_mlops.lake.object_store import ObjectStore
    from weather_mlops.lake.staging import Staging
    from weather_mlops.quality.audit import Audit


class CollectWeatherDataOperator(WaitingOperator):
    """Fetch the newest and the missing hours; keep the raw responses and stage their rows.

    Args:
        stations: ``all``, or a list of station ids and names.
        lookback_hours: hours (1 or more) requested in each run, its own one included.
        publication_share: an hour counts as published when this share (0 to 1) of the stations has a row.
        publication_timeout: how long after the hour to wait for its publication, without a worker slot.
        poll_interval: shortest time between two checks; each wait is twice the one before, up to four
            times this. The first check is at the delay after which the last hours were published.
        gap_calls: API calls per run for hours that are missing.
        daily_calls: the quota of the KMA account, calls per day (KST).
        kma_conn_id: Airflow connection of the KMA API.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    template_fields = ("stations", "lookback_hours")
    operator_extra_links = (RunLink("Raw responses", "raw_keys", "raw"),)
    ui_color = "#d0e4ff"

    def __init__(
        self,
        *,
        stations: str | Sequence[int | str] = "all",
        lookback_hours: int = 3,
        publication_share: float = 0.95,
        gap_calls: int = 10,
        daily_calls: int = 20_000,
        kma_conn_id: str = "kma_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.stations = stations
        self.lookback_hours = lookback_hours
        self.publication_share = publication_share
        self.gap_calls = gap_calls
        self.daily_calls = daily_calls
        self.kma_conn_id = kma_conn_id

    def work(self, context: "Context") -> dict[str, Any]:
        """Fetch the newest hour when it is due; defer and try again while it isn't published."""
        from hooks.lake import LakeHook
        from weather_mlops.ingest.collection import Window

        lake = LakeHook(self.aws_conn_id)
        hour = Window.ending(end_of_interval(context), 1).end
        self._wait_for_first_look(context, lake.store, hour)
        return self._collect(context, lake)

    def _wait_for_first_look(self, context: "Context", store: "ObjectStore", hour: datetime) -> None:
        """Defer a scheduled run until its hour is due; a manual run checks at once."""
        from weather_mlops.ingest import publication

        now, patience = datetime.now(UTC), self.patience(hour)
        if self._looks is not None or context["dag_run"].run_type != "scheduled" or patience.is_over(now):
            return
        first = patience.first_look(publication.delays(store, hour, self.publication_timeout))
        if first > now:
            self.log.info("hour %s: expected at %s, by the delays of the hours before it", hour, first)
            self.defer(trigger=DateTimeTrigger(first), method_name="look_again", kwargs={"looks": 0})

    def _collect(self, context: "Context", lake: "LakeHook") -> dict[str, Any]:
        from hooks.kma import KmaHook
        from weather_mlops.ingest import collection
        from weather_mlops.lake import gaps, health
        from weather_mlops.lake.gap_calls import of_stations, plan_calls
        from weather_mlops.lake.quota import DailyCalls
        from weather_mlops.lake.staging import Staging
        from weather_mlops.stations import resolve_station_ids

        budget = DailyCalls(lake.store, self.daily_calls)
        client = KmaHook(self.kma_conn_id).get_client(budget)
        stations = resolve_station_ids(self.stations)
        window = collection.Window.ending(
            end_of_interval(context), int(self.lookback_hours), health.newest_hour(lake.catalog)
        )
        patience = self.patience(window.end)
        batch = collection.fetch_published(
            client,
            lake.store,
            window,
            stations,
            share=self.publication_share,
            last=patience.is_over(datetime.now(UTC)),
        )
        if batch is None:
            self.wait_again(patience)
        now = datetime.now(UTC)
        register = of_stations(gaps.load(lake.catalog, now), stations)
        due = gaps.due(register, now, before=window.begin)
        gap_calls = collection.fetch_gaps(client, lake.store, batch, plan_calls(due, self.gap_calls))
        collection.require_rows(batch, window)
        keys = collection.stage(lake.store, Staging(lake.store, run_label(context)), batch)
        return {
            "window": [window.begin.isoformat(), window.end.isoformat()],
            "rows": batch.arrived,
            "stations": len(stations),
            "published_share": round(collection.published_share(batch, window.end, stations), 4),
            "looks": self.looks + 1,
            "gap_calls": gap_calls,
            "calls_left": budget.left,
            "raw_keys": keys,
        }


class ValidateDataQualityOperator(AuditOperator):
    """Audit the staged rows; quarantine the unfit ones; stop the run when too few are fit.

    Args:
        min_fit_share: share (0 to 1) of the rows that must be fit for any to be published.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#d7f0df"

    @staticmethod
    def audit(staging: "Staging", suites_dir: Path, audited_at: datetime) -> "Audit":
        """Audit the observations."""
        from weather_mlops.quality import audit

        return audit.audit_staged(staging, suites_dir=suites_dir, audited_at=audited_at)


class UpdateDataCatalogOperator(WeatherOperator):
    """Publish the audited rows in one commit; update the quarantine and the gap register.

    Args:
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#ffe3c2"

    def work(self, context: "Context") -> dict[str, Any]:
        """Publish."""
        from hooks.lake import LakeHook
        from weather_mlops.ingest import quality_days
        from weather_mlops.lake import publish
        from weather_mlops.lake.staging import Staging

        lake, now = LakeHook(self.aws_conn_id), datetime.now(UTC)
        staging = Staging(lake.store, run_label(context))
        published = publish.publish_run(lake.catalog, staging, now)
        quality_days.record_run(lake.store, lake.catalog, staging, now)
        return published.as_dict()


class HealthCheckOperator(WeatherOperator):
    """Read the published table back, and check it against limits.

    Args:
        max_lag_hours: how many hours the newest published hour may be behind the clock.
        min_station_share: share (0 to 1) of the stations that the newest hour must have.
        max_open_gaps: number of station-hours that may be missing.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#ffd6de"

    def __init__(
        self,
        *,
        max_lag_hours: float = 2,
        min_station_share: float = 0.9,
        max_open_gaps: int = 5000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_lag_hours = max_lag_hours
        self.min_station_share = min_station_share
        self.max_open_gaps = max_open_gaps

    def work(self, context: "Context") -> dict[str, Any]:
        """Read the table back, and fail if it is outside its limits."""
        from hooks.lake import LakeHook
        from weather_mlops.lake import health
        from weather_mlops.lake.staging import Staging

        lake = LakeHook(self.aws_conn_id)
        limits = health.TableHealthLimits(self.max_lag_hours, self.min_station_share, self.max_open_gaps)
        staging = Staging(lake.store, run_label(context))
        figures = health.read_back(lake.catalog, staging, datetime.now(UTC))
        health.require_healthy(figures, limits)
        return figures.as_dict()
