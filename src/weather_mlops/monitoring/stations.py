"""Which stations are silent, and which of their sensors are stuck or off: station by station.

``monitoring/data/sensors.json`` holds since when a sensor is off, by ``variable@station``: from then on it
tells nothing of what is usual for it. Without it, a bias of three weeks would be taken for the usual one.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np

from weather_mlops.errors import ObjectDamaged
from weather_mlops.kma.stations import Station, load_stations
from weather_mlops.lake import documents
from weather_mlops.lake.documents import MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.panel import Panel
from weather_mlops.monitoring import sensors
from weather_mlops.monitoring.checks import Check
from weather_mlops.monitoring.data_limits import DataQualityLimits
from weather_mlops.monitoring.section_builder import Rule
from weather_mlops.monitoring.sensors import Bias
from weather_mlops.variables import BY_NAME

log = logging.getLogger(__name__)

SENSORS_KEY: Final = "monitoring/data/sensors.json"
SILENT: Final = Rule("station_silent", "h")
STUCK: Final = Rule("sensor_stuck", "h")
BIAS: Final = Rule("sensor_bias")
"""Without a unit: that of a figure is its variable's, see ``sensor_bias_rule``."""
RULES: Final = (SILENT, STUCK, BIAS)
WINDOW_DAYS: Final = 30
"""What is usual is told by so many days: fewer are too few, more are of another season."""
MIN_DAYS: Final = 7
"""Days at an hour without which it isn't known what is usual at it."""


SUSPECTED: Final = 0.3
"""Share of the limit from which on a sensor's own hours tell nothing of what is usual for it."""


@dataclass(frozen=True, slots=True)
class Sensed:
    """How a variable is watched.

    Attributes:
        least_spread: of a day's median beside the neighbours, in its unit; where it is less, nobody minds.
        least_range: what neighbours must have moved by, in its unit, for a constant value to be a fault.
        biased: whether neighbours tell its bias: of the wind they don't.
    """

    least_spread: float
    least_range: float
    biased: bool = True


WATCHED: Final = {
    "air_temperature_c": Sensed(0.4, 1.5),
    "dew_point_c": Sensed(0.6, 1.5),
    "relative_humidity_pct": Sensed(2.5, 15),
    "sea_level_pressure_hpa": Sensed(0.25, 1.5),
    "wind_speed_ms": Sensed(1.0, 1.0, biased=False),
}


def sensor_bias_rule(variable: str) -> Rule:
    """The check of a bias; its unit is the variable's, times days."""
    return replace(BIAS, unit=f"{BY_NAME[variable].unit}·d")


@dataclass(frozen=True)
class Watched:
    """What was found of the stations of a grid; arrays of shape (stations,).

    Attributes:
        grid: 30 days.
        silent_hours: since a station's newest row, counted from the newest row of all.
        bias: by variable.
        constant: hours that the newest value has stood still, by variable.
        stuck: whether that is a fault, by variable.
    """

    grid: Panel
    silent_hours: np.ndarray
    bias: Mapping[str, Bias]
    constant: Mapping[str, np.ndarray]
    stuck: Mapping[str, np.ndarray]

    @property
    def off_since(self) -> dict[str, str]:
        """Sensors that are off, ``variable@station``, and the first hour of it (ISO 8601)."""
        return {
            f"{name}@{self.grid.stations[place]}": self.grid.time_at(int(bias.onset[place])).isoformat()
            for name, bias in self.bias.items()
            for place in np.flatnonzero(bias.beyond)
        }


def watch(
    grid: Panel, present: np.ndarray, off_since: Mapping[str, str], limits: DataQualityLimits
) -> Watched:
    """Look at each station beside its neighbours.

    Args:
        grid: of the last WINDOW_DAYS, whole days.
        present: whether there is a row; bool, shape (stations, hours).
        off_since: sensors that were off when they were looked at last, as ``Watched.off_since`` tells.
        limits: what is still well.
    """
    near = sensors.nearest(
        grid.latitude, grid.longitude, grid.elevation_m, limits.neighbours, limits.neighbours_within_km
    )
    bias, constant, stuck = {}, {}, {}
    for name, sensed in WATCHED.items():
        values = grid.values[name].astype(np.float64)
        physical = BY_NAME[name].physical
        low, high = (physical.low, physical.high) if physical else (-np.inf, np.inf)
        constant[name] = sensors.constant_hours(values, low, high)
        stuck[name] = sensors.stuck(
            values, near, constant[name], hours=limits.stuck_hours, least_range=sensed.least_range
        )
        if sensed.biased:
            known = _excluded(grid, name, off_since)
            first = _biases(values, near, known, sensed, limits)
            # What may be a bias must not tell what is usual, while it is judged whether it is one.
            suspected = (first.excess > SUSPECTED * first.limit)[:, None]
            grown = np.arange(grid.length) >= first.onset[:, None]
            bias[name] = _biases(values, near, known | (suspected & grown), sensed, limits)
    return Watched(grid, _silent_hours(present), bias, constant, stuck)


def _biases(
    values: np.ndarray, near: np.ndarray, distrusted: np.ndarray, sensed: Sensed, limits: DataQualityLimits
) -> Bias:
    anomaly, number = sensors.anomalies(
        values, near, distrusted, min_days=MIN_DAYS, min_neighbours=limits.min_neighbours
    )
    return sensors.bias(
        anomaly,
        number,
        distrusted,
        least_spread=sensed.least_spread,
        allowance=limits.bias_allowance,
        limit_days=limits.bias_limit_days,
        summed_days=limits.bias_summed_days,
        min_days=MIN_DAYS,
    )


def checks(found: Watched, limits: DataQualityLimits, watched: np.ndarray) -> list[Check]:
    """One check of each kind and station that is watched."""
    told = []
    for place, number in enumerate(found.grid.stations):
        if number not in watched:
            continue
        station = by_id()[int(number)]
        silent = float(found.silent_hours[place])
        detail = f"{station.english}: no row for {silent:.0f} h, while others have some"
        told.append(SILENT.above(silent, limits.silent_hours, detail, str(station.id)))
        if silent > limits.silent_hours:
            why = f"{station.english}: silent for {silent:.0f} h"
            told += [rule.unknown(why, subject=str(station.id)) for rule in (STUCK, BIAS)]
            continue
        told += [_stuck(found, place, station, limits), _bias(found, place, station)]
    return told


def figures(found: Watched, place: int) -> dict[str, Any]:
    """Of one station, as ``data_quality`` documents them."""
    return {
        "silent_hours": float(found.silent_hours[place]),
        "bias": {
            name: {
                **{figure: _number(getattr(bias, figure)[place]) for figure in ("value", "excess", "limit")},
                "neighbours": int(bias.neighbours[place]),
            }
            for name, bias in found.bias.items()
        },
        "constant_hours": {name: int(hours[place]) for name, hours in found.constant.items()},
    }


def load_off(store: ObjectStore) -> dict[str, str]:
    """Sensors that were off at the last look; none where that can't be read.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        return documents.read(store, SENSORS_KEY, dict[str, MomentText])
    except FileNotFoundError:
        return {}
    except ObjectDamaged as error:
        log.warning("which sensors were off is not known: %s", error)
        return {}


def keep_off(store: ObjectStore, before: Mapping[str, str], off: Mapping[str, str]) -> None:
    """Keep which sensors are off.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    after = since_first(before, off)
    if after != before:
        store.put(SENSORS_KEY, json.dumps(after, indent=1).encode(), "application/json")


def since_first(before: Mapping[str, str], off: Mapping[str, str]) -> dict[str, str]:
    """Sensors that are off; since when stays what was told first."""
    return {name: min(since, before.get(name, since)) for name, since in off.items()}


def by_id() -> dict[int, Station]:
    """The stations of the network."""
    return {station.id: station for station in load_stations()}


def _stuck(found: Watched, place: int, station: Station, limits: DataQualityLimits) -> Check:
    names = sorted(WATCHED, key=lambda name: (found.stuck[name][place], found.constant[name][place]))
    name, any_stuck = names[-1], bool(found.stuck[names[-1]][place])
    hours = float(found.constant[name][place])
    label = BY_NAME[name].english
    if any_stuck:
        detail = f"{station.english}: {label} has stood still for {hours:.0f} h, while neighbours moved"
        return STUCK.above(hours, limits.stuck_hours - 1, detail, str(station.id))
    return STUCK.above(
        min(hours, limits.stuck_hours - 1),
        limits.stuck_hours - 1,
        f"{station.english}: {label} has stood still for {hours:.0f} h, longest of its sensors",
        str(station.id),
    )


def _bias(found: Watched, place: int, station: Station) -> Check:
    told = {
        name: bias.excess[place] / bias.limit[place]
        for name, bias in found.bias.items()
        if np.isfinite(bias.value[place]) and np.isfinite(bias.excess[place])
    }
    if not told:
        few = max(found.bias.values(), key=lambda bias: int(bias.neighbours[place]))
        why = (
            f"{station.english}: not enough yet ({few.days[place]} d, {few.neighbours[place]} neighbours): "
            "a sensor is judged by what others nearby told in the days before"
        )
        return BIAS.unknown(why, subject=str(station.id))
    name = max(told, key=lambda each: told[each])
    bias, variable = found.bias[name], BY_NAME[name]
    value, excess, limit = (float(getattr(bias, each)[place]) for each in ("value", "excess", "limit"))
    detail = (
        f"{station.english}: {variable.english} {value:+.1f} {variable.unit} beside what "
        f"{bias.neighbours[place]} neighbours tell (last day's median); beyond the usual "
        f"{bias.spread[place]:.1f} {variable.unit} it adds up to {excess:.1f} {variable.unit}·d"
    )
    return sensor_bias_rule(name).above(round(excess, 2), round(limit, 2), detail, str(station.id))


def _excluded(grid: Panel, name: str, off_since: Mapping[str, str]) -> np.ndarray:
    """Hours of sensors that are off, bool, shape (stations, hours)."""
    hours = np.arange(grid.length)
    first = [
        grid.index_of(datetime.fromisoformat(off_since[sensor])) if sensor in off_since else grid.length
        for sensor in (f"{name}@{number}" for number in grid.stations)
    ]
    return np.asarray(hours >= np.array(first)[:, None])


def _silent_hours(present: np.ndarray) -> np.ndarray:
    """Hours from each station's newest row to the newest of all."""
    since = np.where(present.any(axis=1), present[:, ::-1].argmax(axis=1), present.shape[1])
    return np.asarray(since - since.min())


def _number(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
