"""Where the sun stands: known for all times, so a forecast may look ahead."""

from typing import Final

import numpy as np

SOLAR_CONSTANT_MJM2H: Final = 1361 * 3600 / 1e6
"""Energy of an hour of overhead sun above the atmosphere, MJ/m² (Kopp and Lean 2011)."""
_J2000: Final = np.datetime64("2000-01-01T12", "h")


def sine_of_elevation(hours: np.ndarray, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Sine of the sun's elevation, by the low-precision formulas of the Astronomical Almanac.

    Args:
        hours: datetime64[h], UTC, shape (T,).
        latitude: degrees north, shape (S,).
        longitude: degrees east, shape (S,).

    Returns:
        float32, shape (S, T); negative at night.
    """
    days = (hours - _J2000).astype(np.float64) / 24
    anomaly = np.deg2rad(357.529 + 0.98560028 * days)
    ecliptic = np.deg2rad(280.459 + 0.98564736 * days + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.deg2rad(23.439)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    sidereal = np.deg2rad(15 * (18.697374558 + 24.06570982441908 * days))
    angle = sidereal + np.deg2rad(longitude)[:, None] - ascension
    north = np.deg2rad(latitude)[:, None]
    return np.asarray(
        np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(angle), np.float32
    )
