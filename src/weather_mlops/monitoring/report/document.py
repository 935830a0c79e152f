"""A monitoring report as JSON: what machines read, and what the next report compares itself with.

::

    {"schema": 2,
     "at": "2026-11-25T23:30:00+00:00",                                       UTC
     "run": "scheduled__2026-11-25T23:30:00+00:00",
     "language": "ko",                                                        of reasons
     "verdict": "well" | "starting" | "watch" | "act",
     "reasons": ["…"],                                                        one sentence each
     "began_at": "2026-11-25T04:02:11+00:00",              the oldest trace of the system, of the last days
     "to_come": [starting.ToCome.as_dict(), …],                  first steps that a new system waits for
     "sections": [findings.Section.as_dict(), …],             in the order of findings.SECTIONS
     "changes": {"since": {"at": …, "key": …} | null,
                 "why_not": null | "first" | "schema" | "broken",             where nothing is compared
                 "opened": [problem, …], "closed": [problem, …], "lost": [problem, …],
                 "moved": [{"problem": …, "before": 0.1, "after": 0.4, "unit": "h"}, …],
                 "missing": [section: figure, …], "found": [section: figure, …]},
     "history": [{"at": …, "key": …, "verdict": …, "problems": 2}, …]}        the last 7 days, oldest first

``key`` is that of the JSON; the page's ends in ``.html``. A problem is ``findings.Check.problem``. A field
whose meaning changes, or that goes, makes a new schema; one more field doesn't. Schema 2: the verdict
``starting``, which schema 1 told as ``watch``.
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
HISTORY: Final = timedelta(days=7)
"""What a report knows of those before it, without reading them: a line each, 336 at two an hour."""


FIX: Final = "The next report, within half an hour, doesn't need it; remove it, or restore it from a copy."
ReportKey = Annotated[str, Field(pattern=r"^reports/monitoring/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{4}\.json$")]


class WhyNot(StrEnum):
    """Why a report is compared with none: there is none, it is of another schema, or broken."""

    FIRST = "first"
    SCHEMA = "schema"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class EarlierReport:
    """One line on an earlier report.

    Attributes:
        at: when it was made.
        key: of its JSON.
        verdict: of then.
        problems: checks that were in breach.
    """

    at: Moment
    key: ReportKey
    verdict: ReportVerdict
    problems: Annotated[int, Field(ge=0)]


@dataclass(frozen=True)
class Earlier:
    """The report before, as far as it can be read.

    Attributes:
        key: of its JSON; empty = there is none.
        why_not: why it can't be compared with.
        at: when it was made.
        run: of the DAG.
        sections: of then.
        history: up to and with it.
    """

    key: str = ""
    why_not: WhyNot | None = None
    at: datetime | None = None
    run: str = ""
    sections: Sequence[Section] = ()
    history: Sequence[EarlierReport] = ()


@dataclass(frozen=True)
class Report:
    """What a page is drawn of.

    Attributes:
        key: of its JSON.
        at: when it was made.
        run: of the DAG.
        sections: all, in order.
        earlier: the one before.
    """

    key: str
    at: datetime
    run: str
    sections: Sequence[Section]
    earlier: Earlier = field(default_factory=lambda: Earlier(why_not=WhyNot.FIRST))

    @property
    def start(self) -> Beginning:
        """When the system began, as far as that is known."""
        before = [past.at for past in self.earlier.history]
        return beginning(
            self.sections, self.at, before if self.earlier.at is None else [*before, self.earlier.at]
        )

    @property
    def verdict(self) -> ReportVerdict:
        """Over all sections."""
        return judge(self.sections, self.start)

    @property
    def changes(self) -> ReportChanges:
        """Since the one before; none where it can't be compared with."""
        return ReportChanges() if self.earlier.why_not else compare(self.sections, self.earlier.sections)

    @property
    def history(self) -> list[EarlierReport]:
        """Those before it, of the last days."""
        return [past for past in self.earlier.history if self.at - HISTORY <= past.at < self.at]

    @property
    def problems(self) -> int:
        """Checks in breach."""
        return problems(self.sections)


def problems(sections: Iterable[Section]) -> int:
    """How many checks are in breach."""
    return len(breaches(check for section in sections for check in section.checks))


def write(report: Report, reasons: Sequence[str], language: str) -> bytes:
    """As JSON; a figure that is no number is null."""
    told = {
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
    return json.dumps(finite(told), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Stored:
    """A report as it is read again.

    Attributes:
        at: when it was made.
        run: of the DAG.
        language: of the reasons.
        verdict: of then.
        reasons: one sentence each.
        sections: of then.
        history: those before it.
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
    """A report; None = of another schema.

    Raises:
        ObjectDamaged: it is none.
    """
    if documents.parse(body, _Version, where, FIX).schema != SCHEMA:
        return None
    return documents.parse(body, Stored, where, FIX)


def read(key: str, body: bytes) -> Earlier:
    """The report before; of one that this code can't read, why."""
    try:
        stored = parse(body, key)
    except ObjectDamaged as error:
        log.warning("report: not compared with the one before: %s", error)
        return Earlier(key, WhyNot.BROKEN)
    if stored is None:
        return Earlier(key, WhyNot.SCHEMA)
    return Earlier(key, None, stored.at, stored.run, stored.sections, history(key, stored))


def history(key: str, stored: Stored) -> list[EarlierReport]:
    """A line on each report before a stored one, and on itself.

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
        "found": list(changes.found),
    }
