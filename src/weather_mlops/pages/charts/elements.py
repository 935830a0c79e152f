"""Elements of SVG as markup: a template takes them as they are, and a text from outside was escaped.

What is given as ``Markup`` is taken as it is; any other text is escaped. Beware of ``+`` between markup and a
plain text that holds HTML: it escapes the text.
"""

import html
from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

from weather_mlops.pages.rendering import clean

WIDTH: Final = 440  # units; on a 390 px phone the 14 px letters are still 11 px high


def raw(html: str) -> Markup:
    """HTML in which every text from outside is escaped already, as markup."""
    return Markup(html)  # noqa: S704  # the only door to markup


def safe(text: str) -> str:
    """A text as HTML; markup as it is."""
    return text if isinstance(text, Markup) else html.escape(clean(text))


def joined(parts: Iterable[str]) -> Markup:
    """Drawings one after the other; a later one is on top."""
    return Markup().join(parts)


def svg(body: str, label: str, *, height: float, width: float = WIDTH, kind: str = "plot") -> Markup:
    """An SVG element with a label for screen readers.

    Args:
        body: the drawing, as markup.
        label: text for screen readers.
        height: of the drawing, in its units.
        width: of the drawing, in its units.
        kind: CSS class.
    """
    body = safe(body)
    role = "group" if "<a " in body else "img"  # role="img" would hide the links from screen readers
    return raw(
        f'<svg class="{kind}" role="{role}" viewBox="0 0 {width:g} {height:g}" aria-label="{safe(label)}">'
        f"{body}</svg>"
    )


def title(content: str) -> Markup:
    """What is shown where the pointer is, without a script; nothing if there is no text."""
    return raw(f"<title>{safe(content)}</title>" if content else "")


def text(x: float, y: float, content: str, kind: str = "", *, hidden: bool = False) -> Markup:
    """A text in a drawing.

    Args:
        x: where it begins; with the class ``mid`` its middle, with ``end`` its end.
        y: its baseline.
        content: the text.
        kind: CSS class.
        hidden: whether screen readers skip it.
    """
    marks = f'class="{kind}" ' if kind else ""
    skipped = ' aria-hidden="true"' if hidden else ""
    return raw(f'<text {marks}x="{x:.1f}" y="{y:.1f}"{skipped}>{safe(content)}</text>')


def rule(x: float, y: float, x_end: float, y_end: float, kind: str = "grid") -> Markup:
    """A thin straight line."""
    return raw(f'<path class="{kind}" d="M{x:.1f} {y:.1f}L{x_end:.1f} {y_end:.1f}"/>')


def bar(left: float, top: float, right: float, bottom: float, kind: str) -> Markup:
    """A filled rectangle."""
    return raw(
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}"/>'
    )


def link(address: str, name: str, body: str, *, label: str = "") -> Markup:
    """A part of a drawing that leads somewhere.

    Args:
        address: URL.
        name: what is shown where the pointer is.
        body: the part, as markup.
        label: text for screen readers, if it is not the name.
    """
    spoken = f' aria-label="{safe(label)}"' if label else ""
    return raw(f'<a href="{safe(address)}"{spoken}>{title(name)}{safe(body)}</a>')
