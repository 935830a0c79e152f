"""The maps of all stations: what was observed, and next to it what is forecast for a later hour."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from weather_mlops.browsing.forecasts import inputs
from weather_mlops.browsing.forecasts.document import ForecastDocument, ForecastStation, ForecastTarget
from weather_mlops.browsing.forecasts.figures import amount
from weather_mlops.clock import HOUR
from weather_mlops.pages.charts import points
from weather_mlops.pages.charts.points import Point, Scale
from weather_mlops.pages.figures import kst
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit

AHEAD: Final = (1, 3, 6, 12, 24, 48)
"""Lead times that the map can show, hours."""
FIRST: Final = (108, 159, 143, 156, 133, 105, 184, 146, 152, 131, 138, 165)
"""Stations that get a figure rather than their neighbours: of large cities, and of each coast."""


@dataclass(frozen=True)
class StationsMap:
    """A map with its texts.

    Attributes:
        title: what it shows.
        at: when.
        drawing: SVG.
        note: how many stations have a value.
    """

    title: str
    at: str
    drawing: Markup
    note: str


@dataclass(frozen=True)
class Maps:
    """The maps of a page.

    Attributes:
        maps: one or two, that of the observations first.
        legend: of their colours; empty where no station has a value.
        has_marks: whether a station is marked as forecast from observations only.
    """

    maps: Sequence[StationsMap]
    legend: Markup
    has_marks: bool


def choices(target: ForecastTarget) -> list[int]:
    """The lead times of the map that a forecast covers: ours, or the KMA's where there is none of ours."""
    stations = target.stations.values()
    lengths = [len(one.forecast.quantiles.p50) for one in stations if one.forecast]
    longest = max(lengths or [len(one.kma.hours) for one in stations if one.kma], default=0)
    return [ahead for ahead in AHEAD if ahead <= longest]


def base(document: ForecastDocument, target: ForecastTarget) -> datetime:
    """The hour from which lead times count: the newest one that was observed."""
    return target.base or document.hours[-1]


def address(target: ForecastTarget, station: ForecastStation, visit: Visit) -> str:
    """The address of a station's page."""
    return visit.to(f"forecasts/{target.name}/{station.id}")


def draw(document: ForecastDocument, target: ForecastTarget, ahead: int, visit: Visit) -> Maps:
    """The maps of an hour.

    Args:
        document: all forecasts.
        target: what is shown.
        ahead: hours from the newest observation to the forecast hour.
        visit: language and links.
    """
    begin = base(document, target)
    observed = _points(target, visit, _Observed(document, target, begin, visit.language))
    shown = [("forecasts_map_observed", begin, observed)]
    marked: Collection[int] = ()
    if choices(target):
        hour = begin + ahead * HOUR
        marked = inputs.lacking(target, hour)
        kind = "forecasts_map_ours" if target.base else "forecasts_map_kma"
        shown.append((kind, hour, _points(target, visit, _Forecast(target, hour, marked, visit.language))))
    scale = Scale.of([point.value for _, _, each in shown for point in each])
    label = target.label(visit.language)
    maps = []
    for n, (kind, at, each) in enumerate(shown, start=1):
        title = visit.language(kind, n=ahead)
        spoken = visit.language("forecasts_map_label", what=f"{label}, {title}", at=kst(at))
        drawing = points.draw(each, scale, spoken, draws_land=n == 1)
        maps.append(StationsMap(title, kst(at), drawing, _counted(each, visit.language)))
    name = visit.language("forecasts_map_legend", label=label, unit=target.unit)
    return Maps(maps, scale.legend(name) if scale else Markup(), bool(marked))


def of_observations(document: ForecastDocument, target: ForecastTarget, visit: Visit) -> Maps:
    """The map of the newest hour that was observed."""
    begin = base(document, target)
    points_of = _points(target, visit, _Observed(document, target, begin, visit.language))
    scale = Scale.of([point.value for point in points_of])
    label = target.label(visit.language)
    title = visit.language("forecasts_map_observed", n=0)
    spoken = visit.language("forecasts_map_label", what=f"{label}, {title}", at=kst(begin))
    drawing = points.draw(points_of, scale, spoken, draws_land=True)
    name = visit.language("forecasts_map_legend", label=label, unit=target.unit)
    shown = StationsMap(title, kst(begin), drawing, _counted(points_of, visit.language))
    return Maps([shown], scale.legend(name) if scale else Markup(), has_marks=False)


@dataclass(frozen=True)
class _Observed:
    """What was observed in an hour."""

    document: ForecastDocument
    target: ForecastTarget
    hour: datetime
    words: Language

    def value(self, station: ForecastStation) -> float | None:
        hours = self.document.hours
        return station.observed[hours.index(self.hour)] if self.hour in hours else None

    def name(self, station: ForecastStation) -> str:
        return _named(station, self.value(station), self.target.unit, self.words)

    def is_marked(self, _station: ForecastStation) -> bool:
        return False


@dataclass(frozen=True)
class _Forecast:
    """What is forecast for an hour: by us, or by the KMA where there is no forecast of ours at all."""

    target: ForecastTarget
    hour: datetime
    marked: Collection[int]
    words: Language

    def value(self, station: ForecastStation) -> float | None:
        if self.target.base is None:
            return self._kma(station)
        return station.forecast.at(self.hour)[1] if station.forecast else None

    def name(self, station: ForecastStation) -> str:
        text = _named(station, self.value(station), self.target.unit, self.words)
        if self.is_marked(station):
            text = self.words("forecasts_map_and_alone", figure=text)
        kma = self._kma(station)
        if kma is None or self.target.base is None:
            return text
        return self.words("forecasts_map_and_kma", figure=text, value=amount(kma, self.target.unit))

    def is_marked(self, station: ForecastStation) -> bool:
        return station.id in self.marked

    def _kma(self, station: ForecastStation) -> float | None:
        return station.kma.at(self.hour) if station.kma else None


def _points(target: ForecastTarget, visit: Visit, shown: _Observed | _Forecast) -> list[Point]:
    order = {number: rank for rank, number in enumerate(FIRST)}
    return [
        Point(
            station.coordinates,
            shown.name(station),
            address(target, station, visit),
            shown.value(station),
            shown.is_marked(station),
        )
        for station in sorted(target.stations.values(), key=lambda each: order.get(each.id, len(FIRST)))
        if station.coordinates
    ]


def _named(station: ForecastStation, value: float | None, unit: str, words: Language) -> str:
    name = station.named(words)
    if value is None:
        return words("forecasts_map_no_value", name=name)
    return words("forecasts_map_figure", name=name, value=amount(value, unit))


def _counted(shown: Sequence[Point], words: Language) -> str:
    known = sum(point.value is not None for point in shown)
    if known == 0:
        return words("forecasts_map_none")
    if known == len(shown):
        return words("forecasts_map_all", n=known)
    return words("forecasts_map_some", n=known, missing=len(shown) - known)
