"""The training data of a run: observations of a pinned state of the table, and the features made of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And

from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import between, one_of
from weather_mlops.lake.object_store import storage_errors
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KEY, OBSERVATIONS, UTC_TIME
from weather_mlops.model import cross_validation, features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.features import Features
from weather_mlops.model.panel import Panel, to_panel
from weather_mlops.model.plan import Plan
from weather_mlops.model.recipes import Recipe, recipe_for
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
        return scan(
            table,
            OBSERVATIONS.select(*KEY, *columns),
            And(between(first, last), one_of("station_id", list(stations))),
            snapshot_id=snapshot_id,
        )


def panel_of(observations: pa.Table, plan: Plan) -> Panel:
    """The observations of a plan on its grid.

    Raises:
        TrainingImpossible: there are none.
    """
    columns = features.inputs(target_named(plan.target))
    return to_panel(observations, columns, stations=plan.stations, first=plan.first, last=plan.last)


def select_recipe(grid: Panel, plan: Plan) -> Recipe:
    """How the plan's model is trained: by what the hours before the holdout have seen of the year."""
    end = grid.place(plan.holdout_first)
    return recipe_for(grid.values[target_named(plan.target).column][:, :end], grid.hours[:end])


def training_issue_times(grid: Panel, plan: Plan) -> np.ndarray:
    """Issue times to learn from: their longest lead ends before the holdout begins.

    Hours of holes are left out. Of many, hours drawn at random are enough: neighbouring hours are nearly the
    same. Every n-th hour could be one and the same of the day.
    """
    end = max(grid.place(plan.holdout_first) - plan.horizon_hours, 0)
    target = grid.values[target_named(plan.target).column]
    origins = np.flatnonzero(np.isfinite(target[:, :end]).any(axis=0))
    return np.asarray(
        origins[cross_validation.sample_hours(origins, MOST_ROWS / len(grid.stations), plan.seed)]
    )


def climatology(grid: Panel, plan: Plan) -> Climatology:
    """What is usual of the target, by the hours before the holdout."""
    end = grid.place(plan.holdout_first)
    values = grid.values[target_named(plan.target).column]
    return Climatology.fit(values[:, :end], grid.hours[:end])


def training_features(grid: Panel, plan: Plan, usual: Climatology) -> Features:
    """The recipe's features of the training span that are the same for all leads."""
    uses = select_recipe(grid, plan).uses
    return features.features(grid, training_issue_times(grid, plan), target_named(plan.target), usual, uses)


def to_table(made: Features, grid: Panel, plan: Plan) -> pa.Table:
    """Features as a table: a row per station and issue time; each column tells what it is.

    What belongs to one lead (climatology and sun at the valid time, the days before) is made when that lead
    is trained, from the observations staged beside this table.
    """
    origins = training_issue_times(grid, plan)
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


def from_table(table: pa.Table, grid: Panel) -> Features:
    """Such a table as features again."""
    columns = table.schema.names[len(FEATURES_KEY) :]
    docs = tuple(table.field(name).metadata[b"doc"].decode() for name in columns)
    values = np.empty((table.num_rows, len(columns)), np.float32)
    for place, name in enumerate(columns):
        values[:, place] = table[name].to_numpy()
    return Features(tuple(columns), docs, values.reshape(len(grid.stations), -1, len(columns)))
