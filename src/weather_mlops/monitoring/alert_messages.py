"""Texts of the alerts: one message per run, with one paragraph per problem."""

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
"""Most problems that a message spells out: chat services limit a message to 4,000 characters."""


@dataclass(frozen=True, slots=True)
class AlertLinks:
    """Links for details: the report, and the runbook, which has a section for each check."""

    report: str
    runbook: str


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """A message to send: title, text and kind (``failure``, ``warning``, ``success`` or ``info``)."""

    title: str
    body: str
    kind: str


def message_of(events: Sequence[Event], links: AlertLinks, words: Translator) -> AlertMessage:
    """Write the message about some events.

    Args:
        events: what the message is about, at least one event.
        links: links for details.
        words: texts in the language of the message.
    """
    parts = [paragraph(event, links, words) for event in events[:SHOWN]]
    if len(events) > SHOWN:
        parts.append(words("alert_more", n=len(events) - SHOWN))
    parts.append(words("alert_report", link=links.report))
    return AlertMessage(_title(events, words), "\n\n".join(parts), _kind(events))


def paragraph(event: Event, links: AlertLinks, words: Translator) -> str:
    """Describe one event: the problem, its figure and limit, since when, and a link to the runbook."""
    alert, check = event.alert, event.alert.check
    lines = [_head(event, words)]
    if check.value is not None and check.limit is not None:
        figures = {
            "figure": figure(check.value, check.unit, limit=check.limit),
            "limit": figure(check.limit, check.unit),
        }
        lines.append(words("alert_figure", label=words.titled(check), **figures))
    lines.append(masked(check.detail))
    if alert.resolved_at is None:
        lines.append(words("alert_since", since=_kst(alert.since)))
    else:
        lines.append(words("alert_lasted", since=_kst(alert.since), until=_kst(alert.resolved_at)))
    return "\n".join([*lines, words("alert_do", link=f"{links.runbook}#{check.name}")])


def _head(event: Event, words: Translator) -> str:
    """The alert under the name that its section of the runbook has."""
    check = event.alert.check
    return f"{words(f'severity_{check.severity}').upper()} {check.problem}: {_event_label(event.kind, words)}"


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
