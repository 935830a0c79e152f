"""The KMA's forecast of a month computed from raw alone, some days of issues at a time.

Rows of different issues have nothing to do with each other, so a few days of issues are read, audited and
merged together: what raw has of a month would take gigabytes. What a station-issue was received as the n-th
time is audited with the n-th of the others, and merged into what was accepted before, as it was when it
arrived.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from weather_mlops.clock import HOUR, month_of, next_month
from weather_mlops.ingest.kma_forecast import importer
from weather_mlops.ingest.kma_forecast.archive import REJECTED, audit_archive
from weather_mlops.ingest.kma_forecast.batch import station_issues_of
from weather_mlops.ingest.kma_forecast.replay import Replayed, archive_of_raw, issue_of_raw
from weather_mlops.kma.endpoints import from_kst
from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.lake import kma_forecast_raw, raw
from weather_mlops.lake.kma_archive_raw import ArchiveBatch, read_batches
from weather_mlops.lake.kma_forecast_columns import KMA_FORECAST_QUARANTINE_SCHEMA
from weather_mlops.lake.kma_forecast_gaps import StationIssue
from weather_mlops.lake.kma_forecast_merge import merge, replace_rows, row_keys, station_issues
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.quality.kma_forecast_suites import LONGEST_LEAD

SPAN: Final = timedelta(days=4)
"""Issues that are read together: some 300,000 rows of all stations."""
LONGEST: Final = LONGEST_LEAD.high * HOUR
"""The audit refuses hours further ahead."""
RUN: Final = "rebuild"


@dataclass(frozen=True)
class RebuiltIssues:
    """What raw has of the issues of a span.

    Attributes:
        first: the first issue that may be in it, UTC.
        end: before this issue.
        rows: FORECAST_ROWS of all their hours.
        refused: KMA_FORECAST_QUARANTINE_SCHEMA.
        collected: station-issues of getVilageFcst, which should be whole.
        objects: how many objects of raw were read; a batch of an archive counts as one.
    """

    first: datetime
    end: datetime
    rows: pa.Table
    refused: pa.Table
    collected: set[StationIssue]
    objects: int


class ForecastsOfRaw:
    """What raw has of the KMA's forecast.

    Args:
        store: the bucket.
        suites_dir: folder of the suites.

    Raises:
        FormatChanged, ObjectDamaged: an object of raw is damaged.
        StorageUnavailable, StorageRefused.
    """

    def __init__(self, store: ObjectStore, suites_dir: Path) -> None:
        self._store, self._suites_dir = store, suites_dir
        batches = read_batches(store)
        self._batches = sorted(
            [*batches, *_unpublished_files(store, batches)], key=lambda batch: batch.published_at
        )

    def months(self) -> set[datetime]:
        """The months (UTC) that raw has a forecast for."""
        issues = kma_forecast_raw.issues(self._store)
        spans = {(issue, issue) for issue in issues}
        spans |= {(batch.first_issue, batch.last_issue) for batch in self._batches}
        return {month for first, last in spans for month in _months(first, last + LONGEST)}

    def spans(self, month: datetime, now: datetime) -> Iterator[RebuiltIssues]:
        """Audit what raw has of the issues with an hour in a month, span by span.

        Args:
            month: the first instant of the month (UTC).
            now: time of the audit, UTC.
        """
        first, end = month - LONGEST, next_month(month)
        # A file has years: it is read once a month. Grids are read issue by issue.
        files = [
            archive_of_raw(self._store, batch, first, end)
            for batch in self._overlapping(first, end)
            if batch.source == "portal"
        ]
        while first < end:
            stop = min(first + SPAN, end)
            yield self._span(first, stop, files, now)
            first = stop

    def _overlapping(self, first: datetime, end: datetime) -> list[ArchiveBatch]:
        """Batches with issues of a span; one that repeats the batch before it is left out."""
        batches: list[ArchiveBatch] = []
        for batch in self._batches:
            overlaps = batch.first_issue < end and batch.last_issue >= first
            if overlaps and not (batches and batch.repeats(batches[-1])):
                batches.append(batch)
        return batches

    def _span(
        self, first: datetime, end: datetime, files: Sequence[Replayed], now: datetime
    ) -> RebuiltIssues:
        received = [
            issue_of_raw(self._store, key) for key in kma_forecast_raw.keys_between(self._store, first, end)
        ]
        collected = {each for one in received for each in station_issues_of(one.rows)}
        received += [
            archive_of_raw(self._store, batch, first, end)
            for batch in self._overlapping(first, end)
            if batch.source == "grid"
        ]
        received += [replayed.between(first, end) for replayed in files]
        received.sort(key=lambda each: each.at)
        rows, refused = self._audited(received, now)
        return RebuiltIssues(first, end, rows, refused, collected, len(received))

    def _audited(self, received: Sequence[Replayed], now: datetime) -> tuple[pa.Table, pa.Table]:
        """What the audits accept and refuse of what was received, in the order of arrival."""
        current = FORECAST_ROWS.empty_table()
        refused = [KMA_FORECAST_QUARANTINE_SCHEMA.empty_table()]
        rejected = pa.concat_tables([REJECTED.empty_table(), *(each.rejected for each in received)])
        for rows in versions([each.rows for each in received]):
            result = audit_archive(rows, suites_dir=self._suites_dir, now=now, run=RUN, rejected=rejected)
            changes = merge(current, result.accepted.cast(FORECAST_ROWS))
            current = pa.concat_tables([replace_rows(current, changes.corrected), changes.inserted])
            refused.append(result.quarantined.select(KMA_FORECAST_QUARANTINE_SCHEMA.names))
            rejected = rejected.slice(0, 0)
        return current, pa.concat_tables(refused)


def versions(received: Sequence[pa.Table]) -> list[pa.Table]:
    """Split rows by version: the n-th table has what was received the n-th time of each station-issue.

    Args:
        received: STAGED_ROWS, in the order of arrival.
    """
    counts = Counter[int]()
    tables: dict[int, list[pa.Table]] = {}
    for rows in received:
        issues, index = np.unique(station_issues(row_keys(rows)), return_inverse=True)
        number = np.array([counts[issue] for issue in issues.tolist()], np.int64)[index]
        counts.update(issues.tolist())
        for version in np.unique(number).tolist():
            tables.setdefault(version, []).append(rows.filter(pa.array(number == version)))
    return [pa.concat_tables(tables[version]) for version in sorted(tables)]


def _unpublished_files(store: ObjectStore, batches: Sequence[ArchiveBatch]) -> Iterator[ArchiveBatch]:
    """Imported files that no batch has, because the import was killed: each a batch of its own."""
    published = {key for batch in batches for key in batch.keys}
    for key in raw.list_raw(store, importer.IMPORTED):
        first, last = key.rpartition("/")[2].split("_")[:2]
        if key not in published and not first.endswith("Z"):  # else it has no value
            about = raw.read_sidecar(store, raw.sidecar_of(key))
            at = datetime.fromisoformat(about["fetched_at"])
            yield ArchiveBatch("portal", (key,), at, from_kst(first), from_kst(last))


def _months(first: datetime, last: datetime) -> Iterator[datetime]:
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)
