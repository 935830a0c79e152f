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
    QuantileReliability,
    QuantileScores,
)

INTERVAL_LEVELS: Final = (0.1, 0.5, 0.9)
"""Quantiles of the forecasts in tables and on pages."""
DISTRIBUTION_LEVELS: Final = (0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95)
"""Quantiles that a model forecasts, symmetrical: the CRPS needs the whole distribution."""

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
    def is_distribution(self) -> bool:
        """Whether more than an interval and its middle is known: enough for the CRPS."""
        return self.levels != INTERVAL_LEVELS

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
        "crps": crps(truth, compared) if compared.is_distribution else None,
    }


def crps(observed: Array, forecast: QuantileForecast) -> float:
    """Mean continuous ranked probability score, in the target's unit.

    Args:
        observed: outcomes, shape (n,), n > 0.
        forecast: of the same shape.
    """
    return float(np.mean(crps_of_each(observed, forecast)))


def crps_of_each(observed: Array, forecast: QuantileForecast) -> Array:
    """Continuous ranked probability score of each forecast, in the target's unit; of a point, its error.

    It is twice the integral of the pinball loss over all levels (Gneiting and Ranjan 2011), here the sum over
    the forecast's levels, each with the weight of the levels that lie nearest to it.

    Args:
        observed: outcomes, any shape.
        forecast: of the same shape.

    Returns:
        float64, of the same shape; NaN where an outcome or a forecast is missing.
    """
    middles = (np.array(forecast.levels[1:]) + forecast.levels[:-1]) / 2
    weights = np.diff([0.0, *middles, 1.0])
    total = np.zeros(observed.shape)
    for level, weight, quantile in zip(forecast.levels, weights, forecast.values, strict=True):
        short = observed - quantile.astype(np.float64)
        total += 2 * weight * np.maximum(level * short, (level - 1) * short)
    return total


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
    """Share (0 to 1) of observations below each quantile, by its name: p5, p10, …; None without a pair."""
    known = np.isfinite(observed) & np.isfinite(forecast.p50)
    truth = observed[known]
    return {
        f"p{level * 100:.0f}": float(np.mean(truth < quantile[known])) if truth.size else None
        for level, quantile in zip(forecast.levels, forecast.values, strict=True)
    }


def rounded(value: Any, digits: int = 4) -> Any:
    """A document with its floats rounded, for files that people read."""
    if isinstance(value, float):
        return round(value, digits)
    if isinstance(value, Mapping):
        return {name: rounded(inner, digits) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner, digits) for inner in value]
    return value
