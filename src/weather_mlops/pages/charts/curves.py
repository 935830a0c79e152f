"""Curves, a band between two of them, a level, and what the pointer shows of each value."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from weather_mlops.pages.charts.axes import Axis, framed
from weather_mlops.pages.charts.elements import raw, rule, title
from weather_mlops.pages.figures import number

Figures = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Look:
    """How a curve is drawn; the dash distinguishes curves where colours don't.

    Attributes:
        paint: name of a CSS variable of the page, without the dashes: ``model``.
        dash: lengths of dash and gap in line widths; empty for a solid line.
        width: of the line, px.
    """

    paint: str
    dash: tuple[float, ...] = ()
    width: float = 1.6


@dataclass(frozen=True, slots=True)
class Curve:
    """A line.

    Attributes:
        values: one for each value of the horizontal axis, None where there is none.
        look: how it is drawn.
        name: of its figures, where the pointer is; empty: they are not shown there.
        marked: whether each value is a dot too.
    """

    values: Figures
    look: Look
    name: str = ""
    marked: bool = False


KMA_FORECAST: Final = Look("kma", (5, 1.5, 1, 1.5))
"""The KMA's forecast, on every page."""


def lines(  # noqa: PLR0913  # the parts of a plot
    across: Sequence[float],
    curves: Sequence[Curve],
    x: Axis,
    y: Axis,
    *,
    label: str,
    level: float | None = None,
    aim: tuple[float, float] | None = None,
    band: tuple[Curve, Curve] | None = None,
    inner_band: tuple[Curve, Curve] | None = None,
    notes: Sequence[str] = (),
) -> Markup:
    """A plot of curves; a value between two missing ones is drawn as a dot.

    Args:
        across: values along ``x``, one for each value of a curve.
        curves: later ones are drawn on top of earlier ones.
        x: horizontal axis.
        y: vertical axis.
        label: text for screen readers.
        level: value of ``y`` at which a thin line is drawn.
        aim: values of ``y`` between which the background is shaded.
        band: the area between these two curves is shaded; both must miss the same values.
        inner_band: a second one, drawn on top of it.
        notes: a text for each value along ``x``, shown where the pointer is; no script is needed for it.
    """
    parts = [
        _aim(aim, x, y) if aim else "",
        "" if level is None else rule(x.start, y.at(level), x.end, y.at(level), "level"),
        *(_band(across, each, x, y) for each in (band, inner_band) if each),
        *(_curve(across, curve, x, y) for curve in curves),
        _columns_of_notes(across, notes, x, y),
    ]
    return framed(x, y, raw("".join(parts)), label=label)


def notes(titles: Sequence[str], curves: Sequence[Curve], unit: str, *, digits: int = 2) -> list[str]:
    """The figures of the named curves as text, for ``lines``: the topmost first, missing ones left out.

    Args:
        titles: one for each value along the horizontal axis.
        curves: as drawn.
        unit: of all values; empty where the titles have it.
        digits: behind the decimal point.
    """
    named = [curve for curve in reversed(curves) if curve.name]
    texts = []
    for n, head in enumerate(titles):
        known = ((curve.name, curve.values[n]) for curve in named)
        parts = [f"{name} {number(value, unit, digits=digits)}" for name, value in known if value is not None]
        texts.append("\n".join([head, *parts]) if parts else "")
    return texts


def hover(columns: Iterable[tuple[float, float, str]], y: Axis) -> Markup:
    """Invisible columns as high as a plot: where the pointer is on one, its note is shown.

    Args:
        columns: left and right edge, and the note; one without a note is left out.
        y: vertical axis.
    """
    drawn = "".join(
        f'<path d="M{left:.0f} {y.end:g}H{right:.0f}V{y.start:g}H{left:.0f}z">{title(note)}</path>'
        for left, right, note in columns
        if note
    )
    return raw(f'<g class="hover">{drawn}</g>' if drawn else "")


def _aim(aim: tuple[float, float], x: Axis, y: Axis) -> str:
    low, high = (y.at(value) for value in aim)
    return f'<path class="aim" d="M{x.start:.1f} {low:.1f}H{x.end:.1f}V{high:.1f}H{x.start:.1f}Z"/>'


def _band(across: Sequence[float], band: tuple[Curve, Curve], x: Axis, y: Axis) -> str:
    drawn = ""
    for lower, upper in zip(*(_runs(across, edge) for edge in band), strict=True):
        corners = (
            f"{x.at(position):.1f} {y.at(value):.1f}" for position, value in [*lower, *reversed(upper)]
        )
        drawn += f'<path d="M{"L".join(corners)}Z" style="fill:var(--{band[0].look.paint})"/>'
    return drawn


def _curve(across: Sequence[float], curve: Curve, x: Axis, y: Axis) -> str:
    look, drawn, dots = curve.look, "", ""
    dashes = " ".join(f"{length * look.width:g}" for length in look.dash) or "none"
    for run in _runs(across, curve):
        points = [f"{x.at(position):.1f} {y.at(value):.1f}" for position, value in run]
        dots += "".join(f"M{point}h0" for point in points)
        drawn += (
            f'<path d="M{"L".join(points)}" style="fill:none;stroke:var(--{look.paint});'
            f'stroke-width:{look.width};stroke-dasharray:{dashes}"/>'
            if len(run) > 1
            else _dot(points[0], look.paint)
        )
    if curve.marked and dots:
        stroke = f"stroke:var(--{look.paint});stroke-width:{3 * look.width:g};stroke-linecap:round"
        drawn += f'<path d="{dots}" style="fill:none;{stroke}"/>'
    return drawn


def _dot(point: str, paint: str) -> str:
    x, y = point.split()
    return f'<circle cx="{x}" cy="{y}" r="3" style="fill:var(--{paint})"/>'


def _columns_of_notes(across: Sequence[float], notes: Sequence[str], x: Axis, y: Axis) -> str:
    """Columns on top of the drawing, as wide as the values along ``x`` are apart."""
    if not notes:
        return ""
    half = (x.at(across[-1]) - x.at(across[0])) / max(len(across) - 1, 1) / 2
    middles = map(x.at, across)
    return hover(
        ((middle - half, middle + half, note) for middle, note in zip(middles, notes, strict=True)), y
    )


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
