"""Plots of a model card, as SVG that takes its colours from the page.

matplotlib only has fixed colours. Each colour here is a placeholder that becomes a CSS variable in the
finished SVG, so that one drawing fits a light and a dark page. Titles and legends belong to the page:
HTML wraps on a phone, but text inside a drawing shrinks.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from weather_mlops.clock import HOURS_PER_DAY as DAY_H
from weather_mlops.documents.evaluation import RankHistogram
from weather_mlops.pages.curves import Curve, Figures, Look
from weather_mlops.pages.markup import escape

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
    "kma",
)
# Almost black, one step of blue each: matplotlib writes them back unchanged.
STAND_IN: Final = {paint: f"#0000{step:02x}" for step, paint in enumerate(PAINTS, start=1)}

PIXEL: Final = 1 / 72  # inches; the SVG backend draws 72 units to the inch
WIDTH: Final = 440 * PIXEL  # inches; on a 390 px phone its 14 px letters are still 11 px high
HEIGHT: Final = 270 * PIXEL  # inches
CASE_HEIGHT: Final = 230 * PIXEL  # inches


def by_lead(  # noqa: PLR0913  # what a plot can show is its arguments
    leads: Sequence[int],
    curves: Sequence[Curve],
    *,
    name: str,
    label: str,
    axis: str,
    span: tuple[float, float] | None = None,
    level: float | None = None,
    band: tuple[float, float] | None = None,
) -> str:
    """Curves over the lead.

    Args:
        leads: hours, ascending.
        curves: one figure for each lead; the later is drawn above the earlier.
        name: unique on its page.
        label: what a screen reader says.
        axis: label of the vertical axis, with its unit.
        span: range that the vertical axis shows at least, in the axis' unit.
        level: where a thin line marks the aim, in the axis' unit.
        band: what is shaded as good enough, in the axis' unit.
    """

    def draw(axes: "Axes") -> None:
        if band:
            axes.axhspan(*band, color=STAND_IN["band"], alpha=0.25, linewidth=0)
        if level is not None:
            axes.axhline(level, color=STAND_IN["ink"], linewidth=1)
        for curve in curves:
            _line(axes, leads, curve.values, curve.look)
        if span:
            low, high = axes.get_ylim()
            axes.set_ylim(min(low, span[0]) if span[0] else span[0], max(high, span[1]))
        step = 3 if leads[-1] <= DAY_H else 6
        axes.set_xticks([lead for lead in leads if lead == leads[0] or lead % step == 0])
        axes.set_xlabel("lead (h)")
        axes.set_ylabel(axis)

    return _svg(name, label, HEIGHT, draw)


def by_hour(hours: Sequence[int], curves: Sequence[Curve], *, name: str, label: str, axis: str) -> str:
    """Curves over the hour of the day (KST), from 0 up; the arguments are those of ``by_lead``."""

    def draw(axes: "Axes") -> None:
        for curve in curves:
            _line(axes, hours, curve.values, curve.look)
        axes.set_ylim(0, axes.get_ylim()[1])
        axes.set_xticks(range(0, DAY_H, 3))
        axes.set_xlabel("hour of the valid time (KST)")
        axes.set_ylabel(axis)

    return _svg(name, label, CASE_HEIGHT, draw)


def ranks(histogram: RankHistogram, *, name: str, label: str) -> str:
    """Share of the observations between neighbouring quantiles, divided by the share that belongs there.

    Args:
        histogram: the shares, and the range that chance allows a right forecast, which is shaded.
        name: unique on its page.
        label: what a screen reader says.
    """

    def draw(axes: "Axes") -> None:
        edges = [0.0, *histogram["levels"], 1.0]
        width = [high - low for low, high in pairwise(edges)]
        shares, low, high = (
            [share / promised for share, promised in zip(each, width, strict=True)]
            for each in (histogram["shares"], histogram["low"], histogram["high"])
        )
        axes.stairs(high, edges, baseline=low, fill=True, color=STAND_IN["band"], alpha=0.3, linewidth=0)
        axes.axhline(1, color=STAND_IN["ink"], linewidth=1)
        axes.stairs(shares, edges, baseline=None, color=STAND_IN["model"], linewidth=2.2)
        axes.set_ylim(min(0.5, *shares), max(1.5, *shares, *high))
        axes.set_xticks([0, 0.1, 0.25, 0.5, 0.75, 0.9, 1], ["0", "10", "25", "50", "75", "90", "100"])
        axes.set_xlabel("quantile (%)")
        axes.set_ylabel("share / promised")

    return _svg(name, label, CASE_HEIGHT, draw)


def forecast(  # noqa: PLR0913  # a case is these five series
    times: Sequence[datetime],
    observed: Figures,
    p10: Figures,
    p50: Figures,
    p90: Figures,
    *,
    name: str,
    label: str,
    axis: str,
) -> str:
    """One forecast with its band, and the observed outcome.

    Args:
        times: valid times, in the zone that the axis shows and names.
        observed: in the unit of the axis, None where nothing was observed.
        p10: lower edge of the 80 % interval, same unit.
        p50: median, same unit.
        p90: upper edge, same unit.
        name: unique on its page.
        label: what a screen reader says.
        axis: label of the vertical axis, with its unit.
    """

    def draw(axes: "Axes") -> None:
        hours = range(len(times))
        axes.fill_between(hours, _floats(p10), _floats(p90), color=STAND_IN["model"], alpha=0.22, linewidth=0)
        _line(axes, hours, p50, Look("model", width=2))
        _line(axes, hours, observed, Look("ink", width=1.4), marked=True)
        ticks = [hour for hour in hours if times[hour].hour % 6 == 0]
        axes.set_xticks(ticks, [_clock(times[hour]) for hour in ticks])
        axes.set_xlabel(f"valid time ({times[0].tzname()})")
        axes.set_ylabel(axis)

    return _svg(name, label, CASE_HEIGHT, draw)


def intervals(rows: Sequence[tuple[str, float, float, float]], *, name: str, label: str) -> str:
    """Improvements and their ranges against zero, %.

    Args:
        rows: of each its name, low, middle and high.
        name: unique on its page.
        label: what a screen reader says.
    """

    def draw(axes: "Axes") -> None:
        axes.axvline(0, color=STAND_IN["ink"], linewidth=1)
        for at, (_, low, middle, high) in enumerate(rows):
            axes.plot([low, high], [at, at], color=STAND_IN["champion"], linewidth=5, alpha=0.45)
            axes.plot([middle], [at], color=STAND_IN["champion"], marker="o", markersize=9, linestyle="")
        axes.margins(x=0.15)
        axes.set_ylim(len(rows) - 0.3, -0.7)
        axes.set_yticks(range(len(rows)), [row[0] for row in rows])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines.left.set_visible(False)
        axes.set_xlabel("improvement (%)")

    return _svg(name, label, (60 + 40 * len(rows)) * PIXEL, draw)


def _line(axes: "Axes", x: Sequence[int], values: Figures, look: Look, *, marked: bool = False) -> None:
    y = _floats(values)
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


def _floats(values: Figures) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _clock(time: datetime) -> str:
    return f"{time:%H}\n{time:%d %b}" if time.hour == 0 else f"{time:%H}"


def _svg(name: str, label: str, height: float, draw: Callable[["Axes"], None]) -> str:
    """What ``draw`` draws, the same bytes each time."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    out = StringIO()
    ink, rule = STAND_IN["ink"], STAND_IN["rule"]
    with mpl.rc_context(
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
    ):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        draw(figure.add_subplot())
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(out, format="svg", transparent=True, metadata=nothing)
    return _inline(out.getvalue(), label)


def _inline(document: str, label: str) -> str:
    """An SVG document as an element of an HTML page."""
    svg = document[document.index("<svg") :].strip()
    svg = re.sub(r' id="[\w.]+_\d+"', "", svg)  # the same in each drawing
    svg = re.sub(r"<defs>\s*<style.*?</defs>", "", svg, count=1, flags=re.DOTALL)  # would style the page
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)  # the page decides
    for paint, stand_in in STAND_IN.items():
        svg = svg.replace(stand_in, f"var(--{paint})")
    return svg.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
