"""The verdict over all sections: well, starting, watch or act.

Well is only said of what was measured: a critical check that could not be, or a section without any figure
compared with a limit, is something to watch; in a system's first hours, where only a first step is still to
come (``starting.py``), the system is starting. That a warning's figure is not measured yet changes nothing.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from weather_mlops.monitoring.checks import SECTIONS, Check, CheckSeverity, Missing, Section, Status
from weather_mlops.monitoring.report.starting import Beginning


class ReportVerdict(StrEnum):
    """What the report asks of its reader: nothing, to wait for what is to come, a look today, to act now."""

    WELL = "well"
    STARTING = "starting"
    WATCH = "watch"
    ACT = "act"


def complete(sections: Sequence[Section]) -> list[Section]:
    """All sections in their order; of one that was not handed over, that it is missing."""
    given = {section.name: section for section in sections}
    why = "its task handed nothing over: its log in Airflow says why"
    return [given.get(name) or Section(name, missing=[Missing(name, why)]) for name in SECTIONS]


def judge(sections: Iterable[Section], start: Beginning) -> ReportVerdict:
    """Of one section or of all.

    Args:
        sections: what was measured.
        start: of the system: what it waits for is no problem yet.
    """
    sections = list(sections)
    checks = [check for section in sections for check in section.checks]
    if any(check.severity is CheckSeverity.CRITICAL for check in breaches(checks)):
        return ReportVerdict.ACT
    if breaches(checks) or unseen(checks, start) or any(silent(section, start) for section in sections):
        return ReportVerdict.WATCH
    waiting = any(check.severity is CheckSeverity.CRITICAL and start.waits_for(check) for check in checks)
    return ReportVerdict.STARTING if waiting else ReportVerdict.WELL


def breaches(checks: Iterable[Check]) -> list[Check]:
    """Those beyond their limit, the gravest first, of one name together."""
    found = [check for check in checks if check.status is Status.BREACH]
    grave = {check.name for check in found if check.severity is CheckSeverity.CRITICAL}
    return sorted(found, key=lambda check: (check.name not in grave, check.name, -excess(check)))


def unseen(checks: Iterable[Check], start: Beginning) -> list[Check]:
    """Critical ones that could not be measured, and not because a first step is still to come."""
    return [
        check
        for check in checks
        if check.status is Status.UNKNOWN
        and check.severity is CheckSeverity.CRITICAL
        and not start.waits_for(check)
    ]


def unmeasured(section: Section) -> bool:
    """Whether nothing in it was compared with a limit."""
    return all(check.status is Status.UNKNOWN for check in section.checks)


def silent(section: Section, start: Beginning) -> bool:
    """Whether nothing in it was compared with a limit, and not because a first step is still to come."""
    return unmeasured(section) and not any(start.waits_for(check) for check in section.checks)


def excess(check: Check) -> float:
    """How far beyond its limit a figure is, in limits; 0 where one of the two is not known."""
    if check.value is None or check.limit is None:
        return 0.0
    return abs(check.value - check.limit) / (abs(check.limit) or 1.0)
