"""The training data of a run: observations of a pinned snapshot, and the features computed from them."""

from collections.abc import Collection
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.model import cross_validation, features, kma_inputs
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.features import Features
from weather_mlops.model.kma_inputs import ForecastRows
from weather_mlops.model.plan import Plan
from weather_mlops.model.recipes import Recipe, recipe_for
from weather_mlops.model.targets import target_named

MOST_ROWS: Final = 500_000
"""Station-hours to train on: three years of 97 stations are 2.5 million, and a fifth of them is nearly as
good; memory grows with their number."""
FEATURES_KEY: Final = (
    pa.field("station_id", pa.int32(), nullable=False, metadata={"doc": "KMA station id"}),
    pa.field("issued_at", UTC_TIME, nullable=False, metadata={"doc": "Issue time (UTC): newest hour used"}),
)


def panel_of(observations: pa.Table, plan: Plan) -> Panel:
    """The observations of a plan as a panel.

    Raises:
        TrainingImpossible: there are none.
    """
    columns = features.inputs(target_named(plan.target))
    return to_panel(observations, columns, stations=plan.stations, first=plan.first, last=plan.last)


def kma_forecasts_of(catalog: Catalog, plan: Plan, stations: Collection[int]) -> ForecastRows | None:
    """The KMA's forecasts of stations, of the snapshot that a plan names; None if it names none."""
    if plan.kma_snapshot_id is None:
        return None
    return kma_inputs.from_catalog(catalog, sorted(stations), plan.kma_snapshot_id)


def select_recipe(panel: Panel, plan: Plan) -> Recipe:
    """The recipe of the plan's model: it depends on how much of the year lies before the holdout."""
    end = panel.index_of(plan.holdout_first)
    return recipe_for(panel.values[target_named(plan.target).column][:, :end], panel.hours[:end])


def training_issue_times(panel: Panel, plan: Plan) -> np.ndarray:
    """Issue times to train on: their longest lead ends before the holdout begins.

    Hours that no station observed are skipped. If there are very many hours, a random sample is used:
    neighbouring hours are nearly the same. (Every n-th hour could always be the same hour of the day.)
    """
    end = max(panel.index_of(plan.holdout_first) - plan.horizon_hours, 0)
    target = panel.values[target_named(plan.target).column]
    issue_times = np.flatnonzero(np.isfinite(target[:, :end]).any(axis=0))
    return np.asarray(
        issue_times[cross_validation.sample_hours(issue_times, MOST_ROWS / len(panel.stations), plan.seed)]
    )


def fit_climatology(panel: Panel, plan: Plan) -> Climatology:
    """The climatology of the target, fitted on the hours before the holdout."""
    end = panel.index_of(plan.holdout_first)
    values = panel.values[target_named(plan.target).column]
    return Climatology.fit(values[:, :end], panel.hours[:end])


def training_features(panel: Panel, plan: Plan, climatology: Climatology) -> Features:
    """The recipe's features of the training span that are the same for all leads."""
    uses = select_recipe(panel, plan).uses
    return features.features(
        panel, training_issue_times(panel, plan), target_named(plan.target), climatology, uses
    )


def to_table(computed: Features, panel: Panel, plan: Plan) -> pa.Table:
    """Features as a table: a row per station and issue time; each column has its description.

    Features that belong to one lead (climatology and sun at the valid time, the days before) are computed
    when that lead is trained, from the observations staged next to this table.
    """
    issue_times = training_issue_times(panel, plan)
    columns = [
        pa.field(name, pa.float32(), metadata={"doc": doc})
        for name, doc in zip(computed.names, computed.docs, strict=True)
    ]
    times = np.tile(panel.hours[issue_times].astype("datetime64[us]"), len(panel.stations))
    arrays = [
        pa.array(np.repeat(panel.stations, len(issue_times))),
        pa.array(times).cast(UTC_TIME),
        *(pa.array(computed.values[..., column].reshape(-1)) for column in range(len(computed.names))),
    ]
    return pa.table(arrays, schema=pa.schema([*FEATURES_KEY, *columns]))


def from_table(table: pa.Table, panel: Panel) -> Features:
    """Features from a table that ``to_table`` made."""
    columns = table.schema.names[len(FEATURES_KEY) :]
    docs = tuple(table.field(name).metadata[b"doc"].decode() for name in columns)
    values = np.empty((table.num_rows, len(columns)), np.float32)
    for column, name in enumerate(columns):
        values[:, column] = table[name].to_numpy()
    return Features(tuple(columns), docs, values.reshape(len(panel.stations), -1, len(columns)))
