"""How often monitoring cries wolf where nothing is wrong, and how soon it finds what is.

Usage: .venv/bin/python benchmarks/monitoring_alarms.py [--every 6] [--observed ../shared/kma/observed]

Stations: a simulated year of all stations, with the outages that the simulator has, looked at as the runs of
monitoring do: alerts a month with nothing wrong. Then faults, in four seasons, at stations far from each
other: a bias of 2 °C, a stuck thermometer, a silent station. Where the folder of real years is there: the
same alerts in them; three stations, up to 240 km apart, each told by the other two.
An alert opens after two bad checks, half an hour apart, and closes after three good ones.
"""

import argparse
import gzip
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator import clock
from simulator import wire as peer
from simulator.simulated import SimulatedWeather
from weather_mlops.kma import wire
from weather_mlops.kma.stations import load_stations
from weather_mlops.model.panel import Panel, to_panel
from weather_mlops.monitoring import stations
from weather_mlops.monitoring.checks import Check, Status
from weather_mlops.monitoring.data_limits import DataQualityLimits

COLUMNS: Final = tuple(stations.WATCHED)
END: Final = "202601010000"
WINDOW_H: Final = 24 * stations.WINDOW_DAYS
MONTH_H: Final = 730
CHECKS_AN_HOUR: Final = 2
OPEN_AFTER, CLOSE_AFTER = 2, 3
AT_ONCE: Final = 8
BIAS_C: Final = 2.0
THERMOMETER: Final = "air_temperature_c"
WEEK_H: Final = 168
LONGEST_H: Final = 24 * 20


@dataclass(frozen=True)
class Fault:
    """What breaks, the check that should tell, and how often it is looked for."""

    problem: str
    step_h: int = 1


FAULTS: Final = {
    "bias of 2 °C": Fault("sensor_bias", step_h=3),
    "stuck thermometer": Fault("sensor_stuck"),
    "silent station": Fault("station_silent"),
}


@dataclass
class Alerts:
    """Which problems are open, by what the checks say; and how many were opened."""

    bad: dict[str, int] = field(default_factory=dict)
    good: dict[str, int] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)

    def hear(self, checks: list[Check], times: int) -> None:
        """The same checks, so many times in a row."""
        for check in checks:
            if check.status == Status.UNKNOWN:
                continue
            breach, name = check.status == Status.BREACH, check.problem
            self.bad[name] = (self.bad.get(name, 0) + times) if breach else 0
            self.good[name] = 0 if breach else self.good.get(name, 0) + times
            if self.bad[name] >= OPEN_AFTER and name not in self.open:
                self.open.add(name)
                self.opened.append(name)
            if self.good[name] >= CLOSE_AFTER:
                self.open.discard(name)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=6, help="hours between two looks at a healthy year")
    parser.add_argument("--observed", type=Path, default=Path("../shared/kma/observed"))
    options = parser.parse_args()
    year = simulated()
    quiet("a simulated year, 97 stations", year, DataQualityLimits(), options.every)
    files = sorted(options.observed.glob("*.gz"))
    if files:
        real = grid_of(wire.parse(gzip.decompress(path.read_bytes())).rows for path in files)
        far = DataQualityLimits(neighbours_within_km=300, min_neighbours=2)
        quiet(f"real years of {len(real.stations)} stations", real, far, options.every)
    else:
        print(f"no real years in {options.observed}: skipped")
    for name, fault in FAULTS.items():
        found(name, fault, year)


def simulated() -> Panel:
    """A year of all stations, and a month before it."""
    weather, end, parts = SimulatedWeather(0, load_stations()), clock.parse_tm(END), []
    for begin in range(end - 8766 - WINDOW_H, end, WINDOW_H):
        lines = weather.rows(begin, min(begin + WINDOW_H, end) - 1, (), float(end + 10**6))
        parts.append(wire.parse(peer.observations(lines).body).rows)
    return grid_of(parts)


def grid_of(parts: Iterator[pa.Table] | list[pa.Table]) -> Panel:
    """The watched variables."""
    wanted = ["station_id", "observed_at", *COLUMNS]
    return to_panel(pa.concat_tables([part.select(wanted) for part in parts]), COLUMNS)


def looked_at(
    grid: Panel, end: int, off: Mapping[str, str], limits: DataQualityLimits
) -> tuple[list[Check], dict[str, str]]:
    """The checks of a run, and which sensors are off."""
    month = grid.between(end - WINDOW_H, end)
    present = np.any([np.isfinite(values) for values in month.values.values()], axis=0)
    watched = stations.watch(month, present, off, limits)
    return stations.checks(watched, limits), stations.since_first(off, watched.off_since)


def quiet(name: str, grid: Panel, limits: DataQualityLimits, every: int) -> None:
    """Count the alerts of a healthy time, and print."""
    alerts, off = Alerts(), {}
    for end in range(WINDOW_H, grid.length, every):
        checks, off = looked_at(grid, end, off, limits)
        alerts.hear(checks, every * CHECKS_AN_HOUR)
    months = (grid.length - WINDOW_H) / MONTH_H
    told = dict(Counter(problem.split(":")[0] for problem in alerts.opened))
    number = len(alerts.opened)
    print(
        f"{name}: {number} alerts in {months:.1f} months: {number / months:.2f} a month, {told}", flush=True
    )


def found(name: str, fault: Fault, year: Panel) -> None:
    """Break stations far from each other, season by season, and print how long it takes to be told."""
    places = np.linspace(2, len(year.stations) - 3, AT_ONCE).astype(int)
    begins = range(WINDOW_H + 600, year.length - LONGEST_H, 8766 // 4)
    told = np.array([hours for begin in begins for hours in delays(fault, year, begin, places)])
    known = told[np.isfinite(told)]
    print(
        f"{name}: {known.size} of {told.size} found within {LONGEST_H // 24} d; "
        f"delay {np.median(told):.1f} h (median), "
        f"{known.min():.1f} to {known.max():.1f} h; {np.mean(told <= WEEK_H):.0%} within 7 d",
        flush=True,
    )


def delays(fault: Fault, year: Panel, begin: int, places: np.ndarray) -> list[float]:
    """Hours from the fault's beginning to the alert of each station; infinite where there is none."""
    spoiled = broken(year, fault, begin, places)
    wanted = [f"{fault.problem}:{number}" for number in year.stations[places]]
    alerts, off, hours = Alerts(), {}, dict.fromkeys(wanted, float("inf"))
    for end in range(begin + 1, begin + LONGEST_H, fault.step_h):
        checks, off = looked_at(spoiled, end, off, DataQualityLimits())
        alerts.hear([check for check in checks if check.problem in hours], fault.step_h * CHECKS_AN_HOUR)
        for name in alerts.open:
            hours[name] = min(hours[name], end - begin + 1 / CHECKS_AN_HOUR)
        if alerts.open.issuperset(wanted):
            break
    return list(hours.values())


def broken(year: Panel, fault: Fault, begin: int, places: np.ndarray) -> Panel:
    """The same year with faulty stations from an hour on."""
    values = {name: array.copy() for name, array in year.values.items()}
    for place in places:
        if fault.problem == "station_silent":
            for array in values.values():
                array[place, begin:] = np.nan
        elif fault.problem == "sensor_stuck":
            row = values[THERMOMETER][place]
            row[begin:] = row[:begin][np.isfinite(row[:begin])][-1]
        else:
            values[THERMOMETER][place, begin:] += BIAS_C
    return replace(year, values=values)


if __name__ == "__main__":
    main()
