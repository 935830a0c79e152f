"""Parts of pages as typed views: tables, charts, facts, sentences, and notes in place of what is missing.

They hold plain texts and figures; ``templates/parts.html`` shows them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from markupsafe import Markup

from weather_mlops.pages.figures import MISSING, percent

NOTHING = Markup()


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure at the top of a page.

    Attributes:
        name: of the figure.
        value: with its unit.
        note: below it.
        tone: ``good``, ``start``, ``warn``, ``bad``, or empty.
        href: address of a link around it.
    """

    name: str
    value: str
    note: str
    tone: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table.

    Attributes:
        text: plain text.
        kind: CSS class: ``words`` or ``name`` for a left-aligned text, ``bar`` for a figure over its bar,
            ``heat`` for a shaded one, ``bad`` for one that stands out; ``id`` for an id, which may wrap.
        scale: 0 to 1: length of the bar, strength of the shade.
        sign: a status that is shown by its sign: ``ok``, ``breach`` or ``unknown``.
        badge: a word in a frame after the text.
        tone: of the badge, as of ``components.badge``.
        language: of a quoted text that isn't in the language of the page.
        note: a quoted English text below.
        chart: SVG after the text.
        href: address of a link around the text.
    """

    text: str = ""
    kind: str = ""
    scale: float | None = None
    sign: str = ""
    badge: str = ""
    tone: str = ""
    language: str = ""
    note: str = ""
    chart: Markup = NOTHING
    href: str = ""


def share_bar(share: float | None) -> TableCell:
    """A share in percent, over its bar."""
    text = percent(share, digits=1)
    return TableCell(text) if share is None else TableCell(text, "bar calm", min(max(share, 0.0), 1.0))


@dataclass(frozen=True, slots=True)
class TableColumn:
    """The title of a column; ``kind`` as of its cells."""

    title: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table: its title and its other cells."""

    title: TableCell | str
    cells: Sequence[TableCell | str]

    @property
    def lacks_a_figure(self) -> bool:
        """Whether a cell has no figure."""
        return any((cell if isinstance(cell, str) else cell.text) == MISSING for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        caption: what the figures are, and in which unit; unique on its page.
        columns: titles.
        rows: in their order.
        missing: why a figure may be missing; shown only where one is.
        shown: number of rows that are visible at first; 0 = all.
        more: title of the other rows, which open at a click.
    """

    caption: str
    columns: Sequence[TableColumn | str]
    rows: Sequence[TableRow]
    missing: str = ""
    shown: int = 0
    more: str = ""
    kind: ClassVar[str] = "table"

    @property
    def note(self) -> str:
        """Why a figure is missing; empty where none is."""
        return self.missing if any(row.lacks_a_figure for row in self.rows) else ""

    @property
    def first(self) -> "Table":
        """The visible rows."""
        return replace(self, rows=self.rows[: self.shown or None], shown=0)

    @property
    def rest(self) -> "Table | None":
        """The rows that open at a click; None where there are none."""
        rows = self.rows[self.shown :] if self.shown else ()
        return replace(self, caption=self.more, rows=rows, shown=0) if rows else None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart.

    Attributes:
        title: what it shows, with the unit.
        svg: the drawing.
        note: how to read it.
        legend: of its curves.
        figures: the table behind it; None where the page shows the same figures anyway.
        figures_title: title of that table, which opens at a click.
    """

    title: str
    svg: Markup
    note: str = ""
    legend: Markup = NOTHING
    figures: Table | None = None
    figures_title: str = ""
    kind: ClassVar[str] = "chart"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values."""

    entries: Sequence[tuple[str, str]]
    kind: ClassVar[str] = "facts"


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; ``quoted`` is an English text after it."""

    text: str
    quoted: str = ""
    is_lead: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True)
class Gap:
    """A note in place of a part: what is missing, and why, in English; empty where the page says it below."""

    text: str
    reason: str = ""
    kind: ClassVar[str] = "gap"


Part = Table | Chart | Facts | Text | Gap
