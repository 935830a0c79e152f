"""The climate that the weather varies around: sun, seasons, coast, humidity and pressure formulas.

Normals are fitted to KMA's 1991-2020 means of Seoul, Busan, Jeju and Gangneung (largest error 0.9 °C);
annual ranges of cloud, wind and humidity to the hourly observations of 2018-2020.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.noise import Floats

YEAR_DAYS: Final = 365.25
LAPSE_RATE_K_M: Final = 0.0065  # ICAO standard atmosphere
GRAVITY_MS2: Final = 9.80665
GAS_CONSTANT_DRY_AIR: Final = 287.05  # J/(kg K)
KELVIN: Final = 273.15
KST_MERIDIAN_DEG: Final = 135.0
BAROMETER_ABOVE_GROUND_M: Final = 1.2  # typical of KMA's stations

# South Korea's mainland, closed in the north along 39°N: corners of the coast as (longitude, latitude).
# Coarse: it only separates maritime from inland climate.
_COAST: Final = np.array(
    [
        *[(125.3, 39.0), (125.0, 38.0), (126.0, 37.75), (126.5, 37.6), (126.75, 37.2), (126.4, 36.9)],
        *[(126.15, 36.75), (126.5, 36.4), (126.5, 36.0), (126.6, 35.6), (126.3, 35.1), (126.25, 34.6)],
        *[(126.6, 34.3), (127.2, 34.5), (127.7, 34.65), (128.3, 34.8), (128.75, 34.9), (129.1, 35.1)],
        *[(129.4, 35.5), (129.55, 36.0), (129.45, 36.6), (129.35, 37.1), (129.05, 37.6), (128.65, 38.2)],
        *[(128.3, 38.7), (127.6, 39.2)],
    ]
)


class Place(Protocol):
    """A station, as far as the simulator uses it."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def latitude(self) -> float: ...  # noqa: D102
    @property
    def longitude(self) -> float: ...  # noqa: D102
    @property
    def elevation_m(self) -> float: ...  # noqa: D102


@dataclass(frozen=True)
class Geography:
    """The stations as arrays of shape (stations,).

    Attributes:
        ids: KMA's station ids.
        latitude: degrees north.
        longitude: degrees east.
        elevation_m: height above sea level.
        x_km: distance east of 127.5°E, on a plane.
        y_km: distance north of 36.5°N, on a plane.
        inland: 0 on islands and at the shore, towards 1 far from the sea.
    """

    ids: NDArray[np.int64]
    latitude: Floats
    longitude: Floats
    elevation_m: Floats
    x_km: Floats
    y_km: Floats
    inland: Floats

    @classmethod
    def of(cls, stations: Sequence[Place]) -> "Geography":
        """Compute the geography of stations."""
        latitude = np.array([station.latitude for station in stations])
        longitude = np.array([station.longitude for station in stations])
        plane = _on_plane(np.stack([longitude, latitude], axis=1))
        shore_km = np.maximum(_inside_km(plane, _on_plane(_COAST)), 0)
        return cls(
            ids=np.array([station.id for station in stations]),
            latitude=latitude,
            longitude=longitude,
            elevation_m=np.array([station.elevation_m for station in stations]),
            x_km=plane[:, 0],
            y_km=plane[:, 1],
            inland=1 - np.exp(-shore_km / 30),
        )


def _on_plane(degrees: Floats) -> Floats:
    kilometres_per_degree = np.array([111.2 * np.cos(np.radians(36.5)), 111.2])
    return np.asarray((degrees - np.array([127.5, 36.5])) * kilometres_per_degree)


def _inside_km(points: Floats, polygon: Floats) -> Floats:
    """Return the distance of points (n, 2) to a polygon's edge; negative outside."""
    start, end = polygon, np.roll(polygon, -1, axis=0)
    edge = end - start
    offset = points[:, None] - start
    along = np.clip((offset * edge).sum(-1) / (edge**2).sum(-1), 0, 1)
    distance = np.linalg.norm(offset - along[..., None] * edge, axis=-1).min(axis=1)
    x, y = points[:, None, 0], points[:, None, 1]
    spans = (start[:, 1] > y) != (end[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = start[:, 0] + (y - start[:, 1]) * edge[:, 0] / edge[:, 1]
    inside = (spans & (x < crossing)).sum(axis=1) % 2 == 1
    return np.asarray(np.where(inside, distance, -distance))


def season(day_of_year: float) -> float:
    """Return the season as a number: -1 at the end of January, 1 at the end of July."""
    return float(np.cos(2 * np.pi * (day_of_year - 210) / YEAR_DAYS))


def between(winter: float, summer: float, day_of_year: float) -> float:
    """Interpolate a quantity between its winter and its summer value."""
    return winter + (summer - winter) * (1 + season(day_of_year)) / 2


def mean_temperature_c(day_of_year: float, places: Geography) -> Floats:
    """Return the normal daily mean of the air temperature at each station."""
    annual = 15.4 - 0.78 * (places.latitude - 35.1)
    swing = 10.2 + 0.4 * (places.latitude - 33.5) + 1.9 * places.inland
    peak = 209 - 6 * places.inland
    year = 2 * np.pi / YEAR_DAYS
    return np.asarray(
        annual
        + swing * np.cos(year * (day_of_year - peak))
        + 1.2 * np.cos(2 * year * (day_of_year - 86))
        - LAPSE_RATE_K_M * places.elevation_m
    )


def dew_point_depression_k(day_of_year: float) -> float:
    """Return the normal daily mean of air temperature minus dew point: high in winter, low in summer."""
    return 7.7 - 1.9 * float(np.cos(2 * np.pi * (day_of_year - 235) / YEAR_DAYS))


def sun_height(hours: ArrayLike, day_of_year: float, places: Geography) -> Floats:
    """Return the sine of the sun's elevation, shape (hours, stations); negative below the horizon.

    Declination and equation of time after Spencer (1971).

    Args:
        hours: KST clock time of one day, 0 to 24, any fraction.
        day_of_year: 1 to 366.
        places: the stations.
    """
    g = 2 * np.pi * (day_of_year - 1) / 365
    declination = (
        0.006918
        - 0.399912 * np.cos(g)
        + 0.070257 * np.sin(g)
        - 0.006758 * np.cos(2 * g)
        + 0.000907 * np.sin(2 * g)
    )
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * np.cos(g)
        - 0.032077 * np.sin(g)
        - 0.014615 * np.cos(2 * g)
        - 0.040849 * np.sin(2 * g)
    )
    clock = np.asarray(hours, dtype=np.float64)[:, None] + equation_min / 60
    hour_angle = np.radians(15 * (clock - 12) + places.longitude - KST_MERIDIAN_DEG)
    latitude = np.radians(places.latitude)
    return np.asarray(
        np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    )


def clear_sky_mjm2(sine: Floats) -> Floats:
    """Return the global radiation of an hour under a clear sky, MJ/m² (Haurwitz, 1945)."""
    up = np.maximum(sine, 1e-3)
    return np.where(sine > 0, 1098 * up * np.exp(-0.057 / up) * 0.0036, 0)


def saturation_hpa(temperature_c: ArrayLike) -> Floats:
    """Return the saturation vapour pressure over water, hPa (Magnus, with Bolton's coefficients, 1980)."""
    t = np.asarray(temperature_c, dtype=np.float64)
    return np.asarray(6.112 * np.exp(17.67 * t / (t + 243.5)))


def station_pressure_hpa(sea_level_hpa: Floats, temperature_c: Floats, places: Geography) -> Floats:
    """Return the pressure at the barometer, by the hypsometric equation with the lapse rate below it."""
    height = places.elevation_m + BAROMETER_ABOVE_GROUND_M
    column_k = temperature_c + KELVIN + LAPSE_RATE_K_M * height / 2
    return np.asarray(sea_level_hpa * np.exp(-GRAVITY_MS2 * height / (GAS_CONSTANT_DRY_AIR * column_k)))
