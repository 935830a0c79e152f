"""Ridge regression on features with gaps: an honest opponent, and cheap."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

PENALTY: Final = 300.0
"""Rows that weigh as much as the assumption of no effect: standardised features, so one number for all."""
CLIP: Final = 6.0  # standard deviations: one broken sensor must not carry a linear forecast away
_CHUNK: Final = 100_000
_CONSTANT: Final = 1e-6


@dataclass(frozen=True)
class Ridge:
    """A fitted line: prediction = standardised features · weights + intercept.

    Attributes:
        mean: of each feature; 0 where it was never there.
        scale: standard deviation of each feature; 1 for a constant one.
        weights: unit of the target per standard deviation.
        intercept: unit of the target.
    """

    mean: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    intercept: float

    @classmethod
    def fit(cls, features: np.ndarray, target: np.ndarray, penalty: float = PENALTY) -> "Ridge":
        """Least squares with a penalty; a missing value counts as the feature's mean.

        Args:
            features: shape (n, F); NaN = missing.
            target: shape (n,), finite.
            penalty: see PENALTY.
        """
        mean, scale = _standard(features)
        level = float(target.mean())
        size = features.shape[1]
        left, right = np.zeros((size, size)), np.zeros(size)
        for first in range(0, len(features), _CHUNK):
            part = _standardised(features[first : first + _CHUNK], mean, scale)
            left += part.T @ part
            right += part.T @ (target[first : first + _CHUNK] - level)
        left[np.diag_indices(size)] += penalty
        return cls(mean, scale, np.linalg.solve(left, right), level)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Predictions, float64, shape (n,)."""
        found = np.empty(len(features))
        for first in range(0, len(features), _CHUNK):
            part = _standardised(features[first : first + _CHUNK], self.mean, self.scale)
            found[first : first + _CHUNK] = part @ self.weights + self.intercept
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "weights": self.weights.tolist(),
            "intercept": self.intercept,
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Ridge":
        """From JSON."""
        mean, scale, weights = (np.array(kept[name], np.float64) for name in ("mean", "scale", "weights"))
        return cls(mean, scale, weights, kept["intercept"])


def _standard(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation by column, of what is there."""
    count, total, squares = (np.zeros(features.shape[1]) for _ in range(3))
    for first in range(0, len(features), _CHUNK):
        part = features[first : first + _CHUNK].astype(np.float64)
        count += np.isfinite(part).sum(axis=0)
        total += np.nansum(part, axis=0)
        squares += np.nansum(part**2, axis=0)
    known = np.maximum(count, 1)
    mean = total / known
    scale = np.sqrt(np.maximum(squares / known - mean**2, 0))
    return mean, np.where(scale > _CONSTANT * (1 + np.abs(mean)), scale, 1)


def _standardised(features: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    ratio = (features.astype(np.float64) - mean) / scale
    ratio[~np.isfinite(ratio)] = 0
    return np.asarray(np.clip(ratio, -CLIP, CLIP))
