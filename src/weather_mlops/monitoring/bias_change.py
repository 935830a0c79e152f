"""A sudden change of the official forecast's bias at one station: pure functions on arrays.

A station that moves, or a sensor that begins to drift, shifts the error of the KMA's forecast there from one
day to the next. But the bias also follows the season, at Ulsan by as much as the station's move of 2016
shifted it (0.8 °C within September 2015). So a day's bias is compared with that of the same season of the
year before; what remains is compared with what it was in the days before, and added up as in ``sensors``.

Arrays have the shape (stations, days), with the last day last; NaN = no figure.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.monitoring.sensors import MAX_SUM, SIGMAS_PER_MAD, cusum, nan_median

Array = np.ndarray
YEAR_DAYS: Final = 365
SHORTEST_DAYS: Final = 7
"""Days with a figure that a shift must have lasted for its beginning to be looked for."""


@dataclass(frozen=True)
class BiasChange:
    """Change of the bias at each station; arrays of shape (stations,), NaN = unknown.

    Attributes:
        before: expected bias, °C.
        recent: median bias since the beginning of the change; of all added-up days where there is none.
        excess: deviation accumulated beyond the allowance, °C × days.
        limit: limit of the excess, °C × days.
        onset: index of the first day of the change; the number of days if there is none.
    """

    before: Array
    recent: Array
    excess: Array
    limit: Array
    onset: Array

    @property
    def beyond(self) -> Array:
        """At which stations the bias has changed."""
        return np.asarray(self.excess > self.limit)


def days_needed(limits: OfficialForecastLimits) -> int:
    """Days up to the last one that a change is measured on."""
    return YEAR_DAYS + limits.bias_season_days + limits.bias_before_days + limits.bias_summed_days


def change(daily: Array, limits: OfficialForecastLimits) -> BiasChange:
    """Measure the change on the last day.

    Args:
        daily: bias of each day, °C, shape (S, D).
        limits: settings of the measurement.
    """
    missing = max(days_needed(limits) - daily.shape[1], 0)
    daily = np.pad(daily, ((0, 0), (missing, 0)), constant_values=np.nan)
    deviation, season, spread = _from_year_before(_without_common(daily, limits), limits)
    summed = limits.bias_summed_days
    earlier, recent = deviation[:, :-summed], deviation[:, -summed:]
    # With too few days before, nothing is known of what is normal but the year before.
    known = np.isfinite(earlier).sum(axis=1) >= limits.bias_min_days
    normal = np.where(known, nan_median(earlier, axis=1), 0.0)
    own = SIGMAS_PER_MAD * nan_median(np.abs(earlier - normal[:, None]), axis=1)
    scale = np.where(known, own, nan_median(spread[:, -summed:], axis=1))
    scale = np.maximum(scale, limits.bias_least_spread_c)
    scaled = (recent - normal[:, None]) / scale[:, None]
    most = MAX_SUM * limits.bias_limit_days
    above, below = (cusum(sign * scaled, limits.bias_allowance, most, 1) for sign in (1, -1))
    up = above[:, -1] >= below[:, -1]
    excess = np.where(up, above[:, -1], below[:, -1])
    measured = np.isfinite(recent).sum(axis=1) >= summed / 2
    begin = np.where(measured & (excess > 0), _beginning(np.where(up, 1, -1)[:, None] * scaled), summed)
    # Without a change, the bias of all these days is shown.
    changed = np.arange(summed) >= np.where(begin < summed, begin, 0)[:, None]
    expected = (season[:, -summed:] + normal[:, None], daily[:, -summed:])
    before, now = (nan_median(np.where(changed, values, np.nan), axis=1) for values in expected)
    unknown = np.where(measured, 0.0, np.nan)
    return BiasChange(
        before=before + unknown,
        recent=now + unknown,
        excess=excess * scale + unknown,
        limit=limits.bias_limit_days * scale + unknown,
        onset=daily.shape[1] - missing - summed + begin,
    )


def _beginning(scaled: Array) -> Array:
    """Find the most likely first day of a shift upwards, from which on the mean stands out most.

    Args:
        scaled: deviations in spreads, shape (S, D).

    Returns:
        Index of the day, shape (S,).
    """
    # Sum of each day and all later ones, and their number: a mean of few days needs more to stand out.
    total = np.nancumsum(scaled[:, ::-1], axis=1)[:, ::-1]
    count = np.isfinite(scaled)[:, ::-1].cumsum(axis=1)[:, ::-1]
    evidence = np.where(count >= SHORTEST_DAYS, np.maximum(total, 0) ** 2 / np.maximum(count, 1), -1.0)
    return np.asarray(evidence.argmax(axis=1))


def _without_common(daily: Array, limits: OfficialForecastLimits) -> Array:
    """Subtract what many stations share, where there are many; relative to its own median over the days."""
    counted = np.isfinite(daily).sum(axis=0)
    common = np.where(counted >= limits.bias_common_stations, nan_median(daily, axis=0), np.nan)
    if not np.isfinite(common).any():
        return daily
    return np.asarray(daily - np.nan_to_num(common - nan_median(common, axis=0)))


def _from_year_before(daily: Array, limits: OfficialForecastLimits) -> tuple[Array, Array, Array]:
    """Compare the last days with the same season of the year before.

    Args:
        daily: shape (S, D).
        limits: settings of the measurement.

    Returns:
        Deviation, median of that season, and its spread, each of shape (S, days before and summed days).
    """
    length = limits.bias_before_days + limits.bias_summed_days
    width = 2 * limits.bias_season_days + 1
    # One window of the year before for each of the last days: shape (S, length, width).
    windows = np.lib.stride_tricks.sliding_window_view(daily, width, axis=1)
    begin = daily.shape[1] - length - YEAR_DAYS - limits.bias_season_days
    windows = windows[:, begin : begin + length]
    enough = np.isfinite(windows).sum(axis=2) >= limits.bias_min_days
    season = np.where(enough, nan_median(windows, axis=2), np.nan)
    spread = SIGMAS_PER_MAD * nan_median(np.abs(windows - season[:, :, None]), axis=2)
    return daily[:, -length:] - season, season, spread
