"""Cells of a model card's tables, and the tables behind its charts."""

from collections.abc import Sequence

from weather_mlops.pages.charts import Curve
from weather_mlops.pages.components import Table, TableCell, TableRow
from weather_mlops.pages.figures import number, percent


def skill(share: float | None) -> TableCell | str:
    """A skill in percent; it stands out where the baseline is better."""
    text = percent(share, digits=1)
    return TableCell(text, "bad") if share is not None and share < 0 else text


def heat(columns: Sequence[Sequence[float | None]]) -> list[list[TableCell | str]]:
    """Cells of columns, each shaded from its least to its greatest figure."""
    shaded: list[list[TableCell | str]] = []
    for column in columns:
        known = [value for value in column if value is not None]
        low, span = (min(known), max(known) - min(known)) if known else (0.0, 0.0)
        shaded.append(
            [
                number(value)
                if value is None or not span
                else TableCell(number(value), "heat", round((value - low) / span, 2))
                for value in column
            ]
        )
    return shaded


def behind(  # noqa: PLR0913, PLR0917  # what a table shows is its arguments
    caption: str,
    across: str,
    titles: Sequence[str],
    curves: Sequence[Curve],
    missing: str,
    digits: int = 2,
) -> Table:
    """The table behind a chart: the topmost curve first.

    Args:
        caption: what the figures are, and in which unit.
        across: title of the column of the horizontal axis.
        titles: one for each value along the horizontal axis.
        curves: as drawn.
        missing: why a figure may be missing.
        digits: behind the decimal point.
    """
    shown = list(reversed(curves))
    rows = [
        TableRow(title, [number(curve.values[n], digits=digits) for curve in shown])
        for n, title in enumerate(titles)
    ]
    return Table(caption, [across, *(curve.name for curve in shown)], rows, missing)
