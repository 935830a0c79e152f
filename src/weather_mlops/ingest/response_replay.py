"""Audit stored responses together, in the order in which they arrived: for imports and for rebuilding.

A run of the collection sees one version of each row. Many responses together hold several: duplicates and
corrections. They are audited version by version, so that a correction replaces what it corrects, as it did
when it arrived, instead of contradicting it.

A source that has only some of the columns corrects only these: its rows are completed by the values that were
accepted before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.ingest.collection import of_window, with_key
from weather_mlops.kma import wire
from weather_mlops.lake.keys import HOUR_KEYS, isin, keys_of
from weather_mlops.lake.overlay import completed
from weather_mlops.lake.publish import same_rows
from weather_mlops.lake.schemas import KEY, OBSERVATIONS_SCHEMA
from weather_mlops.quality import audit
from weather_mlops.quality.prepare import NEIGHBOURS_H
from weather_mlops.stations import station_ids

ORDER = "response"
COLUMNS = "columns"
_NO_OBSERVATIONS = OBSERVATIONS_SCHEMA.empty_table()


@dataclass(frozen=True)
class ResponseRows:
    """The rows of several responses.

    Attributes:
        rows: PARSED_SCHEMA, raw_key, ``response`` (index of the row's response, in the order of arrival), and
            ``columns`` (an index of ``columns``).
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
        """From the keys of responses and their parsed rows, in the order of arrival."""
        rows = [_numbered(with_key(wire.PARSED_SCHEMA.empty_table(), ""), 0, 0)]
        rejected = [with_key(wire.REJECTED_SCHEMA.empty_table(), "")]
        columns = list(dict.fromkeys([None, *(read.columns for _, read in parsed)]))
        for index, (key, read) in enumerate(parsed):
            rows.append(_numbered(with_key(read.rows, key), index, columns.index(read.columns)))
            rejected.append(with_key(read.rejected, key))
        return cls(pa.concat_tables(rows), pa.concat_tables(rejected), columns)


def versions(rows: pa.Table) -> tuple[list[pa.Table], int]:
    """Split rows by version: the n-th table holds the n-th version of each station-hour.

    A row that equals the version before it is a duplicate. Rows of one response that contradict each other
    are one version, and no later row is a duplicate of them: none of them was accepted.

    Args:
        rows: as ``ResponseRows.rows``.

    Returns:
        The first versions, the second ones, and so on; and the number of duplicates.
    """
    ordered = rows.sort_by([(name, "ascending") for name in (*KEY, ORDER, "line")])
    if ordered.num_rows < 2:  # noqa: PLR2004  nothing to compare
        return [ordered], 0
    keys, responses = keys_of(ordered), ordered[ORDER].to_numpy()
    # A null means something else where the source lacks the column, so COLUMNS is compared as well.
    observed = ordered.select([*wire.OBSERVATION_SCHEMA.names, COLUMNS])
    same_key = np.append(False, keys[1:] == keys[:-1])
    same_response = same_key & np.append(False, responses[1:] == responses[:-1])
    equal = same_key & np.append(False, same_rows(observed.slice(0, len(keys) - 1), observed.slice(1)))
    group = np.cumsum(~same_response) - 1  # the rows of one response about one station-hour
    contradicts = np.bincount(group, same_response & ~equal) > 0
    first, before = contradicts[group], np.append(False, contradicts)[group]
    copy = equal & (same_response | ~(first | before))
    distinct = ordered.filter(pa.array(~copy))
    new_key, new_group = ~same_key[~copy], ~same_response[~copy]
    steps = np.cumsum(new_key | new_group)
    version = steps - np.maximum.accumulate(np.where(new_key, steps, 0))
    tables = [distinct.filter(pa.array(version == index)) for index in range(int(version.max()) + 1)]
    return tables, int(copy.sum())


def audits(  # noqa: PLR0913  what it needs to know
    responses: ResponseRows,
    expected: pa.Table,
    *,
    suites_dir: Path,
    audited_at: datetime,
    run: str,
    current: pa.Table = _NO_OBSERVATIONS,
) -> Iterator[audit.Audit]:
    """Audit each version, in order; each sees the rows that the earlier ones accepted.

    Args:
        responses: their rows.
        expected: EXPECTED_SCHEMA, all requested station-hours.
        suites_dir: folder of the suites.
        audited_at: the time, UTC.
        run: its name.
        current: OBSERVATIONS_SCHEMA, the rows of these station-hours that were accepted before; used where a
            source lacks some columns.

    Yields:
        Audits of one version's rows. Duplicates and unreadable lines are counted in the first one.
    """
    tables, duplicates = versions(responses.rows)
    rejected = responses.rejected
    accepted = tables[0].slice(0, 0)
    for index, version in enumerate(tables):
        rows = _completed(version, responses.columns, current, accepted)
        keys = keys_of(rows)
        neighbors = _neighbouring_hours(accepted, keys)
        audited = audit.audit(
            pa.concat_tables([rows, neighbors]),
            rejected,
            expected,
            station_ids(),
            suites_dir=suites_dir,
            audited_at=audited_at,
            run=run,
        )
        fit = audited.accepted.filter(pa.array(isin(keys_of(audited.accepted), keys)))
        refused = _about(audited.quarantined, keys)
        arrived = rows.num_rows + rejected.num_rows + (0 if index else duplicates)
        counts = {
            **audited.counts,
            "rows_arrived": arrived,
            "accepted": fit.num_rows,
            "quarantined": refused.num_rows,
            "copies": 0 if index else duplicates,
        }
        yield replace(audited, accepted=fit, quarantined=refused, counts=counts)
        taken = rows.filter(pa.array(isin(keys, keys_of(fit))))
        accepted = pa.concat_tables(
            [accepted.filter(pa.array(~isin(keys_of(accepted), keys_of(taken)))), taken]
        )
        rejected = rejected.slice(0, 0)


def themselves(rows: pa.Table) -> pa.Table:
    """The expected station-hours of responses whose request is unknown: those of their rows."""
    keys = rows.select(KEY).group_by(list(KEY)).aggregate([])
    return of_window(keys)


def _neighbouring_hours(accepted: pa.Table, keys: np.ndarray) -> pa.Table:
    """Accepted rows of the hours around some rows: the check for spikes needs them."""
    near = np.concatenate([keys + hours * HOUR_KEYS for hours in NEIGHBOURS_H])
    have = keys_of(accepted)
    return accepted.filter(pa.array(isin(have, near) & ~isin(have, keys)))


def _about(records: pa.Table, keys: np.ndarray) -> pa.Table:
    """Records of some keys, and those of unreadable lines."""
    if records.num_rows == 0:
        return records
    readable = np.asarray(records["station_id"].is_valid())
    selected = ~readable
    selected[readable] = isin(keys_of(records.filter(pa.array(readable))), keys)
    return records.filter(pa.array(selected))


def _completed(
    rows: pa.Table, columns: Sequence[frozenset[str] | None], current: pa.Table, accepted: pa.Table
) -> pa.Table:
    """Fill the columns that the rows' sources don't have with the values that were accepted before."""
    names = wire.OBSERVATION_SCHEMA.names
    known = pa.concat_tables([current.select(names).cast(wire.OBSERVATION_SCHEMA), accepted.select(names)])
    for index, each in enumerate(columns):
        if each is not None:
            rows = completed(rows, known, each, pc.equal(rows[COLUMNS], index))
    return rows


def _numbered(table: pa.Table, response: int, columns: int) -> pa.Table:
    for name, index in ((ORDER, response), (COLUMNS, columns)):
        table = table.append_column(name, pa.array(np.full(table.num_rows, index, np.int32)))
    return table
