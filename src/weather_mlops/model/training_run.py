"""The steps of a training run at their edges: what each reads, and what it hands on.

    prepare    observations of the pinned state -> staging: observations, features
    train      staging -> files of the model in the registry
    evaluate   staging, files of the model -> figures, card; the version is sealed

Each can be stopped at any point and done again. ``deployment`` is the last step.
"""

import json
import logging
import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib.metadata import version as installed
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops import limits
from weather_mlops.errors import ModelUnusable, TrainingImpossible
from weather_mlops.lake.schemas import OBSERVATIONS
from weather_mlops.lake.staging import Staging
from weather_mlops.lake.tags import tag
from weather_mlops.model import evaluation, features, preparation, training
from weather_mlops.model.card import page
from weather_mlops.model.champion import load_champion
from weather_mlops.model.evaluation import CARD, EVALUATION, SMOKE, ChampionForecast
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.panel import Panel, to_panel
from weather_mlops.model.plan import HOUR, Plan
from weather_mlops.model.registry import Registry, as_json
from weather_mlops.model.scores import rounded
from weather_mlops.model.targets import target_named

log = logging.getLogger(__name__)

OBSERVED: Final = "observations"
FEATURES: Final = "features"
TRAINING: Final = "training.json"
LIBRARIES: Final = ("numpy", "pyarrow", "xgboost-cpu")


def prepare(catalog: Catalog, staging: Staging, plan: Plan) -> dict[str, Any]:
    """Stage the observations of a plan, and the features of its training span; protect their snapshot.

    Returns:
        Counts, and the keys of what was staged.

    Raises:
        TrainingImpossible: there is nothing to make features of.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    if plan.snapshot_id is not None:
        tag(catalog, OBSERVATIONS, plan.snapshot_id, f"model-{plan.version}")
    # The champion forecasts the holdout, too: its stations may be others.
    stations = {*plan.stations, *_stations_of_champion(Registry(staging.store, plan.target))}
    columns = features.inputs(target_named(plan.target))
    table = preparation.read(
        catalog,
        columns,
        stations=stations,
        first=plan.first,
        last=plan.last,
        snapshot_id=plan.snapshot_id,
    )
    grid = preparation.panel_of(table, plan)
    usual = preparation.climatology(grid, plan)
    made = preparation.to_table(preparation.training_features(grid, plan, usual), grid, plan)
    told = {
        "observations": table.num_rows,
        "feature_rows": made.num_rows,
        "features": made.num_columns - len(preparation.FEATURES_KEY),
    }
    log.info("prepared: target=%s %s", plan.target, told)
    return {
        **told,
        "observations_key": staging.write_table(f"{plan.target}/{OBSERVED}", table),
        "features_key": staging.write_table(f"{plan.target}/{FEATURES}", made),
    }


def train(staging: Staging, plan: Plan) -> dict[str, Any]:
    """Train on what was staged; the model's files go to the registry, where they are no version yet.

    Raises:
        TrainingImpossible: nothing was prepared, or too little to learn from.
        StorageUnavailable, StorageRefused.
    """
    registry = Registry(staging.store, plan.target)
    if registry.sealed(plan.version):
        return {"version": plan.version, "reason": "trained and evaluated already"}
    observations = _staged(staging, plan, OBSERVED)
    made = _staged(staging, plan, FEATURES)
    grid = preparation.panel_of(observations, plan)
    forecaster, told = measured(lambda: fit(grid, plan, preparation.from_table(made, grid)))
    registry.write(plan.version, {**forecaster.files(), TRAINING: as_json(told)})
    return {"version": plan.version, **told}


def evaluate(
    staging: Staging, plan: Plan, *, now: datetime, code_revision: str | None = None
) -> dict[str, Any]:
    """Measure the model of a run on its holdout, write the card, and seal the version.

    Raises:
        TrainingImpossible: nothing was trained.
        StorageUnavailable, StorageRefused.
    """
    registry = Registry(staging.store, plan.target)
    if not registry.sealed(plan.version):
        files = _trained(registry, plan)
        forecaster = Forecaster.from_files(files)
        observations = _staged(staging, plan, OBSERVED)
        grid = preparation.panel_of(observations, plan)
        champion, left_out = _champion(registry, observations, grid, plan)
        found = evaluation.compare(forecaster, grid, grid.place(plan.holdout_first), champion)
        document = {
            **describe(forecaster, plan, json.loads(files[TRAINING])),
            "evaluated_at": now.isoformat(),
            "code_revision": code_revision,
            "champion_left_out": left_out,
            **evaluation.figures(found, grid, forecaster.importance(evaluation.SHOWN_LEADS)),
        }
        document = rounded(document)
        sealed = {
            **files,
            EVALUATION: as_json(document),
            SMOKE: as_json(_smoke(forecaster, grid)),
            CARD: page.render(document).encode(),
        }
        registry.seal(plan.version, sealed, _notes(forecaster, plan, document))
    document = json.loads(registry.file(plan.version, EVALUATION))
    return {**_headline(document), "card_key": registry.key(plan.version, CARD)}


def fit(grid: Panel, plan: Plan, made: Features | None = None) -> Forecaster:
    """Train on a grid.

    Args:
        grid: of the plan's stations.
        plan: what the run is about.
        made: features of the training span, where they were made already.

    Raises:
        TrainingImpossible: too little to learn from.
    """
    usual = preparation.climatology(grid, plan)
    base = preparation.training_features(grid, plan, usual) if made is None else made
    recipe = preparation.select_recipe(grid, plan)
    return training.train(grid, plan, recipe, usual, base, preparation.training_issue_times(grid, plan))


def describe(forecaster: Forecaster, plan: Plan, trained: Mapping[str, Any]) -> dict[str, Any]:
    """What a model is, and how it was made: the part of an evaluation that isn't measured on the holdout."""
    return {
        "target": forecaster.target.name,
        "unit": forecaster.target.unit,
        "label": forecaster.target.label,
        "version": plan.version,
        "recipe": forecaster.recipe,
        "horizon_hours": plan.horizon_hours,
        "libraries": {name: installed(name) for name in LIBRARIES},
        "snapshot_id": plan.snapshot_id,
        "training": {
            "first": plan.first.isoformat(),
            "last": (plan.holdout_first - HOUR).isoformat(),
            "stations": list(plan.stations),
            **trained,
        },
    }


def measured(work: Callable[[], Forecaster]) -> tuple[Forecaster, dict[str, Any]]:
    """Train; the model, and how many rows it saw, seconds and peak memory of this process."""
    begun = time.monotonic()
    forecaster = work()
    return forecaster, {
        "rows": forecaster.rows,
        "seconds": round(time.monotonic() - begun, 1),
        "peak_rss_mb": peak_rss_mb(),
    }


def peak_rss_mb() -> int:
    """Largest memory of this process so far, MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3))


def _champion(
    registry: Registry, observations: pa.Table, grid: Panel, plan: Plan
) -> tuple[ChampionForecast | None, str | None]:
    """The champion's forecasts of the holdout; or the version that can't be compared with."""
    standing = registry.standing()
    if standing is None or standing.version == plan.version:
        return None, None
    try:
        version, theirs = load_champion(registry, standing)
    except ModelUnusable as error:
        log.warning("the champion can't forecast, nothing is compared with it: %s", error)
        return None, standing.version
    own = to_panel(observations, theirs.inputs, stations=theirs.stations, first=plan.first, last=plan.last)
    learned_until = version.manifest["plan"]["holdout_first"]
    origins = np.arange(grid.place(plan.holdout_first), grid.length - 1)
    found = np.full((len(grid.stations), len(origins), plan.horizon_hours), np.nan, np.float32)
    common, ours, places = np.intersect1d(grid.stations, theirs.stations, return_indices=True)
    unseen = origins >= grid.place(learned_until)
    leads = min(plan.horizon_hours, theirs.horizon)
    if len(common) and unseen.any():
        made = theirs.predict(own, origins[unseen]).p50
        found[np.ix_(ours, np.flatnonzero(unseen), np.arange(leads))] = made[places][..., :leads]
    return ChampionForecast(standing.version, found), None


def _stations_of_champion(registry: Registry) -> Iterable[int]:
    standing = registry.standing()
    if standing is None:
        return ()
    try:
        return tuple(registry.manifest(standing.version)["plan"]["stations"])
    except ModelUnusable as error:
        log.warning("%s", error)
        return ()


def _trained(registry: Registry, plan: Plan) -> dict[str, bytes]:
    """The files that training wrote."""
    prefix = registry.key(plan.version, "")
    files = {
        entry.key.removeprefix(prefix): registry.store.get(entry.key, limits.MODEL_FILE)
        for entry in registry.store.list(prefix)
    }
    if TRAINING not in files:
        raise TrainingImpossible(f"{plan.target}: this run trained no model: see its task train_model")
    return {name: body for name, body in files.items() if name not in {EVALUATION, SMOKE, CARD}}


def _staged(staging: Staging, plan: Plan, name: str) -> pa.Table:
    try:
        return staging.read_table(f"{plan.target}/{name}")
    except FileNotFoundError:
        raise TrainingImpossible(
            f"{plan.target}: this run prepared no {name}: see its task prepare_training_data"
        ) from None


def _smoke(forecaster: Forecaster, grid: Panel) -> dict[str, Any]:
    """The newest forecast that the evaluation can make, to be made again before it is deployed."""
    origin = grid.length - 1
    p50 = forecaster.predict(grid, np.array([origin])).p50[:, 0]
    return {
        "issued_at": grid.moment(origin).isoformat(),
        "p50": [[float(value) if np.isfinite(value) else None for value in row] for row in p50],
    }


def _notes(forecaster: Forecaster, plan: Plan, document: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest tells beside the checksums."""
    return {
        "created_at": document["evaluated_at"],
        "recipe": forecaster.recipe,
        "fingerprint": forecaster.fingerprint,
        "features": list(forecaster.features),
        "plan": plan.as_dict(),
        "libraries": document["libraries"],
        "code_revision": document["code_revision"],
        "metrics": _headline(document),
    }


def _headline(document: Mapping[str, Any]) -> dict[str, Any]:
    """The figures that a task returns: RMSE and skill at a few leads."""
    leads = {
        lead: document["leads"][str(lead)]
        for lead in evaluation.SHOWN_LEADS
        if str(lead) in document["leads"]
    }
    return {
        "version": document["version"],
        "unit": document["unit"],
        "rmse": {str(lead): figures["rmse"] for lead, figures in leads.items()},
        "coverage_80": {str(lead): figures["coverage_80"] for lead, figures in leads.items()},
        "skill_persistence": {
            str(lead): figures["opponents"]["persistence"]["skill"] for lead, figures in leads.items()
        },
        "champion": document["champion"],
    }
