"""How good a forecast is: pure functions of what was observed and what was forecast.

Arrays have the shape (stations, issue times, leads); what is missing is NaN, and counts nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Final, Self

import numpy as np

from weather_mlops.documents.evaluation import (
    BaselineScores,
    PairedScores,
    QuantileReliability,
    QuantileScores,
)

INTERVAL_LEVELS: Final = (0.1, 0.5, 0.9)
"""Quantiles of the forecasts in tables and on pages."""
DISTRIBUTION_LEVELS: Final = (0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95)
"""Quantiles that a model forecasts, symmetrical: the CRPS needs the whole distribution."""
BLOCK_DAYS: Final = 7  # the weather of one week says little about the next week's errors
LEAST_BLOCKS: Final = 6  # a short sample has shorter blocks: resampling three weeks would say nothing
RESAMPLES: Final = 1000
_INTERVAL: Final = (5, 95)  # percent
_COVERAGE_INTERVAL: Final = (0.5, 99.5)  # percent: one of 24 leads would leave (5, 95) by chance

Array = np.ndarray


@dataclass(frozen=True)
class QuantileForecast:
    """A forecast as quantiles.

    Attributes:
        levels: share (0 to 1) of the outcomes that lie below each quantile; 0.1, 0.5 and 0.9 are among them.
        values: in the target's unit, one array for each level along the first axis.
    """

    levels: tuple[float, ...]
    values: Array

    @classmethod
    def interval(cls, p10: Array, p50: Array, p90: Array) -> Self:
        """A forecast of which only an interval and its middle are known."""
        return cls(INTERVAL_LEVELS, np.stack([p10, p50, p90]))

    @property
    def p10(self) -> Array:
        """A tenth of the outcomes lie below."""
        return self.at(0.1)

    @property
    def p50(self) -> Array:
        """The forecast itself."""
        return self.at(0.5)

    @property
    def p90(self) -> Array:
        """A tenth of the outcomes lie above."""
        return self.at(0.9)

    def at(self, level: float) -> Array:
        """The quantile of a level."""
        return np.asarray(self.values[self.levels.index(level)])

    def __getitem__(self, index: "Index") -> Self:
        """The same quantiles of some of the forecasts: an index into the array of each level."""
        return type(self)(
            self.levels, self.values[(slice(None), *(index if isinstance(index, tuple) else (index,)))]
        )


Index = int | slice | EllipsisType | Array | tuple[int | slice | EllipsisType | Array, ...]


def figures(observed: Array, forecast: QuantileForecast) -> QuantileScores:
    """Error and interval of a forecast.

    Args:
        observed: any shape; NaN where there is none.
        forecast: of the same shape.

    Returns:
        ``n`` pairs; ``rmse``, ``mae``, ``bias`` (forecast minus observed) of p50, ``width_80`` (p90 − p10),
        ``pinball`` (mean over p10, p50 and p90) and ``crps`` in the target's unit; ``coverage_80``, share
        (0 to 1) of observations within p10 to p90. All but n are None where there is no pair; ``crps`` is
        None where only an interval is known.
    """
    known = np.isfinite(observed) & np.isfinite(forecast.p50)
    truth = observed[known].astype(np.float64)
    if truth.size == 0:
        return {
            "n": 0,
            "rmse": None,
            "mae": None,
            "bias": None,
            "coverage_80": None,
            "width_80": None,
            "pinball": None,
            "crps": None,
        }
    compared = forecast[known]
    low, middle, high = (compared.at(level).astype(np.float64) for level in INTERVAL_LEVELS)
    error = middle - truth
    losses = [
        pinball(truth, values, level)
        for values, level in zip((low, middle, high), INTERVAL_LEVELS, strict=True)
    ]
    return {
        "n": int(truth.size),
        "rmse": rmse(error),
        "mae": float(np.mean(np.abs(error))),
        "bias": float(np.mean(error)),
        "coverage_80": float(np.mean((low <= truth) & (truth <= high))),
        "width_80": float(np.mean(high - low)),
        "pinball": float(np.mean(losses)),
        "crps": None if compared.levels == INTERVAL_LEVELS else crps(truth, compared),
    }


def crps(observed: Array, forecast: QuantileForecast) -> float:
    """Mean continuous ranked probability score, in the target's unit; of a point forecast, its mean error.

    It is twice the integral of the pinball loss over all levels (Gneiting and Ranjan 2011), here the sum over
    the forecast's levels, each with the weight of the levels that lie nearest to it.

    Args:
        observed: outcomes, shape (n,), n > 0.
        forecast: of the same shape.
    """
    middles = (np.array(forecast.levels[1:]) + forecast.levels[:-1]) / 2
    weights = np.diff([0.0, *middles, 1.0])
    losses = [
        pinball(observed, quantile.astype(np.float64), level)
        for level, quantile in zip(forecast.levels, forecast.values, strict=True)
    ]
    return float(2 * weights @ losses)


def pinball(observed: Array, quantile: Array, share: float) -> float:
    """Mean pinball loss of one quantile, in the target's unit (Koenker and Bassett 1978)."""
    short = observed - quantile
    return float(np.mean(np.maximum(share * short, (share - 1) * short)))


def against(observed: Array, ours: Array, theirs: Array) -> BaselineScores:
    """Error of a baseline, and the model's skill against it: 1 − RMSE / RMSE of the baseline.

    Args:
        observed: observed values, any shape.
        ours: point forecast of the model, same shape.
        theirs: point forecast of the baseline, same shape; rows that one of them lacks are left out.
    """
    known = np.isfinite(observed) & np.isfinite(ours) & np.isfinite(theirs)
    if not known.any():
        return {"rmse": None, "mae": None, "bias": None, "skill": None}
    error = (theirs[known] - observed[known]).astype(np.float64)
    own = (ours[known] - observed[known]).astype(np.float64)
    theirs_rmse = rmse(error)
    return {
        "rmse": theirs_rmse,
        "mae": float(np.mean(np.abs(error))),
        "bias": float(np.mean(error)),
        "skill": 1 - rmse(own) / theirs_rmse if theirs_rmse else None,
    }


def rmse(error: Array) -> float:
    """Root of the mean squared error, of at least one row."""
    return float(np.sqrt(np.mean(error**2)))


def reliability(observed: Array, forecast: QuantileForecast) -> QuantileReliability:
    """Share (0 to 1) of observations below each quantile; None where there is no pair."""
    known = np.isfinite(observed) & np.isfinite(forecast.p50)
    if not known.any():
        return {"p10": None, "p50": None, "p90": None}
    truth = observed[known]

    def below(quantile: Array) -> float:
        return float(np.mean(truth < quantile[known]))

    return {"p10": below(forecast.p10), "p50": below(forecast.p50), "p90": below(forecast.p90)}


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


def paired(observed: Array, new: Array, old: Array, days: Array, *, seed: int = 0) -> PairedScores:
    """Compare two forecasts by a paired block bootstrap over weeks, all stations together.

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
    known = np.isfinite(observed) & np.isfinite(new) & np.isfinite(old)
    if not known.any():
        return {"improvement": None, "low": None, "high": None, "certainty": None, "days": 0}
    blocks = _blocks(days)
    sums = {
        name: _by_block(np.where(known, (forecast - observed).astype(np.float64) ** 2, 0), blocks)
        for name, forecast in (("new", new), ("old", old))
    }
    counts = _by_block(known, blocks)
    # A resample is a row of ``draws``: how often it has each block. Its sums over blocks are a matrix
    # product: all resamples are computed at once, and both forecasts get the same weeks.
    draws = _draws(len(counts), seed)
    improvement = float(_improvement(sums["new"].sum(0), sums["old"].sum(0), counts.sum(0)))
    if not np.isfinite(improvement):  # a few rows, on which the other one has no error at all
        return {"improvement": None, "low": None, "high": None, "certainty": None, "days": 0}
    gains = _improvement(draws @ sums["new"], draws @ sums["old"], draws @ counts)
    low, high = np.nanpercentile(gains, _INTERVAL)
    compared = known.any(axis=(0, 2))
    return {
        "improvement": improvement,
        "low": float(low),
        "high": float(high),
        "certainty": float(np.nanmean(gains > 0)),
        "days": int(np.unique(days[compared]).size),
    }


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


def _improvement(new: Array, old: Array, counts: Array) -> Array:
    """From sums of squares, shape (…, leads), to 1 − ratio of RMSE, mean over the leads that have pairs.

    NaN where there is no such lead.
    """
    measured = (counts > 0) & (old > 0)
    ratio = np.sqrt(np.divide(new, old, out=np.zeros(new.shape), where=measured))
    leads = np.asarray(measured.sum(axis=-1))
    mean = np.divide(ratio.sum(axis=-1), leads, out=np.full(leads.shape, np.nan), where=leads > 0)
    return np.asarray(1 - mean)


def rounded(value: Any, digits: int = 4) -> Any:
    """A document with its floats rounded, for files that people read."""
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, Mapping):
        return {name: rounded(inner, digits) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner, digits) for inner in value]
    return value
