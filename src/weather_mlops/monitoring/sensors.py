"""Failing sensors, distinguished from the weather by comparison with neighbours: pure functions on arrays.

Arrays have the shape (stations, hours), with the last hour last, in whole days of 24 h; NaN = not observed.

Each station differs from its neighbours in its own way, by the hour of the day. So the *typical* difference
from each neighbour is the median of the trailing days at that hour; the present difference minus the typical
one is the anomaly, and the median over the neighbours is the anomaly of the station. Weather and climate
change both stations alike, and one bad neighbour hardly changes the median.

Anomalies of a healthy station come and go: a day's median is often 1 °C, and sometimes 3 °C. A bias stays. So
deviations beyond the typical spread are accumulated (a cumulative sum: Page 1954,
doi:10.1093/biomet/41.1-2.100): a large bias exceeds the limit within a day, a small one within some days,
weather hardly ever.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY
from weather_mlops.lake.panel import offsets_km

Array = np.ndarray

RISE_KM_PER_M: Final = 0.1
"""100 m of elevation make stations differ as much as 10 km of distance: 0.65 K at the mean lapse rate."""
SIGMAS_PER_MAD: Final = 1.4826
"""Standard deviation over median absolute deviation, of a normal distribution."""
ENOUGH_OF_DAY: Final = 0.5
"""Share of a day's hours that is needed for a median of the day."""
CLIP: Final = 10.0
"""An hour counts at most this many spreads: extreme values are a matter of the quality rules."""
MAX_SUM: Final = 1.2
"""A sum grows to at most 1.2 limits, so that it falls soon after a sensor was repaired."""


@dataclass(frozen=True)
class Bias:
    """Bias of each sensor against its neighbours; arrays of shape (stations,), NaN = unknown.

    Attributes:
        value: median anomaly of the last day, in the variable's unit; positive = the sensor reads too high.
        excess: accumulated anomaly of the last days beyond the allowance, unit × days.
        limit: limit of the excess, unit × days.
        spread: spread of the daily medians while the sensor is healthy, in the variable's unit.
        onset: index of the first hour of the excess; the number of hours if there is none.
        neighbours: largest number of neighbours with observations at an hour of the last day.
        days: number of trailing days with a median.
    """

    value: Array
    excess: Array
    limit: Array
    spread: Array
    onset: Array
    neighbours: Array
    days: Array

    @property
    def beyond(self) -> Array:
        """Which sensors are biased."""
        return np.asarray(self.excess > self.limit)


def nearest(latitude: Array, longitude: Array, elevation_m: Array, count: int, within_km: float) -> Array:
    """Find the nearest stations of each station, by distance and elevation.

    Args:
        latitude: degrees, shape (S,).
        longitude: degrees, shape (S,).
        elevation_m: shape (S,).
        count: largest number of neighbours.
        within_km: largest distance, including elevation (see RISE_KM_PER_M).

    Returns:
        Indices of the neighbours, nearest first, shape (S, count); -1 for no further neighbour.
    """
    # Distances of all pairs of stations in km; the difference in elevation counts as a third axis.
    east, north = offsets_km(latitude, longitude)
    rise = np.subtract.outer(elevation_m, elevation_m) * RISE_KM_PER_M
    apart = np.sqrt(north**2 + east**2 + rise**2)
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :count]
    indices = np.full((len(latitude), count), -1)
    near = np.take_along_axis(apart, order, axis=1) <= within_km
    indices[:, : order.shape[1]] = np.where(near, order, -1)
    return indices


def anomalies(
    values: Array, near: Array, excluded: Array, *, min_days: int, min_neighbours: int
) -> tuple[Array, Array]:
    """Compute the anomaly of each station: its difference from the neighbours minus the typical difference.

    Args:
        values: shape (S, T), whole days.
        near: indices from ``nearest``.
        excluded: bool, shape (S, T): hours of sensors that are known to be off. They are used neither for
            typical differences nor as neighbours.
        min_days: smallest number of trailing days, before the last one, for a typical difference.
        min_neighbours: smallest number of neighbours for an hour's anomaly.

    Returns:
        Anomalies, shape (S, T), NaN if there are too few neighbours or days; and the number of neighbours
        of each, same shape.
    """
    trusted = np.where(excluded, np.nan, values)
    nobody = np.full((1, values.shape[1]), np.nan)
    anomaly = np.empty((near.shape[1], *values.shape))
    for rank, indices in enumerate(near.T):
        # Index -1, no further neighbour, gives the row of NaN that is appended.
        theirs = np.concatenate([trusted, nobody])[indices]
        difference = (trusted - theirs).reshape(len(values), -1, HOURS_PER_DAY)[:, :-1]
        typical = _daily_median(difference, min_days)
        anomaly[rank] = values - theirs - np.tile(typical, values.shape[1] // HOURS_PER_DAY)
    counts = np.isfinite(anomaly).sum(axis=0)
    return np.where(counts >= min_neighbours, nan_median(anomaly, axis=0), np.nan), counts


def bias(  # noqa: PLR0913  keyword only: limits and settings
    anomaly: Array,
    neighbours: Array,
    excluded: Array,
    *,
    least_spread: float,
    allowance: float,
    limit_days: float,
    summed_days: int,
    min_days: int,
) -> Bias:
    """Accumulate the anomalies, and compare them with the limit of a bias.

    Args:
        anomaly: shape (S, T).
        neighbours: number of neighbours of each anomaly, same shape.
        excluded: bool, same shape: hours that are not used for the spread of a healthy sensor.
        least_spread: lower limit of the spread, in the variable's unit.
        allowance: anomaly that is ignored, in spreads.
        limit_days: excess that counts as a bias, in spreads × days.
        summed_days: number of the last days over which anomalies are accumulated.
        min_days: smallest number of days with a median, before the last day; the bias is unknown with fewer.
    """
    days = anomaly.reshape(len(anomaly), -1, HOURS_PER_DAY)
    enough = np.isfinite(days).mean(axis=2) >= ENOUGH_OF_DAY
    daily = np.where(enough, nan_median(days, axis=2), np.nan)
    trailing = np.where(excluded.reshape(days.shape).any(axis=2), np.nan, daily)[:, :-1]
    n_days = np.isfinite(trailing).sum(axis=1)
    known = n_days >= min_days
    own = SIGMAS_PER_MAD * nan_median(np.abs(trailing - nan_median(trailing, axis=1)[:, None]), axis=1)
    # The spread of few days may be small by chance: it counts as at least the median of all stations.
    least = np.fmax(nan_median(own[known], axis=0), least_spread) if known.any() else least_spread
    spread = np.where(known, np.maximum(own, least), np.nan)
    recent = anomaly[:, -summed_days * HOURS_PER_DAY :]
    scaled, most = recent / spread[:, None], MAX_SUM * limit_days
    above, below = (cusum(sign * scaled, allowance, most) for sign in (1, -1))
    # A sensor reads too high or too low: the larger sum of the last hour is its excess.
    rising = np.where((above[:, -1] >= below[:, -1])[:, None], above, below)
    return Bias(
        value=np.where(known, daily[:, -1], np.nan),
        excess=rising[:, -1] * spread,
        limit=limit_days * spread,
        spread=spread,
        onset=anomaly.shape[1] - _hours_above_zero(rising),
        neighbours=neighbours[:, -HOURS_PER_DAY:].max(axis=1),
        days=n_days,
    )


def cusum(scaled: Array, allowance: float, most: float, steps_per_day: int = HOURS_PER_DAY) -> Array:
    """Compute the cumulative sum beyond an allowance, never below 0; a missing step leaves it unchanged.

    Args:
        scaled: shape (S, T).
        allowance: value that is subtracted at each step, same unit.
        most: upper limit of the sum.
        steps_per_day: 24 for hourly values, 1 for daily ones.

    Returns:
        Shape (S, T), unit × days.
    """
    steps = np.nan_to_num((np.clip(scaled, -CLIP, CLIP) - allowance) / steps_per_day)
    sums = np.zeros_like(steps)
    total = np.zeros(len(steps))
    for step in range(steps.shape[1]):
        total = np.clip(total + steps[:, step], 0, most)
        sums[:, step] = total
    return np.asarray(sums)


def constant_hours(values: Array, low: float, high: float) -> Array:
    """Count the hours for which the newest value has not changed; a value at a physical limit may stay.

    Args:
        values: shape (S, T).
        low: lowest possible value: a calm lasts.
        high: highest possible value: so does saturated air.

    Returns:
        Number of earlier observed hours in a row with the newest value, shape (S,); 0 if the station has no
        observation in the newest hour of the network. Gaps are skipped.
    """
    hours = np.arange(values.shape[1])
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), np.int64)
    newest = hours[known.any(axis=0)][-1]
    last = values[:, newest]
    # argmax on the reversed hours finds the last hour whose value differs from the newest one.
    changed = known & (values != last[:, None])
    since = np.where(changed.any(axis=1), hours[-1] - changed[:, ::-1].argmax(axis=1), -1)
    equal = known & (hours > since[:, None])
    moves = np.isfinite(last) & (last > low) & (last < high)
    return np.asarray(np.where(moves, np.maximum(equal.sum(axis=1) - 1, 0), 0))


def stuck(values: Array, near: Array, constant: Array, *, hours: int, least_range: float) -> Array:
    """Find the sensors whose value is constant while those of their neighbours change; bool, shape (S,).

    Args:
        values: shape (S, T).
        near: indices from ``nearest``.
        constant: hours from ``constant_hours``.
        hours: hours of a constant value before a sensor counts as stuck.
        least_range: smallest range of the median neighbour over these hours, in the unit of values.
    """
    recent = values[:, -(hours + 1) :]
    with np.errstate(invalid="ignore"):
        moved = np.fmax.reduce(recent, axis=1) - np.fmin.reduce(recent, axis=1)
    theirs = nan_median(np.append(moved, np.nan)[near], axis=1)
    return np.asarray((constant >= hours) & (theirs >= least_range))


def nan_median(values: Array, axis: int) -> Array:
    """Median without NaN; NaN if all values are NaN. Several times as fast as ``np.nanmedian``."""
    ordered = np.sort(values, axis=axis)  # NaN comes last
    known = np.isfinite(values).sum(axis=axis, keepdims=True)
    # Indices of the two middle values; they are equal if the number of values is odd.
    middle = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, values.shape[axis] - 1)
    low, high = (np.take_along_axis(ordered, index, axis) for index in middle)
    return np.asarray(np.squeeze((low + high) / 2, axis=axis))


def _hours_above_zero(sums: Array) -> Array:
    """Count the hours for which each sum has been above 0."""
    zero = sums[:, ::-1] == 0
    return np.asarray(np.where(zero.any(axis=1), zero.argmax(axis=1), sums.shape[1]))


def _daily_median(days: Array, min_days: int) -> Array:
    """Compute the median by hour of the day; from shape (S, days, 24) to (S, 24)."""
    enough = np.isfinite(days).sum(axis=1) >= min_days
    return np.asarray(np.where(enough, nan_median(days, axis=1), np.nan))
