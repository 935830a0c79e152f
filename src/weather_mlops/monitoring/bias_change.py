"""A sudden change of the official forecast's bias at one station: pure functions on arrays.

A station that moves, or a sensor that begins to drift, shifts the error of the KMA's forecast there from one
day to the next. But the bias also follows the season, at Ulsan by as much as the station's move of 2016
shifted it (0.8 °C within September 2015). So a day's bias is compared with that of the same season of the
year before. What remains is compared with what it was in the days before: median against median, since the
weather makes single days differ by several °C, and a day is like the one before (0.45 of it at Ulsan).

Arrays have the shape (stations, days), with the last day last; NaN = no figure.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.monitoring.sensors import SIGMAS_PER_MAD, nan_median

Array = np.ndarray
YEAR_DAYS: Final = 365
SHORTEST_DAYS: Final = 7
"""Days with a figure that a shift must have lasted for its beginning to be looked for."""


@dataclass(frozen=True)
class BiasChange:
    """Change of the bias at each station; arrays of shape (stations,), NaN = unknown.

    Attributes:
        before: normal bias of the recent days, °C: that of the year before, and what differs from it.
        change: median difference of the recent days from it, °C.
        limit: limit of the change's size, °C.
        onset: index of the most likely first day of a change; it says nothing where there is none.
    """

    before: Array
    change: Array
    limit: Array
    onset: Array

    @property
    def beyond(self) -> Array:
        """At which stations the bias has changed."""
        return np.asarray(np.abs(self.change) > self.limit)


def days_needed(limits: OfficialForecastLimits) -> int:
    """Days up to the last one that a change is measured on."""
    return YEAR_DAYS + limits.bias_season_days + limits.bias_before_days + limits.bias_recent_days


def measure_change(daily: Array, limits: OfficialForecastLimits) -> BiasChange:
    """Measure the change on the last day.

    Args:
        daily: bias of each day, °C, shape (S, D).
        limits: settings of the measurement.
    """
    missing = max(days_needed(limits) - daily.shape[1], 0)
    daily = np.pad(daily, ((0, 0), (missing, 0)), constant_values=np.nan)
    deviation, season, spread = _from_year_before(_without_common(daily, limits), limits)
    days = limits.bias_recent_days
    earlier, recent = deviation[:, :-days], deviation[:, -days:]
    # With too few days before, nothing is known of what is normal but the year before.
    known = np.isfinite(earlier).sum(axis=1) >= limits.bias_min_days
    normal = np.where(known, nan_median(earlier, axis=1), 0.0)
    own = SIGMAS_PER_MAD * nan_median(np.abs(earlier - normal[:, None]), axis=1)
    scale = np.where(known, own, nan_median(spread[:, -days:], axis=1))
    scale = np.maximum(scale, limits.bias_least_spread_c)
    difference = recent - normal[:, None]
    measured = np.isfinite(difference).sum(axis=1) >= days / 2
    # Added to a figure: it makes those of stations with too few recent days NaN.
    unknown = np.where(measured, 0.0, np.nan)
    change = nan_median(difference, axis=1) + unknown
    return BiasChange(
        before=nan_median(season[:, -days:], axis=1) + normal + unknown,
        change=change,
        limit=limits.bias_limit_spreads * scale + unknown,
        onset=daily.shape[1] - missing - days + _beginning(np.sign(change)[:, None] * difference),
    )


def _beginning(difference: Array) -> Array:
    """Find the most likely first day of a shift upwards, from which on the mean stands out most.

    Args:
        difference: from what is normal, shape (S, D).

    Returns:
        Index of the day, shape (S,).
    """
    # Sum of each day and all later ones, and their number: a mean of few days needs more to stand out.
    total = np.nancumsum(difference[:, ::-1], axis=1)[:, ::-1]
    count = np.isfinite(difference)[:, ::-1].cumsum(axis=1)[:, ::-1]
    evidence = np.where(count >= SHORTEST_DAYS, np.maximum(total, 0) ** 2 / np.maximum(count, 1), -1.0)
    return np.asarray(evidence.argmax(axis=1))


def _without_common(daily: Array, limits: OfficialForecastLimits) -> Array:
    """Subtract what many stations share, where there are many; relative to its own median over the days."""
    many = np.isfinite(daily).sum(axis=0) >= limits.bias_common_stations
    if not many.any():
        return daily
    common = np.where(many, nan_median(daily, axis=0), np.nan)
    return np.asarray(daily - np.nan_to_num(common - nan_median(common, axis=0)))


def _from_year_before(daily: Array, limits: OfficialForecastLimits) -> tuple[Array, Array, Array]:
    """Compare the last days with the same season of the year before.

    Args:
        daily: shape (S, D).
        limits: settings of the measurement.

    Returns:
        Deviation, median of that season, and its spread, each of shape (S, days before and recent days).
    """
    length = limits.bias_before_days + limits.bias_recent_days
    width = 2 * limits.bias_season_days + 1
    # One window of the year before for each of the last days: shape (S, length, width).
    windows = np.lib.stride_tricks.sliding_window_view(daily, width, axis=1)
    begin = daily.shape[1] - length - YEAR_DAYS - limits.bias_season_days
    windows = windows[:, begin : begin + length]
    enough = np.isfinite(windows).sum(axis=2) >= limits.bias_min_days
    season = np.where(enough, nan_median(windows, axis=2), np.nan)
    spread = SIGMAS_PER_MAD * nan_median(np.abs(windows - season[:, :, None]), axis=2)
    return daily[:, -length:] - season, season, spread
