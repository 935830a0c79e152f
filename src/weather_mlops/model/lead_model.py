"""The model of one lead: boosted trees and a ridge, blended, and the interval around their prediction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from weather_mlops.model.feature_names import ANOMALY, CLIMATOLOGY, WEEK_ABOVE, WEEK_ANOMALY, WEEK_ERROR
from weather_mlops.model.ridge import Ridge
from weather_mlops.verification.scores import DISTRIBUTION_LEVELS, INTERVAL_LEVELS

if TYPE_CHECKING:
    from xgboost import Booster

LARGEST_SCALE: Final = 3.0
"""The last week may widen or narrow the interval by at most this factor."""
MEDIAN: Final = 0.5
ERROR_SCALE: Final = "spread"
"""Name of the trees of the error scale in stored files: it stays as the first models have it."""


@dataclass(frozen=True)
class RecentErrors:
    """Scale of the errors: 1 where the last week was as hard to forecast as most weeks.

    How hard it was is measured by a forecast that is available at every station: that a day repeats the one
    before, or the KMA's. The scale is proportional to the square root of the error of that forecast.

    Attributes:
        typical: median of the feature in the training span, the target's unit.
        feature: name of the feature that says how hard the last week was to forecast.
    """

    typical: float
    feature: str = WEEK_ERROR

    @classmethod
    def of(cls, names: tuple[str, ...], values: np.ndarray, feature: str = WEEK_ERROR) -> "RecentErrors":
        """Measure a training span, by its features of shape (n, F)."""
        week = values[:, names.index(feature)]
        known = week[np.isfinite(week) & (week > 0)]
        return cls(float(np.median(known)) if known.size else 1.0, feature)

    def predict(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        """The scale, shape (n,); 1 where the last week is not known."""
        ratio = values[:, names.index(self.feature)] / self.typical
        return np.minimum(np.sqrt(np.nan_to_num(ratio, nan=1.0)), LARGEST_SCALE)


@dataclass(frozen=True)
class ErrorDistribution:
    """Quantiles of a model's error divided by its scale, by which p50 becomes a distribution.

    Attributes:
        levels: share (0 to 1) of the outcomes below each quantile, ascending; those of an interval are among
            them.
        errors: of each level, outcome minus p50 divided by the error scale; ascending, 0 at 0.5.

    Raises:
        ValueError: they aren't.
    """

    levels: tuple[float, ...]
    errors: tuple[float, ...]

    def __post_init__(self) -> None:
        ascending = all(list(each) == sorted(each) for each in (self.levels, self.errors))
        if not ascending or not set(INTERVAL_LEVELS) <= set(self.levels):
            raise ValueError(f"no distribution: levels {self.levels}, errors {self.errors}")
        if dict(zip(self.levels, self.errors, strict=True))[MEDIAN] != 0:
            raise ValueError(f"no distribution: the error of the median is not 0: {self.errors}")

    @classmethod
    def of(cls, scaled_errors: np.ndarray) -> "ErrorDistribution":
        """Measure errors of forecasts that were made without their outcomes, shape (n,).

        The median stays where the model forecasts it, and no quantile lies on its other side.
        """
        levels = np.array(DISTRIBUTION_LEVELS)
        errors = np.quantile(scaled_errors, levels)
        errors = np.where(levels < MEDIAN, np.minimum(errors, 0), np.maximum(errors, 0))
        errors[levels == MEDIAN] = 0
        return cls(DISTRIBUTION_LEVELS, tuple(errors.tolist()))


@dataclass(frozen=True)
class LeadModel:
    """The model of one lead. It predicts the change of the target since the issue time, in the target's unit.

    Attributes:
        boosters: trees that predict the change; their predictions are averaged.
        ridge: predicts what remains of the change after the damped anomaly.
        damping: share of the present anomaly that remains at the lead.
        ridge_weight: share (0 to 1) of the ridge in the blend.
        error_scale: scale of the blend's error: trees; or the errors of the last week, of a short history and
            where the model begins with the KMA's forecast.
        min_error_scale: lower bound of the error scale.
        errors: distribution of the error divided by its scale.
        kma_base: feature of a corrected forecast of the KMA, minus the target: trees and ridge predict what
            remains of the change after it. None = the KMA's forecast is no input.
        stacked: whether the trees predict what remains after the ridge, too.
    """

    boosters: Sequence["Booster"]
    ridge: Ridge
    damping: float
    ridge_weight: float
    error_scale: "Booster | RecentErrors"
    min_error_scale: float
    errors: ErrorDistribution
    kma_base: str | None = None
    stacked: bool = False

    def changes(self, names: tuple[str, ...], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Quantiles of the change, shape (levels, n), and the prediction of the ridge alone, shape (n,).

        Args:
            names: of the features.
            values: features, shape (n, F).
        """
        trees, ridge = self._references(names, values)
        ridge = ridge + self.ridge.predict(values)
        if self.stacked:
            trees = ridge
        if self.boosters:
            trees = trees + np.mean([booster.inplace_predict(values) for booster in self.boosters], axis=0)
        middle = trees + self.ridge_weight * (ridge - trees)
        scale = np.maximum(self._scale(names, values), self.min_error_scale)
        return middle + np.array(self.errors.errors)[:, np.newaxis] * scale, ridge

    def has_base(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        """Whether what the model begins with is known, shape (n,)."""
        if self.kma_base is None:
            return np.ones(len(values), bool)
        return np.asarray(np.isfinite(values[:, names.index(self.kma_base)]))

    def trees(self) -> dict[str, "Booster"]:
        """All of its boosters, by the name in their file names."""
        boosters = {str(index): booster for index, booster in enumerate(self.boosters)}
        if not isinstance(self.error_scale, RecentErrors):
            boosters[ERROR_SCALE] = self.error_scale
        return boosters

    def _references(self, names: tuple[str, ...], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The changes that trees and ridge begin with, float64, shape (n,) each."""
        if self.kma_base is not None:
            corrected = values[:, names.index(self.kma_base)].astype(np.float64)
            return corrected, corrected
        return np.zeros(len(values)), damped_anomaly(names, values, self.damping)

    def _scale(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        if isinstance(self.error_scale, RecentErrors):
            return self.error_scale.predict(names, values)
        return np.asarray(self.error_scale.inplace_predict(values))


def typical_error(leads: Sequence[LeadModel | None]) -> float | None:
    """Typical error of the last week, of the first lead that measures it so, in the target's unit."""
    scales = [model.error_scale for model in leads if model is not None]
    return next((scale.typical for scale in scales if isinstance(scale, RecentErrors)), None)


def damped_anomaly(names: tuple[str, ...], values: np.ndarray, damping: float) -> np.ndarray:
    """Change of the target if a share of its anomaly remains at the valid time; float64, shape (n,).

    0 where the climatology is not known: at a station that was never observed.
    """
    anomaly, above = (values[:, names.index(name)] for name in reference(names))
    return np.nan_to_num(above.astype(np.float64) + damping * anomaly)


def reference(names: tuple[str, ...]) -> tuple[str, str]:
    """The features of an anomaly: T minus the climatology, and the climatology at the valid time minus T.

    With a short history, the last week takes the place of the climatology.
    """
    if CLIMATOLOGY in names:
        return ANOMALY, CLIMATOLOGY
    return WEEK_ANOMALY, WEEK_ABOVE
