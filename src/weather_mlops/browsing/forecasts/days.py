"""Highest and lowest hourly value of each day, KST: observed, and forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from weather_mlops.browsing.forecasts.document import ForecastDocument, ForecastStation, Series
from weather_mlops.clock import HOURS_PER_DAY, KST
from weather_mlops.verification.extremes import HOURS_NEEDED

LEAD: Final = 24
"""Hours before a past hour at which the forecasts of it were made that count for its day."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """The highest and the lowest hour of a day; None where too few of its hours are known."""

    high: float | None = None
    low: float | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A day (KST) of a station.

    Attributes:
        date: which one.
        observed: of its hours until now.
        until: its newest observed hour, where later ones are still to come; None for other days.
        ours: our forecast; of past hours the one of LEAD hours before.
        kma: the KMA's.
    """

    date: date
    observed: Extremes
    until: datetime | None
    ours: Extremes
    kma: Extremes


def of_station(document: ForecastDocument, station: ForecastStation) -> list[Day]:
    """The days of which an extreme is known, in order."""
    observed = _by_hour(document.hours, station.observed)
    ours, kma = dict[datetime, float](), dict[datetime, float]()
    if past := station.past.get(LEAD):
        ours |= _by_hour(document.hours, past.quantiles.p50)
    if official := station.kma_past.get(LEAD):
        kma |= _by_hour(document.hours, official.values)
    if station.forecast:
        ours |= _by_hour(station.forecast.hours, station.forecast.quantiles.p50)
    if station.kma:
        kma |= _by_hour(station.kma.hours, station.kma.values[: len(station.kma.hours)])
    hours = sorted({*observed, *ours, *kma})
    newest = max(observed, default=None)
    days = []
    for day in sorted({hour.astimezone(KST).date() for hour in hours}):
        is_today = newest is not None and newest.astimezone(KST).date() == day
        until = newest if is_today and len(_of(day, observed)) < HOURS_PER_DAY else None
        one = Day(
            day,
            _extremes(_of(day, observed), 1 if until else HOURS_NEEDED),
            until,
            _extremes(_of(day, ours)),
            _extremes(_of(day, kma)),
        )
        if any(each.high is not None for each in (one.observed, one.ours, one.kma)):
            days.append(one)
    return days


def _by_hour(hours: Sequence[datetime], values: Series) -> dict[datetime, float]:
    return {hour: value for hour, value in zip(hours, values, strict=True) if value is not None}


def _of(day: date, values: Mapping[datetime, float]) -> list[float]:
    return [value for hour, value in values.items() if hour.astimezone(KST).date() == day]


def _extremes(values: Sequence[float], needed: int = HOURS_NEEDED) -> Extremes:
    return Extremes(max(values), min(values)) if len(values) >= needed else Extremes()
