"""The page of all stations: a map and a table of one target's forecasts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from weather_mlops.browsing.forecasts import inputs_components, kma_components, stations_map
from weather_mlops.browsing.forecasts.components import (
    frame,
    issued_by,
    listing,
    named,
    notice,
    plain,
    scores,
    short,
)
from weather_mlops.browsing.forecasts.published import (
    ForecastDocument,
    ForecastStation,
    ForecastTarget,
    Present,
)
from weather_mlops.browsing.forecasts.stations_map import Point
from weather_mlops.clock import HOUR
from weather_mlops.pages.markup import MISSING, escape, folded, kst

AHEAD: Final = (1, 6, 12, 24, 36, 48)
"""Lead times that the map can show, hours."""


def choices(target: ForecastTarget) -> list[int]:
    """The lead times of the map that a forecast covers: ours, or the KMA's where there is none of ours."""
    stations = target.stations.values()
    lengths = [len(one.forecast.quantiles.p50) for one in stations if one.forecast]
    longest = max(lengths or [len(one.kma.hours) for one in stations if one.kma], default=0)
    return [ahead for ahead in AHEAD if ahead <= longest]


def render(document: ForecastDocument, target: ForecastTarget, *, ahead: int, old: bool) -> str:
    """The page as HTML.

    Args:
        document: all published forecasts.
        target: of this page.
        ahead: hours from the newest observation to what the map shows.
        old: whether a newer document should have been published.
    """
    title = f"Forecasts: {target.label}"
    body = (
        f'<h1>Forecasts: {escape(target.label)} <span lang="ko">{escape(target.korean)}</span></h1>'
        f"{issued_by(document, target)}{notice(document, old=old)}"
        f"{kma_components.newest_issue(document, target)}{inputs_components.of_stations(target)}"
        f"{_targets(document, target)}"
        '<p class="skip-to"><a href="#stations">To the table of all stations</a></p>'
        '<div class="side-by-side"><section aria-labelledby="map"><h2 id="map">Map</h2>'
        f"{_map(document, target, ahead)}</section>"
        f'<section aria-labelledby="stations"><h2 id="stations">Stations</h2>{_table(document, target)}'
        f"</section></div>{_past(target)}{_without(document, target, ahead)}"
    )
    return frame(title, body, style=stations_map.STYLE)


def address(target: ForecastTarget, station: ForecastStation) -> str:
    """The URL of a station's page, relative to this page."""
    return f"forecasts/{target.name}/{station.id}"


def _targets(document: ForecastDocument, target: ForecastTarget) -> str:
    links = [(f"?target={name}", each.label, name == target.name) for name, each in document.targets.items()]
    return _navigation("What is forecast", links) if len(links) > 1 else ""


def _navigation(name: str, links: Sequence[tuple[str, str, bool]]) -> str:
    mark = {True: ' aria-current="page"', False: ""}
    items = "".join(
        f'<li><a href="{escape(href)}"{mark[current]}>{escape(text)}</a></li>'
        for href, text, current in links
    )
    return f'<nav aria-label="{name}"><ul>{items}</ul></nav>'


def _map(document: ForecastDocument, target: ForecastTarget, ahead: int) -> str:
    hour = _base(document, target) + ahead * HOUR
    lacking = inputs_components.lacking(target, hour)
    points = [
        Point(station, address(target, station), *_values(target, station, hour), station.id in lacking)
        for station in target.stations.values()
    ]
    if not choices(target):
        return stations_map.draw(points, target.unit, "No forecast")
    links = [
        (f"?target={target.name}&ahead={each}", f"in {each} h", each == ahead) for each in choices(target)
    ]
    kind = "forecast for {}, p50" if target.base else "forecast by the KMA for {}"
    what = f"{target.label} {kind.format(kst(hour))}"
    return (
        f"{_navigation('Hour that the map shows', links)}<p>{escape(what)}: {ahead} h after the newest "
        f"observation. Each point is a link to its station.</p>{stations_map.draw(points, target.unit, what)}"
    )


def _base(document: ForecastDocument, target: ForecastTarget) -> datetime:
    """The hour from which the map's lead times count: the newest one that was observed."""
    return target.base or document.hours[-1]


def _values(
    target: ForecastTarget, station: ForecastStation, hour: datetime
) -> tuple[float | None, float | None]:
    """What the map shows of a station: its figure, and the KMA's where the figure is ours."""
    kma = station.kma.at(hour) if station.kma else None
    if target.base is None:
        return kma, None
    return (station.forecast.at(hour)[1] if station.forecast else None), kma


def _table(document: ForecastDocument, target: ForecastTarget) -> str:
    unit = escape(target.unit)
    with_one = [(station, station.forecast) for station in target.stations.values() if station.forecast]
    if not with_one:
        reasons = "<p>No station has a forecast of our own; the reasons are below.</p>"
        return f"{reasons}{_kma_table(document, target)}"
    ahead = len(with_one[0][1].quantiles.p50)
    head = (
        "Station",
        f"Newest observed, {unit}",
        "at, KST",
        f"Lowest p50, {unit}",
        f"Highest p50, {unit}",
        f"{ahead} h ahead: p50 (p10 to p90), {unit}",
        *([f"KMA, {unit}"] if target.kma_issue else []),
    )
    lacking = inputs_components.lacking(target)
    rows = [
        (
            _link(target, station) + (f"<br>{inputs_components.ALONE}" if station.id in lacking else ""),
            _cells(document, target, station, forecast),
        )
        for station, forecast in with_one
    ]
    caption = (
        f"{len(rows)} stations: the newest observation, the lowest and highest hour of the forecast "
        "after it, and its last hour. p50 is the median; 8 of 10 observations should lie between p10 and p90."
        f"{' KMA: what the KMA forecasts for that last hour.' if target.kma_issue else ''}"
    )
    return listing(caption, head, rows, "Forecasts of all stations")


def _kma_table(document: ForecastDocument, target: ForecastTarget) -> str:
    """The KMA's forecast of all stations, where there is none of ours."""
    rows = []
    for station in target.stations.values():
        if station.kma:
            values = [value for value in station.kma.values if value is not None]
            texts = (*_observed(document, station), *map(plain, (min(values), max(values))))
            rows.append((_link(target, station), [f"<td>{text}</td>" for text in texts]))
    if not rows:
        return ""
    unit = escape(target.unit)
    head = ("Station", f"Newest observed, {unit}", "at, KST", f"KMA: lowest, {unit}", f"KMA: highest, {unit}")
    caption = (
        f"{len(rows)} stations: the newest observation, and the lowest and highest hour of the "
        f"{kma_components.NAME} after it."
    )
    return listing(caption, head, rows, "The KMA's forecast of all stations")


def _link(target: ForecastTarget, station: ForecastStation) -> str:
    return f'<a href="{escape(address(target, station))}">{named(station)}</a>'


def _observed(document: ForecastDocument, station: ForecastStation) -> tuple[str, str]:
    if station.newest is None:
        return MISSING, MISSING
    return plain(station.observed[station.newest]), short(document.hours[station.newest])


def _cells(
    document: ForecastDocument, target: ForecastTarget, station: ForecastStation, forecast: Present
) -> list[str]:
    middle = [value for value in forecast.quantiles.p50 if value is not None]
    low, p50, high = forecast.at(forecast.hours[-1])
    texts = [
        *_observed(document, station),
        plain(min(middle)),
        plain(max(middle)),
        f"{plain(p50)} ({plain(low)} to {plain(high)})",
    ]
    if target.kma_issue:
        texts += map(plain, kma_components.values(station, forecast.hours[-1:]))
    return [f"<td>{text}</td>" for text in texts]


def _without(document: ForecastDocument, target: ForecastTarget, ahead: int) -> str:
    none = [station for station in target.stations.values() if station.forecast is None]
    if not none:
        return ""
    hour = _base(document, target) + ahead * HOUR
    rows = []
    for station in none:
        texts = [*_observed(document, station)]
        if target.kma_issue:
            texts += map(plain, kma_components.values(station, [hour]))
        cells = [f"<td>{text}</td>" for text in texts]
        cells.append(f'<td class="words">{escape(station.why_none or "")}</td>')
        rows.append((_link(target, station), cells))
    unit = escape(target.unit)
    head = (
        "Station",
        f"Newest observation, {unit}",
        "observed at, KST",
        *([f"KMA for {short(hour)} KST, {unit}"] if target.kma_issue else []),
        "Why no forecast",
    )
    caption = (
        f"{len(rows)} stations without a forecast; {MISSING}: nothing was observed in the last "
        f"{len(document.hours)} h."
    )
    stations = folded(f"{len(rows)} stations", listing(caption, head, rows, "Stations without a forecast"))
    return f'<section aria-labelledby="without"><h2 id="without">Without a forecast</h2>{stations}</section>'


def _past(target: ForecastTarget) -> str:
    rows = [(f"{lead} h ahead", score) for lead, score in target.past.items()]
    what = "all stations together, for the hours that each station's page shows"
    table = scores(rows, target, what)
    kma = [(f"{lead} h ahead", score) for lead, score in target.kma_past.items()]
    return (
        '<section aria-labelledby="past"><h2 id="past">How good the last forecasts were</h2>'
        f"{table}<p>RMSE is the typical size of the error, in {escape(target.unit)}. "
        "The newest monitoring report compares it with the RMSE that the evaluation promised.</p>"
        f"{kma_components.scores(kma, target, what)}</section>"
    )
