"""The four tasks of pipelines/kma_forecast.yml.

The domain package is imported where a task runs: parsing a DAG stays cheap.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operators.auditing import AuditOperator
from operators.base import WeatherOperator, end_of_interval, run_label
from operators.links import RunLink
from operators.waiting import WaitingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from hooks.lake import LakeHook
    from weather_mlops.ingest.kma_forecast.run import CollectionRun, CollectionSettings
    from weather_mlops.kma.forecast.client import ForecastClient
    from weather_mlops.lake.object_store import ObjectStore
    from weather_mlops.lake.staging import Staging
    from weather_mlops.quality.audit import Audit


class CollectKmaForecastOperator(WaitingOperator):
    """Fetch the newest issue of the KMA's forecast and the missing ones; keep the answers, stage their rows.

    Args:
        stations: ``all``, or a list of station ids and names.
        cells: cells that stations take instead of their own, ``station=x,y``, several with a semicolon
            between them: ``152=102,83; 101=73,134``; empty = each its own.
        lookback_issues: issues (0 to 16) before its own that each run requests again, for corrections.
        publication_share: an issue counts as published when this share (0 to 1) of the stations has it whole.
        hours_share: a station has an issue whole with this share (0 to 1) of the hours that it should have.
        publication_timeout: how long after the issue to wait for its publication, without a worker slot.
        poll_interval: shortest time between two looks; each wait is twice the one before, up to four times
            this.
        gap_calls: API calls per run for issues that are missing, while they can be had, about 50 hours.
        daily_calls: calls per day (KST) of the API Hub's account after which none is made for the forecast;
            below the quota, the rest is left for the observations.
        data_go_kr_daily_calls: the quota of the account on data.go.kr, calls per day (KST).
        kma_conn_id: Airflow connection of the API Hub; empty = not used.
        data_go_kr_conn_id: Airflow connection of data.go.kr, asked where the API Hub fails; empty, or a
            connection that isn't defined or has no key = not used.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    template_fields = ("stations",)
    operator_extra_links = (RunLink("Raw responses", "raw_keys", "raw"),)
    ui_color = "#cdf0fe"

    def __init__(
        self,
        *,
        stations: str | Sequence[int | str] = "all",
        cells: str = "",
        lookback_issues: int = 0,
        publication_share: float = 0.95,
        hours_share: float = 0.95,
        gap_calls: int = 400,
        daily_calls: int = 18_000,
        data_go_kr_daily_calls: int = 10_000,
        kma_conn_id: str = "kma_default",
        data_go_kr_conn_id: str = "data_go_kr_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.stations = stations
        self.cells = cells
        self.lookback_issues = lookback_issues
        self.publication_share = publication_share
        self.hours_share = hours_share
        self.gap_calls = gap_calls
        self.daily_calls = daily_calls
        self.data_go_kr_daily_calls = data_go_kr_daily_calls
        self.kma_conn_id = kma_conn_id
        self.data_go_kr_conn_id = data_go_kr_conn_id

    def work(self, context: "Context") -> dict[str, Any]:
        """Look for the newest issue; defer and look again while it isn't out or whole."""
        from hooks.lake import LakeHook

        lake = LakeHook(self.aws_conn_id)
        run = self._run(context, lake)
        patience, now = self.patience(run.own), datetime.now(UTC)
        collected = run.look(self._clients(lake.store), now, last=patience.is_over(now))
        if collected is None:
            self.wait_again(patience)
        return {**collected.as_dict()}

    def _run(self, context: "Context", lake: "LakeHook") -> "CollectionRun":
        from weather_mlops.ingest.kma_forecast.plan import issue_of_run
        from weather_mlops.ingest.kma_forecast.run import CollectionRun
        from weather_mlops.lake.staging import Staging

        scheduled = context["dag_run"].run_type == "scheduled"
        own = issue_of_run(end_of_interval(context), scheduled=scheduled)
        staging = Staging(lake.store, run_label(context))
        return CollectionRun(self._settings(), lake.store, lake.catalog, staging, own)

    def _settings(self) -> "CollectionSettings":
        from weather_mlops.ingest.kma_forecast.run import CollectionSettings
        from weather_mlops.kma.forecast.cells import cells_of, parse_overrides
        from weather_mlops.stations import resolve_station_ids

        return CollectionSettings(
            cells=cells_of(resolve_station_ids(self.stations), parse_overrides(self.cells)),
            publication_share=self.publication_share,
            hours_share=self.hours_share,
            lookback_issues=self.lookback_issues,
            gap_calls=self.gap_calls,
        )

    def _clients(self, store: "ObjectStore") -> "list[ForecastClient]":
        from hooks.kma import forecast_clients
        from weather_mlops.lake.quota import DATA_GO_KR, DailyCalls

        return forecast_clients(
            self.kma_conn_id,
            DailyCalls(store, self.daily_calls),
            self.data_go_kr_conn_id,
            DailyCalls(store, self.data_go_kr_daily_calls, ledger=DATA_GO_KR),
        )


class ValidateKmaForecastOperator(AuditOperator):
    """Audit the staged rows; quarantine the unfit ones; stop the run when too few are fit.

    Args:
        min_fit_share: share (0 to 1) of the rows that must be fit for any to be published.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#e8f5c8"

    @staticmethod
    def audit(staging: "Staging", suites_dir: Path, audited_at: datetime) -> "Audit":
        """Audit the issues."""
        from weather_mlops.quality import kma_forecast

        return kma_forecast.audit_staged(staging, suites_dir=suites_dir, audited_at=audited_at)


class UpdateKmaForecastCatalogOperator(WeatherOperator):
    """Publish the audited rows in one commit; update the quarantine and the register of missing issues.

    Args:
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#ffdcc2"

    def work(self, context: "Context") -> dict[str, Any]:
        """Publish."""
        from hooks.lake import LakeHook
        from weather_mlops.ingest.kma_forecast import publication
        from weather_mlops.lake.staging import Staging

        lake = LakeHook(self.aws_conn_id)
        staging = Staging(lake.store, run_label(context))
        return {**publication.publish_run(lake.catalog, staging, datetime.now(UTC)).as_dict()}


class CheckKmaForecastOperator(WeatherOperator):
    """Read the published issue back, maintain the table when that is due, and check the issue against limits.

    Args:
        max_age_hours: how many hours old the newest issue in the table may be.
        min_station_share: share (0 to 1) of the stations that must have the run's own issue whole.
        max_open_gaps: number of station-issues of the last 50 hours that may be missing.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#f9d3ef"

    def __init__(
        self,
        *,
        max_age_hours: float = 4,
        min_station_share: float = 0.9,
        max_open_gaps: int = 400,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.max_age_hours = max_age_hours
        self.min_station_share = min_station_share
        self.max_open_gaps = max_open_gaps

    def work(self, context: "Context") -> dict[str, Any]:
        """Read the issue back, and fail if the table is outside its limits."""
        from hooks.lake import LakeHook
        from weather_mlops.ingest.kma_forecast import health, publication
        from weather_mlops.lake.staging import Staging

        lake = LakeHook(self.aws_conn_id)
        limits = health.ForecastHealthLimits(self.max_age_hours, self.min_station_share, self.max_open_gaps)
        staging = Staging(lake.store, run_label(context))
        now = datetime.now(UTC)
        figures = health.read_back(lake.catalog, staging, now)
        publication.maintain_forecasts(lake.catalog, now)
        health.require_healthy(figures, limits)
        return figures.as_dict()
