"""From checks to alerts: one per problem, opened, still open, resolved. Pure; no clock, no S3, no channel.

    not seen -> watched -> open -> resolved -> not seen

A good check ends a watch at once. A problem opens after ``open_after`` breaches in a row, so that one bad
moment alerts nobody, and is resolved after ``close_after`` good checks in a row, so that a figure that wavers
about its limit alerts once. A check that is unknown says neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from weather_mlops.lake.documents import Moment
from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status


@dataclass(frozen=True, slots=True)
class Rules:
    """When something is told; each is an argument in pipelines/monitoring.yml, with its reason.

    Attributes:
        open_after: breaches in a row.
        close_after: good checks in a row.
        remind_hours: between two messages about a problem that stays.
        forget_days: without any measurement; then the problem is closed, and said to be so.
    """

    open_after: int = 2
    close_after: int = 3
    remind_hours: float = 12
    forget_days: float = 7


class Kind(StrEnum):
    """What there is to tell of a problem."""

    OPENED = "opened"
    STILL_OPEN = "still open"
    RESOLVED = "resolved"
    OPENED_AND_RESOLVED = "opened and resolved"
    """While no message got through."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A problem, as far as it is known.

    Attributes:
        section: that it was measured by.
        check: the last one that was measured.
        since: when the first breach in a row was measured.
        measured_at: when the last one was.
        bad: breaches in a row so far.
        good: good checks in a row since.
        opened_at: None while it is only watched.
        resolved_at: None while it lasts.
        told_at: when people were last told that it is open; None = never yet.
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

    @property
    def is_open(self) -> bool:
        """Whether it was opened and isn't resolved."""
        return self.opened_at is not None and self.resolved_at is None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
        }


Alerts = Mapping[str, Alert]
"""By problem."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell about an alert."""

    kind: Kind
    alert: Alert


def advance(alerts: Alerts, sections: Sequence[Section], rules: Rules, now: datetime) -> dict[str, Alert]:
    """The alerts after the checks of one run.

    Args:
        alerts: as they were.
        sections: what was measured.
        rules: when something opens and closes.
        now: the time (UTC).
    """
    after = dict(alerts)
    for section in sections:
        for check in section.checks:
            known = after.pop(check.problem, None)
            if check.status is Status.BREACH:
                after[check.problem] = _worse(known, section.name, check, rules, now)
            elif known is not None:
                kept = known if check.status is Status.UNKNOWN else _better(known, check, rules, now)
                if kept is not None:
                    after[check.problem] = kept
        for known in _gone(after, section):
            check = replace(
                known.check, status=Status.OK, detail=f"{known.check.detail}; not watched any more"
            )
            del after[check.problem]
            if (kept := _better(known, check, rules, now)) is not None:
                after[check.problem] = kept
    return {problem: kept for problem, alert in after.items() if (kept := _aged(alert, rules, now))}


def due(alerts: Alerts, rules: Rules, now: datetime) -> list[Event]:
    """What is to be told now, critical things first, then the oldest."""
    events = [Event(kind, alert) for alert in alerts.values() if (kind := _due(alert, rules, now))]
    return sorted(events, key=lambda e: (e.alert.check.severity is not CheckSeverity.CRITICAL, e.alert.since))


def after_notification(alerts: Alerts, events: Sequence[Event], now: datetime) -> dict[str, Alert]:
    """The alerts after people were told of these events: what is resolved is done with."""
    after = dict(alerts)
    for event in events:
        problem = event.alert.check.problem
        if event.alert.resolved_at is not None:
            after.pop(problem, None)
        else:
            after[problem] = replace(event.alert, told_at=now)
    return after


def _gone(alerts: Alerts, section: Section) -> list[Alert]:
    """Alerts of stations and targets that a section doesn't watch any more, though it watches others."""
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
    # One that was resolved, and nobody was told: it goes on as the same.
    return replace(
        known, check=check, measured_at=now, bad=bad, good=0, opened_at=opened_at, resolved_at=None
    )


def _better(known: Alert, check: Check, rules: Rules, now: datetime) -> Alert | None:
    if known.opened_at is None:
        return None
    good = known.good + 1
    resolved_at = known.resolved_at or (now if good >= rules.close_after else None)
    return replace(known, check=check, measured_at=now, bad=0, good=good, resolved_at=resolved_at)


def _aged(alert: Alert, rules: Rules, now: datetime) -> Alert | None:
    """The same, or closed where nothing was measured for too long: a station or a pipeline is gone."""
    if now - alert.measured_at < timedelta(days=rules.forget_days):
        return alert
    if alert.opened_at is None:
        return None
    detail = f"not measured for {rules.forget_days:g} days, and so closed; last: {alert.check.detail}"
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
