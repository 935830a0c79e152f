"""Replies that were kept, audited together in the order in which they came: for imports and for rebuilding.

A run of the collection sees one version of each row. Many replies together hold several: the same again, and
corrections. They are audited version by version, so that a correction replaces what it corrects, as it did
when it came, and is no contradiction.

A source that has some of the columns only corrects these: its rows are completed by what was accepted before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.collection import of_window, with_key
from weather_mlops.kma import wire
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake.overlay import completed
from weather_mlops.lake.publish import same_rows
from weather_mlops.lake.rows import HOUR_KEYS, isin, keys_of
from weather_mlops.lake.schemas import KEY, OBSERVATIONS_SCHEMA
from weather_mlops.quality import audit
from weather_mlops.quality.prepare import NEIGHBOURS_H

ORDER = "reply"
COLUMNS = "columns"
_NO_OBSERVATIONS = OBSERVATIONS_SCHEMA.empty_table()


@dataclass(frozen=True)
class ResponseRows:
    """The rows of several replies.

    Attributes:
        rows: PARSED_SCHEMA, raw_key, and ``reply``: which reply the row is of, in the order of their coming,
            and ``columns``: an index of ``columns``.
        rejected: REJECTED_SCHEMA and raw_key: lines that couldn't be read.
        columns: sets of columns that sources have; None for all. The first one is None.
    """

    rows: pa.Table
    rejected: pa.Table
    columns: Sequence[frozenset[str] | None] = (None,)

    @property
    def partial(self) -> bool:
        """Whether a source lacks some columns, so that its rows are completed by what was accepted before."""
        return len(self.columns) > 1

    @classmethod
    def of(cls, parsed: Sequence[tuple[str, wire.Parsed]]) -> "ResponseRows":
        """From the keys of the replies and what was read from them, in the order of their coming."""
        rows = [_numbered(with_key(wire.PARSED_SCHEMA.empty_table(), ""), 0, 0)]
        rejected = [with_key(wire.REJECTED_SCHEMA.empty_table(), "")]
        columns = list(dict.fromkeys([None, *(read.columns for _, read in parsed)]))
        for place, (key, read) in enumerate(parsed):
            rows.append(_numbered(with_key(read.rows, key), place, columns.index(read.columns)))
            rejected.append(with_key(read.rejected, key))
        return cls(pa.concat_tables(rows), pa.concat_tables(rejected), columns)


def versions(rows: pa.Table) -> tuple[list[pa.Table], int]:
    """Rows by the version that they are of their station-hour; each table has what one reply says of it.

    A row that says the same as the version before it is a copy. Rows of one reply that contradict each other
    are of one version, and no later row is a copy of one of them: none of them was accepted.

    Args:
        rows: as ``Replies.rows``.

    Returns:
        The first versions, the second ones, and so on; and how many copies there were.
    """
    ordered = rows.sort_by([(name, "ascending") for name in (*KEY, ORDER, "line")])
    if ordered.num_rows < 2:  # noqa: PLR2004  nothing to compare
        return [ordered], 0
    keys, replies = keys_of(ordered), ordered[ORDER].to_numpy()
    # Two rows that are null where their sources have no column say different things.
    observed = ordered.select([*wire.OBSERVATION_SCHEMA.names, COLUMNS])
    same_key = np.append(False, keys[1:] == keys[:-1])
    same_reply = same_key & np.append(False, replies[1:] == replies[:-1])
    equal = same_key & np.append(False, same_rows(observed.slice(0, len(keys) - 1), observed.slice(1)))
    telling = np.cumsum(~same_reply) - 1  # what one reply says of one hour: one row, or several
    contradicts = np.bincount(telling, same_reply & ~equal) > 0
    first, before = contradicts[telling], np.append(False, contradicts)[telling]
    copy = equal & (same_reply | ~(first | before))
    kept = ordered.filter(pa.array(~copy))
    new_key, new_telling = ~same_key[~copy], ~same_reply[~copy]
    steps = np.cumsum(new_key | new_telling)
    version = steps - np.maximum.accumulate(np.where(new_key, steps, 0))
    tables = [kept.filter(pa.array(version == number)) for number in range(int(version.max()) + 1)]
    return tables, int(copy.sum())


def audits(  # noqa: PLR0913  what it needs to know
    replies: ResponseRows,
    expected: pa.Table,
    *,
    suites_dir: Path,
    audited_at: datetime,
    run: str,
    current: pa.Table = _NO_OBSERVATIONS,
) -> Iterator[audit.Audit]:
    """An audit for each version, in order; each in the light of what the ones before it accepted.

    Args:
        replies: what came.
        expected: EXPECTED_SCHEMA, all that was asked for.
        suites_dir: folder of the suites.
        audited_at: the time, UTC.
        run: its name.
        current: OBSERVATIONS_SCHEMA, what was accepted before these replies of their station-hours; it is
            looked at where a source lacks some columns.

    Yields:
        Audits of one version's rows. Copies and unreadable lines are counted in the first one.
    """
    tables, copies = versions(replies.rows)
    rejected = replies.rejected
    accepted = tables[0].slice(0, 0)
    for number, version in enumerate(tables):
        rows = _completed(version, replies.columns, current, accepted)
        keys = keys_of(rows)
        beside = _neighbouring_hours(accepted, keys)
        found = audit.audit(
            pa.concat_tables([rows, beside]),
            rejected,
            expected,
            [station.id for station in load_stations()],
            suites_dir=suites_dir,
            audited_at=audited_at,
            run=run,
        )
        fit = found.accepted.filter(pa.array(isin(keys_of(found.accepted), keys)))
        refused = _about(found.quarantined, keys)
        arrived = rows.num_rows + rejected.num_rows + (0 if number else copies)
        counts = {
            **found.counts,
            "rows_arrived": arrived,
            "accepted": fit.num_rows,
            "quarantined": refused.num_rows,
            "copies": 0 if number else copies,
        }
        yield replace(found, accepted=fit, quarantined=refused, counts=counts)
        took = rows.filter(pa.array(isin(keys, keys_of(fit))))
        accepted = pa.concat_tables(
            [accepted.filter(pa.array(~isin(keys_of(accepted), keys_of(took)))), took]
        )
        rejected = rejected.slice(0, 0)


def themselves(rows: pa.Table) -> pa.Table:
    """Of replies that nobody knows the request of: just the station-hours that they tell of were expected."""
    keys = rows.select(KEY).group_by(list(KEY)).aggregate([])
    return of_window(keys)


def _neighbouring_hours(accepted: pa.Table, keys: np.ndarray) -> pa.Table:
    """The hours near some rows, which tell whether these are spikes."""
    near = np.concatenate([keys + hours * HOUR_KEYS for hours in NEIGHBOURS_H])
    have = keys_of(accepted)
    return accepted.filter(pa.array(isin(have, near) & ~isin(have, keys)))


def _about(records: pa.Table, keys: np.ndarray) -> pa.Table:
    """Records of some keys, and those of lines that couldn't be read."""
    if records.num_rows == 0:
        return records
    readable = np.asarray(records["station_id"].is_valid())
    found = ~readable
    found[readable] = isin(keys_of(records.filter(pa.array(readable))), keys)
    return records.filter(pa.array(found))


def _completed(
    rows: pa.Table, columns: Sequence[frozenset[str] | None], current: pa.Table, accepted: pa.Table
) -> pa.Table:
    """Rows with what was accepted before in the columns that their sources don't have."""
    names = wire.OBSERVATION_SCHEMA.names
    known = pa.concat_tables([current.select(names).cast(wire.OBSERVATION_SCHEMA), accepted.select(names)])
    for index, each in enumerate(columns):
        if each is not None:
            rows = completed(rows, known, each, pc.equal(rows[COLUMNS], index))
    return rows


def _numbered(table: pa.Table, place: int, columns: int) -> pa.Table:
    for name, number in ((ORDER, place), (COLUMNS, columns)):
        table = table.append_column(name, pa.array(np.full(table.num_rows, number, np.int32)))
    return table
