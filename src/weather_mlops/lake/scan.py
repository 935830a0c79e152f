"""Read rows of an Iceberg table as Arrow: all reading of tables goes through this module.

PyIceberg reads text as ``string``, but as ``large_string`` where a scan has no row. So two scans of one table
can differ in their types, and fail to concatenate. Here each result is cast to the schema.
"""

from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.table import Table

from weather_mlops.lake.filters import between, time_ranges
from weather_mlops.lake.keys import isin, keys_of
from weather_mlops.lake.schemas import KEY_SCHEMA

EVERY_ROW: Final = AlwaysTrue()


def scan(
    table: Table,
    columns: pa.Schema,
    row_filter: BooleanExpression = EVERY_ROW,
    *,
    snapshot_id: int | None = None,
) -> pa.Table:
    """Read columns of the rows that a filter matches.

    Args:
        table: the table.
        columns: which columns, with the types that ``lake.schemas`` gives them.
        row_filter: which rows; all by default.
        snapshot_id: the state of the table; None = the current one.

    Returns:
        Exactly these columns, in this order and of these types; the rows are in no particular order. No rows
        if nothing was written to the table yet.
    """
    if table.current_snapshot() is None:
        return columns.empty_table()
    selected = table.scan(
        row_filter=row_filter, selected_fields=tuple(columns.names), snapshot_id=snapshot_id
    )
    return selected.to_arrow().select(columns.names).cast(columns)


def keys_between(table: Table, first: datetime, last: datetime) -> np.ndarray:
    """Keys (of ``keys_of``) of a table's rows of a period, both ends included."""
    return keys_of(scan(table, KEY_SCHEMA, between(first, last)))


def rows_of(table: Table, keys: pa.Table, columns: pa.Schema) -> pa.Table:
    """Read the rows that a table has of some keys.

    Args:
        table: a table with the columns of KEY.
        keys: rows with the columns of KEY.
        columns: columns to read with their types, including those of KEY.

    Returns:
        One row per key that the table has, in no particular order.
    """
    if keys.num_rows == 0:
        return columns.empty_table()
    candidates = scan(table, columns, time_ranges(pc.unique(keys["observed_at"]).to_pylist()))
    return candidates.filter(pa.array(isin(keys_of(candidates), keys_of(keys))))
