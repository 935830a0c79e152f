"""The champion: loaded to forecast with, and compared with a new model on its holdout."""

import logging
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from weather_mlops.documents.decision import Decision
from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.model import boosters
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.holdout import ChampionForecast
from weather_mlops.model.kma_inputs import ForecastRows
from weather_mlops.model.plan import Plan
from weather_mlops.model.registry import Registry
from weather_mlops.model.versions import Version
from weather_mlops.verification.scores import QuantileForecast

log = logging.getLogger(__name__)


def load_champion(registry: Registry, decision: Decision) -> tuple[Version, Forecaster]:
    """Load the version that a decision made the champion, and verify all its checksums.

    If its manifest is the one of the decision, its trees were checked in a separate process before they were
    deployed, and that isn't repeated; else they are checked now.

    Args:
        registry: registry of the target.
        decision: the decision that made it the champion.

    Raises:
        ModelUnusable: it is missing or damaged, or was made for other features than the code's.
        StorageUnavailable, StorageRefused.
    """
    version = registry.load(decision.version)
    if version.manifest_sha256 != decision.manifest_sha256:
        log.info("checking the trees of %s: they weren't since its manifest was written", version.name)
        boosters.check(version.files)
    return version, Forecaster.from_files(version.files)


def champion_forecast(
    registry: Registry,
    observations: pa.Table,
    panel: Panel,
    plan: Plan,
    rows_of: ForecastRows | None = None,
) -> tuple[ChampionForecast | None, str | None]:
    """Forecasts of a plan's holdout by the champion, in the shape of the new model's.

    Args:
        registry: registry of the target.
        observations: rows of the stations of both models.
        panel: of the plan's stations.
        plan: plan of the new model.
        rows_of: the KMA's forecasts; None = observations alone.

    Returns:
        The forecasts, None without a champion; and the version of a champion that can't forecast.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    champion = registry.champion_or_none()
    if champion is None or champion.version == plan.version:
        return None, None
    try:
        version, theirs = load_champion(registry, champion)
    except ModelUnusable as error:
        log.warning("the champion can't forecast, so the model isn't compared with it: %s", error)
        return None, champion.version
    own = to_panel(observations, theirs.inputs, stations=theirs.stations, first=plan.first, last=plan.last)
    learned_until = version.manifest["plan"]["holdout_first"]
    issue_times = np.arange(panel.index_of(plan.holdout_first), panel.length - 1)
    shape = (len(panel.stations), len(issue_times), plan.horizon_hours)
    common, own_rows, champion_rows = np.intersect1d(panel.stations, theirs.stations, return_indices=True)
    # The champion may have other stations and fewer leads, and may have been trained on the first hours of
    # this holdout. Its forecasts fill the stations, issue times and leads that both have; others stay NaN.
    unseen = issue_times >= panel.index_of(learned_until)
    leads = min(plan.horizon_hours, theirs.horizon)
    if not len(common) or not unseen.any():
        nothing = np.full(shape, np.nan, np.float32)
        return ChampionForecast(champion.version, QuantileForecast.interval(nothing, nothing, nothing)), None
    kma = theirs.gather(rows_of, own, issue_times[unseen])
    predicted = theirs.predict(own, issue_times[unseen], kma)
    values = np.full((len(predicted.levels), *shape), np.nan, np.float32)
    at = np.ix_(np.arange(len(predicted.levels)), own_rows, np.flatnonzero(unseen), np.arange(leads))
    values[at] = predicted.values[:, champion_rows, :, :leads]
    return ChampionForecast(champion.version, QuantileForecast(predicted.levels, values)), None


def champion_stations(registry: Registry) -> Iterable[int]:
    """Ids of the stations that the champion forecasts; empty without a usable one.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    champion = registry.champion_or_none()
    if champion is None:
        return ()
    try:
        return tuple(registry.manifest(champion.version)["plan"]["stations"])
    except ModelUnusable as error:
        log.warning("%s", error)
        return ()
