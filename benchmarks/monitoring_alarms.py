"""How often monitoring raises false alarms, and how soon it finds real faults.

Usage: .venv/bin/python benchmarks/monitoring_alarms.py [--every 6] [--observed ../shared/kma/observed]

Stations: a simulated year of all stations, with the outages of the simulator, checked as the runs of
monitoring do: alerts a month with nothing wrong. Then faults, in four seasons, at stations far from each
other: a bias of 2 °C, a stuck thermometer, a silent station. If the folder of real years exists: the same
alerts in them; three stations, up to 240 km apart, each compared with the other two.
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
from weather_mlops.lake.panel import Panel, to_panel
from weather_mlops.monitoring import stations
from weather_mlops.monitoring.checks import Check, Status
from weather_mlops.monitoring.data_limits import DataQualityLimits
from weather_mlops.stations import load_stations

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
    """What breaks: the problem that a check should report, and the hours between two checks."""

    problem: str
    step_h: int = 1


FAULTS: Final = {
    "bias of 2 °C": Fault("sensor_bias", step_h=3),
    "stuck thermometer": Fault("sensor_stuck"),
    "silent station": Fault("station_silent"),
}


@dataclass
class Alerts:
    """Which problems are open according to the checks, and which were opened so far."""

    bad: dict[str, int] = field(default_factory=dict)
    good: dict[str, int] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)

    def hear(self, checks: list[Check], times: int) -> None:
        """Take the same checks a number of times in a row."""
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
        real = watched_panel(wire.parse(gzip.decompress(path.read_bytes())).rows for path in files)
        far = DataQualityLimits(neighbours_within_km=300, min_neighbours=2)
        quiet(f"real years of {len(real.stations)} stations", real, far, options.every)
    else:
        print(f"no real years in {options.observed}: skipped")
    for name, fault in FAULTS.items():
        report_delays(name, fault, year)


def simulated() -> Panel:
    """A year of all stations, and a month before it."""
    weather, end, tables = SimulatedWeather(0, load_stations()), clock.parse_tm(END), []
    for begin in range(end - 8766 - WINDOW_H, end, WINDOW_H):
        lines = weather.rows(begin, min(begin + WINDOW_H, end) - 1, (), float(end + 10**6))
        tables.append(wire.parse(peer.observations(lines).body).rows)
    return watched_panel(tables)


def watched_panel(tables: Iterator[pa.Table] | list[pa.Table]) -> Panel:
    """The watched variables."""
    columns = ["station_id", "observed_at", *COLUMNS]
    return to_panel(pa.concat_tables([table.select(columns) for table in tables]), COLUMNS)


def checks_at(
    panel: Panel, end: int, off: Mapping[str, str], limits: DataQualityLimits
) -> tuple[list[Check], dict[str, str]]:
    """The checks of a run, and which sensors are off."""
    month = panel.between(end - WINDOW_H, end)
    present = np.any([np.isfinite(values) for values in month.values.values()], axis=0)
    watched = stations.watch(month, present, off, limits)
    return stations.checks(watched, limits), stations.since_first(off, watched.off_since)


def quiet(name: str, panel: Panel, limits: DataQualityLimits, every: int) -> None:
    """Count the alerts of a time without faults, and print."""
    alerts, off = Alerts(), {}
    for end in range(WINDOW_H, panel.length, every):
        checks, off = checks_at(panel, end, off, limits)
        alerts.hear(checks, every * CHECKS_AN_HOUR)
    months = (panel.length - WINDOW_H) / MONTH_H
    counts = dict(Counter(problem.split(":")[0] for problem in alerts.opened))
    count = len(alerts.opened)
    print(
        f"{name}: {count} alerts in {months:.1f} months: {count / months:.2f} a month, {counts}", flush=True
    )


def report_delays(name: str, fault: Fault, year: Panel) -> None:
    """Break stations far from each other, season by season, and print the hours until the alerts."""
    rows = np.linspace(2, len(year.stations) - 3, AT_ONCE).astype(int)
    begins = range(WINDOW_H + 600, year.length - LONGEST_H, 8766 // 4)
    delays_h = np.array([hours for begin in begins for hours in delays(fault, year, begin, rows)])
    known = delays_h[np.isfinite(delays_h)]
    print(
        f"{name}: {known.size} of {delays_h.size} found within {LONGEST_H // 24} d; "
        f"delay {np.median(delays_h):.1f} h (median), "
        f"{known.min():.1f} to {known.max():.1f} h; {np.mean(delays_h <= WEEK_H):.0%} within 7 d",
        flush=True,
    )


def delays(fault: Fault, year: Panel, begin: int, rows: np.ndarray) -> list[float]:
    """Hours from the fault's beginning to the alert of each station; infinite where there is none."""
    faulty = broken(year, fault, begin, rows)
    problems = [f"{fault.problem}:{station_id}" for station_id in year.stations[rows]]
    alerts, off, hours = Alerts(), {}, dict.fromkeys(problems, float("inf"))
    for end in range(begin + 1, begin + LONGEST_H, fault.step_h):
        checks, off = checks_at(faulty, end, off, DataQualityLimits())
        alerts.hear([check for check in checks if check.problem in hours], fault.step_h * CHECKS_AN_HOUR)
        for name in alerts.open:
            hours[name] = min(hours[name], end - begin + 1 / CHECKS_AN_HOUR)
        if alerts.open.issuperset(problems):
            break
    return list(hours.values())


def broken(year: Panel, fault: Fault, begin: int, rows: np.ndarray) -> Panel:
    """A year with faulty stations from an hour on."""
    values = {name: array.copy() for name, array in year.values.items()}
    for row in rows:
        if fault.problem == "station_silent":
            for array in values.values():
                array[row, begin:] = np.nan
        elif fault.problem == "sensor_stuck":
            values_of_station = values[THERMOMETER][row]
            values_of_station[begin:] = values_of_station[:begin][np.isfinite(values_of_station[:begin])][-1]
        else:
            values[THERMOMETER][row, begin:] += BIAS_C
    return replace(year, values=values)


if __name__ == "__main__":
    main()
