"""Restore the catalog after a disaster: register each table at the newest state in the bucket.

A catalog has one pointer per table, to a metadata file. One that was restored from yesterday's backup points
to yesterday's state, although all files since are on S3; one that was lost points to nothing; and if the
system was started with an empty one, a new table has the same location as the old one. The metadata files of
one table share its UUID: they are its history. Of several histories the one with the most rows is registered,
and the rows that only the others have are added to it.
"""

import contextlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import BooleanExpression
from pyiceberg.table import StaticTable, Table

from weather_mlops.clock import month_numbered
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.catalog import (
    CREATED_AT,
    RUN,
    commit,
    ensure_namespace,
    table_path,
)
from weather_mlops.lake.damage import problem_of
from weather_mlops.lake.file_io import S3File, S3FileIO
from weather_mlops.lake.filters import in_months, missing
from weather_mlops.lake.kma_forecasts import carried
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.lake.table_histories import Candidate, TableState, histories_at, newest_readable

log = logging.getLogger(__name__)

SET_ASIDE: Final = ".damaged"
"""Ending of metadata files that can't be read; maintenance removes them like any file without a table."""


@dataclass(frozen=True)
class TakenUp:
    """Result of the recovery of a table.

    Attributes:
        table: name of the table.
        before: the metadata file that the catalog pointed to; None if there was none that can be read.
        after: the state that the catalog points to now.
        others: newest states of other histories at the same location.
        added: number of rows that were added from these.
        damaged: metadata files that can't be read, with the reason.
        unread: data files of the other histories that can't be read, with the reason.
    """

    table: str
    before: str | None
    after: Candidate
    others: tuple[Candidate, ...] = ()
    added: int = 0
    damaged: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The result as lines for the terminal."""
        lines = [f"{self.table}: registered at {self.after}"]
        if self.before != self.after.location:
            lines.append(f"{self.table}: the catalog had {self.before or 'no readable table'}")
        lines += [f"{self.table}: also present: {other}" for other in self.others]
        if self.others:
            lines.append(
                f"{self.table}: {self.added} rows that only these had were added. Where both had a row, "
                "that of the table stayed: compare with raw by `make rebuild`"
            )
        lines += [
            f"{self.table}: {problem}: not added. `make rebuild APPLY=1` rebuilds all but forecasts from raw"
            for problem in self.unread
        ]
        lines += [
            f"{self.table}: {problem}; set aside. Its commit is not in the table: the next run requests the "
            "last hours again, `make rebuild APPLY=1` rebuilds the others from raw"
            for problem in self.damaged
        ]
        if self.after.rivals:
            lines.append(f"{self.table}: two writers had conflicted here: compare with raw by `make rebuild`")
        return lines


@dataclass(frozen=True)
class _Plan:
    """The recovery of a table, planned before anything is changed."""

    definition: TableDefinition
    in_catalog: bool
    before: str | None
    best: Candidate
    others: Mapping[str, Candidate]
    histories: Mapping[str, Sequence[TableState]]
    damaged: Sequence[tuple[S3File, str]]


def take_up(catalog: Catalog, store: ObjectStore) -> list[TakenUp]:
    """Point the catalog to the best state of each table. Nothing else may write meanwhile.

    All tables are checked before the first one is changed. Idempotent; after a kill, run it again before
    anything writes.

    Args:
        catalog: where the tables are, or should be.
        store: the bucket.

    Returns:
        The tables that were behind, missing, or had another history next to them.

    Raises:
        ObjectDamaged: no state of a table can be read.
        Misconfigured: the files at a table's location are another system's, or were moved there.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    plans = [_planned(catalog, store, definition) for definition in TABLES]
    return [_done(catalog, plan) for plan in plans if plan is not None and _is_needed(plan)]


def _is_needed(plan: _Plan) -> bool:
    return plan.before != plan.best.location or bool(plan.others or plan.damaged)


def _planned(catalog: Catalog, store: ObjectStore, definition: TableDefinition) -> _Plan | None:
    location, before, in_catalog = store.access.location(f"warehouse/{table_path(definition)}"), None, True
    try:
        with storage_errors(f"table {definition.identifier}"):
            table = catalog.load_table(definition.identifier)
        location, before = table.location(), table.metadata_location
    except NoSuchTableError:
        in_catalog = False
    except ObjectDamaged as error:
        log.warning("the catalog's pointer: %s", error)
    histories, damaged = histories_at(catalog, definition, location)
    candidates = {
        uuid: candidate
        for uuid, states in histories.items()
        if (candidate := newest_readable(catalog, states, before, damaged)) is not None
    }
    if not candidates:
        if damaged:
            raise ObjectDamaged(
                f"table {definition.identifier}: no state can be read: {damaged[0][1]}. Move {location} "
                "away; then the next run creates an empty table, and `make rebuild APPLY=1` its rows."
            )
        return None
    best = max(candidates, key=lambda uuid: (candidates[uuid].rows, candidates[uuid].written_at))
    others = {uuid: candidate for uuid, candidate in candidates.items() if uuid != best}
    return _Plan(definition, in_catalog, before, candidates[best], others, histories, damaged)


def _done(catalog: Catalog, plan: _Plan) -> TakenUp:
    definition, after = plan.definition, plan.best.location
    if plan.before != after:
        with storage_errors(f"table {definition.identifier}"):
            if plan.in_catalog:
                catalog.drop_table(definition.identifier)  # only the pointer; no file is deleted
            ensure_namespace(catalog, definition.namespace)
            catalog.register_table(definition.identifier, after)
    for file, _ in plan.damaged:
        _set_aside(file)
    taken_up = TakenUp(
        definition.identifier,
        plan.before,
        plan.best,
        tuple(plan.others.values()),
        damaged=tuple(problem for _, problem in plan.damaged),
    )
    for uuid, other in plan.others.items():
        added, unread = _add_rows(catalog, definition, other)
        _forget(plan.histories[uuid])
        taken_up = replace(taken_up, added=taken_up.added + added, unread=(*taken_up.unread, *unread))
    if plan.others and not (taken_up.damaged or taken_up.unread):
        commit(catalog, definition, _forget_creation)
    log.info(
        "registered: table=%s before=%s after=%s others=%d added=%d damaged=%d unread=%d",
        taken_up.table,
        taken_up.before,
        after,
        len(taken_up.others),
        taken_up.added,
        len(taken_up.damaged),
        len(taken_up.unread),
    )
    return taken_up


def _set_aside(file: S3File) -> None:
    """Rename a damaged metadata file, so that it doesn't count as metadata any more."""
    file.forget()
    with contextlib.suppress(FileNotFoundError):
        file.store.put(f"{file.key}{SET_ASIDE}", file.store.get(file.key))
        file.delete()


def _forget(states: Iterable[TableState]) -> None:
    """Remove the metadata of a history whose rows are in the table; maintenance removes its other files."""
    for state in states:
        state.file.delete()


def _forget_creation(table: Table) -> None:
    """Let maintenance remove files that are older than the table: the rows of all histories are in it."""
    if CREATED_AT in table.properties:
        with table.transaction() as transaction:
            transaction.remove_properties(CREATED_AT)


def _add_rows(catalog: Catalog, definition: TableDefinition, other: Candidate) -> tuple[int, list[str]]:
    """Add the rows of another history that the table does not have.

    Returns:
        The number of added rows; and a message for each file that can't be read.
    """
    io, added, unread = S3FileIO(catalog.properties), 0, []
    with storage_errors(f"table {definition.identifier}"):
        tasks = list(StaticTable.from_metadata(other.location, catalog.properties).scan().plan_files())
    for task in tasks:
        file, month = io.new_input(task.file.file_path), task.file.partition[0]
        if (problem := problem_of(file)) is not None:
            unread.append(f"{file.location} ({task.file.record_count} rows) {problem}")
            continue
        with file.open() as stream:
            rows = _in_columns(pq.read_table(stream), definition.columns)
        row_filter = (
            missing(definition.time) if month is None else in_months([month_numbered(month)], definition.time)
        )

        def attempt(table: Table, rows: pa.Table = rows, row_filter: BooleanExpression = row_filter) -> int:
            new = _absent(table, definition, rows, row_filter)
            if new.num_rows:
                table.append(new, snapshot_properties={**carried(table), RUN: "take-up"})
            return int(new.num_rows)

        added += commit(catalog, definition, attempt)
    return added, unread


def _absent(
    table: Table, definition: TableDefinition, rows: pa.Table, row_filter: BooleanExpression
) -> pa.Table:
    """Select rows whose identity the table does not have."""
    if table.current_snapshot() is None:
        return rows
    names = definition.identity or definition.distinct_by
    known = scan(table, definition.select(*names), row_filter)
    seen = set(zip(*(known[name].to_pylist() for name in names), strict=True))
    identities = zip(*(rows[name].to_pylist() for name in names), strict=True)
    return rows.filter(pa.array([identity not in seen for identity in identities], pa.bool_()))


def _in_columns(rows: pa.Table, columns: pa.Schema) -> pa.Table:
    """Cast rows to the current columns; null in those that they were written without."""
    for column in columns:
        if column.name not in rows.column_names:
            rows = rows.append_column(column.name, pa.nulls(rows.num_rows, column.type))
    return rows.select(columns.names).cast(columns)
