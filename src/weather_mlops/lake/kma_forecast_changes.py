"""How many single values of the KMA's forecast a batch of rows changes. Pure functions on Arrow."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.kma.forecast.rows import FORECAST_VARIABLES
from weather_mlops.lake.keys import lookup
from weather_mlops.lake.kma_forecast_merge import ForecastChanges, row_keys

_NUMBERS: Final = tuple(variable.name for variable in FORECAST_VARIABLES if variable.kind != "text")


@dataclass(frozen=True, slots=True)
class ValueChanges:
    """Values that publishing rows changes.

    Attributes:
        inserted: that the table didn't have.
        corrected: that differ from those of the table, and replace them.
    """

    inserted: int = 0
    corrected: int = 0


def values_of(rows: pa.Table, station_ids: Collection[int]) -> int:
    """The number of values that rows of some stations have; amounts and their texts count once."""
    chosen = _of_stations(rows, station_ids)
    return sum(chosen.num_rows - chosen[name].null_count for name in _NUMBERS)


def value_changes(current: pa.Table, changes: ForecastChanges, station_ids: Collection[int]) -> ValueChanges:
    """Count the values of some stations that changes of rows bring.

    Args:
        current: FORECAST_ROWS of the table, those with the keys of the changes at least.
        changes: what rows mean for the table.
        station_ids: whose values are counted.
    """
    inserted, corrected = values_of(changes.inserted, station_ids), 0
    after = _of_stations(changes.corrected, station_ids)
    before = current.take(pa.array(lookup(row_keys(current), row_keys(after))))
    for name in _NUMBERS:
        is_new = pc.and_(after[name].is_valid(), before[name].is_null())
        differs = pc.fill_null(pc.not_equal(after[name], before[name]), fill_value=False)
        inserted += pc.sum(is_new).as_py() or 0
        corrected += pc.sum(differs).as_py() or 0
    return ValueChanges(inserted, corrected)


def _of_stations(rows: pa.Table, station_ids: Collection[int]) -> pa.Table:
    return rows.filter(pc.is_in(rows["station_id"], pa.array(sorted(station_ids), pa.int32())))
