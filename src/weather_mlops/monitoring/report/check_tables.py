"""The checks of a section as tables, and notes in place of what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.monitoring.report.verdict import excess
from weather_mlops.pages.charts import bullet
from weather_mlops.pages.components import Gap, Table, TableCell, TableColumn, TableRow
from weather_mlops.pages.figures import MISSING
from weather_mlops.pages.messages import MESSAGES

ALIKE: Final = 8
"""Above this number of checks of one name, only one is shown: a row for each of 97 stations has no use."""
TONES: Final = {CheckSeverity.CRITICAL: "bad", CheckSeverity.WARNING: "warn"}


@dataclass(frozen=True, slots=True)
class CheckTables:
    """The checks of a section.

    Attributes:
        breaches: those beyond their limit, None where there are none.
        folded: the others, which open at a click; titles and tables.
    """

    breaches: Table | None = None
    folded: Sequence[tuple[str, Table]] = ()


def check_tables(section: Section, words: Translator) -> CheckTables | None:
    """Tables of a section's checks; None where there are none."""
    if not section.checks:
        return None
    by_status = {status: [c for c in section.checks if c.status is status] for status in Status}
    name = words(f"section_short_{section.name}")
    folded = []
    if within := by_status[Status.OK]:
        caption = words("report_within_caption", section=name, n=ALIKE)
        title = words("report_checks_within", n=len(within))
        folded.append((title, check_table(_nearest(within), caption, words)))
    if hidden := by_status[Status.UNKNOWN]:
        caption = words("report_unknown_caption", section=name)
        title = words("report_checks_unknown", n=len(hidden))
        folded.append((title, check_table(hidden, caption, words)))
    broken = by_status[Status.BREACH]
    caption = words("report_beyond_caption", section=name)
    return CheckTables(check_table(broken, caption, words) if broken else None, folded)


def check_table(checks: Sequence[Check], caption: str, words: Translator) -> Table:
    """A table with a row per check: its figure, its limit, and a bar that compares them."""
    columns: list[TableColumn | str] = [
        *(words(f"report_{name}") for name in ("check", "figure", "limit", "against")),
        TableColumn(words("report_measured_on"), "words"),
    ]
    return Table(caption, columns, [_row(check, words) for check in checks], words("report_bare"))


def against(check: Check) -> TableCell:
    """A bar that compares the figure with its limit."""
    if check.value is None or check.limit is None:
        return TableCell(MISSING)
    paint = TONES[check.severity] if check.status is Status.BREACH else "model"
    return TableCell(chart=bullet(check.value, check.limit, paint))


def severity_badge(check: Check, words: Translator) -> tuple[str, str]:
    """The severity of a check for the reader, and its tone."""
    return words(f"severity_{check.severity}"), TONES[check.severity]


def gap(section: Section, what: str, label: str, words: Translator, reason: str = "") -> Gap:
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
    return Gap(words("report_gap", what=label), reason or " ".join(reasons))


def gap_kind(name: str, words: Translator) -> str:
    """The label of a class of gaps, by age or reason; a reason that is an error stays as it is."""
    label = MESSAGES.get(f"data_gap_{name}")
    return words.of(label) if label else name


def hundredfold(shares: Iterable[float | None]) -> list[float | None]:
    """Shares in percent."""
    return [None if share is None else 100 * share for share in shares]


def _nearest(checks: Sequence[Check]) -> list[Check]:
    """All checks of each name, or where there are more than ALIKE only the one nearest to its limit."""
    named: dict[str, list[Check]] = {}
    for check in checks:
        named.setdefault(check.name, []).append(check)
    few = [group if len(group) <= ALIKE else [min(group, key=excess)] for group in named.values()]
    return [check for group in few for check in group]


def _row(check: Check, words: Translator) -> TableRow:
    is_breach = check.status is Status.BREACH
    badge, tone = severity_badge(check, words) if is_breach else ("", "")
    return TableRow(
        TableCell(words.titled(check), sign=check.status, badge=badge, tone=tone),
        [
            figure(check.value, check.unit, limit=check.limit),
            figure(check.limit, check.unit),
            against(check),
            TableCell(check.detail, "words", language="en"),
        ],
    )


def _about(missing: str, what: str) -> bool:
    """Whether two names are equal, or one contains the other: ``storage`` contains ``storage.write_ms``."""
    return missing == what or missing.startswith(f"{what}.") or what.startswith(f"{missing}.")
