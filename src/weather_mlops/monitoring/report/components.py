"""Components of the page that its sections share: tables of checks, marks, notes on missing figures."""

from collections.abc import Iterable, Sequence
from typing import Final

from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status
from weather_mlops.monitoring.report.translations import MESSAGES, Translator, figure
from weather_mlops.monitoring.report.verdict import excess
from weather_mlops.pages import charts
from weather_mlops.pages.markup import MISSING, cell, escape, folded, table

ALIKE: Final = 8
"""Above this number of checks of one name, only one is shown: a row for each of 97 stations has no use."""
SIGNS: Final = {Status.OK: "✓", Status.BREACH: "▲", Status.UNKNOWN: MISSING}


def hundredfold(shares: Iterable[float | None]) -> list[float | None]:
    """Shares in percent."""
    return [None if share is None else 100 * share for share in shares]


def foreign(text: str) -> str:
    """A text of the task that measured, as HTML: it is English on a page in any language."""
    return f'<span lang="en">{escape(text)}</span>' if text else ""


def gap(section: Section, what: str, label: str, words: Translator, reason: str = "") -> str:
    """A note in place of a part of the page: its figures are missing, and why.

    Args:
        section: the section that should have them.
        what: their name in its figures.
        label: their name for the reader.
        words: the language.
        reason: why they are missing, where the section's figures have it.
    """
    reasons = [missing.why for missing in section.missing if _about(missing.what, what)] or [
        missing.why for missing in section.missing if missing.what == section.name
    ]
    note = foreign(reason or " ".join(reasons)) or f'<a href="#missing">{words("reasons_below")}</a>'
    return f'<p class="gap"><b>{MISSING} {escape(words("gap", what=label))}</b> {note}</p>'


def gap_kind(name: str, words: Translator) -> str:
    """The label of a class of gaps, by age or reason, as HTML; a reason that is an error stays as it is."""
    key = f"gap_{name}"
    return escape(words(key)) if key in MESSAGES else foreign(name)


def check_tables(checks: Sequence[Check], words: Translator) -> str:
    """Tables of checks: those beyond their limit are visible, the others open at a click."""
    if not checks:
        return f'<p class="gap">{words("no_checks")}</p>'
    tables = ""
    by_status = {status: [c for c in checks if c.status is status] for status in Status}
    if broken := by_status[Status.BREACH]:
        tables += check_table(broken, f"{words('checks_beyond')} {words('checks_caption')}", words)
    if within := by_status[Status.OK]:
        caption = f"{words('checks_caption')} {words('checks_nearest', n=ALIKE)}"
        body = check_table(_nearest(within), caption, words)
        tables += folded(words("checks_within", n=len(within)), body)
    if hidden := by_status[Status.UNKNOWN]:
        tables += folded(words("checks_unknown", n=len(hidden)), check_table(hidden, "", words))
    return tables


def check_table(checks: Sequence[Check], caption: str, words: Translator) -> str:
    """A table with a row per check: its figure, its limit, and a bar that compares them."""
    head = [words(name) for name in ("check", "figure", "limit", "against")]
    head.append(left(words("measured_on")))
    rows = [(_title(check, words), _cells(check)) for check in checks]
    return table(caption, head, rows, words("bare"))


def left(title: str) -> str:
    """The title of a left-aligned column of texts, as HTML."""
    return f'<span class="words">{title}</span>'


def paint(check: Check) -> str:
    """The colour of a check's bar."""
    if check.status is not Status.BREACH:
        return "model"
    return "bad" if check.severity is CheckSeverity.CRITICAL else "warn"


def mark(status: Status, words: Translator) -> str:
    """The sign of a status: recognizable without its colour, with a label for screen readers."""
    return f'<span class="sign {status}" role="img" aria-label="{words(status)}">{SIGNS[status]}</span>'


def _nearest(checks: Sequence[Check]) -> list[Check]:
    """All checks of each name, or where there are more than ALIKE only the one nearest to its limit."""
    named: dict[str, list[Check]] = {}
    for check in checks:
        named.setdefault(check.name, []).append(check)
    few = [group if len(group) <= ALIKE else [min(group, key=excess)] for group in named.values()]
    return [check for group in few for check in group]


def _title(check: Check, words: Translator) -> str:
    badge = f' <span class="badge {check.severity}">{words(check.severity)}</span>'
    return (
        f"{mark(check.status, words)} {escape(words.titled(check))}"
        f"{badge if check.status is Status.BREACH else ''}"
    )


def _cells(check: Check) -> list[str]:
    against = MISSING
    if check.value is not None and check.limit is not None:
        against = charts.bullet(check.value, check.limit, paint(check))
    return [
        cell(escape(figure(check.value, check.unit, limit=check.limit))),
        cell(escape(figure(check.limit, check.unit))),
        cell(against),
        cell(foreign(check.detail), "words"),
    ]


def _about(missing: str, what: str) -> bool:
    """Whether two names are equal, or one contains the other: ``storage`` contains ``storage.write_ms``."""
    return missing == what or missing.startswith(f"{what}.") or what.startswith(f"{missing}.")
