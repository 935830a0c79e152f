"""What a sample of forecasts can tell: block bootstraps over days, all stations together.

Arrays have the shape (stations, issue times) or (stations, issue times, leads); what is missing is NaN, and
counts nowhere.
"""

from typing import Final

import numpy as np

from weather_mlops.documents.evaluation import PairedScores, RankHistogram
from weather_mlops.verification.scores import QuantileForecast, crps_of_each

BLOCK_DAYS: Final = 7  # the weather of one week says little about the next week's errors
LEAST_BLOCKS: Final = 6  # a short sample has shorter blocks: resampling three weeks would say nothing
RESAMPLES: Final = 1000
_INTERVAL: Final = (5, 95)  # percent
_COVERAGE_INTERVAL: Final = (0.5, 99.5)  # percent: one of 48 leads would leave (5, 95) by chance

Array = np.ndarray


def coverage_range(
    observed: Array, forecast: QuantileForecast, days: Array, *, seed: int = 0
) -> tuple[float, float] | None:
    """Range of the coverage of p10 to p90 that a sample allows.

    From a block bootstrap over days, all stations together: 99 % of the resamples. None if there is no pair.

    Args:
        observed: shape (stations, issue times).
        forecast: of the same shape.
        days: day number of each issue time, shape (issue times,).
        seed: of the resampling.
    """
    known = np.isfinite(observed) & np.isfinite(forecast.p50)
    if not known.any():
        return None
    within = known & (forecast.p10 <= observed) & (observed <= forecast.p90)
    blocks = _blocks(days)
    counts, covered = (
        _by_block(each[..., None].astype(np.float64), blocks)[:, 0] for each in (known, within)
    )
    draws = _draws(len(counts), seed)
    total = draws @ counts
    low, high = np.percentile((draws @ covered)[total > 0] / total[total > 0], _COVERAGE_INTERVAL)
    return float(low), float(high)


def rank_histogram(
    observed: Array, forecast: QuantileForecast, days: Array, *, seed: int = 0
) -> RankHistogram | None:
    """Share of the outcomes between neighbouring quantiles, and what chance allows a right forecast.

    The range of chance is that of a block bootstrap over days, 90 % of the resamples, moved to the share that
    the levels promise. None if there is no pair.

    Args:
        observed: shape (stations, issue times).
        forecast: of the same shape.
        days: day number of each issue time, shape (issue times,).
        seed: of the resampling.
    """
    known = np.isfinite(observed) & np.isfinite(forecast.p50)
    if not known.any():
        return None
    rank = np.sum(forecast.values <= observed, axis=0)
    between = np.stack([known & (rank == at) for at in range(len(forecast.levels) + 1)], axis=-1)
    blocks = _blocks(days)
    hits, counts = _by_block(between, blocks), _by_block(known[..., np.newaxis], blocks)
    shares = hits.sum(0) / counts.sum()
    draws = _draws(len(counts), seed)
    total = draws @ counts
    resampled = (draws @ hits)[total[:, 0] > 0] / total[total[:, 0] > 0]
    promised = np.diff([0.0, *forecast.levels, 1.0])
    low, high = promised + np.percentile(resampled, _INTERVAL, axis=0) - shares
    return {
        "levels": list(forecast.levels),
        "shares": shares.tolist(),
        "low": np.maximum(low, 0).tolist(),
        "high": high.tolist(),
    }


def paired(observed: Array, new: Array, old: Array, days: Array, *, seed: int = 0) -> PairedScores:
    """Compare the RMSE of two forecasts by a paired block bootstrap over weeks, all stations together.

    Args:
        observed: shape (stations, issue times, leads).
        new: point forecast, same shape.
        old: the other point forecast; rows that one of them lacks are left out.
        days: day number of each issue time, shape (issue times,).
        seed: of the resampling.

    Returns:
        ``improvement``: 1 − RMSE of new / RMSE of old, mean over leads; ``low``, ``high``: where 90 % of the
        resamples lie; ``certainty``: share (0 to 1) of the resamples in which new is better; ``days``: how
        many were compared. None where nothing can be compared, or old has no error.
    """
    squares = [(forecast - observed).astype(np.float64) ** 2 for forecast in (new, old)]
    return _paired(squares[0], squares[1], days, seed, power=0.5)


def paired_crps(
    observed: Array, new: QuantileForecast, old: QuantileForecast, days: Array, *, seed: int = 0
) -> PairedScores:
    """The same comparison by the CRPS: None where the two don't have the same levels, or only an interval."""
    if new.levels != old.levels or not new.is_distribution:
        return _nothing()
    return _paired(crps_of_each(observed, new), crps_of_each(observed, old), days, seed, power=1)


def _paired(new: Array, old: Array, days: Array, seed: int, *, power: float) -> PairedScores:
    """Compare two forecasts by the losses of each, whose mean to a power is their score."""
    known = np.isfinite(new) & np.isfinite(old)
    if not known.any():
        return _nothing()
    blocks = _blocks(days)
    of_new, of_old = (_by_block(np.where(known, losses, 0), blocks) for losses in (new, old))
    counts = _by_block(known, blocks)
    # A resample is a row of ``draws``: how often it has each block. Its sums over blocks are a matrix
    # product: all resamples are computed at once, and both forecasts get the same weeks.
    draws = _draws(len(counts), seed)
    improvement = float(_improvement(of_new.sum(0), of_old.sum(0), counts.sum(0), power))
    if not np.isfinite(improvement):  # a few rows, on which the other one has no error at all
        return _nothing()
    gains = _improvement(draws @ of_new, draws @ of_old, draws @ counts, power)
    low, high = np.nanpercentile(gains, _INTERVAL)
    compared = known.any(axis=(0, 2))
    return {
        "improvement": improvement,
        "low": float(low),
        "high": float(high),
        "certainty": float(np.nanmean(gains > 0)),
        "days": int(np.unique(days[compared]).size),
    }


def _nothing() -> PairedScores:
    return {"improvement": None, "low": None, "high": None, "certainty": None, "days": 0}


def _blocks(days: Array) -> Array:
    """Block of consecutive days that each issue time belongs to: weeks; shorter in a short sample."""
    span = int(np.ptp(days)) + 1
    return np.asarray((days - days.min()) // max(min(BLOCK_DAYS, span // LEAST_BLOCKS), 1))


def _draws(blocks: int, seed: int) -> Array:
    """How often each block is drawn in each resample, shape (RESAMPLES, blocks)."""
    return np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=RESAMPLES)


def _by_block(values: Array, blocks: Array) -> Array:
    """Sums over stations and the issue times of each block; shape (blocks, leads)."""
    total = np.zeros((int(blocks.max()) + 1, values.shape[2]))
    np.add.at(total, blocks, values.sum(axis=0))
    return total


def _improvement(new: Array, old: Array, counts: Array, power: float) -> Array:
    """From sums of losses, shape (…, leads), to 1 − ratio of scores, mean over the leads that have pairs.

    NaN where there is no such lead.
    """
    measured = (counts > 0) & (old > 0)
    ratio = np.divide(new, old, out=np.zeros(new.shape), where=measured) ** power
    leads = np.asarray(measured.sum(axis=-1))
    mean = np.divide(ratio.sum(axis=-1), leads, out=np.full(leads.shape, np.nan), where=leads > 0)
    return np.asarray(1 - mean)
