"""The observations of the last days as arrays: only the months and the columns that are needed are read."""

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
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
    """The hour that a moment falls in, UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def read(
    catalog: Catalog, definition: TableDefinition, columns: Iterable[str], wanted: BooleanExpression
) -> pa.Table:
    """Some columns of some rows of a table; none of an empty table.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, definition)
    with storage_errors(f"table {definition.identifier}"):
        return scan(table, definition.select(*columns), wanted)


def observed(catalog: Catalog, columns: Iterable[str], last: datetime, hours: int) -> Panel | None:
    """Observations of known stations on a grid of consecutive hours; None where there are none.

    Args:
        catalog: where the table is.
        columns: numeric ones.
        last: the last hour.
        hours: how many, the last one included.

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
    """Observations of this moment or later.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    return int(read(catalog, OBSERVATIONS, ("observed_at",), at_or_after(moment)).num_rows)


def shares(part: np.ndarray, whole: np.ndarray) -> list[float | None]:
    """Part by part; None where there is no whole."""
    return [share(float(some), float(of)) for some, of in zip(part, whole, strict=True)]


def share(part: float, whole: float) -> float | None:
    """A share; None of nothing."""
    return round(part / whole, 5) if whole else None
