"""Train a model: for each lead boosted trees, a ridge regression, their blend, and the scale of its errors.

How a lead is trained depends on how much of the year the data cover: see ``recipes``.
"""

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake.panel import Panel
from weather_mlops.model import features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.lead_model import LeadModel
from weather_mlops.model.plan import Plan
from weather_mlops.model.recipes import Recipe
from weather_mlops.model.sample import Sample, sampled
from weather_mlops.model.targets import target_named
from weather_mlops.model.training_progress import Report, TrainedPart, unreported
from weather_mlops.model.tuning import TunedLead, interpolated, tuned_leads

log = logging.getLogger(__name__)

LEAST_ROWS: Final = 500


def train(  # noqa: PLR0913, PLR0917  all inputs of a training
    panel: Panel,
    plan: Plan,
    training_recipe: Recipe,
    climatology: Climatology,
    base: Features,
    issue_times: np.ndarray,
    report: Report = unreported,
) -> Forecaster:
    """Train a model of all leads.

    Args:
        panel: of the plan's stations.
        plan: plan of the run.
        training_recipe: how each lead is trained.
        climatology: of the target, fitted before the holdout.
        base: the recipe's features that are the same for all leads, at the issue times.
        issue_times: indices of the issue times to train on; all their outcomes lie before the holdout.
        report: takes the progress.

    Raises:
        TrainingImpossible: too few rows with an outcome.
    """
    target = target_named(plan.target)
    names: tuple[str, ...] = ()
    rows = 0

    def sample_of(lead: int) -> Sample:
        nonlocal names, rows
        own = features.lead_features(panel, issue_times, target, climatology, lead, training_recipe.uses)
        sample = sampled(panel.values[target.column], issue_times, base, own, lead)
        names, rows = sample.names, max(rows, len(sample.change))
        return sample

    try:
        part = TrainedPart(plan.target, report=report)
        models = train_leads(training_recipe, sample_of, plan.horizon_hours, plan.seed, part)
    except TrainingImpossible as error:
        raise TrainingImpossible(f"{plan.target}: {error}") from error
    return Forecaster(target, plan.stations, names, climatology, models, training_recipe.settings(), rows)


def train_leads(
    training_recipe: Recipe, sample_of: Callable[[int], Sample], horizon: int, seed: int, part: TrainedPart
) -> list[LeadModel]:
    """Train the models of all leads, as many at a time as there are cores.

    Args:
        training_recipe: how each lead is trained.
        sample_of: the rows of a lead in hours; called by several threads, more than once for some leads.
        horizon: longest lead, hours.
        seed: of all randomness.
        part: what is trained, for the log and for people who wait.

    Returns:
        The models of lead 1, 2, …

    Raises:
        TrainingImpossible: a lead has fewer than LEAST_ROWS rows, or its span is too short.
    """
    begun = time.monotonic()
    part.report(part.step, 0, horizon, None)

    def rows_of(lead: int) -> Sample:
        sample = sample_of(lead)
        if len(sample.change) < LEAST_ROWS:
            raise TrainingImpossible(f"{len(sample.change)} rows known after {lead} h; {LEAST_ROWS} needed")
        return sample

    def tune(lead: int) -> TunedLead:
        assert training_recipe.tune is not None  # noqa: S101  leads are tuned only where it is
        return training_recipe.tune(rows_of(lead), lead, seed)

    def train(lead: int) -> tuple[LeadModel, int]:
        sample = rows_of(lead)
        known = interpolated(tuned, lead) if tuned else None
        return training_recipe.train_lead(sample, lead, seed, known), len(sample.change)

    models: list[LeadModel] = []
    with ThreadPoolExecutor(min(os.cpu_count() or 1, horizon)) as pool:
        leads = tuned_leads(horizon) if training_recipe.tune else ()
        tuned = dict(zip(leads, pool.map(tune, leads), strict=True))
        if tuned:
            log.info(
                "tuned: target=%s leads=%s seconds=%.0f", part.name, list(leads), time.monotonic() - begun
            )
        for model, rows in pool.map(train, range(1, horizon + 1)):
            models.append(model)
            spent = time.monotonic() - begun
            left = spent / len(models) * (horizon - len(models))
            _log_progress(part.name, model, (len(models), horizon), rows, (spent, left))
            part.report(part.step, len(models), horizon, left)
    return models


def _log_progress(
    name: str, model: LeadModel, of_leads: tuple[int, int], rows: int, seconds: tuple[float, float]
) -> None:
    log.info(
        "trained: target=%s lead=%d/%d rows=%d rounds=%s ridge=%.2f seconds=%.0f seconds_left=%.0f",
        name,
        *of_leads,
        rows,
        [booster.num_boosted_rounds() for booster in model.boosters],
        model.ridge_weight,
        *seconds,
    )
