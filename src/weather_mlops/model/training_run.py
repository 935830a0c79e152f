"""The tasks of a training run: what each reads and writes.

    prepare    observations of the pinned snapshot -> staging: observations, features
    train      staging -> files of the model in the registry
    evaluate   staging, files of the model, the KMA's forecasts -> figures, card; the version is finalized

Each can be stopped at any point and repeated. ``deployment`` is the last task.
"""

import json
import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops import limits
from weather_mlops.documents.evaluation import (
    SCHEMA,
    EvaluationDocument,
    Smoke,
)
from weather_mlops.documents.model_version import Headline, VersionNotes
from weather_mlops.documents.training_tasks import EvaluationSummary, PreparationSummary, TrainingSummary
from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake import observations_reader
from weather_mlops.lake.panel import Panel
from weather_mlops.lake.schemas import KMA_FORECASTS, OBSERVATIONS
from weather_mlops.lake.staging import Staging
from weather_mlops.lake.tags import tag
from weather_mlops.model import (
    evaluation,
    features,
    kma_baseline,
    kma_inputs,
    post_processing_training,
    preparation,
    training,
    training_cost,
)
from weather_mlops.model.card import page
from weather_mlops.model.champion import champion_forecast, champion_stations
from weather_mlops.model.description import describe, inputs_of
from weather_mlops.model.evaluation import CARD, EVALUATION, SMOKE
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.kma_inputs import ForecastRows
from weather_mlops.model.plan import Plan
from weather_mlops.model.registry import Registry
from weather_mlops.model.targets import target_named
from weather_mlops.model.training_progress import ProgressReport, Report, unreported
from weather_mlops.model.versions import as_json
from weather_mlops.verification.scores import rounded

log = logging.getLogger(__name__)

OBSERVED: Final = "observations"
FEATURES: Final = "features"
TRAINING: Final = "training.json"


def prepare(catalog: Catalog, staging: Staging, plan: Plan) -> PreparationSummary:
    """Stage the observations of a plan, and the features of its training span; protect the snapshots.

    Returns:
        Counts, and the keys of what was staged.

    Raises:
        TrainingImpossible: there are no observations to compute features from.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    ProgressReport(staging.store, plan.target, plan.version).begin("preparing")
    if plan.snapshot_id is not None:
        tag(catalog, OBSERVATIONS, plan.snapshot_id, f"model-{plan.version}")
    if plan.kma_snapshot_id is not None:
        tag(catalog, KMA_FORECASTS, plan.kma_snapshot_id, f"model-{plan.version}")
    # The champion forecasts the holdout, too, and may have other stations.
    stations = {*plan.stations, *champion_stations(Registry(staging.store, plan.target))}
    columns = features.inputs(target_named(plan.target))
    table = observations_reader.read_observations(
        catalog,
        columns,
        stations=stations,
        first=plan.first,
        last=plan.last,
        snapshot_id=plan.snapshot_id,
    )
    panel = preparation.panel_of(table, plan)
    climatology = preparation.fit_climatology(panel, plan)
    feature_table = preparation.to_table(preparation.training_features(panel, plan, climatology), panel, plan)
    features_count = feature_table.num_columns - len(preparation.FEATURES_KEY)
    log.info(
        "prepared: target=%s observations=%d feature_rows=%d features=%d",
        plan.target,
        table.num_rows,
        feature_table.num_rows,
        features_count,
    )
    return {
        "observations": table.num_rows,
        "feature_rows": feature_table.num_rows,
        "features": features_count,
        "observations_key": staging.write_table(f"{plan.target}/{OBSERVED}", table),
        "features_key": staging.write_table(f"{plan.target}/{FEATURES}", feature_table),
    }


def train(catalog: Catalog, staging: Staging, plan: Plan) -> TrainingSummary:
    """Train on the staged tables; the model's files go to the registry, where they aren't a version yet.

    The catalog is read for the KMA's forecasts only.

    Raises:
        TrainingImpossible: nothing was prepared, or too little to train on.
        StorageUnavailable, StorageRefused.
    """
    registry = Registry(staging.store, plan.target)
    if registry.finalized(plan.version):
        return {"version": plan.version, "reason": "trained and evaluated already"}
    observations = _staged(staging, plan, OBSERVED)
    feature_table = _staged(staging, plan, FEATURES)
    panel = preparation.panel_of(observations, plan)
    computed = preparation.from_table(feature_table, panel)
    rows_of = preparation.kma_forecasts_of(catalog, plan, plan.stations)
    report = ProgressReport(staging.store, plan.target, plan.version).trained
    forecaster, statistics = training_cost.measured(lambda: fit(panel, plan, computed, rows_of, report))
    registry.write(plan.version, {**forecaster.files(), TRAINING: as_json(statistics)})
    inputs = inputs_of(forecaster)
    log.info("trained: target=%s version=%s inputs: %s", plan.target, plan.version, inputs)
    return {
        "version": plan.version,
        "inputs": inputs,
        "rows": statistics["rows"],
        "seconds": statistics["seconds"],
        "peak_rss_mb": statistics["peak_rss_mb"],
    }


def evaluate(
    catalog: Catalog, staging: Staging, plan: Plan, *, now: datetime, code_revision: str | None = None
) -> EvaluationSummary:
    """Measure the model of a run on its holdout, write the card, and finalize the version.

    The catalog is read for the KMA's forecasts only.

    Raises:
        TrainingImpossible: nothing was trained.
        StorageUnavailable, StorageRefused.
    """
    registry = Registry(staging.store, plan.target)
    if not registry.finalized(plan.version):
        files = _trained(registry, plan)
        forecaster = Forecaster.from_files(files)
        ProgressReport(staging.store, plan.target, plan.version).begin("evaluating")
        observations = _staged(staging, plan, OBSERVED)
        panel = preparation.panel_of(observations, plan)
        rows_of = preparation.kma_forecasts_of(catalog, plan, {*plan.stations, *champion_stations(registry)})
        champion, left_out = champion_forecast(registry, observations, panel, plan, rows_of)
        issue_times = np.arange(panel.index_of(plan.holdout_first), panel.length - 1)
        kma = forecaster.gather(rows_of, panel, issue_times)
        holdout = evaluation.compare(forecaster, panel, int(issue_times[0]), champion, kma=kma)
        holdout, without_kma = kma_baseline.with_kma_forecast(
            catalog, forecaster.target, holdout, panel, plan.kma_snapshot_id
        )
        document: EvaluationDocument = {
            "schema": SCHEMA,
            **describe(forecaster, plan, json.loads(files[TRAINING])),
            "evaluated_at": now.isoformat(),
            "code_revision": code_revision,
            "champion_left_out": left_out,
            **evaluation.figures(holdout, panel, forecaster.importance(evaluation.SHOWN_LEADS)),
            "kma_forecast": kma_baseline.figures(holdout, panel, without_kma),
        }
        document = rounded(document)
        version_files = {
            **files,
            EVALUATION: as_json(document),
            SMOKE: as_json(_smoke(forecaster, panel, rows_of)),
            CARD: page.render(document).encode(),
        }
        registry.finalize(plan.version, version_files, _notes(forecaster, plan, document))
    document = json.loads(registry.file(plan.version, EVALUATION))
    return {**_headline(document), "card_key": registry.key(plan.version, CARD)}


def fit(
    panel: Panel,
    plan: Plan,
    computed: Features | None = None,
    rows_of: ForecastRows | None = None,
    report: Report = unreported,
) -> Forecaster:
    """Train on a panel.

    Args:
        panel: of the plan's stations.
        plan: plan of the run.
        computed: features of the training span, if they were computed already.
        rows_of: the KMA's forecasts; None = observations alone.
        report: takes the progress.

    Raises:
        TrainingImpossible: too little to train on.
    """
    climatology = preparation.fit_climatology(panel, plan)
    base = preparation.training_features(panel, plan, climatology) if computed is None else computed
    training_recipe = preparation.select_recipe(panel, plan)
    issue_times, target = preparation.training_issue_times(panel, plan), target_named(plan.target)
    forecaster = training.train(panel, plan, training_recipe, climatology, base, issue_times, report)
    if not kma_inputs.can_use(target):
        return forecaster
    post_processing = None
    if rows_of is not None:
        kma = kma_inputs.gather(rows_of, panel, target, issue_times, plan.horizon_hours)
        post_processing = post_processing_training.train(panel, plan, forecaster, base, kma, report)
    settings = {**forecaster.settings, **post_processing_training.SETTINGS}
    return replace(forecaster, post_processing=post_processing, settings=settings)


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


def _smoke(forecaster: Forecaster, panel: Panel, rows_of: ForecastRows | None) -> Smoke:
    """The newest forecast that the evaluation can make; it is repeated before the model is deployed."""
    newest = panel.length - 1
    issue_times = np.array([newest])
    p50 = forecaster.predict(panel, issue_times, forecaster.gather(rows_of, panel, issue_times)).p50[:, 0]
    return {
        "issued_at": panel.time_at(newest).isoformat(),
        "p50": [[float(value) if np.isfinite(value) else None for value in row] for row in p50],
    }


def _notes(forecaster: Forecaster, plan: Plan, document: EvaluationDocument) -> VersionNotes:
    """What the manifest contains in addition to the checksums."""
    return {
        "created_at": document["evaluated_at"],
        "recipe": forecaster.config_hash,
        "fingerprint": forecaster.feature_hash,
        "features": list(forecaster.features),
        "plan": plan.as_dict(),
        "libraries": document["libraries"],
        "code_revision": document["code_revision"],
        "metrics": _headline(document),
    }


def _headline(document: EvaluationDocument) -> Headline:
    """The figures that a task returns: RMSE and skill at a few leads."""
    leads = {
        lead: document["leads"][str(lead)]
        for lead in evaluation.SHOWN_LEADS
        if str(lead) in document["leads"]
    }
    return {
        "version": document["version"],
        "unit": document["unit"],
        "inputs": document["inputs"],
        "rmse": {str(lead): figures["rmse"] for lead, figures in leads.items()},
        "coverage_80": {str(lead): figures["coverage_80"] for lead, figures in leads.items()},
        "crps": {str(lead): figures.get("crps") for lead, figures in leads.items()},
        "skill_persistence": {
            str(lead): figures["opponents"]["persistence"]["skill"] for lead, figures in leads.items()
        },
        "champion": document["champion"],
    }
