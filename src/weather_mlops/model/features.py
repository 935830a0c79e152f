"""Features of a model: of each station and issue time, only what was known then.

The same functions compute the features of training and of forecasting. All of them look back at most
HISTORY_HOURS; the sum of a window is taken in a fixed order, so that the same hours give the same bits
however much lies before them. The issue time is the newest hour that a feature may use.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np

from weather_mlops.lake.panel import HOUR_STEP, KM_PER_DEGREE, Panel, prolonged
from weather_mlops.model.climatology import Climatology, day_angle, year_angle
from weather_mlops.model.sun import SOLAR_CONSTANT_MJM2H, sine_of_elevation
from weather_mlops.model.targets import Target

REVISION: Final = 2
"""Goes up whenever the meaning of a feature changes: models made before are then refused."""
HISTORY_HOURS: Final = 192
"""Hours that a forecast needs, up to and including its issue time."""
ANOMALY: Final = "T_anomaly"
CLIMATOLOGY: Final = "climatology_above_T"
WAVES: Final = ("day_sine", "day_cosine", "year_sine", "year_cosine")
"""Features that others refer to by name."""
WEEK_ANOMALY: Final = "week_anomaly"
WEEK_ABOVE: Final = "week_above_T"
WEEK_ERROR: Final = "week_error"
"""Counterparts of the climatology that need no year of history: they follow the last week."""
RECENT: Final = frozenset({WEEK_ANOMALY, WEEK_ABOVE, WEEK_ERROR})
SEASONAL: Final = frozenset(
    {
        *("T", "dew_point", "pressure", "soil_30cm_above_air", "latitude", "longitude", "elevation"),
        *("year_sine", "year_cosine", ANOMALY, CLIMATOLOGY, "climatology_change"),
        *(f"anomaly_change_{lag}h" for lag in (1, 3, 6, 12, 24, 48, 72)),
        *(f"anomaly_mean_{hours}h" for hours in (6, 24, 72, 168)),
        *(f"anomaly_{days}d" for days in (1, 2, 3)),
    }
)
"""Features whose values move with the season, or that identify the station: a model of a few months would
learn them by heart, and the next month would lie outside of what it has learned."""
NEIGHBOURS: Final = 4
DAY_HOURS: Final = 24
_LONG: Final = 168  # hours: the longest window
_LEAST_SUN_MJM2: Final = 0.5  # over a window: a share of less than this says nothing
_LEAST_VISIBILITY_M: Final = 10
_INPUTS: Final = (
    "air_temperature_c",
    "dew_point_c",
    "relative_humidity_pct",
    "sea_level_pressure_hpa",
    "wind_direction_deg",
    "wind_speed_ms",
    "cloud_total_tenths",
    "cloud_mid_low_tenths",
    "cloud_base_m",
    "cloud_high_code",
    "cloud_mid_code",
    "cloud_low_code",
    "present_weather_code",
    "visibility_m",
    "sunshine_h",
    "solar_radiation_mjm2",
    "precipitation_mm",
    "snow_depth_cm",
    "ground_temperature_c",
    "soil_temperature_5cm_c",
    "soil_temperature_30cm_c",
)

Array = np.ndarray
Named = tuple[str, str, Array]
"""Name, documentation with unit, values of shape (stations, hours)."""
Choice = Callable[[str], bool]
"""Whether a model uses the feature of this name."""


@dataclass(frozen=True)
class Features:
    """Features of stations and issue times.

    Attributes:
        names: names of the features.
        docs: description of each feature, with its unit.
        values: float32, shape (stations, issue times, features); NaN = not known.
    """

    names: tuple[str, ...]
    docs: tuple[str, ...]
    values: Array

    def concat(self, other: "Features") -> "Features":
        """Join the features of the same stations and issue times, those of ``other`` last."""
        return Features(
            self.names + other.names,
            self.docs + other.docs,
            np.concatenate([self.values, other.values], axis=2),
        )


def inputs(target: Target) -> tuple[str, ...]:
    """Columns of the observations that the features need."""
    return _INPUTS if target.column in _INPUTS else (*_INPUTS, target.column)


def every(_name: str) -> bool:
    """All features."""
    return True


def features(
    panel: Panel, issue_times: Array, target: Target, climatology: Climatology, uses: Choice = every
) -> Features:
    """Features that are the same for all leads.

    Args:
        panel: with the columns of ``inputs``.
        issue_times: indices of the issue times, shape (n,); features are complete from HISTORY_HOURS − 1 on.
        target: what is forecast; its name in features is T.
        climatology: of the target, at the same stations, fitted on the training span.
        uses: which features to compute.
    """
    return _stacked(_all(panel, target, climatology), issue_times, uses)


def lead_features(  # noqa: PLR0913, PLR0917  what a feature is computed from
    panel: Panel,
    issue_times: Array,
    target: Target,
    climatology: Climatology,
    lead: int,
    uses: Choice = every,
) -> Features:
    """Features that belong to one lead.

    Args:
        panel: with the columns of ``inputs``.
        issue_times: indices of the issue times, shape (n,).
        target: what is forecast.
        climatology: of the target, at the same stations.
        lead: hours.
        uses: which features to compute.
    """
    return _stacked(_of_lead(panel, target, climatology, lead, uses), issue_times, uses)


def feature_hash(names: tuple[str, ...]) -> str:
    """Hash by which a model's features are compared with the code's: 16 hexadecimal digits."""
    return sha256(json.dumps([REVISION, HISTORY_HOURS, names]).encode()).hexdigest()[:16]


def _stacked(named: Iterator[Named], issue_times: Array, uses: Choice) -> Features:
    names, docs, arrays = zip(*(each for each in named if uses(each[0])), strict=True)
    values = np.empty((arrays[0].shape[0], len(issue_times), len(arrays)), np.float32)
    for column, array in enumerate(arrays):
        values[..., column] = array[:, issue_times]
    return Features(names, docs, values)


def _all(panel: Panel, target: Target, climatology: Climatology) -> Iterator[Named]:
    value = panel.values[target.column]
    anomaly = value - climatology.at(panel.hours)
    wind = _wind_of(panel)
    yield from _of_target(value, anomaly, target.unit)
    yield from _of_moisture(panel)
    yield from _of_pressure(panel)
    yield from _of_wind(panel, *wind)
    yield from _of_sky(panel)
    yield from _of_rain(panel, value)
    yield from _of_ground(panel)
    yield from _of_place_and_time(panel)
    yield from _of_neighbours(panel, value, anomaly, wind, target.unit)
    yield from _of_gradients(panel, anomaly, target.unit)


def _of_target(value: Array, anomaly: Array, unit: str) -> Iterator[Named]:
    yield "T", f"the target at the issue time [{unit}]", value
    yield ANOMALY, f"T minus its climatology [{unit}]", anomaly
    for lag in (1, 2, 3, 4, 6, 9, 12, 18, 24, 48):
        yield f"T_change_{lag}h", f"change of T over {lag} h [{unit}]", value - lagged(value, lag)
    for lag in (1, 3, 6, 12, 24, 48, 72):
        doc = f"change of the anomaly of T over {lag} h [{unit}]"
        yield f"anomaly_change_{lag}h", doc, anomaly - lagged(anomaly, lag)
    for hours in (6, 24, 72, _LONG):
        yield (
            f"anomaly_mean_{hours}h",
            f"mean anomaly of T, last {hours} h [{unit}]",
            rolling_mean(anomaly, hours),
        )
    yield (
        WEEK_ANOMALY,
        f"T minus its mean at the same hour of the last 7 days [{unit}]",
        value - _week_mean(value, DAY_HOURS),
    )
    high, low = rolling_extreme(value, 24, np.fmax), rolling_extreme(value, 24, np.fmin)
    yield "T_above_low_24h", f"T minus its lowest of the last 24 h [{unit}]", value - low
    yield "T_below_high_24h", f"highest of the last 24 h minus T [{unit}]", high - value


def _of_moisture(panel: Panel) -> Iterator[Named]:
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


def _of_pressure(panel: Panel) -> Iterator[Named]:
    pressure = panel.values["sea_level_pressure_hpa"]
    yield "pressure", "sea-level pressure [hPa]", pressure
    for lag in (1, 3, 6, 12, 24, 48):
        change = pressure - lagged(pressure, lag)
        yield f"pressure_change_{lag}h", f"change of the sea-level pressure over {lag} h [hPa]", change


def _of_wind(panel: Panel, east: Array, north: Array) -> Iterator[Named]:
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


def _of_sky(panel: Panel) -> Iterator[Named]:
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


def _of_rain(panel: Panel, value: Array) -> Iterator[Named]:
    # No amount of rain or snow is reported as no entry.
    seen = np.isfinite(value)
    rain = _zero_where(panel.values["precipitation_mm"], seen)
    for hours in (3, 12, 24, 72):
        yield f"rain_{hours}h", f"mean precipitation, last {hours} h [mm/h]", rolling_mean(rain, hours)
    yield "wet_6h", "share of the last 6 h with precipitation", rolling_mean(_flag(rain > 0, rain), 6)
    yield "snow_depth", "snow on the ground [cm]", _zero_where(panel.values["snow_depth_cm"], seen)


def _of_ground(panel: Panel) -> Iterator[Named]:
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


def _of_place_and_time(panel: Panel) -> Iterator[Named]:
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


def _of_neighbours(
    panel: Panel, value: Array, anomaly: Array, wind: tuple[Array, Array], unit: str
) -> Iterator[Named]:
    """The nearest stations, nearest first; where there are fewer, the features are missing."""
    pressure, cloud, dew = (
        panel.values[name] for name in ("sea_level_pressure_hpa", "cloud_total_tenths", "dew_point_c")
    )
    east_km, north_km = _offsets(panel)
    distance = np.hypot(east_km, north_km)
    np.fill_diagonal(distance, np.inf)
    order = np.argsort(distance, axis=1, kind="stable")
    mean_wind = rolling_mean(wind[0], 6), rolling_mean(wind[1], 6)
    for rank in range(NEIGHBOURS):
        exists = rank < len(panel.stations) - 1
        nearest = order[:, rank] if exists else np.zeros(len(panel.stations), np.int64)

        def of(array: Array, nearest: Array = nearest, *, exists: bool = exists) -> Array:
            return array[nearest] if exists else np.full_like(array, np.nan)

        n, name = f"neighbour {rank + 1}", f"near{rank + 1}"
        yield f"{name}_anomaly", f"anomaly of T at {n} minus here [{unit}]", of(anomaly) - anomaly
        for lag in (1, 3):
            change = of(value) - lagged(of(value), lag)
            yield f"{name}_change_{lag}h", f"change of T at {n} over {lag} h [{unit}]", change
        for lag in (6, 24):
            change = of(anomaly) - lagged(of(anomaly), lag)
            yield (
                f"{name}_anomaly_change_{lag}h",
                f"change of the anomaly at {n} over {lag} h [{unit}]",
                change,
            )
        yield f"{name}_pressure", f"sea-level pressure at {n} minus here [hPa]", of(pressure) - pressure
        yield (
            f"{name}_pressure_change_3h",
            f"change of the pressure at {n} over 3 h [hPa]",
            (of(pressure) - lagged(of(pressure), 3)),
        )
        yield f"{name}_dew_point", f"dew point at {n} minus here [K]", of(dew) - dew
        yield f"{name}_cloud_3h", f"mean cloud cover at {n}, last 3 h [tenths]", rolling_mean(of(cloud), 3)
        yield f"{name}_wind_east", f"wind towards the east at {n} [m/s]", of(wind[0])
        yield f"{name}_wind_north", f"wind towards the north at {n} [m/s]", of(wind[1])
        rows = np.arange(len(panel.stations))
        away = np.maximum(distance[rows, nearest], 1)[:, None] if exists else np.ones((len(rows), 1))
        from_there = -(
            mean_wind[0] * (east_km[rows, nearest][:, None] / away)
            + mean_wind[1] * (north_km[rows, nearest][:, None] / away)
        )
        yield (
            f"{name}_advection",
            f"6-h wind from {n} × its anomaly difference / distance [{unit} m/s/km]",
            (from_there * (of(anomaly) - anomaly) / away),
        )


def _of_gradients(panel: Panel, anomaly: Array, unit: str) -> Iterator[Named]:
    """Planes fitted through all stations: the pressure's gives the large-scale wind, T's what it brings."""
    east, north = _plane(panel, panel.values["sea_level_pressure_hpa"])
    warm_east, warm_north = _plane(panel, anomaly)
    shape = (len(panel.stations), panel.length)
    for name, slope in (("east", east), ("north", north)):
        doc = f"slope of the sea-level pressure towards the {name} over all stations [hPa/100 km]"
        yield f"pressure_slope_{name}", doc, np.broadcast_to(slope, shape)
        change = slope - lagged(slope, 6)
        yield (
            f"pressure_slope_{name}_change_6h",
            "its change over 6 h [hPa/100 km]",
            np.broadcast_to(change, shape),
        )
    # The geostrophic wind blows along the isobars: (−∂p/∂y, ∂p/∂x).
    brought = north * warm_east - east * warm_north
    yield (
        "geostrophic_advection",
        f"what that wind brings, up to a constant [hPa {unit}/(100 km)²]",
        (np.broadcast_to(brought, shape)),
    )


def _of_lead(
    panel: Panel, target: Target, climatology: Climatology, lead: int, uses: Choice
) -> Iterator[Named]:
    value, unit = panel.values[target.column], target.unit
    now = climatology.at(panel.hours)
    anomaly = value - now
    valid = panel.hours + lead * HOUR_STEP
    expected = climatology.at(valid)
    day = 24 * ((lead + 23) // 24)
    shape = value.shape
    yield (
        "climatology_change",
        f"climatology at the valid time minus that of now [{unit}]",
        expected - now,
    )
    yield CLIMATOLOGY, f"climatology at the valid time minus T [{unit}]", expected - value
    for back in (day, day + 24, day + 48):
        then, start = lagged(value, back - lead), lagged(value, back)
        days = back // 24
        yield f"course_{days}d", f"change of T over the same hours {days} days ago [{unit}]", then - start
        yield (
            f"anomaly_{days}d",
            f"anomaly of T at the valid hour {days} days ago [{unit}]",
            (lagged(anomaly, back - lead)),
        )
    if uses(WEEK_ERROR):  # costs twice as much as all others of a lead, and a long history doesn't use it
        yield from _of_last_week(value, day, lead, unit)
    cloud, dew = panel.values["cloud_total_tenths"], panel.values["dew_point_c"]
    yield (
        "cloud_1d",
        "mean cloud cover of 3 h up to the valid hour, the day before [tenths]",
        (lagged(rolling_mean(cloud, 3), day - lead)),
    )
    yield (
        "dew_point_1d",
        "dew point at the valid hour, the day before, minus now [K]",
        (lagged(dew, day - lead) - dew),
    )
    elevation = sine_of_elevation(prolonged(panel.hours, lead), panel.latitude, panel.longitude)
    yield "sun_valid", "sine of the sun's elevation at the valid time", elevation[:, lead:]
    light = np.maximum(elevation, 0)
    total = np.zeros(shape, np.float32)
    for ahead in range(1, lead + 1):
        total += light[:, ahead : ahead + panel.length]
    yield "sun_until_valid", "sum of the sun's sine of elevation by day until the valid time [h]", total
    angle = day_angle(valid)
    yield "valid_day_sine", "sine of the valid time of the day (UTC)", np.broadcast_to(np.sin(angle), shape)
    yield (
        "valid_day_cosine",
        "cosine of the valid time of the day (UTC)",
        np.broadcast_to(np.cos(angle), shape),
    )


def _of_last_week(value: Array, day: int, lead: int, unit: str) -> Iterator[Named]:
    yield (
        WEEK_ABOVE,
        f"mean of T at the valid hour of the last 7 days, minus T [{unit}]",
        _week_mean(value, day - lead) - value,
    )
    yield (
        WEEK_ERROR,
        f"mean absolute error of the last days' forecasts that T changes as the day before [{unit}]",
        _repetition_error(value, lead),
    )


def lagged(values: Array, hours: int) -> Array:
    """Values some hours earlier, along the last axis; NaN before the first."""
    if hours == 0:
        return values
    shifted = np.full_like(values, np.nan)
    shifted[..., hours:] = values[..., :-hours]
    return shifted


def rolling_mean(values: Array, hours: int) -> Array:
    """Mean of the last hours, along the last axis; NaN where fewer than half of them are known."""
    total, count = np.zeros(values.shape, np.float32), np.zeros(values.shape, np.float32)
    known = np.isfinite(values)
    filled = np.where(known, values, np.float32(0)).astype(np.float32)
    length = values.shape[-1]
    for back in range(min(hours, length)):
        total[..., back:] += filled[..., : length - back]
        count[..., back:] += known[..., : length - back]
    return np.where(count >= hours / 2, total / np.maximum(count, 1), np.float32(np.nan))


def _repetition_error(values: Array, lead: int) -> Array:
    """Mean absolute error of forecasting, at the lead, that the change of a day earlier repeats.

    The mean is over as many of the last hours as the history allows, 144 at a lead of 24 h; NaN if it allows
    none.
    """
    hours = HISTORY_HOURS - DAY_HOURS - lead
    if hours < 1:
        return np.full_like(values, np.nan)
    change = values - lagged(values, lead)
    return rolling_mean(np.abs(change - lagged(change, DAY_HOURS)), hours)


def _week_mean(values: Array, newest: int) -> Array:
    """Mean of 7 days at one hour of the day, the newest some hours back; NaN where most are missing."""
    # Only every 24th hour counts: a mean over days, not over hours.
    days = np.stack([lagged(values, newest + DAY_HOURS * back) for back in range(_LONG // DAY_HOURS)])
    known = np.isfinite(days)
    count = known.sum(axis=0, dtype=np.float32)
    total = np.where(known, days, np.float32(0)).sum(axis=0, dtype=np.float32)
    return np.where(count >= len(days) / 2, total / np.maximum(count, 1), np.float32(np.nan))


def rolling_extreme(values: Array, hours: int, choose: np.ufunc) -> Array:
    """Highest or lowest known value of the last hours (np.fmax, np.fmin), along the last axis."""
    extreme = values.copy()
    for back in range(1, min(hours, values.shape[-1])):
        extreme[..., back:] = choose(extreme[..., back:], values[..., :-back])
    return extreme


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


def _wind_of(panel: Panel) -> tuple[Array, Array]:
    """Wind vector towards the east and the north, m/s; a direction of 0 means calm."""
    speed, direction = panel.values["wind_speed_ms"], panel.values["wind_direction_deg"]
    angle = np.deg2rad(direction)
    calm = direction == 0
    east, north = -speed * np.sin(angle), -speed * np.cos(angle)
    zero = np.float32(0)
    return np.where(calm, zero, east), np.where(calm, zero, north)


def _offsets(panel: Panel) -> tuple[Array, Array]:
    """How far each station lies east and north of each other station, km: [from, to]."""
    east = (panel.longitude[None] - panel.longitude[:, None]) * KM_PER_DEGREE
    east = east * np.cos(np.deg2rad(panel.latitude))[:, None]
    north = (panel.latitude[None] - panel.latitude[:, None]) * KM_PER_DEGREE
    return east, north


def _plane(panel: Panel, values: Array) -> tuple[Array, Array]:
    """Slopes of the plane through all stations, towards the east and the north, per 100 km; shape (hours,).

    NaN where fewer than three stations are known, or all lie on a line.
    """
    scale = KM_PER_DEGREE / 100
    east = (panel.longitude - panel.longitude.mean()) * scale * np.cos(np.deg2rad(panel.latitude.mean()))
    north = (panel.latitude - panel.latitude.mean()) * scale
    known = np.isfinite(values)
    count = known.sum(axis=0)
    safe = np.maximum(count, 1)

    def centred(each: Array) -> Array:
        return np.where(known, each - np.where(known, each, 0).sum(axis=0) / safe, 0)

    x, y, z = (
        centred(np.broadcast_to(east[:, None], values.shape)),
        centred(np.broadcast_to(north[:, None], values.shape)),
        centred(np.where(known, values.astype(np.float64), 0)),
    )
    xx, yy, xy, xz, yz = ((a * b).sum(axis=0) for a, b in ((x, x), (y, y), (x, y), (x, z), (y, z)))
    area = xx * yy - xy**2
    usable = (count > 2) & (area > 1e-3)  # noqa: PLR2004  three points make a plane
    safe_area = np.where(usable, area, 1)
    return (
        np.where(usable, (xz * yy - yz * xy) / safe_area, np.nan),
        np.where(usable, (yz * xx - xz * xy) / safe_area, np.nan),
    )
