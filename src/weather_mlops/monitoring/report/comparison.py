"""What changed since the previous report: new and resolved problems, figures that moved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from weather_mlops.monitoring.checks import Check, Section, Status

MOVED: Final = 0.1
"""Share of its limit by which a figure must have moved to be shown: less is the noise of each half hour."""
MAX_SHOWN: Final = 10
"""Figures that are shown at most, those that moved furthest."""

Problem = str
"""Identifies a problem over time: see checks.Check.problem."""


@dataclass(frozen=True, slots=True)
class Move:
    """A figure that moved: its check now, and its value before, in the check's unit."""

    check: Check
    before: float

    @property
    def distance(self) -> float:
        """How far it moved, as a share of its limit; without a limit, of the greater of the two values."""
        assert self.check.value is not None  # noqa: S101  moves() takes no other
        scale = abs(self.check.limit or 0) or max(abs(self.check.value), abs(self.before)) or 1.0
        return abs(self.check.value - self.before) / scale


@dataclass(frozen=True)
class ReportChanges:
    """What differs between two reports.

    Attributes:
        opened: checks in breach now that were not before.
        closed: checks within their limit now that were in breach before.
        lost: problems whose figure is not measured any more: whether they are resolved is not known.
        moved: figures that moved, the furthest first.
        missing: figures that are missing now and were not before.
        recovered: figures that are no longer missing.
    """

    opened: Sequence[Check] = ()
    closed: Sequence[Check] = ()
    lost: Sequence[Problem] = ()
    moved: Sequence[Move] = ()
    missing: Sequence[str] = field(default_factory=list)
    recovered: Sequence[str] = field(default_factory=list)


def compare(now: Sequence[Section], before: Sequence[Section]) -> ReportChanges:
    """Compare the sections of two reports."""
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
        recovered=[gap for gap in old_gaps if gap not in new_gaps],
    )


def _moves(new: Mapping[Problem, Check], old: Mapping[Problem, Check]) -> list[Move]:
    moves = [
        Move(check, before)
        for problem, check in new.items()
        if check.value is not None and problem in old and (before := old[problem].value) is not None
    ]
    moved = [move for move in moves if move.distance >= MOVED]
    return sorted(moved, key=lambda move: -move.distance)[:MAX_SHOWN]


def _checks(sections: Iterable[Section]) -> dict[Problem, Check]:
    return {check.problem: check for section in sections for check in section.checks}


def _gaps(sections: Iterable[Section]) -> list[str]:
    return [f"{section.name}: {gap.what}" for section in sections for gap in section.missing]
