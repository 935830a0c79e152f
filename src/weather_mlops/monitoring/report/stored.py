"""Reads the JSON of a report: to compare the next one with it, and to show it in the reader's language."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from weather_mlops.documents.schema_version import schema_of
from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Figure, Moment
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.report.comparison import Move, ReportChanges
from weather_mlops.monitoring.report.content import (
    Earlier,
    EarlierReport,
    Recorded,
    Report,
    ReportKey,
    WhyNot,
    problems,
)
from weather_mlops.monitoring.report.document import RUNBOOK, SCHEMA
from weather_mlops.monitoring.report.verdict import ReportVerdict

log = logging.getLogger(__name__)

READABLE: Final = (1, SCHEMA)
"""Schemas that are read: a report of schema 1 only lacks the verdict ``starting``."""
FIX: Final = "The next report, within half an hour, doesn't need it: delete it, or restore it from a backup."


@dataclass(frozen=True, slots=True)
class StoredSince:
    """As in ``SinceDocument``."""

    at: Moment | None
    key: ReportKey


@dataclass(frozen=True, slots=True)
class StoredMove:
    """As in ``MoveDocument``; what the sections have, too, is not read."""

    problem: str
    before: Figure


@dataclass(frozen=True, slots=True)
class StoredChanges:
    """As in ``ChangesDocument``."""

    since: StoredSince | None
    why_not: WhyNot | None
    opened: Sequence[str]
    closed: Sequence[str]
    lost: Sequence[str]
    moved: Sequence[StoredMove]
    missing: Sequence[str]
    recovered: Annotated[Sequence[str], Field(alias="found")]


@dataclass(frozen=True)
class Stored:
    """A report as read from its JSON.

    Attributes:
        schema: its schema.
        at: when it was created.
        run: id of its DAG run.
        language: of the reasons.
        verdict: its verdict.
        reasons: one sentence each.
        sections: its sections.
        history: summaries of the reports before it.
        key: of its JSON; empty in reports of before this was stored, as the defaults of all that follow.
        began_at: the oldest trace of the system.
        changes: since the previous report.
        runbook: it has a section for each check.
    """

    schema: int
    at: Moment
    run: str
    language: str
    verdict: ReportVerdict
    reasons: Sequence[str]
    sections: Sequence[Section]
    history: Sequence[EarlierReport]
    key: ReportKey | Literal[""] = ""
    began_at: Moment | None = None
    changes: StoredChanges | None = None
    runbook: str = RUNBOOK


def parse(body: bytes, where: str) -> Stored | None:
    """A report; None where its schema is not READABLE.

    Raises:
        ObjectDamaged: the body is no report.
    """
    if schema_of(body, where, FIX) not in READABLE:
        return None
    return documents.parse(body, Stored, where, FIX)


def restored(stored: Stored) -> Report | None:
    """The content of a report that was read; None where the report is older than what its page needs."""
    if stored.schema != SCHEMA or not stored.key or stored.changes is None or stored.began_at is None:
        return None
    since = stored.changes.since
    earlier = Earlier(
        since.key if since else "",
        stored.changes.why_not,
        since.at if since else None,
        history=stored.history,
    )
    recorded = Recorded(stored.began_at, stored.verdict, _restored_changes(stored))
    return Report(stored.key, stored.at, stored.run, stored.sections, earlier, recorded)


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


def _restored_changes(stored: Stored) -> ReportChanges:
    checks = {check.problem: check for section in stored.sections for check in section.checks}
    changes = stored.changes
    if changes is None:
        return ReportChanges()
    return ReportChanges(
        opened=[checks[problem] for problem in changes.opened if problem in checks],
        closed=[checks[problem] for problem in changes.closed if problem in checks],
        lost=changes.lost,
        moved=[Move(checks[move.problem], move.before) for move in changes.moved if move.problem in checks],
        missing=changes.missing,
        recovered=changes.recovered,
    )
