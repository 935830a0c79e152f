"""Tables that are rebuilt next to the live ones, compared with them by month, and swapped into their place.

A rebuilt table has the name of the live one in another namespace. A swap replaces just the months that
differ, each table in one commit, and only months that nobody has written to since they were compared.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import ALWAYS_TRUE, Table

from weather_mlops.ingest.rebuild_differences import Difference
from weather_mlops.lake.catalog import commit, open_table, table_path
from weather_mlops.lake.damage import problem_of
from weather_mlops.lake.file_io import S3FileIO
from weather_mlops.lake.filters import in_months
from weather_mlops.lake.kma_forecasts import carried
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

NAMESPACE: Final = "weather_rebuilt"


def rebuilt(definition: TableDefinition) -> TableDefinition:
    """The definition of a table's rebuilt counterpart."""
    return replace(definition, namespace=NAMESPACE)


class RebuiltTables:
    """The rebuilt tables, and the live ones.

    Args:
        store: the bucket.
        catalog: of the tables.
    """

    def __init__(self, store: ObjectStore, catalog: Catalog) -> None:
        self._store, self.catalog = store, catalog
        self._seen: dict[tuple[str, datetime], frozenset[str]] = {}

    def begin(self, definitions: Iterable[TableDefinition]) -> None:
        """Remove the tables of an earlier rebuild with their files, so that the new ones start empty."""
        for definition in map(rebuilt, definitions):
            with storage_errors(f"table {definition.identifier}"), suppress(NoSuchTableError):
                self.catalog.drop_table(definition.identifier)
            if stale := [entry.key for entry in self._store.list(f"warehouse/{table_path(definition)}/")]:
                self._store.delete(*stale)

    def drop_unreadable(self, months: Collection[datetime] | None) -> list[Difference]:
        """Remove data files that are missing or damaged from the live tables, so that the rest can be read.

        Args:
            months: months to look at; None for all, and for rows without a time.

        Returns:
            A difference for each such file. A swap restores their rows from raw, but not our own forecasts.
        """
        return [difference for definition in TABLES for difference in self._dropped(definition, months)]

    def _dropped(
        self, definition: TableDefinition, months: Collection[datetime] | None
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
                notes = carried(table)
                with table.transaction() as change, change.update_snapshot(notes).overwrite() as update:
                    for file in unreadable:
                        update.delete_data_file(file)
            return [
                Difference(
                    definition.name, file.file_path, {"rows": file.record_count, "file": problem}, None
                )
                for file, problem in unreadable.items()
            ]

        dropped = commit(self.catalog, definition, attempt)
        for difference in dropped:
            log.warning("rebuild: removed from the table: %s", difference)
        return dropped

    def open_live(self, definition: TableDefinition, month: datetime) -> Table:
        """The live table as it is now; a swap makes sure that nobody wrote to the month since.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        table = open_table(self.catalog, definition)
        with storage_errors(f"table {definition.identifier}"):
            self._seen[definition.name, month] = _files(table, definition, month)
        return table

    def live(self, definition: TableDefinition, month: datetime) -> pa.Table:
        """The rows of a month of the live table, see ``open_live``.

        Raises:
            ObjectDamaged: a data file can't be read.
            StorageUnavailable, StorageRefused.
        """
        table = self.open_live(definition, month)
        with storage_errors(f"table {definition.identifier}"):
            return scan(table, definition.columns, in_months([month], definition.time))

    def clear(self, definition: TableDefinition, month: datetime) -> None:
        """Remove a month from the rebuilt table."""

        def attempt(table: Table) -> None:
            if _files(table, definition, month):
                table.delete(in_months([month], definition.time))

        commit(self.catalog, rebuilt(definition), attempt)

    def append(self, definition: TableDefinition, rows: pa.Table) -> None:
        """Add rows to the rebuilt table."""
        if rows.num_rows:
            commit(self.catalog, rebuilt(definition), lambda table: table.append(rows))

    def write(self, definition: TableDefinition, month: datetime, rows: pa.Table) -> None:
        """Replace a month of the rebuilt table."""
        self.clear(definition, month)
        self.append(definition, rows)

    def swap(
        self, definition: TableDefinition, differences: Mapping[datetime, Iterable[Difference]]
    ) -> tuple[int, set[datetime]]:
        """Replace live months of a table that differ by the rebuilt ones, in one commit.

        Args:
            definition: of the live table.
            differences: by month, of any table.

        Returns:
            The number of months that were swapped; and months that somebody else wrote to since they were
            compared: if there are any, none was swapped.
        """
        months = sorted(
            month for month, in_month in differences.items()
            if any(difference.table == definition.name for difference in in_month)
        )  # fmt: skip

        def attempt(table: Table) -> set[datetime]:
            stale = {
                month
                for month in months
                if _files(table, definition, month) != self._seen[definition.name, month]
            }
            if months and not stale:
                self._replace(table, definition, months)
            return stale

        stale = commit(self.catalog, definition, attempt)
        return 0 if stale else len(months), stale

    def _replace(self, table: Table, definition: TableDefinition, months: Sequence[datetime]) -> None:
        source, notes = open_table(self.catalog, rebuilt(definition)), carried(table)
        with table.transaction() as transaction:
            for month in months:
                row_filter = in_months([month], definition.time)
                rows = scan(source, definition.columns, row_filter)
                if self._seen[definition.name, month]:
                    transaction.delete(row_filter, snapshot_properties=notes)
                if rows.num_rows:
                    order = [(name, "ascending") for name in definition.sorted_by]
                    transaction.append(rows.sort_by(order), snapshot_properties=notes)


def _files(table: Table, definition: TableDefinition, month: datetime) -> frozenset[str]:
    """Paths of the files that hold a month in the table's current snapshot."""
    if table.current_snapshot() is None:
        return frozenset()
    tasks = table.scan(row_filter=in_months([month], definition.time)).plan_files()
    return frozenset(task.file.file_path for task in tasks)
