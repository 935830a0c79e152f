"""Alerts in words: one message a run, a paragraph a problem."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.kma.masking import masked
from weather_mlops.monitoring.alert_state import Event, Kind
from weather_mlops.monitoring.checks import CheckSeverity
from weather_mlops.monitoring.report.translations import Translator, figure

SHOWN: Final = 15
"""Problems that a message spells out: with the rest it would be longer than chats let through (4,000)."""


@dataclass(frozen=True, slots=True)
class AlertLinks:
    """Where people read on: the report, and the runbook, whose sections are named as the checks."""

    report: str
    runbook: str


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """What is sent: a title, a text, and whether it is ``failure``, ``warning``, ``success`` or ``info``."""

    title: str
    body: str
    kind: str


def message_of(events: Sequence[Event], links: AlertLinks, words: Translator) -> AlertMessage:
    """The message about some events.

    Args:
        events: at least one.
        links: for reading on.
        words: of its language.
    """
    parts = [paragraph(event, links, words) for event in events[:SHOWN]]
    if len(events) > SHOWN:
        parts.append(words("alert_more", n=len(events) - SHOWN))
    parts.append(words("alert_report", link=links.report))
    return AlertMessage(_title(events, words), "\n\n".join(parts), _kind(events))


def paragraph(event: Event, links: AlertLinks, words: Translator) -> str:
    """What, figure against limit, since when, and where it says what to do."""
    alert, check = event.alert, event.alert.check
    lines = [_head(event, words)]
    if check.value is not None and check.limit is not None:
        told = {
            "figure": figure(check.value, check.unit, limit=check.limit),
            "limit": figure(check.limit, check.unit),
        }
        lines.append(words("alert_figure", label=words.titled(check), **told))
    lines.append(masked(check.detail))
    if alert.resolved_at is None:
        lines.append(words("alert_since", since=_kst(alert.since)))
    else:
        lines.append(words("alert_lasted", since=_kst(alert.since), until=_kst(alert.resolved_at)))
    return "\n".join([*lines, words("alert_do", link=f"{links.runbook}#{check.name}")])


def _head(event: Event, words: Translator) -> str:
    """The alert by the name that the runbook knows it by."""
    check = event.alert.check
    return f"{words(check.severity).upper()} {check.problem}: {_event_label(event.kind, words)}"


def _event_label(kind: Kind, words: Translator) -> str:
    return words(f"alert_{kind.name.lower()}")


def _title(events: Sequence[Event], words: Translator) -> str:
    if len(events) == 1:
        return f"[weather] {_head(events[0], words)}"
    counts = Counter(event.kind for event in events)
    return "[weather] " + ", ".join(
        f"{counts[kind]} {_event_label(kind, words)}" for kind in Kind if counts[kind]
    )


def _kind(events: Sequence[Event]) -> str:
    lasting = [event.alert.check.severity for event in events if event.alert.is_open]
    if not lasting:
        return "success"
    return "failure" if CheckSeverity.CRITICAL in lasting else "warning"


def _kst(moment: datetime) -> str:
    return f"{moment.astimezone(KST):%Y-%m-%d %H:%M}"
