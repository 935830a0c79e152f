"""What held-out forecasts of a few leads tell of the leads between: it varies smoothly with the lead.

Where the models that forecast held-out rows are not kept, they cost several times as much as the one that is.
So they are trained at a few leads only; between them, the number of boosting rounds, the weight of the ridge,
and the size and the quantiles of the errors are interpolated over the logarithm of the lead.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from weather_mlops.model.lead_model import ErrorDistribution

TUNED_LEADS: Final = (1, 2, 3, 6, 12, 24, 36, 48)
"""Hours. Close together where the errors grow fastest."""
_MIN_ERROR_SIZE: Final = 1e-9


@dataclass(frozen=True)
class TunedLead:
    """What held-out forecasts of a lead tell.

    Attributes:
        num_boost_round: boosting rounds of each booster.
        ridge_weight: share (0 to 1) of the ridge in the blend.
        error_size: mean absolute error of the blend, the target's unit.
        errors: distribution of the error divided by its size and its relative scale.
    """

    num_boost_round: int
    ridge_weight: float
    error_size: float
    errors: ErrorDistribution

    @classmethod
    def of(
        cls, num_boost_round: int, ridge_weight: float, errors: np.ndarray, scale: np.ndarray
    ) -> "TunedLead":
        """Measure held-out forecasts.

        Args:
            num_boost_round: boosting rounds that forecast best.
            ridge_weight: share (0 to 1) of the ridge in the blend.
            errors: outcome minus blend, the target's unit, shape (n,).
            scale: relative scale of each error, shape (n,).
        """
        size = max(float(np.abs(errors).mean()), _MIN_ERROR_SIZE)
        return cls(num_boost_round, ridge_weight, size, ErrorDistribution.of(errors / (size * scale)))

    @property
    def scaled_errors(self) -> ErrorDistribution:
        """Distribution of the error divided by its relative scale, the target's unit."""
        scaled = tuple(self.error_size * error for error in self.errors.errors)
        return ErrorDistribution(self.errors.levels, scaled)

    def between(self, other: "TunedLead", share: float) -> "TunedLead":
        """Interpolate; a share of 0 is this lead, 1 the other one."""

        def mixed(left: float, right: float) -> float:
            return left + share * (right - left)

        errors = map(mixed, self.errors.errors, other.errors.errors)
        return TunedLead(
            round(mixed(self.num_boost_round, other.num_boost_round)),
            mixed(self.ridge_weight, other.ridge_weight),
            mixed(self.error_size, other.error_size),
            ErrorDistribution(self.errors.levels, tuple(errors)),
        )


def tuned_leads(horizon: int) -> tuple[int, ...]:
    """The leads of which held-out rows are forecast, hours: up to the longest lead, which is one of them."""
    return (*(lead for lead in TUNED_LEADS if lead < horizon), horizon)


def interpolated(tuned: Mapping[int, TunedLead], lead: int) -> TunedLead:
    """What is known of a lead, from those of the nearest tuned leads.

    Args:
        tuned: by lead in hours; the first and the last lead are among them.
        lead: hours.
    """
    left = max(each for each in tuned if each <= lead)
    right = min(each for each in tuned if each >= lead)
    if left == right:
        return tuned[lead]
    return tuned[left].between(tuned[right], float(np.log(lead / left) / np.log(right / left)))
