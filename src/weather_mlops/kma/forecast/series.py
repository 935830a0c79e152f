"""Values of single variables, as every source gives them, to rows that hold all variables of an hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.rows import ARROW_TYPES, BY_COLUMN, FORECAST_ROWS, Source, rows

Hours = NDArray[np.datetime64]
"""Whole hours in UTC, datetime64[h]."""

LONGEST_LEAD_H: Final = 1023
"""No issue reaches as far; leads take ten bits of a row's key."""
_LEAD_BITS: Final = 10
_ISSUE_BITS: Final = 21  # hours since 1970 until 2209


@dataclass(frozen=True)
class Series:
    """Values of one column; equally long arrays, without values that are missing.

    Attributes:
        column: of FORECAST_ROWS.
        station_id: int64.
        issued_at: datetime64[h], UTC.
        valid_at: datetime64[h], UTC.
        values: float64, or str objects where the column is text.
    """

    column: str
    station_id: NDArray[np.int64]
    issued_at: Hours
    valid_at: Hours
    values: NDArray[np.float64] | NDArray[np.object_]

    @property
    def keys(self) -> NDArray[np.int64]:
        """One integer for each station, issue and valid time; they sort in this order."""
        issued = self.issued_at.astype(np.int64)
        leads = self.valid_at.astype(np.int64) - issued
        return np.asarray((self.station_id << _ISSUE_BITS | issued) << _LEAD_BITS | leads)


def hours(moments: Sequence[datetime]) -> Hours:
    """Timezone-aware times as whole hours in UTC; minutes are cut off."""
    seconds = np.array([moment.timestamp() for moment in moments], np.int64)
    return np.asarray(seconds.astype("datetime64[s]").astype("datetime64[h]"))


def rows_of(
    series: Sequence[Series], *, cells: Mapping[int, Cell], source: Source, received_at: datetime
) -> pa.Table:
    """Rows with all variables of an hour; of several values of one column for a row, the last one counts.

    Args:
        series: of one variable each; a variable may have several.
        cells: the cell of each station.
        source: where they come from.
        received_at: when they were received, timezone-aware.

    Returns:
        FORECAST_ROWS, sorted by station, issue and valid time.
    """
    keys = np.unique(np.concatenate([np.array([], np.int64), *(each.keys for each in series)]))
    if not keys.size:
        return FORECAST_ROWS.empty_table()
    leads = keys & LONGEST_LEAD_H
    issued = keys >> _LEAD_BITS & (1 << _ISSUE_BITS) - 1
    station_id = keys >> _LEAD_BITS + _ISSUE_BITS
    # The few stations of the rows, so that each cell is looked up once.
    ids, positions = np.unique(station_id, return_inverse=True)
    x = np.array([cells[int(each)].x for each in ids], np.int32)[positions]
    y = np.array([cells[int(each)].y for each in ids], np.int32)[positions]
    return rows(
        {
            "station_id": pa.array(station_id.astype(np.int32)),
            "issued_at": _times(issued),
            "valid_at": _times(issued + leads),
            "lead_hours": pa.array(leads.astype(np.int32)),
            **{column: _column(column, series, keys) for column in {each.column: None for each in series}},
            "source": pa.repeat(pa.scalar(source), keys.size),
            "cell_x": pa.array(x),
            "cell_y": pa.array(y),
            "received_at": pa.repeat(
                pa.scalar(received_at, FORECAST_ROWS.field("received_at").type), keys.size
            ),
        }
    )


def _times(since_1970: NDArray[np.int64]) -> pa.Array:
    hourly = since_1970.astype("datetime64[h]").astype("datetime64[us]")
    return pa.array(hourly).cast(FORECAST_ROWS.field("issued_at").type)


def _column(column: str, series: Sequence[Series], keys: NDArray[np.int64]) -> pa.Array:
    is_text = BY_COLUMN[column].kind == "text"
    values = np.full(keys.size, None, object) if is_text else np.full(keys.size, np.nan)
    present = np.zeros(keys.size, bool)
    for each in series:
        if each.column == column:
            positions = np.searchsorted(keys, each.keys)
            values[positions] = each.values
            present[positions] = True
    array = pa.array(values, pa.string() if is_text else pa.float64(), mask=~present)
    return array.cast(ARROW_TYPES[BY_COLUMN[column].kind])
