"""What a row of the KMA's forecast becomes when the same issue is received again. Pure functions on Arrow.

The table holds one row per station, issue and valid time. It may be received several times: each file of the
portal has one variable, a partial issue is completed later, and the KMA corrects an issue now and then. So
that ``received_at`` answers "what was known when" without ever showing a value early, in both directions of
arrival:

- A value that is received again unchanged leaves the row as it is, with its first ``received_at``.
- A value that is received later with another number replaces the first one, and so does ``received_at``: the
  old number is gone, and nobody knew the new one before. Until then the issue before counts.
- A value that was null is filled in. The row counts as received when the last of its values was.
- A null never replaces a value: that a file lacks a variable says nothing of it.
- A row of another cell of the grid replaces the whole row if it was received later, else it is ignored: two
  cells are never mixed.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import HOUR_US
from weather_mlops.kma.forecast.rows import FORECAST_ROWS, FORECAST_VARIABLES, TEXT_OF
from weather_mlops.lake.keys import isin, lookup

LONGEST_LEAD_H: Final = 1023
"""Limit of a lead, so that a key fits into one number. The KMA forecasts 5 days ahead."""
LEAD_BITS: Final = 10
_ISSUE_BITS: Final = 30
_HOURS_BEFORE_1970: Final = 1 << (_ISSUE_BITS - 1)
_CELL: Final = ("cell_x", "cell_y")
# A number and its text are one value: the text of an old number must not stay next to a new one.
_VALUES: Final = tuple(
    (variable.name, *([TEXT_OF[variable.name]] if variable.name in TEXT_OF else []))
    for variable in FORECAST_VARIABLES
    if variable.name not in TEXT_OF.values()
)
_COMPARED: Final = (*(variable.name for variable in FORECAST_VARIABLES), *_CELL)

Mask: TypeAlias = pa.ChunkedArray | pa.Array


@dataclass(frozen=True)
class ForecastChanges:
    """Incoming rows by what they mean for a table.

    Attributes:
        inserted: rows whose key is not in the table.
        corrected: rows as they will be in the table, merged with those that are there.
        equal: number of rows that change nothing.
    """

    inserted: pa.Table
    corrected: pa.Table
    equal: int


def row_keys(rows: pa.Table) -> np.ndarray:
    """Key of each row (station, issue, lead) as one number.

    Args:
        rows: ``station_id``, ``issued_at`` on whole hours, and ``lead_hours`` from 0 to LONGEST_LEAD_H.

    Returns:
        int64, shape (n,); it sorts as station, issue and valid time do.
    """
    station = rows["station_id"].to_numpy().astype(np.int64)
    issued = rows["issued_at"].cast(pa.int64()).to_numpy() // HOUR_US + _HOURS_BEFORE_1970
    lead = rows["lead_hours"].to_numpy().astype(np.int64)
    return np.asarray((((station << _ISSUE_BITS) + issued) << LEAD_BITS) + lead)


def merge(current: pa.Table, incoming: pa.Table) -> ForecastChanges:
    """Compare rows by key and merge those that are in the table already, as the module describes.

    Args:
        current: rows of FORECAST_ROWS, keys unique.
        incoming: rows of FORECAST_ROWS, keys unique.

    Returns:
        Rows of FORECAST_ROWS, in the order of the incoming ones.
    """
    matches = lookup(row_keys(current), row_keys(incoming))
    is_new = matches < 0
    inserted = incoming.filter(pa.array(is_new))
    if is_new.all():
        return ForecastChanges(inserted, incoming.slice(0, 0), 0)
    stored = current.take(pa.array(matches[~is_new]))
    merged = _merged(stored, incoming.filter(pa.array(~is_new)))
    corrected = merged.filter(pc.invert(_same(stored, merged)))
    return ForecastChanges(inserted, corrected, incoming.num_rows - inserted.num_rows - corrected.num_rows)


def replace_rows(current: pa.Table, corrected: pa.Table) -> pa.Table:
    """The current rows, with the corrected ones in place of those that have their keys."""
    others = current.filter(pa.array(~isin(row_keys(current), row_keys(corrected))))
    return pa.concat_tables([others, corrected])


def with_stored_times(rows: pa.Table, stored: pa.Table) -> pa.Table:
    """The rows, with the time and source of stored ones that are equal but were received later.

    So rows that are made from raw again never claim to have been known before the table had them: a run that
    fetched an issue twice has published its second answer.

    Args:
        rows: FORECAST_ROWS, keys unique.
        stored: FORECAST_ROWS, keys unique.
    """
    matches = lookup(row_keys(stored), row_keys(rows))
    before = stored.take(pa.array(matches, mask=matches < 0))
    is_later = pc.fill_null(pc.greater(before["received_at"], rows["received_at"]), fill_value=False)
    takes = pc.and_(_same(before, rows), is_later)
    for name in ("source", "received_at"):
        column = pc.if_else(takes, before[name], rows[name])
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), column)
    return rows


def differs(stored: pa.Table, rows: pa.Table) -> Mask:
    """Which rows at the same indices have another value, cell or time of arrival."""
    return pc.invert(_all_equal(stored, rows, (*_COMPARED, "received_at")))


def station_issues(keys: np.ndarray) -> np.ndarray:
    """Station and issue of keys of ``row_keys``, as one number each."""
    return keys >> LEAD_BITS


def fold_duplicates(rows: pa.Table) -> pa.Table:
    """One row per key: rows that repeat a key are merged as if they had been received one after another.

    Args:
        rows: rows of FORECAST_ROWS.

    Returns:
        The same table where no key repeats; else rows of FORECAST_ROWS in no certain order.
    """
    repetition = _repetition(row_keys(rows))
    if not repetition.any():
        return rows
    folded = rows.filter(pa.array(repetition == 0))
    for number in range(1, int(repetition.max()) + 1):
        changes = merge(folded, rows.filter(pa.array(repetition == number)))
        folded = replace_rows(folded, changes.corrected)
    return folded


def _repetition(keys: np.ndarray) -> np.ndarray:
    """How many rows before each one have its key."""
    order = np.argsort(keys, kind="stable")
    index = np.arange(keys.size)
    is_first = np.append(np.ones(min(1, keys.size), bool), np.diff(keys[order]) != 0)
    repetition = np.empty(keys.size, np.int64)
    repetition[order] = index - np.maximum.accumulate(np.where(is_first, index, 0))
    return repetition


def _merged(stored: pa.Table, incoming: pa.Table) -> pa.Table:
    """Rows that are in the table already, merged with the incoming ones at the same indices."""
    is_later = pc.greater_equal(incoming["received_at"], stored["received_at"])
    is_other_cell = pc.invert(_all_equal(stored, incoming, _CELL))
    replaces_row = pc.and_(is_other_cell, is_later)
    columns = {name: stored[name] for name in FORECAST_ROWS.names}
    for names in _VALUES:
        is_given, is_stored = (_any_valid(table, names) for table in (incoming, stored))
        replaces = pc.and_(is_given, pc.or_(is_later, pc.invert(is_stored)))
        takes = pc.if_else(is_other_cell, is_later, replaces)
        for name in names:
            columns[name] = pc.if_else(takes, incoming[name], stored[name])
    for name in _CELL:
        columns[name] = pc.if_else(replaces_row, incoming[name], stored[name])
    columns["source"] = pc.if_else(is_later, incoming["source"], stored["source"])
    # As pc.max_element_wise would do; it takes no times with a zone.
    is_newer = pc.greater(incoming["received_at"], stored["received_at"])
    columns["received_at"] = pc.if_else(is_newer, incoming["received_at"], stored["received_at"])
    return pa.table(columns).cast(FORECAST_ROWS)


def _any_valid(table: pa.Table, names: tuple[str, ...]) -> Mask:
    first, *others = (table[name].is_valid() for name in names)
    for other in others:
        first = pc.or_(first, other)
    return first


def _same(stored: pa.Table, merged: pa.Table) -> Mask:
    """Which rows have the same values and cell."""
    return _all_equal(stored, merged, _COMPARED)


def _all_equal(left: pa.Table, right: pa.Table, names: tuple[str, ...]) -> Mask:
    same = pa.array(np.ones(left.num_rows, bool))
    for name in names:
        equal = pc.fill_null(pc.equal(left[name], right[name]), fill_value=False)
        both_null = pc.and_(left[name].is_null(), right[name].is_null())
        same = pc.and_(same, pc.or_(equal, both_null))
    return same
