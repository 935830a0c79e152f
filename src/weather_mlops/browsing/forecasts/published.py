"""The document that the forecast pages show, published by make_forecast, as the pages use it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, cast

from weather_mlops.browsing.forecasts import kma_forecast
from weather_mlops.browsing.forecasts.kma_forecast import KmaPast, KmaPresent, KmaScore
from weather_mlops.clock import HOUR
from weather_mlops.documents.forecast_pages import (
    KEY,
    SCHEMA,
    CheckedPageDocument,
    CurrentForecast,
    PageDocument,
    PageStation,
    PageTarget,
    PastScores,
)
from weather_mlops.documents.schema_version import schema_of
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.limits import JSON_DOCUMENT
from weather_mlops.stations import stations_by_id

OLD: Final = timedelta(hours=3)
"""Each hourly collection is followed by a forecast: after three hours without one, something is wrong."""
FIX: Final = "The next run of the DAG forecast rewrites it: trigger it, or wait an hour."

Series = Sequence[float | None]
Coordinates = tuple[float, float]
"""Degrees north and east."""


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

    n: int
    rmse: float | None
    coverage_80: float | None


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
        inputs: what it was made from, in English and Korean; None = it does not say.
        leads_without_kma: hours ahead that were made from observations only; None = it does not say.
    """

    issued_at: datetime
    quantiles: QuantileSeries
    inputs: tuple[str, str] | None = None
    leads_without_kma: frozenset[int] | None = None

    @property
    def hours(self) -> list[datetime]:
        """The hours that are forecast, UTC."""
        return [self.issued_at + lead * HOUR for lead in range(1, len(self.quantiles.p50) + 1)]

    @property
    def is_mixed(self) -> bool:
        """Whether some hours began with the KMA's forecast, and others are made from observations only."""
        return 0 < len(self.leads_without_kma or ()) < len(self.quantiles.p50)

    def uses_kma(self, hour: datetime) -> bool | None:
        """Whether the forecast of an hour began with the KMA's; None = not known, or it isn't forecast."""
        lead = int((hour - self.issued_at) / HOUR)
        if self.leads_without_kma is None or not 1 <= lead <= len(self.quantiles.p50):
            return None
        return lead not in self.leads_without_kma

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
        kma: the KMA's newest forecast; None where none is known.
        kma_past: what the KMA forecast, by lead time in hours; empty where nothing is known.
    """

    id: int
    english: str
    korean: str
    coordinates: Coordinates | None
    observed: Series
    forecast: Present | None
    why_none: str | None
    past: Mapping[int, PastForecasts]
    kma: KmaPresent | None
    kma_past: Mapping[int, KmaPast]

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
        kma_past: the same of the KMA's forecast; empty where none is known.
        stations: by id.
    """

    name: str
    label: str
    korean: str
    unit: str
    model_version: str | None
    past: Mapping[int, Score]
    kma_past: Mapping[int, KmaScore]
    stations: Mapping[int, ForecastStation]

    @property
    def base(self) -> datetime | None:
        """The newest observation hour that any of its forecasts used."""
        return max((one.forecast.issued_at for one in self.stations.values() if one.forecast), default=None)

    @property
    def kma_issue(self) -> datetime | None:
        """The newest issue of the KMA's forecasts of its stations."""
        return max((one.kma.issued_at for one in self.stations.values() if one.kma), default=None)


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


def load(store: ObjectStore) -> bytes | None:
    """The published object; None where nothing was published yet.

    Raises:
        ObjectDamaged: it is too large.
        StorageUnavailable, StorageRefused.
    """
    try:
        return store.get(KEY, JSON_DOCUMENT)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=2)
def parsed(body: bytes) -> ForecastDocument:
    """The document.

    Raises:
        ObjectDamaged: it is damaged, or a version of the code with another schema wrote it.
    """
    if schema_of(body, KEY, FIX) != SCHEMA:
        raise ObjectDamaged(f"{KEY}: another version of the code wrote it. {FIX}")
    stored: PageDocument = documents.parse(body, cast("Any", CheckedPageDocument), KEY, FIX)
    coordinates = {
        number: (station.latitude, station.longitude) for number, station in stations_by_id().items()
    }
    first = _to_datetime(stored["first"])
    after = first + stored["hours"] * HOUR
    return ForecastDocument(
        _to_datetime(stored["made_at"]),
        [first + n * HOUR for n in range(stored["hours"])],
        {name: _target(name, each, coordinates, after) for name, each in stored["targets"].items()},
    )


def _target(
    name: str, stored: PageTarget, coordinates: Mapping[int, Coordinates], after: datetime
) -> ForecastTarget:
    return ForecastTarget(
        name,
        stored["label"],
        stored["korean"],
        stored["unit"],
        stored["model_version"],
        {int(lead): _score(past) for lead, past in stored["past"].items()},
        {int(lead): kma_forecast.score(past) for lead, past in stored.get("kma_past", {}).items()},
        {
            int(station_id): _station(int(station_id), each, coordinates, after)
            for station_id, each in stored["stations"].items()
        },
    )


def _station(
    station_id: int, stored: PageStation, coordinates: Mapping[int, Coordinates], after: datetime
) -> ForecastStation:
    newest, kma = stored["forecast"], stored.get("kma")
    return ForecastStation(
        station_id,
        stored["name"],
        stored["korean"],
        coordinates.get(station_id),
        stored["observed"],
        None if newest is None else _present(newest),
        stored["why_none"],
        {
            int(lead): PastForecasts(QuantileSeries(past["p10"], past["p50"], past["p90"]), _score(past))
            for lead, past in stored["past"].items()
        },
        kma_forecast.present(kma["forecast"], after) if kma else None,
        kma_forecast.past(kma) if kma else {},
    )


def _present(newest: CurrentForecast) -> Present:
    inputs = None
    if "inputs_note" in newest and "inputs_note_korean" in newest:
        inputs = newest["inputs_note"], newest["inputs_note_korean"]
    without = newest.get("leads_without_kma")
    return Present(
        _to_datetime(newest["issued_at"]),
        QuantileSeries(newest["p10"], newest["p50"], newest["p90"]),
        inputs,
        None if without is None else frozenset(without),
    )


def _score(past: PastScores) -> Score:
    return Score(past["n"], past["rmse"], past["coverage_80"])


def _to_datetime(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
