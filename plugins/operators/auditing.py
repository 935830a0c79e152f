"""The task that audits the staged rows of a run: of observations, and of the KMA's forecast."""

from abc import abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operators.base import WeatherOperator, run_label
from operators.links import PageLink

if TYPE_CHECKING:
    from airflow.sdk import Context

    from weather_mlops.lake.staging import Staging
    from weather_mlops.quality.audit import Audit


class AuditOperator(WeatherOperator):
    """Audit the staged rows; quarantine the unfit ones; stop the run when too few are fit.

    Args:
        min_fit_share: share (0 to 1) of the rows that must be fit for any to be published.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    operator_extra_links = (PageLink("Data Docs", "docs_key"),)

    def __init__(self, *, min_fit_share: float = 0.9, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.min_fit_share = min_fit_share

    @staticmethod
    @abstractmethod
    def audit(staging: "Staging", suites_dir: Path, audited_at: datetime) -> "Audit":
        """Audit what is staged."""

    def work(self, context: "Context") -> dict[str, Any]:
        """Audit, publish the result as JSON and Data Docs, and check the share of fit rows."""
        from hooks.lake import LakeHook
        from weather_mlops.lake.staging import Staging
        from weather_mlops.quality import docs
        from weather_mlops.quality.audit import check_fit
        from weather_mlops.settings import project_folder

        store = LakeHook(self.aws_conn_id).store
        staging = Staging(store, run_label(context))
        result = self.audit(staging, project_folder("expectations"), datetime.now(UTC))
        keys = docs.publish(store, result)
        # The page matters most when too few rows are fit: the task fails then and returns nothing.
        context["ti"].xcom_push(key="docs_key", value=keys.page)
        check_fit(result, self.min_fit_share)
        return {
            "quality_score": result.score.overall,
            "score": result.score.as_dict(),
            **result.counts,
            "validation_key": keys.validation,
            "docs_key": keys.page,
        }
