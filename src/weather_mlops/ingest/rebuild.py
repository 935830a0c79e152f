"""Rebuild the tables from raw alone, compare them with the live ones, and replace these on request.

Our own forecasts are not rebuilt: no response holds them, and they stay as they were issued.

Month by month (UTC), what raw has about the month is audited in the order in which it arrived, and the rows
go to tables of the same names in another namespace. The differences from the live tables are listed; a swap
replaces just the months that differ, each table in one commit. A month that somebody else wrote to in the
meantime is rebuilt first, so the hourly run can go on.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, In, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.table import Table

from weather_mlops.ingest.kma_forecast.rebuild import ForecastRebuild
from weather_mlops.ingest.rebuild_differences import (
    Difference,
    RebuildCounts,
    different_gaps,
    different_observations,
    different_quarantine,
)
from weather_mlops.ingest.rebuilt_month import month_from_raw, months_in_raw
from weather_mlops.ingest.rebuilt_tables import RebuiltTables, rebuilt
from weather_mlops.lake.catalog import commit
from weather_mlops.lake.filters import missing
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import (
    GAPS,
    OBSERVATIONS,
    QUARANTINE,
    QUARANTINE_TABLE_SCHEMA,
    TableDefinition,
)

log = logging.getLogger(__name__)


@dataclass
class Rebuilt:
    """Result of a rebuild.

    Attributes:
        months: how many months were rebuilt, of observations, of the KMA's forecast, or of both.
        counts: what was read and rebuilt.
        differences: where the live tables differ.
        applied: months that were swapped, over all tables.
    """

    months: int = 0
    counts: RebuildCounts = field(default_factory=RebuildCounts)
    differences: list[Difference] = field(default_factory=list)
    applied: int = 0

    def __str__(self) -> str:
        return (
            f"rebuilt: months={self.months} {self.counts} differences={len(self.differences)} "
            f"swapped_months={self.applied}"
        )


class Subject(Protocol):
    """Tables that are rebuilt together, month by month."""

    @property
    def definitions(self) -> Sequence[TableDefinition]:
        """Of the live tables."""

    def months(self, first: date | None, last: date | None) -> list[datetime]:
        """The months between two days that raw has anything about."""

    def month(self, month: datetime, counts: RebuildCounts) -> list[Difference]:
        """Rebuild a month, write it, and return the differences from the live tables."""

    def finish(self, *, apply: bool) -> list[Difference]:
        """Compare, and swap, what belongs to no month."""


def rebuild(  # noqa: PLR0913  what it needs to know
    first: date | None,
    last: date | None,
    *,
    store: ObjectStore,
    catalog: Catalog,
    suites_dir: Path,
    clock: Callable[[], datetime],
    apply: bool = False,
) -> Rebuilt:
    """Rebuild months, compare them with the live tables, and swap those that differ if requested.

    Args:
        first: a day (KST) of the first month; None = the first month in raw. Months without a response in raw
            are left as they are.
        last: a day (KST) of the last month; None = the last month in raw.
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
        apply: whether to swap months that differ.

    Raises:
        FormatChanged: a stored response is damaged: its bytes are not those that were received.
        ObjectDamaged: without ``apply``, a data file of a live table can't be read: nothing can be compared.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    tables, result = RebuiltTables(store, catalog), Rebuilt()
    subjects: tuple[Subject, ...] = (
        ObservationRebuild(store, tables, suites_dir, clock),
        ForecastRebuild(store, tables, suites_dir, clock),
    )
    for subject in subjects:
        tables.begin(subject.definitions)
    months = [subject.months(first, last) for subject in subjects]
    distinct = set[datetime]().union(*months)
    if apply:
        result.differences += tables.drop_unreadable(None if first is None and last is None else distinct)
    for subject, of_subject in zip(subjects, months, strict=True):
        _rebuild_months(subject, of_subject, tables, result, apply=apply)
    result.months = len(distinct)
    return result


def _rebuild_months(
    subject: Subject, months: Sequence[datetime], tables: RebuiltTables, result: Rebuilt, *, apply: bool
) -> None:
    pending, differences = list(months), dict[datetime, list[Difference]]()
    while pending:
        for count, month in enumerate(pending, start=1):
            differences[month] = subject.month(month, result.counts)
            log.info(
                "rebuild: %s month=%s (%d/%d) %s differences=%d",
                subject.definitions[0].name,
                f"{month:%Y-%m}",
                count,
                len(pending),
                result.counts,
                sum(map(len, differences.values())),
            )
        result.differences += [difference for month in pending for difference in differences[month]]
        stale: set[datetime] = set()
        for definition in subject.definitions if apply else ():
            swapped, changed = tables.swap(definition, differences)
            result.applied += swapped
            stale |= changed
        pending = sorted(stale)
    result.differences += subject.finish(apply=apply)


class ObservationRebuild:
    """Observations, their quarantine and their gaps.

    Args:
        store: the bucket.
        tables: rebuilt and live ones.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
    """

    definitions: Final = (OBSERVATIONS, QUARANTINE, GAPS)

    def __init__(
        self, store: ObjectStore, tables: RebuiltTables, suites_dir: Path, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._tables = store, tables
        self._suites_dir, self._clock = suites_dir, clock
        self._unreadable: dict[datetime, pa.Table] = {}
        self._response_keys: set[str] = set()

    def months(self, first: date | None, last: date | None) -> list[datetime]:
        """The months between two days that any response in raw is about."""
        return months_in_raw(self._store, first, last)

    def month(self, month: datetime, counts: RebuildCounts) -> list[Difference]:
        """Rebuild a month, write it, and return the differences from the live tables."""
        # Live tables first: the response of each of their rows is in raw already.
        live = {definition.name: self._tables.live(definition, month) for definition in self.definitions}
        of_month = month_from_raw(
            self._store, month, live[GAPS.name], suites_dir=self._suites_dir, now=self._clock()
        )
        differences = [
            *different_observations(live[OBSERVATIONS.name], of_month.observations),
            *different_quarantine(live[QUARANTINE.name], of_month.quarantine),
            *different_gaps(live[GAPS.name], of_month.gaps),
        ]
        for definition, rows in zip(
            self.definitions, (of_month.observations, of_month.quarantine, of_month.gaps), strict=True
        ):
            self._tables.write(definition, month, rows)
        self._unreadable[month] = of_month.unreadable
        self._response_keys |= of_month.begun
        counts.responses += of_month.responses
        counts.rows += of_month.observations.num_rows
        return differences

    def finish(self, *, apply: bool) -> list[Difference]:
        """Compare, and swap, unreadable lines by their responses: they belong to no month."""
        lines = pa.concat_tables([QUARANTINE_TABLE_SCHEMA.empty_table(), *self._unreadable.values()])
        commit(
            self._tables.catalog,
            rebuilt(QUARANTINE),
            lambda table: table.append(lines) if lines.num_rows else None,
        )

        def attempt(table: Table) -> list[Difference]:
            live = scan(table, QUARANTINE_TABLE_SCHEMA, missing("observed_at"))
            live = live.filter(pc.is_in(live["raw_key"], pa.array(sorted(self._response_keys), pa.string())))
            differences = list(different_quarantine(live, lines))
            if apply and differences:
                with table.transaction() as transaction:
                    if live.num_rows:
                        keys = {literal(key) for key in live["raw_key"].to_pylist()}
                        old = And(missing("observed_at"), In(term=Reference("raw_key"), values=keys))
                        transaction.delete(old)
                    if lines.num_rows:
                        transaction.append(lines)
            return differences

        return commit(self._tables.catalog, QUARANTINE, attempt)
