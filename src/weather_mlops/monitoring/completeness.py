"""Which rows are there, of those that should be, and which values are possible: of the last 31 days."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from pyiceberg.catalog import Catalog

from weather_mlops.clock import HOUR
from weather_mlops.kma.stations import load_stations
from weather_mlops.model.panel import Panel
from weather_mlops.monitoring.window import observed, share, whole_hour
from weather_mlops.variables import VARIABLES, Variable

WINDOWS: Final = {"24h": 24, "7d": 168, "30d": 720}
"""Hours, by name."""
READ_HOURS: Final = 744
"""31 days: the longest window, and the hours that are not due yet."""
MEASURED: Final = tuple(variable for variable in VARIABLES if variable.physical is not None)


@dataclass(frozen=True)
class Rows:
    """The observations of 31 days.

    Attributes:
        grid: all measured variables.
        present: whether there is a row; bool, shape (stations, hours).
        expected: whether there should be one, same shape: from a station's first row on, up to the hours that
            are not due yet. A station without any row in 31 days isn't one of the network any more.
        due: index after the last hour that is due.
    """

    grid: Panel
    present: np.ndarray
    expected: np.ndarray
    due: int

    @property
    def newest(self) -> datetime:
        """Hour of the newest row."""
        return self.grid.time_at(int(np.flatnonzero(self.present.any(axis=0))[-1]))

    def last(self, hours: int) -> slice:
        """The last hours that are due."""
        return slice(max(0, self.due - hours), self.due)


def read(catalog: Catalog, grace_hours: float, now: datetime) -> Rows | None:
    """The observations of the last 31 days; None where there are none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    grid = observed(catalog, [variable.name for variable in MEASURED], whole_hour(now), READ_HOURS)
    return None if grid is None else rows_of(grid, grid.index_of(now - grace_hours * HOUR) + 1)


def rows_of(grid: Panel, due: int) -> Rows:
    """What is present and what should be.

    Args:
        grid: of hours, with a row at least.
        due: index after the last hour that is due.
    """
    present = np.any([np.isfinite(values) for values in grid.values.values()], axis=0)
    hours = np.arange(grid.length)
    first = np.where(present.any(axis=1), present.argmax(axis=1), grid.length)
    return Rows(grid, present, (hours >= first[:, None]) & (hours < due), due)


def of_stations(rows: Rows, station_ids: Collection[int]) -> Rows | None:
    """The same of some stations; None where none of them has a row."""
    chosen = np.isin(rows.grid.stations, list(station_ids))
    if not chosen.any():
        return None
    grid = replace(
        rows.grid,
        stations=rows.grid.stations[chosen],
        latitude=rows.grid.latitude[chosen],
        longitude=rows.grid.longitude[chosen],
        elevation_m=rows.grid.elevation_m[chosen],
        values={name: values[chosen] for name, values in rows.grid.values.items()},
    )
    return replace(rows, grid=grid, present=rows.present[chosen], expected=rows.expected[chosen])


def of_window(rows: Rows | None, hours: int) -> dict[str, Any]:
    """Completeness and validity of the last hours; None each, without rows."""
    if rows is None:
        names = ("first", "last", "stations", "expected", "present", "completeness")
        return dict.fromkeys((*names, "values", "outside", "validity"))
    chosen = rows.last(hours)
    expected = rows.expected[:, chosen]
    there, wanted = int((rows.present[:, chosen] & expected).sum()), int(expected.sum())
    counts = np.sum([_inside(rows, each, chosen) for each in MEASURED], axis=0)
    values, outside = (int(count) for count in counts)
    return {
        "first": rows.grid.time_at(chosen.start).isoformat(),
        "last": rows.grid.time_at(chosen.stop - 1).isoformat(),
        "stations": int(expected.any(axis=1).sum()),
        "expected": wanted,
        "present": there,
        "completeness": share(there, wanted),
        "values": values,
        "outside": outside,
        "validity": share(values - outside, values),
    }


def by_hour(rows: Rows) -> dict[str, Any]:
    """Station-hours expected and present, by hour of the last 7 days."""
    chosen = rows.last(WINDOWS["7d"])
    expected = rows.expected[:, chosen]
    return {
        "hours": [rows.grid.time_at(place).isoformat() for place in range(chosen.start, chosen.stop)],
        "expected": expected.sum(axis=0).tolist(),
        "present": (rows.present[:, chosen] & expected).sum(axis=0).tolist(),
    }


def by_variable(rows: Rows) -> list[dict[str, Any]]:
    """How often each variable is observed, and how often it is impossible."""
    found = []
    for variable in MEASURED:
        values, outside = _inside(rows, variable, rows.last(WINDOWS["7d"]))
        there = {name: int(rows.present[:, rows.last(hours)].sum()) for name, hours in WINDOWS.items()}
        found.append(
            {
                "name": variable.name,
                "english": variable.english,
                "korean": variable.korean,
                "unit": variable.unit,
                "observed": {
                    name: share(_inside(rows, variable, rows.last(hours))[0], there[name])
                    for name, hours in WINDOWS.items()
                },
                "outside_7d": outside,
                "validity_7d": share(values - outside, values),
            }
        )
    return found


def of_station(rows: Rows, place: int) -> dict[str, Any]:
    """Where a station is, and how complete it is."""
    station = next(each for each in load_stations() if each.id == int(rows.grid.stations[place]))
    there = np.flatnonzero(rows.present[place])
    completeness = {}
    for name, hours in WINDOWS.items():
        expected = rows.expected[place, rows.last(hours)]
        present = rows.present[place, rows.last(hours)] & expected
        completeness[name] = share(int(present.sum()), int(expected.sum()))
    return {
        "id": station.id,
        "korean": station.korean,
        "english": station.english,
        "latitude": station.latitude,
        "longitude": station.longitude,
        "elevation_m": station.elevation_m,
        "newest": rows.grid.time_at(int(there[-1])).isoformat() if there.size else None,
        "completeness": completeness,
    }


def _inside(rows: Rows, variable: Variable, chosen: slice) -> tuple[int, int]:
    """Observed values of a variable, and how many of them are outside its physical limits."""
    values = rows.grid.values[variable.name][:, chosen]
    if variable.physical is None:
        return int(np.isfinite(values).sum()), 0
    low, high = np.float32(variable.physical.low), np.float32(variable.physical.high)
    return int(np.isfinite(values).sum()), int(((values < low) | (values > high)).sum())
