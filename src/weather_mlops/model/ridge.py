"""Ridge regression on features with gaps, with slopes that vary over the day and the year."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np

from weather_mlops.documents.model_file import RidgeDocument

FAR: Final = 5.0  # standard deviations: one broken sensor must not dominate a linear forecast
_CHUNK: Final = 20_000
_CONSTANT: Final = 1e-6

Block = tuple[np.ndarray, np.ndarray]
"""Masks of shape (n,): the rows of a block, and other rows that are too near to learn from."""


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
        blank = cls(*_standard(features), tuple(waves), np.zeros(_size(features, waves)))
        return blank._solved(blank._sums(features, outcome), penalty)

    @classmethod
    def fit_blocks(
        cls,
        features: np.ndarray,
        outcome: np.ndarray,
        waves: Sequence[int],
        penalty: float,
        blocks: Sequence[Block],
    ) -> tuple["Ridge", list["Ridge"]]:
        """Fit a ridge on all rows, and one without each block, for little more than the cost of one.

        Args:
            features: shape (n, F); NaN = missing.
            outcome: shape (n,), finite.
            waves: indices of the features that slopes vary with.
            penalty: see ``fit``.
            blocks: rows of each block, and rows that are left out with it; every row is in one block.

        Returns:
            The ridge of all rows, and that without each block.
        """
        blank = cls(*_standard(features), tuple(waves), np.zeros(_size(features, waves)))
        held_out = [blank._sums(features[inside], outcome[inside]) for inside, _ in blocks]
        whole = reduce(_Sums.plus, held_out)
        # The sums of the other rows are those of all minus those of the block: only the rows next to a block
        # are multiplied twice.
        others = [
            whole.minus(own).minus(blank._sums(features[near], outcome[near]))
            for own, (_, near) in zip(held_out, blocks, strict=True)
        ]
        return blank._solved(whole, penalty), [blank._solved(sums, penalty) for sums in others]

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

    def _sums(self, features: np.ndarray, outcome: np.ndarray) -> "_Sums":
        size = len(self.weights)
        square, product = np.zeros((size, size)), np.zeros(size)
        # Summed over chunks of rows: the design matrix, with its products of every feature and every wave, is
        # several times as large as the features and never exists as a whole.
        for part in _chunks(len(features)):
            design = self._design(features[part])
            square += design.T @ design
            product += design.T @ outcome[part].astype(np.float32)
        return _Sums(len(features), square, product)

    def _solved(self, sums: "_Sums", penalty: float) -> "Ridge":
        square = sums.square.copy()
        cost = np.full(len(square), penalty * sums.rows)
        cost[0] = 0
        square[np.diag_indices(len(square))] += cost
        return replace(self, weights=np.linalg.solve(square, sums.product))

    def _design(self, features: np.ndarray) -> np.ndarray:
        # float32 halves the time, and a penalised fit of standardised numbers loses nothing by it.
        steps = (features - self.mean.astype(np.float32)) / self.scale.astype(np.float32)
        steps[~np.isfinite(steps)] = 0
        np.clip(steps, -FAR, FAR, out=steps)
        by_wave = (steps * features[:, [wave]] for wave in self.waves)
        return np.hstack([np.ones((len(features), 1), np.float32), steps, *by_wave])


@dataclass(frozen=True)
class _Sums:
    """What the normal equations need of rows: their number, and sums of products over them."""

    rows: int
    square: np.ndarray
    product: np.ndarray

    def plus(self, other: "_Sums") -> "_Sums":
        return _Sums(self.rows + other.rows, self.square + other.square, self.product + other.product)

    def minus(self, other: "_Sums") -> "_Sums":
        return _Sums(self.rows - other.rows, self.square - other.square, self.product - other.product)


def _size(features: np.ndarray, waves: Sequence[int]) -> int:
    """Number of weights."""
    return 1 + int(features.shape[1]) * (1 + len(waves))


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
