"""Curves over lead times, their styles, and the legend that names them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

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
    """One figure for each lead, None where there is none."""

    values: Figures
    look: Look


KMA_FORECAST: Final = Look("kma", (5, 1.5, 1, 1.5))
"""The KMA's forecast, on every page."""


def swatch(look: Look) -> str:
    """A sample of the curve, for a legend."""
    dashes = " ".join(f"{length * look.width:g}" for length in look.dash)
    return (
        '<svg class="swatch" viewBox="0 0 34 10" aria-hidden="true">'
        f'<path d="M1 5H33" style="stroke:var(--{look.paint});stroke-width:{look.width + 0.6:g};'
        f'stroke-dasharray:{dashes or "none"}"/></svg>'
    )


def legend(entries: Sequence[tuple[str, Look]]) -> str:
    """The legend of a plot.

    Args:
        entries: name of each curve, as HTML, and its look.
    """
    items = "".join(f"<li>{swatch(look)}{text}</li>" for text, look in entries)
    return f'<ul class="legend">{items}</ul>'
