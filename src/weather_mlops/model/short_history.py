"""A lead's model of a short history: a season or less, and a forecast for the days after it.

It has few parameters, and features that do not move with the season: what a few months teach about the season
is wrong in the next one. Blend and interval come from forecasts of the later parts of the span by models
trained on the hours before them (forward chaining): like the forecasts that follow, they go into weather that
the model has not seen. That is done at a few leads, see ``tuning``. The width of the interval follows how
hard the last week was to forecast.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model.fitting import COMMON, Boosting, best_ridge_weight, boost, fit_ridge
from weather_mlops.model.lead_model import LARGEST_SCALE, LeadModel, RecentErrors, damped_anomaly
from weather_mlops.model.sample import Sample
from weather_mlops.model.tuning import TunedLead

LEAST_FOLD_ROWS: Final = 200


@dataclass(frozen=True)
class ShortHistorySettings:
    """How a lead is trained.

    Chosen on 90 days that end at turns of seasons: simulated ones of ten cities, and real ones of Seoul,
    Andong and Daegu, 2018 to 2020.

    Attributes:
        num_boost_round: boosting rounds.
        learning_rate: of the trees.
        max_depth: of a tree.
        min_child_weight: least rows in a leaf.
        colsample_bytree: share of the features that a tree may use.
        subsample: share of the rows that a tree sees.
        max_bin: bins of a feature's histogram.
        parts: number of parts of the hours; all but the first are forecast by a model trained on the ones
            before.
        ridge_penalty: see ``Ridge.fit``.
    """

    num_boost_round: int = 200
    learning_rate: float = 0.06
    max_depth: int = 5
    min_child_weight: int = 50
    colsample_bytree: float = 0.3
    subsample: float = 0.8
    max_bin: int = 32
    parts: int = 4
    ridge_penalty: float = 0.2

    def boosting(self, seed: int) -> Boosting:
        """The settings as XGBoost's parameters."""
        parameters = {
            **COMMON,
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample_bytree,
            "max_bin": self.max_bin,
            "seed": seed,
        }
        return Boosting(self.num_boost_round, parameters)


SETTINGS: Final = ShortHistorySettings()


def tune(sample: Sample, lead: int, seed: int) -> TunedLead:
    """Measure a lead by forecasts of the later parts of the span.

    Args:
        sample: rows to train on.
        lead: hours.
        seed: of all randomness.

    Raises:
        TrainingImpossible: the span is too short to forecast a part of it.
    """
    settings = SETTINGS
    trees, ridge = _forecast_parts(sample, lead, settings, 1000 * lead + seed)
    judged = np.isfinite(trees)
    ridge_weight = best_ridge_weight(sample.change[judged], trees[judged], ridge[judged])
    errors = (sample.change - (trees + ridge_weight * (ridge - trees)))[judged]
    scale = RecentErrors.of(sample.names, sample.values).predict(sample.names, sample.values[judged])
    return TunedLead.of(settings.num_boost_round, ridge_weight, errors, np.maximum(scale, 1 / LARGEST_SCALE))


def train_lead(sample: Sample, lead: int, seed: int, tuned: TunedLead | None = None) -> LeadModel:
    """Train trees and ridge of one lead.

    Args:
        sample: rows to train on.
        lead: hours.
        seed: of all randomness.
        tuned: what is known of the lead; None = measure it.

    Raises:
        TrainingImpossible: the span is too short to forecast a part of it.
    """
    tuned = tuned or tune(sample, lead, seed)
    ridge_model, damping = fit_ridge(sample, SETTINGS.ridge_penalty)
    boosting = replace(SETTINGS, num_boost_round=tuned.num_boost_round).boosting(1000 * lead + seed)
    return LeadModel(
        boosters=[boost(sample, boosting)],
        ridge=ridge_model,
        damping=damping,
        ridge_weight=tuned.ridge_weight,
        error_scale=RecentErrors.of(sample.names, sample.values),
        min_error_scale=1 / LARGEST_SCALE,
        errors=tuned.scaled_errors,
    )


def _forecast_parts(
    sample: Sample, lead: int, settings: ShortHistorySettings, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Forecast each part of the span by models trained on the hours before it.

    Returns:
        The forecasts of the trees and of the ridge, shape (n,) each; NaN for the first part, and where too
        little lies before a part.

    Raises:
        TrainingImpossible: no part could be forecast.
    """
    trees, ridge = np.full((2, len(sample.issue_times)), np.nan)
    # Of equal numbers of hours, not of equal duration: an old month before a long gap is no part of its own.
    hours = np.unique(sample.issue_times)
    edges = [*hours[np.arange(settings.parts) * len(hours) // settings.parts], hours[-1] + 1]
    for begin, until in pairwise(edges[1:]):
        before = sample.issue_times + lead < begin  # their outcomes are known when the first forecast is made
        inside = (sample.issue_times >= begin) & (sample.issue_times < until)
        if before.sum() < LEAST_FOLD_ROWS or not inside.any():
            continue
        learned, held_out = sample.of(before), sample.of(inside)
        ridge_model, damping = fit_ridge(learned, settings.ridge_penalty)
        trees[inside] = boost(learned, settings.boosting(seed)).inplace_predict(held_out.values)
        ridge[inside] = damped_anomaly(held_out.names, held_out.values, damping) + ridge_model.predict(
            held_out.values
        )
    if np.isnan(trees).all():
        raise TrainingImpossible(
            f"{len(hours)} h are too short to forecast a part of them, for a lead of {lead} h"
        )
    return trees, ridge
