"""Complete rows of a source that lacks some columns with the known values of their station-hours."""

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.lake.keys import keys_of, lookup
from weather_mlops.lake.schemas import KEY


def completed(
    rows: pa.Table, known: pa.Table, columns: Collection[str], where: pa.ChunkedArray | pa.Array
) -> pa.Table:
    """Fill the columns that the rows' source doesn't have with known values.

    Args:
        rows: columns of the observations, and others.
        known: columns of the observations; of several rows with one key the last counts.
        columns: the columns that the source has, without those of KEY.
        where: booleans, one per row: whether it is of this source. Other rows stay as they are.

    Returns:
        The same rows and columns; null where no value is known.
    """
    if known.num_rows == 0 or rows.num_rows == 0:
        return rows
    index = lookup(keys_of(known), keys_of(rows))
    lacking = pc.and_(where, pa.array(index >= 0))
    taken = pa.array(np.maximum(index, 0))
    for position, name in enumerate(rows.column_names):
        if name in known.column_names and name not in {*KEY, *columns}:
            values = pc.if_else(lacking, known[name].take(taken), rows[name])
            rows = rows.set_column(position, rows.schema.field(name), values)
    return rows
