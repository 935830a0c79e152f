"""Reads observations, as a table or as a panel: only the months and columns that are needed."""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression

from weather_mlops.clock import HOUR
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import at_or_after, between, one_of
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KEY, OBSERVATIONS, TableDefinition
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.stations import station_ids


def read(
    catalog: Catalog,
    definition: TableDefinition,
    columns: Iterable[str],
    condition: BooleanExpression,
    *,
    snapshot_id: int | None = None,
) -> pa.Table:
    """Read some columns of the rows of a table that meet a condition; no rows if the table is empty.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, definition)
    with storage_errors(f"table {definition.identifier}"):
        return scan(table, definition.select(*columns), condition, snapshot_id=snapshot_id)


def read_observations(  # noqa: PLR0913  keyword only: which rows
    catalog: Catalog,
    columns: Iterable[str],
    *,
    first: datetime,
    last: datetime,
    stations: Iterable[int] | None = None,
    snapshot_id: int | None = None,
) -> pa.Table:
    """Read observations, of a snapshot of the table if one is named.

    Args:
        catalog: catalog of the tables.
        columns: columns to read in addition to the key.
        first: first hour.
        last: last hour, included.
        stations: station ids; None = all.
        snapshot_id: the snapshot; None = the current one.

    Returns:
        ``station_id``, ``observed_at`` and the columns; no order.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    span = between(first, last)
    condition = span if stations is None else And(span, one_of("station_id", list(stations)))
    return read(catalog, OBSERVATIONS, (*KEY, *columns), condition, snapshot_id=snapshot_id)


def read_panel(catalog: Catalog, columns: Iterable[str], last: datetime, hours: int) -> Panel | None:
    """Read the observations of known stations as a panel of consecutive hours; None if there are none.

    Args:
        catalog: catalog of the tables.
        columns: names of numeric columns.
        last: the last hour.
        hours: number of hours, including the last one.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    names = tuple(columns)
    first = last - (hours - 1) * HOUR
    rows = read_observations(catalog, names, first=first, last=last)
    known = pa.array(station_ids(), pa.int32())
    rows = rows.filter(pc.is_in(rows["station_id"].cast(pa.int32()), known))
    return to_panel(rows, names, first=first, last=last) if rows.num_rows else None


def count_since(catalog: Catalog, moment: datetime) -> int:
    """Count the observations at a time or later.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return int(read(catalog, OBSERVATIONS, ("observed_at",), at_or_after(moment)).num_rows)
