"""How many single values of the KMA's forecast a batch of rows changes in the table."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.kma.forecast.rows import FORECAST_VARIABLES
from weather_mlops.lake.keys import lookup
from weather_mlops.lake.kma_forecast_merge import merge, row_keys
from weather_mlops.lake.kma_forecasts import read

_NUMBERS: Final = tuple(variable.name for variable in FORECAST_VARIABLES if variable.kind != "text")


@dataclass(frozen=True, slots=True)
class ValueChanges:
    """Values that publishing rows will change.

    Attributes:
        inserted: that the table doesn't have.
        corrected: that differ from those of the table, and replace them.
    """

    inserted: int
    corrected: int


def values_of(rows: pa.Table, station_ids: Collection[int]) -> int:
    """The number of values that rows of some stations have; amounts and their texts count once."""
    chosen = _of_stations(rows, station_ids)
    return sum(chosen.num_rows - chosen[name].null_count for name in _NUMBERS)


def value_changes(catalog: Catalog, forecasts: pa.Table, station_ids: Collection[int]) -> ValueChanges:
    """Count the values of some stations that publishing rows will change.

    Args:
        catalog: where the table is.
        forecasts: FORECAST_ROWS, keys unique.
        station_ids: whose values are counted.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    incoming = _of_stations(forecasts, station_ids)
    if not incoming.num_rows:
        return ValueChanges(0, 0)
    span = pc.min_max(incoming["valid_at"]).as_py()
    current = read(
        catalog, first_valid=span["min"], last_valid=span["max"], station_ids=sorted(set(station_ids))
    )
    changes = merge(current, incoming)
    inserted, corrected = values_of(changes.inserted, station_ids), 0
    after = changes.corrected
    before = current.take(pa.array(lookup(row_keys(current), row_keys(after))))
    for name in _NUMBERS:
        is_new = pc.and_(after[name].is_valid(), before[name].is_null())
        differs = pc.fill_null(pc.not_equal(after[name], before[name]), fill_value=False)
        inserted += pc.sum(is_new).as_py() or 0
        corrected += pc.sum(differs).as_py() or 0
    return ValueChanges(inserted, corrected)


def _of_stations(rows: pa.Table, station_ids: Collection[int]) -> pa.Table:
    return rows.filter(pc.is_in(rows["station_id"], pa.array(sorted(station_ids), pa.int32())))
