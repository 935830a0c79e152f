"""Lines: an honest opponent, and the steady part of a forecast. They hardly overfit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

WAVES: Final = ("day_sine", "day_cosine", "year_sine", "year_cosine")
CLIP: Final = 5.0  # standard deviations: one broken sensor must not carry a linear forecast away
_CHUNK: Final = 20_000  # rows of a design matrix that are in memory at once
_CONSTANT: Final = 1e-6


@dataclass(frozen=True)
class Ridge:
    """Ridge regression on features with gaps; its slopes vary with the hour of the day and the season.

    Attributes:
        mean: of each of the F features; 0 where it was never there.
        scale: standard deviation of each feature; 1 for a constant one.
        waves: places, among the features, of the W waves that the slopes vary with.
        weights: constant, slopes, and slopes of the features times each wave; shape (1 + F (1 + W),), unit
            of the outcome per standard deviation.
    """

    mean: np.ndarray
    scale: np.ndarray
    waves: tuple[int, ...]
    weights: np.ndarray

    @classmethod
    def fit(
        cls, features: np.ndarray, outcome: np.ndarray, *, waves: Sequence[int] = (), penalty: float
    ) -> "Ridge":
        """Least squares with a penalty; a missing value counts as the feature's mean.

        Args:
            features: float32, shape (n, F); NaN = missing, but not in waves.
            outcome: shape (n,), finite.
            waves: places of the waves; none = the same slopes at all times.
            penalty: per row, on the square of each weight but the constant.
        """
        size = 1 + features.shape[1] * (1 + len(waves))
        bare = cls(*_standard(features), tuple(waves), np.zeros(size, np.float32))
        left, right = np.zeros((size, size)), np.zeros(size)
        for rows in _chunks(len(features)):
            design = bare._design(features[rows])
            left += design.T @ design
            right += design.T @ outcome[rows].astype(np.float32)
        left[np.diag_indices(size)] += [_CONSTANT, *[penalty * len(features)] * (size - 1)]
        weights = np.linalg.solve(left, right).astype(np.float32)
        return cls(bare.mean, bare.scale, bare.waves, weights)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Predictions, float32, shape (n,)."""
        found = np.empty(len(features), np.float32)
        for rows in _chunks(len(features)):
            found[rows] = self._design(features[rows]) @ self.weights
        return found

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        arrays = {name: getattr(self, name).tolist() for name in ("mean", "scale", "weights")}
        return {**arrays, "waves": list(self.waves)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Ridge":
        """From JSON."""
        mean, scale, weights = (np.array(kept[name], np.float32) for name in ("mean", "scale", "weights"))
        return cls(mean, scale, tuple(kept["waves"]), weights)

    def _design(self, features: np.ndarray) -> np.ndarray:
        steps = np.nan_to_num((features - self.mean) / self.scale).clip(-CLIP, CLIP)
        constant = np.ones((len(features), 1), np.float32)
        return np.hstack([constant, steps, *(steps * features[:, [wave]] for wave in self.waves)])


@dataclass(frozen=True)
class Line:
    """The change of the target by damped climatology, and by a ridge of what that leaves.

    Attributes:
        damping: share of the present anomaly that is left at the valid time.
        climatology_change: its place among the features.
        anomaly: the place of the target's anomaly.
        ridge: of the rest.
    """

    damping: float
    climatology_change: int
    anomaly: int
    ridge: Ridge

    @classmethod
    def fit(cls, features: np.ndarray, change: np.ndarray, names: Sequence[str], penalty: float) -> "Line":
        """Fit.

        Args:
            features: float32, shape (n, F).
            change: of the target from issue to valid time, its unit, shape (n,), finite.
            names: of the features.
            penalty: of the ridge, per row.
        """
        expected, anomaly = names.index("climatology_change"), names.index("T_anomaly")
        now = features[:, anomaly].astype(np.float64)
        then = now + change - features[:, expected]
        damping = float(np.sum(now * then) / max(np.sum(now * now), _CONSTANT))
        bare = cls(damping, expected, anomaly, _NOTHING)
        waves = [names.index(wave) for wave in WAVES]
        ridge = Ridge.fit(features, change - bare._damped(features), waves=waves, penalty=penalty)
        return cls(damping, expected, anomaly, ridge)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Changes of the target, float32, shape (n,); NaN where its anomaly is not known."""
        return np.asarray(self._damped(features) + self.ridge.predict(features))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "damping": self.damping,
            "climatology_change": self.climatology_change,
            "anomaly": self.anomaly,
            "ridge": self.ridge.as_dict(),
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "Line":
        """From JSON."""
        ridge = Ridge.from_dict(kept["ridge"])
        return cls(kept["damping"], kept["climatology_change"], kept["anomaly"], ridge)

    def _damped(self, features: np.ndarray) -> np.ndarray:
        lost = np.float32(1 - self.damping) * features[:, self.anomaly]
        return np.asarray(features[:, self.climatology_change] - lost)


_NOTHING: Final = Ridge(np.zeros(0), np.ones(0), (), np.zeros(1))


def _chunks(length: int) -> Iterator[slice]:
    return (slice(first, first + _CHUNK) for first in range(0, length, _CHUNK))


def _standard(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation by column, of what is there, float32."""
    count, total, squares = (np.zeros(features.shape[1]) for _ in range(3))
    for rows in _chunks(len(features)):
        part = features[rows].astype(np.float64)
        count += np.isfinite(part).sum(axis=0)
        total += np.nansum(part, axis=0)
        squares += np.nansum(part**2, axis=0)
    known = np.maximum(count, 1)
    mean = total / known
    scale = np.sqrt(np.maximum(squares / known - mean**2, 0))
    varies = scale > _CONSTANT * (1 + np.abs(mean))
    return mean.astype(np.float32), np.where(varies, scale, 1).astype(np.float32)
