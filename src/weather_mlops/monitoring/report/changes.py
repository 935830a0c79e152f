"""What changed since the previous report, as the page shows it."""

from collections.abc import Sequence
from dataclasses import dataclass

from weather_mlops.monitoring.checks import SECTIONS
from weather_mlops.monitoring.report.comparison import Move
from weather_mlops.monitoring.report.content import Report
from weather_mlops.monitoring.report.links import PageLinks
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages.components import Table, TableRow
from weather_mlops.pages.figures import kst

ALWAYS = ("opened", "closed")
"""Lists that are shown when they are empty, too."""


@dataclass(frozen=True, slots=True)
class ChangesView:
    """What changed.

    Attributes:
        why_not: why nothing is compared; empty = it is.
        since: address of the previous report and a sentence about it.
        lists: titles of kinds of changes, and what changed; nothing = none.
        moved: figures that moved; None = none did.
    """

    why_not: str = ""
    since: tuple[str, str] = ("", "")
    lists: Sequence[tuple[str, Sequence[str]]] = ()
    moved: Table | None = None


def changes_view(report: Report, words: Translator, links: PageLinks) -> ChangesView:
    """What changed since the previous report."""
    before, changes = report.earlier, report.changes
    if before.why_not or before.at is None:
        return ChangesView(why_not=words(f"report_why_{before.why_not or 'broken'}"))
    lists = {
        "opened": [words.titled(check) for check in changes.opened],
        "closed": [words.titled(check) for check in changes.closed],
        "lost": [words.problem(problem) for problem in changes.lost],
        "gaps_new": [_missing(name, words) for name in changes.missing],
        "gaps_over": [_missing(name, words) for name in changes.recovered],
    }
    return ChangesView(
        since=(links.to(before.key), words("report_since", at=kst(before.at))),
        lists=[(words(f"report_{name}"), items) for name, items in lists.items() if items or name in ALWAYS],
        moved=_moved(changes.moved, words) if changes.moved else None,
    )


def _missing(name: str, words: Translator) -> str:
    """The name of a missing figure, ``section: figure``, for the reader."""
    section, colon, figures = name.partition(": ")
    return f"{words(f'section_short_{section}')}: {figures}" if colon and section in SECTIONS else name


def _moved(moves: Sequence[Move], words: Translator) -> Table:
    rows = []
    for move in moves:
        check, now = move.check, move.check.value or 0.0
        cells = [
            figure(move.before, check.unit),
            figure(now, check.unit, limit=check.limit),
            figure(now - move.before, check.unit, signed=True),
            figure(check.limit, check.unit),
        ]
        rows.append(TableRow(words.titled(check), cells))
    columns = [words(f"report_{name}") for name in ("check", "before", "now", "change", "limit")]
    return Table(words("report_moved"), columns, rows, words("report_no_limit"))
