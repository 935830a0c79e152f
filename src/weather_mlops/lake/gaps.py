"""The register of missing station-hours: update it, and select what to request again."""

import logging
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from weather_mlops.clock import month_of
from weather_mlops.lake.catalog import RUN, commit, open_table, summary
from weather_mlops.lake.filters import any_of, at_or_after, between, in_months, missing
from weather_mlops.lake.keys import Key, isin, key_list, keys_of, to_datetime, tuples, unique
from weather_mlops.lake.scan import rows_of, scan
from weather_mlops.lake.schemas import GAPS, GAPS_SCHEMA, KEY, KEY_SCHEMA, OBSERVATIONS
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

HORIZON: Final = timedelta(days=31)  # older gaps are not requested again
MISSING: Final = "missing"
QUARANTINED: Final = "quarantined"
NOT_REQUESTED: Final = "not_requested"
"""Not requested yet (lake/holes.py), or left by a run whose calls were used up: due at once."""
LONGEST_WAIT_H: Final = 24
OPEN, NEXT_DUE, NEWEST_OPEN = "weather.open", "weather.next-due", "weather.newest-open"


@dataclass(frozen=True, slots=True)
class GapCount:
    """Changes of the register by a run: station-hours opened, closed, and open in total."""

    opened: int
    closed: int
    open: int


def update(
    register: pa.Table,
    expected: Iterable[Key],
    present: AbstractSet[Key],
    reasons: Mapping[Key, str],
    now: datetime,
) -> pa.Table:
    """Update the register after a run.

    A key that is present closes its gap. One that is absent opens a gap, or counts as one more try; but not
    while the gap rests (see `due`), because windows of hourly runs overlap, and a task may run twice: the
    same run again changes nothing. Nor is a try counted where a run had no calls left (NOT_REQUESTED).

    Args:
        register: rows of GAPS_SCHEMA, keys unique.
        expected: station-hours that were requested.
        present: those that the observations have.
        reasons: reasons of absent ones; default: MISSING, the KMA has no row.
        now: time of the run, timezone-aware.

    Returns:
        Rows of GAPS_SCHEMA, sorted by key.
    """
    gaps = {key: row for key, row in zip(key_list(register), register.to_pylist(), strict=True)}  # noqa: C416
    for key in expected:
        row = gaps.get(key)
        if key in present:
            if row and row["closed_at"] is None:
                gaps[key] = {**row, "closed_at": now}
        elif row is None:
            gaps[key] = _opened(key, reasons, now)
        elif reasons.get(key) == NOT_REQUESTED:
            gaps[key] = {**row, "reason": NOT_REQUESTED, "closed_at": None}
        elif row["closed_at"] is not None or next_try(row) <= now:
            gaps[key] = {
                **row,
                "last_tried": now,
                "tries": row["tries"] + 1,
                "reason": reasons.get(key, MISSING),
                "closed_at": None,
            }
        else:
            gaps[key] = {**row, "reason": reasons.get(key, MISSING)}
    return pa.Table.from_pylist([gaps[key] for key in sorted(gaps)], schema=GAPS_SCHEMA)


def due(
    register: pa.Table, now: datetime, *, before: datetime | None = None, horizon: timedelta = HORIZON
) -> pa.Table:
    """Select open gaps that should be requested again.

    After the n-th try without success a gap rests for 2**n hours, at most a day; before the first try, and
    where the last run had no calls left for it, it doesn't rest at all. Gaps older than the horizon are not
    requested any more.

    Args:
        register: rows of GAPS_SCHEMA.
        now: the time, timezone-aware.
        before: only gaps older than this; the run requests later hours anyway.
        horizon: longest age of a gap.

    Returns:
        Rows of GAPS_SCHEMA, newest first.
    """
    rows = [
        row
        for row in register.to_pylist()
        if row["closed_at"] is None
        and row["observed_at"] > now - horizon
        and (before is None or row["observed_at"] < before)
        and next_try(row) <= now
    ]
    rows.sort(key=lambda row: (row["observed_at"], row["station_id"]), reverse=True)
    return pa.Table.from_pylist(rows, schema=GAPS_SCHEMA)


def load(catalog: Catalog, now: datetime | None = None) -> pa.Table:
    """Read the open gaps; with a time, the table is only read if one of them is due then.

    Returns:
        Rows of GAPS_SCHEMA.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, GAPS)
    notes = summary(table)
    resting = now is not None and NEXT_DUE in notes and datetime.fromisoformat(notes[NEXT_DUE]) > now
    if notes.get(OPEN) == "0" or resting:
        return GAPS_SCHEMA.empty_table()
    with storage_errors(f"table {GAPS.identifier}"):
        return scan(table, GAPS_SCHEMA, missing("closed_at"))


def known_missing(catalog: Catalog, first: datetime, last: datetime) -> np.ndarray:
    """Station-hours of a period that were requested without success, so that a load can skip them.

    Those whose request failed are not included.

    Args:
        catalog: where the table is.
        first: the first hour, timezone-aware.
        last: the last hour, included.

    Returns:
        Keys of ``keys.keys_of``.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, GAPS)
    with storage_errors(f"table {GAPS.identifier}"):
        rows = scan(table, GAPS.select(*KEY, "reason"), between(first, last))
    return keys_of(rows.filter(pc.is_in(rows["reason"], pa.array([MISSING, QUARANTINED]))))


def count_open(catalog: Catalog) -> int:
    """Open gaps within the horizon, as of the register's last change.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    notes = summary(open_table(catalog, GAPS))
    if OPEN in notes:
        return int(notes[OPEN])
    register = load(catalog)
    recent = pa.scalar(datetime.now(UTC) - HORIZON, register["observed_at"].type)
    return int(pc.sum(pc.greater(register["observed_at"], recent)).as_py() or 0)


def record(  # noqa: PLR0913  what the register needs to know of a run
    catalog: Catalog,
    expected: pa.Table,
    refused: pa.Table,
    *,
    run: str,
    now: datetime,
    failed: pa.Table | None = None,
) -> GapCount:
    """Update the register after a run has published; no commit if nothing changes.

    Args:
        catalog: where the tables are.
        expected: the station-hours that the run requested; columns of KEY.
        refused: the rows that were quarantined; columns of KEY, which may be null.
        run: name of the run.
        now: time of the run, timezone-aware.
        failed: station-hours whose request failed, not among the expected ones; columns of KEY, reason.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    reasons: dict[Key, str] = {}
    if failed is not None and failed.num_rows:
        reasons = dict(zip(key_list(failed), failed["reason"].to_pylist(), strict=True))
        expected = pa.concat_tables([expected.select(KEY), failed.select(KEY)])
    observations = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        present = keys_of(rows_of(observations, expected, KEY_SCHEMA))
    requested = unique(keys_of(expected))
    absent = requested[~isin(requested, present)]
    oldest: datetime | None = pc.min(expected["observed_at"]).as_py()
    reasons = {**dict.fromkeys(key_list(refused.select(KEY).drop_null()), QUARANTINED), **reasons}

    def attempt(table: Table) -> GapCount:
        # The notes of the last commit are about open gaps within the horizon.
        perhaps_open = oldest is not None and (oldest <= now - HORIZON or _any_open_since(table, oldest))
        if not (absent.size or perhaps_open):
            return GapCount(0, 0, int(summary(table).get(OPEN, 0)))
        register = _around(table, expected, now)
        # Of millions of requested keys only the few that are, or were, absent can change the register.
        concerned = requested[isin(requested, np.concatenate([absent, keys_of(register)]))]
        present_keys = set(tuples(concerned[isin(concerned, present)]))
        after = update(register, tuples(concerned), present_keys, reasons, now)
        _persist(table, register, after, {RUN: run, **_notes(after, now)})
        open_before, open_after = _open_keys(register), _open_keys(after)
        return GapCount(
            len(open_after - open_before), len(open_before - open_after), int(summary(table).get(OPEN, 0))
        )

    counted = commit(catalog, GAPS, attempt)
    log.info("gaps: opened=%d closed=%d open=%d", counted.opened, counted.closed, counted.open)
    return counted


def _persist(table: Table, before: pa.Table, after: pa.Table, notes: dict[str, str]) -> None:
    """Rewrite the months that changed, so that each month remains one file."""
    old = {key: row for key, row in zip(key_list(before), before.to_pylist(), strict=True)}  # noqa: C416
    changed = {
        month_of(row["observed_at"])
        for key, row in zip(key_list(after), after.to_pylist(), strict=True)
        if old.get(key) != row
    }
    if not changed:
        return
    months = pa.array([month_of(time) in changed for time in after["observed_at"].to_pylist()])
    rows = after.filter(months)
    replaced = changed & {month_of(time) for time in before["observed_at"].to_pylist()}
    if replaced:
        table.overwrite(rows, overwrite_filter=in_months(replaced), snapshot_properties=notes)
    else:
        table.append(rows, snapshot_properties=notes)


def _notes(register: pa.Table, now: datetime) -> dict[str, str]:
    """Notes that let a later run skip the reading: the number of open gaps, the newest, the next due time."""
    rows = [
        row for row in register.to_pylist() if row["closed_at"] is None and row["observed_at"] > now - HORIZON
    ]
    if not rows:
        return {OPEN: "0"}
    return {
        OPEN: str(len(rows)),
        NEXT_DUE: min(map(next_try, rows)).isoformat(),
        NEWEST_OPEN: max(row["observed_at"] for row in rows).isoformat(),
    }


def _any_open_since(table: Table, hour: datetime) -> bool:
    notes = summary(table)
    if table.current_snapshot() is None or notes.get(OPEN) == "0":
        return False
    return NEWEST_OPEN not in notes or datetime.fromisoformat(notes[NEWEST_OPEN]) >= hour


def _around(table: Table, expected: pa.Table, now: datetime) -> pa.Table:
    """Read the months of the register that a run is about, and those that its notes are about."""
    months = pc.unique(pc.floor_temporal(expected["observed_at"], unit="month")).to_pylist()
    recent = month_of(now - HORIZON)
    row_filter = any_of([at_or_after(recent), *([in_months(months)] if min(months) < recent else [])])
    return scan(table, GAPS_SCHEMA, row_filter)


def _open_keys(register: pa.Table) -> set[Key]:
    return set(key_list(register.filter(pc.is_null(register["closed_at"]))))


def _opened(key: Key, reasons: Mapping[Key, str], now: datetime) -> dict[str, Any]:
    reason = reasons.get(key, MISSING)
    return {
        "station_id": key[0],
        "observed_at": to_datetime(key[1]),
        "first_seen": now,
        "last_tried": now,
        "tries": 0 if reason == NOT_REQUESTED else 1,
        "reason": reason,
        "closed_at": None,
    }


def next_try(row: Mapping[str, Any]) -> datetime:
    """When an open gap is due, see ``due``."""
    tried: datetime = row["last_tried"]
    if not row["tries"] or row["reason"] == NOT_REQUESTED:
        return tried
    # 2**5 hours exceed LONGEST_WAIT_H already; larger powers could overflow.
    return tried + timedelta(hours=min(2 ** min(row["tries"], 5), LONGEST_WAIT_H))
