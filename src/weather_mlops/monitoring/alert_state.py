"""State of the alerts: one per problem, updated from checks. Pure functions without clock, S3 or channel.

    not seen -> watched -> open -> resolved -> not seen

An alert that is only watched ends with the first good check. It opens after ``open_after`` breaches in a row,
so that a single bad measurement alerts nobody, and is resolved after ``close_after`` good checks in a row, so
that a figure that fluctuates around its limit alerts once. An unknown check counts as neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from typing_extensions import TypedDict

from weather_mlops.lake.documents import Moment
from weather_mlops.monitoring.checks import Check, CheckDocument, CheckSeverity, Section, Status
from weather_mlops.monitoring.report.verdict import excess

REMEMBERED: Final = timedelta(days=90)
"""Age of the resolved alerts that are kept."""
MAX_REMEMBERED: Final = 300
"""Resolved alerts that are kept at most: the state is written by every run."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When alerts open, close and are sent again; each field is an argument in pipelines/monitoring.yml.

    Attributes:
        open_after: breaches in a row that open an alert.
        close_after: good checks in a row that resolve an alert.
        remind_hours: hours between two messages about a problem that stays open.
        forget_days: days without a measurement after which an alert is closed, with a message.
    """

    open_after: int = 2
    close_after: int = 3
    remind_hours: float = 12
    forget_days: float = 7


class Kind(StrEnum):
    """Kind of an event."""

    OPENED = "opened"
    STILL_OPEN = "still open"
    RESOLVED = "resolved"
    OPENED_AND_RESOLVED = "opened and resolved"
    """Opened and resolved before a message was delivered."""


class AlertDocument(TypedDict):
    """Stored form of an alert; times are ISO 8601."""

    section: str
    check: CheckDocument
    since: str
    measured_at: str
    bad: int
    good: int
    opened_at: str | None
    resolved_at: str | None
    told_at: str | None
    worst: CheckDocument | None


@dataclass(frozen=True, slots=True)
class Alert:
    """A problem that was measured at least once.

    Attributes:
        section: section that the check belongs to.
        check: the last check that was measured.
        since: time of the first breach in a row.
        measured_at: time of the last measurement.
        bad: breaches in a row so far.
        good: good checks in a row since.
        opened_at: when the alert opened; None while the problem is only watched.
        resolved_at: when the alert was resolved; None while the problem lasts.
        told_at: when a message about the open alert was last delivered; None = never yet.
        worst: the check in breach whose figure was furthest from its limit; None in older states.
    """

    section: str
    check: Check
    since: Moment
    measured_at: Moment
    bad: int = 1
    good: int = 0
    opened_at: Moment | None = None
    resolved_at: Moment | None = None
    told_at: Moment | None = None
    worst: Check | None = None

    @property
    def is_open(self) -> bool:
        """Whether the alert was opened and isn't resolved yet."""
        return self.opened_at is not None and self.resolved_at is None

    def as_dict(self) -> AlertDocument:
        """Return the stored form."""
        return {
            "section": self.section,
            "check": self.check.as_dict(),
            "since": self.since.isoformat(),
            "measured_at": self.measured_at.isoformat(),
            "bad": self.bad,
            "good": self.good,
            "opened_at": self.opened_at.isoformat() if self.opened_at else None,
            "resolved_at": self.resolved_at.isoformat() if self.resolved_at else None,
            "told_at": self.told_at.isoformat() if self.told_at else None,
            "worst": self.worst.as_dict() if self.worst else None,
        }


Alerts = Mapping[str, Alert]
"""Alerts by problem."""


@dataclass(frozen=True, slots=True)
class Event:
    """A change of an alert, or a reminder, that a message is due for."""

    kind: Kind
    alert: Alert


def advance(alerts: Alerts, sections: Sequence[Section], rules: Rules, now: datetime) -> dict[str, Alert]:
    """Update the alerts from the checks of one run.

    Args:
        alerts: alerts before the run.
        sections: sections of the run.
        rules: when an alert opens and closes.
        now: the time (UTC).
    """
    after = dict(alerts)
    for section in sections:
        for check in section.checks:
            known = after.pop(check.problem, None)
            if check.status is Status.BREACH:
                after[check.problem] = _worse(known, section.name, check, rules, now)
            elif known is not None:
                updated = known if check.status is Status.UNKNOWN else _better(known, check, rules, now)
                if updated is not None:
                    after[check.problem] = updated
        for known in _gone(after, section):
            check = replace(known.check, status=Status.OK, detail=f"{known.check.detail}; no longer watched")
            del after[check.problem]
            if (updated := _better(known, check, rules, now)) is not None:
                after[check.problem] = updated
    return {problem: aged for problem, alert in after.items() if (aged := _aged(alert, rules, now))}


def due(alerts: Alerts, rules: Rules, now: datetime) -> list[Event]:
    """List the events that a message is due for, critical ones first, then the oldest."""
    events = [Event(kind, alert) for alert in alerts.values() if (kind := _due(alert, rules, now))]
    return sorted(events, key=lambda e: (e.alert.check.severity is not CheckSeverity.CRITICAL, e.alert.since))


def after_notification(alerts: Alerts, events: Sequence[Event], now: datetime) -> dict[str, Alert]:
    """Return the alerts after a message about some events was delivered, without the resolved ones."""
    after = dict(alerts)
    for event in events:
        problem = event.alert.check.problem
        if event.alert.resolved_at is not None:
            after.pop(problem, None)
        else:
            after[problem] = replace(event.alert, told_at=now)
    return after


def remember(past: Sequence[Alert], events: Sequence[Event], now: datetime) -> list[Alert]:
    """Add the alerts that events resolved to those of before, and forget the oldest; oldest first."""
    ended = [event.alert for event in events if event.alert.resolved_at is not None]
    recent = [
        alert for alert in [*past, *ended] if alert.resolved_at and now - alert.resolved_at < REMEMBERED
    ]
    return recent[-MAX_REMEMBERED:]


def _gone(alerts: Alerts, section: Section) -> list[Alert]:
    """Alerts of stations and targets that a section no longer watches, although it watches others."""
    problems = {check.problem for check in section.checks}
    measured = {check.name for check in section.checks if check.status is not Status.UNKNOWN}
    return [
        alert
        for problem, alert in alerts.items()
        if alert.section == section.name and alert.check.name in measured and problem not in problems
    ]


def _worse(known: Alert | None, section: str, check: Check, rules: Rules, now: datetime) -> Alert:
    if known is None:
        known = Alert(section, check, since=now, measured_at=now, bad=0)
    bad = known.bad + 1
    opened_at = known.opened_at or (now if bad >= rules.open_after else None)
    worst = check if known.worst is None else max(check, known.worst, key=excess)
    # An alert that was resolved before a message was sent continues as the same alert.
    return replace(
        known,
        check=check,
        measured_at=now,
        bad=bad,
        good=0,
        opened_at=opened_at,
        resolved_at=None,
        worst=worst,
    )


def _better(known: Alert, check: Check, rules: Rules, now: datetime) -> Alert | None:
    if known.opened_at is None:
        return None
    good = known.good + 1
    resolved_at = known.resolved_at or (now if good >= rules.close_after else None)
    return replace(known, check=check, measured_at=now, bad=0, good=good, resolved_at=resolved_at)


def _aged(alert: Alert, rules: Rules, now: datetime) -> Alert | None:
    """Close an alert that was not measured for too long: its station or pipeline is gone."""
    if now - alert.measured_at < timedelta(days=rules.forget_days):
        return alert
    if alert.opened_at is None:
        return None
    detail = f"closed: not measured for {rules.forget_days:g} days; last: {alert.check.detail}"
    check = replace(alert.check, status=Status.UNKNOWN, detail=detail)
    return replace(alert, check=check, measured_at=now, resolved_at=alert.resolved_at or now)


def _due(alert: Alert, rules: Rules, now: datetime) -> Kind | None:
    if alert.opened_at is None:
        return None
    if alert.resolved_at is not None:
        return Kind.OPENED_AND_RESOLVED if alert.told_at is None else Kind.RESOLVED
    if alert.told_at is None:
        return Kind.OPENED
    return Kind.STILL_OPEN if now - alert.told_at >= timedelta(hours=rules.remind_hours) else None
