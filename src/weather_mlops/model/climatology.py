"""Climatology: a smooth curve over the hour of the day and the day of the year, for each station."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

DAILY: Final = 3
"""Harmonics of the day."""
YEARLY: Final = 2
"""Harmonics of the year; each of them changes the curve of the day, too."""
COEFFICIENTS: Final = (1 + 2 * DAILY) * (1 + 2 * YEARLY)
"""Number of coefficients of a station's curve."""
SHRINKAGE: Final = 20.0
"""Hours of data that weigh as much as the assumption that nothing changes over the day or the year."""
YEAR_SEEN_DAYS: Final = 330
"""Days of the year that must have been observed before a curve over the year is fitted: fitted on a few
months, it is extrapolated into a season never observed (measured: off by 2 to 4 °C within 18 days)."""
HALF_LIFE_DAYS: Final = 14.0
"""In a shorter history, an observation that is this much older than the newest one weighs half as much."""
_YEAR_DAYS: Final = 365.2425
_EPOCH: Final = np.datetime64("2000-01-01T00", "h")


@dataclass(frozen=True)
class Climatology:
    """Fitted curves.

    Attributes:
        coefficients: shape (stations, COEFFICIENTS), unit of the values; NaN for a station
            without a value.
    """

    coefficients: np.ndarray

    @classmethod
    def fit(cls, values: np.ndarray, hours: np.ndarray) -> "Climatology":
        """Fit by least squares, shrunk towards the station's mean.

        A station that has observed less than YEAR_SEEN_DAYS of the year gets a curve of the day only, fitted
        on its recent days: it continues as it ended, and extrapolates no season.

        Args:
            values: shape (stations, T); NaN = not observed.
            hours: datetime64[h], UTC, shape (T,).
        """
        waves = _waves(hours)
        whole = days_of_year_seen(values, hours) >= YEAR_SEEN_DAYS
        return cls(
            np.array(
                [
                    _fit(waves, row) if year else _fit_day(waves, row, hours)
                    for row, year in zip(values, whole, strict=True)
                ]
            )
        )

    def at(self, hours: np.ndarray) -> np.ndarray:
        """The values of the curves, float32, shape (stations, hours), in the unit of the fitted ones."""
        return np.asarray(self.coefficients @ _waves(hours).T, np.float32)

    def as_lists(self) -> list[list[float | None]]:
        """For JSON."""
        return [[None if np.isnan(each) else float(each) for each in row] for row in self.coefficients]

    @classmethod
    def from_lists(cls, lists: Sequence[Sequence[float | None]]) -> "Climatology":
        """From JSON."""
        return cls(np.array(lists, np.float64))


def days_of_year_seen(values: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """On how many days of the year (1 to 366) each station has a value, in any year; shape (stations,).

    Args:
        values: shape (stations, T); NaN = not observed.
        hours: datetime64[h], UTC, shape (T,).
    """
    days = hours.astype("datetime64[D]")
    day_of_year = (days - days.astype("datetime64[Y]")).astype(np.int64)
    return np.array([len(np.unique(day_of_year[np.isfinite(row)])) for row in values])


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


def _fit(waves: np.ndarray, row: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Coefficients of the waves; NaN where nothing was observed. Weights have the shape of row; None = 1."""
    known = np.isfinite(row)
    if not known.any():
        return np.full(waves.shape[1], np.nan)
    basis, values = waves[known], row[known].astype(np.float64)
    shares = np.ones(len(values)) if weight is None else weight[known]
    mean = np.average(values, weights=shares)
    penalty = np.full(waves.shape[1], SHRINKAGE)
    penalty[0] = 1e-6
    weighted = basis.T * shares
    fitted = np.linalg.solve(weighted @ basis + np.diag(penalty), weighted @ (values - mean))
    fitted[0] += mean
    return fitted


def _fit_day(waves: np.ndarray, row: np.ndarray, hours: np.ndarray) -> np.ndarray:
    """Coefficients of the day only, recent hours weighing more; those of the year are 0."""
    daily = slice(None, None, 1 + 2 * YEARLY)  # each wave of the day comes first with the year's constant
    coefficients = np.zeros(waves.shape[1])
    age_days = (hours[-1] - hours).astype(np.float64) / 24
    coefficients[daily] = _fit(waves[:, daily], row, 0.5 ** (age_days / HALF_LIFE_DAYS))
    return coefficients
