"""Answers of ``nph-dfs_shrt_grd``: one variable of one issue at one valid time, for all cells.

Decimals with commas between them, 20 a line, without a header: 149 × 253 values, row by row from the south;
-99.00 where there is none (at sea, and outside of Korea). An hour without an issue, an issue that isn't out
yet or is older than the archive, and a list of variables all get the same answer: -99.00 everywhere.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from weather_mlops.errors import FormatChanged, NothingYet, ResponseTruncated
from weather_mlops.kma.forecast.amounts import missing
from weather_mlops.kma.forecast.cells import CELL_COUNT, Cell
from weather_mlops.kma.forecast.endpoints import ForecastRequest, classify
from weather_mlops.kma.forecast.rows import BY_CATEGORY
from weather_mlops.kma.forecast.series import Series, hours, rows_of

_VALUE: Final = "value"
_ALPHABET: Final = b"0123456789.,+- \t\r\n"
_SEPARATORS: Final = bytes.maketrans(b", \t\r", b"\n\n\n\n")


@dataclass(frozen=True)
class GridForecast:
    """The values of one variable of an issue at one valid time.

    Attributes:
        category: KMA's name of the variable, ``TMP``.
        issued_at: timezone-aware.
        valid_at: timezone-aware.
        values: of all cells in the order of ``Cell.index``; NaN where there is none.
    """

    category: str
    issued_at: datetime
    valid_at: datetime
    values: NDArray[np.float64]

    def at(self, cells: Sequence[Cell]) -> NDArray[np.float64]:
        """The values of some cells."""
        return np.asarray(self.values[[cell.index for cell in cells]])


def parse(body: bytes, request: ForecastRequest, status: int = 200) -> NDArray[np.float64]:
    """The values of all cells, in the order of ``Cell.index``; NaN where there is none.

    Args:
        body: of the answer.
        request: what was requested, for messages.
        status: of HTTP.

    Raises:
        WeatherError: those of ``classify`` in kma/forecast/endpoints.py.
        NothingYet: no cell has a value: there is no such issue, valid time or variable in the archive, or not
            yet. Only its age tells.
        ResponseTruncated: there are fewer values than cells.
        FormatChanged: there are more, or something else than numbers.
    """
    classify(request, status, body)
    unknown = FormatChanged(
        f"{request.shown}: something else than decimals in the values of the grid, the answer begins "
        f"{body[:60]!r}"
    )
    if body.translate(None, _ALPHABET):
        raise unknown
    try:
        values = _decimals(body.translate(_SEPARATORS))
    except ValueError:
        raise unknown from None
    if values.size < CELL_COUNT:
        raise ResponseTruncated(
            f"{request.shown}: {values.size} values instead of {CELL_COUNT}: the answer broke off"
        )
    if values.size > CELL_COUNT:
        raise FormatChanged(
            f"{request.shown}: {values.size} values instead of {CELL_COUNT}: the KMA changed its grid. Adapt "
            "kma/forecast/cells.py."
        )
    values[missing(values)] = np.nan
    if np.isnan(values).all():
        raise NothingYet(
            f"{request.shown}: no cell has a value: there is no such issue or valid time, or it isn't out yet"
        )
    return values


def _decimals(lines: bytes) -> NDArray[np.float64]:
    """Decimals, one a line; blank lines don't count.

    Raises:
        ValueError: a line is no decimal.
    """
    try:
        table = csv.read_csv(
            pa.py_buffer(lines),
            read_options=csv.ReadOptions(column_names=[_VALUE], use_threads=False),
            convert_options=csv.ConvertOptions(column_types={_VALUE: pa.float64()}, null_values=[]),
        )
    except pa.ArrowInvalid:
        # Seven times as slow, and takes a plus sign.
        return np.array(lines.split(), "S").astype(np.float64)
    return np.array(table[_VALUE].to_numpy())


def rows(grids: Sequence[GridForecast], cells: Mapping[int, Cell], received_at: datetime) -> pa.Table:
    """Rows of the stations, of any number of variables, issues and valid times.

    Args:
        grids: what was received.
        cells: the cell of each station.
        received_at: when it was received, timezone-aware.

    Returns:
        FORECAST_ROWS, sorted by station, issue and valid time; without the hours for which a station's cell
        has no value.
    """
    return rows_of(
        [_series(category, grids, cells) for category in {grid.category: None for grid in grids}],
        cells=cells,
        source="grid",
        received_at=received_at,
    )


def _series(category: str, grids: Sequence[GridForecast], cells: Mapping[int, Cell]) -> Series:
    chosen = [grid for grid in grids if grid.category == category]
    values = np.concatenate([grid.at(list(cells.values())) for grid in chosen])
    station_id = np.tile(np.array(list(cells), np.int64), len(chosen))
    issued = np.repeat(hours([grid.issued_at for grid in chosen]), len(cells))
    valid = np.repeat(hours([grid.valid_at for grid in chosen]), len(cells))
    present = ~np.isnan(values)
    return Series(
        BY_CATEGORY[category].name, station_id[present], issued[present], valid[present], values[present]
    )
