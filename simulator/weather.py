"""What the stations measure, day by day: air, wind, ground, snow.

Each layer of a day is a pure function of the day and of the layer below for that day and the few before it,
always whole days of all stations: so a value never depends on the requested period. Days are cached in
memory, since requests overlap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator import climate, clock, noise
from simulator.climate import Geography, Place, between
from simulator.noise import Floats
from simulator.sky import Sky, sky_of

HOURS: Final = clock.HOURS_PER_DAY
DAYS_KEPT: Final = 48  # a month's window and the days before it
SNOW_MEMORY_DAYS: Final = 7
SOIL_MEMORY_DAYS: Final = 4
# How soil follows the surface at 5, 10, 20 and 30 cm: hours of lag, and share of the swing around the mean of
# two days; fitted to Seoul, 2018-2020.
SOIL: Final = ((1.8, 0.52), (3.6, 0.39), (6.0, 0.31), (9.0, 0.2))
SNOW_BELOW_C: Final = 1.2
DAMPEST_C: Final = 28.5  # highest dew point: that of air over the warmest sea around Korea


@dataclass(frozen=True)
class Air:
    """One day at screen and mast height; arrays of shape (24 hours, stations).

    Attributes:
        temperature_c: air temperature.
        dew_point_c: dew point, below the air temperature.
        east_ms: 10-minute mean wind towards the east, 10 m above ground.
        north_ms: 10-minute mean wind towards the north, 10 m above ground.
        gust_ms: strongest gust of the hour.
        surface_c: temperature of the ground surface.
        snow_cm: fresh snow of the hour.
        melt_cm: snow that the hour's warmth could melt.
    """

    temperature_c: Floats
    dew_point_c: Floats
    east_ms: Floats
    north_ms: Floats
    gust_ms: Floats
    surface_c: Floats
    snow_cm: Floats
    melt_cm: Floats


@dataclass(frozen=True)
class Ground:
    """Quantities that accumulate or lag; arrays of shape (24 hours, stations).

    Attributes:
        rain_day_mm: precipitation since 00:00 KST.
        rain_3h_mm: precipitation of three hours.
        wet_today: whether anything fell since 00:00 KST, even if it is too little to measure.
        wet_3h: whether anything fell in three hours.
        snow_3h_cm: fresh snow over three hours.
        snow_day_cm: fresh snow since 00:00 KST.
        snow_depth_cm: depth of the snow cover.
        pressures_hpa: sea-level pressure three, one and zero hours before.
        soil_c: temperature of the soil at 5, 10, 20 and 30 cm.
    """

    rain_day_mm: Floats
    rain_3h_mm: Floats
    wet_today: NDArray[np.bool_]
    wet_3h: NDArray[np.bool_]
    snow_3h_cm: Floats
    snow_day_cm: Floats
    snow_depth_cm: Floats
    pressures_hpa: tuple[Floats, Floats, Floats]
    soil_c: tuple[Floats, ...]


class Weather:
    """The weather of a seed at the given stations.

    Attributes:
        seed: each seed has its own weather.
        places: the stations as arrays.
    """

    def __init__(self, seed: int, stations: Sequence[Place]) -> None:
        self.seed = seed
        self.places = Geography.of(stations)
        self.sky = lru_cache(DAYS_KEPT)(self._sky)
        self.air = lru_cache(DAYS_KEPT)(self._air)
        self.ground = lru_cache(DAYS_KEPT)(self._ground)

    def _sky(self, day: int) -> Sky:
        return sky_of(self.seed, day, self.places)

    def _air(self, day: int) -> Air:
        sky, before = self.sky(day), self.sky(day - 1)
        year_day = clock.day_of_year(day)
        hours = clock.first_hour(day) + np.arange(HOURS)[:, None]
        warmed = self._warmed_k(sky, before, year_day)
        slow, temperature = self._temperature_c(sky, hours, warmed, year_day)
        dew_point = self._dew_point_c(sky, hours, slow, temperature, year_day)
        east, north = self._wind_ms(sky, hours, warmed)
        speed = np.hypot(east, north)
        gustiness = 1.55 + 0.35 * np.abs(noise.normal(self.seed, "gust", hours, self.places.ids))
        return Air(
            temperature_c=temperature,
            dew_point_c=dew_point,
            east_ms=east,
            north_ms=north,
            gust_ms=speed * gustiness,
            surface_c=temperature
            + between(2.8, 6.5, year_day) * sky.radiation_mjm2
            - 1.9 * (1 - 0.8 * sky.cloud),
            snow_cm=sky.rain_mm * frozen_share(temperature),
            melt_cm=0.12 * np.maximum(temperature + 0.5, 0) + 0.25 * sky.radiation_mjm2,
        )

    def _warmed_k(self, sky: Sky, before: Sky, year_day: int) -> Floats:
        """Return the diurnal departure: heat of the sunshine of the hours before, so it lags the sun."""
        sunshine = np.concatenate([before.radiation_mjm2, sky.radiation_mjm2])
        stored = _weighted_past(sunshine, np.exp(-np.arange(HOURS) / 5.5))
        # Relative to the typical share of a clear sky's: a bright day ends warmer than a dull one.
        clear_mean = climate.clear_sky_mjm2(
            climate.sun_height(np.arange(HOURS) + 0.5, year_day, self.places)
        ).mean(axis=0)
        usual = between(0.78, 0.72, year_day) * clear_mean * np.exp(-np.arange(HOURS) / 5.5).sum()
        gain = between(1.25, 0.72, year_day) * (0.55 + 0.6 * self.places.inland)
        return np.asarray(gain * (stored - usual))

    def _temperature_c(
        self, sky: Sky, hours: NDArray[Any], warmed: Floats, year_day: int
    ) -> tuple[Floats, Floats]:
        """Return the temperatures of the air mass without its diurnal cycle, and at the screen."""
        seed, ids = self.seed, self.places.ids
        air_mass = (
            climate.mean_temperature_c(year_day, self.places)
            + between(2.6, 1.2, year_day) * sky.warmth
            + between(2.0, 1.1, year_day) * noise.smooth(seed, "spell", hours, 240)
            + between(0.8, 0.5, year_day) * noise.smooth(seed, "local spell", hours, 40, ids)
        )
        passing = between(0.4, 0.3, year_day) * sky.bands + between(0.25, 0.4, year_day) * sky.cells
        kept_at_night = 0.9 * (sky.cloud - 0.5)
        chilled = between(0.2, 1.6, year_day) * (1 - np.exp(-sky.rain_mm))
        unsteady = 0.3 * noise.smooth(seed, "screen", hours, 3, ids) + 0.12 * noise.normal(
            seed, "screen/hour", hours, ids
        )
        return air_mass, air_mass + warmed + passing + kept_at_night - chilled + unsteady

    def _dew_point_c(
        self, sky: Sky, hours: NDArray[Any], air_mass: Floats, temperature: Floats, year_day: int
    ) -> Floats:
        """Return the dew point: it follows the air mass, not the sun, and stays below the air temperature."""
        varied = 0.9 * noise.smooth(self.seed, "humidity", hours, 14, self.places.ids)
        depression = climate.dew_point_depression_k(year_day) + 1.5 * self.places.inland - 1.2
        dew_point = air_mass - depression + between(2.6, 1.2, year_day) * sky.moisture + varied
        wet = 1 - np.exp(-2 * sky.rain_mm)
        dew_point = dew_point + wet * (temperature - 0.6 - dew_point)
        dew_point = DAMPEST_C - np.logaddexp(0, DAMPEST_C - dew_point)
        # Smoothly under the air temperature: fog and dew form before it is reached.
        gap = temperature - dew_point
        return np.asarray(temperature - np.logaddexp(0, 1.4 * (gap - 0.2)) / 1.4 - 0.05)

    def _wind_ms(self, sky: Sky, hours: NDArray[Any], warmed: Floats) -> tuple[Floats, Floats]:
        """Return the geostrophic wind, slowed and turned to low pressure by the ground, stronger by day."""
        seed, ids, places = self.seed, self.places.ids, self.places
        exposed = 0.75 + 0.8 * (1 - places.inland) + places.elevation_m / 1200
        mixed = 0.13 * exposed * np.clip(1 + 0.09 * warmed, 0.5, 1.6)
        turn = np.radians(28)
        east = mixed * (sky.east_ms * np.cos(turn) - sky.north_ms * np.sin(turn))
        north = mixed * (sky.east_ms * np.sin(turn) + sky.north_ms * np.cos(turn))

        def eddies(axis: str) -> Floats:
            slow = noise.smooth(seed, f"eddy/{axis}", hours, 5, ids)
            return np.asarray(0.65 * slow + 0.3 * noise.normal(seed, f"eddy/{axis}/hour", hours, ids))

        return east + exposed * eddies("east"), north + exposed * eddies("north")

    def _ground(self, day: int) -> Ground:
        sky, before = self.sky(day), self.sky(day - 1)
        air, air_before = self.air(day), self.air(day - 1)
        pressure = np.concatenate([before.sea_level_hpa, sky.sea_level_hpa])
        return Ground(
            rain_day_mm=np.cumsum(sky.rain_mm, axis=0),
            rain_3h_mm=_last_hours(before.rain_mm, sky.rain_mm, 3),
            wet_today=np.logical_or.accumulate(sky.wet, axis=0),
            wet_3h=_last_hours(before.wet, sky.wet, 3) > 0,
            snow_3h_cm=_last_hours(air_before.snow_cm, air.snow_cm, 3),
            snow_day_cm=np.cumsum(air.snow_cm, axis=0),
            snow_depth_cm=self._snow_depth_cm(day),
            pressures_hpa=(pressure[HOURS - 3 : -3], pressure[HOURS - 1 : -1], pressure[HOURS:]),
            soil_c=self._soil_c(day),
        )

    def _snow_depth_cm(self, day: int) -> Floats:
        days = [self.air(earlier) for earlier in range(day - SNOW_MEMORY_DAYS, day + 1)]
        depth = np.zeros_like(days[0].snow_cm[0])
        for earlier in days[:-1]:
            depth = np.maximum(depth + (earlier.snow_cm - earlier.melt_cm).sum(axis=0), 0)
        hourly = np.empty_like(days[-1].snow_cm)
        for hour in range(HOURS):
            depth = np.maximum(depth + days[-1].snow_cm[hour] - days[-1].melt_cm[hour], 0)
            hourly[hour] = depth
        return hourly

    def _soil_c(self, day: int) -> tuple[Floats, ...]:
        surface = np.concatenate(
            [self.air(earlier).surface_c for earlier in range(day - SOIL_MEMORY_DAYS + 1, day + 1)]
        )
        age = np.arange(len(surface) - HOURS + 1)
        mean = _weighted_past(surface, np.full(2 * HOURS, 1 / (2 * HOURS)))
        layers = []
        for lag, share in SOIL:
            weights = age * np.exp(-age / lag)
            soil = mean + share * (_weighted_past(surface, weights / weights.sum()) - mean)
            # Freezing water holds wet soil near 0 °C.
            layers.append(np.where(soil < 0, 0.25 * soil, soil))
        return tuple(layers)


def frozen_share(temperature_c: Floats) -> Floats:
    """Return the share of snow in the precipitation, 0 to 1; 1 mm of water makes 1 cm of snow."""
    return np.clip((SNOW_BELOW_C - temperature_c) / 1.5 + 0.5, 0, 1)


def _weighted_past(series: Floats, weights: Floats) -> Floats:
    """Return for each of the last 24 rows the sum of the rows up to it, weighted by their age."""
    result = np.zeros_like(series[-HOURS:])
    for age, weight in enumerate(weights):
        end = len(series) - age
        result += weight * series[end - HOURS : end]
    return result


def _last_hours(before: NDArray[Any], today: NDArray[Any], count: int) -> Floats:
    """Return sums over the last hours, across midnight."""
    series = np.concatenate([before, today]).astype(np.float64)
    return _weighted_past(series, np.ones(count))
