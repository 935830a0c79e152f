"""What names the curves, areas and colours of a chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from weather_mlops.pages.charts.curves import Look
from weather_mlops.pages.charts.elements import raw, safe

# Viridis, by Smith and van der Walt: perceptually uniform, also for colour-blind readers and in grey.
SCALE: Final = (
    "#440154",
    "#472d7b",
    "#3b528b",
    "#2c728e",
    "#21918c",
    "#28ae80",
    "#5ec962",
    "#addc30",
    "#fde725",
)


@dataclass(frozen=True, slots=True)
class Area:
    """How a shaded area is drawn.

    Attributes:
        paint: name of a CSS variable of the page, without the dashes: ``model-band``.
    """

    paint: str


def swatch(look: Look | Area) -> Markup:
    """A sample of a curve or an area, for a legend."""
    if isinstance(look, Area):
        sample = f'<rect width="34" height="10" style="fill:var(--{look.paint})"/>'
    else:
        dashes = " ".join(f"{length * look.width:g}" for length in look.dash)
        sample = (
            f'<path d="M1 5H33" style="stroke:var(--{look.paint});stroke-width:{look.width + 0.6:g};'
            f'stroke-dasharray:{dashes or "none"}"/>'
        )
    return raw(f'<svg class="swatch" viewBox="0 0 34 10" aria-hidden="true">{sample}</svg>')


def legend(entries: Sequence[tuple[str, Look | Area]]) -> Markup:
    """The legend of a plot.

    Args:
        entries: name of each curve or area, as text or markup, and its look.
    """
    items = "".join(f"<li>{swatch(look)}{safe(name)}</li>" for name, look in entries)
    return raw(f'<ul class="legend">{items}</ul>')


def colour(share: float) -> str:
    """The colour of a figure, by its share of the range: 0 = lowest, 1 = highest."""
    at = min(max(share, 0.0), 1.0) * (len(SCALE) - 1)
    left = min(int(at), len(SCALE) - 2)
    pair = [[int(code[n : n + 2], 16) for n in (1, 3, 5)] for code in SCALE[left : left + 2]]
    mixed = [round(a + (b - a) * (at - left)) for a, b in zip(*pair, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def scale(figures: Sequence[str], name: str) -> Markup:
    """The legend of a map: all colours, the figures below them at equal distances, and what they are.

    Args:
        figures: from the lowest to the highest.
        name: of the figures, with the unit.
    """
    labels = "".join(f"<span>{safe(each)}</span>" for each in figures)
    return raw(
        f'<div class="scale"><div style="background:linear-gradient(90deg,{",".join(SCALE)})"></div>'
        f"<p>{labels}</p><p>{safe(name)}</p></div>"
    )
