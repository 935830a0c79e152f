"""The charts of all pages, as SVG that takes its colours from the page: one drawing for light and dark.

The functions take typed figures and return markup, which holds no script and requests nothing. ``axes`` maps
values to the drawing, ``curves``, ``bars`` and ``marks`` draw, ``legends`` names what is drawn, ``elements``
writes the SVG.
"""

from weather_mlops.pages.charts.axes import (
    HEIGHT,
    TOP,
    Axis,
    by_clock,
    by_hour_of_day,
    by_lead,
    by_share,
    by_time,
    framed,
    horizontal,
    vertical,
)
from weather_mlops.pages.charts.bars import Range, bullet, columns, ranges, rank_histogram
from weather_mlops.pages.charts.curves import KMA_FORECAST, Curve, Figures, Look, lines, notes
from weather_mlops.pages.charts.elements import WIDTH, bar, joined, link, raw, rule, svg, text
from weather_mlops.pages.charts.legends import Area, colour, legend, scale, swatch
from weather_mlops.pages.charts.marks import cross, disc, dot, triangle

__all__ = [
    "HEIGHT",
    "KMA_FORECAST",
    "TOP",
    "WIDTH",
    "Area",
    "Axis",
    "Curve",
    "Figures",
    "Look",
    "Range",
    "bar",
    "bullet",
    "by_clock",
    "by_hour_of_day",
    "by_lead",
    "by_share",
    "by_time",
    "colour",
    "columns",
    "cross",
    "disc",
    "dot",
    "framed",
    "horizontal",
    "joined",
    "legend",
    "lines",
    "link",
    "notes",
    "ranges",
    "rank_histogram",
    "raw",
    "rule",
    "scale",
    "svg",
    "swatch",
    "text",
    "triangle",
    "vertical",
]
