"""A lead's model of a long history: boosted trees, a ridge regression, their blend, and its error scale.

The training span is cut into fortnights, which are assigned in turn to a few blocks. A booster is trained for
each block, on the other blocks, with an embargo of a day plus the lead on either side of its fortnights, so
that no target value of the one is a feature of the other. Its forecasts of the block tell how many
rounds are enough, how much the ridge weighs in the blend, and how wide the interval must be. These boosters
are kept, and their forecasts are averaged; only near leads gain from others, trained on all rows.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model.cross_validation import assign_blocks, sample_hours, sample_rows, within_embargo
from weather_mlops.model.fitting import best_ridge_weight, boost, fit_ridge_blocks
from weather_mlops.model.lead_model import ErrorDistribution, LeadModel, damped_anomaly
from weather_mlops.model.long_history_settings import LongHistorySettings
from weather_mlops.model.ridge import Ridge
from weather_mlops.model.sample import Sample
from weather_mlops.model.tuning import TunedLead

if TYPE_CHECKING:
    from xgboost import Booster

_MIN_ERROR_SCALE: Final = 1e-3


class ErrorScaleSettings(TypedDict):
    """Settings of the trees that predict the size of an error, where they differ from those of a lead."""

    num_boost_round: int
    learning_rate: float
    max_depth: int
    min_child_weight: int
    colsample_bytree: float
    subsample: float


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
ERROR_BLOCKS: Final = 2
"""The errors of each half of the blocks are scaled by trees that learned from the other half."""


def stored_settings() -> dict[str, int | float]:
    """The settings under the names that stored models have."""
    return SETTINGS.stored()


def train_lead(sample: Sample, lead: int, seed: int, _tuned: TunedLead | None = None) -> LeadModel:
    """Train trees, ridge, blend and interval of one lead.

    Args:
        sample: rows to train on.
        lead: hours.
        seed: of all randomness.

    Raises:
        TrainingImpossible: the span is too short to hold out a block.
    """
    settings, seed = SETTINGS.of_lead(lead, len(sample.change)), 1000 * lead + seed
    block = assign_blocks(sample.issue_times, settings.blocks)
    held_out = sample_hours(sample.issue_times, settings.held_out_rows, seed)
    boosters, trees = _boost_blocks(sample, block, held_out, lead, settings, seed)
    ridge_model, damping, ridge = _fit_ridges(sample, block, held_out, lead, settings, seed)
    part, block = sample.of(held_out), block[held_out]
    num_boost_round, ridge_weight, off = _best_blend(part.change, trees, ridge)
    few = sample_hours(part.issue_times, settings.error_rows, seed)
    error_scale, least, errors = _calibrate(part.of(few), off[few], block[few], settings, seed)
    if lead > settings.near_leads:
        boosters = [booster[:num_boost_round] for booster in boosters]
    else:
        boosting = settings.of_all_rows(num_boost_round / settings.num_boost_round)
        boosters = [
            boost(
                sample.of(sample_rows(len(sample.change), settings.booster_rows, each)),
                boosting.boosting(each),
            )
            for each in range(seed, seed + settings.near_boosters)
        ]
    return LeadModel(boosters, ridge_model, damping, ridge_weight, error_scale, least, errors)


def _boost_blocks(  # noqa: PLR0913, PLR0917  all inputs of a training
    sample: Sample,
    block: np.ndarray,
    held_out: np.ndarray,
    lead: int,
    settings: LongHistorySettings,
    seed: int,
) -> tuple[list["Booster"], dict[int, np.ndarray]]:
    """Boost trees without each block.

    Returns:
        The boosters; by number of rounds, the forecast of each held-out row by the booster that has not seen
        its block.
    """
    boosters, trees = [], {count: np.empty(len(block)) for count in settings.num_boost_rounds}
    for index, inside in enumerate(_members(block)):
        others = np.flatnonzero(~within_embargo(sample.issue_times, inside, lead))
        if not others.size:
            hours = int(np.ptp(sample.issue_times)) + 1
            raise TrainingImpossible(
                f"{hours} h are too short to hold out a part of them, for a lead of {lead} h"
            )
        chosen = others[sample_rows(others.size, settings.booster_rows, seed + index)]
        boosters.append(boost(sample.of(chosen), settings.boosting(seed + index)))
        for num_boost_round, forecast in trees.items():
            forecast[inside & held_out] = boosters[-1].inplace_predict(
                sample.values[inside & held_out], iteration_range=(0, num_boost_round)
            )
    return boosters, {count: forecast[held_out] for count, forecast in trees.items()}


def _best_blend(
    change: np.ndarray, trees: Mapping[int, np.ndarray], ridge: np.ndarray
) -> tuple[int, float, np.ndarray]:
    """The number of rounds and the weight of the ridge that forecast best, and the errors, shape (n,).

    Args:
        change: of the target, shape (n,).
        trees: forecasts of it by trees, shape (n,), by number of rounds.
        ridge: and by the ridge, shape (n,).
    """
    blends = []
    for num_boost_round, forecast in trees.items():
        weight = best_ridge_weight(change, forecast, ridge)
        blends.append((num_boost_round, weight, change - (forecast + weight * (ridge - forecast))))
    return min(blends, key=lambda blend: float(np.mean(blend[2] ** 2)))


def _fit_ridges(  # noqa: PLR0913, PLR0917  all inputs of a training
    sample: Sample,
    block: np.ndarray,
    held_out: np.ndarray,
    lead: int,
    settings: LongHistorySettings,
    seed: int,
) -> tuple[Ridge, float, np.ndarray]:
    """Fit a ridge, and one without each block.

    Returns:
        The ridge of all blocks, and its damping; the forecast of each held-out row by the ridge that has not
        seen its block.
    """
    used = sample_hours(sample.issue_times, settings.ridge_rows, seed)
    learned = sample.of(used)
    blocks = [
        (inside, within_embargo(learned.issue_times, inside, lead) & ~inside)
        for inside in _members(block[used])
    ]
    whole, damping, others = fit_ridge_blocks(learned, settings.ridge_penalty, blocks)
    forecast = np.empty(len(block))
    for model, inside in zip(others, _members(block), strict=True):
        held = sample.of(inside & held_out)
        forecast[inside & held_out] = damped_anomaly(held.names, held.values, damping) + model.predict(
            held.values
        )
    return whole, damping, forecast[held_out]


def _members(block: np.ndarray) -> list[np.ndarray]:
    """The rows of each block, as masks."""
    return [block == current for current in np.unique(block)]


def _calibrate(
    sample: Sample, off: np.ndarray, block: np.ndarray, settings: LongHistorySettings, seed: int
) -> tuple["Booster", float, ErrorDistribution]:
    """Calibrate the distribution by normalised split conformal prediction.

    Each block's errors are scaled by a model trained on other blocks, as those of a forecast are.

    Returns:
        Trees that predict the size of an error; the lower bound of that size, in the target's unit; the
        distribution of the errors divided by their predicted sizes.
    """
    sizes = replace(sample, change=np.abs(off))
    least = max(float(sizes.change.mean()) / 4, _MIN_ERROR_SCALE)
    boosting = replace(settings, **ERROR_SCALE).boosting(seed)
    scaled = np.empty_like(off)
    for inside in _members(block % ERROR_BLOCKS):
        model = boost(sizes.of(inside if inside.all() else ~inside), boosting)
        scaled[inside] = off[inside] / np.maximum(model.inplace_predict(sample.values[inside]), least)
    return boost(sizes, boosting), least, ErrorDistribution.of(scaled)
