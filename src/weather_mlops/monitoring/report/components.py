"""What the sections of the page are put together with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status
from weather_mlops.monitoring.report.plots import bullet
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.monitoring.report.verdict import excess
from weather_mlops.pages.markup import MISSING, cell, escape, folded, table

WINDOWS: Final = ("24h", "7d", "30d")
ALIKE: Final = 8
"""Of more checks of a name, one stands for all: a row for each of 97 stations tells nothing."""
SIGNS: Final = {Status.OK: "✓", Status.BREACH: "▲", Status.UNKNOWN: MISSING}


def pick(told: Any, *path: str) -> Any:
    """What lies at a path of mappings; None where it breaks off."""
    for name in path:
        told = told.get(name) if isinstance(told, Mapping) else None
    return told


def hundredfold(shares: Iterable[float | None]) -> list[float | None]:
    """Shares in percent."""
    return [None if share is None else 100 * share for share in shares]


def foreign(text: str) -> str:
    """Words of the one who measured, in English on any page, as HTML."""
    return f'<span lang="en">{escape(text)}</span>' if text else ""


def gap(section: Section, what: str, label: str, words: Translator, why: str = "") -> str:
    """In place of a part of the page: that its figures are missing, and why.

    Args:
        section: that should have them.
        what: their name in its figures.
        label: what the reader calls them.
        words: the language.
        why: the reason, where the section's figures tell it.
    """
    told = [missing.why for missing in section.missing if _about(missing.what, what)] or [
        missing.why for missing in section.missing if missing.what == section.name
    ]
    reason = foreign(why or " ".join(told)) or f'<a href="#missing">{words("reasons_below")}</a>'
    return f'<p class="gap"><b>{MISSING} {escape(words("gap", what=label))}</b> {reason}</p>'


def check_tables(checks: Sequence[Check], words: Translator) -> str:
    """Those beyond their limit at once, the others at a click."""
    if not checks:
        return f'<p class="gap">{words("no_checks")}</p>'
    told = ""
    by_status = {status: [c for c in checks if c.status is status] for status in Status}
    if broken := by_status[Status.BREACH]:
        told += check_table(broken, f"{words('checks_beyond')} {words('checks_caption')}", words)
    if within := by_status[Status.OK]:
        caption = f"{words('checks_caption')} {words('checks_nearest', n=ALIKE)}"
        body = check_table(_nearest(within), caption, words)
        told += folded(words("checks_within", n=len(within)), body)
    if hidden := by_status[Status.UNKNOWN]:
        told += folded(words("checks_unknown", n=len(hidden)), check_table(hidden, "", words))
    return told


def check_table(checks: Sequence[Check], caption: str, words: Translator) -> str:
    """Each check with its figure against its limit."""
    head = [words(name) for name in ("check", "figure", "limit", "against")]
    head.append(left(words("found")))
    rows = [(_title(check, words), _cells(check)) for check in checks]
    return table(caption, head, rows, words("bare"))


def left(title: str) -> str:
    """The title of a column of words."""
    return f'<span class="words">{title}</span>'


def paint(check: Check) -> str:
    """The colour of a check's bar."""
    if check.status is not Status.BREACH:
        return "model"
    return "bad" if check.severity is CheckSeverity.CRITICAL else "warn"


def mark(status: Status, words: Translator) -> str:
    """A sign that needs no colour, and says what it means to those who can't see it."""
    return f'<span class="sign {status}" role="img" aria-label="{words(status)}">{SIGNS[status]}</span>'


def _nearest(checks: Sequence[Check]) -> list[Check]:
    """All of a name, or where they are many only the one that is nearest to its limit."""
    named: dict[str, list[Check]] = {}
    for check in checks:
        named.setdefault(check.name, []).append(check)
    few = [group if len(group) <= ALIKE else [min(group, key=excess)] for group in named.values()]
    return [check for group in few for check in group]


def _title(check: Check, words: Translator) -> str:
    grave = f' <span class="badge {check.severity}">{words(check.severity)}</span>'
    return (
        f"{mark(check.status, words)} {escape(words.titled(check))}"
        f"{grave if check.status is Status.BREACH else ''}"
    )


def _cells(check: Check) -> list[str]:
    against = MISSING
    if check.value is not None and check.limit is not None:
        against = bullet(check.value, check.limit, paint(check))
    return [
        cell(escape(figure(check.value, check.unit, limit=check.limit))),
        cell(escape(figure(check.limit, check.unit))),
        cell(against),
        cell(foreign(check.detail), "words"),
    ]


def _about(missing: str, what: str) -> bool:
    """Whether one name is the other, or a part of it: ``storage.write_ms`` is of ``storage``."""
    return missing == what or missing.startswith(f"{what}.") or what.startswith(f"{missing}.")
