"""Rebuild the tables from raw alone, compare them with the live ones, and replace these on request.

Forecasts are not rebuilt: no response holds them, and they stay as they were issued.

Month by month (UTC), the responses about the month are audited together, in the order in which they arrived,
and the rows go to tables of the same names in another namespace. The differences from the live tables are
listed; a swap replaces just the months that differ, each table in one commit. A month that somebody else
wrote to in the meantime is rebuilt first, so the hourly run can go on.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import And, In, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.table import ALWAYS_TRUE, Table

from weather_mlops.ingest.rebuild_differences import (
    Difference,
    different_gaps,
    different_observations,
    different_quarantine,
)
from weather_mlops.ingest.rebuilt_month import month_from_raw, months_in_raw
from weather_mlops.lake.catalog import commit, open_table, table_path
from weather_mlops.lake.damage import problem_of
from weather_mlops.lake.file_io import S3FileIO
from weather_mlops.lake.filters import in_months, missing
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import (
    GAPS,
    OBSERVATIONS,
    QUARANTINE,
    QUARANTINE_TABLE_SCHEMA,
    TABLES,
    TableDefinition,
)
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

NAMESPACE: Final = "weather_rebuilt"
FROM_RAW: Final = (OBSERVATIONS, QUARANTINE, GAPS)
REBUILT: Final = {table.name: replace(table, namespace=NAMESPACE) for table in FROM_RAW}


@dataclass
class Rebuilt:
    """Result of a rebuild.

    Attributes:
        months: how many months were rebuilt.
        responses: how many responses were read.
        rows: rows of the rebuilt observations.
        differences: where the live tables differ.
        applied: months that were swapped, over all tables.
    """

    months: int = 0
    responses: int = 0
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    applied: int = 0

    def __str__(self) -> str:
        return (
            f"rebuilt: months={self.months} responses={self.responses} rows={self.rows} "
            f"differences={len(self.differences)} swapped_months={self.applied}"
        )


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
    work = _Work(store, catalog, suites_dir, clock)
    result = Rebuilt()
    work.begin()
    months = months_in_raw(store, first, last)
    if apply:
        result.differences += work.drop_unreadable(None if first is None and last is None else months)
    pending, differences = months, {}
    while pending:
        for count, month in enumerate(pending, start=1):
            differences[month] = work.month(month, result)
            log.info(
                "rebuild: month=%s (%d/%d) rows=%d differences=%d",
                f"{month:%Y-%m}",
                count,
                len(pending),
                result.rows,
                sum(map(len, differences.values())),
            )
        result.differences += [difference for month in pending for difference in differences[month]]
        pending = work.swap(differences, result) if apply else []
    result.differences += work.unreadable(apply=apply)
    result.months = len(months)
    return result


class _Work:
    """Rebuilding, month by month."""

    def __init__(
        self, store: ObjectStore, catalog: Catalog, suites_dir: Path, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._catalog = store, catalog
        self._suites_dir, self._clock = suites_dir, clock
        self._seen: dict[tuple[str, datetime], frozenset[str]] = {}
        self._unreadable: dict[datetime, pa.Table] = {}
        self._response_keys: set[str] = set()

    def begin(self) -> None:
        """Remove the tables of an earlier rebuild with their files, so that the new ones start empty."""
        for definition in REBUILT.values():
            with storage_errors(f"table {definition.identifier}"), suppress(NoSuchTableError):
                self._catalog.drop_table(definition.identifier)
            if stale := [entry.key for entry in self._store.list(f"warehouse/{table_path(definition)}/")]:
                self._store.delete(*stale)

    def drop_unreadable(self, months: Sequence[datetime] | None) -> list[Difference]:
        """Remove data files that are missing or damaged from the live tables, so that the rest can be read.

        Args:
            months: months to look at; None for all, and for rows without a time.

        Returns:
            A difference for each such file. A swap restores their rows from raw, but not forecasts.
        """
        return [difference for definition in TABLES for difference in self._dropped(definition, months)]

    def _dropped(
        self, definition: TableDefinition, months: Sequence[datetime] | None
    ) -> Sequence[Difference]:
        row_filter = ALWAYS_TRUE if months is None else in_months(months, definition.time)

        def attempt(table: Table) -> list[Difference]:
            io = S3FileIO(table.io.properties)
            unreadable = {
                task.file: problem
                for task in table.scan(row_filter=row_filter).plan_files()
                if (problem := problem_of(io.new_input(task.file.file_path))) is not None
            }
            if unreadable:
                with table.transaction() as transaction, transaction.update_snapshot().overwrite() as update:
                    for file in unreadable:
                        update.delete_data_file(file)
            return [
                Difference(
                    definition.name, file.file_path, {"rows": file.record_count, "file": problem}, None
                )
                for file, problem in unreadable.items()
            ]

        dropped = commit(self._catalog, definition, attempt)
        for difference in dropped:
            log.warning("rebuild: removed from the table: %s", difference)
        return dropped

    def month(self, month: datetime, result: Rebuilt) -> list[Difference]:
        """Rebuild a month, write it, and return the differences from the live tables."""
        # Live tables first: the response of each of their rows is in raw already.
        live = {definition.name: self._live(definition, month) for definition in FROM_RAW}
        rebuilt = month_from_raw(
            self._store, month, live[GAPS.name], suites_dir=self._suites_dir, now=self._clock()
        )
        differences = [
            *different_observations(live[OBSERVATIONS.name], rebuilt.observations),
            *different_quarantine(live[QUARANTINE.name], rebuilt.quarantine),
            *different_gaps(live[GAPS.name], rebuilt.gaps),
        ]
        for definition, rows in zip(
            FROM_RAW, (rebuilt.observations, rebuilt.quarantine, rebuilt.gaps), strict=True
        ):
            self._write(REBUILT[definition.name], month, rows)
        self._unreadable[month] = rebuilt.unreadable
        self._response_keys |= rebuilt.begun
        result.responses += rebuilt.responses
        result.rows += rebuilt.observations.num_rows
        return differences

    def unreadable(self, *, apply: bool) -> list[Difference]:
        """Compare, and swap, unreadable lines by their responses: they belong to no month."""
        rebuilt = pa.concat_tables([QUARANTINE_TABLE_SCHEMA.empty_table(), *self._unreadable.values()])
        commit(
            self._catalog,
            REBUILT[QUARANTINE.name],
            lambda table: table.append(rebuilt) if rebuilt.num_rows else None,
        )

        def attempt(table: Table) -> list[Difference]:
            live = scan(table, QUARANTINE_TABLE_SCHEMA, missing("observed_at"))
            live = live.filter(pc.is_in(live["raw_key"], pa.array(sorted(self._response_keys), pa.string())))
            differences = list(different_quarantine(live, rebuilt))
            if apply and differences:
                with table.transaction() as transaction:
                    if live.num_rows:
                        keys = {literal(key) for key in live["raw_key"].to_pylist()}
                        lines = And(missing("observed_at"), In(term=Reference("raw_key"), values=keys))
                        transaction.delete(lines)
                    if rebuilt.num_rows:
                        transaction.append(rebuilt)
            return differences

        return commit(self._catalog, QUARANTINE, attempt)

    def swap(self, differences: Mapping[datetime, list[Difference]], result: Rebuilt) -> list[datetime]:
        """Replace live months that differ by the rebuilt ones.

        Returns:
            Months that somebody else wrote to since they were compared: nothing was swapped in their table.
        """
        stale: set[datetime] = set()
        for definition in FROM_RAW:
            months = sorted(
                month for month, in_month in differences.items()
                if any(difference.table == definition.name for difference in in_month)
            )  # fmt: skip

            def attempt(
                table: Table, definition: TableDefinition = definition, months: Sequence[datetime] = months
            ) -> set[datetime]:
                changed = {
                    month for month in months if _files(table, month) != self._seen[definition.name, month]
                }
                if months and not changed:
                    self._replace(table, definition, months)
                return changed

            changed = commit(self._catalog, definition, attempt)
            result.applied += 0 if changed else len(months)
            stale |= changed
        return sorted(stale)

    def _replace(self, table: Table, definition: TableDefinition, months: Sequence[datetime]) -> None:
        source = open_table(self._catalog, REBUILT[definition.name])
        with table.transaction() as transaction:
            for month in months:
                rows = scan(source, definition.columns, in_months([month]))
                if self._seen[definition.name, month]:
                    transaction.delete(in_months([month]))
                if rows.num_rows:
                    transaction.append(rows)

    def _live(self, definition: TableDefinition, month: datetime) -> pa.Table:
        table = open_table(self._catalog, definition)
        with storage_errors(f"table {definition.identifier}"):
            self._seen[definition.name, month] = _files(table, month)
            return scan(table, definition.columns, in_months([month]))

    def _write(self, definition: TableDefinition, month: datetime, rows: pa.Table) -> None:
        def attempt(table: Table) -> None:
            if _files(table, month):
                table.delete(in_months([month]))
            if rows.num_rows:
                table.append(rows)

        commit(self._catalog, definition, attempt)


def _files(table: Table, month: datetime) -> frozenset[str]:
    """Paths of the files that hold a month in the table's current snapshot."""
    if table.current_snapshot() is None:
        return frozenset()
    tasks = table.scan(row_filter=in_months([month])).plan_files()
    return frozenset(task.file.file_path for task in tasks)
