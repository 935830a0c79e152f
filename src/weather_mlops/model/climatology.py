"""What is usual: a smooth curve over the hour of the day and the day of the year, for each station."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

DAILY: Final = 3
"""Harmonics of the day."""
YEARLY: Final = 2
"""Harmonics of the year; each changes the curve of the day, too."""
SHRINKAGE: Final = 20.0
"""Hours of data that weigh as much as the assumption that nothing changes over the day or the year."""
_YEAR_DAYS: Final = 365.2425
_EPOCH: Final = np.datetime64("2000-01-01T00", "h")


@dataclass(frozen=True)
class Climatology:
    """Fitted curves.

    Attributes:
        coefficients: shape (stations, (1 + 2 DAILY) × (1 + 2 YEARLY)), unit of the values; NaN for a station
            without a value.
    """

    coefficients: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, hours: np.ndarray) -> "Climatology":
        """Least squares, drawn towards the station's mean: a few weeks of data say nothing of the year.

        Args:
            values: shape (stations, T); NaN = not observed.
            hours: datetime64[h], UTC, shape (T,).
        """
        waves = _waves(hours)
        return cls(np.array([_fit(waves, row) for row in values]))

    def at(self, hours: np.ndarray) -> np.ndarray:
        """The usual values, float32, shape (stations, hours), in the unit of the fitted ones."""
        return np.asarray(self.coefficients @ _waves(hours).T, np.float32)

    def as_lists(self) -> list[list[float | None]]:
        """For JSON."""
        return [[None if np.isnan(number) else float(number) for number in row] for row in self.coefficients]

    @classmethod
    def from_lists(cls, kept: Sequence[Sequence[Any]]) -> "Climatology":
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


def _waves(hours: np.ndarray) -> np.ndarray:
    """Products of the harmonics of the day and of the year; the first column is 1."""
    daily, yearly = (
        [
            np.ones(len(hours)),
            *(wave(order * angle) for order in range(1, count + 1) for wave in (np.cos, np.sin)),
        ]
        for angle, count in ((day_angle(hours), DAILY), (year_angle(hours), YEARLY))
    )
    return np.stack([day * year for day in daily for year in yearly], axis=-1)


def _fit(waves: np.ndarray, row: np.ndarray) -> np.ndarray:
    known = np.isfinite(row)
    if not known.any():
        return np.full(waves.shape[1], np.nan)
    basis, values = waves[known], row[known].astype(np.float64)
    mean = values.mean()
    penalty = np.full(waves.shape[1], SHRINKAGE)
    penalty[0] = 1e-6
    fitted = np.linalg.solve(basis.T @ basis + np.diag(penalty), basis.T @ (values - mean))
    fitted[0] += mean
    return fitted
