"""Post-processing (model output statistics): a lead's model that begins with the KMA's forecast.

What the KMA's forecast, corrected by its recent mean error, leaves of the change is predicted by a ridge and
by boosted trees. The correction follows a station that was moved, which trees can't. How much is learned
depends on the length of the archive: a mean error by hour of the day, then a ridge, then trees as well.

Blend and distribution of the errors come from forecasts of the later parts of the archive by models trained
on the hours before them (forward chaining), as the forecasts that follow are made.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model.cross_validation import forward_parts
from weather_mlops.model.feature_names import KMA_ABOVE, KMA_HOURLY_ABOVE, KMA_WEEK_ERROR
from weather_mlops.model.fitting import COMMON, Boosting, best_ridge_weight, boost
from weather_mlops.model.lead_model import LARGEST_SCALE, LeadModel, RecentErrors
from weather_mlops.model.recipes import Recipe
from weather_mlops.model.ridge import Ridge
from weather_mlops.model.sample import Sample
from weather_mlops.model.tuning import TunedLead

if TYPE_CHECKING:
    from xgboost import Booster

HOURS_OF_DAY: Final = ("kma_valid_sine", "kma_valid_cosine")
"""Time of the day that is forecast: the slopes of a ridge vary with it."""
KMA_OFF: Final = "kma_off"
KMA_FORECAST: Final = "kma_forecast"
"""Its level moves with the season: not used by models, but in the features for who looks at them."""
FEW_FEATURES: Final = frozenset(
    {
        *(KMA_OFF, "kma_off_mean_6h", "kma_error_24h", "kma_error_168h", "kma_error_hour_7d"),
        *("kma_error_hour_30d", "kma_change", "T_change_3h"),
    }
)
"""Features of the ridge of a short archive: with all of them it is worse than the KMA's forecast itself."""
OBSERVED_FEATURES: Final = frozenset(
    {
        *(f"T_change_{lag}h" for lag in (1, 2, 3, 6, 24)),
        *("course_1d", "course_2d", "T_above_low_24h", "T_below_high_24h"),
        *("dew_point_depression", "dew_point_change_1h", "dew_point_change_3h", "relative_humidity"),
        *("pressure_change_1h", "pressure_change_3h"),
        *("wind_speed", "wind_east", "wind_north", "wind_speed_6h"),
        *("cloud", "cloud_3h", "radiation", "sunshine"),
        *("day_sine", "day_cosine", "sun", "sun_valid", "sun_until_valid"),
        *(f"near{rank}_change_{lag}h" for rank in (1, 2, 3, 4) for lag in (1, 3)),
        *(f"near{rank}_advection" for rank in (1, 2, 3, 4)),
    }
)
"""Features from observations that post-processing uses: none that moves with the season, since a year's
archive has each season once. Chosen on folds of Ulsan, 2015: with all features of a long history the error is
3 to 8 % larger from 12 h on."""


@dataclass(frozen=True)
class ArchiveStep:
    """What is learned from an archive of some length.

    Attributes:
        name: of the step.
        from_days: days of the archive with forecasts whose outcome is known.
        from_lead: shortest lead (hours): before it, observations alone forecast better.
        base: feature that the models of the step begin with.
        features: others that they use; None = all that post-processing has.
        penalty: of the ridge, see ``Ridge.fit``.
        with_trees: whether trees are trained.
    """

    name: str
    from_days: int
    from_lead: int
    base: str
    features: frozenset[str] | None
    penalty: float
    with_trees: bool

    def uses(self, name: str) -> bool:
        """Whether the models of the step use a feature."""
        if name in {self.base, KMA_WEEK_ERROR, *HOURS_OF_DAY}:
            return True
        if self.features is not None:
            return name in self.features
        return name in OBSERVED_FEATURES or (name.startswith("kma_") and name != KMA_FORECAST)


STEPS: Final = (
    ArchiveStep("trees", 180, 1, KMA_ABOVE, None, 0.1, with_trees=True),
    ArchiveStep("ridge", 60, 4, KMA_ABOVE, FEW_FEATURES, 1.0, with_trees=False),
    ArchiveStep("mean error by hour", 14, 6, KMA_HOURLY_ABOVE, frozenset({KMA_OFF}), 1.0, with_trees=False),
)
"""From the longest archive down; of less than 14 days nothing is learned."""


@dataclass(frozen=True)
class PostProcessingSettings:
    """How a lead is trained; the defaults were chosen on folds of Ulsan, 2015, one of them with a move.

    Attributes:
        num_boost_round: boosting rounds.
        learning_rate: of the trees.
        max_depth: of a tree.
        min_child_weight: least rows in a leaf.
        colsample_bytree: share of the features that a tree may use.
        subsample: share of the rows that a tree sees.
        max_bin: bins of a feature's histogram.
        stacked_leads: leads up to this one (hours) have trees of what remains after the ridge, twice as many.
        parts: number of parts of the hours; all but the first are forecast by a model trained on the ones
            before.
    """

    num_boost_round: int = 300
    learning_rate: float = 0.03
    max_depth: int = 6
    min_child_weight: int = 20
    colsample_bytree: float = 0.25
    subsample: float = 0.8
    max_bin: int = 64
    stacked_leads: int = 3
    parts: int = 4

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


SETTINGS: Final = PostProcessingSettings()
EQUAL_WEIGHT: Final = 0.5
"""Of the ridge: the weight that a few months of folds find best is noisy, and halfway between it and the mean
of both forecasts is better than either (an old finding: Smith and Wallis 2009, the forecast combination
puzzle)."""


def step_for(archive_days: float) -> ArchiveStep | None:
    """The step for an archive of some days; None = too few."""
    return next((step for step in STEPS if archive_days >= step.from_days), None)


def stored_settings() -> dict[str, int | float]:
    """The settings as stored with a model, whatever the step: an archive that grows is no other recipe."""
    return {f"kma_{name}": value for name, value in asdict(SETTINGS).items()}


def recipe_of(step: ArchiveStep) -> Recipe:
    """How the leads of a step are trained."""
    return Recipe(
        step.name,
        step.uses,
        lambda sample, lead, seed, tuned: train_lead(sample, lead, step, seed, tuned),
        stored_settings,
        lambda sample, lead, seed: tune(sample, lead, step, seed),
    )


def tune(sample: Sample, lead: int, step: ArchiveStep, seed: int) -> TunedLead:
    """Measure a lead by forecasts of the later parts of the archive.

    Args:
        sample: rows with the features of the step, its base among them.
        lead: hours.
        step: what is learned.
        seed: of all randomness.

    Raises:
        TrainingImpossible: the archive is too short to forecast a part of it.
    """
    rest, stacked = _rest(sample, step), _is_stacked(step, lead)
    trees, ridge = _forecast_parts(rest, lead, step, 1000 * lead + seed)
    judged = np.isfinite(ridge)
    outcome, trees, ridge = rest.change[judged], trees[judged], ridge[judged]
    ridge_weight = best_ridge_weight(outcome, trees, ridge) if step.with_trees else 1.0
    if step.with_trees and not stacked:
        ridge_weight = (ridge_weight + EQUAL_WEIGHT) / 2
    errors = outcome - (trees + ridge_weight * (ridge - trees))
    scale = RecentErrors.of(sample.names, rest.values, KMA_WEEK_ERROR)
    relative = np.maximum(scale.predict(rest.names, rest.values[judged]), 1 / LARGEST_SCALE)
    return TunedLead.of(SETTINGS.num_boost_round, ridge_weight, errors, relative)


def train_lead(
    sample: Sample, lead: int, step: ArchiveStep, seed: int, tuned: TunedLead | None = None
) -> LeadModel:
    """Train trees and ridge of one lead.

    Args:
        sample: rows with the features of the step, its base among them.
        lead: hours.
        step: what is learned.
        seed: of all randomness.
        tuned: what is known of the lead; None = measure it.

    Raises:
        TrainingImpossible: the archive is too short to forecast a part of it.
    """
    tuned = tuned or tune(sample, lead, step, seed)
    rest, stacked, first = _rest(sample, step), _is_stacked(step, lead), 1000 * lead + seed
    ridge = _fit_ridge(rest, step)
    return LeadModel(
        boosters=_boosters(rest, step, range(first, first + 1 + stacked), ridge if stacked else None),
        ridge=ridge,
        damping=0.0,
        ridge_weight=tuned.ridge_weight,
        error_scale=RecentErrors.of(rest.names, rest.values, KMA_WEEK_ERROR),
        min_error_scale=1 / LARGEST_SCALE,
        errors=tuned.scaled_errors,
        kma_base=step.base,
        stacked=stacked,
    )


def _rest(sample: Sample, step: ArchiveStep) -> Sample:
    """What the base leaves of the change, of the rows that have one."""
    base = sample.values[:, sample.names.index(step.base)]
    known = np.isfinite(base)
    part = sample.of(known)
    return replace(part, change=part.change - base[known])


def _is_stacked(step: ArchiveStep, lead: int) -> bool:
    return step.with_trees and lead <= SETTINGS.stacked_leads


def _forecast_parts(rest: Sample, lead: int, step: ArchiveStep, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Forecast each part of the archive by models trained on the hours before it.

    Returns:
        The forecasts of the trees and of the ridge, shape (n,) each; NaN for the first part.

    Raises:
        TrainingImpossible: no part could be forecast.
    """
    trees, ridge = np.full((2, len(rest.change)), np.nan)
    stacked = _is_stacked(step, lead)
    for before, inside in forward_parts(rest.issue_times, lead, SETTINGS.parts):
        learned, held_out = rest.of(before), rest.of(inside)
        ridge_model = _fit_ridge(learned, step)
        ridge[inside] = ridge_model.predict(held_out.values)
        trees[inside] = ridge[inside] if stacked else 0
        for booster in _boosters(learned, step, [seed], ridge_model if stacked else None):
            trees[inside] += booster.inplace_predict(held_out.values)
    if np.isnan(ridge).all():
        raise TrainingImpossible(
            f"the KMA's archive of {len(np.unique(rest.issue_times))} h is too short to forecast a part of "
            f"it, for a lead of {lead} h"
        )
    return trees, ridge


def _boosters(
    rest: Sample, step: ArchiveStep, seeds: Iterable[int], stacked_on: Ridge | None
) -> "list[Booster]":
    if not step.with_trees:
        return []
    if stacked_on is not None:
        rest = replace(rest, change=rest.change - stacked_on.predict(rest.values))
    return [boost(rest, SETTINGS.boosting(seed)) for seed in seeds]


def _fit_ridge(rest: Sample, step: ArchiveStep) -> Ridge:
    waves = [rest.names.index(name) for name in HOURS_OF_DAY]
    return Ridge.fit(rest.values, rest.change, waves, step.penalty)
