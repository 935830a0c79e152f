"""Features of a station from its own observations up to the issue time: target, air, wind, sky, rain, ground.

Each generator yields the name of a feature, its documentation and its values; their order is that of a model.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY
from weather_mlops.lake.panel import Panel
from weather_mlops.model.climatology import day_angle, year_angle
from weather_mlops.model.feature_names import ANOMALY, LONGEST_WINDOW_H, WEEK_ANOMALY, Array, Named
from weather_mlops.model.rolling_windows import lagged, rolling_extreme, rolling_mean, week_mean
from weather_mlops.model.sun import SOLAR_CONSTANT_MJM2H, sine_of_elevation

_LEAST_SUN_MJM2: Final = 0.5  # over a window: a share of less than this says nothing
_LEAST_VISIBILITY_M: Final = 10


def of_target(value: Array, anomaly: Array, unit: str) -> Iterator[Named]:
    """The target, its anomaly, and how both changed."""
    yield "T", f"the target at the issue time [{unit}]", value
    yield ANOMALY, f"T minus its climatology [{unit}]", anomaly
    for lag in (1, 2, 3, 4, 6, 9, 12, 18, 24, 48):
        yield f"T_change_{lag}h", f"change of T over {lag} h [{unit}]", value - lagged(value, lag)
    for lag in (1, 3, 6, 12, 24, 48, 72):
        doc = f"change of the anomaly of T over {lag} h [{unit}]"
        yield f"anomaly_change_{lag}h", doc, anomaly - lagged(anomaly, lag)
    for hours in (6, 24, 72, LONGEST_WINDOW_H):
        yield (
            f"anomaly_mean_{hours}h",
            f"mean anomaly of T, last {hours} h [{unit}]",
            rolling_mean(anomaly, hours),
        )
    yield (
        WEEK_ANOMALY,
        f"T minus its mean at the same hour of the last 7 days [{unit}]",
        value - week_mean(value, HOURS_PER_DAY),
    )
    high, low = rolling_extreme(value, 24, np.fmax), rolling_extreme(value, 24, np.fmin)
    yield "T_above_low_24h", f"T minus its lowest of the last 24 h [{unit}]", value - low
    yield "T_below_high_24h", f"highest of the last 24 h minus T [{unit}]", high - value


def of_moisture(panel: Panel) -> Iterator[Named]:
    """Dew point and relative humidity."""
    dew, air = panel.values["dew_point_c"], panel.values["air_temperature_c"]
    yield "dew_point", "dew point [°C]", dew
    yield "dew_point_depression", "air temperature minus dew point [K]", air - dew
    yield "relative_humidity", "relative humidity [%]", panel.values["relative_humidity_pct"]
    for lag in (1, 3, 6, 12, 24):
        yield f"dew_point_change_{lag}h", f"change of the dew point over {lag} h [K]", dew - lagged(dew, lag)
    yield (
        "dew_point_mean_24h",
        "mean dew point of the last 24 h minus the present one [K]",
        rolling_mean(dew, 24) - dew,
    )


def of_pressure(panel: Panel) -> Iterator[Named]:
    """Sea-level pressure and its changes."""
    pressure = panel.values["sea_level_pressure_hpa"]
    yield "pressure", "sea-level pressure [hPa]", pressure
    for lag in (1, 3, 6, 12, 24, 48):
        change = pressure - lagged(pressure, lag)
        yield f"pressure_change_{lag}h", f"change of the sea-level pressure over {lag} h [hPa]", change


def of_wind(panel: Panel, east: Array, north: Array) -> Iterator[Named]:
    """Wind speed and the components of ``wind_vector``, with their means."""
    speed = panel.values["wind_speed_ms"]
    yield "wind_speed", "wind speed [m/s]", speed
    yield "wind_east", "wind towards the east [m/s]", east
    yield "wind_north", "wind towards the north [m/s]", north
    for hours in (3, 6, 12, 24):
        yield (
            f"wind_east_{hours}h",
            f"mean wind towards the east, last {hours} h [m/s]",
            rolling_mean(east, hours),
        )
        yield (
            f"wind_north_{hours}h",
            f"mean wind towards the north, last {hours} h [m/s]",
            rolling_mean(north, hours),
        )
    for hours in (6, 24):
        yield f"wind_speed_{hours}h", f"mean wind speed, last {hours} h [m/s]", rolling_mean(speed, hours)


def of_sky(panel: Panel) -> Iterator[Named]:
    """Clouds, weather, visibility, radiation and sunshine."""
    cloud, low = panel.values["cloud_total_tenths"], panel.values["cloud_mid_low_tenths"]
    seen = np.isfinite(panel.values["air_temperature_c"])
    elevation = sine_of_elevation(panel.hours, panel.latitude, panel.longitude)
    dark = np.maximum(elevation, lagged(elevation, 1)) <= 0
    possible = np.maximum(elevation + lagged(elevation, 1), 0) / 2 * SOLAR_CONSTANT_MJM2H
    # Neither instrument reports at night: what is missing then is zero.
    sun = _zero_where(panel.values["sunshine_h"], dark & seen)
    radiation = _zero_where(panel.values["solar_radiation_mjm2"], dark & seen)
    yield "cloud", "total cloud cover [tenths]", cloud
    yield "cloud_low", "low and middle cloud cover [tenths]", low
    for hours in (3, 6, 24):
        yield (
            f"cloud_{hours}h",
            f"mean total cloud cover, last {hours} h [tenths]",
            rolling_mean(cloud, hours),
        )
        yield (
            f"cloud_low_{hours}h",
            f"mean low and middle cloud, last {hours} h [tenths]",
            rolling_mean(low, hours),
        )
    trend = rolling_mean(cloud, 3) - lagged(rolling_mean(cloud, 3), 3)
    yield "cloud_change_3h", "change of the 3-h mean cloud cover over 3 h [tenths]", trend
    yield "cloud_base", "height of the cloud base [m]", panel.values["cloud_base_m"]
    # Codes as plain numbers: trees find where to cut.
    for code, table in (("high", "0509"), ("mid", "0515"), ("low", "0513")):
        yield f"cloud_{code}_code", f"{code} cloud, WMO code {table}", panel.values[f"cloud_{code}_code"]
    yield "present_weather", "present weather, WMO code 4677", panel.values["present_weather_code"]
    distance = np.log(np.maximum(panel.values["visibility_m"], _LEAST_VISIBILITY_M))
    yield "visibility_log", "natural logarithm of the visibility in m", distance
    yield "visibility_log_6h", "mean of visibility_log, last 6 h", rolling_mean(distance, 6)
    yield "radiation", "global radiation of the last hour [MJ/m²]", radiation
    for hours in (3, 6, 24):
        ratio = _share(radiation, possible, hours)
        yield (
            f"clearness_{hours}h",
            f"share of the sun above the atmosphere that arrived, last {hours} h",
            ratio,
        )
    yield "clearness_24h_before", "clearness_24h a day earlier", lagged(_share(radiation, possible, 24), 24)
    yield "sunshine_3h", "mean sunshine, last 3 h [h/h]", rolling_mean(sun, 3)
    yield "sunshine_24h", "mean sunshine, last 24 h [h/h]", rolling_mean(sun, 24)


def of_rain(panel: Panel, value: Array) -> Iterator[Named]:
    """Precipitation and snow."""
    # No amount of rain or snow is reported as no entry.
    seen = np.isfinite(value)
    rain = _zero_where(panel.values["precipitation_mm"], seen)
    for hours in (3, 12, 24, 72):
        yield f"rain_{hours}h", f"mean precipitation, last {hours} h [mm/h]", rolling_mean(rain, hours)
    yield "wet_6h", "share of the last 6 h with precipitation", rolling_mean(_flag(rain > 0, rain), 6)
    yield "snow_depth", "snow on the ground [cm]", _zero_where(panel.values["snow_depth_cm"], seen)


def of_ground(panel: Panel) -> Iterator[Named]:
    """Temperatures of the ground and the soil against the air's."""
    air, ground = panel.values["air_temperature_c"], panel.values["ground_temperature_c"]
    yield "ground_above_air", "ground surface minus air temperature [K]", ground - air
    for lag in (1, 3, 24):
        yield (
            f"ground_change_{lag}h",
            f"change of the ground surface's temperature over {lag} h [K]",
            (ground - lagged(ground, lag)),
        )
    yield "ground_above_air_24h", "mean of ground_above_air, last 24 h [K]", rolling_mean(ground - air, 24)
    for depth in (5, 30):
        soil = panel.values[f"soil_temperature_{depth}cm_c"]
        yield f"soil_{depth}cm_above_air", f"soil at {depth} cm minus air temperature [K]", soil - air


def of_place_and_time(panel: Panel) -> Iterator[Named]:
    """Coordinates, sun, and the time of the day and the year."""
    shape = (len(panel.stations), panel.length)
    yield "latitude", "degrees north", np.broadcast_to(panel.latitude[:, None], shape)
    yield "longitude", "degrees east", np.broadcast_to(panel.longitude[:, None], shape)
    yield "elevation", "of the station [m]", np.broadcast_to(panel.elevation_m[:, None], shape)
    yield (
        "sun",
        "sine of the sun's elevation",
        sine_of_elevation(panel.hours, panel.latitude, panel.longitude),
    )
    for name, angle in (("day", day_angle(panel.hours)), ("year", year_angle(panel.hours))):
        yield f"{name}_sine", f"sine of the time of the {name} (UTC)", np.broadcast_to(np.sin(angle), shape)
        yield (
            f"{name}_cosine",
            f"cosine of the time of the {name} (UTC)",
            np.broadcast_to(np.cos(angle), shape),
        )


def _share(part: Array, whole: Array, hours: int) -> Array:
    """Ratio of two means; NaN where the second is nearly zero."""
    possible = rolling_mean(whole, hours)
    return np.where(
        possible * hours > _LEAST_SUN_MJM2, rolling_mean(part, hours) / np.maximum(possible, 1e-6), np.nan
    )


def _zero_where(values: Array, absent: Array) -> Array:
    return np.where(np.isnan(values) & absent, np.float32(0), values)


def _flag(truth: Array, known: Array) -> Array:
    return np.where(np.isnan(known), np.float32(np.nan), truth.astype(np.float32))


def wind_vector(panel: Panel) -> tuple[Array, Array]:
    """Wind vector towards the east and the north, m/s; a direction of 0 means calm."""
    speed, direction = panel.values["wind_speed_ms"], panel.values["wind_direction_deg"]
    angle = np.deg2rad(direction)
    calm = direction == 0
    east, north = -speed * np.sin(angle), -speed * np.cos(angle)
    zero = np.float32(0)
    return np.where(calm, zero, east), np.where(calm, zero, north)
