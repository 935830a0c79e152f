"""The forecasts that the pages show, as they use them: stations and targets with their hours and scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from weather_mlops.browsing.forecasts.kma_forecast import KmaPast, KmaPresent, KmaScore
from weather_mlops.clock import HOUR
from weather_mlops.pages.charts.korea import Coordinates
from weather_mlops.pages.languages import Language
from weather_mlops.pages.messages import Translation

OLD: Final = timedelta(hours=3)
"""Each hourly collection is followed by a forecast: after three hours without one, something is wrong."""

Series = Sequence[float | None]


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
        quartiles: p25 and p75 of the same hours; None for older models.
    """

    issued_at: datetime
    quantiles: QuantileSeries
    inputs: Translation | None = None
    leads_without_kma: frozenset[int] | None = None
    quartiles: tuple[Series, Series] | None = None

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
        quantiles = self.quantiles
        low, middle, high = (
            self._of(series, hour) for series in (quantiles.p10, quantiles.p50, quantiles.p90)
        )
        return low, middle, high

    def quartiles_at(self, hour: datetime) -> tuple[float | None, float | None]:
        """p25 and p75 of an hour; None where it isn't forecast, or its model has no quartiles."""
        if self.quartiles is None:
            return None, None
        return self._of(self.quartiles[0], hour), self._of(self.quartiles[1], hour)

    def _of(self, series: Series, hour: datetime) -> float | None:
        index = int((hour - self.issued_at) / HOUR) - 1
        return series[index] if 0 <= index < len(series) else None


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
        verified: scores of the last days, all leads together, by number of days; empty where not verified.
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
    verified: Mapping[int, KmaScore]

    def named(self, words: Language) -> str:
        """Name and id for the reader."""
        return f"{words.of(Translation(self.english, self.korean))} ({self.id})"

    @property
    def hours_ahead(self) -> list[datetime]:
        """The hours of our forecast; those of the KMA's where there is no other."""
        if self.forecast:
            return self.forecast.hours
        return self.kma.hours if self.kma else []

    @property
    def newest(self) -> int | None:
        """Index of the newest hour that was observed."""
        return next((n for n in reversed(range(len(self.observed))) if self.observed[n] is not None), None)


@dataclass(frozen=True)
class ForecastTarget:
    """A variable that is forecast, with all its stations.

    Attributes:
        name: as in YAML and addresses.
        english: name for people.
        korean: name for people, in Korean.
        unit: of all figures.
        model_version: the champion's; None without one.
        past: scores of all stations together, by lead time in hours.
        kma_past: the same of the KMA's forecast; empty where none is known.
        verified: scores of the last days, all stations and leads, by number of days.
        stations: by id.
    """

    name: str
    english: str
    korean: str
    unit: str
    model_version: str | None
    past: Mapping[int, Score]
    kma_past: Mapping[int, KmaScore]
    verified: Mapping[int, KmaScore]
    stations: Mapping[int, ForecastStation]

    def label(self, words: Language) -> str:
        """Its name for the reader."""
        return words.of(Translation(self.english, self.korean))

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
