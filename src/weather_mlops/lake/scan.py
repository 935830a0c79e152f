"""Rows of an Iceberg table as Arrow: the one place where a table is read.

PyIceberg reads text as ``string``, and as ``large_string`` where it finds no row. So two scans of one table
can differ in their types, and fail where they are put together. Whatever is read is cast to the schema here.
"""

from typing import Final

import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.table import Table

EVERY_ROW: Final = AlwaysTrue()


def scan(
    table: Table,
    columns: pa.Schema,
    row_filter: BooleanExpression = EVERY_ROW,
    *,
    snapshot_id: int | None = None,
) -> pa.Table:
    """Read columns of the rows that a filter takes.

    Args:
        table: to read from.
        columns: which columns, with the types that ``lake.schemas`` gives them.
        row_filter: which rows; all by default.
        snapshot_id: the state of the table; None = the current one.

    Returns:
        Exactly these columns, in this order and of these types, the rows in no certain order; no row of a
        table that nothing was written to yet.
    """
    if table.current_snapshot() is None:
        return columns.empty_table()
    found = table.scan(row_filter=row_filter, selected_fields=tuple(columns.names), snapshot_id=snapshot_id)
    return found.to_arrow().select(columns.names).cast(columns)
