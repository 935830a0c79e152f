"""The page: a verdict on top, then the sections, what changed, what is missing, and earlier reports."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from weather_mlops.monitoring.checks import Check, Section, Status
from weather_mlops.monitoring.report import data, model, official, system
from weather_mlops.monitoring.report.changes import ChangesView, changes_view
from weather_mlops.monitoring.report.check_tables import CheckTables, check_tables, gap, severity_badge
from weather_mlops.monitoring.report.content import Report
from weather_mlops.monitoring.report.document import SCHEMA
from weather_mlops.monitoring.report.history import DayOfReports, earlier, strip
from weather_mlops.monitoring.report.links import PREFIX, PageLinks
from weather_mlops.monitoring.report.reasons import Reason, reasons
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.monitoring.report.verdict import ReportVerdict, breaches, judge, unmeasured
from weather_mlops.pages import rendering
from weather_mlops.pages.components import Chart, Gap
from weather_mlops.pages.figures import kst
from weather_mlops.pages.visit import Visit

BODIES: Final[dict[str, Callable[[Section, Translator], Any]]] = {
    "system_health": system.view,
    "data_quality": data.view,
    "model_performance": model.view,
    "official_forecast": official.view,
}
"""Views of the sections, each for its template."""
MISSING_OPEN: Final = 12


@dataclass(frozen=True, slots=True)
class VerdictView:
    """A verdict for the reader: its word, its sign, which differs without colours, and its tone."""

    text: str
    sign: str
    tone: str


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A reason of the verdict.

    Attributes:
        text: the sentence, or its beginning.
        detail: the rest of the sentence, in English.
        note: what was measured, in English.
        check: the check that the runbook has a section about; None where there is none.
        badge: its severity.
        tone: of the badge.
    """

    text: str
    detail: str = ""
    note: str = ""
    check: Check | None = None
    badge: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section of the page.

    Attributes:
        name: one of checks.SECTIONS.
        title: a question.
        verdict: over this section.
        summary: how many of its checks are beyond their limit.
        checks: its checks; None where there are none.
        body: what the template of its name shows; None where it has no figures.
        gap: why it has no figures.
    """

    name: str
    title: str
    verdict: VerdictView
    summary: str
    checks: CheckTables | None
    body: Any
    gap: Gap


@dataclass(frozen=True, slots=True)
class MissingView:
    """A figure that was not measured: its name, and why, in English."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """What the page shows."""

    title: str
    created: str
    previous: tuple[str, str] | None
    latest: str
    verdict: VerdictView
    reasons: Sequence[ReasonView]
    strip: Chart
    sections: Sequence[SectionView]
    changes: ChangesView
    missing: Sequence[MissingView]
    earlier: Sequence[DayOfReports]
    n_earlier: int
    footer: str


def render(report: Report, visit: Visit, links: PageLinks) -> str:
    """The page as HTML.

    Args:
        report: its content.
        visit: who opens it; or the language of the file.
        links: addresses of other reports and of the runbook.
    """
    words = Translator(visit.language.name)
    view = _view(report, words, links)
    named = replace(visit, language=words)
    return rendering.render("monitoring/report.html", named, view=view, links=links, open=MISSING_OPEN)


@dataclass(frozen=True, slots=True)
class SectionTile:
    """A section in short: its name on the page, its question, its verdict, and its checks."""

    name: str
    title: str
    verdict: VerdictView
    summary: str


def section_tiles(report: Report, words: Translator) -> list[SectionTile]:
    """The sections of a report in short."""
    return [
        SectionTile(
            section.name,
            words(f"section_short_{section.name}"),
            verdict_view(judge([section], report.start), words),
            _summary(section, words),
        )
        for section in report.sections
    ]


def verdict_view(verdict: ReportVerdict, words: Translator) -> VerdictView:
    """A verdict for the reader."""
    sign, tone = {
        ReportVerdict.WELL: ("✓", "good"),
        ReportVerdict.STARTING: ("▷", "start"),
        ReportVerdict.WATCH: ("▲", "warn"),
        ReportVerdict.ACT: ("✕", "bad"),
    }[verdict]
    return VerdictView(words(f"verdict_{verdict}"), sign, tone)


def reason_views(report: Report, words: Translator) -> list[ReasonView]:
    """The reasons of the verdict, the gravest first."""
    return [_reason(reason, words) for reason in reasons(report.sections, words, report.start)]


def _view(report: Report, words: Translator, links: PageLinks) -> ReportView:
    before = report.earlier
    previous = None
    if before.key:
        at = kst(before.at) if before.at else before.key.removeprefix(PREFIX)
        previous = links.to(before.key), words("report_previous", at=at)
    return ReportView(
        f"{words(f'verdict_{report.verdict}')}: {words('report_title')}, {kst(report.at)}",
        words("report_created", at=kst(report.at), run=report.run),
        previous,
        f"{links.root}latest.html",
        verdict_view(report.verdict, words),
        reason_views(report, words),
        strip(report, words, links.to),
        [_section(section, report, words) for section in report.sections],
        changes_view(report, words, links),
        _missing(report, words),
        earlier(report, words, links.to),
        len(report.history),
        words("report_footer", schema=SCHEMA, key=report.key),
    )


def _reason(reason: Reason, words: Translator) -> ReasonView:
    broken = [check for check in reason.checks if check.status is Status.BREACH]
    if not broken:
        return ReasonView(reason.text, reason.detail)
    check, alone = broken[0], len(broken) == 1
    # It is English, and the table of checks has it.
    note = check.detail if alone and not reason.detail and words.name == "en" else ""
    critical = next((each for each in broken if severity_badge(each, words)[1] == "bad"), check)
    return ReasonView(reason.text, reason.detail, note, check, *severity_badge(critical, words))


def _section(section: Section, report: Report, words: Translator) -> SectionView:
    return SectionView(
        section.name,
        words(f"section_{section.name}"),
        verdict_view(judge([section], report.start), words),
        _summary(section, words),
        check_tables(section, words),
        BODIES[section.name](section, words) if section.figures else None,
        gap(section, section.name, words(f"section_short_{section.name}"), words),
    )


def _summary(section: Section, words: Translator) -> str:
    hidden = sum(check.status is Status.UNKNOWN for check in section.checks)
    if section.is_absent:
        summary = words("report_tile_absent")
    elif unmeasured(section):
        summary = words("report_tile_silent")
    else:
        n = len(section.checks) - hidden
        summary = words("report_tile_checks", breaches=len(breaches(section.checks)), n=n)
    return f"{summary}; {words('report_tile_unknown', n=hidden)}" if hidden else summary


def _missing(report: Report, words: Translator) -> list[MissingView]:
    def named(section: Section, name: str) -> str:
        return f"{words(f'section_short_{section.name}')}: {name}."

    figures = [
        MissingView(named(section, each.what), each.why)
        for section in report.sections
        for each in section.missing
    ]
    return figures + [
        MissingView(named(section, words.titled(check)), check.detail)
        for section in report.sections
        for check in section.checks
        if check.status is Status.UNKNOWN
    ]
