"""From what a pipeline requests and what the tables hold to the plan of a training."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.catalog import Catalog

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import kma_inputs, readiness
from weather_mlops.model.plan import Plan, holdout_first, version_of
from weather_mlops.model.readiness import DataFigures, DataRequirements
from weather_mlops.model.targets import target_named
from weather_mlops.stations import resolve_station_ids


@dataclass(frozen=True)
class TrainingRequest:
    """What pipelines/training.yml requests for one target.

    Attributes:
        target: name of the target.
        stations: ``all`` that have enough hours, or a list of station ids and names.
        horizon_hours: longest lead.
        history_days: how many days back the observations are used.
        holdout_days: length of the holdout where there is enough data.
        seed: of all randomness.
    """

    target: str
    stations: str | Sequence[int | str]
    horizon_hours: int
    history_days: float
    holdout_days: float
    seed: int


def measure(
    catalog: Catalog, request: TrainingRequest, limits: DataRequirements, now: datetime
) -> DataFigures:
    """Measure the observations of a request, see ``readiness.measure``.

    Raises:
        Misconfigured: an unknown target or station.
        StorageUnavailable, StorageRefused.
    """
    return readiness.measure(
        catalog,
        target_named(request.target).column,
        stations=None if request.stations == "all" else resolve_station_ids(request.stations),
        history_days=request.history_days,
        now=now,
        limits=limits,
    )


def make_plan(
    request: TrainingRequest,
    figures: DataFigures,
    *,
    run: str,
    at: datetime,
    kma_snapshot_id: int | None = None,
) -> Plan:
    """The plan of a run on the measured data.

    Args:
        request: what is requested.
        figures: what the tables hold; ready for a training.
        run: name of the run; with the target and the snapshot, it identifies the version.
        at: time of the run.
        kma_snapshot_id: snapshot of the table of the KMA's forecasts; None = without them.

    Raises:
        Misconfigured: holdout_days or horizon_hours isn't positive.
        TrainingImpossible: there are no observations, or too few for training and holdout.
    """
    if figures.first is None or figures.last is None:
        raise TrainingImpossible(f"{request.target}: there are no observations of it: load some history")
    return Plan(
        target=request.target,
        version=version_of(f"{run}/{request.target}/{figures.snapshot_id}", at),
        stations=figures.stations,
        horizon_hours=request.horizon_hours,
        first=figures.first,
        last=figures.last,
        holdout_first=holdout_first(figures.last, figures.observed, request.holdout_days),
        snapshot_id=figures.snapshot_id,
        seed=request.seed,
        kma_snapshot_id=kma_snapshot_id if kma_inputs.can_use(target_named(request.target)) else None,
    )
