"""A failing sensor, told from the weather by its neighbours: pure functions on arrays.

Arrays have the shape (stations, hours), the last hour last, whole days of 24; NaN is what was not observed.

A station is warmer or drier than its neighbours in its own way, by the hour of the day. So of each neighbour
the *usual* difference is told by the median of the trailing days at that hour, and what is left of the
present difference is the anomaly; the median over the neighbours is the station's. Climate changes both
alike, and one bad neighbour moves no median.

Anomalies of a healthy station come and go: a day's median is often 1 °C, and now and then 3 °C. A bias stays.
So what goes beyond the usual spread is added up (a cumulative sum: Page 1954, doi:10.1093/biomet/41.1-2.100):
a large bias is beyond doubt within a day, a small one within some days, weather hardly ever.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from weather_mlops.model.panel import KM_PER_DEGREE

Array = np.ndarray

HOURS_PER_DAY: Final = 24
RISE_KM_PER_M: Final = 0.1
"""100 m of elevation make stations differ as much as 10 km do: 0.65 K on the mean lapse rate."""
SIGMAS_PER_MAD: Final = 1.4826
"""Of a normal distribution."""
ENOUGH_OF_DAY: Final = 0.5
"""Share of a day's hours without which a day has no median."""


CLIP: Final = 10.0
"""Spreads that one hour counts at most: a wild hour is a matter of the quality rules."""
HELD: Final = 1.2
"""Limits that a sum grows to at most: so that it falls again soon after a sensor was mended."""


@dataclass(frozen=True)
class Bias:
    """How far each sensor is off, by its neighbours' word; arrays of shape (stations,), NaN = can't be told.

    Attributes:
        value: median anomaly of the last day, in the variable's unit; positive = the sensor shows too much.
        excess: what the anomalies of the last days add up to beyond the allowance, unit × days.
        limit: of the excess, unit × days.
        spread: of the day's medians of a healthy station, in the variable's unit.
        onset: index of the first hour of the excess; the number of hours where there is none.
        neighbours: how many neighbours told, at most, in the last day.
        days: trailing days with a median of their own.
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
        """Which sensors are off."""
        return np.asarray(self.excess > self.limit)


def nearest(latitude: Array, longitude: Array, elevation_m: Array, count: int, within_km: float) -> Array:
    """The nearest stations of each, by distance and elevation.

    Args:
        latitude: degrees, shape (S,).
        longitude: degrees, shape (S,).
        elevation_m: shape (S,).
        count: how many at most.
        within_km: no farther than this, elevation included.

    Returns:
        Places, shape (S, count); -1 where there are no more.
    """
    north = np.subtract.outer(latitude, latitude) * KM_PER_DEGREE
    east = np.subtract.outer(longitude, longitude) * KM_PER_DEGREE * np.cos(np.radians(latitude))[:, None]
    rise = np.subtract.outer(elevation_m, elevation_m) * RISE_KM_PER_M
    apart = np.sqrt(north**2 + east**2 + rise**2)
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, :count]
    places = np.full((len(latitude), count), -1)
    near = np.take_along_axis(apart, order, axis=1) <= within_km
    places[:, : order.shape[1]] = np.where(near, order, -1)
    return places


def anomalies(
    values: Array, near: Array, distrusted: Array, *, min_days: int, min_neighbours: int
) -> tuple[Array, Array]:
    """How each station differs from its neighbours, beside what is usual for them.

    Args:
        values: shape (S, T), whole days.
        near: as ``nearest`` gives them.
        distrusted: bool, shape (S, T): hours of sensors that were found off. They tell nothing of what is
            usual, and nothing of others.
        min_days: trailing days, before the last one, that tell what is usual at an hour.
        min_neighbours: that must agree to an hour's anomaly.

    Returns:
        Anomalies, shape (S, T), NaN where too few neighbours or days are there; and how many neighbours
        each is of.
    """
    trusted = np.where(distrusted, np.nan, values)
    nobody = np.full((1, values.shape[1]), np.nan)
    found = np.empty((near.shape[1], *values.shape))
    for rank, places in enumerate(near.T):
        theirs = np.concatenate([trusted, nobody])[places]
        usual = _daily_median((trusted - theirs).reshape(len(values), -1, HOURS_PER_DAY)[:, :-1], min_days)
        found[rank] = values - theirs - np.tile(usual, values.shape[1] // HOURS_PER_DAY)
    number = np.isfinite(found).sum(axis=0)
    return np.where(number >= min_neighbours, median(found, axis=0), np.nan), number


def bias(  # noqa: PLR0913  keyword only: what a bias is held to
    anomaly: Array,
    number: Array,
    distrusted: Array,
    *,
    least_spread: float,
    allowance: float,
    limit_days: float,
    summed_days: int,
    min_days: int,
) -> Bias:
    """What anomalies add up to, and what that is held to.

    Args:
        anomaly: shape (S, T).
        number: of neighbours, same shape.
        distrusted: bool, same shape: hours that tell nothing of the spread of a healthy sensor.
        least_spread: no spread is smaller, in the variable's unit.
        allowance: spreads that add nothing.
        limit_days: spreads × days that are beyond doubt.
        summed_days: days that are added up, the last ones.
        min_days: with a median of their own, before the last day, without which nothing is told.
    """
    days = anomaly.reshape(len(anomaly), -1, HOURS_PER_DAY)
    enough = np.isfinite(days).mean(axis=2) >= ENOUGH_OF_DAY
    daily = np.where(enough, median(days, axis=2), np.nan)
    trailing = np.where(distrusted.reshape(days.shape).any(axis=2), np.nan, daily)[:, :-1]
    told = np.isfinite(trailing).sum(axis=1)
    known = told >= min_days
    own = SIGMAS_PER_MAD * median(np.abs(trailing - median(trailing, axis=1)[:, None]), axis=1)
    # A spread of few days may be small by chance: it is no smaller than that of most stations.
    least = np.fmax(median(own[known], axis=0), least_spread) if known.any() else least_spread
    spread = np.where(known, np.maximum(own, least), np.nan)
    recent = anomaly[:, -summed_days * HOURS_PER_DAY :]
    above, below = (cusum(sign * recent / spread[:, None], allowance, HELD * limit_days) for sign in (1, -1))
    rising = np.where((above[:, -1] >= below[:, -1])[:, None], above, below)
    return Bias(
        value=np.where(known, daily[:, -1], np.nan),
        excess=rising[:, -1] * spread,
        limit=limit_days * spread,
        spread=spread,
        onset=anomaly.shape[1] - _hours_above_zero(rising),
        neighbours=number[:, -HOURS_PER_DAY:].max(axis=1),
        days=told,
    )


def cusum(scaled: Array, allowance: float, most: float) -> Array:
    """Cumulative sum of what goes beyond an allowance, never below 0; of a missing hour it stays.

    Args:
        scaled: shape (S, T), hourly.
        allowance: that adds nothing, same unit.
        most: where it ends growing.

    Returns:
        Shape (S, T), unit × days.
    """
    steps = np.nan_to_num((np.clip(scaled, -CLIP, CLIP) - allowance) / HOURS_PER_DAY)
    sums = np.zeros_like(steps)
    total = np.zeros(len(steps))
    for hour in range(steps.shape[1]):
        total = np.clip(total + steps[:, hour], 0, most)
        sums[:, hour] = total
    return np.asarray(sums)


def constant_hours(values: Array, low: float, high: float) -> Array:
    """For how many hours the newest value has stood still; a value at a limit of the possible may.

    Args:
        values: shape (S, T).
        low: lowest possible value: a calm lasts.
        high: highest possible one: so does saturated air.

    Returns:
        Observed hours that the newest value is equal to, shape (S,); 0 where nothing was observed in the
        last hour that any station has. A gap tells nothing.
    """
    hours = np.arange(values.shape[1])
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), np.int64)
    newest = hours[known.any(axis=0)][-1]
    last = values[:, newest]
    changed = known & (values != last[:, None])
    since = np.where(changed.any(axis=1), hours[-1] - changed[:, ::-1].argmax(axis=1), -1)
    equal = known & (hours > since[:, None])
    moves = np.isfinite(last) & (last > low) & (last < high)
    return np.asarray(np.where(moves, np.maximum(equal.sum(axis=1) - 1, 0), 0))


def stuck(values: Array, near: Array, constant: Array, *, hours: int, least_range: float) -> Array:
    """Which sensors stand still for so long while their neighbours move; bool, shape (S,).

    Args:
        values: shape (S, T).
        near: as ``nearest`` gives them.
        constant: as ``constant_hours`` gives them.
        hours: how long.
        least_range: what the median neighbour must have moved by over these hours, in the unit of values.
    """
    recent = values[:, -(hours + 1) :]
    with np.errstate(invalid="ignore"):
        moved = np.fmax.reduce(recent, axis=1) - np.fmin.reduce(recent, axis=1)
    theirs = median(np.append(moved, np.nan)[near], axis=1)
    return np.asarray((constant >= hours) & (theirs >= least_range))


def median(values: Array, axis: int) -> Array:
    """Of what is not NaN; NaN of nothing. Several times as fast as numpy's own."""
    ordered = np.sort(values, axis=axis)  # NaN comes last
    known = np.isfinite(values).sum(axis=axis, keepdims=True)
    middle = np.maximum(known - 1, 0) // 2, np.minimum(known // 2, values.shape[axis] - 1)
    low, high = (np.take_along_axis(ordered, place, axis) for place in middle)
    return np.asarray(np.squeeze((low + high) / 2, axis=axis))


def _hours_above_zero(sums: Array) -> Array:
    """How long each sum has been above 0, hours."""
    zero = sums[:, ::-1] == 0
    return np.asarray(np.where(zero.any(axis=1), zero.argmax(axis=1), sums.shape[1]))


def _daily_median(days: Array, min_days: int) -> Array:
    """Median by hour of the day; from shape (S, days, 24) to (S, 24)."""
    enough = np.isfinite(days).sum(axis=1) >= min_days
    return np.asarray(np.where(enough, median(days, axis=1), np.nan))
