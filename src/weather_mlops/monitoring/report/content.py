"""Content of a monitoring report: what was measured, and how it differs from the previous report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from weather_mlops.lake.documents import Moment
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.report.comparison import ReportChanges, compare
from weather_mlops.monitoring.report.starting import Beginning, beginning
from weather_mlops.monitoring.report.verdict import ReportVerdict, breaches, judge

HISTORY: Final = timedelta(days=7)
"""Age of the earlier reports that a report lists: 336 entries at two reports an hour."""
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
class Recorded:
    """What the JSON of a report says of itself: a newer version of the code might judge otherwise.

    Attributes:
        began_at: the oldest trace of the system.
        verdict: over all sections.
        changes: since the previous report.
    """

    began_at: datetime
    verdict: ReportVerdict
    changes: ReportChanges


@dataclass(frozen=True)
class Report:
    """The content of a report's page and JSON.

    Attributes:
        key: of its JSON.
        at: when it was created.
        run: id of its DAG run.
        sections: all, in order.
        earlier: the previous report.
        recorded: what it says of itself; None = it is being made.
    """

    key: str
    at: datetime
    run: str
    sections: Sequence[Section]
    earlier: Earlier = field(default_factory=lambda: Earlier(why_not=WhyNot.FIRST))
    recorded: Recorded | None = None

    @property
    def start(self) -> Beginning:
        """When the system started, as far as that is known."""
        if self.recorded:
            return Beginning(self.recorded.began_at, self.at)
        before = [past.at for past in self.earlier.history]
        return beginning(
            self.sections, self.at, before if self.earlier.at is None else [*before, self.earlier.at]
        )

    @property
    def verdict(self) -> ReportVerdict:
        """The verdict over all sections."""
        return self.recorded.verdict if self.recorded else judge(self.sections, self.start)

    @property
    def changes(self) -> ReportChanges:
        """Changes since the previous report; none where it can't be compared with."""
        if self.recorded:
            return self.recorded.changes
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
