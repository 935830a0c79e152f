"""How a model card writes lists, leads and shaded columns."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from weather_mlops.pages.markup import NBSP, cell, number


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def hours(leads: Iterable[int]) -> str:
    """Leads as ranges: 1–3 and 24 h."""
    runs = [
        [lead for _, lead in run]
        for _, run in groupby(enumerate(sorted(leads)), key=lambda pair: pair[1] - pair[0])
    ]
    texts = [f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return f"{listed(texts)}{NBSP}h"


def heat(columns: Sequence[Sequence[float | None]], digits: int = 2) -> list[list[str]]:
    """Cells of columns, each shaded from its least to its greatest figure."""
    shaded = []
    for column in columns:
        known = [value for value in column if value is not None]
        low, span = (min(known), max(known) - min(known)) if known else (0.0, 0.0)
        shaded.append(
            [
                cell(number(value, digits=digits))
                if value is None or not span
                else cell(number(value, digits=digits), "heat", (value - low) / span)
                for value in column
            ]
        )
    return shaded
