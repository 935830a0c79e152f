"""The catalog after a disaster: tables are taken up again at the newest state that the bucket holds.

A catalog is one pointer per table, to a metadata file. One that was restored from yesterday's backup points
to yesterday, though all files since are on S3; one that was lost points to nothing; and where the system was
started with an empty one, a young table lies at the same place as the old one. Metadata files of one table
have its UUID in common: they are its history. Of several histories the one with the most rows is taken up,
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
from weather_mlops.lake.object_store import ObjectStore, storage_errors
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import TABLES, TableDefinition

log = logging.getLogger(__name__)

SET_ASIDE: Final = ".damaged"
"""Ending of metadata files that can't be read; maintenance removes them like any file without a table."""


@dataclass(frozen=True)
class Candidate:
    """The newest readable state of one history of a table.

    Attributes:
        location: its metadata file.
        number: that file's number: how often the table was committed to.
        rows: in the table.
        written_at: the last commit (UTC).
        rivals: other files of the same number, which lost a commit or won it: which, nothing records.
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
    """What was done for a table.

    Attributes:
        table: its name.
        before: the metadata file that the catalog named; None where it named none, or one that can't be read.
        after: the state that it names now.
        others: newest states of other histories at the same place.
        added: how many of their rows it did not have; they are in the table now.
        damaged: metadata files that can't be read, and why.
        unread: files of theirs that can't be read, and why.
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
        """The same for people."""
        lines = [f"{self.table}: taken up at {self.after}"]
        if self.before != self.after.location:
            lines.append(f"{self.table}: the catalog had {self.before or 'no readable table'}")
        lines += [f"{self.table}: there was also {other}" for other in self.others]
        if self.others:
            lines.append(
                f"{self.table}: {self.added} rows that only these had were added. Where both had a row, "
                "that of the table stayed: `make rebuild` compares with raw"
            )
        lines += [
            f"{self.table}: {problem}: not added. `make rebuild APPLY=1` makes all but forecasts from raw"
            for problem in self.unread
        ]
        lines += [
            f"{self.table}: {problem}; set aside. What was committed by it is not in the table: the next run "
            "asks again for the last hours, `make rebuild` makes the rest from raw"
            for problem in self.damaged
        ]
        if self.after.rivals:
            lines.append(f"{self.table}: two writers had met here: compare with raw by `make rebuild`")
        return lines


@dataclass(frozen=True)
class _State:
    file: S3File
    number: int
    modified: datetime
    metadata: TableMetadata


@dataclass(frozen=True)
class _Plan:
    """What is to be done for a table, before anything is touched."""

    definition: TableDefinition
    in_catalog: bool
    before: str | None
    best: Candidate
    others: Mapping[str, Candidate]
    histories: Mapping[str, Sequence[_State]]
    damaged: Sequence[tuple[S3File, str]]


def take_up(catalog: Catalog, store: ObjectStore) -> list[TakenUp]:
    """Point the catalog to the best state of each table. Nothing else may write meanwhile.

    All tables are looked at before the first one is changed. Done again it changes nothing; killed, it is
    done again before anything writes.

    Args:
        catalog: where the tables are, or should be.
        store: the bucket.

    Returns:
        The tables that were behind, missing, or had another history next to them.

    Raises:
        ObjectDamaged: no state of a table can be read.
        Misconfigured: what lies at a table's place is not this system's, or was moved there.
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
        log.warning("the catalog's own pointer: %s", error)
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
                "away; then the next run makes an empty table, and `make rebuild APPLY=1` its rows from raw."
            )
        return None
    best = max(candidates, key=lambda uuid: (candidates[uuid].rows, candidates[uuid].written_at))
    others = {uuid: candidate for uuid, candidate in candidates.items() if uuid != best}
    return _Plan(definition, in_catalog, before, candidates[best], others, histories, damaged)


def _histories(
    catalog: Catalog, definition: TableDefinition, location: str
) -> tuple[dict[str, list[_State]], list[tuple[S3File, str]]]:
    """Metadata files at a table's place by their UUID, the newest first; and those that can't be read."""
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
    """See that a state is of this table and was written at this place.

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
            "their whole address. Name that bucket or folder in WEATHER_BUCKET, or move it back. Where "
            f"that is impossible, move {location} away; then `make rebuild APPLY=1` makes all but the "
            "forecasts from raw."
        )


def _candidate(
    catalog: Catalog, states: list[_State], before: str | None, damaged: list[tuple[S3File, str]]
) -> Candidate | None:
    """The newest state whose manifests can be read; of several with its number, the catalog's own."""
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
    """What is wrong with the files that name a state's data files; None where they can be read."""
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
                catalog.drop_table(definition.identifier)  # of the pointer only; no file is touched
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
        "taken up: table=%s before=%s after=%s others=%d added=%d damaged=%d unread=%d",
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
    """Give a damaged metadata file a name that nothing takes for metadata."""
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
        How many there were; and of each file that can't be read, why and how many rows it has.
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
        wanted = (
            missing(definition.time) if month is None else in_months([month_numbered(month)], definition.time)
        )

        def attempt(table: Table, rows: pa.Table = rows, wanted: BooleanExpression = wanted) -> int:
            new = _absent(table, definition, rows, wanted)
            if new.num_rows:
                table.append(new, snapshot_properties={RUN: "take-up"})
            return int(new.num_rows)

        added += commit(catalog, definition, attempt)
    return added, unread


def _absent(table: Table, definition: TableDefinition, rows: pa.Table, wanted: BooleanExpression) -> pa.Table:
    """Of some rows, those whose identity the table does not have."""
    if table.current_snapshot() is None:
        return rows
    names = definition.identity or quarantine.IDENTITY
    known = scan(table, definition.select(*names), wanted)
    seen = set(zip(*(known[name].to_pylist() for name in names), strict=True))
    identities = zip(*(rows[name].to_pylist() for name in names), strict=True)
    return rows.filter(pa.array([identity not in seen for identity in identities], pa.bool_()))


def _in_columns(rows: pa.Table, columns: pa.Schema) -> pa.Table:
    """Rows with a table's columns of today; null where they were written without one."""
    for column in columns:
        if column.name not in rows.column_names:
            rows = rows.append_column(column.name, pa.nulls(rows.num_rows, column.type))
    return rows.select(columns.names).cast(columns)
