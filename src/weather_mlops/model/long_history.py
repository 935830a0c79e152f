"""A lead's model of a long history: boosted trees, a ridge regression, their blend, and its error scale.

The training span is cut into fortnights, which are assigned in turn to a few blocks. Models trained on the
other blocks forecast each block, with an embargo of a day plus the lead on either side of its fortnights, so
that no target value of the one is a feature of the other. These forecasts tell when to stop boosting, how
much the ridge weighs in the blend, and how wide the interval must be, over all observed seasons. The final
models are then trained on the whole span.
"""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import cross_validation
from weather_mlops.model.fitting import COMMON, Boosting, best_ridge_weight, boost, fit_ridge
from weather_mlops.model.lead_model import ErrorDistribution, LeadModel, damped_anomaly
from weather_mlops.model.sample import Sample

if TYPE_CHECKING:
    from xgboost import Booster

MANY_ROWS: Final = 100_000
_MIN_ERROR_SCALE: Final = 1e-3


@dataclass(frozen=True)
class LongHistorySettings:
    """How a lead is trained. The defaults were chosen on folds of years before the holdout.

    Attributes:
        num_boost_round: upper limit of boosting rounds in cross-validation.
        early_stopping_rounds: boosting stops after this many rounds without a gain on the held-out block.
        block_learning_rate: learning rate in cross-validation.
        learning_rate: learning rate of the final models; the number of rounds rises as it falls.
        max_depth: of a tree.
        min_child_weight: least rows in a leaf.
        colsample_bytree: share of the features that a tree may use.
        subsample: share of the rows that a tree sees.
        seeds: number of boosters whose forecasts are averaged.
        max_bin: bins of a feature's histogram.
        near_leads: leads up to this one (hours) are trained with lower learning rates.
        near_slowness: factor that their learning rates are divided by, and their rounds multiplied by.
        near_seeds: number of boosters that they average.
        blocks: number of blocks of cross-validation.
        block_rows: upper limit of rows in cross-validation; their hours are sampled at random.
        ridge_rows: upper limit of rows that the ridge is fitted on; their hours are sampled at random.
        ridge_penalty: see ``Ridge.fit``.
    """

    num_boost_round: int = 120
    early_stopping_rounds: int = 12
    block_learning_rate: float = 0.15
    learning_rate: float = 0.06
    max_depth: int = 8
    min_child_weight: int = 10
    colsample_bytree: float = 0.3
    subsample: float = 0.8
    seeds: int = 2
    max_bin: int = 32
    near_leads: int = 3
    near_slowness: float = 2.5
    near_seeds: int = 3
    blocks: int = 4
    block_rows: int = 60_000
    ridge_rows: int = 150_000
    ridge_penalty: float = 0.5

    def of_lead(self, lead: int, rows: int) -> "LongHistorySettings":
        """Adapt the settings to a lead and a number of rows.

        Near leads are trained with lower learning rates. With very many rows only one booster of few large
        steps is affordable.
        """
        if rows > MANY_ROWS:
            return replace(self, seeds=1, learning_rate=self.block_learning_rate)
        if lead > self.near_leads:
            return self
        return replace(
            self,
            num_boost_round=round(self.num_boost_round * self.near_slowness),
            early_stopping_rounds=round(self.early_stopping_rounds * self.near_slowness),
            block_learning_rate=self.block_learning_rate / self.near_slowness,
            learning_rate=self.learning_rate / self.near_slowness,
            seeds=self.near_seeds,
        )

    def boosting(self, seed: int) -> Boosting:
        """The settings as XGBoost's parameters."""
        parameters = {
            **COMMON,
            "eta": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample_bytree,
            "max_bin": self.max_bin,
            "seed": seed,
        }
        return Boosting(self.num_boost_round, parameters, self.early_stopping_rounds)


class ErrorScaleSettings(TypedDict):
    """Settings of the trees that predict the size of an error, where they differ from those of a lead."""

    num_boost_round: int
    learning_rate: float
    max_depth: int
    min_child_weight: int
    colsample_bytree: float
    subsample: float


_STORED_NAMES: Final = {
    "num_boost_round": "rounds",
    "early_stopping_rounds": "patience",
    "block_learning_rate": "block_rate",
    "learning_rate": "rate",
    "max_depth": "depth",
    "min_child_weight": "leaf_rows",
    "colsample_bytree": "columns",
    "subsample": "rows",
    "max_bin": "bins",
}
SETTINGS: Final = LongHistorySettings()
ERROR_SCALE: Final[ErrorScaleSettings] = {
    "num_boost_round": 60,
    "learning_rate": 0.1,
    "max_depth": 4,
    "min_child_weight": 100,
    "colsample_bytree": 0.5,
    "subsample": 0.5,
}
"""Few and shallow trees, since the size of an error is mostly noise."""


def stored_settings() -> dict[str, int | float]:
    """The settings under the names that stored models have: the config hash is computed from them."""
    return {_STORED_NAMES.get(name, name): value for name, value in asdict(SETTINGS).items()}


def train_lead(sample: Sample, lead: int, seed: int) -> LeadModel:
    """Train trees, ridge, blend and interval of one lead.

    Args:
        sample: rows to train on.
        lead: hours.
        seed: of all randomness.

    Raises:
        TrainingImpossible: the span is too short to hold out a block.
    """
    settings, seed = SETTINGS.of_lead(lead, len(sample.change)), 1000 * lead + seed
    part = sample.of(cross_validation.sample_hours(sample.issue_times, settings.block_rows, seed))
    block = cross_validation.assign_blocks(part.issue_times, settings.blocks)
    block_rounds, trees, ridge = _forecast_blocks(part, block, lead, settings, seed)
    judged = np.isfinite(trees)
    ridge_weight = best_ridge_weight(part.change[judged], trees[judged], ridge[judged])
    off = part.change - (trees + ridge_weight * (ridge - trees))
    error_scale, least, errors = _calibrate(part.of(judged), off[judged], block[judged], settings, seed)
    final_rounds = round(block_rounds * settings.block_learning_rate / settings.learning_rate)
    settings = replace(settings, num_boost_round=final_rounds)
    boosters = [boost(sample, settings.boosting(seed + each)) for each in range(settings.seeds)]
    ridge_model, damping = fit_ridge(
        sample.of(cross_validation.sample_hours(sample.issue_times, settings.ridge_rows, seed)),
        settings.ridge_penalty,
    )
    return LeadModel(boosters, ridge_model, damping, ridge_weight, error_scale, least, errors)


def _forecast_blocks(
    sample: Sample, block: np.ndarray, lead: int, settings: LongHistorySettings, seed: int
) -> tuple[int, np.ndarray, np.ndarray]:
    """Forecast each block by models trained on the others.

    Returns:
        The median number of boosting rounds; the forecasts of the trees and of the ridge, shape (n,) each,
        NaN where no model could be trained.
    """
    trees, ridge = np.full((2, len(block)), np.nan)
    rounds_by_block, quick = [], replace(settings, learning_rate=settings.block_learning_rate)
    for current in np.unique(block):
        inside = block == current
        outside = ~cross_validation.within_embargo(sample.issue_times, inside, lead)
        if not outside.any():
            continue
        learned, held = sample.of(outside), sample.of(inside)
        booster = boost(learned, quick.boosting(seed), held)
        rounds_by_block.append(booster.num_boosted_rounds())
        ridge_model, damping = fit_ridge(learned, settings.ridge_penalty)
        trees[inside] = booster.inplace_predict(held.values)
        ridge[inside] = damped_anomaly(held.names, held.values, damping) + ridge_model.predict(held.values)
    if not rounds_by_block:
        hours = int(np.ptp(sample.issue_times)) + 1
        raise TrainingImpossible(
            f"{hours} h are too short to hold out a part of them, for a lead of {lead} h"
        )
    return round(float(np.median(rounds_by_block))), trees, ridge


def _calibrate(
    sample: Sample, off: np.ndarray, block: np.ndarray, settings: LongHistorySettings, seed: int
) -> tuple["Booster", float, ErrorDistribution]:
    """Calibrate the distribution by normalised split conformal prediction.

    Each block's errors are scaled by a model trained on the other blocks, as those of a forecast are.

    Returns:
        Trees that predict the size of an error; the lower bound of that size, in the target's unit; the
        distribution of the errors divided by their predicted sizes.
    """
    sizes = replace(sample, change=np.abs(off))
    least = max(float(sizes.change.mean()) / 4, _MIN_ERROR_SCALE)
    coarse = replace(settings, **ERROR_SCALE)

    def fit_error_scale(chosen: np.ndarray) -> "Booster":
        return boost(sizes.of(chosen), coarse.boosting(seed))

    scaled = np.empty_like(off)
    for current in np.unique(block):
        inside = block == current
        model = fit_error_scale(inside if inside.all() else ~inside)
        scaled[inside] = off[inside] / np.maximum(model.inplace_predict(sample.values[inside]), least)
    return fit_error_scale(np.ones(len(off), bool)), least, ErrorDistribution.of(scaled)
