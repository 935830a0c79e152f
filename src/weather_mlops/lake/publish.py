"""Publish audited rows to the observations table, in one commit: insert new ones, replace corrected ones."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from weather_mlops.lake import gaps, holes, maintenance, quarantine
from weather_mlops.lake.catalog import RUN, commit, summary
from weather_mlops.lake.filters import key_filter
from weather_mlops.lake.keys import keys_of, lookup, tuples
from weather_mlops.lake.scan import rows_of, scan
from weather_mlops.lake.schemas import (
    GAPS,
    KEY,
    OBSERVATIONS,
    OBSERVATIONS_SCHEMA,
    QUARANTINE,
    cast_to_schema,
)
from weather_mlops.lake.staging import AUDITED, FAILED, StagedBatch, Staging

log = logging.getLogger(__name__)

NEWEST: Final = "weather.newest"
SCORE: Final = "weather.quality-score"
WRITER: Final = "weather.writer"
COLLECTION: Final = "collection"
"""WRITER of the hourly run's snapshots: after one of its own it doesn't need to look for holes."""
_NOT_COMPARED: Final = frozenset({*KEY, "raw_key"})


@dataclass(frozen=True)
class RowChanges:
    """Incoming rows compared with a table. Each incoming key is in exactly one of the three.

    Attributes:
        inserted: rows whose keys are not in the table.
        corrected: rows whose keys are in the table, with another value in some column.
        equal: rows that are in the table already.
    """

    inserted: pa.Table
    corrected: pa.Table
    equal: pa.Table


@dataclass(frozen=True, slots=True)
class PublishedRows:
    """Result of publishing, in rows.

    Attributes:
        inserted: rows that are new in the table.
        corrected: rows that replaced one of the table.
        equal: rows that the table had already, and duplicates of a key in the same batch.
        snapshot_id: the snapshot that holds all of them; None for an empty table.
        continued: whether an earlier hourly run wrote the snapshot before.
    """

    inserted: int
    corrected: int
    equal: int
    snapshot_id: int | None
    continued: bool = False


def diff(current: pa.Table, incoming: pa.Table) -> RowChanges:
    """Compare rows by key.

    Values are equal when they are identical, or both missing; ``raw_key`` is not compared, because a re-fetch
    is no correction. Of several incoming rows with one key, the last counts.

    Args:
        current: rows of OBSERVATIONS_SCHEMA, keys unique.
        incoming: rows of OBSERVATIONS_SCHEMA.

    Returns:
        Rows of the incoming table, in their order.
    """
    keys = keys_of(incoming)
    is_last = lookup(keys, keys) == np.arange(keys.size)
    last = incoming if is_last.all() else incoming.filter(pa.array(is_last))
    matches = lookup(keys_of(current), keys[is_last])
    is_new = matches < 0
    if is_new.all():
        return RowChanges(last, last.slice(0, 0), last.slice(0, 0))
    candidates = last.filter(pa.array(~is_new))
    same = same_rows(current.take(pa.array(matches[~is_new])), candidates)
    return RowChanges(
        last.filter(pa.array(is_new)), candidates.filter(pc.invert(same)), candidates.filter(same)
    )


def publish(
    catalog: Catalog,
    accepted: pa.Table,
    *,
    run: str,
    score: float | None = None,
    properties: Mapping[str, str] | None = None,
) -> PublishedRows:
    """Write audited rows to the observations table, in at most one commit.

    Idempotent. When another writer commits in between, the rows are compared again, so that nothing is lost
    or doubled, whoever commits first.

    Args:
        catalog: where the table is.
        accepted: columns of OBSERVATIONS_SCHEMA at least.
        run: name of the run, stored with the snapshot.
        score: quality score of the batch, 0 to 1, stored with the snapshot.
        properties: further properties of the snapshot.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    incoming = cast_to_schema(accepted, OBSERVATIONS_SCHEMA)
    notes = {RUN: run, **({} if score is None else {SCORE: f"{score:.4f}"}), **(properties or {})}

    def attempt(table: Table) -> PublishedRows:
        continued = _is_of_collection(summary(table), run)
        current = rows_of(table, incoming, OBSERVATIONS_SCHEMA)
        changes = diff(current, incoming)
        _write(table, changes, notes)
        snapshot = table.current_snapshot()
        inserted, corrected = changes.inserted.num_rows, changes.corrected.num_rows
        equal = incoming.num_rows - inserted - corrected
        return PublishedRows(
            inserted, corrected, equal, snapshot.snapshot_id if snapshot else None, continued
        )

    published = commit(catalog, OBSERVATIONS, attempt)
    log.info(
        "published: inserted=%d corrected=%d equal=%d snapshot=%s",
        published.inserted,
        published.corrected,
        published.equal,
        published.snapshot_id,
    )
    return published


@dataclass(frozen=True)
class RunResult:
    """Changes of a run in all tables; ``duplicates`` are rows that occurred twice in the same batch."""

    published: PublishedRows
    duplicates: int
    quarantine_added: int
    gaps: "gaps.GapCount"
    maintained: Mapping[str, int]

    def as_dict(self) -> dict[str, Any]:
        """The changes as a dict, for XCom."""
        return {
            "inserted": self.published.inserted,
            "corrected": self.published.corrected,
            "equal": self.published.equal + self.duplicates,
            "snapshot_id": self.published.snapshot_id,
            "quarantine_added": self.quarantine_added,
            "gaps_opened": self.gaps.opened,
            "gaps_closed": self.gaps.closed,
            "gaps_open": self.gaps.open,
            "maintenance": dict(self.maintained),
        }


def publish_run(catalog: Catalog, staging: Staging, now: datetime) -> RunResult:
    """Publish the audited rows of an hourly run, and update the other tables.

    In this order: observations (one commit), quarantine, gaps, maintenance when due. Killed in between and
    run again, it ends in the same state. It looks for holes only if an earlier hourly run didn't write the
    snapshot before: after a load or an import, which may leave some, and after a compaction.
    Looking each hour would cost more.

    Args:
        catalog: where the tables are.
        staging: staging of the run, with the audited batch.
        now: the time, timezone-aware.

    Raises:
        FileNotFoundError: the run was not audited.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    result = publish_audited(
        catalog, staging.read(AUDITED), run=staging.run, now=now, properties={WRITER: COLLECTION}
    )
    if result.published.continued or not (opened := holes.record(catalog, run=staging.run, now=now)):
        return result
    counted = replace(result.gaps, opened=result.gaps.opened + opened, open=gaps.count_open(catalog))
    return replace(result, gaps=counted)


def publish_audited(
    catalog: Catalog,
    audited: StagedBatch,
    *,
    run: str,
    now: datetime,
    properties: Mapping[str, str] | None = None,
) -> RunResult:
    """Publish an audited batch, and update the other tables, without looking for holes.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    tables, refused = audited.tables, audited.tables["quarantined"]
    score = audited.notes["score"]["overall"]
    published = publish(catalog, tables["accepted"], run=run, score=score, properties=properties)
    added = quarantine.record_refused(catalog, refused, run=run, at=now)
    counted = gaps.record(catalog, tables["expected"], refused, run=run, now=now, failed=tables.get(FAILED))
    touched = (OBSERVATIONS, GAPS, *((QUARANTINE,) if added else ()))
    maintained = maintenance.maintain(catalog, now, touched)
    return RunResult(published, int(audited.notes["counts"]["copies"]), added, counted, maintained)


def _is_of_collection(notes: Mapping[str, str], run: str) -> bool:
    """Whether an earlier hourly run wrote a snapshot: not this run before a kill, nor a compaction."""
    return notes.get(WRITER) == COLLECTION and notes.get(RUN) != run and maintenance.KIND not in notes


def newest_of(table: Table) -> datetime | None:
    """Newest hour of the observations, from the notes of the last commit; None if there is none.

    If another program wrote that commit, the rows are read.
    """
    if NEWEST in (notes := summary(table)):
        return datetime.fromisoformat(notes[NEWEST])
    hours = scan(table, OBSERVATIONS.select("observed_at"))["observed_at"]
    newest: datetime | None = pc.max(hours).as_py()
    return newest


def _write(table: Table, changes: RowChanges, notes: Mapping[str, str]) -> None:
    rows = pa.concat_tables([changes.inserted, changes.corrected])
    if rows.num_rows == 0:
        return
    rows = rows.sort_by([(name, "ascending") for name in KEY])
    newest = pc.max(rows["observed_at"]).as_py()
    counted = {
        **notes,
        "weather.inserted": str(changes.inserted.num_rows),
        "weather.corrected": str(changes.corrected.num_rows),
        "weather.equal": str(changes.equal.num_rows),
        NEWEST: max(newest, newest_of(table) or newest).isoformat(),
    }
    with table.transaction() as transaction:
        if changes.corrected.num_rows:
            replaced = key_filter(tuples(keys_of(changes.corrected)))
            transaction.overwrite(rows, overwrite_filter=replaced, snapshot_properties=counted)
        else:
            transaction.append(rows, snapshot_properties=counted)


def same_rows(left: pa.Table, right: pa.Table) -> pa.ChunkedArray | pa.Array:
    """Compare two tables row by row, without the columns of KEY and ``raw_key``.

    Args:
        left: rows of OBSERVATIONS_SCHEMA.
        right: rows of OBSERVATIONS_SCHEMA, as many.

    Returns:
        Booleans, one per row: whether the rows are equal.
    """
    same = pa.array([True] * right.num_rows, pa.bool_())
    for name in right.column_names:
        if name not in _NOT_COMPARED:
            same = pc.and_(same, _same_values(left[name], right[name]))
    return same


def _same_values(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    equal = pc.fill_null(pc.equal(left, right), fill_value=False)
    both = pc.and_(left.is_null(nan_is_null=True), right.is_null(nan_is_null=True))
    return pc.or_(equal, both)
