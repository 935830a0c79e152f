"""Lags and rolling windows along the hours of a panel, the last axis; NaN where too little is known.

Sums are taken hour by hour in a fixed order, so that the same hours give the same bits in any panel.
"""

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


def rolling_days_mean(values: Array, days: int, least_share: float = 0.5) -> Array:
    """Mean of the last days, 24 h each, along the last axis; NaN where a smaller share of it is known."""
    known = np.isfinite(values).astype(np.float32)
    filled = np.where(known > 0, values, np.float32(0)).astype(np.float32)
    # Sums of a day first, then of days: as fixed an order as hour by hour, in a tenth of the steps.
    day_total, day_count = _sum_of_last(filled, HOURS_PER_DAY, 1), _sum_of_last(known, HOURS_PER_DAY, 1)
    total, count = (_sum_of_last(each, days, HOURS_PER_DAY) for each in (day_total, day_count))
    least = days * HOURS_PER_DAY * least_share
    return np.where(count >= least, total / np.maximum(count, 1), np.float32(np.nan))


def _sum_of_last(values: Array, count: int, step: int) -> Array:
    """Sum of a value and those some steps before it, along the last axis; 0 before the first."""
    total = values.copy()
    for back in range(step, min(count * step, values.shape[-1]), step):
        total[..., back:] += values[..., :-back]
    return total


def week_mean(values: Array, newest: int) -> Array:
    """Mean of 7 days at one hour of the day, the newest some hours back; NaN where most are missing."""
    return same_hour_mean(values, newest, LONGEST_WINDOW_H // HOURS_PER_DAY)


def same_hour_mean(values: Array, newest: int, days: int, least_share: float = 0.5) -> Array:
    """Mean of days at one hour of the day, the newest some hours back; NaN where fewer of them are known."""
    # Only every 24th hour counts: a mean over days, not over hours.
    total, count = np.zeros(values.shape, np.float32), np.zeros(values.shape, np.float32)
    for back in range(days):
        day = lagged(values, newest + HOURS_PER_DAY * back)
        known = np.isfinite(day)
        count += known
        total += np.where(known, day, np.float32(0))
    return np.where(count >= days * least_share, total / np.maximum(count, 1), np.float32(np.nan))


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
