"""The verdict over all sections: well, starting, watch or act.

It is ``well`` only if everything that matters was measured: it is ``watch`` if a critical check could not be
measured, or if no figure of a section could be compared with a limit. In a system's first hours, if the only
reason is a first step that is still to come (``starting.py``), it is ``starting``. Unmeasured warnings don't
change the verdict.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from weather_mlops.monitoring.checks import OPTIONAL, SECTIONS, Check, CheckSeverity, Missing, Section, Status
from weather_mlops.monitoring.report.starting import Beginning


class ReportVerdict(StrEnum):
    """What the reader of a report should do: nothing, wait for the first steps, look at it today, act now."""

    WELL = "well"
    STARTING = "starting"
    WATCH = "watch"
    ACT = "act"


def complete(sections: Sequence[Section]) -> list[Section]:
    """All sections in their order; one that is not optional and absent is listed as missing."""
    given = {section.name: section for section in sections}
    reason = "its task delivered no section: see the task's log in Airflow"
    return [
        given.get(name) or Section(name, missing=[Missing(name, reason)])
        for name in SECTIONS
        if name in given or name not in OPTIONAL
    ]


def judge(sections: Iterable[Section], start: Beginning) -> ReportVerdict:
    """The verdict over one section or all of them.

    Args:
        sections: what was measured.
        start: when the system started: first steps that it waits for are no problem yet.
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
    """Checks beyond their limit, the gravest first, those of one name together."""
    broken = [check for check in checks if check.status is Status.BREACH]
    critical = {check.name for check in broken if check.severity is CheckSeverity.CRITICAL}
    return sorted(broken, key=lambda check: (check.name not in critical, check.name, -excess(check)))


def unseen(checks: Iterable[Check], start: Beginning) -> list[Check]:
    """Critical checks that could not be measured, except those that wait for a first step."""
    return [
        check
        for check in checks
        if check.status is Status.UNKNOWN
        and check.severity is CheckSeverity.CRITICAL
        and not start.waits_for(check)
    ]


def unmeasured(section: Section) -> bool:
    """Whether no figure of a section was compared with a limit, although there is something to measure."""
    return not section.is_absent and all(check.status is Status.UNKNOWN for check in section.checks)


def silent(section: Section, start: Beginning) -> bool:
    """Whether a section is unmeasured, and not because a first step is still to come."""
    return unmeasured(section) and not any(start.waits_for(check) for check in section.checks)


def excess(check: Check) -> float:
    """Distance of a figure from its limit, as a multiple of the limit; 0 where one of the two is missing."""
    if check.value is None or check.limit is None:
        return 0.0
    return abs(check.value - check.limit) / (abs(check.limit) or 1.0)
