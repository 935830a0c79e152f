"""Has the weather that comes in changed? Distributions beside those of a reference: pure functions.

A week of weather is never like the same week of other years: textbook thresholds (PSI above 0.25, a small p
of a Kolmogorov-Smirnov test) fire in most weeks of a healthy year. So drift is shown and alerts nobody, and
its thresholds come from the earlier years themselves: how far is a week of each of them from the others?

Samples are arrays of shape (stations, times) of whole days, at every third hour: what lies between tells
little more, and costs three times as much. NaN is what was not observed. Station and hour of the day make a
cell. Only cells that both samples have are compared, and each weighs the same in both: so neither a new
station nor a gap at night is taken for a drift.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import signal, stats

Array = np.ndarray

EVERY_H: Final = 3
PER_DAY: Final = 24 // EVERY_H
BINS: Final = 10
"""Of the population stability index: deciles of the reference, as usual (Siddiqi 2006)."""
HALF: Final = 0.5
"""Of an observation, in each bin beside what is there: an empty bin stays finite (Jeffreys' prior)."""
MOST_POINTS: Final = 4000
"""Quantiles that a Wasserstein distance is taken of: exact to a thousandth of the range."""
NULL_QUANTILE: Final = 0.95
"""Of the earlier years' weeks: one in twenty of them would be beyond the threshold."""


@dataclass(frozen=True, slots=True)
class Distance:
    """How far two samples are apart.

    Attributes:
        psi: population stability index; 0 = alike.
        wasserstein: how far the values moved on average, in their unit.
        mean: of the sample.
        reference_mean: of the reference.
        n: observations of the sample.
        reference_n: observations of the reference.
    """

    psi: float
    wasserstein: float
    mean: float
    reference_mean: float
    n: int
    reference_n: int


def distance(sample: Array, reference: Array) -> Distance | None:
    """How far a sample is from a reference; None where they have no cell in common."""
    ours, theirs = _cells(sample), _cells(reference)
    counts = np.isfinite(ours).sum(axis=1), np.isfinite(theirs).sum(axis=1)
    common = (counts[0] > 0) & (counts[1] > 0)
    if not common.any():
        return None
    (x, x_weights), (y, y_weights) = (
        _weighted(values[common], number[common])
        for values, number in zip((ours, theirs), counts, strict=True)
    )
    return Distance(
        psi=psi(x, y, x_weights, y_weights),
        wasserstein=_wasserstein(x, y, x_weights, y_weights),
        mean=float(np.average(x, weights=x_weights)),
        reference_mean=float(np.average(y, weights=y_weights)),
        n=x.size,
        reference_n=y.size,
    )


def psi(
    sample: Array, reference: Array, weights: Array | None = None, reference_weights: Array | None = None
) -> float:
    """Population stability index, over deciles of the reference.

    Args:
        sample: shape (n,), no NaN.
        reference: shape (m,), no NaN.
        weights: of the sample, shape (n,); None = all alike.
        reference_weights: shape (m,).

    Returns:
        Sum over the bins of (p − q) ln(p / q); 0 for samples of equal shares.
    """
    edges = np.unique(_quantiles(reference, reference_weights, np.arange(1, BINS) / BINS))
    ours, theirs = (
        _shares(np.searchsorted(edges, values, side="left"), len(edges) + 1, weights)
        for values, weights in ((sample, weights), (reference, reference_weights))
    )
    return float(np.sum((ours - theirs) * np.log(ours / theirs)))


def effective_size(values: Array) -> float:
    """How many independent observations a series of stations is worth.

    Over time, n / (1 + 2 Σ ρ) of the mean over the stations, its daily cycle taken away, with the
    autocorrelations ρ up to where a pair of them sums below 0 (Geyer 1992, doi:10.1214/ss/1177011137). Over
    space, (Σ λ)² / Σ λ² of the stations' correlation (Bretherton et al. 1999,
    doi:10.1175/1520-0442(1999)012<1990:TENOSD>2.0.CO;2).

    Args:
        values: shape (S, T).
    """
    cells = values.reshape(len(values), -1, PER_DAY)
    usual = _mean(cells, axis=1)[:, None]
    anomaly = (cells - usual).reshape(values.shape)
    series = _mean(anomaly, axis=0)
    return independent(series[np.isfinite(series)]) * _independent_stations(np.nan_to_num(anomaly))


def independent(series: Array) -> float:
    """How many independent observations a series is worth: 1 to its length; of an empty one 0."""
    n = len(series)
    centred = series - series.mean() if n else series
    power = float(centred @ centred)
    if power == 0:
        return float(min(n, 1))
    correlation = signal.correlate(centred, centred, method="fft")[n - 1 :] / power
    pairs = correlation[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    positive = pairs[: int(np.argmax(pairs <= 0))] if (pairs <= 0).any() else pairs
    return float(np.clip(n / max(2 * positive.sum() - 1, 1.0), 1.0, n))


def null(years: Sequence[Array], days: int) -> list[Distance]:
    """How far weeks of earlier years are from the other earlier years.

    Args:
        years: of each, shape (S, T) with the same S and T.
        days: of the sample.
    """
    found, length = [], days * PER_DAY
    for place, year in enumerate(years):
        others = np.concatenate([other for n, other in enumerate(years) if n != place], axis=1)
        for begin in range(0, year.shape[1] - length + 1, length):
            apart = distance(year[:, begin : begin + length], others)
            if apart is not None:
                found.append(apart)
    return found


def _mean(values: Array, axis: int) -> Array:
    """Of what is not NaN; NaN of nothing."""
    known = np.isfinite(values)
    counts = known.sum(axis=axis)
    sums = np.where(known, values, 0).sum(axis=axis, dtype=np.float64)
    return np.asarray(np.divide(sums, counts, out=np.full(counts.shape, np.nan), where=counts > 0))


def _cells(values: Array) -> Array:
    """From (S, T) to (S × 8 cells, days)."""
    return values.reshape(len(values), -1, PER_DAY).swapaxes(1, 2).reshape(len(values) * PER_DAY, -1)


def _weighted(cells: Array, counts: Array) -> tuple[Array, Array]:
    """The observations, and weights by which each cell counts once."""
    known = np.isfinite(cells)
    weights = np.repeat(1 / counts[:, None], cells.shape[1], axis=1)
    return cells[known].astype(np.float64), weights[known]


def _quantiles(values: Array, weights: Array | None, shares: Array) -> Array:
    """Values at these shares of the total weight."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(np.ones(values.size) if weights is None else weights[order])
    places = np.searchsorted(total, shares * total[-1], side="left")
    return np.asarray(values[order][np.minimum(places, values.size - 1)])


def _shares(places: Array, bins: int, weights: Array | None) -> Array:
    """Share of each bin, none of them 0."""
    scale = 1.0 if weights is None else places.size / weights.sum()
    counts = np.bincount(places, weights, bins) * scale + HALF
    return np.asarray(counts / counts.sum())


def _wasserstein(x: Array, y: Array, x_weights: Array, y_weights: Array) -> float:
    """Between quantiles, where there are many values: 20 times as fast."""
    if max(x.size, y.size) <= MOST_POINTS:
        return float(stats.wasserstein_distance(x, y, x_weights, y_weights))
    shares = (np.arange(MOST_POINTS) + 0.5) / MOST_POINTS
    return float(
        stats.wasserstein_distance(_quantiles(x, x_weights, shares), _quantiles(y, y_weights, shares))
    )


def _independent_stations(anomaly: Array) -> float:
    """Of stations that observed anything, 1 to their number."""
    moving = anomaly[anomaly.any(axis=1)]
    if len(moving) <= 1:
        return 1.0
    covariance = moving @ moving.T
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    return float(len(moving) ** 2 / np.sum(correlation**2))
