"""Audit and publish forecasts of an archive: files of the portal, and old grids."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import EPOCH, HOUR
from weather_mlops.ingest.kma_forecast.batch import HOURS_SHARE, hours_of, station_issues_of
from weather_mlops.ingest.kma_forecast.history_plan import LEAD_HOURS
from weather_mlops.kma.forecast.issues import valid_times
from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.lake import kma_forecast_gaps, kma_forecasts, quarantine
from weather_mlops.lake.kma_archive_raw import ArchiveBatch, ArchiveSource, put_batch
from weather_mlops.lake.kma_forecast_gaps import StationIssue
from weather_mlops.lake.kma_forecasts import PublishedKmaForecasts
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import KMA_FORECAST_QUARANTINE
from weather_mlops.quality import docs
from weather_mlops.quality import kma_forecast as quality
from weather_mlops.quality.audit import Audit

REJECTED: Final = pa.schema(
    [
        ("issued_at", FORECAST_ROWS.field("issued_at").type),
        ("cell", pa.string()),
        ("text", pa.string()),
        ("reason", pa.string()),
        ("raw_key", pa.string()),
    ]
)
"""Lines that can't be read."""
_COUNTED: Final = ("station_id", "issued_at", "valid_at", "air_temperature_c")


@dataclass
class ForecastArchive:
    """Brings rows of an archive through the audit into the tables.

    Attributes:
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
        docs_keys: of the audits' pages so far.
    """

    store: ObjectStore
    catalog: Catalog
    suites_dir: Path
    clock: Callable[[], datetime]
    docs_keys: list[str] = field(default_factory=list)

    def audit(self, rows: pa.Table, *, run: str, rejected: pa.Table | None = None) -> Audit:
        """Audit rows, and publish the result as JSON and Data Docs.

        Args:
            rows: FORECAST_ROWS and raw_key, at least one.
            run: its name.
            rejected: REJECTED.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        result = audit_archive(rows, suites_dir=self.suites_dir, now=self.clock(), run=run, rejected=rejected)
        self.docs_keys.append(docs.publish(self.store, result, load=True).page)
        return result

    def batch(self, source: ArchiveSource, keys: Iterable[str], result: Audit) -> ArchiveBatch:
        """What an audit is about, for raw.

        Args:
            source: of the rows.
            keys: of the objects in raw.
            result: of the audit.
        """
        first, last = result.window or (EPOCH, EPOCH)
        return ArchiveBatch(source, tuple(keys), self.clock(), first, last)

    def publish(
        self, result: Audit, batch: ArchiveBatch, *, run: str, values_of: Collection[int] = ()
    ) -> PublishedKmaForecasts:
        """Publish what an audit accepted, in one commit; note what it refused, and close gaps that it fills.

        Args:
            result: of the audit.
            batch: of which objects the rows were read, and how.
            run: its name.
            values_of: ids of the stations whose changed values are counted.

        Raises:
            CommitConflict, StorageUnavailable, StorageRefused.
        """
        now = self.clock()
        put_batch(self.store, batch)
        quarantine.record_refused(
            self.catalog, result.quarantined, run=run, at=now, definition=KMA_FORECAST_QUARANTINE
        )
        published = kma_forecasts.publish(
            self.catalog, result.accepted, run=run, now=now, values_of=values_of
        )
        # Only now: a gap is never closed before its rows are in the table.
        # A load of a few hours doesn't make an issue whole, one of two days does.
        longest_lead = None if batch.lead_hours is None else max(batch.lead_hours, LEAD_HOURS) * HOUR
        filled = self._filled(result.accepted, longest_lead)
        kma_forecast_gaps.record(self.catalog, absent={}, present=filled, run=run, now=now)
        return published

    def _filled(self, accepted: pa.Table, longest_lead: timedelta | None) -> set[StationIssue]:
        """Station-issues with an open gap that the table has now, up to the longest lead."""
        brought = station_issues_of(accepted)
        gaps = station_issues_of(kma_forecast_gaps.load(self.catalog)) & brought
        if not gaps:
            return set()
        issues = {issued_at for _, issued_at in gaps}
        stored = kma_forecasts.read_issues(self.catalog, issues, _COUNTED)
        if longest_lead is not None:
            lead = pc.subtract(stored["valid_at"], stored["issued_at"])
            stored = stored.filter(pc.less_equal(lead, pa.scalar(longest_lead, lead.type)))
        present = hours_of(stored)
        return {gap for gap in gaps if present.get(gap, 0) >= HOURS_SHARE * _needed(gap[1], longest_lead)}


def audit_archive(
    rows: pa.Table, *, suites_dir: Path, now: datetime, run: str, rejected: pa.Table | None = None
) -> Audit:
    """Audit rows of an archive by the suites of the hourly run.

    Args:
        rows: FORECAST_ROWS and raw_key, at least one.
        suites_dir: folder of the suites.
        now: the time, UTC.
        run: its name.
        rejected: REJECTED.

    Returns:
        The result, about the first to the last issue.
    """
    collected = {
        "rows": rows,
        "rejected": REJECTED.empty_table() if rejected is None else rejected,
        # Nobody knows which hours an archive should have: its own count.
        "expected": rows.group_by(["station_id", "issued_at"])
        .aggregate([([], "count_all")])
        .rename_columns(["station_id", "issued_at", "hours"]),
    }
    result = quality.audit(collected, now, suites_dir=suites_dir, audited_at=now, run=run)
    issues = pc.min_max(rows["issued_at"]).as_py()
    return replace(result, window=(issues["min"], issues["max"]))


def _needed(issued_at: datetime, longest_lead: timedelta | None) -> int:
    """How many hours an issue should have, up to a lead."""
    return sum(longest_lead is None or valid - issued_at <= longest_lead for valid in valid_times(issued_at))
