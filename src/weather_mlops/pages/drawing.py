"""Drawings by matplotlib, as SVG that takes its colours from the page.

matplotlib knows fixed colours only. Each colour here is a stand-in that becomes a CSS variable in the
finished SVG, so that one drawing serves a light and a dark page. Titles and legends are the page's:
HTML wraps on a phone, text inside a drawing shrinks.
"""

import math
import re
from collections.abc import Callable, Sequence
from html import escape
from io import StringIO
from threading import Lock
from typing import TYPE_CHECKING, Final

from weather_mlops.pages.curves import Figures, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAINTS: Final = (
    "ink",
    "rule",
    "band",
    "model",
    "persistence",
    "yesterday",
    "climatology",
    "damped",
    "ridge",
    "champion",
    "other",
)
# Almost black, one step of blue each: matplotlib writes them back unchanged.
STAND_IN: Final = {paint: f"#0000{step:02x}" for step, paint in enumerate(PAINTS, start=1)}

PIXEL: Final = 1 / 72  # inches; the SVG backend draws 72 units to the inch
WIDTH: Final = 440  # units; on a 390 px phone its 14 px letters are still 11 px high
Margins = tuple[float, float, float, float]
"""Room around the axes, units: left, right, top, bottom."""

# matplotlib's settings belong to the whole process; pages are drawn in threads.
_DRAWING: Final = Lock()


def line(axes: "Axes", x: Sequence[int], values: Figures, look: Look, *, marked: bool = False) -> None:
    """Draw a curve; a figure between two missing ones is a dot, all are where ``marked``."""
    y = floats(values)
    # A figure between two missing ones makes no line, and would not be seen without a mark.
    around = [math.nan, *y, math.nan]
    alone = [at for at in range(len(y)) if math.isnan(around[at]) and math.isnan(around[at + 2])]
    axes.plot(
        x,
        y,
        color=STAND_IN[look.paint],
        linewidth=look.width,
        linestyle=(0, look.dash) if look.dash else "-",
        marker="o",
        markersize=3,
        markevery=None if marked else alone,
    )


def floats(values: Figures) -> list[float]:
    """The same with NaN for each figure that is missing."""
    return [math.nan if value is None else value for value in values]


def svg(
    name: str, label: str, height: float, draw: Callable[["Axes"], None], *, margins: Margins | None = None
) -> str:
    """What ``draw`` draws, the same bytes each time.

    Args:
        name: unique on its page.
        label: what a screen reader says.
        height: of the drawing, units; it is WIDTH wide.
        draw: draws on empty axes.
        margins: around the axes; None = as matplotlib measures it, which takes three times as long.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = StringIO()
    ink, rule = STAND_IN["ink"], STAND_IN["rule"]
    with (
        _DRAWING,
        mpl.rc_context(
            {
                "svg.fonttype": "none",
                "svg.hashsalt": name,  # ids are unique on the page, and no longer random
                "text.parse_math": False,  # a unit is text, also with a $ in it
                "font.family": "sans-serif",
                "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same measures everywhere
                "font.size": 14,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "axes.xmargin": 0.02,
                "axes.labelcolor": ink,
                "xtick.labelcolor": ink,
                "ytick.labelcolor": ink,
                "axes.edgecolor": rule,
                "grid.color": rule,
                "xtick.color": rule,
                "ytick.color": rule,
            }
        ),
    ):
        figure = Figure((WIDTH * PIXEL, height * PIXEL), layout=None if margins else "constrained")
        draw(figure.add_axes(_box(height, *margins)) if margins else figure.add_subplot())
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(out, format="svg", transparent=True, metadata=nothing)
    return _inline(out.getvalue(), label)


def _box(height: float, left: float, right: float, top: float, bottom: float) -> Margins:
    """Axes between margins: left, bottom, width, height as shares of the drawing."""
    return (
        left / WIDTH,
        bottom / height,
        (WIDTH - left - right) / WIDTH,
        (height - top - bottom) / height,
    )


def _inline(document: str, label: str) -> str:
    """An SVG document as an element of an HTML page."""
    svg = document[document.index("<svg") :].strip()
    svg = re.sub(r' id="[\w.]+_\d+"', "", svg)  # the same in each drawing
    svg = re.sub(r"<defs>\s*<style.*?</defs>", "", svg, count=1, flags=re.DOTALL)  # would style the page
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)  # the page decides
    for paint, stand_in in STAND_IN.items():
        svg = svg.replace(stand_in, f"var(--{paint})")
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
