"""What a model sees: of each station and issue time, only what was known then.

The same functions make the features of training and of forecasting. All of them look back at most
HISTORY_HOURS; the sum of a window is taken in a fixed order, so that the same hours give the same bits
however much lies before them. ``origin`` is the issue time: the newest hour that may be looked at.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np

from weather_mlops.model.climatology import Climatology, day_angle, year_angle
from weather_mlops.model.grid import Grid, prolonged
from weather_mlops.model.sun import SOLAR_CONSTANT_MJM2H, sine_of_elevation
from weather_mlops.model.targets import Target

REVISION: Final = 2
"""Goes up with each change of what a feature means: models made before are then refused."""
HISTORY_HOURS: Final = 192
"""Hours before the issue time, and its own, that a forecast needs."""
NEIGHBOURS: Final = 4
_DEW_POINT: Final = "dew_point_c"
_PRESSURE: Final = "sea_level_pressure_hpa"
_LONG: Final = 168  # hours: the longest window
_KM_PER_DEGREE: Final = 111.2
_LOW_SUN: Final = 0.1  # sine of elevation; below, the instruments of sunshine and radiation are silent
_LEAST_VISIBILITY_M: Final = 50
_UPRIGHT: Final = 0.01  # (100 km)²
_CODES: Final = {
    "cloud_base_m": "height of the lowest cloud [m]",
    "cloud_high_code": "type of high clouds [WMO code 0509]",
    "cloud_mid_code": "type of middle clouds [WMO code 0515]",
    "cloud_low_code": "type of low clouds [WMO code 0513]",
    "present_weather_code": "present weather [WMO code 4677]",
}
_INPUTS: Final = (
    "air_temperature_c",
    _DEW_POINT,
    _PRESSURE,
    "wind_direction_deg",
    "wind_speed_ms",
    "cloud_total_tenths",
    "cloud_mid_low_tenths",
    *_CODES,
    "visibility_m",
    "sunshine_h",
    "solar_radiation_mjm2",
    "precipitation_mm",
    "ground_temperature_c",
)

Array = np.ndarray
Named = tuple[str, str, Array]
"""Name, documentation with unit, values of shape (stations, hours)."""
Usual = Mapping[str, Climatology]
"""Climatologies by column, those of ``climatic``: of the same stations, fitted on the training span."""


@dataclass(frozen=True)
class Features:
    """Features of stations and issue times.

    Attributes:
        names: of the features.
        docs: what each is, with its unit.
        values: float32, shape (stations, issue times, features); NaN = not known.
    """

    names: tuple[str, ...]
    docs: tuple[str, ...]
    values: Array

    def beside(self, other: "Features") -> "Features":
        """The features of both."""
        return Features(
            self.names + other.names,
            self.docs + other.docs,
            np.concatenate([self.values, other.values], axis=2),
        )


def inputs(target: Target) -> tuple[str, ...]:
    """Columns of the observations that the features need."""
    return _INPUTS if target.column in _INPUTS else (*_INPUTS, target.column)


def climatic(target: Target) -> tuple[str, ...]:
    """Columns of the observations whose climatologies the features need, the target's first."""
    return tuple(dict.fromkeys([target.column, _DEW_POINT, _PRESSURE]))


def features(grid: Grid, origins: Array, target: Target, usual: Usual) -> Features:
    """Features that are the same for all leads.

    Args:
        grid: with the columns of ``inputs``.
        origins: indices of the issue times, shape (n,); complete from HISTORY_HOURS − 1 on.
        target: what is forecast; T stands for it in the names.
        usual: climatologies.
    """
    return _stacked(_all(grid, target, usual), origins)


def lead_features(grid: Grid, origins: Array, target: Target, usual: Usual, lead: int) -> Features:
    """Features that belong to one lead.

    Args:
        grid: with the columns of ``inputs``.
        origins: indices of the issue times, shape (n,).
        target: what is forecast.
        usual: climatologies.
        lead: hours.
    """
    return _stacked(_of_lead(grid, target, usual[target.column], lead), origins)


def fingerprint(names: tuple[str, ...]) -> str:
    """Tells whether a model's features are the code's: 16 hexadecimal digits."""
    return sha256(json.dumps([REVISION, HISTORY_HOURS, names]).encode()).hexdigest()[:16]


def _stacked(named: Iterator[Named], origins: Array) -> Features:
    names, docs, arrays = zip(*named, strict=True)
    values = np.empty((arrays[0].shape[0], len(origins), len(arrays)), np.float32)
    for place, array in enumerate(arrays):
        values[..., place] = array[:, origins]
    return Features(names, docs, values)


def _all(grid: Grid, target: Target, usual: Usual) -> Iterator[Named]:
    value = grid.values[target.column]
    anomaly = {column: grid.values[column] - usual[column].at(grid.hours) for column in climatic(target)}
    wind = _wind_of(grid)
    yield from _of_target(value, anomaly[target.column], target.unit)
    yield from _of_moisture(grid, anomaly[_DEW_POINT])
    yield from _of_pressure(grid, anomaly[_PRESSURE])
    yield from _of_wind(grid, *wind)
    yield from _of_sky(grid)
    yield from _of_sun(grid)
    yield from _of_rain(grid)
    yield from _of_ground(grid)
    yield from _of_place_and_time(grid)
    yield from _of_neighbours(grid, anomaly[target.column], wind, target.unit)
    yield from _of_gradients(grid, anomaly[target.column], target.unit)


def _of_target(value: Array, anomaly: Array, unit: str) -> Iterator[Named]:
    yield "T", f"the target at the issue time [{unit}]", value
    yield "T_anomaly", f"T minus its climatology [{unit}]", anomaly
    for lag in (1, 2, 3, 6, 12, 24, 48):
        doc = f"change of the anomaly of T over {lag} h [{unit}]"
        yield f"anomaly_change_{lag}h", doc, anomaly - before(anomaly, lag)
    for hours in (24, 72, _LONG):
        yield f"anomaly_mean_{hours}h", f"mean anomaly of T, last {hours} h [{unit}]", mean(anomaly, hours)
    high, low = extreme(value, 24, np.fmax), extreme(value, 24, np.fmin)
    yield "T_above_low_24h", f"T minus its lowest of the last 24 h [{unit}]", value - low
    yield "T_below_high_24h", f"highest of the last 24 h minus T [{unit}]", high - value


def _of_moisture(grid: Grid, anomaly: Array) -> Iterator[Named]:
    dew, air = grid.values[_DEW_POINT], grid.values["air_temperature_c"]
    yield "dew_point", "dew point [°C]", dew
    yield "dew_point_anomaly", "dew point minus its climatology [K]", anomaly
    yield "dew_point_depression", "air temperature minus dew point [K]", air - dew
    for lag in (1, 3, 6, 24):
        yield f"dew_point_change_{lag}h", f"change of the dew point over {lag} h [K]", dew - before(dew, lag)
    for hours in (24, 72):
        doc = f"mean anomaly of the dew point, last {hours} h [K]"
        yield f"dew_point_anomaly_mean_{hours}h", doc, mean(anomaly, hours)


def _of_pressure(grid: Grid, anomaly: Array) -> Iterator[Named]:
    pressure = grid.values[_PRESSURE]
    yield "pressure", "sea-level pressure [hPa]", pressure
    yield "pressure_anomaly", "sea-level pressure minus its climatology [hPa]", anomaly
    for lag in (1, 3, 6, 12, 24):
        change = pressure - before(pressure, lag)
        yield f"pressure_change_{lag}h", f"change of the sea-level pressure over {lag} h [hPa]", change
    yield "pressure_anomaly_mean_24h", "mean anomaly of the pressure, last 24 h [hPa]", mean(anomaly, 24)


def _of_wind(grid: Grid, east: Array, north: Array) -> Iterator[Named]:
    speed = grid.values["wind_speed_ms"]
    yield "wind_speed", "wind speed [m/s]", speed
    yield "wind_speed_24h", "mean wind speed, last 24 h [m/s]", mean(speed, 24)
    for name, wind in (("east", east), ("north", north)):
        yield f"wind_{name}", f"wind towards the {name} [m/s]", wind
        for hours in (6, 24):
            doc = f"mean wind towards the {name}, last {hours} h [m/s]"
            yield f"wind_{name}_{hours}h", doc, mean(wind, hours)


def _of_sky(grid: Grid) -> Iterator[Named]:
    cloud, low = grid.values["cloud_total_tenths"], grid.values["cloud_mid_low_tenths"]
    yield "cloud", "total cloud cover [tenths]", cloud
    yield "cloud_low", "low and middle cloud cover [tenths]", low
    yield "cloud_3h", "mean total cloud cover, last 3 h [tenths]", mean(cloud, 3)
    yield "cloud_low_3h", "mean low and middle cloud cover, last 3 h [tenths]", mean(low, 3)
    yield "cloud_24h", "mean total cloud cover, last 24 h [tenths]", mean(cloud, 24)
    yield "cloud_change_3h", "change of the total cloud cover over 3 h [tenths]", cloud - before(cloud, 3)
    for column, doc in _CODES.items():
        yield column, doc, grid.values[column]
    distance = np.log(np.maximum(grid.values["visibility_m"], _LEAST_VISIBILITY_M))
    yield "visibility_log", "natural logarithm of the visibility in m", distance


def _of_sun(grid: Grid) -> Iterator[Named]:
    height = np.maximum(sine_of_elevation(grid.hours, grid.latitude, grid.longitude), 0)
    # Sunshine and radiation are those of the hour that ends at the observation.
    height = (height + before(height, 1)) / 2
    # Neither instrument reports at night: what is missing then is zero.
    silent = _staffed(grid) & (height < _LOW_SUN)
    sunshine = _zero_where(grid.values["sunshine_h"], silent)
    radiation = _zero_where(grid.values["solar_radiation_mjm2"], silent)
    yield "radiation", "global radiation of the last hour [MJ/m²]", radiation
    yield "sunshine", "sunshine of the last hour [h]", sunshine
    for hours in (3, 24):
        possible = SOLAR_CONSTANT_MJM2H * np.maximum(mean(height, hours), _LOW_SUN / hours)
        doc = f"share of the sun above the atmosphere that arrived, last {hours} h"
        yield f"clearness_{hours}h", doc, mean(radiation, hours) / possible
        yield f"sunshine_{hours}h", f"mean sunshine, last {hours} h [h/h]", mean(sunshine, hours)


def _of_rain(grid: Grid) -> Iterator[Named]:
    # No rain is reported as no entry.
    rain = _zero_where(grid.values["precipitation_mm"], _staffed(grid))
    for hours in (3, 24):
        yield f"rain_{hours}h", f"mean precipitation, last {hours} h [mm/h]", mean(rain, hours)
    wet = np.where(np.isnan(rain), np.float32(np.nan), rain > 0)
    yield "wet_24h", "share of the last 24 h with precipitation", mean(wet, 24)


def _of_ground(grid: Grid) -> Iterator[Named]:
    air, ground = grid.values["air_temperature_c"], grid.values["ground_temperature_c"]
    yield "ground_above_air", "ground surface minus air temperature [K]", ground - air
    for lag in (1, 3):
        doc = f"change of the ground surface's temperature over {lag} h [K]"
        yield f"ground_change_{lag}h", doc, ground - before(ground, lag)
    yield "ground_above_air_24h", "mean of ground_above_air, last 24 h [K]", mean(ground - air, 24)


def _of_place_and_time(grid: Grid) -> Iterator[Named]:
    shape = (len(grid.stations), grid.length)
    yield "latitude", "degrees north", np.broadcast_to(grid.latitude[:, None], shape)
    yield "longitude", "degrees east", np.broadcast_to(grid.longitude[:, None], shape)
    yield "elevation", "of the station [m]", np.broadcast_to(grid.elevation_m[:, None], shape)
    yield "sun", "sine of the sun's elevation", sine_of_elevation(grid.hours, grid.latitude, grid.longitude)
    for name, angle in (("day", day_angle(grid.hours)), ("year", year_angle(grid.hours))):
        for wave, of in (("sine", np.sin), ("cosine", np.cos)):
            doc = f"{wave} of the time of the {name} (UTC)"
            yield f"{name}_{wave}", doc, np.broadcast_to(of(angle), shape)


def _of_neighbours(grid: Grid, anomaly: Array, wind: tuple[Array, Array], unit: str) -> Iterator[Named]:
    """The nearest stations, nearest first; where there are fewer, the features are missing."""
    east, north = _plane_km(grid)
    distance = np.hypot(east[:, None] - east, north[:, None] - north)
    np.fill_diagonal(distance, np.inf)
    nearest = np.argsort(distance, axis=1, kind="stable")[:, : len(east) - 1]
    series = (
        ("anomaly", f"anomaly of T [{unit}]", anomaly),
        ("anomaly_change_3h", f"change of the anomaly of T over 3 h [{unit}]", anomaly - before(anomaly, 3)),
        ("pressure", "sea-level pressure [hPa]", grid.values[_PRESSURE]),
        ("dew_point", "dew point [K]", grid.values[_DEW_POINT]),
        ("wind_east", "wind towards the east [m/s]", wind[0]),
        ("wind_north", "wind towards the north [m/s]", wind[1]),
    )
    nowhere = np.full_like(anomaly, np.nan)
    for rank in range(NEIGHBOURS):
        for name, doc, here in series:
            there = here[nearest[:, rank]] if rank < nearest.shape[1] else nowhere
            yield f"near{rank + 1}_{name}", f"neighbour {rank + 1} minus here: {doc}", there - here


def _of_gradients(grid: Grid, anomaly: Array, unit: str) -> Iterator[Named]:
    """Planes through all stations: the pressure's tells the large-scale wind, T's what it brings."""
    shape = anomaly.shape
    east, north = _slopes(grid, grid.values[_PRESSURE])
    for name, slope in (("east", east), ("north", north)):
        doc = f"slope of the sea-level pressure towards the {name}, all stations"
        yield f"pressure_slope_{name}", f"{doc} [hPa/100 km]", np.broadcast_to(slope, shape)
        recent = np.broadcast_to(mean(slope, 6), shape)
        yield f"pressure_slope_{name}_6h", f"{doc}, mean of the last 6 h [hPa/100 km]", recent
        for lag in (6, 24):
            change = np.broadcast_to(slope - before(slope, lag), shape)
            yield f"pressure_slope_{name}_change_{lag}h", f"{doc}, change over {lag} h [hPa/100 km]", change
    warm_east, warm_north = _slopes(grid, anomaly)
    for name, slope in (("east", warm_east), ("north", warm_north)):
        doc = f"slope of the anomaly of T towards the {name}, all stations [{unit}/100 km]"
        yield f"anomaly_slope_{name}", doc, np.broadcast_to(slope, shape)
    # The geostrophic wind blows along the isobars: (−∂p/∂y, ∂p/∂x).
    brought = np.broadcast_to(north * warm_east - east * warm_north, shape)
    doc = f"what the geostrophic wind brings, up to a constant [hPa {unit}/(100 km)²]"
    yield "geostrophic_advection", doc, brought


def _of_lead(grid: Grid, target: Target, usual: Climatology, lead: int) -> Iterator[Named]:
    value, unit = grid.values[target.column], target.unit
    expected = usual.at(prolonged(grid.hours, lead))
    now, then = expected[:, : grid.length], expected[:, lead:]
    anomaly = value - now
    yield "climatology_valid", f"climatology at the valid time [{unit}]", then
    yield "climatology_change", f"climatology at the valid time minus that of now [{unit}]", then - now
    day = 24 * ((lead + 23) // 24)
    for back in (day, day + 24):
        days, was = back // 24, before(anomaly, back - lead)
        doc = f"anomaly of T at the valid hour {days} days ago minus the present one [{unit}]"
        yield f"anomaly_{days}d", doc, was - anomaly
        doc = f"change of the anomaly of T over the same hours {days} days ago [{unit}]"
        yield f"anomaly_course_{days}d", doc, was - before(anomaly, back)
    dew = grid.values[_DEW_POINT]
    doc = f"dew point at the valid hour {day // 24} days ago minus now [K]"
    yield f"dew_point_{day // 24}d", doc, before(dew, day - lead) - dew
    elevation = sine_of_elevation(prolonged(grid.hours, lead), grid.latitude, grid.longitude)
    yield "sun_valid", "sine of the sun's elevation at the valid time", elevation[:, lead:]
    total = np.zeros(value.shape, np.float32)
    for ahead in range(1, lead + 1):
        total += np.maximum(elevation[:, ahead : ahead + grid.length], 0)
    yield "sun_until_valid", "sum of the sun's sine of elevation by day until the valid time [h]", total


def before(values: Array, hours: int) -> Array:
    """Values some hours earlier, along the last axis; NaN before the first."""
    if hours == 0:
        return values
    found = np.full_like(values, np.nan)
    found[..., hours:] = values[..., :-hours]
    return found


def mean(values: Array, hours: int) -> Array:
    """Mean of the last hours, along the last axis; NaN where fewer than half of them are known."""
    total, count = np.zeros(values.shape, np.float32), np.zeros(values.shape, np.float32)
    known = np.isfinite(values)
    filled = np.where(known, values, np.float32(0)).astype(np.float32)
    length = values.shape[-1]
    for back in range(min(hours, length)):
        total[..., back:] += filled[..., : length - back]
        count[..., back:] += known[..., : length - back]
    return np.where(count >= hours / 2, total / np.maximum(count, 1), np.float32(np.nan))


def extreme(values: Array, hours: int, choose: np.ufunc) -> Array:
    """Highest or lowest known value of the last hours (np.fmax, np.fmin), along the last axis."""
    found = values.copy()
    for back in range(1, min(hours, values.shape[-1])):
        found[..., back:] = choose(found[..., back:], values[..., :-back])
    return found


def _staffed(grid: Grid) -> Array:
    """Hours with a report: what it leaves out did not occur."""
    return np.asarray(np.isfinite(grid.values["air_temperature_c"]))


def _zero_where(values: Array, absent: Array) -> Array:
    return np.where(np.isnan(values) & absent, np.float32(0), values)


def _wind_of(grid: Grid) -> tuple[Array, Array]:
    """Wind vector towards the east and the north, m/s; a direction of 0 means calm."""
    speed, direction = grid.values["wind_speed_ms"], grid.values["wind_direction_deg"]
    angle = np.deg2rad(direction)
    calm = (direction == 0) | (speed == 0)
    east, north = -speed * np.sin(angle), -speed * np.cos(angle)
    zero = np.float32(0)
    return np.where(calm, zero, east), np.where(calm, zero, north)


def _plane_km(grid: Grid) -> tuple[Array, Array]:
    """How far each station lies east and north of the middle of all, km, each of shape (stations,)."""
    middle = np.deg2rad(grid.latitude.mean())
    east = (grid.longitude - grid.longitude.mean()) * _KM_PER_DEGREE * np.cos(middle)
    return east, (grid.latitude - grid.latitude.mean()) * _KM_PER_DEGREE


def _slopes(grid: Grid, values: Array) -> tuple[Array, Array]:
    """Slopes of the plane through all stations, towards the east and the north, per 100 km; shape (hours,).

    Where stations are too few, or lie on a line, a little weight on no slope keeps the plane from tipping.
    """
    known = np.isfinite(values)
    count = np.maximum(_total(known), 1)

    def centred(each: Array) -> Array:
        return np.where(known, each - _total(np.where(known, each, 0)) / count, 0)

    x, y = (centred(axis[:, None] / 100) for axis in _plane_km(grid))
    z = centred(values)
    xx, yy = _total(x * x) + _UPRIGHT, _total(y * y) + _UPRIGHT
    xy, xz, yz = _total(x * y), _total(x * z), _total(y * z)
    area = np.where(known.any(axis=0), xx * yy - xy**2, np.nan)
    return (xz * yy - yz * xy) / area, (yz * xx - xz * xy) / area


def _total(values: Array) -> Array:
    """Sum over the stations, one after the other: numpy's own order depends on the shape."""
    total: Array = np.zeros(values.shape[1])
    for row in values:
        total += row
    return total
