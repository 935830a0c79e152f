"""What the forecast pages show: the one object that make_forecast publishes, see model/lookback.py."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from weather_mlops.kma.endpoints import HOUR
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake.store import ObjectStore
from weather_mlops.model import lookback

OLD: Final = timedelta(hours=3)
"""A collection an hour is followed by a forecast: after three without one, something is wrong."""

Series = Sequence[float | None]


@dataclass(frozen=True)
class Quantiles:
    """Forecasts of consecutive hours, in the target's unit; None = there is none of that hour."""

    p10: Series
    p50: Series
    p90: Series


@dataclass(frozen=True)
class Score:
    """Forecasts against what came.

    Attributes:
        n: hours that have both.
        rmse: of the median, in the target's unit; None where n is 0.
        coverage_80: share of the observations from p10 to p90; None where n is 0.
    """

    n: int
    rmse: float | None
    coverage_80: float | None


@dataclass(frozen=True)
class Past:
    """What was forecast of the last hours, so long before each of them, and how good that was."""

    said: Quantiles
    score: Score


@dataclass(frozen=True)
class Present:
    """The newest forecast of a station.

    Attributes:
        issued_at: the newest hour used, UTC.
        said: of 1, 2, 3 … hours after it.
    """

    issued_at: datetime
    said: Quantiles

    @property
    def hours(self) -> list[datetime]:
        """The hours that are forecast, UTC."""
        return [self.issued_at + lead * HOUR for lead in range(1, len(self.said.p50) + 1)]

    def at(self, hour: datetime) -> tuple[float | None, float | None, float | None]:
        """p10, p50 and p90 of an hour; None where it isn't forecast."""
        place = int((hour - self.issued_at) / HOUR) - 1
        if not 0 <= place < len(self.said.p50):
            return None, None, None
        return self.said.p10[place], self.said.p50[place], self.said.p90[place]


@dataclass(frozen=True)
class Station:
    """A station, of one target.

    Attributes:
        id: KMA's number.
        english: name.
        korean: name.
        place: degrees north and east; None where the list of stations doesn't have it.
        observed: an entry per hour of the document; None = not observed.
        forecast: the newest one.
        why_none: why there is none.
        past: by lead, hours.
    """

    id: int
    english: str
    korean: str
    place: tuple[float, float] | None
    observed: Series
    forecast: Present | None
    why_none: str | None
    past: Mapping[int, Past]

    @property
    def newest(self) -> int | None:
        """Index of the newest hour that was observed."""
        return next((n for n in reversed(range(len(self.observed))) if self.observed[n] is not None), None)


@dataclass(frozen=True)
class Target:
    """What is forecast.

    Attributes:
        name: as in YAML and addresses.
        label: for people.
        korean: the same in Korean.
        unit: of all figures.
        model_version: the champion's; None without one.
        past: of all stations together, by lead.
        stations: by number.
    """

    name: str
    label: str
    korean: str
    unit: str
    model_version: str | None
    past: Mapping[int, Score]
    stations: Mapping[int, Station]

    @property
    def base(self) -> datetime | None:
        """The newest hour that any of its forecasts used."""
        return max((one.forecast.issued_at for one in self.stations.values() if one.forecast), default=None)


@dataclass(frozen=True)
class Document:
    """All of it.

    Attributes:
        made_at: when the forecasts were made.
        hours: that are looked back on, UTC.
        targets: by name.
    """

    made_at: datetime
    hours: Sequence[datetime]
    targets: Mapping[str, Target]

    def old(self, now: datetime) -> bool:
        """Whether a newer one should be there."""
        return now - self.made_at > OLD


def load(store: ObjectStore) -> bytes | None:
    """The object as it is; None where nothing was published yet.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    try:
        return store.get(lookback.KEY)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def parsed(body: bytes) -> Document | None:
    """The object; None where another version of the code wrote it, and the next run makes it anew."""
    told = json.loads(body)
    if told["schema"] != lookback.SCHEMA:
        return None
    first = datetime.fromisoformat(told["first"])
    hours = [first + n * HOUR for n in range(told["hours"])]
    places = {station.id: (station.latitude, station.longitude) for station in load_stations()}
    targets = {name: _target(name, each, places) for name, each in told["targets"].items()}
    return Document(datetime.fromisoformat(told["made_at"]), hours, targets)


def _target(name: str, told: Mapping[str, Any], places: Mapping[int, tuple[float, float]]) -> Target:
    stations = {int(number): _station(int(number), each, places) for number, each in told["stations"].items()}
    past = {int(lead): Score(**score) for lead, score in told["past"].items()}
    return Target(name, told["label"], told["korean"], told["unit"], told["model_version"], past, stations)


def _station(number: int, told: Mapping[str, Any], places: Mapping[int, tuple[float, float]]) -> Station:
    forecast = told["forecast"]
    return Station(
        number,
        told["name"],
        told["korean"],
        places.get(number),
        told["observed"],
        forecast and Present(datetime.fromisoformat(forecast["issued_at"]), _quantiles(forecast)),
        told["why_none"],
        {
            int(lead): Past(_quantiles(past), Score(past["n"], past["rmse"], past["coverage_80"]))
            for lead, past in told["past"].items()
        },
    )


def _quantiles(told: Mapping[str, Any]) -> Quantiles:
    return Quantiles(told["p10"], told["p50"], told["p90"])
