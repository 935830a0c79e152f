"""Lags and rolling windows along the hours of a panel, the last axis; NaN where too little is known.

Sums are taken hour by hour in a fixed order, so that the same hours give the same bits in any panel.
"""

from collections.abc import Iterable

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY
from weather_mlops.model.feature_names import HISTORY_HOURS, LONGEST_WINDOW_H, Array


def lagged(values: Array, hours: int) -> Array:
    """Values some hours earlier, along the last axis; NaN before the first."""
    if hours == 0:
        return values
    shifted = np.full_like(values, np.nan)
    shifted[..., hours:] = values[..., :-hours]
    return shifted


def rolling_mean(values: Array, hours: int) -> Array:
    """Mean of the last hours, along the last axis; NaN where fewer than half of them are known."""
    total, count = np.zeros(values.shape, np.float32), np.zeros(values.shape, np.float32)
    known = np.isfinite(values)
    filled = np.where(known, values, np.float32(0)).astype(np.float32)
    length = values.shape[-1]
    # One shifted array is added at a time. A difference of cumulative sums would be faster, but its rounding
    # depends on all earlier hours: a forecast from the last days would differ from the training features.
    for back in range(min(hours, length)):
        total[..., back:] += filled[..., : length - back]
        count[..., back:] += known[..., : length - back]
    return np.where(count >= hours / 2, total / np.maximum(count, 1), np.float32(np.nan))


def rolling_extreme(values: Array, hours: int, choose: np.ufunc) -> Array:
    """Highest (np.fmax) or lowest (np.fmin) known value of the last hours, along the last axis."""
    extreme = values.copy()
    for back in range(1, min(hours, values.shape[-1])):
        extreme[..., back:] = choose(extreme[..., back:], values[..., :-back])
    return extreme


def week_mean(values: Array, newest: int) -> Array:
    """Mean of 7 days at one hour of the day, the newest some hours back; NaN where most are missing."""
    # Only every 24th hour counts: a mean over days, not over hours.
    days = np.stack(
        [lagged(values, newest + HOURS_PER_DAY * back) for back in range(LONGEST_WINDOW_H // HOURS_PER_DAY)]
    )
    known = np.isfinite(days)
    count = known.sum(axis=0, dtype=np.float32)
    total = np.where(known, days, np.float32(0)).sum(axis=0, dtype=np.float32)
    return np.where(count >= len(days) / 2, total / np.maximum(count, 1), np.float32(np.nan))


def repetition_error(values: Array, lead: int) -> Array:
    """Mean absolute error of forecasting, at the lead, that the change of a day earlier repeats.

    The mean is over as many of the last hours as the history allows, 144 at a lead of 24 h; NaN if it allows
    none.
    """
    hours = HISTORY_HOURS - HOURS_PER_DAY - lead
    if hours < 1:
        return np.full_like(values, np.nan)
    change = values - lagged(values, lead)
    return rolling_mean(np.abs(change - lagged(change, HOURS_PER_DAY)), hours)


def values_at(values: Array, times: Array, back: int) -> Array:
    """Values some hours before each of some hours, shape (stations, n); NaN before the first."""
    indices = times - back
    return np.where(indices >= 0, values[:, np.maximum(indices, 0)], np.float32(np.nan))


def mean_at(
    values: Array,
    times: Array,
    hours_back: Iterable[int],
    least_share: float = 0.5,
    *,
    towards_zero: bool = False,
) -> Array:
    """Mean of the values at some distances before each of some hours.

    Args:
        values: shape (stations, hours); NaN = not known.
        times: indices of the hours, shape (n,).
        hours_back: the distances, hours.
        least_share: where a smaller share of the values is known, the mean is NaN.
        towards_zero: there it is instead the sum divided by the number of values in that share.

    Returns:
        Shape (stations, n).
    """
    shape, distances = (len(values), len(times)), list(hours_back)
    total, count = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for back in distances:
        part = values_at(values, times, back)
        known = np.isfinite(part)
        count += known
        total += np.where(known, part, np.float32(0))
    return _mean(total, count, len(distances) * least_share, towards_zero=towards_zero)


class DaySums:
    """Sums over the last 24 hours: means of many days at a few hours take a tenth of the steps with them.

    Args:
        values: shape (stations, hours); NaN = not known.
    """

    def __init__(self, values: Array) -> None:
        known = np.isfinite(values)
        self._totals = np.where(known, values, np.float32(0)).astype(np.float32)
        self._counts = known.astype(np.float32)
        for sums in (self._totals, self._counts):
            single = sums.copy()
            for back in range(1, min(HOURS_PER_DAY, values.shape[-1])):
                sums[..., back:] += single[..., :-back]

    def mean(self, times: Array, days: int, least_share: float = 0.5, *, towards_zero: bool = False) -> Array:
        """Mean of the last days at each of some hours, shape (stations, n); arguments as of ``mean_at``."""
        ends = [HOURS_PER_DAY * back for back in range(days)]
        total, count = (
            np.sum([np.nan_to_num(values_at(sums, times, back)) for back in ends], axis=0)
            for sums in (self._totals, self._counts)
        )
        return _mean(total, count, days * HOURS_PER_DAY * least_share, towards_zero=towards_zero)


def _mean(total: Array, count: Array, least: float, *, towards_zero: bool) -> Array:
    if towards_zero:
        return np.asarray(total / np.maximum(count, np.float32(least)), np.float32)
    return np.where(count >= least, total / np.maximum(count, 1), np.float32(np.nan))
