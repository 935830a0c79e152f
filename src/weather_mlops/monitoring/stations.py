"""Checks of each station: whether it is silent, and whether its sensors are stuck or biased.

``monitoring/data/sensors.json`` contains since when a sensor is off, by ``variable@station``: later values
are not used for its typical difference from the neighbours. Otherwise a bias of three weeks would look
normal.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np

from weather_mlops.lake import documents
from weather_mlops.lake.documents import MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.panel import Panel
from weather_mlops.monitoring import sensors
from weather_mlops.monitoring.checks import Check
from weather_mlops.monitoring.data_limits import DataQualityLimits
from weather_mlops.monitoring.figures.data import StationSensors
from weather_mlops.monitoring.section_builder import Rule
from weather_mlops.monitoring.sensors import Bias
from weather_mlops.stations import Station, stations_by_id
from weather_mlops.variables import BY_NAME

SENSORS_KEY: Final = "monitoring/data/sensors.json"
SILENT: Final = Rule("station_silent", "h")
STUCK: Final = Rule("sensor_stuck", "h")
BIAS: Final = Rule("sensor_bias")
"""Without a unit: the unit of the figure depends on the variable, see ``sensor_bias_rule``."""
RULES: Final = (SILENT, STUCK, BIAS)
WINDOW_DAYS: Final = 30
"""Days from which the typical differences are derived: fewer are too few, more are from another season."""
MIN_DAYS: Final = 7
"""Smallest number of days for a typical difference at an hour."""
SUSPECTED: Final = 0.3
"""From this share of the limit on, a sensor's values are not used for its typical differences."""


@dataclass(frozen=True, slots=True)
class SensorSettings:
    """Settings for the checks of a variable.

    Attributes:
        least_spread: lower limit of the spread of a day's median deviation, in the variable's unit: smaller
            deviations don't matter.
        least_range: smallest range of the neighbours, in the variable's unit, for a constant value to be a
            fault.
        biased: whether the bias is checked: neighbours are no reference for the wind.
    """

    least_spread: float
    least_range: float
    biased: bool = True


WATCHED: Final = {
    "air_temperature_c": SensorSettings(0.4, 1.5),
    "dew_point_c": SensorSettings(0.6, 1.5),
    "relative_humidity_pct": SensorSettings(2.5, 15),
    "sea_level_pressure_hpa": SensorSettings(0.25, 1.5),
    "wind_speed_ms": SensorSettings(1.0, 1.0, biased=False),
}


def sensor_bias_rule(variable: str) -> Rule:
    """Return the rule of a bias; its unit is that of the variable, times days."""
    return replace(BIAS, unit=f"{BY_NAME[variable].unit}·d")


@dataclass(frozen=True)
class Watched:
    """Measurements of the stations of a panel; arrays of shape (stations,).

    Attributes:
        panel: observations of 30 days.
        silent_hours: hours from a station's newest row to the newest row of all stations.
        bias: bias of the sensors, by variable.
        constant: hours for which the newest value has not changed, by variable.
        stuck: whether that is a fault, by variable.
    """

    panel: Panel
    silent_hours: np.ndarray
    bias: Mapping[str, Bias]
    constant: Mapping[str, np.ndarray]
    stuck: Mapping[str, np.ndarray]

    @property
    def off_since(self) -> dict[str, str]:
        """Biased sensors, ``variable@station``, and the first hour of the bias (ISO 8601)."""
        return {
            f"{name}@{self.panel.stations[index]}": self.panel.time_at(int(bias.onset[index])).isoformat()
            for name, bias in self.bias.items()
            for index in np.flatnonzero(bias.beyond)
        }


def watch(
    panel: Panel, present: np.ndarray, off_since: Mapping[str, str], limits: DataQualityLimits
) -> Watched:
    """Compare each station with its neighbours.

    Args:
        panel: observations of the last WINDOW_DAYS, whole days.
        present: whether there is a row; bool, shape (stations, hours).
        off_since: sensors that were off in the last run, see ``Watched.off_since``.
        limits: limits of the checks.
    """
    near = sensors.nearest(
        panel.latitude, panel.longitude, panel.elevation_m, limits.neighbours, limits.neighbours_within_km
    )
    bias, constant, stuck = {}, {}, {}
    for name, settings in WATCHED.items():
        values = panel.values[name].astype(np.float64)
        physical = BY_NAME[name].physical
        low, high = (physical.low, physical.high) if physical else (-np.inf, np.inf)
        constant[name] = sensors.constant_hours(values, low, high)
        stuck[name] = sensors.stuck(
            values, near, constant[name], hours=limits.stuck_hours, least_range=settings.least_range
        )
        if settings.biased:
            known = _excluded(panel, name, off_since)
            first = _biases(values, near, known, settings, limits)
            # Second pass: hours of a suspected bias must not count as typical, or they would hide it.
            suspected = (first.excess > SUSPECTED * first.limit)[:, None]
            grown = np.arange(panel.length) >= first.onset[:, None]
            bias[name] = _biases(values, near, known | (suspected & grown), settings, limits)
    return Watched(panel, _silent_hours(present), bias, constant, stuck)


def _biases(
    values: np.ndarray,
    near: np.ndarray,
    excluded: np.ndarray,
    settings: SensorSettings,
    limits: DataQualityLimits,
) -> Bias:
    anomaly, neighbours = sensors.anomalies(
        values, near, excluded, min_days=MIN_DAYS, min_neighbours=limits.min_neighbours
    )
    return sensors.bias(
        anomaly,
        neighbours,
        excluded,
        least_spread=settings.least_spread,
        allowance=limits.bias_allowance,
        limit_days=limits.bias_limit_days,
        summed_days=limits.bias_summed_days,
        min_days=MIN_DAYS,
    )


def checks(measured: Watched, limits: DataQualityLimits, station_ids: np.ndarray) -> list[Check]:
    """Return a check of each kind for each watched station.

    Args:
        measured: measurements of all stations.
        limits: limits of the checks.
        station_ids: ids of the watched stations.
    """
    results = []
    for index, station_id in enumerate(measured.panel.stations):
        if station_id not in station_ids:
            continue
        station = stations_by_id()[int(station_id)]
        silent = float(measured.silent_hours[index])
        detail = f"{station.english}: no row for {silent:.0f} h, while other stations have some"
        results.append(SILENT.above(silent, limits.silent_hours, detail, str(station.id)))
        if silent > limits.silent_hours:
            reason = f"{station.english}: silent for {silent:.0f} h"
            results += [rule.unknown(reason, subject=str(station.id)) for rule in (STUCK, BIAS)]
            continue
        results += [_stuck(measured, index, station, limits), _bias(measured, index, station)]
    return results


def figures(measured: Watched, index: int) -> StationSensors:
    """Return the figures of one station.

    Args:
        measured: measurements of all stations.
        index: index of the station in ``measured``.
    """
    return {
        "silent_hours": float(measured.silent_hours[index]),
        "bias": {
            name: {
                "value": _number(bias.value[index]),
                "excess": _number(bias.excess[index]),
                "limit": _number(bias.limit[index]),
                "neighbours": int(bias.neighbours[index]),
            }
            for name, bias in measured.bias.items()
        },
        "constant_hours": {name: int(hours[index]) for name, hours in measured.constant.items()},
    }


def load_off_sensors(store: ObjectStore) -> dict[str, str]:
    """Read the sensors that were off in the last run; empty if that can't be read.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    consequence = "the sensors that were off in the last run are unknown"
    return documents.read_or_none(store, SENSORS_KEY, dict[str, MomentText], consequence) or {}


def save_off_sensors(store: ObjectStore, before: Mapping[str, str], off: Mapping[str, str]) -> None:
    """Store the sensors that are off, if that changed.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    after = since_first(before, off)
    if after != before:
        store.put(SENSORS_KEY, json.dumps(after, indent=1).encode(), "application/json")


def since_first(before: Mapping[str, str], off: Mapping[str, str]) -> dict[str, str]:
    """Return the sensors that are off, each with the earliest time on record."""
    return {name: min(since, before.get(name, since)) for name, since in off.items()}


def _stuck(measured: Watched, index: int, station: Station, limits: DataQualityLimits) -> Check:
    names = sorted(WATCHED, key=lambda name: (measured.stuck[name][index], measured.constant[name][index]))
    name, any_stuck = names[-1], bool(measured.stuck[names[-1]][index])
    hours = float(measured.constant[name][index])
    unchanged, limit = f"{BY_NAME[name].english} has not changed for {hours:.0f} h", limits.stuck_hours - 1
    if any_stuck:
        detail = f"{station.english}: {unchanged}, while neighbours changed"
        return STUCK.above(hours, limit, detail, str(station.id))
    detail = f"{station.english}: {unchanged}, longest of its sensors"
    return STUCK.above(min(hours, limit), limit, detail, str(station.id))


def _bias(measured: Watched, index: int, station: Station) -> Check:
    ratios = {
        name: bias.excess[index] / bias.limit[index]
        for name, bias in measured.bias.items()
        if np.isfinite(bias.value[index]) and np.isfinite(bias.excess[index])
    }
    if not ratios:
        few = max(measured.bias.values(), key=lambda bias: int(bias.neighbours[index]))
        reason = (
            f"{station.english}: not enough yet ({few.days[index]} d, {few.neighbours[index]} neighbours): "
            "a sensor is compared with its neighbours over the days before"
        )
        return BIAS.unknown(reason, subject=str(station.id))
    name = max(ratios, key=lambda each: ratios[each])
    bias, variable = measured.bias[name], BY_NAME[name]
    value, excess, limit = (float(each[index]) for each in (bias.value, bias.excess, bias.limit))
    detail = (
        f"{station.english}: {variable.english} {value:+.1f} {variable.unit} compared with "
        f"{bias.neighbours[index]} neighbours (last day's median); beyond the typical "
        f"{bias.spread[index]:.1f} {variable.unit} it adds up to {excess:.1f} {variable.unit}·d"
    )
    return sensor_bias_rule(name).above(round(excess, 2), round(limit, 2), detail, str(station.id))


def _excluded(panel: Panel, name: str, off_since: Mapping[str, str]) -> np.ndarray:
    """Return the hours of sensors that are off, bool, shape (stations, hours)."""
    hours = np.arange(panel.length)
    first = [
        panel.index_of(datetime.fromisoformat(off_since[sensor])) if sensor in off_since else panel.length
        for sensor in (f"{name}@{station_id}" for station_id in panel.stations)
    ]
    return np.asarray(hours >= np.array(first)[:, None])


def _silent_hours(present: np.ndarray) -> np.ndarray:
    """Count the hours from each station's newest row to the newest row of all stations."""
    # argmax on the reversed hours counts the hours since the newest row.
    since = np.where(present.any(axis=1), present[:, ::-1].argmax(axis=1), present.shape[1])
    return np.asarray(since - since.min())


def _number(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
