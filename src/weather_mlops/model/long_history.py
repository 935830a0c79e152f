"""A lead's model of a long history: boosted trees and a ridge regression, their blend, and how far off it is.

The training span is cut into fortnights, dealt out in turn to a few blocks. Models of the other blocks
forecast each block, with an embargo of a day and the lead on either side of its fortnights: an outcome of
the one is in no feature of the other. These forecasts say when to stop boosting, how much the ridge weighs
in the blend, and how wide the interval must be, over all seasons that there are. The models that are kept
then learn from the whole span.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import cross_validation
from weather_mlops.model.fitting import COMMON, Boosting, best_ridge_weight, boost, fit_ridge
from weather_mlops.model.forecaster import LeadModel, damped_anomaly
from weather_mlops.model.sample import Sample

if TYPE_CHECKING:
    from xgboost import Booster

MANY_ROWS: Final = 100_000
_MIN_ERROR_SCALE: Final = 1e-3


@dataclass(frozen=True)
class LongHistorySettings:
    """How a lead is trained. The defaults were chosen on folds of years before the holdout.

    Attributes:
        rounds: of boosting a model of blocks, at most.
        patience: rounds without a gain on the block that is held out, after which boosting stops.
        block_rate: learning rate of these models.
        rate: learning rate of the models that are kept; they get as many more rounds as it is slower.
        depth: of a tree.
        leaf_rows: least rows in a leaf.
        columns: share of the features that a tree may use.
        rows: share of the rows that a tree sees.
        seeds: boosters whose forecasts are averaged.
        bins: of a feature's histogram.
        near_leads: leads up to this one gain by slower learning.
        near_slowness: by which their rates are divided, and rounds and patience multiplied.
        near_seeds: boosters that they average.
        blocks: of time.
        block_rows: rows, of hours drawn by lot, that blocks are forecast with, at most.
        ridge_rows: rows, of hours drawn by lot, that the ridge learns from, at most.
        ridge_penalty: see ``Ridge.fit``.
    """

    rounds: int = 120
    patience: int = 12
    block_rate: float = 0.15
    rate: float = 0.06
    depth: int = 8
    leaf_rows: int = 10
    columns: float = 0.3
    rows: float = 0.8
    seeds: int = 2
    bins: int = 32
    near_leads: int = 3
    near_slowness: float = 2.5
    near_seeds: int = 3
    blocks: int = 4
    block_rows: int = 60_000
    ridge_rows: int = 150_000
    ridge_penalty: float = 0.5

    def of_lead(self, lead: int, rows: int) -> "LongHistorySettings":
        """Near leads learn slowly; where rows are plenty, one booster of few large steps is affordable."""
        if rows > MANY_ROWS:
            return replace(self, seeds=1, rate=self.block_rate)
        if lead > self.near_leads:
            return self
        return replace(
            self,
            rounds=round(self.rounds * self.near_slowness),
            patience=round(self.patience * self.near_slowness),
            block_rate=self.block_rate / self.near_slowness,
            rate=self.rate / self.near_slowness,
            seeds=self.near_seeds,
        )

    def boosting(self, seed: int) -> Boosting:
        """For XGBoost."""
        parameters = {
            **COMMON,
            "eta": self.rate,
            "max_depth": self.depth,
            "min_child_weight": self.leaf_rows,
            "subsample": self.rows,
            "colsample_bytree": self.columns,
            "max_bin": self.bins,
            "seed": seed,
        }
        return Boosting(self.rounds, parameters, self.patience)


SETTINGS: Final = LongHistorySettings()
ERROR_SCALE: Final[Mapping[str, Any]] = {
    "rounds": 60,
    "rate": 0.1,
    "depth": 4,
    "leaf_rows": 100,
    "columns": 0.5,
    "rows": 0.5,
}
"""Settings of the trees of an error's size: few and shallow ones, since it is mostly noise."""


def train_lead(sample: Sample, lead: int, seed: int) -> LeadModel:
    """Train trees, ridge, blend and interval of one lead.

    Args:
        sample: what to learn from.
        lead: hours.
        seed: of all randomness.

    Raises:
        TrainingImpossible: the span is too short to hold a part of it out.
    """
    settings, seed = SETTINGS.of_lead(lead, len(sample.change)), 1000 * lead + seed
    part = sample.of(cross_validation.sample_hours(sample.origin, settings.block_rows, seed))
    block = cross_validation.assign_blocks(part.origin, settings.blocks)
    rounds, trees, ridge = _forecast_blocks(part, block, lead, settings, seed)
    judged = np.isfinite(trees)
    share = best_ridge_weight(part.change[judged], trees[judged], ridge[judged])
    off = part.change - (trees + share * (ridge - trees))
    spread, least, low, high = _calibrate(part.of(judged), off[judged], block[judged], settings, seed)
    settings = replace(settings, rounds=round(rounds * settings.block_rate / settings.rate))
    boosters = [boost(sample, settings.boosting(seed + each)) for each in range(settings.seeds)]
    line, damping = fit_ridge(
        sample.of(cross_validation.sample_hours(sample.origin, settings.ridge_rows, seed)),
        settings.ridge_penalty,
    )
    return LeadModel(boosters, line, damping, share, spread, least, low, high)


def _forecast_blocks(
    sample: Sample, block: np.ndarray, lead: int, settings: LongHistorySettings, seed: int
) -> tuple[int, np.ndarray, np.ndarray]:
    """Rounds of boosting, and forecasts of each block, by trees and by ridge, from models of the others.

    NaN where there is none.
    """
    trees, ridge = np.full((2, len(block)), np.nan)
    found, quick = [], replace(settings, rate=settings.block_rate)
    for number in np.unique(block):
        inside = block == number
        kept = ~cross_validation.within_embargo(sample.origin, inside, lead)
        if not kept.any():
            continue
        learned, held = sample.of(kept), sample.of(inside)
        booster = boost(learned, quick.boosting(seed), held)
        found.append(booster.num_boosted_rounds())
        line, damping = fit_ridge(learned, settings.ridge_penalty)
        trees[inside] = booster.inplace_predict(held.values)
        ridge[inside] = damped_anomaly(held.names, held.values, damping) + line.predict(held.values)
    if not found:
        hours = int(np.ptp(sample.origin)) + 1
        raise TrainingImpossible(
            f"{hours} h to learn from, with {lead} h ahead: too short to hold a part out"
        )
    return round(float(np.median(found))), trees, ridge


def _calibrate(
    sample: Sample, off: np.ndarray, block: np.ndarray, settings: LongHistorySettings, seed: int
) -> tuple["Booster", float, float, float]:
    """Trees of the size of an error, its lower bound, and p10 and p90 of the errors in such sizes.

    Normalised split conformal prediction: each block is scaled by what the others tell, as a forecast is.
    """
    sizes = replace(sample, change=np.abs(off))
    least = max(float(sizes.change.mean()) / 4, _MIN_ERROR_SCALE)
    coarse = replace(settings, **ERROR_SCALE)

    def spread(chosen: np.ndarray) -> "Booster":
        return boost(sizes.of(chosen), coarse.boosting(seed))

    scaled = np.empty_like(off)
    for number in np.unique(block):
        inside = block == number
        model = spread(inside if inside.all() else ~inside)
        scaled[inside] = off[inside] / np.maximum(model.inplace_predict(sample.values[inside]), least)
    low, high = np.quantile(scaled, (0.1, 0.9))
    return spread(np.ones(len(off), bool)), least, float(min(low, 0)), float(max(high, 0))
