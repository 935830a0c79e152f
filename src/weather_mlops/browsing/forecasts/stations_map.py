"""The stations on a map of Korea, coloured by what is forecast: plain SVG whose points are links.

There is no outline of the land: the stations show it, and nothing has to be fetched or licensed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from weather_mlops.browsing.forecasts.components import plain
from weather_mlops.browsing.forecasts.published import Coordinates, ForecastStation
from weather_mlops.pages import charts

WEST, EAST, SOUTH, NORTH = 124.3, 131.3, 32.9, 38.6  # degrees: all stations, and some sea
SQUEEZE: Final = math.cos(math.radians(36))
"""Length of a degree of longitude in degrees of latitude, in the middle of the map."""
WIDTH: Final = 440  # units
SCALE: Final = WIDTH / ((EAST - WEST) * SQUEEZE)
HEIGHT: Final = (NORTH - SOUTH) * SCALE
# Some names for orientation, mostly on the coast, where they cover no other station.
CITIES: Final = {
    90: "Sokcho",
    102: "Baengnyeongdo",
    105: "Gangneung",
    108: "Seoul",
    115: "Ulleungdo",
    138: "Pohang",
    159: "Busan",
    165: "Mokpo",
    184: "Jeju",
}
TO_THE_LEFT: Final = frozenset({115, 165, 184})
"""Stations whose names are drawn on their left, over the sea."""
ALONE: Final = (
    " A dashed ring: made from observations only, where others begin with the KMA's forecast. "
    '<span lang="ko">점선 테두리: 관측값만으로 만든 예보</span>'
)
STYLE: Final = """
.map{display:block;width:100%;max-width:560px;height:auto}
.map circle{stroke:var(--ink);stroke-width:1}.map a:focus-visible circle,.map a:hover circle{stroke-width:4}
.map a:focus-visible{outline:none}.map text{font-size:13px;fill:var(--ink);paint-order:stroke;
stroke:var(--page);stroke-width:3.5px;pointer-events:none}.map .axis{fill:var(--soft)}
.map .end{text-anchor:end}.map .rule{stroke:var(--rule)}.map .none{fill:var(--page)}
.map .alone{stroke-width:2.5;stroke-dasharray:3 2.5}
.map .cross{stroke:var(--ink);stroke-width:1.4}
.scale{max-width:560px;margin:.4em 0}.scale div{height:14px;border:1px solid var(--soft)}
.scale p{display:flex;justify-content:space-between;max-width:none;margin:0;font-size:.9em}
.side-by-side th,.side-by-side td{padding-inline:.45em}
.side-by-side{display:grid;grid-template-columns:minmax(0,1fr);gap:1rem 2rem;align-items:start}
@media (max-width:600px){tbody th{white-space:normal;min-width:7em}}
@media (min-width:1000px){.side-by-side{grid-template-columns:minmax(0,400px) minmax(0,1fr)}}
""".strip()


@dataclass(frozen=True)
class Point:
    """A station on the map.

    Attributes:
        station: the station.
        address: the URL that it links to.
        value: its figure; None = no forecast.
        kma: the KMA's figure of the same hour; None = no forecast, or it is the value.
        lacks_kma: whether the figure was made from observations only, and others were not.
    """

    station: ForecastStation
    address: str
    value: float | None
    kma: float | None = None
    lacks_kma: bool = False


def draw(points: Sequence[Point], unit: str, what: str) -> str:
    """The map and its legend, as HTML.

    Args:
        points: the stations; those without known coordinates are left out.
        unit: of their figures.
        what: description of the figures for people, without the unit.
    """
    known = [point.value for point in points if point.value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    note = ALONE if any(point.lacks_kma for point in points) else ""
    # Stations with a figure are drawn on top of the others.
    order = sorted(points, key=lambda point: point.value is not None)
    body = charts.joined(
        [
            _graticule(),
            *(_point(point, unit, low, high) for point in order),
            *(_city(point.station) for point in points if point.station.id in CITIES),
        ]
    )
    drawing = charts.svg(body, f"{what}, map of the stations", height=HEIGHT, width=WIDTH, kind="map")
    return (
        f"{drawing}{_legend(low, high, unit, what) if known else ''}"
        f'<p class="soft">A crossed point: no forecast.{note}</p>'
    )


def _at(coordinates: Coordinates) -> tuple[float, float]:
    north, east = coordinates
    return (east - WEST) * SQUEEZE * SCALE, (NORTH - north) * SCALE


def _point(point: Point, unit: str, low: float, high: float) -> Markup:
    if point.station.coordinates is None:
        return Markup()
    x, y = _at(point.station.coordinates)
    text = "no forecast" if point.value is None else f"{plain(point.value)} {unit}"
    text += "; observations only" if point.lacks_kma else ""
    text += "" if point.kma is None else f"; KMA {plain(point.kma)} {unit}"
    name = f"{point.station.english} {point.station.korean} ({point.station.id}): {text}"
    shape = charts.crossed_ring(x, y)
    if point.value is not None:
        paint = charts.colour((point.value - low) / (high - low) if high > low else 0.5)
        shape = charts.disc(x, y, paint, kind="alone" if point.lacks_kma else "")
    return charts.link(point.address, name, shape, label=name)


def _city(station: ForecastStation) -> Markup:
    if station.coordinates is None:
        return Markup()
    x, y = _at(station.coordinates)
    end = station.id in TO_THE_LEFT
    kind = "end" if end else ""
    return charts.text(x + (-10 if end else 10), y + 4.5, CITIES[station.id], kind, hidden=True)


def _graticule() -> Markup:
    lines = Markup()
    for east in (126, 128, 130):
        x = _at((NORTH, east))[0]
        lines += charts.rule(x, 0, x, HEIGHT, "rule")
        lines += charts.text(x + 4, HEIGHT - 6, f"{east}°E", "axis")
    for north in (34, 36, 38):
        y = _at((north, WEST))[1]
        lines += charts.rule(0, y, WIDTH, y, "rule")
        lines += charts.text(WIDTH - 4, y - 4, f"{north}°N", "axis end")
    return charts.raw(f'<g aria-hidden="true">{lines}</g>')


def _legend(low: float, high: float, unit: str, what: str) -> Markup:
    steps = [low, (low + high) / 2, high] if high > low else [low]
    return charts.scale([plain(value) for value in steps], f"{what}, {unit}")
