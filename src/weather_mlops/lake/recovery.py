"""Restore the catalog after a disaster: register each table at the newest state in the bucket.

A catalog has one pointer per table, to a metadata file. One that was restored from yesterday's backup points
to yesterday's state, although all files since are on S3; one that was lost points to nothing; and if the
system was started with an empty one, a new table has the same location as the old one. The metadata files of
one table share its UUID: they are its history. Of several histories the one with the most rows is registered,
and the rows that only the others have are added to it.
"""

import contextlib
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import BooleanExpression
from pyiceberg.table import StaticTable, Table
from pyiceberg.table.metadata import TableMetadata

from weather_mlops.clock import month_numbered
from weather_mlops.errors import Misconfigured, ObjectDamaged
from weather_mlops.lake import quarantine
from weather_mlops.lake.catalog import (
    CREATED_AT,
    RUN,
    add_columns,
    commit,
    ensure_namespace,
    metadata_number,
    table_path,
)
from weather_mlops.lake.damage import metadata_of, problem_of
from weather_mlops.lake.file_io import S3File, S3FileIO
from weather_mlops.lake.filters import in_months, missing
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

SET_ASIDE: Final = ".damaged"
"""Ending of metadata files that can't be read; maintenance removes them like any file without a table."""


@dataclass(frozen=True)
class Candidate:
    """The newest readable state of one history of a table.

    Attributes:
        location: location of its metadata file.
        number: number of that file: commits to the table before it.
        rows: rows of the table.
        written_at: time of the last commit (UTC).
        rivals: other files of the same number. Only one of them won the commit, which isn't recorded.
    """

    location: str
    number: int
    rows: int
    written_at: datetime
    rivals: int

    def __str__(self) -> str:
        return f"{self.location} ({self.rows} rows, last written {self.written_at:%Y-%m-%d %H:%M} UTC)"


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
class _State:
    file: S3File
    number: int
    modified: datetime
    metadata: TableMetadata


@dataclass(frozen=True)
class _Plan:
    """The recovery of a table, planned before anything is changed."""

    definition: TableDefinition
    in_catalog: bool
    before: str | None
    best: Candidate
    others: Mapping[str, Candidate]
    histories: Mapping[str, Sequence[_State]]
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
    histories, damaged = _histories(catalog, definition, location)
    candidates = {
        uuid: candidate
        for uuid, states in histories.items()
        if (candidate := _candidate(catalog, states, before, damaged)) is not None
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


def _histories(
    catalog: Catalog, definition: TableDefinition, location: str
) -> tuple[dict[str, list[_State]], list[tuple[S3File, str]]]:
    """Metadata files at a table's location by the table's UUID; and those that can't be read."""
    io = S3FileIO(catalog.properties)
    store, prefix = io.locate(f"{location}/metadata/")
    histories, damaged = defaultdict(list), []
    for entry in store.list(prefix):
        if (number := metadata_number(entry.key)) is None:
            continue
        file = io.new_input(f"{location}/metadata/{entry.key.rpartition('/')[2]}")
        try:
            metadata = metadata_of(file)
        except ObjectDamaged as error:
            damaged.append((file, str(error)))
            continue
        _refuse_foreign(definition, metadata, file, location)
        histories[str(metadata.table_uuid)].append(_State(file, number, entry.modified, metadata))
    return histories, damaged


def _refuse_foreign(
    definition: TableDefinition, metadata: TableMetadata, file: S3File, location: str
) -> None:
    """Make sure that a state is of this table and was written at this location.

    Raises:
        Misconfigured: it is not.
    """
    names = set(metadata.schema().column_names)
    if lacking := [name for name in definition.sorted_by if name not in names]:
        raise Misconfigured(
            f"{file.location} is of another system: the table has no column {', '.join(lacking)}. Name "
            "another bucket or folder in WEATHER_BUCKET."
        )
    if metadata.location != location:
        raise Misconfigured(
            f"{file.location} was moved or copied here from {metadata.location}: a table names its files by "
            "their full URL. Name that bucket or folder in WEATHER_BUCKET, or move it back. If that is "
            f"impossible, move {location} away; then `make rebuild APPLY=1` rebuilds all rows but the "
            "forecasts from raw."
        )


def _candidate(
    catalog: Catalog, states: list[_State], before: str | None, damaged: list[tuple[S3File, str]]
) -> Candidate | None:
    """The newest state whose manifests can be read; of several with its number, that of the catalog."""
    states.sort(key=lambda state: (state.number, state.file.location == before, state.modified), reverse=True)
    io = S3FileIO(catalog.properties)
    for state in states:
        problem = _manifest_problem(io, state)
        if problem is not None:
            damaged.append((state.file, problem))
            continue
        snapshot = state.metadata.current_snapshot()
        summary = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
        return Candidate(
            state.file.location,
            state.number,
            int(summary.get("total-records", 0)),
            datetime.fromtimestamp(state.metadata.last_updated_ms / 1000, UTC),
            sum(other.number == state.number for other in states) - 1,
        )
    return None


def _manifest_problem(io: S3FileIO, state: _State) -> str | None:
    """Describe what is wrong with the manifests of a state; None if they can be read."""
    snapshot = state.metadata.current_snapshot()
    if snapshot is None:
        return None
    file = io.new_input(snapshot.manifest_list)
    problem = problem_of(file)
    if problem is None:
        for manifest in snapshot.manifests(io):
            file = io.new_input(manifest.manifest_path)
            if (problem := problem_of(file)) is not None:
                break
    return None if problem is None else f"{file.location} {problem}, which {state.file.location} needs"


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
    if plan.others:
        add_columns(catalog, definition)
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


def _forget(states: Iterable[_State]) -> None:
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
                table.append(new, snapshot_properties={RUN: "take-up"})
            return int(new.num_rows)

        added += commit(catalog, definition, attempt)
    return added, unread


def _absent(
    table: Table, definition: TableDefinition, rows: pa.Table, row_filter: BooleanExpression
) -> pa.Table:
    """Select rows whose identity the table does not have."""
    if table.current_snapshot() is None:
        return rows
    names = definition.identity or quarantine.IDENTITY
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
