"""Whether the KMA's forecast can be one: another unit, another place or a broken file forecasts nothing.

A forecast is implausible at an hour if, in this hour or one of the hours just before, it was further from the
observation than any forecast is; if it jumps from one hour to the next, as where a broken issue follows a
sound one; if it does not change for a day; or if its errors of the last hours are several times as large as
those of the archive that a model was trained on.
"""

from typing import Final

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY
from weather_mlops.model.rolling_windows import DaySums, lagged, mean_at

FAR_OFF: Final = {"air_temperature_c": 12.0, "relative_humidity_pct": 80.0, "wind_speed_ms": 15.0}
"""Errors, and changes within an hour, that are none of a forecast. The largest error of temperature at Ulsan
in 2016 is 9.4 °C, 48 h ahead."""
RECENT_HOURS: Final = 3
"""After a forecast was far off it stays implausible for these hours. The first value of an old issue is one
hour further ahead."""
BIAS_DAYS: Final = 30
"""Days of errors whose mean corrects the forecast: long enough to average the weather out, short enough to
follow a station that moved."""
LEAST_SHARE: Final = 1 / 3
"""Of these days. Fewer are drawn towards no correction: after a hole of weeks, or at a station that is new in
the archive, the KMA's forecast as it is forecasts better than observations alone (Ulsan, first ten days of
2018: RMSE at 24 h 1.1 and 3.1 °C)."""
LARGEST_ERROR: Final = {3: 5.0, 24: 3.5, 168: 2.3}
"""By hours: the largest root mean square of the last errors, after their correction, as a multiple of the
typical error. At Ulsan, 2015 and 2016, a week has more in 0.2 % of the hours, a day in 0.02 %."""


def known_error(value: np.ndarray, known: np.ndarray, lead: int, limit: float) -> np.ndarray:
    """Error at each hour of the forecast that was known a lead before it: outcome minus forecast.

    Args:
        value: observed values, shape (S, H).
        known: forecasts as known at each hour, shape (S, H, leads from 0).
        lead: hours.
        limit: a larger error is none of a forecast, and left out.

    Returns:
        Shape (S, H); NaN where the forecast or the outcome isn't known.
    """
    error = value - lagged(known[..., lead], lead)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(error) <= limit, error, np.float32(np.nan))


def implausible(
    known: np.ndarray, observed: np.ndarray, times: np.ndarray, limit: float, typical_error: float | None
) -> np.ndarray:
    """Whether the forecast that was known at some hours is implausible.

    Args:
        known: forecasts as known at each hour, shape (S, H, leads from 0).
        observed: of the target, shape (S, H).
        times: indices of the hours, shape (n,).
        limit: see FAR_OFF.
        typical_error: standard deviation of the errors of the archive that a model was trained on; None = not
            measured yet.

    Returns:
        Shape (S, n).
    """
    bad = _far_off(known, observed, limit)[:, times]
    for station, ahead in enumerate(known):  # one at a time: the forecasts take much memory
        at_times = ahead[times]
        bad[station] |= _jumps(at_times, limit) | _is_constant(at_times)
    if typical_error is not None:
        bad |= _erring(known_error(observed, known, 0, limit), times, typical_error)
    return bad


def _far_off(known: np.ndarray, observed: np.ndarray, limit: float) -> np.ndarray:
    """Whether the newest forecast of any of the last hours was further off than a forecast can be."""
    nearest = known[..., 0]
    for lead in range(1, RECENT_HOURS + 2):
        nearest = np.where(np.isnan(nearest), known[..., lead], nearest)
    with np.errstate(invalid="ignore"):
        off = np.abs(observed - nearest) > limit
    far = np.zeros(observed.shape, bool)
    for back in range(RECENT_HOURS + 1):
        far[:, back:] |= off[:, : off.shape[1] - back]
    return far


def _jumps(ahead: np.ndarray, limit: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.asarray((np.abs(np.diff(ahead, axis=-1)) > limit).any(axis=-1))


def _is_constant(ahead: np.ndarray) -> np.ndarray:
    """Whether a day's hours are all known and equal."""
    day = ahead[..., : HOURS_PER_DAY + 1]
    if day.shape[-1] <= HOURS_PER_DAY:
        return np.zeros(len(ahead), bool)
    return np.asarray((day == day[..., :1]).all(axis=-1))


def _erring(error: np.ndarray, times: np.ndarray, typical_error: float) -> np.ndarray:
    """Whether the last errors, minus their mean of BIAS_DAYS, are larger than LARGEST_ERROR."""
    bias = DaySums(error).mean(times, BIAS_DAYS, LEAST_SHARE, towards_zero=True)
    bad = np.zeros(bias.shape, bool)
    for hours, multiple in LARGEST_ERROR.items():
        mean, square = (mean_at(each, times, range(hours), 0.3) for each in (error, error**2))
        with np.errstate(invalid="ignore"):
            bad |= square - 2 * bias * mean + bias**2 > (multiple * typical_error) ** 2
    return bad
