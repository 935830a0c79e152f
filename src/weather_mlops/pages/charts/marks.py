"""Marks of single points; problems differ in shape, too, not by colour alone."""

from markupsafe import Markup

from weather_mlops.pages.charts.elements import raw, title


def triangle(x: float, y: float, kind: str, name: str = "") -> Markup:
    """A triangle: marks a point with a problem."""
    corners = f"M{x - 6:.1f} {y + 5:.1f}H{x + 6:.1f}L{x:.1f} {y - 6:.1f}Z"
    return raw(f'<path class="fill-{kind}" d="{corners}">{title(name)}</path>')


def cross(x: float, y: float, name: str = "") -> Markup:
    """A cross: marks a silent point."""
    d = f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"
    return raw(f'<path style="stroke:var(--bad);stroke-width:2.6;fill:none" d="{d}">{title(name)}</path>')


def dot(x: float, y: float, kind: str, name: str = "", *, opacity: float = 0.75) -> Markup:
    """A dot: marks an ordinary point."""
    return raw(
        f'<circle class="fill-{kind}" style="opacity:{opacity}" cx="{x:.1f}" cy="{y:.1f}" r="3.6">'
        f"{title(name)}</circle>"
    )


def disc(x: float, y: float, paint: str, *, radius: float = 6.5, kind: str = "") -> Markup:
    """A disc in a colour of its own, which stands for a value.

    Args:
        x: of its middle.
        y: of its middle.
        paint: a colour as CSS writes it.
        radius: in units of the drawing.
        kind: CSS class.
    """
    marks = f' class="{kind}"' if kind else ""
    return raw(f'<circle{marks} style="fill:{paint}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"/>')
