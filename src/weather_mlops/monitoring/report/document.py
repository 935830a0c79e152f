"""A monitoring report as JSON: for machines, and for the next report, which is compared with it.

``ReportDocument`` describes it. Times are ISO 8601 (UTC). ``key`` is that of the JSON; that of the page ends
in ``.html``. A problem is ``checks.Check.problem``. A new schema is needed when a field is removed or changes
its meaning, but not when one is added. Schema 2 added the verdict ``starting``, ``watch`` in schema 1.
"""

import json
from collections.abc import Sequence
from typing import Final

from typing_extensions import TypedDict

from weather_mlops.monitoring.checks import SectionDocument
from weather_mlops.monitoring.report.content import Report, WhyNot
from weather_mlops.monitoring.report.official import sentence
from weather_mlops.monitoring.report.starting import StepDocument, to_come
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.monitoring.report.verdict import ReportVerdict
from weather_mlops.pages.figures import finite

SCHEMA: Final = 2
RUNBOOK: Final = "docs/runbook.md"


class EarlierDocument(TypedDict):
    """Stored form of an earlier report's summary."""

    at: str
    key: str
    verdict: ReportVerdict
    problems: int


class SinceDocument(TypedDict):
    """The previous report: when it was created (None = it can't be read), and its key."""

    at: str | None
    key: str


class MoveDocument(TypedDict):
    """A figure that moved: its problem, its value before and now, in its unit."""

    problem: str
    before: float
    after: float | None
    unit: str


class ChangesDocument(TypedDict):
    """Stored form of the changes since the previous report.

    Attributes:
        since: the previous report; None = there is none.
        why_not: reason why nothing is compared; None = something is.
        opened: problems that are new.
        closed: problems that are resolved.
        lost: problems that are no longer measured.
        moved: figures that moved.
        missing: figures that are missing since, as ``section: figure``.
        found: figures that are no longer missing.
    """

    since: SinceDocument | None
    why_not: WhyNot | None
    opened: list[str]
    closed: list[str]
    lost: list[str]
    moved: list[MoveDocument]
    missing: list[str]
    found: list[str]


class ReportDocument(TypedDict):
    """Stored form of a report.

    Attributes:
        schema: SCHEMA.
        key: of this JSON.
        at: when it was created.
        run: id of its DAG run.
        language: language of the reasons.
        runbook: it has a section for each check.
        verdict: its verdict.
        reasons: reasons for it, one sentence each.
        comparison: errors of our forecast and the KMA's in a sentence; None = not compared.
        began_at: the oldest trace of the system.
        to_come: first steps that a new system waits for.
        sections: sections in the order of checks.SECTIONS.
        changes: changes since the previous report.
        history: reports of the last 7 days, oldest first.
    """

    schema: int
    key: str
    at: str
    run: str
    language: str
    runbook: str
    verdict: ReportVerdict
    reasons: list[str]
    comparison: str | None
    began_at: str
    to_come: list[StepDocument]
    sections: list[SectionDocument]
    changes: ChangesDocument
    history: list[EarlierDocument]


def write(report: Report, reasons: Sequence[str], language: str, runbook: str = RUNBOOK) -> bytes:
    """The JSON of a report; a figure that is not finite is null."""
    content: ReportDocument = {
        "schema": SCHEMA,
        "key": report.key,
        "at": report.at.isoformat(),
        "run": report.run,
        "language": language,
        "runbook": runbook,
        "verdict": report.verdict,
        "reasons": list(reasons),
        "comparison": sentence(report.sections, Translator(language)),
        "began_at": report.start.at.isoformat(),
        "to_come": [step.as_dict() for step in to_come(report.sections, report.start)],
        "sections": [section.as_dict() for section in report.sections],
        "changes": _changes(report),
        "history": [
            {"at": past.at.isoformat(), "key": past.key, "verdict": past.verdict, "problems": past.problems}
            for past in report.history
        ],
    }
    return json.dumps(finite(content), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _changes(report: Report) -> ChangesDocument:
    earlier, changes = report.earlier, report.changes
    at = earlier.at.isoformat() if earlier.at else None
    return {
        "since": {"at": at, "key": earlier.key} if earlier.key else None,
        "why_not": earlier.why_not,
        "opened": [check.problem for check in changes.opened],
        "closed": [check.problem for check in changes.closed],
        "lost": list(changes.lost),
        "moved": [
            {
                "problem": move.check.problem,
                "before": move.before,
                "after": move.check.value,
                "unit": move.check.unit,
            }
            for move in changes.moved
        ],
        "missing": list(changes.missing),
        "found": list(changes.recovered),
    }
