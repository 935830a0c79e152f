"""What waiting for an hour costs: looks, rows asked for, and how late the hour is had.

Usage: .venv/bin/python benchmarks/publication.py [--days 7] [--delay 840]

The simulated API publishes each hour after a delay; the clock is simulated as well. Compared are a look a
minute from the hour on, as it was, and the looks of weather_mlops/publication.py, with an API that is well
and with one that answers one call in five with a maintenance page. As it was, such a call ended the task's
try, and the next one came after 2, 4, 8 minutes.
"""

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulator.faults import Fault
from simulator.server import Api
from simulator.simulated import SimulatedWeather
from weather_mlops.clock import HOUR
from weather_mlops.ingest import collection
from weather_mlops.ingest.collection import TRANSIENT_ERRORS, Batch, Window
from weather_mlops.ingest.publication import WaitPolicy, delays
from weather_mlops.kma.client import Response
from weather_mlops.kma.endpoints import PERIOD, classify, kst, stations_asked
from weather_mlops.lake.object_store import StoredObject
from weather_mlops.lake.raw import PREFIX
from weather_mlops.stations import load_stations, resolve_station_ids

BEGIN: Final = datetime(2026, 5, 1, tzinfo=UTC)
TIMEOUT, POLL = timedelta(minutes=40), timedelta(minutes=1)
RETRY_DELAYS: Final = (2, 4, 8)  # minutes, of pipelines/defaults.yml
STATIONS: Final = resolve_station_ids("all")


@dataclass
class World:
    """An API and a bucket with a clock of their own; only what waiting needs of both."""

    delay: timedelta
    faults: Sequence[str] = ()
    now: datetime = BEGIN
    looks: int = 0
    rows: int = 0
    keys: list[StoredObject] = field(default_factory=list)

    def __post_init__(self) -> None:
        weather = SimulatedWeather(0, load_stations(), publish_delay_s=self.delay.total_seconds())
        faults = [Fault.parse(fault) for fault in self.faults]
        self._api = Api(weather, load_stations(), lambda: self.now, None, faults)

    def period(self, begin: datetime, end: datetime, stations: Sequence[int] = ()) -> Iterator[Response]:
        """As the client's."""
        self.looks += 1
        self.rows += len(STATIONS) * len(Window(begin, end).hours)
        params = {"tm1": kst(begin), "tm2": kst(end), "stn": stations_asked(stations)}
        canned, _ = self._api.answer(f"/{PERIOD}.php", {**params, "authKey": "any"}, self.looks)
        classify("u", canned.status, canned.body)
        yield Response(PERIOD, params, "u", canned.status, self.now, canned.body)

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """As the bucket's."""
        return (entry for entry in self.keys if entry.key.startswith(prefix))

    def keep(self, window: Window) -> None:
        """As ``raw.put_reply``."""
        name = f"{kst(window.begin)}_{kst(window.end)}_all_0.json"
        day = kst(window.begin)
        self.keys.append(
            StoredObject(f"{PREFIX}{PERIOD}/{day[:4]}/{day[4:6]}/{day[6:8]}/{name}", 0, self.now)
        )

    def fetch(self, window: Window, *, last: bool) -> Batch | None:
        """A look."""
        return collection.fetch_published(self, self, window, STATIONS, share=0.95, last=last)  # type: ignore[arg-type]


def minutely(world: World, window: Window) -> None:
    """As it was: a look a minute; an error ends the task's try."""
    tries = 0
    while True:
        try:
            batch = collection.fetch_window(world, world, window, STATIONS)  # type: ignore[arg-type]
        except TRANSIENT_ERRORS:
            if tries == len(RETRY_DELAYS):
                return
            world.now += timedelta(minutes=RETRY_DELAYS[tries])
            tries += 1
            continue
        share = collection.published_share(batch, window.end, STATIONS)
        if share >= 0.95 or world.now >= window.end + TIMEOUT:
            return
        world.now += POLL


def learned(world: World, window: Window) -> None:
    """As it is."""
    patience, looks = WaitPolicy(window.end, TIMEOUT, POLL), 0
    world.now = patience.first_look(delays(world, window.end, TIMEOUT))  # type: ignore[arg-type]
    while world.fetch(window, last=patience.is_over(world.now)) is None:
        looks += 1
        world.now = patience.next_look(looks, world.now)


def collect(
    world: World, hours: int, wait: Callable[[World, Window], None] = learned
) -> list[tuple[int, timedelta]]:
    """Collect a number of hours, one after the other.

    Returns:
        For each hour, the number of looks until it was collected, and the time from the hour until then.
    """
    collected = []
    for number in range(hours):
        hour, before = BEGIN + number * HOUR, world.looks
        world.now = hour
        window = Window.ending(hour, 3)
        wait(world, window)
        world.keep(window)
        collected.append((world.looks - before, world.now - hour))
    return collected


def main() -> None:
    """Compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--delay", type=float, default=840, help="seconds from the hour to its publication")
    options = parser.parse_args()
    logging.disable()
    delay = timedelta(seconds=options.delay)
    for faults in ((), ("maintenance:rate=0.2",)):
        for name, wait in (("a look a minute", minutely), ("learned", learned)):
            world = World(delay, faults)
            collected = collect(world, 24 * options.days, wait)
            late = [(had - delay).total_seconds() / 60 for _, had in collected]
            print(
                f"{', '.join(faults) or 'API well'}: {name}: "
                f"looks an hour={mean(n for n, _ in collected):.2f} (first hour {collected[0][0]}) "
                f"rows requested an hour={world.rows / len(collected):.0f} "
                f"minutes after publication: mean={mean(late):.1f} worst={max(late):.1f}"
            )


if __name__ == "__main__":
    main()
