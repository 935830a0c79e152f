"""What an observer would report: weather, clouds and pressure tendency as codes.

WMO code tables by number; combinations of codes follow the observations of 2018-2020. All arrays have the
shape (24 hours, stations).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.noise import Floats

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Texts = NDArray[np.str_]

MISSING: Final = -9
# Hours KST, in the order of a day's rows (01 to 24), at which people observe the sky.
WATCHED: Final = np.isin(np.arange(1, 25) % 24, [0, *range(3, 19), 21])[:, None]
# 16 wind directions in tens of degrees, from north clockwise, as KMA rounds them; calm is 0.
_WIND_TENS: Final = np.array([36, 2, 5, 7, 9, 11, 14, 16, 18, 20, 23, 25, 27, 29, 32, 34])
CALM_BELOW_MS: Final = 0.5
_HEAVY_MM: Final = 4.0
_THUNDER_MM: Final = 12.0
_SNOW_SHARE: Final = 0.7
_SLEET_SHARE: Final = 0.3
_FOG_BELOW: Final = 100  # tens of metres: fog is a visibility under 1 km
_MIST_BELOW: Final = 1000  # tens of metres
_MOIST_PCT: Final = 75  # from here on it is mist, below dry haze
_SATURATED_PCT: Final = 98
_OVERCAST_TENTHS: Final = 9


def wind_tens(east_ms: Floats, north_ms: Floats) -> Ints:
    """Return the direction that the wind comes from, tens of degrees of 16 directions; 0 when calm."""
    degrees = np.degrees(np.arctan2(-east_ms, -north_ms)) % 360
    sector = np.floor(degrees / 22.5 + 0.5).astype(np.int64) % 16
    return np.where(np.round(np.hypot(east_ms, north_ms), 1) < CALM_BELOW_MS, 0, _WIND_TENS[sector])


def pressure_tendency(earlier: Floats, between: Floats, now: Floats) -> Ints:
    """Return WMO code 0200, the trend over three hours, from the pressures three, one and zero hours ago."""
    change = np.round(now - earlier, 1)
    first, last = between - earlier, now - between
    rising = np.select([(first > 0) & (last < 0), first < 0], [0, 3], 2)
    falling = np.select([(first < 0) & (last > 0), first > 0], [5, 8], 7)
    return np.where(change > 0, rising, np.where(change < 0, falling, 4))


def visibility_tens(humidity_pct: Floats, rain_mm: Floats, haze: Floats) -> Ints:
    """Return the visibility in tens of metres, at most 50 km; moist air, rain and haze reduce it.

    Args:
        humidity_pct: relative humidity.
        rain_mm: rain of the hour.
        haze: index of haze, normally distributed; 1 = clean air.
    """
    moist = np.exp(-np.maximum(humidity_pct - 55, 0) / 32)
    clear = 2600 * moist * np.exp(0.45 * haze) / (1 + 0.5 * rain_mm)
    foggy = np.where((humidity_pct >= _SATURATED_PCT) & (haze < -1), 0.06, 1)
    return np.clip(clear * foggy, 4, 5000).astype(np.int64)


def present_weather(
    rain_mm: Floats, fallen: Bools, snow_share: Floats, visibility: Ints, humidity_pct: Floats
) -> tuple[Ints, Ints, Texts]:
    """Return present weather (WMO 4677), past weather (WMO 4561, two digits) and KMA's text code.

    Args:
        rain_mm: precipitation of the hour, melted.
        fallen: whether anything fell.
        snow_share: share of snow in the precipitation, 0 to 1.
        visibility: visibility in tens of metres.
        humidity_pct: relative humidity.
    """
    fog, mist = visibility < _FOG_BELOW, (visibility < _MIST_BELOW) & (humidity_pct >= _MOIST_PCT)
    haze = (visibility < _MIST_BELOW) & ~mist
    snow, sleet = fallen & (snow_share > _SNOW_SHARE), fallen & (snow_share > _SLEET_SHARE)
    thunder, heavy, measured = rain_mm >= _THUNDER_MM, rain_mm >= _HEAVY_MM, rain_mm > 0
    cases = [snow & heavy, snow & measured, snow, sleet, thunder, fallen & heavy, fallen & measured, fallen]
    now = np.select([*cases, fog, mist, haze], [73, 71, 70, 68, 95, 63, 61, 60, 45, 10, 5], MISSING)
    past = np.select([*cases, fog, mist, haze], [77, 77, 72, 66, 98, 66, 66, 62, 44, 22, 0], MISSING)
    kind = np.select([snow, sleet, thunder, fallen], ["05", "06", "0104", "01"], "")
    air = np.select([fog, mist, haze], ["16", "19", "40"], "")
    text = np.char.add(air, kind)
    return now, past, np.where(text == "", "-", text)


def clouds(total: Ints, low: Ints, fallen: Bools) -> tuple[Texts, Ints, Ints, Ints, Ints]:
    """Return cloud types as letters, high, mid and low cloud (WMO 0509, 0515, 0513), and base in 100 m.

    Args:
        total: cloud cover in tenths of the sky.
        low: tenths covered by mid and low cloud.
        fallen: whether anything fell.
    """
    cases = [fallen & (low > 0), low >= _OVERCAST_TENTHS, (low > 0) & (total > low), low > 0, total > 0]
    letters = np.select(cases, ["StNs", "ScAs", "ScCi", "Sc", "Ci"], "-")
    high = np.select(cases, [MISSING, MISSING, 1, 0, 1], MISSING)
    mid = np.select(cases, [2, 2, 0, 0, 0], MISSING)
    base = np.select(cases, [7, 5, 5, 5, 0], MISSING)
    height = np.select([fallen & (low > 0), low > 0], [3, 16 - low], MISSING)
    return letters, high, mid, base, height
