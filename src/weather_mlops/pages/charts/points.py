"""Values at points of the map of Korea: coloured, with their figure where it covers no other point."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from weather_mlops.pages import figures
from weather_mlops.pages.charts import korea
from weather_mlops.pages.charts.elements import joined, link, raw, svg, text
from weather_mlops.pages.charts.legends import colour
from weather_mlops.pages.charts.legends import scale as legend_of_colours
from weather_mlops.pages.charts.marks import disc

LAND: Final = "land"
"""Id of the drawing of the land: a page draws it once, and its maps refer to it."""
DIGIT: Final = 7.2  # units, the width of a digit
FRAME: Final = 5.0  # units, from the figure to the end of its frame
HALF_HEIGHT: Final = 8.5  # units, of a frame
DOT: Final = 5.5  # units, radius of a point without a figure
SPARE: Final = 3.0  # units, at least between a frame and the middle of another point
WHOLE: Final = 8.0
"""Width of a range from which on figures are rounded to whole numbers."""
STEPS: Final = tuple(factor * 10.0**power for power in range(-1, 5) for factor in (1, 2, 3, 4, 5))
"""Distances of the figures of a scale."""
MOST_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Point:
    """A value on a map.

    Attributes:
        coordinates: degrees north and east.
        name: with all its figures: what the pointer and a screen reader show.
        address: URL that it links to.
        value: None = none is known.
        is_marked: whether it gets a dashed ring.
    """

    coordinates: korea.Coordinates
    name: str
    address: str
    value: float | None
    is_marked: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of values that the colours cover.

    Attributes:
        ticks: round values at equal distances, two or more; the first and the last one are the ends.
    """

    ticks: Sequence[float]

    @classmethod
    def of(cls, values: Sequence[float | None]) -> "Scale | None":
        """A range that has all values; None where there is none."""
        known = [value for value in values if value is not None]
        if not known:
            return None
        for step in STEPS:
            first, last = math.floor(min(known) / step), math.ceil(max(known) / step)
            if last - first <= MOST_STEPS:
                break
        return cls([n * step for n in range(first, max(last, first + 1) + 1)])

    @property
    def digits(self) -> int:
        """Digits of a figure on the map: whole numbers where they tell points from each other."""
        return 0 if self.ticks[-1] - self.ticks[0] >= WHOLE else 1

    def colour(self, value: float) -> str:
        """The colour of a value."""
        return colour((value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0]))

    def legend(self, name: str) -> Markup:
        """All colours with the figures of some.

        Args:
            name: of the figures, with the unit.
        """
        return legend_of_colours([figures.number(tick, digits=self.digits) for tick in self.ticks], name)


def draw(points: Sequence[Point], scale: Scale | None, label: str, *, draws_land: bool = True) -> Markup:
    """A map.

    Args:
        points: an earlier one gets its figure rather than a later one.
        scale: of the values; None = no point has one.
        label: text for screen readers.
        draws_land: whether the land is drawn here; otherwise an earlier map of the page has it.
    """
    ground = land() if draws_land else raw(f'<use href="#{LAND}"/>')
    marks = [_link(point, _ring(*korea.at(point.coordinates))) for point in points if point.value is None]
    if scale:
        framed = _with_figures(points, scale)
        dots = [point for point in points if point.value is not None and point not in framed]
        marks += [_link(point, _framed(point, scale)) for point in framed]
        marks += [_link(point, _dot(point, scale)) for point in dots]
    return svg(joined([ground, *marks]), label, height=korea.HEIGHT, width=korea.WIDTH, kind="map")


def land() -> Markup:
    """The land with its provinces; a page has it once, and further maps use it by its id."""
    outline = korea.outline()
    return raw(
        f'<g id="{LAND}" aria-hidden="true"><path class="land-abroad" d="{outline["neighbours"]}"/>'
        f'<path class="land-korea" d="{outline["korea"]}"/>'
        f'<path class="land-border" d="{outline["provinces"]}"/></g>'
    )


def _link(point: Point, mark: Markup) -> Markup:
    return link(point.address, point.name, mark, label=point.name)


def _ring(x: float, y: float) -> Markup:
    return raw(f'<circle class="none" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>')


def _dot(point: Point, scale: Scale) -> Markup:
    x, y = korea.at(point.coordinates)
    kind = "alone" if point.is_marked else ""
    return disc(x, y, scale.colour(point.value or 0.0), radius=DOT, kind=kind)


def _figure(point: Point, scale: Scale) -> str:
    return figures.number(point.value, digits=scale.digits)


def _half_width(point: Point, scale: Scale) -> float:
    return len(_figure(point, scale)) * DIGIT / 2 + FRAME


def _framed(point: Point, scale: Scale) -> Markup:
    x, y = korea.at(point.coordinates)
    paint, half = scale.colour(point.value or 0.0), _half_width(point, scale)
    kind = ' class="alone"' if point.is_marked else ""
    figure = text(x, y + 4.4, _figure(point, scale), _ink(paint), hidden=True)
    return raw(
        f'<rect{kind} style="fill:{paint}" x="{x - half:.1f}" y="{y - HALF_HEIGHT:.1f}" '
        f'width="{2 * half:.1f}" height="{2 * HALF_HEIGHT:g}" rx="{HALF_HEIGHT / 2:g}"/>{figure}'
    )


def _with_figures(points: Sequence[Point], scale: Scale) -> list[Point]:
    """The points whose frame covers neither an earlier one nor the middle of another point."""
    middles = {point: korea.at(point.coordinates) for point in points if point.value is not None}
    chosen: list[Point] = []
    for point, (x, y) in middles.items():
        half = _half_width(point, scale)
        covers_point = any(
            abs(x - other_x) < half + SPARE and abs(y - other_y) < HALF_HEIGHT + SPARE
            for other, (other_x, other_y) in middles.items()
            if other is not point
        )
        covers_frame = any(
            abs(x - middles[other][0]) < half + _half_width(other, scale)
            and abs(y - middles[other][1]) < 2 * HALF_HEIGHT
            for other in chosen
        )
        if not covers_point and not covers_frame:
            chosen.append(point)
    return chosen


def _ink(paint: str) -> str:
    """The class of a text on a colour: the one of black and white with the greater contrast, at least 4.5."""
    linear = [
        part / 12.92 if part <= 0.04045 else math.pow((part + 0.055) / 1.055, 2.4)  # noqa: PLR2004  sRGB
        for part in (int(paint[n : n + 2], 16) / 255 for n in (1, 3, 5))
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "on-light" if luminance > 0.179 else "on-dark"  # noqa: PLR2004  WCAG: both contrasts are equal here
