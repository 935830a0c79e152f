"""Drift of the inputs: distributions compared with those of a reference. Pure functions.

A week of weather is never like the same week of other years: textbook thresholds (PSI above 0.25, a small p
of a Kolmogorov-Smirnov test) fire in most weeks of a healthy year. So drift is shown but opens no alert, and
its thresholds come from the earlier years themselves: how far is a week of each of them from the others?

Samples are arrays of shape (stations, times) of whole days, at every third hour: the hours between add little
information, at three times the cost. NaN = not observed. A cell is a station at an hour of the day. Only
cells that both samples have are compared, and each has the same weight in both: so neither a new station nor
a gap at night looks like drift.
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
"""Bins of the population stability index: deciles of the reference, as in Siddiqi (2006)."""
HALF: Final = 0.5
"""Pseudo-count that is added to each bin, so that the logarithm stays finite (Jeffreys' prior)."""
MOST_POINTS: Final = 4000
"""Quantiles that approximate a large sample for the Wasserstein distance: exact to 0.1 % of the range."""
NULL_QUANTILE: Final = 0.95
"""Threshold as a quantile of the earlier years' weeks: one in twenty of them is beyond it."""


@dataclass(frozen=True, slots=True)
class Distance:
    """Distance between the distributions of two samples.

    Attributes:
        psi: population stability index; 0 = same distribution.
        wasserstein: Wasserstein distance: how far the values moved on average, in their unit.
        mean: mean of the sample.
        reference_mean: mean of the reference.
        n: number of observations in the sample.
        reference_n: number of observations in the reference.
    """

    psi: float
    wasserstein: float
    mean: float
    reference_mean: float
    n: int
    reference_n: int


def distance(sample: Array, reference: Array) -> Distance | None:
    """Compare a sample with a reference; None if they have no cell in common."""
    ours, theirs = _cells(sample), _cells(reference)
    counts = np.isfinite(ours).sum(axis=1), np.isfinite(theirs).sum(axis=1)
    common = (counts[0] > 0) & (counts[1] > 0)
    if not common.any():
        return None
    (x, x_weights), (y, y_weights) = (
        _weighted(values[common], in_cell[common])
        for values, in_cell in zip((ours, theirs), counts, strict=True)
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
    """Compute the population stability index, over deciles of the reference.

    Args:
        sample: shape (n,), no NaN.
        reference: shape (m,), no NaN.
        weights: weights of the sample, shape (n,); None = equal weights.
        reference_weights: weights of the reference, shape (m,).

    Returns:
        Sum over the bins of (p − q) ln(p / q); 0 if both have the same share in each bin.
    """
    edges = np.unique(_quantiles(reference, reference_weights, np.arange(1, BINS) / BINS))
    ours, theirs = (
        _shares(np.searchsorted(edges, values, side="left"), len(edges) + 1, weights)
        for values, weights in ((sample, weights), (reference, reference_weights))
    )
    return float(np.sum((ours - theirs) * np.log(ours / theirs)))


def effective_size(values: Array) -> float:
    """Estimate the effective sample size of the series of several stations.

    Over time, n / (1 + 2 Σ ρ) of the mean over the stations without its daily cycle, with the
    autocorrelations ρ up to the first pair whose sum is below 0 (Geyer 1992, doi:10.1214/ss/1177011137). Over
    space, (Σ λ)² / Σ λ² with the eigenvalues λ of the stations' correlation matrix (Bretherton et al. 1999,
    doi:10.1175/1520-0442(1999)012<1990:TENOSD>2.0.CO;2).

    Args:
        values: shape (S, T).
    """
    cells = values.reshape(len(values), -1, PER_DAY)
    daily_cycle = _mean(cells, axis=1)[:, None]
    anomaly = (cells - daily_cycle).reshape(values.shape)
    series = _mean(anomaly, axis=0)
    return independent(series[np.isfinite(series)]) * _independent_stations(np.nan_to_num(anomaly))


def independent(series: Array) -> float:
    """Estimate the effective sample size of one series: 1 to its length; 0 for an empty one."""
    n = len(series)
    centred = series - series.mean() if n else series
    power = float(centred @ centred)
    if power == 0:
        return float(min(n, 1))
    correlation = signal.correlate(centred, centred, method="fft")[n - 1 :] / power
    # Correlations of neighbouring lags are added in pairs, up to the first sum that is not positive.
    pairs = correlation[: n // 2 * 2].reshape(-1, 2).sum(axis=1)
    positive = pairs[: int(np.argmax(pairs <= 0))] if (pairs <= 0).any() else pairs
    return float(np.clip(n / max(2 * positive.sum() - 1, 1.0), 1.0, n))


def null(years: Sequence[Array], days: int) -> list[Distance]:
    """Compute the null distribution: distances of windows of each earlier year from the other years.

    Args:
        years: samples of the earlier years, shape (S, T) each, with the same S and T.
        days: length of a window.
    """
    distances, length = [], days * PER_DAY
    for index, year in enumerate(years):
        others = np.concatenate([other for n, other in enumerate(years) if n != index], axis=1)
        for begin in range(0, year.shape[1] - length + 1, length):
            apart = distance(year[:, begin : begin + length], others)
            if apart is not None:
                distances.append(apart)
    return distances


def _mean(values: Array, axis: int) -> Array:
    """Mean without NaN; NaN if all values are NaN."""
    known = np.isfinite(values)
    counts = known.sum(axis=axis)
    sums = np.where(known, values, 0).sum(axis=axis, dtype=np.float64)
    return np.asarray(np.divide(sums, counts, out=np.full(counts.shape, np.nan), where=counts > 0))


def _cells(values: Array) -> Array:
    """Reshape (S, T) to (S × 8 cells, days)."""
    return values.reshape(len(values), -1, PER_DAY).swapaxes(1, 2).reshape(len(values) * PER_DAY, -1)


def _weighted(cells: Array, counts: Array) -> tuple[Array, Array]:
    """Return the observations, and weights that add up to 1 in each cell."""
    known = np.isfinite(cells)
    weights = np.repeat(1 / counts[:, None], cells.shape[1], axis=1)
    return cells[known].astype(np.float64), weights[known]


def _quantiles(values: Array, weights: Array | None, shares: Array) -> Array:
    """Return the weighted quantiles at some shares of the total weight."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(np.ones(values.size) if weights is None else weights[order])
    indices = np.searchsorted(total, shares * total[-1], side="left")
    return np.asarray(values[order][np.minimum(indices, values.size - 1)])


def _shares(bin_indices: Array, bins: int, weights: Array | None) -> Array:
    """Share of each bin, none of them 0."""
    scale = 1.0 if weights is None else bin_indices.size / weights.sum()
    counts = np.bincount(bin_indices, weights, bins) * scale + HALF
    return np.asarray(counts / counts.sum())


def _wasserstein(x: Array, y: Array, x_weights: Array, y_weights: Array) -> float:
    """Wasserstein distance; of large samples between their quantiles, which is 20 times as fast."""
    if max(x.size, y.size) <= MOST_POINTS:
        return float(stats.wasserstein_distance(x, y, x_weights, y_weights))
    shares = (np.arange(MOST_POINTS) + 0.5) / MOST_POINTS
    return float(
        stats.wasserstein_distance(_quantiles(x, x_weights, shares), _quantiles(y, y_weights, shares))
    )


def _independent_stations(anomaly: Array) -> float:
    """Effective number of stations: 1 to the number of stations with any anomaly."""
    moving = anomaly[anomaly.any(axis=1)]
    if len(moving) <= 1:
        return 1.0
    covariance = moving @ moving.T
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(scale, scale)
    # The eigenvalues of a correlation matrix add up to its size, their squares to those of its elements.
    return float(len(moving) ** 2 / np.sum(correlation**2))
