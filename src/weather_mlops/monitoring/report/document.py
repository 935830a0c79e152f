"""A monitoring report as JSON: for machines, and for the next report, which is compared with it.

::

    {"schema": 2,
     "at": "2026-11-25T23:30:00+00:00",                                       UTC
     "run": "scheduled__2026-11-25T23:30:00+00:00",
     "language": "ko",                                                        of reasons
     "verdict": "well" | "starting" | "watch" | "act",
     "reasons": ["…"],                                                        one sentence each
     "began_at": "2026-11-25T04:02:11+00:00",                   the oldest trace of the system
     "to_come": [starting.ToCome.as_dict(), …],                  first steps that a new system waits for
     "sections": [checks.Section.as_dict(), …],               in the order of checks.SECTIONS
     "changes": {"since": {"at": …, "key": …} | null,
                 "why_not": null | "first" | "schema" | "broken",        reason why nothing is compared
                 "opened": [problem, …], "closed": [problem, …], "lost": [problem, …],
                 "moved": [{"problem": …, "before": 0.1, "after": 0.4, "unit": "h"}, …],
                 "missing": [section: figure, …], "found": [section: figure, …]},
     "history": [{"at": …, "key": …, "verdict": …, "problems": 2}, …]}        the last 7 days, oldest first

``key`` is that of the JSON; the page's ends in ``.html``. A problem is ``checks.Check.problem``. A new schema
is needed when a field is removed or changes its meaning, but not when one is added. Schema 2 added the
verdict ``starting``, which was ``watch`` in schema 1.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Moment
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.report.comparison import ReportChanges, compare
from weather_mlops.monitoring.report.starting import Beginning, beginning, to_come
from weather_mlops.monitoring.report.verdict import ReportVerdict, breaches, judge
from weather_mlops.pages.markup import finite

log = logging.getLogger(__name__)

SCHEMA: Final = 2
READABLE: Final = (1, SCHEMA)
"""Schemas that are read: a report of schema 1 only lacks the verdict ``starting``."""
HISTORY: Final = timedelta(days=7)
"""Age of the earlier reports that a report lists: 336 entries at two reports an hour."""

FIX: Final = "The next report, within half an hour, doesn't need it: delete it, or restore it from a backup."
ReportKey = Annotated[str, Field(pattern=r"^reports/monitoring/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{4}\.json$")]


class WhyNot(StrEnum):
    """Why a report has no comparison: there is no previous one, it has another schema, or it is damaged."""

    FIRST = "first"
    SCHEMA = "schema"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class EarlierReport:
    """Summary of an earlier report.

    Attributes:
        at: when it was created.
        key: of its JSON.
        verdict: its verdict.
        problems: number of checks in breach.
    """

    at: Moment
    key: ReportKey
    verdict: ReportVerdict
    problems: Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Earlier:
    """The previous report, as far as it can be read.

    Attributes:
        key: of its JSON; empty = there is none.
        why_not: why it can't be compared with; None = it can.
        at: when it was created.
        run: id of its DAG run.
        sections: its sections.
        history: summaries of earlier reports, including itself.
    """

    key: str = ""
    why_not: WhyNot | None = None
    at: datetime | None = None
    run: str = ""
    sections: Sequence[Section] = ()
    history: Sequence[EarlierReport] = ()


@dataclass(frozen=True)
class Report:
    """The content of a report's page and JSON.

    Attributes:
        key: of its JSON.
        at: when it was created.
        run: id of its DAG run.
        sections: all, in order.
        earlier: the previous report.
    """

    key: str
    at: datetime
    run: str
    sections: Sequence[Section]
    earlier: Earlier = field(default_factory=lambda: Earlier(why_not=WhyNot.FIRST))

    @property
    def start(self) -> Beginning:
        """When the system started, as far as that is known."""
        before = [past.at for past in self.earlier.history]
        return beginning(
            self.sections, self.at, before if self.earlier.at is None else [*before, self.earlier.at]
        )

    @property
    def verdict(self) -> ReportVerdict:
        """The verdict over all sections."""
        return judge(self.sections, self.start)

    @property
    def changes(self) -> ReportChanges:
        """Changes since the previous report; none where it can't be compared with."""
        return ReportChanges() if self.earlier.why_not else compare(self.sections, self.earlier.sections)

    @property
    def history(self) -> list[EarlierReport]:
        """Summaries of the reports of the last 7 days before it."""
        return [past for past in self.earlier.history if self.at - HISTORY <= past.at < self.at]

    @property
    def problems(self) -> int:
        """Number of checks in breach."""
        return problems(self.sections)


def problems(sections: Iterable[Section]) -> int:
    """Number of checks in breach."""
    return len(breaches(check for section in sections for check in section.checks))


def write(report: Report, reasons: Sequence[str], language: str) -> bytes:
    """The JSON of a report; a figure that is not finite is null."""
    content = {
        "schema": SCHEMA,
        "at": report.at.isoformat(),
        "run": report.run,
        "language": language,
        "verdict": report.verdict,
        "reasons": list(reasons),
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


@dataclass(frozen=True)
class Stored:
    """A report as read from its JSON.

    Attributes:
        at: when it was created.
        run: id of its DAG run.
        language: of the reasons.
        verdict: its verdict.
        reasons: one sentence each.
        sections: its sections.
        history: summaries of the reports before it.
    """

    at: Moment
    run: str
    language: str
    verdict: ReportVerdict
    reasons: Sequence[str]
    sections: Sequence[Section]
    history: Sequence[EarlierReport]


@dataclass(frozen=True, slots=True)
class _Version:
    schema: int


def parse(body: bytes, where: str) -> Stored | None:
    """A report; None where its schema is not READABLE.

    Raises:
        ObjectDamaged: the body is no report.
    """
    if documents.parse(body, _Version, where, FIX).schema not in READABLE:
        return None
    return documents.parse(body, Stored, where, FIX)


def read(key: str, body: bytes) -> Earlier:
    """The previous report; where it can't be read, the reason why there is no comparison."""
    try:
        stored = parse(body, key)
    except ObjectDamaged as error:
        log.warning("report: not compared with the previous one: %s", error)
        return Earlier(key, WhyNot.BROKEN)
    if stored is None:
        return Earlier(key, WhyNot.SCHEMA)
    return Earlier(key, None, stored.at, stored.run, stored.sections, history(key, stored))


def history(key: str, stored: Stored) -> list[EarlierReport]:
    """Summaries of the reports before a stored one, and of itself.

    Args:
        key: of its own JSON.
        stored: the report.
    """
    return [*stored.history, EarlierReport(stored.at, key, stored.verdict, problems(stored.sections))]


def _changes(report: Report) -> dict[str, Any]:
    earlier, changes = report.earlier, report.changes
    return {
        "since": {"at": earlier.at and earlier.at.isoformat(), "key": earlier.key} if earlier.key else None,
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
