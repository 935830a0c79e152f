"""Figures held to limits, and those that there are none of."""

from weather_mlops.monitoring.findings import Check, Severity, Status


def at_most(  # noqa: PLR0913  what a check tells
    name: str,
    value: float,
    limit: float,
    detail: str,
    *,
    subject: str = "",
    unit: str = "",
    severity: Severity = Severity.WARNING,
) -> Check:
    """A figure that is well up to its limit."""
    status = Status.OK if value <= limit else Status.BREACH
    return Check(name, subject, status, severity, value, limit, unit, detail)


def unknown(name: str, why: str, *, subject: str = "", severity: Severity = Severity.WARNING) -> Check:
    """A figure that could not be measured, and why."""
    return Check(name, subject, Status.UNKNOWN, severity, None, None, "", why)
