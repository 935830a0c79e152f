"""The training data of a run: observations of a pinned state of the table, and the features made of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And

from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.rows import between, one_of
from weather_mlops.lake.schemas import OBSERVATIONS, UTC_TIME
from weather_mlops.lake.store import storage_errors
from weather_mlops.model import blocks, features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.features import Features
from weather_mlops.model.grid import Grid, to_grid
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named

MOST_ROWS: Final = 500_000
"""Station-hours to learn from: three years of 97 stations are 2.5 million, and every fifth of them does
nearly as well; memory grows with them."""
FEATURES_KEY: Final = (
    pa.field("station_id", pa.int32(), nullable=False, metadata={"doc": "KMA station id"}),
    pa.field("issued_at", UTC_TIME, nullable=False, metadata={"doc": "Issue time (UTC): newest hour used"}),
)


def read(  # noqa: PLR0913  keyword only: which rows
    catalog: Catalog,
    columns: Iterable[str],
    *,
    stations: Iterable[int],
    first: datetime,
    last: datetime,
    snapshot_id: int | None = None,
) -> pa.Table:
    """Observations of a state of the table.

    Args:
        catalog: where the table is.
        columns: beside the key.
        stations: ids.
        first: first hour.
        last: last hour, included.
        snapshot_id: the state; None = the present one.

    Returns:
        ``station_id``, ``observed_at`` and the columns; no order.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        return table.scan(
            row_filter=And(between(first, last), one_of("station_id", list(stations))),
            selected_fields=("station_id", "observed_at", *columns),
            snapshot_id=snapshot_id,
        ).to_arrow()


def grid_of(observations: pa.Table, plan: Plan) -> Grid:
    """The observations of a plan on its grid.

    Raises:
        TrainingImpossible: there are none.
    """
    columns = features.inputs(target_named(plan.target))
    return to_grid(observations, columns, stations=plan.stations, first=plan.first, last=plan.last)


def training_origins(grid: Grid, plan: Plan) -> np.ndarray:
    """Issue times to learn from: their longest lead ends before the holdout begins.

    Of many, hours drawn by lot are enough: neighbouring hours tell nearly the same. Every n-th hour could be
    one and the same of the day.
    """
    origins = np.arange(max(grid.place(plan.holdout_first) - plan.horizon_hours, 0))
    return np.asarray(origins[blocks.drawn(origins, MOST_ROWS / len(grid.stations), plan.seed)])


def climatology(grid: Grid, plan: Plan) -> Climatology:
    """What is usual of the target, by the hours before the holdout."""
    end = grid.place(plan.holdout_first)
    values = grid.values[target_named(plan.target).column]
    return Climatology.fit(values[:, :end], grid.hours[:end])


def training_features(grid: Grid, plan: Plan, usual: Climatology) -> Features:
    """Features of the training span that are the same for all leads."""
    return features.features(grid, training_origins(grid, plan), target_named(plan.target), usual)


def to_table(made: Features, grid: Grid, plan: Plan) -> pa.Table:
    """Features as a table: a row per station and issue time; each column tells what it is.

    What belongs to one lead (climatology and sun at the valid time, the days before) is made when that lead
    is trained, from the observations staged beside this table.
    """
    origins = training_origins(grid, plan)
    columns = [
        pa.field(name, pa.float32(), metadata={"doc": doc})
        for name, doc in zip(made.names, made.docs, strict=True)
    ]
    times = np.tile(grid.hours[origins].astype("datetime64[us]"), len(grid.stations))
    arrays = [
        pa.array(np.repeat(grid.stations, len(origins))),
        pa.array(times).cast(UTC_TIME),
        *(pa.array(made.values[..., place].reshape(-1)) for place in range(len(made.names))),
    ]
    return pa.table(arrays, schema=pa.schema([*FEATURES_KEY, *columns]))


def from_table(table: pa.Table, grid: Grid) -> Features:
    """Such a table as features again."""
    columns = table.schema.names[len(FEATURES_KEY) :]
    docs = tuple(table.field(name).metadata[b"doc"].decode() for name in columns)
    values = np.empty((table.num_rows, len(columns)), np.float32)
    for place, name in enumerate(columns):
        values[:, place] = table[name].to_numpy()
    return Features(tuple(columns), docs, values.reshape(len(grid.stations), -1, len(columns)))
