"""Completeness and validity of the last 31 days: expected and present rows, values inside physical limits."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR, whole_hour
from weather_mlops.lake.observations_reader import read_panel
from weather_mlops.lake.panel import Panel
from weather_mlops.monitoring.checks import share
from weather_mlops.monitoring.figures import WindowName
from weather_mlops.monitoring.figures.data import (
    HourlyCompleteness,
    ObservedVariable,
    StationCompleteness,
    WindowCounts,
)
from weather_mlops.stations import stations_by_id
from weather_mlops.variables import VARIABLES, Variable

WINDOWS: Final[dict[WindowName, int]] = {"24h": 24, "7d": 168, "30d": 720}
"""Length in hours of each window, by its name."""
READ_HOURS: Final = 744
"""31 days: the longest window plus the hours that are not due yet."""
MEASURED: Final = tuple(variable for variable in VARIABLES if variable.physical is not None)
NO_COUNTS: Final[WindowCounts] = {
    "first": None,
    "last": None,
    "stations": None,
    "expected": None,
    "present": None,
    "completeness": None,
    "values": None,
    "outside": None,
    "validity": None,
}


@dataclass(frozen=True)
class Rows:
    """The observations of 31 days.

    Attributes:
        panel: all measured variables.
        present: whether there is a row; bool, shape (stations, hours).
        expected: whether there should be a row, same shape: from the station's first row up to the last hour
            that is due. A station without any row in 31 days no longer counts as part of the network.
        due: index after the last hour that is due.
    """

    panel: Panel
    present: np.ndarray
    expected: np.ndarray
    due: int

    @property
    def newest(self) -> datetime:
        """Hour of the newest row."""
        return self.panel.time_at(int(np.flatnonzero(self.present.any(axis=0))[-1]))

    def last(self, hours: int) -> slice:
        """Return the slice of the last hours that are due."""
        return slice(max(0, self.due - hours), self.due)


def read(catalog: Catalog, grace_hours: float, now: datetime) -> Rows | None:
    """The observations of the last 31 days; None where there are none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    panel = read_panel(catalog, [variable.name for variable in MEASURED], whole_hour(now), READ_HOURS)
    return None if panel is None else rows_of(panel, panel.index_of(now - grace_hours * HOUR) + 1)


def rows_of(panel: Panel, due: int) -> Rows:
    """Find which rows are present, and which are expected.

    Args:
        panel: observations, with at least one row.
        due: index after the last hour that is due.
    """
    present = np.any([np.isfinite(values) for values in panel.values.values()], axis=0)
    hours = np.arange(panel.length)
    # argmax gives the first hour with a row; a station without any row is expected at no hour.
    first = np.where(present.any(axis=1), present.argmax(axis=1), panel.length)
    return Rows(panel, present, (hours >= first[:, None]) & (hours < due), due)


def of_stations(rows: Rows, station_ids: Collection[int]) -> Rows | None:
    """Select the rows of some stations; None if none of them has a row."""
    chosen = np.isin(rows.panel.stations, list(station_ids))
    if not chosen.any():
        return None
    panel = replace(
        rows.panel,
        stations=rows.panel.stations[chosen],
        latitude=rows.panel.latitude[chosen],
        longitude=rows.panel.longitude[chosen],
        elevation_m=rows.panel.elevation_m[chosen],
        values={name: values[chosen] for name, values in rows.panel.values.items()},
    )
    return replace(rows, panel=panel, present=rows.present[chosen], expected=rows.expected[chosen])


def of_window(rows: Rows | None, hours: int) -> WindowCounts:
    """Return completeness and validity of the last hours; without rows, each figure is None."""
    if rows is None:
        return NO_COUNTS
    chosen = rows.last(hours)
    expected = rows.expected[:, chosen]
    n_present, n_expected = int((rows.present[:, chosen] & expected).sum()), int(expected.sum())
    counts = np.sum([_inside(rows, each, chosen) for each in MEASURED], axis=0)
    values, outside = (int(count) for count in counts)
    return {
        "first": rows.panel.time_at(chosen.start).isoformat(),
        "last": rows.panel.time_at(chosen.stop - 1).isoformat(),
        "stations": int(expected.any(axis=1).sum()),
        "expected": n_expected,
        "present": n_present,
        "completeness": share(n_present, n_expected),
        "values": values,
        "outside": outside,
        "validity": share(values - outside, values),
    }


def by_hour(rows: Rows) -> HourlyCompleteness:
    """Count the stations expected and present at each hour of the last 7 days."""
    chosen = rows.last(WINDOWS["7d"])
    expected = rows.expected[:, chosen]
    return {
        "hours": [rows.panel.time_at(hour).isoformat() for hour in range(chosen.start, chosen.stop)],
        "expected": expected.sum(axis=0).tolist(),
        "present": (rows.present[:, chosen] & expected).sum(axis=0).tolist(),
    }


def by_variable(rows: Rows) -> list[ObservedVariable]:
    """Return how often each variable is observed, and how often it is outside its physical limits."""
    figures: list[ObservedVariable] = []
    for variable in MEASURED:
        values, outside = _inside(rows, variable, rows.last(WINDOWS["7d"]))
        n_rows = {name: int(rows.present[:, rows.last(hours)].sum()) for name, hours in WINDOWS.items()}
        figures.append(
            {
                "name": variable.name,
                "english": variable.english,
                "korean": variable.korean,
                "unit": variable.unit,
                "observed": {
                    name: share(_inside(rows, variable, rows.last(hours))[0], n_rows[name])
                    for name, hours in WINDOWS.items()
                },
                "outside_7d": outside,
                "validity_7d": share(values - outside, values),
            }
        )
    return figures


def of_station(rows: Rows, index: int) -> StationCompleteness:
    """Return the position and the completeness of one station.

    Args:
        rows: observations of the network.
        index: index of the station in ``rows``.
    """
    station = stations_by_id()[int(rows.panel.stations[index])]
    hours_present = np.flatnonzero(rows.present[index])
    completeness = {}
    for name, hours in WINDOWS.items():
        expected = rows.expected[index, rows.last(hours)]
        present = rows.present[index, rows.last(hours)] & expected
        completeness[name] = share(int(present.sum()), int(expected.sum()))
    return {
        "id": station.id,
        "korean": station.korean,
        "english": station.english,
        "latitude": station.latitude,
        "longitude": station.longitude,
        "elevation_m": station.elevation_m,
        "newest": rows.panel.time_at(int(hours_present[-1])).isoformat() if hours_present.size else None,
        "completeness": completeness,
    }


def _inside(rows: Rows, variable: Variable, chosen: slice) -> tuple[int, int]:
    """Count the observed values of a variable, and those of them that are outside its physical limits."""
    values = rows.panel.values[variable.name][:, chosen]
    if variable.physical is None:
        return int(np.isfinite(values).sum()), 0
    low, high = np.float32(variable.physical.low), np.float32(variable.physical.high)
    return int(np.isfinite(values).sum()), int(((values < low) | (values > high)).sum())
