"""The verdict over all sections: well, watch or act.

Well is only said of what was measured: a critical check that could not be, or a section without any figure
held to a limit, is something to watch. That a warning's figure is not there yet, as in a young system,
changes nothing.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from weather_mlops.monitoring.findings import SECTIONS, Check, Missing, Section, Severity, Status


class Verdict(StrEnum):
    """What the report asks of its reader: nothing, a look today, or to act now."""

    WELL = "well"
    WATCH = "watch"
    ACT = "act"


def complete(sections: Sequence[Section]) -> list[Section]:
    """All sections in their order; of one that was not handed over, that it is missing."""
    given = {section.name: section for section in sections}
    why = "its task handed nothing over: its log in Airflow says why"
    return [given.get(name) or Section(name, missing=[Missing(name, why)]) for name in SECTIONS]


def judge(sections: Iterable[Section]) -> Verdict:
    """Of one section or of all."""
    sections = list(sections)
    checks = [check for section in sections for check in section.checks]
    if any(check.severity is Severity.CRITICAL for check in breaches(checks)):
        return Verdict.ACT
    if breaches(checks) or unseen(checks) or any(map(silent, sections)):
        return Verdict.WATCH
    return Verdict.WELL


def breaches(checks: Iterable[Check]) -> list[Check]:
    """Those beyond their limit, the gravest first, of one name together."""
    found = [check for check in checks if check.status is Status.BREACH]
    grave = {check.name for check in found if check.severity is Severity.CRITICAL}
    return sorted(found, key=lambda check: (check.name not in grave, check.name, -excess(check)))


def unseen(checks: Iterable[Check]) -> list[Check]:
    """Critical ones that could not be measured."""
    return [
        check for check in checks if check.status is Status.UNKNOWN and check.severity is Severity.CRITICAL
    ]


def silent(section: Section) -> bool:
    """Whether nothing in it was held to a limit."""
    return all(check.status is Status.UNKNOWN for check in section.checks)


def excess(check: Check) -> float:
    """How far beyond its limit a figure is, in limits; 0 where one of the two is not known."""
    if check.value is None or check.limit is None:
        return 0.0
    return abs(check.value - check.limit) / (abs(check.limit) or 1.0)
