"""A sensor that is broken in the simulator: shown by the next reports, alerted once, and resolved once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from simulator import clock, faults
from simulator import wire as peer
from simulator.sensors import SensorFault, Sensors
from simulator.simulated import SimulatedWeather
from weather_mlops.ingest.collection import with_key
from weather_mlops.kma import wire
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA, cast_to_schema
from weather_mlops.monitoring import data_quality, report
from weather_mlops.monitoring.alert_messages import AlertLinks
from weather_mlops.monitoring.alert_run import AlertStateStore, run_alerts
from weather_mlops.monitoring.alert_state import Rules
from weather_mlops.monitoring.checks import Section
from weather_mlops.stations import load_stations

WEATHER = SimulatedWeather(0, load_stations())
BROKEN = 108
STATIONS = (98, 99, 102, 108, 112, 119, 201, 202, 203)
"""Seoul and its neighbours."""
NOW = datetime(2026, 6, 15, 0, 10, tzinfo=UTC)
LOOKBACK_HOURS = 3
"""As in pipelines/collection.yml."""
BEGIN = NOW - timedelta(days=70)
WATCHED_FROM = BEGIN + timedelta(days=35)


class Watched:
    """Simulated weather, collected up to a time, and monitoring of it.

    Args:
        catalog: of its tables.
        store: its bucket.
        folder: local folder for the state of the alerts.
        now: the time up to which the weather is collected already.
    """

    def __init__(self, catalog: Catalog, store: ObjectStore, folder: Path, now: datetime) -> None:
        self.catalog, self.store = catalog, store
        self.sensors = Sensors(WEATHER)
        self.state_store = AlertStateStore(store, folder / "alerts.json")
        self.now = now
        self.collected = int(clock.hour_of(now)) - 1
        self.sent: list[str] = []
        self.spoilers: tuple[str, ...] = ()

    def wait(self, **time: float) -> None:
        """Let time pass, and collect what was observed meanwhile."""
        self.now += timedelta(**time)
        newest = int(clock.hour_of(self.now)) - 1
        if newest > self.collected:
            begin = min(self.collected + 1, newest - LOOKBACK_HOURS + 1)
            page = peer.observations(self.sensors.rows(begin, newest, STATIONS, clock.hour_of(self.now)))
            page = faults.spoil(page, self.spoilers, newest, 0)
            parsed = with_key(wire.parse(page.body).rows, "raw/simulated")
            publish(self.catalog, cast_to_schema(parsed, OBSERVATIONS_SCHEMA), run=str(newest))
            self.collected = newest

    def break_sensors(self, *faults: str) -> None:
        self.sensors.switch([SensorFault.parse(fault) for fault in faults], clock.hour_of(self.now))

    def monitor(self) -> Section:
        """A run of monitoring, without its page."""
        self.wait(minutes=30)
        section = data_quality.measure(self.catalog, self.store, data_quality.DataQualityLimits(), self.now)
        run_alerts(
            self.state_store,
            [section],
            Rules(),
            send=lambda message: self.sent.append(f"{message.title}\n{message.body}"),
            unconfigured="",
            links=AlertLinks("report", "docs/runbook.md"),
            language="en",
            run=f"{self.now}",
            now=self.now,
        )
        return section

    def watch(self, days: int) -> str:
        """Let days pass, with a run of monitoring each day; return the page of the last one."""
        for _ in range(days):
            self.wait(hours=23, minutes=30)
            section = self.monitor()
        published = report.publish(self.store, [section], now=self.now, language="en", run=f"{self.now}")
        return self.store.get(published.html_key).decode()

    def sent_about(self, problem: str) -> list[str]:
        """Return the kinds of the messages about a problem, without reminders."""
        lines = "\n".join(self.sent).splitlines()
        kinds = [
            line.partition(f"{problem}: ")[2] for line in lines if line.startswith(f"WARNING {problem}: ")
        ]
        return [kind for kind in kinds if kind != "still open"]


def five_weeks(catalog: Catalog, store: ObjectStore) -> None:
    """Weather of the time before the tests begin."""
    ensure_tables(catalog)
    Watched(catalog, store, Path(), BEGIN).wait(days=35)


pytestmark = pytest.mark.prepared(tables=five_weeks)


@pytest.fixture
def watched(catalog, store, tmp_path) -> Watched:
    return Watched(catalog, store, tmp_path, WATCHED_FROM)


@pytest.mark.parametrize(
    ("fault", "problem", "days"),
    [
        (f"bias:{BROKEN}:2.0", f"sensor_bias:{BROKEN}", (4, 8)),
        (f"stuck:{BROKEN}", f"sensor_stuck:{BROKEN}", (2, 3)),
        (f"silent:{BROKEN}", f"station_silent:{BROKEN}", (2, 3)),
    ],
)
def test_a_broken_sensor_is_shown_alerted_and_resolved_once(watched, fault, problem, days):
    until_found, until_well = days
    watched.monitor()
    watched.monitor()
    assert watched.sent_about(problem) == []
    watched.break_sensors(fault)
    page = watched.watch(until_found)

    assert watched.sent_about(problem) == ["opened"]
    assert "Seoul" in page
    assert f"docs/runbook.md#{problem.partition(':')[0]}" in page
    watched.break_sensors()
    watched.watch(until_well)
    assert watched.sent_about(problem) == ["opened", "resolved"]


def test_impossible_codes_alert_within_two_runs_and_resolve_once(watched):
    watched.monitor()
    watched.spoilers = ("impossible-codes",)
    watched.wait(hours=1)
    watched.monitor()
    assert watched.sent_about("validity_low") == []
    watched.monitor()
    assert watched.sent_about("validity_low") == ["opened"]
    assert [line for line in "\n".join(watched.sent).splitlines() if "WARNING" in line] == [
        "[weather] WARNING validity_low: opened", "WARNING validity_low: opened"
    ]  # fmt: skip

    watched.spoilers = ()
    watched.wait(hours=28)
    for _ in range(3):
        watched.monitor()
    assert watched.sent_about("validity_low") == ["opened", "resolved"]
