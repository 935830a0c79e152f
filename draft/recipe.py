"""Forecast of an hourly series at surface stations: features, ridge and boosted trees, intervals.

One model per lead, pooled over stations. The forecast is a blend of two models of the same features:

- boosted trees of the change from the present value: they find what depends on what;
- a ridge regression of what damped climatology leaves, whose slopes vary with the hour and the season: it
  hardly overfits, so that its weight grows with the lead.

The weight and the interval come from forecasts that each model made for blocks of time it was not trained on.
Nothing looks past the origin. A row of features depends on the HISTORY_HOURS before its origin and on
nothing else, bit by bit: no sum runs over the whole series, and no matrix product is used, as both round
differently for other lengths.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import xgboost as xgb

TEMPERATURE: Final = "air_temperature_c"
DEW_POINT: Final = "dew_point_c"
PRESSURE: Final = "sea_level_pressure_hpa"
WIND_SPEED: Final = "wind_speed_ms"
WIND_DIRECTION: Final = "wind_direction_deg"
CLOUD: Final = "cloud_total_tenths"
LOW_CLOUD: Final = "cloud_mid_low_tenths"
VISIBILITY: Final = "visibility_m"
SUNSHINE: Final = "sunshine_h"
RADIATION: Final = "solar_radiation_mjm2"
RAIN: Final = "precipitation_mm"
GROUND: Final = "ground_temperature_c"
CODES: Final = (
    "cloud_base_m",
    "cloud_high_code",
    "cloud_mid_code",
    "cloud_low_code",
    "present_weather_code",
)
INPUTS: Final = (
    TEMPERATURE,
    DEW_POINT,
    PRESSURE,
    WIND_SPEED,
    WIND_DIRECTION,
    CLOUD,
    LOW_CLOUD,
    VISIBILITY,
    SUNSHINE,
    RADIATION,
    RAIN,
    GROUND,
    *CODES,
)
CLIMATES: Final = (TEMPERATURE, DEW_POINT, PRESSURE)
HISTORY_HOURS: Final = 168
NEIGHBOURS: Final = 4
DAY: Final = 24
HOUR: Final = np.timedelta64(1, "h")
YEAR_HOURS: Final = 8766
KM_PER_DEGREE: Final = 111.2
SOLAR_CONSTANT_MJM2: Final = 4.9
ANOMALY_CHANGES: Final = (1, 2, 3, 6, 12, 24, 48)
ANOMALY_MEANS: Final = (24, 72, 168)
DEW_POINT_CHANGES: Final = (1, 3, 6, 24)
PRESSURE_CHANGES: Final = (1, 3, 6, 12, 24)
LOW_SUN: Final = 0.1  # sine of elevation; below, the instruments of sunshine and radiation are silent

Array = np.ndarray
Columns = Iterator[tuple[str, Array]]


@dataclass(frozen=True)
class Grid:
    """Hourly observations of S stations over T consecutive hours.

    Attributes:
        stations: ids, int32, shape (S,), ascending.
        latitude: degrees north, shape (S,).
        longitude: degrees east, shape (S,).
        elevation_m: metres above sea level, shape (S,).
        start: the first hour, UTC, datetime64[h].
        values: by column name of the observations: float32, shape (S, T); NaN = not observed.
    """

    stations: Array
    latitude: Array
    longitude: Array
    elevation_m: Array
    start: np.datetime64
    values: Mapping[str, Array]

    @property
    def length(self) -> int:
        """Hours, T."""
        return int(next(iter(self.values.values())).shape[1])

    def hours(self, beyond: int = 0) -> Array:
        """The hours, UTC, datetime64[h], shape (T + beyond,)."""
        return np.asarray(self.start + np.arange(self.length + beyond) * HOUR)

    def observed(self, column: str) -> Array:
        """A variable, float32, shape (S, T); all NaN where the grid doesn't have it."""
        found = self.values.get(column)
        return np.full((len(self.stations), self.length), np.nan, np.float32) if found is None else found


# --- Climatology ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Climatology:
    """What is usual at a station at an hour of a day of the year.

    Attributes:
        stations: ids, shape (S,), ascending.
        shared: coefficients of all stations together, float64, shape (P,); they serve stations unknown.
        deviations: of each station from them, float64, shape (S, P).
    """

    stations: Array
    shared: Array
    deviations: Array

    def at(self, stations: Array, hours: Array) -> Array:
        """Usual values, float32, shape (stations, hours), in the unit of the variable.

        Args:
            stations: ids.
            hours: UTC, datetime64[h].
        """
        places = np.searchsorted(self.stations, stations).clip(max=len(self.stations) - 1)
        known = (self.stations[places] == stations)[:, None]
        weights = self.shared + np.where(known, self.deviations[places], 0)
        usual = np.zeros((len(stations), len(hours)))
        for term, wave in enumerate(_waves(hours)):
            usual += weights[:, term, None] * wave
        return usual.astype(np.float32)


# 2 waves of the year × 3 of the day, each a sine and a cosine, and the constants.
_YEAR_WAVES: Final = 2
_DAY_WAVES: Final = 3
# In hours of observation: what speaks for a coefficient of zero. The shared one only keeps a short history
# (a season or less) from inventing the rest of the year; the other one keeps stations similar.
_SHARED_PENALTY: Final = 20.0
_STATION_PENALTY: Final = 20.0


def fit_climatology(grid: Grid, column: str) -> Climatology:
    """Fit the climatology of a variable. Give it training data only (``Grid`` cut at the end of training)."""
    waves = np.stack(list(_waves(grid.hours())), axis=1)
    values = grid.observed(column)
    known = np.isfinite(values)
    penalty = np.eye(waves.shape[1])
    squares = [waves[k].T @ waves[k] for k in known]
    products = [waves[k].T @ v[k].astype(np.float64) for k, v in zip(known, values, strict=True)]
    free = penalty * _SHARED_PENALTY
    free[0, 0] = 1e-6
    shared = np.linalg.solve(sum(squares) + free, sum(products))
    deviations = [
        np.linalg.solve(square + penalty * _STATION_PENALTY, product - square @ shared)
        for square, product in zip(squares, products, strict=True)
    ]
    return Climatology(grid.stations, shared, np.stack(deviations))


def _waves(hours: Array) -> Iterator[Array]:
    year, day = _phases(hours)
    for of_year in _series(year, _YEAR_WAVES):
        for of_day in _series(day, _DAY_WAVES):
            yield of_year * of_day


def _series(phase: Array, count: int) -> list[Array]:
    waves = [np.ones_like(phase)]
    for k in range(1, count + 1):
        waves += [np.sin(k * phase), np.cos(k * phase)]
    return waves


def _phases(hours: Array) -> tuple[Array, Array]:
    """Where in the year and in the day (UTC), radians."""
    into_year = (hours - hours.astype("datetime64[Y]").astype("datetime64[h]")) / HOUR
    into_day = (hours - hours.astype("datetime64[D]").astype("datetime64[h]")) / HOUR
    return into_year * (2 * np.pi / YEAR_HOURS), into_day * (2 * np.pi / DAY)


# --- Features ------------------------------------------------------------------------------------------


def _documented() -> dict[str, str]:
    told = {
        "now": "target at the origin, its unit",
        "anomaly": "target minus its climatology, its unit",
        "above_max_24h": "target minus its highest of the last 24 h, its unit",
        "above_min_24h": "target minus its lowest of the last 24 h, its unit",
        "dew_point": "dew point, °C",
        "dew_point_anomaly": "dew point minus its climatology, °C",
        "dew_point_depression": "air temperature minus dew point, °C",
        "pressure": "sea-level pressure, hPa",
        "pressure_anomaly": "sea-level pressure minus its climatology, hPa",
        "pressure_anomaly_mean_24h": "its mean over the last 24 h, hPa",
        "wind_speed": "wind speed, m/s",
        "wind_speed_mean_24h": "its mean over the last 24 h, m/s",
        "cloud": "total cloud, tenths",
        "low_cloud": "mid and low cloud, tenths",
        "cloud_mean_3h": "total cloud, mean over the last 3 h, tenths",
        "low_cloud_mean_3h": "mid and low cloud, mean over the last 3 h, tenths",
        "cloud_mean_24h": "total cloud, mean over the last 24 h, tenths",
        "cloud_change_3h": "total cloud, change over 3 h, tenths",
        "cloud_base_m": "height of the lowest cloud, m",
        "cloud_high_code": "high cloud, WMO code 0509",
        "cloud_mid_code": "mid cloud, WMO code 0515",
        "cloud_low_code": "low cloud, WMO code 0513",
        "present_weather_code": "present weather, WMO code 4677",
        "visibility_log": "natural logarithm of visibility in metres",
        "radiation": "solar radiation of the hour, 0 at night, MJ/m²",
        "sunshine": "sunshine of the hour, 0 at night, h",
        "rain_hours_24h": "share (0 to 1) of the last 24 h with rain",
        "ground_above_air": "ground surface minus air temperature, °C",
        "ground_above_air_mean_24h": "its mean over the last 24 h, °C",
        "sun": "sine of the sun's elevation at the origin",
        "hour_sin": "sine of the hour of the day (UTC)",
        "hour_cos": "cosine of the hour of the day (UTC)",
        "year_sin": "sine of the time of the year",
        "year_cos": "cosine of the time of the year",
        "latitude": "degrees north",
        "longitude": "degrees east",
        "elevation": "metres above sea level",
        "anomaly_gradient_east": "slope of the anomaly of air temperature over all stations, °C per 100 km",
        "anomaly_gradient_north": "the same to the north, °C per 100 km",
        "geostrophic_advection": "air temperature brought by the pressure gradient, °C hPa per (100 km)²",
        "climate_then": "climatology of the target at the lead, its unit",
        "climate_change": "climatology at the lead minus at the origin, unit of the target",
        "anomaly_then_1d_ago": "anomaly a day before the lead's hour minus the present one, unit of the target",
        "anomaly_then_2d_ago": "anomaly two days before the lead's hour minus the present one, its unit",
        "anomaly_course_1d_ago": "change of the anomaly over the same hours yesterday, unit of the target",
        "anomaly_course_2d_ago": "change of the anomaly over the same hours the day before, its unit",
        "dew_point_then_1d_ago": "dew point a day before the lead's hour minus the present one, °C",
        "sun_then": "sine of the sun's elevation at the lead",
        "light_until_then": "sum of such sines above 0, hourly from the origin to the lead, h",
    }
    told |= {f"anomaly_change_{h}h": f"change of the anomaly over {h} h" for h in ANOMALY_CHANGES}
    told |= {f"anomaly_mean_{h}h": f"mean anomaly of the last {h} h" for h in ANOMALY_MEANS}
    told |= {f"dew_point_change_{h}h": f"change of the dew point over {h} h, °C" for h in DEW_POINT_CHANGES}
    told |= {f"pressure_change_{h}h": f"change of pressure over {h} h, hPa" for h in PRESSURE_CHANGES}
    told |= {f"dew_point_anomaly_mean_{h}h": f"mean dew point anomaly of {h} h, °C" for h in (24, 72)}
    told |= {f"radiation_share_{h}h": f"radiation of {h} h, share of that above the air" for h in (3, 24)}
    told |= {f"sunshine_{h}h": f"sunshine of the last {h} h, h" for h in (3, 24)}
    told |= {f"rain_{h}h": f"precipitation of the last {h} h, mm" for h in (3, 24)}
    told |= {f"ground_change_{h}h": f"change of ground surface temperature over {h} h, °C" for h in (1, 3)}
    for side in ("east", "north"):
        wind, slope = f"wind_{side}", f"pressure_gradient_{side}"
        told[wind] = f"wind towards {side}, m/s"
        told |= {f"{wind}_mean_{h}h": f"its mean over the last {h} h, m/s" for h in (6, 24)}
        told[slope] = f"rise of sea-level pressure to the {side}, over all stations, hPa per 100 km"
        told[f"{slope}_mean_6h"] = "its mean over the last 6 h, hPa per 100 km"
        told |= {f"{slope}_change_{h}h": f"its change over {h} h, hPa per 100 km" for h in (6, 24)}
    there = {
        "anomaly": "anomaly, unit of the target",
        "anomaly_change_3h": "change of the anomaly over 3 h, unit of the target",
        "pressure": "sea-level pressure, hPa",
        "dew_point": "dew point, °C",
        "wind_east": "wind towards east, m/s",
        "wind_north": "wind towards north, m/s",
    }
    for rank in range(1, NEIGHBOURS + 1):
        for name, text in there.items():
            told[f"neighbour_{rank}_{name}"] = f"nearest station no. {rank} minus here: {text}"
    return told


FEATURES: Final = _documented()


def features(
    grid: Grid, climates: Mapping[str, Climatology], origins: Array, target: str = TEMPERATURE
) -> tuple[tuple[str, ...], Array]:
    """What is known at the origins, whatever the lead.

    Args:
        grid: from HISTORY_HOURS before the first origin on.
        climates: of the target and of CLIMATES.
        origins: indices of hours.
        target: the column to be forecast.

    Returns:
        Names, and float32 of shape (S, origins, F); NaN = not known.
    """
    return _table(grid, origins, _origin_columns(grid, climates, target))


def lead_features(
    grid: Grid, climates: Mapping[str, Climatology], origins: Array, lead: int, target: str = TEMPERATURE
) -> tuple[tuple[str, ...], Array]:
    """What is known at the origins about the hour that is ``lead`` hours later.

    Args and returns as of ``features``; lead is 1 to 24.
    """
    return _table(grid, origins, _lead_columns(grid, climates, target, lead))


def _table(grid: Grid, origins: Array, columns: Columns) -> tuple[tuple[str, ...], Array]:
    taken = {name: np.asarray(values[:, origins], np.float32) for name, values in columns}
    table = np.empty((len(grid.stations), len(origins), len(taken)), np.float32)
    for place, values in enumerate(taken.values()):
        table[:, :, place] = values
    return tuple(taken), table


def _origin_columns(grid: Grid, climates: Mapping[str, Climatology], target: str) -> Columns:
    hours = grid.hours()
    unusual = {
        name: grid.observed(name) - climates[name].at(grid.stations, hours) for name in {target, *CLIMATES}
    }
    yield from _target_columns(grid.observed(target), unusual[target])
    yield from _air_columns(grid, unusual)
    wind = _wind(grid)
    yield from _wind_columns(grid.observed(WIND_SPEED), *wind)
    yield from _sky_columns(grid)
    yield from _ground_columns(grid)
    yield from _time_columns(grid, hours)
    for name, place in _places(grid):
        yield name, np.broadcast_to(place[:, None], (len(grid.stations), grid.length))
    yield from _neighbour_columns(grid, unusual[target], wind)
    yield from _gradient_columns(grid, unusual[TEMPERATURE])


def _target_columns(now: Array, anomaly: Array) -> Columns:
    yield "now", now
    yield "anomaly", anomaly
    for hours in ANOMALY_CHANGES:
        yield f"anomaly_change_{hours}h", _change(anomaly, hours)
    for hours in ANOMALY_MEANS:
        yield f"anomaly_mean_{hours}h", _mean(anomaly, hours)
    yield "above_max_24h", now - _extreme(now, DAY, np.fmax)
    yield "above_min_24h", now - _extreme(now, DAY, np.fmin)


def _air_columns(grid: Grid, unusual: Mapping[str, Array]) -> Columns:
    temperature, dew_point, pressure = map(grid.observed, CLIMATES)
    yield "dew_point", dew_point
    yield "dew_point_anomaly", unusual[DEW_POINT]
    yield "dew_point_depression", temperature - dew_point
    for hours in DEW_POINT_CHANGES:
        yield f"dew_point_change_{hours}h", _change(dew_point, hours)
    for hours in (24, 72):
        yield f"dew_point_anomaly_mean_{hours}h", _mean(unusual[DEW_POINT], hours)
    yield "pressure", pressure
    yield "pressure_anomaly", unusual[PRESSURE]
    for hours in PRESSURE_CHANGES:
        yield f"pressure_change_{hours}h", _change(pressure, hours)
    yield "pressure_anomaly_mean_24h", _mean(unusual[PRESSURE], DAY)


def _wind(grid: Grid) -> tuple[Array, Array]:
    """Eastward and northward wind, m/s; a calm has no direction, and needs none."""
    speed = grid.observed(WIND_SPEED)
    angle = np.deg2rad(grid.observed(WIND_DIRECTION))
    calm = speed == 0
    return np.where(calm, 0, -speed * np.sin(angle)), np.where(calm, 0, -speed * np.cos(angle))


def _wind_columns(speed: Array, east: Array, north: Array) -> Columns:
    yield "wind_speed", speed
    yield "wind_speed_mean_24h", _mean(speed, DAY)
    for name, values in (("east", east), ("north", north)):
        yield f"wind_{name}", values
        for hours in (6, 24):
            yield f"wind_{name}_mean_{hours}h", _mean(values, hours)


def _sky_columns(grid: Grid) -> Columns:
    cloud, low = grid.observed(CLOUD), grid.observed(LOW_CLOUD)
    yield "cloud", cloud
    yield "low_cloud", low
    yield "cloud_mean_3h", _mean(cloud, 3)
    yield "low_cloud_mean_3h", _mean(low, 3)
    yield "cloud_mean_24h", _mean(cloud, DAY)
    yield "cloud_change_3h", _change(cloud, 3)
    for code in CODES:
        yield code, grid.observed(code)
    yield "visibility_log", np.log(np.maximum(grid.observed(VISIBILITY), 50))
    height = np.maximum(_sun(grid, 0), 0)
    # Sunshine and radiation are of the hour that ends at the observation.
    height = (height + _shift(height, 1)) / 2
    awake = np.isfinite(grid.observed(TEMPERATURE))
    sunshine = _filled(grid.observed(SUNSHINE), awake & (height < LOW_SUN))
    radiation = _filled(grid.observed(RADIATION), awake & (height < LOW_SUN))
    yield "radiation", radiation
    yield "sunshine", sunshine
    for hours in (3, 24):
        expected = SOLAR_CONSTANT_MJM2 * np.maximum(_sum(height, hours), LOW_SUN)
        yield f"radiation_share_{hours}h", _sum(radiation, hours) / expected
        yield f"sunshine_{hours}h", _sum(sunshine, hours)
    rain = _filled(grid.observed(RAIN), awake)
    for hours in (3, 24):
        yield f"rain_{hours}h", _sum(rain, hours)
    yield "rain_hours_24h", _mean(np.where(np.isnan(rain), np.nan, rain > 0), DAY)


def _ground_columns(grid: Grid) -> Columns:
    ground, air = grid.observed(GROUND), grid.observed(TEMPERATURE)
    yield "ground_above_air", ground - air
    for hours in (1, 3):
        yield f"ground_change_{hours}h", _change(ground, hours)
    yield "ground_above_air_mean_24h", _mean(ground - air, DAY)


def _time_columns(grid: Grid, hours: Array) -> Columns:
    year, day = _phases(hours)
    everywhere = np.ones((len(grid.stations), 1))
    yield "sun", _sun(grid, 0)
    yield "hour_sin", np.sin(day) * everywhere
    yield "hour_cos", np.cos(day) * everywhere
    yield "year_sin", np.sin(year) * everywhere
    yield "year_cos", np.cos(year) * everywhere


def _places(grid: Grid) -> Iterator[tuple[str, Array]]:
    yield "latitude", grid.latitude
    yield "longitude", grid.longitude
    yield "elevation", grid.elevation_m


def _neighbour_columns(grid: Grid, anomaly: Array, wind: tuple[Array, Array]) -> Columns:
    nearest = _nearest(grid)
    east, north = wind
    series = {
        "anomaly": anomaly,
        "anomaly_change_3h": _change(anomaly, 3),
        "pressure": grid.observed(PRESSURE),
        "dew_point": grid.observed(DEW_POINT),
        "wind_east": east,
        "wind_north": north,
    }
    nowhere = np.full_like(anomaly, np.nan)
    for rank in range(NEIGHBOURS):
        for name, values in series.items():
            there = values[nearest[:, rank]] if rank < nearest.shape[1] else nowhere
            yield f"neighbour_{rank + 1}_{name}", there - values


def _nearest(grid: Grid) -> Array:
    """Places of the other stations by distance, nearest first, shape (S, min(S − 1, NEIGHBOURS))."""
    east, north = _plane(grid)
    distance = np.hypot(east[:, None] - east, north[:, None] - north)
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance, axis=1, kind="stable")[:, : min(len(east) - 1, NEIGHBOURS)]


def _plane(grid: Grid) -> tuple[Array, Array]:
    """Kilometres east and north of the middle of the stations, each of shape (S,)."""
    middle = np.deg2rad(grid.latitude.mean())
    east = (grid.longitude - grid.longitude.mean()) * KM_PER_DEGREE * np.cos(middle)
    return east, (grid.latitude - grid.latitude.mean()) * KM_PER_DEGREE


def _gradient_columns(grid: Grid, anomaly: Array) -> Columns:
    """Slopes of the planes through all stations: air pressure drives the wind that brings other air."""
    east, north = _gradient(grid, grid.observed(PRESSURE))
    for name, slope in (("east", east), ("north", north)):
        yield f"pressure_gradient_{name}", slope
        yield f"pressure_gradient_{name}_mean_6h", _mean(slope, 6)
        for hours in (6, 24):
            yield f"pressure_gradient_{name}_change_{hours}h", _change(slope, hours)
    warmth_east, warmth_north = _gradient(grid, anomaly)
    yield "anomaly_gradient_east", warmth_east
    yield "anomaly_gradient_north", warmth_north
    yield "geostrophic_advection", north * warmth_east - east * warmth_north


def _gradient(grid: Grid, values: Array) -> tuple[Array, Array]:
    """Slope of the least-squares plane, per 100 km to the east and to the north; shape (S, T), rows alike.

    Zero slopes where stations are too few: a little weight on zero keeps the plane from tipping.
    """
    place = [axis[:, None] / 100 for axis in _plane(grid)]
    known = np.isfinite(values)
    count = np.maximum(_total(known), 1)
    east, north = (np.where(known, axis - _total(known * axis) / count, 0) for axis in place)
    height = np.where(known, values - _total(np.where(known, values, 0)) / count, 0)
    east_east, north_north = _total(east * east) + 0.01, _total(north * north) + 0.01
    east_north, east_up, north_up = _total(east * north), _total(east * height), _total(north * height)
    spread = east_east * north_north - east_north**2
    slopes = (
        (east_up * north_north - north_up * east_north) / spread,
        (north_up * east_east - east_up * east_north) / spread,
    )
    missing = ~known.any(axis=0)
    east_slope, north_slope = (np.where(missing, np.nan, slope) for slope in slopes)
    return np.broadcast_to(east_slope, values.shape), np.broadcast_to(north_slope, values.shape)


def _total(values: Array) -> Array:
    """Sum over stations, one after the other: numpy's own order depends on the shape."""
    total = np.zeros(values.shape[1])
    for row in values:
        total += row
    return total


def _lead_columns(grid: Grid, climates: Mapping[str, Climatology], target: str, lead: int) -> Columns:
    length = grid.length
    climate = climates[target].at(grid.stations, grid.hours(beyond=lead))
    now, then = climate[:, :length], climate[:, lead:]
    anomaly = grid.observed(target) - now
    dew_point = grid.observed(DEW_POINT)
    yield "climate_then", then
    yield "climate_change", then - now
    yesterday, before = _shift(anomaly, DAY - lead), _shift(anomaly, 2 * DAY - lead)
    yield "anomaly_then_1d_ago", yesterday - anomaly
    yield "anomaly_then_2d_ago", before - anomaly
    yield "anomaly_course_1d_ago", yesterday - _shift(anomaly, DAY)
    yield "anomaly_course_2d_ago", before - _shift(anomaly, 2 * DAY)
    yield "dew_point_then_1d_ago", _shift(dew_point, DAY - lead) - dew_point
    sun = _sun(grid, lead)
    yield "sun_then", sun[:, lead:]
    light = np.zeros((len(grid.stations), length))
    for hours in range(1, lead + 1):
        light += np.maximum(sun[:, hours : hours + length], 0)
    yield "light_until_then", light


def _sun(grid: Grid, beyond: int) -> Array:
    """Sine of the sun's elevation, shape (S, T + beyond); Astronomical Almanac's low-precision formulas."""
    days = (grid.hours(beyond) - np.datetime64("2000-01-01T12", "h")) / HOUR / DAY
    mean_anomaly = np.deg2rad((357.529 + 0.98560028 * days) % 360)
    longitude = np.deg2rad(
        (280.459 + 0.98564736 * days + 1.915 * np.sin(mean_anomaly) + 0.02 * np.sin(2 * mean_anomaly)) % 360
    )
    tilt = np.deg2rad(23.439)
    ascension = np.arctan2(np.cos(tilt) * np.sin(longitude), np.cos(longitude))
    declination = np.arcsin(np.sin(tilt) * np.sin(longitude))
    greenwich = np.deg2rad((280.46062 + 360.98564737 * days) % 360)
    hour_angle = np.deg2rad(grid.longitude)[:, None] + (greenwich - ascension)
    latitude = np.deg2rad(grid.latitude)[:, None]
    up = np.sin(latitude) * np.sin(declination)
    return np.asarray(up + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle), np.float32)


def _shift(values: Array, hours: int) -> Array:
    """Values so many hours earlier."""
    if hours == 0:
        return values
    shifted = np.full_like(values, np.nan)
    shifted[:, hours:] = values[:, :-hours]
    return shifted


def _change(values: Array, hours: int) -> Array:
    return values - _shift(values, hours)


def _filled(values: Array, where: Array) -> Array:
    """Zero for what is missing there: the wire leaves out what did not occur."""
    return np.where(np.isnan(values) & where, 0, values)


def _window(values: Array, hours: int) -> tuple[Array, Array]:
    """Sum and number of what is known of the last hours, the present one included."""
    known = np.isfinite(values)
    parts = (np.where(known, values, 0), known.astype(np.float32))
    step = 1
    if hours > DAY and hours % DAY == 0:
        parts, step = _window(values, DAY), DAY
    sums = [part.copy() for part in parts]
    for back in range(step, hours, step):
        for total, part in zip(sums, parts, strict=True):
            total[:, back:] += part[:, :-back]
    return sums[0], sums[1]


def _sum(values: Array, hours: int) -> Array:
    """Of the last hours; NaN when one in two or more is missing."""
    total, count = _window(values, hours)
    return np.where(2 * count > hours, total, np.nan)


def _mean(values: Array, hours: int) -> Array:
    """Of what is known of the last hours; NaN when more than half is missing."""
    total, count = _window(values, hours)
    return np.where(2 * count >= hours, total / np.maximum(count, 1), np.nan)


def _extreme(values: Array, hours: int, choose: np.ufunc) -> Array:
    extreme = values.copy()
    for back in range(1, hours):
        extreme[:, back:] = choose(extreme[:, back:], values[:, :-back])
    return extreme


# --- Models of one lead --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Settings:
    """How a lead is trained. The defaults were chosen on folds; they serve all leads.

    Attributes:
        trees: of one booster.
        rate: learning rate.
        depth: of a tree.
        leaf_rows: least rows in a leaf.
        columns: share of the features that a tree may use.
        rows: share of the rows that a tree sees.
        seeds: boosters whose forecasts are averaged.
        blocks: of time, each forecast by models of the others, to learn the blend and the interval.
        block_rows: of these models at the most; an even choice of the rows is taken.
        ridge_penalty: per row, on slopes of standardised features.
        bins: of a feature's histogram.
        threads: of XGBoost. Two on busy cores are slower than one (7 times were measured: they wait for each
            other); give two cores two leads instead.
    """

    trees: int = 200
    rate: float = 0.05
    depth: int = 8
    leaf_rows: int = 10
    columns: float = 0.4
    rows: float = 0.6
    seeds: int = 3
    blocks: int = 4
    block_rows: int = 60_000
    ridge_penalty: float = 0.5
    bins: int = 64
    threads: int = 1

    def for_rows(self, rows: int) -> "Settings":
        """Where rows are plenty, one booster of fewer trees is nearly as good, and affordable."""
        return replace(self, seeds=1, trees=self.trees // 2, rate=self.rate * 2) if rows > MANY_ROWS else self


MANY_ROWS: Final = 200_000
QUANTILES: Final = (0.1, 0.5, 0.9)
WAVES: Final = ("hour_sin", "hour_cos", "year_sin", "year_cos")
FAR: Final = 5  # standard deviations; a feature further out counts as so far for the ridge
CHUNK: Final = 50_000


@dataclass(frozen=True)
class Ridge:
    """Linear model of standardised features, with slopes that vary with the hour and the season.

    Attributes:
        center: means of the F features, float32; 0 for a feature never known.
        scale: their standard deviations; 1 for a feature that never varies.
        waves: places of WAVES among the features.
        weights: float32, shape (1 + F × (1 + waves),): constant, slopes, slopes × each wave.
    """

    center: Array
    scale: Array
    waves: tuple[int, ...]
    weights: Array

    def predict(self, table: Array) -> Array:
        """Of rows of features, float32, shape (N,)."""
        parts = [self._design(part) @ self.weights for part in _chunks(table)]
        return np.concatenate(parts) if parts else np.empty(0, np.float32)

    def _design(self, table: Array) -> Array:
        steps = np.nan_to_num((table - self.center) / self.scale).clip(-FAR, FAR)
        constant = np.ones((len(table), 1), np.float32)
        return np.hstack([constant, steps, *(steps * table[:, [wave]] for wave in self.waves)])

    @classmethod
    def fit(cls, table: Array, outcome: Array, waves: Sequence[int], penalty: float) -> "Ridge":
        """Fit to rows of features; the penalty is per row."""
        known = np.isfinite(table)
        count = np.maximum(known.sum(axis=0), 1)
        center = np.where(known, table, 0).sum(axis=0, dtype=np.float64) / count
        variance = (np.where(known, table - center, 0) ** 2).sum(axis=0) / count
        scale = np.where(variance > 1e-12, np.sqrt(variance), 1)
        size = 1 + table.shape[1] * (1 + len(waves))
        blank = cls(center.astype(np.float32), scale.astype(np.float32), tuple(waves), np.zeros(size, np.float32))
        square, product = np.zeros((size, size)), np.zeros(size)
        for part, result in zip(_chunks(table), _chunks(outcome), strict=True):
            design = blank._design(part)
            square += design.T @ design
            product += design.T @ result
        square[np.diag_indices(size)] += penalty * len(table)
        square[0, 0] -= penalty * len(table)
        return replace(blank, weights=np.linalg.solve(square, product).astype(np.float32))


def _chunks(values: Array) -> Iterator[Array]:
    for first in range(0, len(values), CHUNK):
        yield values[first : first + CHUNK]


@dataclass(frozen=True)
class Pair:
    """Both models, trained on the same rows.

    Attributes:
        boosters: of the change from now.
        ridge: of what damped climatology leaves.
        damping: share of the present anomaly that is left at the lead.
    """

    boosters: tuple[xgb.Booster, ...]
    ridge: Ridge
    damping: float

    def predict(self, names: Sequence[str], table: Array) -> tuple[Array, Array]:
        """Forecasts by trees and by ridge, each float32 of shape (N,)."""
        changes = [_predict(booster, table) for booster in self.boosters]
        trees = table[:, names.index("now")] + np.mean(changes, axis=0)
        return trees, _damped(names, table, self.damping) + self.ridge.predict(table)


@dataclass(frozen=True)
class LeadModel:
    """The forecast of one lead.

    Attributes:
        lead: hours.
        names: of the features, in their order.
        pair: the models.
        ridge_share: of the blend, 0 to 1.
        spread: trees of the size of the blend's error, in the target's unit.
        least_spread: its lower bound.
        low: p10 of the error (observed minus forecast), in spreads; negative.
        high: p90.
    """

    lead: int
    names: tuple[str, ...]
    pair: Pair
    ridge_share: float
    spread: xgb.Booster
    least_spread: float
    low: float
    high: float


def train_lead(
    names: Sequence[str], table: Array, outcome: Array, hours: Array, lead: int, settings: Settings | None = None
) -> LeadModel:
    """Train the model of a lead.

    Args:
        names: of the features: those of ``features`` and of ``lead_features``.
        table: float32, shape (N, F), a row per station and origin.
        outcome: what was observed at the lead, shape (N,), unit of the target; rows without it are left out.
        hours: origins of the rows, datetime64[h], shape (N,).
        lead: hours.
        settings: None = the defaults.
    """
    names = tuple(names)
    chosen = np.isfinite(outcome) & np.isfinite(table[:, names.index("now")])
    table, outcome, hours = table[chosen], outcome[chosen], hours[chosen]
    settings = (settings or Settings()).for_rows(len(table))
    block = _blocks(hours, settings.blocks)
    trees, ridge = _cross_forecast(names, table, outcome, hours, block, lead, settings)
    judged = np.isfinite(trees)
    share = _best_share(outcome[judged], trees[judged], ridge[judged])
    error = outcome - (trees + share * (ridge - trees))
    spread, least, low, high = _calibrate(table[judged], error[judged], block[judged], settings)
    pair = _train_pair(names, table, outcome, settings)
    return LeadModel(lead, names, pair, share, spread, least, low, high)


def predict_lead(model: LeadModel, names: Sequence[str], table: Array) -> Array:
    """p10, p50, p90, float32, shape (N, 3), unit of the target; NaN where the present value is missing.

    Raises:
        ValueError: the features are not those of the training.
    """
    if tuple(names) != model.names:
        raise ValueError(f"the features are not those that lead {model.lead} was trained on")
    trees, ridge = model.pair.predict(names, table)
    middle = trees + model.ridge_share * (ridge - trees)
    spread = np.maximum(_predict(model.spread, table), model.least_spread)
    return np.stack([middle + model.low * spread, middle, middle + model.high * spread], axis=1)


def _damped(names: Sequence[str], table: Array, damping: float) -> Array:
    return table[:, names.index("climate_then")] + np.float32(damping) * table[:, names.index("anomaly")]


def _train_pair(names: Sequence[str], table: Array, outcome: Array, settings: Settings) -> Pair:
    anomaly = table[:, names.index("anomaly")]
    left = outcome - table[:, names.index("climate_then")]
    damping = float(anomaly @ left / (anomaly @ anomaly))
    waves = [names.index(wave) for wave in WAVES]
    ridge = Ridge.fit(table, outcome - _damped(names, table, damping), waves, settings.ridge_penalty)
    change = outcome - table[:, names.index("now")]
    matrix = xgb.QuantileDMatrix(table, change, max_bin=settings.bins, nthread=settings.threads)
    boosters = [xgb.train(_parameters(settings, seed), matrix, settings.trees) for seed in range(settings.seeds)]
    return Pair(tuple(boosters), ridge, damping)


def _parameters(settings: Settings, seed: int) -> dict[str, float | str]:
    return {
        "tree_method": "hist",
        "max_bin": settings.bins,
        "max_depth": settings.depth,
        "eta": settings.rate,
        "min_child_weight": settings.leaf_rows,
        "colsample_bytree": settings.columns,
        "subsample": settings.rows,
        "reg_lambda": 5,
        "nthread": settings.threads,
        "seed": seed,
    }


def _blocks(hours: Array, count: int) -> Array:
    """Block of time of each row, 0 to count − 1; blocks are equally long and without holes."""
    since = (hours - hours.min()).astype(np.int64)
    return np.asarray(since * count // (since.max() + 1))


def _cross_forecast(
    names: Sequence[str],
    table: Array,
    outcome: Array,
    hours: Array,
    block: Array,
    lead: int,
    settings: Settings,
) -> tuple[Array, Array]:
    """Forecasts by trees and by ridge for rows of blocks that the models haven't seen; NaN where none.

    A day and the lead are left free on both sides of a block, so that no outcome of the one is in a feature
    of the other.
    """
    trees, ridge = np.full((2, len(outcome)), np.nan, np.float32)
    picked = _picked(hours, settings.block_rows / len(outcome))
    gap = (DAY + lead) * HOUR
    for number in range(settings.blocks):
        inside = block == number
        if not inside.any():
            continue
        near = (hours >= hours[inside].min() - gap) & (hours <= hours[inside].max() + gap)
        others = ~near & picked
        if not others.any():
            continue
        pair = _train_pair(names, table[others], outcome[others], replace(settings, seeds=1))
        tested = inside & picked
        trees[tested], ridge[tested] = pair.predict(names, table[tested])
    return trees, ridge


def _picked(hours: Array, share: float) -> Array:
    """Rows of so many of the hours, drawn by lot: every n-th could be one and the same hour of the day."""
    distinct, place = np.unique(hours, return_inverse=True)
    return np.asarray((np.random.default_rng(0).random(len(distinct)) < share)[place])


def _best_share(outcome: Array, trees: Array, ridge: Array) -> float:
    """Share of the ridge in the blend of least squared error."""
    apart = (ridge - trees).astype(np.float64)
    return float(np.clip(apart @ (outcome - trees) / max(apart @ apart, 1e-9), 0, 1))


def _calibrate(
    table: Array, error: Array, block: Array, settings: Settings
) -> tuple[xgb.Booster, float, float, float]:
    """Spread model, its lower bound, and the errors' p10 and p90 in spreads (normalised split conformal).

    Each block is scaled by the spread that the others tell, as a forecast will be.
    """
    size = np.abs(error)
    least = float(size.mean() / 4)
    scaled = np.empty_like(error)
    for number in np.unique(block):
        inside = block == number
        others = inside if inside.all() else ~inside
        spread = _predict(_train_spread(table[others], size[others], settings), table[inside])
        scaled[inside] = error[inside] / np.maximum(spread, least)
    low, high = np.quantile(scaled, [QUANTILES[0], QUANTILES[2]])
    return _train_spread(table, size, settings), least, float(low), float(high)


def _train_spread(table: Array, size: Array, settings: Settings) -> xgb.Booster:
    """Few and shallow trees: the size of an error is mostly noise."""
    coarse = replace(settings, trees=60, rate=0.1, depth=4, leaf_rows=100, columns=0.5, rows=0.5)
    matrix = xgb.QuantileDMatrix(table, size, max_bin=settings.bins, nthread=settings.threads)
    return xgb.train(_parameters(coarse, 0), matrix, coarse.trees)


def _predict(booster: xgb.Booster, table: Array) -> Array:
    return np.asarray(booster.inplace_predict(table, missing=np.nan))
