"""Train a model: for each lead boosted trees, a ridge regression, their blend, and the scale of its errors.

How a lead is trained depends on how much of the year the data cover: see ``recipes``.
"""

import logging
import os
import time
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
from weather_mlops.model.sample import sampled
from weather_mlops.model.targets import target_named

log = logging.getLogger(__name__)

LEAST_ROWS: Final = 500


def train(  # noqa: PLR0913, PLR0917  all inputs of a training
    panel: Panel,
    plan: Plan,
    training_recipe: Recipe,
    climatology: Climatology,
    base: Features,
    issue_times: np.ndarray,
) -> Forecaster:
    """Train a model of all leads, as many at a time as there are cores.

    Args:
        panel: of the plan's stations.
        plan: plan of the run.
        training_recipe: how each lead is trained.
        climatology: of the target, fitted before the holdout.
        base: the recipe's features that are the same for all leads, at the issue times.
        issue_times: indices of the issue times to train on; all their outcomes lie before the holdout.

    Raises:
        TrainingImpossible: too few rows with an outcome.
    """
    target, begun = target_named(plan.target), time.monotonic()

    def one(lead: int) -> tuple[LeadModel, tuple[str, ...], int]:
        own = features.lead_features(panel, issue_times, target, climatology, lead, training_recipe.uses)
        sample = sampled(panel.values[target.column], issue_times, base, own, lead)
        if len(sample.change) < LEAST_ROWS:
            raise TrainingImpossible(
                f"{plan.target}: {len(sample.change)} rows known after {lead} h; {LEAST_ROWS} needed"
            )
        return training_recipe.train_lead(sample, lead, plan.seed), sample.names, len(sample.change)

    trained = []
    with ThreadPoolExecutor(min(os.cpu_count() or 1, plan.horizon_hours)) as pool:
        for model, names, rows in pool.map(one, range(1, plan.horizon_hours + 1)):
            trained.append((model, names, rows))
            spent = time.monotonic() - begun
            log.info(
                "trained: target=%s lead=%d/%d rows=%d rounds=%d ridge=%.2f seconds=%.0f seconds_left=%.0f",
                plan.target,
                len(trained),
                plan.horizon_hours,
                rows,
                model.boosters[0].num_boosted_rounds(),
                model.ridge_weight,
                spent,
                spent / len(trained) * (plan.horizon_hours - len(trained)),
            )
    models = [model for model, _, _ in trained]
    return Forecaster(
        target,
        plan.stations,
        trained[-1][1],
        climatology,
        models,
        training_recipe.settings(),
        max(rows for _, _, rows in trained),
    )
