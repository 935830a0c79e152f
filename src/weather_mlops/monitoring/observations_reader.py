"""Reads observations of the last days as arrays: only the months and columns that are needed."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import BooleanExpression

from weather_mlops.clock import HOUR
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import at_or_after, between
from weather_mlops.lake.object_store import storage_errors
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KEY, OBSERVATIONS, TableDefinition
from weather_mlops.model.panel import Panel, to_panel


def whole_hour(moment: datetime) -> datetime:
    """Return the start of the hour that contains a time, UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def read(
    catalog: Catalog, definition: TableDefinition, columns: Iterable[str], condition: BooleanExpression
) -> pa.Table:
    """Read some columns of the rows that meet a condition; no rows if the table is empty.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, definition)
    with storage_errors(f"table {definition.identifier}"):
        return scan(table, definition.select(*columns), condition)


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
    rows = read(catalog, OBSERVATIONS, (*KEY, *names), between(first, last))
    known = pa.array([station.id for station in load_stations()], pa.int32())
    rows = rows.filter(pc.is_in(rows["station_id"].cast(pa.int32()), known))
    return to_panel(rows, names, first=first, last=last) if rows.num_rows else None


def count_since(catalog: Catalog, moment: datetime) -> int:
    """Count the observations at a time or later.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return int(read(catalog, OBSERVATIONS, ("observed_at",), at_or_after(moment)).num_rows)


def share(part: float, whole: float) -> float | None:
    """Divide part by whole, rounded; None if the whole is 0."""
    return round(part / whole, 5) if whole else None
