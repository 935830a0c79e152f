"""Alerts in words: one message a run, a paragraph a problem."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from weather_mlops.kma.endpoints import KST
from weather_mlops.monitoring.alerts import Event, Kind
from weather_mlops.monitoring.findings import Check, Severity

SHOWN: Final = 15
"""Problems that a message spells out: with the rest it would be longer than chats let through (4,000)."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where people read on: the report, and the runbook, whose sections are named as the checks."""

    report: str
    runbook: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: a title, a text, and whether it is ``failure``, ``warning`` or ``success``."""

    title: str
    body: str
    kind: str


def message_of(events: Sequence[Event], links: Links) -> Message:
    """The message about some events.

    Args:
        events: at least one.
        links: for reading on.
    """
    parts = [paragraph(event, links) for event in events[:SHOWN]]
    if len(events) > SHOWN:
        parts.append(f"… and {len(events) - SHOWN} more: see the report.")
    parts.append(f"Report: {links.report}")
    return Message(_title(events), "\n\n".join(parts), _kind(events))


def paragraph(event: Event, links: Links) -> str:
    """What, since when, figure against limit, and where it says what to do."""
    alert, check = event.alert, event.alert.check
    lines = [f"{check.severity.upper()} {check.problem}: {event.kind}", figure(check)]
    if alert.resolved_at is None:
        lines.append(f"since {_kst(alert.since)}")
    else:
        lines.append(f"from {_kst(alert.since)} to {_kst(alert.resolved_at)}")
    return "\n".join([*lines, f"What to do: {links.runbook}#{check.name}"])


def figure(check: Check) -> str:
    """The figure against its limit, and the sentence about it."""
    if check.value is None or check.limit is None:
        return check.detail
    unit = f" {check.unit}" if check.unit else ""
    return f"{check.value:.4g}{unit} (limit {check.limit:.4g}{unit}): {check.detail}"


def _title(events: Sequence[Event]) -> str:
    if len(events) == 1:
        (event,) = events
        return f"[weather] {event.alert.check.severity.upper()} {event.alert.check.problem}: {event.kind}"
    counts = Counter(event.kind for event in events)
    return "[weather] " + ", ".join(f"{counts[kind]} {kind}" for kind in Kind if counts[kind])


def _kind(events: Sequence[Event]) -> str:
    lasting = [event.alert.check.severity for event in events if event.alert.is_open]
    if not lasting:
        return "success"
    return "failure" if Severity.CRITICAL in lasting else "warning"


def _kst(moment: datetime) -> str:
    return f"{moment.astimezone(KST):%Y-%m-%d %H:%M} KST"
