"""The document that the forecast pages show, published by make_forecast: see model/recent_forecasts.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final

from pydantic import Field

from weather_mlops.clock import HOUR
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Figure, Moment
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.model import recent_forecasts
from weather_mlops.stations import load_stations

OLD: Final = timedelta(hours=3)
"""Each hourly collection is followed by a forecast: after three hours without one, something is wrong."""

LONGEST_H: Final = 31 * 24
"""Maximum length of a series: a page draws each of its hours."""
FIX: Final = "The next run of the DAG forecast rewrites it: trigger it, or wait an hour."

Series = Sequence[float | None]
Coordinates = tuple[float, float]
"""Degrees north and east."""
Count = Annotated[int, Field(ge=0, le=10**9)]
Lead = Annotated[int, Field(ge=1, le=LONGEST_H)]
StationId = Annotated[int, Field(ge=0, le=99_999)]
TargetName = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]


@dataclass(frozen=True)
class QuantileSeries:
    """Forecasts of consecutive hours, in the target's unit; None = no forecast of that hour."""

    p10: Series
    p50: Series
    p90: Series


@dataclass(frozen=True)
class Score:
    """Errors of forecasts against observations.

    Attributes:
        n: hours that have both.
        rmse: of the median, in the target's unit; None where n is 0.
        coverage_80: share of the observations from p10 to p90; None where n is 0.
    """

    n: Count
    rmse: Figure | None
    coverage_80: Figure | None


@dataclass(frozen=True)
class PastForecasts:
    """Forecasts of the last hours at one lead time, and their score."""

    quantiles: QuantileSeries
    score: Score


@dataclass(frozen=True)
class Present:
    """The newest forecast of a station.

    Attributes:
        issued_at: the newest observation hour that it used, UTC.
        quantiles: for 1, 2, 3 … hours after it.
    """

    issued_at: datetime
    quantiles: QuantileSeries

    @property
    def hours(self) -> list[datetime]:
        """The hours that are forecast, UTC."""
        return [self.issued_at + lead * HOUR for lead in range(1, len(self.quantiles.p50) + 1)]

    def at(self, hour: datetime) -> tuple[float | None, float | None, float | None]:
        """p10, p50 and p90 of an hour; None where it isn't forecast."""
        index = int((hour - self.issued_at) / HOUR) - 1
        if not 0 <= index < len(self.quantiles.p50):
            return None, None, None
        return self.quantiles.p10[index], self.quantiles.p50[index], self.quantiles.p90[index]


@dataclass(frozen=True)
class ForecastStation:
    """Observations and forecasts of one target at a station.

    Attributes:
        id: the KMA's station number.
        english: name.
        korean: name.
        coordinates: None where the list of stations doesn't have it.
        observed: a value per hour of the document; None = not observed.
        forecast: the newest one.
        why_none: reason why there is none.
        past: by lead time, hours.
    """

    id: int
    english: str
    korean: str
    coordinates: Coordinates | None
    observed: Series
    forecast: Present | None
    why_none: str | None
    past: Mapping[int, PastForecasts]

    @property
    def newest(self) -> int | None:
        """Index of the newest hour that was observed."""
        return next((n for n in reversed(range(len(self.observed))) if self.observed[n] is not None), None)


@dataclass(frozen=True)
class ForecastTarget:
    """A variable that is forecast, with all its stations.

    Attributes:
        name: as in YAML and addresses.
        label: name for people, in English.
        korean: name for people, in Korean.
        unit: of all figures.
        model_version: the champion's; None without one.
        past: scores of all stations together, by lead time in hours.
        stations: by id.
    """

    name: str
    label: str
    korean: str
    unit: str
    model_version: str | None
    past: Mapping[int, Score]
    stations: Mapping[int, ForecastStation]

    @property
    def base(self) -> datetime | None:
        """The newest observation hour that any of its forecasts used."""
        return max((one.forecast.issued_at for one in self.stations.values() if one.forecast), default=None)


@dataclass(frozen=True)
class ForecastDocument:
    """All published forecasts.

    Attributes:
        made_at: when the forecasts were made.
        hours: past hours with observations and forecasts, UTC.
        targets: by name.
    """

    made_at: datetime
    hours: Sequence[datetime]
    targets: Mapping[str, ForecastTarget]

    def old(self, now: datetime) -> bool:
        """Whether a newer document should have been published."""
        return now - self.made_at > OLD


Hourly = Annotated[list[Figure | None], Field(min_length=1, max_length=LONGEST_H)]


@dataclass(frozen=True)
class _Past:
    """Past forecasts of one station and lead time, as stored."""

    p10: Hourly
    p50: Hourly
    p90: Hourly
    n: Count
    rmse: Figure | None
    coverage_80: Figure | None


@dataclass(frozen=True)
class _Forecast:
    """The newest forecast of a station, as stored."""

    issued_at: Moment
    p10: Hourly
    p50: Hourly
    p90: Hourly

    def __post_init__(self) -> None:
        if not len(self.p10) == len(self.p50) == len(self.p90):
            raise ValueError("p10, p50 and p90 differ in length")
        if all(value is None for value in self.p50):
            raise ValueError("every p50 is null")


@dataclass(frozen=True)
class _Station:
    """A station, as stored."""

    name: str
    korean: str
    observed: Hourly
    forecast: _Forecast | None
    why_none: str | None
    past: dict[Lead, _Past]


@dataclass(frozen=True)
class _Target:
    """A target, as stored."""

    label: str
    korean: str
    unit: str
    model_version: str | None
    past: dict[Lead, Score]
    stations: dict[StationId, _Station]


@dataclass(frozen=True)
class _Stored:
    """The document, as stored."""

    made_at: Moment
    first: Moment
    hours: Annotated[int, Field(ge=1, le=LONGEST_H)]
    targets: Annotated[dict[TargetName, _Target], Field(min_length=1)]

    def __post_init__(self) -> None:
        last = self.first + self.hours * HOUR
        for station in (station for each in self.targets.values() for station in each.stations.values()):
            pasts = [each for past in station.past.values() for each in (past.p10, past.p50, past.p90)]
            if any(len(each) != self.hours for each in [station.observed, *pasts]):
                raise ValueError(f"not all series of {station.name} have {self.hours} hours")
            if station.forecast and not self.first - HOUR <= station.forecast.issued_at <= last:
                raise ValueError(f"the forecast of {station.name} was issued outside of these hours")


@dataclass(frozen=True, slots=True)
class _Version:
    schema: int


def load(store: ObjectStore) -> bytes | None:
    """The published object; None where nothing was published yet.

    Raises:
        ObjectDamaged: it is too large.
        StorageUnavailable, StorageRefused.
    """
    try:
        return store.get(recent_forecasts.KEY, JSON_DOCUMENT)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def parsed(body: bytes) -> ForecastDocument:
    """The document.

    Raises:
        ObjectDamaged: it is damaged, or a version of the code with another schema wrote it.
    """
    if documents.parse(body, _Version, recent_forecasts.KEY, FIX).schema != recent_forecasts.SCHEMA:
        raise ObjectDamaged(f"{recent_forecasts.KEY}: another version of the code wrote it. {FIX}")
    stored = documents.parse(body, _Stored, recent_forecasts.KEY, FIX)
    coordinates = {station.id: (station.latitude, station.longitude) for station in load_stations()}
    return ForecastDocument(
        stored.made_at,
        [stored.first + n * HOUR for n in range(stored.hours)],
        {name: _target(name, each, coordinates) for name, each in stored.targets.items()},
    )


def _target(name: str, stored: _Target, coordinates: Mapping[int, Coordinates]) -> ForecastTarget:
    stations = {number: _station(number, each, coordinates) for number, each in stored.stations.items()}
    return ForecastTarget(
        name, stored.label, stored.korean, stored.unit, stored.model_version, stored.past, stations
    )


def _station(number: int, stored: _Station, coordinates: Mapping[int, Coordinates]) -> ForecastStation:
    forecast = None
    if (newest := stored.forecast) is not None:
        forecast = Present(newest.issued_at, QuantileSeries(newest.p10, newest.p50, newest.p90))
    return ForecastStation(
        number,
        stored.name,
        stored.korean,
        coordinates.get(number),
        stored.observed,
        forecast,
        stored.why_none,
        {
            lead: PastForecasts(
                QuantileSeries(past.p10, past.p50, past.p90), Score(past.n, past.rmse, past.coverage_80)
            )
            for lead, past in stored.past.items()
        },
    )
