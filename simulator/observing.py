"""From weather to the columns of the wire: rounded, coded, and missing where nothing is measured.

Rain follows KMA's seasons: hourly sums from April to October, three-hourly sums at 00, 03, ... 21 KST from
November to March, by the month of the row's time.
"""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator import clock, codes, noise
from simulator.climate import saturation_hpa, station_pressure_hpa
from simulator.noise import Floats
from simulator.weather import Weather, frozen_share

Columns = Mapping[str, NDArray[Any]]

# Stations where people observe soil temperatures, weather and cloud types: KMA's larger offices. Real rows
# only show that 108 is one of them, and that 90, 100, 136, 143 and 156 have no soil temperatures.
MANNED: Final = (101, 102, 105, 108, 112, 115, 119, 131, 133, 138, 146, 152, 155, 159, 165, 168, 184, 189)
MISSING: Final = -9.0
MISSING_SOIL: Final = -99.0
GUST_FROM_MS: Final = 10.0
SNOW_FROM_CM: Final = 0.05  # the least that rounds to a tenth
CEILOMETER_REPORTS: Final = 0.8  # share of the hours without an observer that have cloud amounts
WINTER_MONTHS: Final = (11, 12, 1, 2, 3)
RAIN_IN_SECTION_1_H: Final = (9, 21)  # KST: the main hours 00 and 12 UTC
_WIRE_HOURS: Final = np.arange(1, clock.HOURS_PER_DAY + 1)[:, None] % 24
_SYNOPTIC: Final = _WIRE_HOURS % 3 == 0


def observe(weather: Weather, day: int) -> Columns:
    """Return the reports of all stations for the 24 hours of a day.

    Returns:
        Column of the wire (without TM and STN) → its values, shape (24, stations), ready to be formatted.
    """
    manned = np.isin(weather.places.ids, MANNED)[None, :]
    hours = clock.first_hour(day) + np.arange(clock.HOURS_PER_DAY)[:, None]
    columns = {**_air(weather, day), **_wind(weather, day, hours)}
    columns |= _rain(weather, day, hours) | _sun_and_ground(weather, day, manned)
    columns |= _watched(weather, day, hours, columns, manned & codes.WATCHED)
    nothing = np.full(columns["TA"].shape, -9)
    columns |= {"RN_INT": nothing, "ST_GD": nothing, "ST_SEA": nothing, "WH": nothing, "BF": nothing}
    return columns


def tenths(values: Floats) -> Floats:
    """Round to one decimal, without negative zeros, which the wire format doesn't have."""
    return np.round(values, 1) + 0.0


def humidity(temperature_c: Floats, dew_point_c: Floats) -> dict[str, Floats]:
    """Compute PV and HM from the rounded TA and TD: PV = e(TD), HM = 100 e(TD) / e(TA)."""
    vapour, saturation = saturation_hpa(dew_point_c), saturation_hpa(temperature_c)
    return {"PV": tenths(vapour), "HM": np.clip(np.round(100 * vapour / saturation), 1, 100)}


def _air(weather: Weather, day: int) -> dict[str, NDArray[Any]]:
    air, ground = weather.air(day), weather.ground(day)
    temperature = tenths(air.temperature_c)
    dew_point = np.minimum(tenths(air.dew_point_c), temperature)
    earlier, between, now = ground.pressures_hpa
    change = tenths(tenths(now) - tenths(earlier))
    return {
        "TA": temperature,
        "TD": dew_point,
        **humidity(temperature, dew_point),
        "PS": tenths(now),
        "PA": tenths(station_pressure_hpa(now, air.temperature_c, weather.places)),
        "PR": np.where(_SYNOPTIC, change, MISSING),
        "PT": np.where(_SYNOPTIC, codes.pressure_tendency(earlier, between, now), codes.MISSING),
    }


def _wind(weather: Weather, day: int, hours: NDArray[Any]) -> dict[str, NDArray[Any]]:
    air, ids = weather.air(day), weather.places.ids
    direction = codes.wind_tens(air.east_ms, air.north_ms)
    gusty = air.gust_ms >= GUST_FROM_MS
    minute = (60 * noise.uniform(weather.seed, "gust/minute", hours, ids)).astype(np.int64)
    moment = (_WIRE_HOURS - 1) % 24 * 100 + minute
    return {
        "WD": direction,
        "WS": tenths(np.hypot(air.east_ms, air.north_ms)),
        "GST_WD": np.where(gusty, direction, codes.MISSING),
        "GST_WS": np.where(gusty, np.floor(air.gust_ms), MISSING),
        "GST_TM": np.where(gusty, moment, codes.MISSING),
    }


def _rain(weather: Weather, day: int, hours: NDArray[Any]) -> dict[str, NDArray[Any]]:
    sky, ground = weather.sky(day), weather.ground(day)
    winter = np.isin([clock.month_of(int(hour)) for hour in hours[:, 0]], WINTER_MONTHS)[:, None]
    hourly = _where(sky.wet, sky.rain_mm)
    three_hourly = _where(ground.wet_3h & _SYNOPTIC, ground.rain_3h_mm)
    reported = np.where(winter, three_hourly, hourly)
    today = _where(ground.wet_today, ground.rain_day_mm)
    main_hour = np.isin(_WIRE_HOURS, RAIN_IN_SECTION_1_H)
    wet = np.where(winter, sky.wet | (reported >= 0), sky.wet)
    return {
        "RN": reported,
        "RN_DAY": today,
        "RN_JUN": today,
        "SD_HR3": _where(_SYNOPTIC & (ground.snow_3h_cm >= SNOW_FROM_CM), ground.snow_3h_cm),
        "SD_DAY": _where(ground.snow_day_cm >= SNOW_FROM_CM, ground.snow_day_cm),
        "SD_TOT": _where(ground.snow_depth_cm >= SNOW_FROM_CM, ground.snow_depth_cm),
        "IR": np.where(wet, np.where(main_hour, 1, 4), 3),
    }


def _where(measured: NDArray[np.bool_], values: Floats) -> Floats:
    return np.where(measured, tenths(values), MISSING)


def _sun_and_ground(weather: Weather, day: int, manned: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    sky, air, ground = weather.sky(day), weather.air(day), weather.ground(day)
    daylight = sky.sun_up > 0
    # A snow cover's surface doesn't rise above the melting point.
    snowed = ground.snow_depth_cm >= 1
    names = ("TE_005", "TE_01", "TE_02", "TE_03")
    soil = {
        name: np.where(manned, tenths(layer), MISSING_SOIL)
        for name, layer in zip(names, ground.soil_c, strict=True)
    }
    return {
        "SS": np.where(daylight, tenths(sky.sun_up * np.clip(1.15 - 1.15 * sky.cloud, 0, 1)), MISSING),
        "SI": np.where(daylight, np.round(sky.radiation_mjm2, 2), MISSING),
        "TS": tenths(np.where(snowed, np.minimum(air.surface_c, 0), air.surface_c)),
        **soil,
    }


def _watched(
    weather: Weather, day: int, hours: NDArray[Any], columns: Columns, watched: NDArray[np.bool_]
) -> dict[str, NDArray[Any]]:
    """Return what people observe where they do; visibility and cloud amount are measured everywhere."""
    sky, ids, seed = weather.sky(day), weather.places.ids, weather.seed
    fallen = sky.wet
    visibility = codes.visibility_tens(columns["HM"], sky.rain_mm, noise.smooth(seed, "haze", hours, 9, ids))
    now, past, text = codes.present_weather(
        sky.rain_mm, fallen, frozen_share(weather.air(day).temperature_c), visibility, columns["HM"]
    )
    total = np.maximum(np.round(10 * sky.cloud).astype(np.int64), np.where(fallen, 6, 0))
    # High cloud alone, some above the low cloud, or none.
    layer = np.digitize(noise.smooth(seed, "low cloud", hours, 12, ids), [-0.6, 0.3])
    low = np.where(fallen, np.maximum(total - 2, 5), np.choose(layer, [0, np.maximum(total - 1, 0), total]))
    letters, high, mid, base, height = codes.clouds(total, low, fallen)
    seen = codes.WATCHED | (noise.uniform(seed, "ceilometer", hours, ids) < CEILOMETER_REPORTS)
    note = watched & (text != "-")
    return {
        "VS": visibility,
        "WC": np.where(note, now, codes.MISSING),
        "WP": np.where(note, past, codes.MISSING),
        "WW": np.where(note, text, "-"),
        "IX": np.where(note, 1, np.where(watched, 2, codes.MISSING)),
        "CA_TOT": np.where(seen, total, codes.MISSING),
        "CA_MID": low,
        "CH_MIN": height,
        "CT": np.where(watched, letters, "-"),
        "CT_TOP": np.where(watched, high, codes.MISSING),
        "CT_MID": np.where(watched, mid, codes.MISSING),
        "CT_LOW": np.where(watched, base, codes.MISSING),
    }
