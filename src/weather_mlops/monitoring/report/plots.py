"""Plots of the monitoring report, as SVG that uses the page's colours.

The SVG is written here, not by matplotlib as in the model card: matplotlib can't measure Korean text, and its
first plot takes a second. Nothing is shown by colour alone: problems also differ in shape, height or mark.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from weather_mlops.clock import HOUR, KST
from weather_mlops.pages.curves import Curve
from weather_mlops.pages.markup import escape

WIDTH: Final = 440  # units; on a 390 px phone the 14 px letters are still 11 px high
HEIGHT: Final = 250
LEFT: Final = 54  # room for the figures of the vertical axis
RIGHT: Final = 14
TOP: Final = 12
BOTTOM: Final = 46  # room for the figures and the name of the horizontal axis
TICKS: Final = 5  # approximate number on an axis
HALF_DAY: Final = timedelta(hours=12)

STYLE: Final = """
.plot text{font-size:14px;fill:var(--ink)}.plot .grid{stroke:var(--rule)}.plot .level{stroke:var(--ink)}
.plot .end{text-anchor:end}.plot .mid{text-anchor:middle}.plot a{cursor:pointer}
.plot .fill-model{fill:var(--model)}.plot .fill-bad{fill:var(--bad)}.plot .fill-good{fill:var(--good)}
.plot .fill-warn{fill:var(--warn)}.plot .small{font-size:12px}
.plot .fill-soft{fill:var(--soft)}.plot .hover{fill:transparent}
.plot .hover:hover{fill:var(--rule);opacity:.5}.bullet{width:7em;height:.8em;vertical-align:middle}
""".strip()


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: maps a range of values to a range of the drawing.

    Attributes:
        low: first value of the axis.
        high: last value of the axis.
        start: coordinate of the first value, in units of the drawing.
        end: coordinate of the last value.
        ticks: values to label, and their labels.
        name: title of the axis, with the unit.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: Sequence[tuple[float, str]]
    name: str

    def at(self, value: float) -> float:
        """The coordinate of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def upright(values: Sequence[float | None], name: str, *, span: Sequence[float] = ()) -> Axis:
    """A vertical axis with round ticks that covers all values.

    Args:
        values: to be shown.
        name: title of the axis, with the unit.
        span: further values that the axis must cover.
    """
    known = [*(value for value in values if value is not None), *span] or [0.0, 1.0]
    low, high = min(known), max(known)
    step = _step((high - low) or 1.0)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    digits = len(f"{step:.9f}".rstrip("0").partition(".")[2])
    ticks = [(n * step, f"{n * step:z,.{digits}f}".replace("-", "−")) for n in range(first, last + 1)]
    return Axis(first * step, last * step, HEIGHT - BOTTOM, TOP, ticks, name)


def by_lead(leads: Sequence[int], name: str) -> Axis:
    """A horizontal axis of lead times, hours."""
    ticks = [(lead, str(lead)) for lead in leads if lead == leads[0] or lead % 6 == 0]
    high = leads[-1] if len(leads) > 1 else leads[0] + 1
    return Axis(leads[0], high, LEFT + 4, WIDTH - RIGHT, ticks, name)


def by_time(first: datetime, last: datetime, name: str) -> Axis:
    """A horizontal axis of days (KST), or of hours if it is up to 36 h long; its values are Unix seconds."""
    last = max(last, first + HOUR)
    long = last - first > 3 * HALF_DAY
    step = timedelta(days=max(1, math.ceil((last - first).days / 7))) if long else timedelta(hours=6)
    tick = first.astimezone(KST).replace(minute=0, second=0, microsecond=0, hour=0)
    ticks = []
    while tick <= last:
        if tick >= first:
            ticks.append((tick.timestamp(), f"{tick:%m-%d}" if long else f"{tick:%H:%M}"))
        tick += step
    return Axis(first.timestamp(), last.timestamp(), LEFT + 4, WIDTH - RIGHT, ticks, name)


def lines(  # noqa: PLR0913  # the parts of a plot
    across: Sequence[float],
    curves: Sequence[Curve],
    x: Axis,
    y: Axis,
    *,
    label: str,
    level: float | None = None,
    band: tuple[Curve, Curve] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """A plot of curves; a value between two missing ones is drawn as a dot.

    Args:
        across: values along ``x``, one for each value of a curve.
        curves: later ones are drawn on top of earlier ones.
        x: horizontal axis.
        y: vertical axis.
        label: text for screen readers.
        level: value of ``y`` at which a thin line is drawn.
        band: the area between these two curves is shaded; both must miss the same values.
        notes: a text for each value along ``x``, shown where the pointer is; no script is needed for it.
    """
    body = "" if level is None else _rule(x.start, y.at(level), x.end, y.at(level), "level")
    if band:
        for lower, upper in zip(*(_runs(across, edge) for edge in band), strict=True):
            corners = (
                f"{x.at(position):.1f} {y.at(value):.1f}" for position, value in [*lower, *reversed(upper)]
            )
            body += f'<path d="M{"L".join(corners)}Z" style="fill:var(--{band[0].look.paint})"/>'
    for curve in curves:
        for run in _runs(across, curve):
            points = [f"{x.at(position):.1f} {y.at(value):.1f}" for position, value in run]
            dashes = " ".join(f"{length * curve.look.width:g}" for length in curve.look.dash) or "none"
            stroke = (
                f"stroke:var(--{curve.look.paint});stroke-width:{curve.look.width};stroke-dasharray:{dashes}"
            )
            body += (
                f'<path d="M{"L".join(points)}" style="fill:none;{stroke}"/>'
                if len(run) > 1
                else _dot(x.at(run[0][0]), y.at(run[0][1]), f"var(--{curve.look.paint})")
            )
    return framed(x, y, body + _notes(across, notes, x, y), label=label)


def columns(
    starts: Sequence[datetime], shares: Sequence[float | None], x: Axis, y: Axis, *, label: str
) -> str:
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
    return framed(x, y, body, label=label)


def framed(x: Axis, y: Axis, body: str, *, label: str) -> str:
    """A plot: the drawing with its axes, as SVG."""
    grid = "".join(
        f"{_rule(x.start, y.at(value), x.end, y.at(value), 'grid')}"
        f'<text class="end" x="{x.start - 7:.1f}" y="{y.at(value) + 5:.1f}">{text}</text>'
        for value, text in y.ticks
    )
    grid += "".join(
        f"{_rule(x.at(value), y.start, x.at(value), y.start + 4, 'grid')}"
        f'<text class="mid" x="{_inside(x.at(value)):.1f}" y="{y.start + 19:.1f}">{text}</text>'
        for value, text in x.ticks
    )
    middle = (x.start + x.end) / 2
    name = f'<text class="mid" x="{middle:.1f}" y="{y.start + 39:.1f}">{escape(x.name)}</text>'
    return svg(f"{grid}{body}{name}", label, height=y.start + BOTTOM)


def svg(body: str, label: str, *, height: float, width: float = WIDTH, kind: str = "plot") -> str:
    """An SVG element with a label for screen readers."""
    role = "group" if "<a " in body else "img"  # role="img" would hide the links from screen readers
    return (
        f'<svg class="{kind}" role="{role}" viewBox="0 0 {width:g} {height:g}" aria-label="{escape(label)}">'
        f"{body}</svg>"
    )


def bullet(value: float, limit: float, paint: str) -> str:
    """A bullet chart for a table cell: the figure as a bar, its limit as a mark."""
    longest = max(abs(value), abs(limit)) or 1.0
    mark = 4 + abs(limit) / longest * 92
    return (
        '<svg class="plot bullet" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="fill-{paint}" x="4" y="3" height="6" width="{abs(value) / longest * 92:.1f}"/>'
        f'<path style="stroke:var(--ink);stroke-width:2.5" d="M{mark:.1f} 0V12"/></svg>'
    )


def triangle(x: float, y: float, kind: str, title: str = "") -> str:
    """A triangle: marks a point with a problem."""
    corners = f"M{x - 6:.1f} {y + 5:.1f}H{x + 6:.1f}L{x:.1f} {y - 6:.1f}Z"
    return f'<path class="fill-{kind}" d="{corners}">{_title(title)}</path>'


def cross(x: float, y: float, title: str = "") -> str:
    """A cross: marks a silent point."""
    d = f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"
    return f'<path style="stroke:var(--bad);stroke-width:2.6;fill:none" d="{d}">{_title(title)}</path>'


def dot(x: float, y: float, kind: str, title: str = "", *, opacity: float = 0.75) -> str:
    """A dot: marks an ordinary point."""
    return (
        f'<circle class="fill-{kind}" style="opacity:{opacity}" cx="{x:.1f}" cy="{y:.1f}" r="3.6">'
        f"{_title(title)}</circle>"
    )


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _notes(across: Sequence[float], notes: Sequence[str], x: Axis, y: Axis) -> str:
    """Invisible columns on top of the drawing, as wide as the values along ``x`` are apart."""
    if not notes:
        return ""
    width = (x.at(across[-1]) - x.at(across[0])) / max(len(across) - 1, 1)
    return "".join(
        f'<rect class="hover" x="{x.at(position) - width / 2:.1f}" y="{y.end:g}" width="{width:.1f}" '
        f'height="{y.start - y.end:g}">{_title(note)}</rect>'
        for position, note in zip(across, notes, strict=True)
        if note
    )


def _dot(x: float, y: float, paint: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" style="fill:{paint}"/>'


def _rule(x: float, y: float, x_end: float, y_end: float, kind: str) -> str:
    return f'<path class="{kind}" d="M{x:.1f} {y:.1f}L{x_end:.1f} {y_end:.1f}"/>'


def _box(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}Z"


def _inside(x: float) -> float:
    """The ``x`` of a short centred text, moved so that it isn't cut off at the right edge."""
    return min(x, WIDTH - 20.0)


def _step(span: float) -> float:
    """A round step that divides a span into about TICKS parts."""
    rough = span / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)


def _runs(across: Sequence[float], curve: Curve) -> Iterator[list[tuple[float, float]]]:
    """The stretches of a curve without missing values, as points (x, y)."""
    known = [
        (n, position, value)
        for n, (position, value) in enumerate(zip(across, curve.values, strict=True))
        if value is not None
    ]
    breaks = [n for n, (a, b) in enumerate(pairwise(known), start=1) if b[0] != a[0] + 1]
    for start, end in pairwise([0, *breaks, len(known)]):
        if known[start:end]:
            yield [(position, value) for _, position, value in known[start:end]]
