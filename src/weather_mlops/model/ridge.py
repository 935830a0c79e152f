"""Ridge regression on features with gaps, with slopes that vary over the day and the year."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from weather_mlops.documents.model_file import RidgeDocument

FAR: Final = 5.0  # standard deviations: one broken sensor must not dominate a linear forecast
_CHUNK: Final = 20_000
_CONSTANT: Final = 1e-6


@dataclass(frozen=True)
class Ridge:
    """A fitted linear model: intercept + Σ standardised feature · (slope + Σ wave · slope of the wave).

    Attributes:
        mean: mean of each of the F features; 0 for one that was always missing.
        scale: standard deviation of each feature; 1 for a constant one.
        waves: indices of the features that all slopes vary with.
        weights: shape (1 + F · (1 + waves),), unit of the outcome.
    """

    mean: np.ndarray
    scale: np.ndarray
    waves: tuple[int, ...]
    weights: np.ndarray

    @classmethod
    def fit(cls, features: np.ndarray, outcome: np.ndarray, waves: Sequence[int], penalty: float) -> "Ridge":
        """Least squares with a penalty on slopes; a missing value counts as the feature's mean.

        Args:
            features: shape (n, F); NaN = missing.
            outcome: shape (n,), finite.
            waves: indices of the features that slopes vary with.
            penalty: cost of a slope of 1, in squared error per row.
        """
        mean, scale = _standard(features)
        size = 1 + features.shape[1] * (1 + len(waves))
        # Normal equations, summed over chunks of rows: the design matrix, with its products of every feature
        # and every wave, is several times as large as the features and never exists as a whole.
        blank = cls(mean, scale, tuple(waves), np.zeros(size))
        square, product = np.zeros((size, size)), np.zeros(size)
        for part in _chunks(len(features)):
            design = blank._design(features[part])
            square += design.T @ design
            product += design.T @ outcome[part].astype(np.float32)
        cost = np.full(size, penalty * len(features))
        cost[0] = 0
        square[np.diag_indices(size)] += cost
        return replace(blank, weights=np.linalg.solve(square, product))

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Predictions, float64, shape (n,)."""
        predictions = np.empty(len(features))
        for part in _chunks(len(features)):
            predictions[part] = self._design(features[part]) @ self.weights.astype(np.float32)
        return predictions

    def as_dict(self) -> RidgeDocument:
        """For JSON."""
        return {
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "weights": self.weights.tolist(),
            "waves": list(self.waves),
        }

    @classmethod
    def from_dict(cls, stored: RidgeDocument) -> "Ridge":
        """From JSON."""
        mean, scale, weights = (
            np.array(values, np.float64) for values in (stored["mean"], stored["scale"], stored["weights"])
        )
        return cls(mean, scale, tuple(stored["waves"]), weights)

    def _design(self, features: np.ndarray) -> np.ndarray:
        # float32 halves the time, and a penalised fit of standardised numbers loses nothing by it.
        steps = (features - self.mean.astype(np.float32)) / self.scale.astype(np.float32)
        steps[~np.isfinite(steps)] = 0
        np.clip(steps, -FAR, FAR, out=steps)
        by_wave = (steps * features[:, [wave]] for wave in self.waves)
        return np.hstack([np.ones((len(features), 1), np.float32), steps, *by_wave])


def _chunks(rows: int) -> Iterator[slice]:
    return (slice(first, first + _CHUNK) for first in range(0, rows, _CHUNK))


def _standard(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column, without missing values."""
    count, total, squares = (np.zeros(features.shape[1]) for _ in range(3))
    for chunk in _chunks(len(features)):
        part = features[chunk].astype(np.float64)
        count += np.isfinite(part).sum(axis=0)
        total += np.nansum(part, axis=0)
        squares += np.nansum(part**2, axis=0)
    known = np.maximum(count, 1)
    mean = total / known
    scale = np.sqrt(np.maximum(squares / known - mean**2, 0))
    return mean, np.where(scale > _CONSTANT * (1 + np.abs(mean)), scale, 1)
