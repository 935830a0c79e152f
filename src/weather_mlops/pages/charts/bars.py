"""Columns by hour, rank histograms, ranges against zero, and bullets for the cells of tables."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple

from markupsafe import Markup

from weather_mlops.clock import HOUR
from weather_mlops.pages.charts.axes import TOP, Axis, framed
from weather_mlops.pages.charts.curves import hover
from weather_mlops.pages.charts.elements import joined, raw, rule, text

ROW: Final = 46  # units of the drawing for a range and its name


class Range(NamedTuple):
    """A figure and the range that it may lie in, all in one unit."""

    name: str
    low: float
    middle: float
    high: float


def columns(
    starts: Sequence[datetime], shares: Sequence[float | None], x: Axis, y: Axis, *, label: str
) -> Markup:
    """A bar chart of shares by hour; above each bar, narrower and in another colour, the missing share.

    Args:
        starts: of the hours.
        shares: share of each hour that is present, in the unit of ``y``; None = nothing was expected.
        x: horizontal axis.
        y: vertical axis; its end is the whole.
        label: text for screen readers.
    """
    present, missing = [], []
    for start, share in zip(starts, shares, strict=True):
        left, right = x.at(start.timestamp()), x.at((start + HOUR).timestamp())
        if share is None:
            continue
        present.append(_box(left, y.at(share), right, y.start))
        if share < y.high:
            inset = (right - left) / 5
            missing.append(_box(left + inset, y.end, right - inset, y.at(share)))
    body = (
        f'<path class="fill-model" style="opacity:.55" d="{"".join(present)}"/>'
        f'<path class="fill-bad" d="{"".join(missing)}"/>'
    )
    return framed(x, y, raw(body), label=label)


def rank_histogram(  # noqa: PLR0913  # the parts of a plot
    edges: Sequence[float],
    ratios: Sequence[float],
    x: Axis,
    y: Axis,
    *,
    label: str,
    aim: tuple[Sequence[float], Sequence[float]],
    notes: Sequence[str],
) -> Markup:
    """Steps around 1: how much more often than it should something falls between two neighbouring edges.

    Args:
        edges: ascending, one more than there are steps.
        ratios: height of each step.
        x: horizontal axis, of the edges.
        y: vertical axis, of the ratios.
        label: text for screen readers.
        aim: least and greatest height of each step that chance allows; this area is shaded.
        notes: a text for each step, shown where the pointer is.
    """
    low, high = (_steps(edges, heights, x, y) for heights in aim)
    steps = "L".join(_steps(edges, ratios, x, y))
    parts = [
        f'<path class="aim" d="M{"L".join([*high, *reversed(low)])}Z"/>',
        rule(x.start, y.at(1), x.end, y.at(1), "level"),
        f'<path d="M{steps}" style="fill:none;stroke:var(--model);stroke-width:2.2"/>',
        hover(
            (
                (x.at(left), x.at(right), note)
                for (left, right), note in zip(pairwise(edges), notes, strict=True)
            ),
            y,
        ),
    ]
    return framed(x, y, raw("".join(parts)), label=label)


def ranges(rows: Sequence[Range], x: Axis, paint: str, *, label: str) -> Markup:
    """Figures and their ranges against zero, each below its name.

    Args:
        rows: from top to bottom.
        x: horizontal axis.
        paint: name of the colour.
        label: text for screen readers.
    """
    y = Axis(len(rows), 0, TOP + ROW * len(rows), TOP, (), "")
    body = joined(rule(x.at(value), y.start, x.at(value), y.end) for value, _ in x.ticks)
    body += rule(x.at(0), y.start, x.at(0), y.end, "level")
    for n, row in enumerate(rows):
        top = y.at(n)
        body += raw(f'<g style="opacity:.45">{_thick(x.at(row.low), x.at(row.high), top + 30, paint)}</g>')
        body += raw(f'<circle class="fill-{paint}" cx="{x.at(row.middle):.1f}" cy="{top + 30:.1f}" r="6"/>')
        body += text(x.start, top + 14, row.name)
    return framed(x, y, body, label=label)


def bullet(value: float, limit: float, paint: str) -> Markup:
    """A bullet chart for a table cell: the figure as a bar, its limit as a mark."""
    longest = max(abs(value), abs(limit)) or 1.0
    mark = 4 + abs(limit) / longest * 92
    return raw(
        '<svg class="plot bullet" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="fill-{paint}" x="4" y="3" height="6" width="{abs(value) / longest * 92:.1f}"/>'
        f'<path style="stroke:var(--ink);stroke-width:2.5" d="M{mark:.1f} 0V12"/></svg>'
    )


def _thick(left: float, right: float, y: float, paint: str) -> str:
    return (
        f'<rect class="fill-{paint}" x="{left:.1f}" y="{y - 3:.1f}" width="{right - left:.1f}" height="6"/>'
    )


def _steps(edges: Sequence[float], heights: Sequence[float], x: Axis, y: Axis) -> list[str]:
    """The corners of steps, from left to right."""
    return [
        f"{x.at(edge):.1f} {y.at(height):.1f}"
        for sides, height in zip(pairwise(edges), heights, strict=True)
        for edge in sides
    ]


def _box(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}Z"
