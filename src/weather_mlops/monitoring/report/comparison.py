"""What changed since the report before: problems that came and went, figures that moved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from weather_mlops.monitoring.checks import Check, Section, Status

MOVED: Final = 0.1
"""Shares of its limit by which a figure must have moved to be told: less is the noise of each half hour."""
MAX_SHOWN: Final = 10
"""Figures that are told, those that moved furthest."""

Problem = str
"""As findings.Check.problem names it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A figure then and now, in the unit of its check."""

    check: Check
    before: float

    @property
    def way(self) -> float:
        """How far it moved, in shares of its limit, or of the greater of the two where there is none."""
        assert self.check.value is not None  # noqa: S101  moves() takes no other
        scale = abs(self.check.limit or 0) or max(abs(self.check.value), abs(self.before)) or 1.0
        return abs(self.check.value - self.before) / scale


@dataclass(frozen=True)
class ReportChanges:
    """Between two reports.

    Attributes:
        opened: checks in breach now that were not before.
        closed: checks within their limit now that were in breach before.
        lost: problems whose figure is not measured any more: whether they are over is not known.
        moved: figures, the furthest first.
        missing: figures that were there before, or were not asked for.
        found: figures that are no longer missing.
    """

    opened: Sequence[Check] = ()
    closed: Sequence[Check] = ()
    lost: Sequence[Problem] = ()
    moved: Sequence[Move] = ()
    missing: Sequence[str] = field(default_factory=list)
    found: Sequence[str] = field(default_factory=list)


def compare(now: Sequence[Section], before: Sequence[Section]) -> ReportChanges:
    """Two reports' sections."""
    new, old = _checks(now), _checks(before)
    broken = {problem for problem, check in old.items() if check.status is Status.BREACH}
    states = {problem: new[problem].status if problem in new else Status.UNKNOWN for problem in broken}
    new_gaps, old_gaps = _gaps(now), _gaps(before)
    return ReportChanges(
        opened=[c for p, c in new.items() if c.status is Status.BREACH and p not in broken],
        closed=[new[problem] for problem in sorted(broken) if states[problem] is Status.OK],
        lost=[problem for problem in sorted(broken) if states[problem] is Status.UNKNOWN],
        moved=_moves(new, old),
        missing=[gap for gap in new_gaps if gap not in old_gaps],
        found=[gap for gap in old_gaps if gap not in new_gaps],
    )


def _moves(new: Mapping[Problem, Check], old: Mapping[Problem, Check]) -> list[Move]:
    moves = [
        Move(check, before)
        for problem, check in new.items()
        if check.value is not None and problem in old and (before := old[problem].value) is not None
    ]
    return sorted((move for move in moves if move.way >= MOVED), key=lambda move: -move.way)[:MAX_SHOWN]


def _checks(sections: Iterable[Section]) -> dict[Problem, Check]:
    return {check.problem: check for section in sections for check in section.checks}


def _gaps(sections: Iterable[Section]) -> list[str]:
    return [f"{section.name}: {gap.what}" for section in sections for gap in section.missing]
