"""What drives the weather: waves that travel across the stations, cloud, insolation and rain.

Three families of waves travel from west to east, each wave with its own direction, speed, slowly changing
amplitude and drifting phase: so upwind stations help a forecast, but never make it perfect.

- synoptic (1,400 to 4,200 km, 35 to 60 km/h): highs and lows. Warm southerlies and cloud run ahead of a low,
  cold northerlies follow it, as geostrophic wind and advection do.
- bands (250 to 900 km, 30 to 55 km/h): cloud and rain bands.
- cells (70 to 260 km, 18 to 40 km/h): the unevenness inside them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator import climate, clock, noise
from simulator.climate import Geography, between
from simulator.noise import Floats

AIR_DENSITY_KGM3: Final = 1.2
CORIOLIS_PER_S: Final = 8.7e-5  # at 36.5°N
TRACE_MM: Final = 0.01
HEAVIEST_MM: Final = 110.0  # three quarters of the Korean record of one hour
_HOURS: Final = np.arange(1, clock.HOURS_PER_DAY + 1)


@dataclass(frozen=True)
class Waves:
    """A family of travelling plane waves.

    Attributes:
        name: name of its random streams.
        count: number of waves.
        length_km: shortest and longest wave length.
        speed_kmh: slowest and fastest speed.
        spread_deg: largest deviation of the directions from due east, to both sides.
        memory_h: hours in which amplitude and phase change.
    """

    name: str
    count: int
    length_km: tuple[float, float]
    speed_kmh: tuple[float, float]
    spread_deg: float
    memory_h: float

    def at(self, seed: int, hours: Floats, places: Geography) -> tuple[Floats, Floats, Floats, Floats]:
        """Evaluate the waves at hours and stations.

        Returns:
            Phase in radians (waves, hours, stations); amplitude (waves, hours, 1), scaled so that the sum of
            amplitude × cos(phase) has a standard deviation of about 1; wave numbers eastward and northward
            in 1/km, both (waves, 1, 1).
        """
        wave = np.arange(self.count)[:, None, None]

        def drawn(what: str, low: float, high: float) -> Floats:
            return low + (high - low) * noise.uniform(seed, f"{self.name}/{what}", wave)

        number = 2 * np.pi / drawn("length", *self.length_km)
        direction = np.radians(drawn("direction", -self.spread_deg, self.spread_deg))
        east, north = number * np.cos(direction), number * np.sin(direction)
        time = hours[None, :, None]
        drift = 1.2 * noise.smooth(seed, f"{self.name}/drift", time, 2 * self.memory_h, wave)
        phase = (
            east * places.x_km
            + north * places.y_km
            - number * drawn("speed", *self.speed_kmh) * time
            + drawn("phase", 0, 2 * np.pi)
            + drift
        )
        strength = np.abs(1 + 0.6 * noise.smooth(seed, f"{self.name}/strength", time, self.memory_h, wave))
        amplitude = strength * np.sqrt(2 / (1.36 * self.count))
        return phase, amplitude, east, north


SYNOPTIC: Final = Waves("synoptic", 8, (1400, 4200), (35, 60), 30, 96)
BANDS: Final = Waves("bands", 10, (250, 900), (30, 55), 35, 30)
CELLS: Final = Waves("cells", 14, (70, 260), (18, 40), 45, 9)


@dataclass(frozen=True)
class Sky:
    """One day above the stations; arrays of shape (24 hours, stations).

    Attributes:
        sea_level_hpa: pressure reduced to sea level.
        east_ms: geostrophic wind towards the east.
        north_ms: geostrophic wind towards the north.
        warmth: synoptic temperature anomaly, standard deviation 1.
        bands: passing bands, standard deviation 1.
        cells: passing cells, standard deviation 1.
        moisture: index of moist ascent, standard deviation about 1.
        cloud: covered share of the sky, 0 to 1.
        sun_up: share of the hour with the sun above the horizon, 0 to 1.
        radiation_mjm2: global radiation of the hour.
        rain_mm: precipitation of the hour, melted, in the gauge's steps of 0.1 mm.
        wet: whether anything fell, even if it is too little to measure.
    """

    sea_level_hpa: Floats
    east_ms: Floats
    north_ms: Floats
    warmth: Floats
    bands: Floats
    cells: Floats
    moisture: Floats
    cloud: Floats
    sun_up: Floats
    radiation_mjm2: Floats
    rain_mm: Floats
    wet: NDArray[np.bool_]


def sky_of(seed: int, day: int, places: Geography) -> Sky:
    """Return the sky of one day (hours 01 to 24 KST); it only depends on seed, day and stations."""
    year_day = clock.day_of_year(day)
    hours = (clock.first_hour(day) - 1 + _HOURS).astype(np.float64)
    phase, amplitude, east, north = SYNOPTIC.at(seed, hours, places)
    high, ahead = amplitude * np.cos(phase), -amplitude * np.sin(phase)
    pressure_swing = between(5.2, 3.6, year_day)
    # hPa/km over density and Coriolis parameter: 1 hPa/km = 0.1 Pa/m.
    geostrophic = 0.1 * pressure_swing / (AIR_DENSITY_KGM3 * CORIOLIS_PER_S)
    bands = _sum(BANDS, seed, hours, places)
    cells = _sum(CELLS, seed, hours, places)
    warmth = ahead.sum(0)
    sine = climate.sun_height(_HOURS - 0.5, year_day, places)
    heat = np.maximum(sine, 0)
    moisture = 0.55 * warmth - 0.5 * high.sum(0) + 0.55 * bands + 0.35 * cells
    cloud = np.clip(0.5 + 0.5 * (moisture - between(0.25, -0.3, year_day)), 0, 1)
    rising = moisture + between(0, 0.35, year_day) * (heat - 0.4)
    falling = _rain_mm(seed, hours, rising, year_day, places)
    tide = 0.9 * np.cos(2 * np.pi * (_HOURS[:, None] - 9.7) / 12)
    return Sky(
        sea_level_hpa=_normal_pressure_hpa(year_day, places) + pressure_swing * high.sum(0) + tide,
        east_ms=between(7, 1, year_day) - geostrophic * (ahead * north).sum(0),
        north_ms=between(-6, 3, year_day) + geostrophic * (ahead * east).sum(0),
        warmth=warmth,
        bands=bands,
        cells=cells,
        moisture=moisture,
        cloud=cloud,
        sun_up=_sun_up(year_day, places),
        radiation_mjm2=climate.clear_sky_mjm2(sine) * (1 - 0.75 * cloud**3.4),
        rain_mm=np.round(falling, 1),
        wet=falling >= TRACE_MM,
    )


def _sum(waves: Waves, seed: int, hours: Floats, places: Geography) -> Floats:
    phase, amplitude, _, _ = waves.at(seed, hours, places)
    return np.asarray((amplitude * np.cos(phase)).sum(0))


def _normal_pressure_hpa(year_day: int, places: Geography) -> Floats:
    # The winter monsoon blows out of a high in the north-west.
    gradient = between(0.25, -0.25, year_day) * (places.latitude - 36.5)
    return np.asarray(between(1025, 1007.2, year_day + 8) + gradient)


def _sun_up(year_day: int, places: Geography) -> Floats:
    """Return the share of each hour with the sun up, in twelfths of an hour."""
    moments = (_HOURS[:, None] - 1 + (np.arange(12) + 0.5) / 12).ravel()
    up = climate.sun_height(moments, year_day, places) > 0
    return np.asarray(up.reshape(len(_HOURS), 12, -1).mean(axis=1))


def _rain_mm(seed: int, hours: Floats, rising: Floats, year_day: int, places: Geography) -> Floats:
    """Return the rain of each hour, where ascent passes a threshold: rare in winter, heavy in late summer."""
    late = year_day + 12
    beyond = np.maximum(rising - between(1.55, 0.98, late), 0)
    uneven = noise.smooth(seed, "rain", hours[:, None], 2, places.ids)
    amount = between(0.8, 3.6, late) * beyond**1.3 * np.exp(0.8 * uneven)
    return np.minimum(amount, HEAVIEST_MM)
