"""The training data of a run: observations of a pinned state of the table, and the features made of them."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And

from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.rows import between, one_of
from weather_mlops.lake.schemas import OBSERVATIONS, UTC_TIME
from weather_mlops.lake.store import storage_errors
from weather_mlops.model import features
from weather_mlops.model.grid import Grid, to_grid
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named


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
    """Issue times to learn from: their longest lead ends before the holdout begins."""
    return np.arange(grid.place(plan.holdout_first) - plan.horizon_hours)


def feature_table(grid: Grid, plan: Plan) -> pa.Table:
    """Features of the training span, a row per station and issue time; each column tells what it is."""
    origins = training_origins(grid, plan)
    made = features.features(grid, origins, target_named(plan.target))
    key = [
        pa.field("station_id", pa.int32(), nullable=False, metadata={"doc": "KMA station id"}),
        pa.field(
            "issued_at", UTC_TIME, nullable=False, metadata={"doc": "Issue time (UTC): newest hour used"}
        ),
    ]
    columns = [
        pa.field(name, pa.float32(), metadata={"doc": features.documentation(name)}) for name in made.names
    ]
    times = np.tile(grid.hours[origins].astype("datetime64[us]"), len(grid.stations))
    arrays = [
        pa.array(np.repeat(grid.stations, len(origins))),
        pa.array(times).cast(pa.timestamp("us")).cast(UTC_TIME),
        *(pa.array(made.values[..., place].reshape(-1)) for place in range(len(made.names))),
    ]
    return pa.table(arrays, schema=pa.schema([*key, *columns]))
