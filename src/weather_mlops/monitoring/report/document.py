"""A monitoring report as JSON: what machines read, and what the next report compares itself with.

::

    {"schema": 1,
     "at": "2026-11-25T23:30:00+00:00",                                       UTC
     "run": "scheduled__2026-11-25T23:30:00+00:00",
     "language": "ko",                                                        of reasons
     "verdict": "well" | "watch" | "act",
     "reasons": ["…"],                                                        one sentence each
     "sections": [findings.Section.as_dict(), …],             in the order of findings.SECTIONS
     "changes": {"since": {"at": …, "key": …} | null,
                 "why_not": null | "first" | "schema" | "broken",             where nothing is compared
                 "opened": [problem, …], "closed": [problem, …], "lost": [problem, …],
                 "moved": [{"problem": …, "before": 0.1, "after": 0.4, "unit": "h"}, …],
                 "missing": [section: figure, …], "found": [section: figure, …]},
     "history": [{"at": …, "key": …, "verdict": …, "problems": 2}, …]}        the last 7 days, oldest first

``key`` is that of the JSON; the page's ends in ``.html``. A problem is ``findings.Check.problem``. A field
whose meaning changes, or that goes, makes a new schema; one more field doesn't.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from weather_mlops.monitoring.findings import Section
from weather_mlops.monitoring.report.comparison import Changes, compare
from weather_mlops.monitoring.report.verdict import Verdict, breaches, judge
from weather_mlops.pages.markup import finite

SCHEMA: Final = 1
HISTORY: Final = timedelta(days=7)
"""What a report knows of those before it, without reading them: a line each, 336 at two an hour."""


class WhyNot(StrEnum):
    """Why a report is compared with none: there is none, it is of another schema, or broken."""

    FIRST = "first"
    SCHEMA = "schema"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Past:
    """One line on an earlier report.

    Attributes:
        at: when it was made.
        key: of its JSON.
        verdict: of then.
        problems: checks that were in breach.
    """

    at: datetime
    key: str
    verdict: Verdict
    problems: int


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
    history: Sequence[Past] = ()


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
    def verdict(self) -> Verdict:
        """Over all sections."""
        return judge(self.sections)

    @property
    def changes(self) -> Changes:
        """Since the one before; none where it can't be compared with."""
        return Changes() if self.earlier.why_not else compare(self.sections, self.earlier.sections)

    @property
    def history(self) -> list[Past]:
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
        "sections": [section.as_dict() for section in report.sections],
        "changes": _changes(report),
        "history": [
            {"at": past.at.isoformat(), "key": past.key, "verdict": past.verdict, "problems": past.problems}
            for past in report.history
        ],
    }
    return json.dumps(finite(told), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def read(key: str, body: bytes) -> Earlier:
    """The report before; of one that this code can't read, why."""
    try:
        told = json.loads(body)
        if told["schema"] != SCHEMA:
            return Earlier(key, WhyNot.SCHEMA)
        at, sections = datetime.fromisoformat(told["at"]), [*map(Section.from_dict, told["sections"])]
        past = Past(at, key, Verdict(told["verdict"]), problems(sections))
        return Earlier(key, None, at, told["run"], sections, [*map(_past, told["history"]), past])
    except (ValueError, TypeError, KeyError, AttributeError):
        return Earlier(key, WhyNot.BROKEN)


def _past(told: Mapping[str, Any]) -> Past:
    return Past(datetime.fromisoformat(told["at"]), told["key"], Verdict(told["verdict"]), told["problems"])


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
