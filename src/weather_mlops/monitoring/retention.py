"""Retention: how long objects, models, snapshots and logs are kept."""

from dataclasses import dataclass
from typing import Final

from weather_mlops.errors import Misconfigured

LONGEST_LOOK_DAYS: Final = 31
"""Monitoring reads validation results of the last month, so these must be kept as long."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Retention periods in days; each field is an argument in pipelines/monitoring.yml.

    Attributes:
        staging_days: data that a run passed from task to task, in days since its last write.
        reports_days: reports of monitoring.
        quality_days: validation results and Data Docs.
        calls_days: ledger of API calls.
        logs_days: log files of Airflow.
        snapshot_days: snapshots of the tables that no tag refers to.
        orphan_days: files of the tables that no snapshot refers to.
        refused_models_days: models that were never champion.
    """

    staging_days: float = 14
    reports_days: float = 30
    quality_days: float = 180
    calls_days: float = 31
    logs_days: float = 30
    snapshot_days: float = 1
    orphan_days: float = 3
    refused_models_days: float = 30

    def __post_init__(self) -> None:
        if self.quality_days < LONGEST_LOOK_DAYS:
            raise Misconfigured(
                f"keep: quality_days is {self.quality_days:g}; monitoring reads the results of the last "
                f"{LONGEST_LOOK_DAYS} days, so set at least that"
            )
        if min(self.orphan_days, self.snapshot_days, self.staging_days) < 1:
            raise Misconfigured(
                "keep: snapshot_days, orphan_days and staging_days must be at least 1: younger files may be "
                "in use"
            )
