"""A sensor that is broken in the simulator: shown by the next reports, told once, and resolved once."""

from datetime import UTC, datetime, timedelta

import pytest

from simulator import clock
from simulator import wire as peer
from simulator.sensors import SensorFault, Sensors
from simulator.simulated import SimulatedWeather
from weather_mlops.collection import with_key
from weather_mlops.kma import wire
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA, conformed
from weather_mlops.monitoring import data_quality, report
from weather_mlops.monitoring.alerting import Keeper, run_alerts
from weather_mlops.monitoring.alerts import Rules
from weather_mlops.monitoring.findings import Section
from weather_mlops.monitoring.messages import Links

BROKEN = 108
STATIONS = (98, 99, 102, 108, 112, 119, 201, 202, 203)
"""Seoul and its neighbours."""
NOW = datetime(2026, 6, 15, 0, 10, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


class Watched:
    """Simulated weather, collected up to a time; and monitoring, which looks at it."""

    def __init__(self, catalog, store, folder) -> None:
        self.catalog, self.store = catalog, store
        self.sensors = Sensors(SimulatedWeather(0, load_stations()))
        self.keeper = Keeper(store, folder / "alerts.json")
        self.now = NOW - timedelta(days=70)
        self.collected = int(clock.hour_of(self.now))
        self.told: list[str] = []
        ensure_tables(catalog)

    def wait(self, **time: float) -> None:
        """Let time pass, and collect what was observed meanwhile."""
        self.now += timedelta(**time)
        newest = int(clock.hour_of(self.now)) - 1
        if newest > self.collected:
            rows = self.sensors.rows(self.collected + 1, newest, STATIONS, clock.hour_of(self.now))
            parsed = with_key(wire.parse(peer.observations(rows).body).rows, "raw/simulated")
            publish(self.catalog, conformed(parsed, OBSERVATIONS_SCHEMA), run=str(newest))
            self.collected = newest

    def break_sensors(self, *faults: str) -> None:
        self.sensors.switch([SensorFault.parse(fault) for fault in faults], clock.hour_of(self.now))

    def monitor(self) -> Section:
        """A run of monitoring, without its page."""
        self.wait(minutes=30)
        section = data_quality.measure(self.catalog, self.store, data_quality.Limits(), self.now)
        run_alerts(
            self.keeper,
            [section],
            Rules(),
            send=lambda message: self.told.append(f"{message.title}\n{message.body}"),
            unconfigured="",
            links=Links("report", "docs/runbook.md"),
            language="en",
            run=f"{self.now}",
            now=self.now,
        )
        return section

    def watch(self, days: int) -> str:
        """Let days pass, with a look each day; the last one's page."""
        for _ in range(days):
            self.wait(hours=23, minutes=30)
            section = self.monitor()
        made = report.publish(self.store, [section], now=self.now, language="en", run=f"{self.now}")
        return self.store.get(made.html_key).decode()

    def told_of(self, problem: str) -> list[str]:
        """What was told of a problem, without reminders."""
        said = "\n".join(self.told).splitlines()
        told = [line.partition(f"{problem}: ")[2] for line in said if line.startswith(f"WARNING {problem}: ")]
        return [kind for kind in told if kind != "still open"]


@pytest.fixture
def watched(catalog, store, tmp_path) -> Watched:
    watched = Watched(catalog, store, tmp_path)
    watched.wait(days=35)
    return watched


@pytest.mark.parametrize(
    ("fault", "problem", "days"),
    [
        (f"bias:{BROKEN}:2.0", f"sensor_bias:{BROKEN}", (4, 8)),
        (f"stuck:{BROKEN}", f"sensor_stuck:{BROKEN}", (2, 3)),
        (f"silent:{BROKEN}", f"station_silent:{BROKEN}", (2, 3)),
    ],
)
def test_a_broken_sensor_is_shown_told_once_and_resolved_once(watched, fault, problem, days):
    until_found, until_well = days
    watched.monitor()
    watched.monitor()
    assert watched.told_of(problem) == []
    watched.break_sensors(fault)
    page = watched.watch(until_found)

    assert watched.told_of(problem) == ["opened"]
    assert "Seoul" in page
    assert f"docs/runbook.md#{problem.partition(':')[0]}" in page
    watched.break_sensors()
    watched.watch(until_well)
    assert watched.told_of(problem) == ["opened", "resolved"]
