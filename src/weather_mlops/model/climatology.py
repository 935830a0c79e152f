"""What is usual: a smooth curve over the hour of the day and the day of the year, for each station."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

DAILY: Final = 3
"""Harmonics of the day."""
YEARLY: Final = 2
"""Harmonics of the year; each changes the curve of the day, too."""
SHRINKAGE: Final = 20.0
"""Hours of data that weigh as much as the assumption that a station is like all, and all hours are alike."""
_CONSTANT: Final = 1e-6  # the shared level is free; a whole column without a value must still be solvable
_YEAR_DAYS: Final = 365.2425
_EPOCH: Final = np.datetime64("2000-01-01T00", "h")


@dataclass(frozen=True)
class Climatology:
    """Fitted curves.

    Attributes:
        coefficients: shape (stations, (1 + 2 DAILY) × (1 + 2 YEARLY)), unit of the values.
    """

    coefficients: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, hours: np.ndarray) -> "Climatology":
        """Least squares: one curve of all stations, and how each station deviates from it.

        Both are drawn towards nothing: a few weeks of data say nothing of the year, and a station with a
        short history borrows the seasons of the others. One without a value gets the curve of all.

        Args:
            values: shape (stations, T); NaN = not observed.
            hours: datetime64[h], UTC, shape (T,).
        """
        waves = np.stack(list(_waves(hours)), axis=1)
        known = np.isfinite(values)
        squares = [waves[seen].T @ waves[seen] for seen in known]
        products = [
            waves[seen].T @ row[seen].astype(np.float64) for seen, row in zip(known, values, strict=True)
        ]
        penalty = SHRINKAGE * np.eye(waves.shape[1])
        free = penalty.copy()
        free[0, 0] = _CONSTANT
        shared = np.linalg.solve(np.sum(squares, axis=0) + free, np.sum(products, axis=0))
        return cls(
            np.array(
                [
                    shared + np.linalg.solve(square + penalty, product - square @ shared)
                    for square, product in zip(squares, products, strict=True)
                ]
            )
        )

    def at(self, hours: np.ndarray) -> np.ndarray:
        """The usual values, float32, shape (stations, hours), in the unit of the fitted ones."""
        # No matrix product: it rounds differently for other numbers of hours.
        found = np.zeros((len(self.coefficients), len(hours)))
        for place, wave in enumerate(_waves(hours)):
            found += self.coefficients[:, place, None] * wave
        return found.astype(np.float32)

    def as_lists(self) -> list[list[float]]:
        """For JSON."""
        return [[float(number) for number in row] for row in self.coefficients]

    @classmethod
    def from_lists(cls, kept: Sequence[Sequence[float]]) -> "Climatology":
        """From JSON."""
        return cls(np.array(kept, np.float64))


def day_angle(hours: np.ndarray) -> np.ndarray:
    """Hour of the day as an angle, radians; 0 = midnight UTC."""
    return np.asarray(2 * np.pi * (_days(hours) % 1))


def year_angle(hours: np.ndarray) -> np.ndarray:
    """Day of the year as an angle, radians; 0 = 1 January."""
    return np.asarray(2 * np.pi * _days(hours) / _YEAR_DAYS)


def _days(hours: np.ndarray) -> np.ndarray:
    return np.asarray((hours - _EPOCH).astype(np.float64) / 24)


def _waves(hours: np.ndarray) -> Iterator[np.ndarray]:
    """Products of the harmonics of the day and of the year; the first is 1."""
    daily, yearly = (
        [
            np.ones(len(hours)),
            *(wave(order * angle) for order in range(1, count + 1) for wave in (np.cos, np.sin)),
        ]
        for angle, count in ((day_angle(hours), DAILY), (year_angle(hours), YEARLY))
    )
    for day in daily:
        for year in yearly:
            yield day * year
