"""The page of all stations: a map and a table of one target's forecasts."""

from collections.abc import Sequence
from typing import Final

from weather_mlops.browsing.forecasts import stations_map
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

AHEAD: Final = (1, 6, 12, 24)
"""Lead times that the map can show, hours."""


def choices(target: ForecastTarget) -> list[int]:
    """The lead times of the map that at least one forecast covers."""
    longest = max(
        (len(one.forecast.quantiles.p50) for one in target.stations.values() if one.forecast), default=0
    )
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
        f"{issued_by(document, target)}{notice(document, old=old)}{_targets(document, target)}"
        '<p class="skip-to"><a href="#stations">To the table of all stations</a></p>'
        '<div class="side-by-side"><section aria-labelledby="map"><h2 id="map">Map</h2>'
        f"{_map(target, ahead)}</section>"
        f'<section aria-labelledby="stations"><h2 id="stations">Stations</h2>{_table(document, target)}'
        f"</section></div>{_past(target)}{_without(document, target)}"
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


def _map(target: ForecastTarget, ahead: int) -> str:
    if target.base is None:
        points = [Point(station, address(target, station), None) for station in target.stations.values()]
        return stations_map.draw(points, target.unit, "No forecast")
    hour = target.base + ahead * HOUR
    points = [
        Point(station, address(target, station), station.forecast.at(hour)[1] if station.forecast else None)
        for station in target.stations.values()
    ]
    links = [
        (f"?target={target.name}&ahead={each}", f"in {each} h", each == ahead) for each in choices(target)
    ]
    what = f"{target.label} forecast for {kst(hour)}, p50"
    return (
        f"{_navigation('Hour that the map shows', links)}<p>{escape(what)}: {ahead} h after the newest "
        f"observation. Each point is a link to its station.</p>{stations_map.draw(points, target.unit, what)}"
    )


def _table(document: ForecastDocument, target: ForecastTarget) -> str:
    unit = escape(target.unit)
    with_one = [(station, station.forecast) for station in target.stations.values() if station.forecast]
    if not with_one:
        return "<p>No station has a forecast; the reasons are below.</p>"
    head = (
        "Station",
        f"Newest observed, {unit}",
        "at, KST",
        f"Lowest p50, {unit}",
        f"Highest p50, {unit}",
        f"{len(with_one[0][1].quantiles.p50)} h ahead: p50 (p10 to p90), {unit}",
    )
    rows = [(_link(target, station), _cells(document, station, forecast)) for station, forecast in with_one]
    caption = (
        f"{len(rows)} stations: the newest observation, the lowest and highest hour of the forecast "
        "after it, and its last hour. p50 is the median; 8 of 10 observations should lie between p10 and p90."
    )
    return listing(caption, head, rows, "Forecasts of all stations")


def _link(target: ForecastTarget, station: ForecastStation) -> str:
    return f'<a href="{escape(address(target, station))}">{named(station)}</a>'


def _observed(document: ForecastDocument, station: ForecastStation) -> tuple[str, str]:
    if station.newest is None:
        return MISSING, MISSING
    return plain(station.observed[station.newest]), short(document.hours[station.newest])


def _cells(document: ForecastDocument, station: ForecastStation, forecast: Present) -> list[str]:
    middle = [value for value in forecast.quantiles.p50 if value is not None]
    low, p50, high = forecast.at(forecast.hours[-1])
    texts = (
        *_observed(document, station),
        plain(min(middle)),
        plain(max(middle)),
        f"{plain(p50)} ({plain(low)} to {plain(high)})",
    )
    return [f"<td>{text}</td>" for text in texts]


def _without(document: ForecastDocument, target: ForecastTarget) -> str:
    none = [station for station in target.stations.values() if station.forecast is None]
    if not none:
        return ""
    rows = [
        (
            _link(target, station),
            [
                *(f"<td>{text}</td>" for text in _observed(document, station)),
                f'<td class="words">{escape(station.why_none or "")}</td>',
            ],
        )
        for station in none
    ]
    head = ("Station", f"Newest observation, {escape(target.unit)}", "observed at, KST", "Why no forecast")
    caption = (
        f"{len(rows)} stations without a forecast; {MISSING}: nothing was observed in the last "
        f"{len(document.hours)} h."
    )
    stations = folded(f"{len(rows)} stations", listing(caption, head, rows, "Stations without a forecast"))
    return f'<section aria-labelledby="without"><h2 id="without">Without a forecast</h2>{stations}</section>'


def _past(target: ForecastTarget) -> str:
    rows = [(f"{lead} h ahead", score) for lead, score in target.past.items()]
    table = scores(rows, target, "all stations together, for the hours that each station's page shows")
    return (
        '<section aria-labelledby="past"><h2 id="past">How good the last forecasts were</h2>'
        f"{table}<p>RMSE is the typical size of the error, in {escape(target.unit)}. "
        "The newest monitoring report compares it with the RMSE that the evaluation promised.</p></section>"
    )
