"""One run of the alerts: read the stored state, update it from the checks, send what is due, store it again.

The state is ``monitoring/alerts.json`` on S3, with a spare copy on this machine in case S3 is down. The newer
copy is used. The state is written before a message is sent and again afterwards: a task that is killed in
between, or can't write, sends an alert twice rather than never.
"""

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, Required

from typing_extensions import TypedDict

from weather_mlops.errors import ChannelUnavailable, ObjectDamaged, WeatherError
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Moment
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import alert_state
from weather_mlops.monitoring.alert_messages import AlertLinks, AlertMessage, message_of, paragraph
from weather_mlops.monitoring.alert_state import Alert, Alerts, Event, Rules
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.report.document import RUNBOOK
from weather_mlops.monitoring.report.translations import Translator

log = logging.getLogger(__name__)

KEY: Final = "monitoring/alerts.json"
SCHEMA: Final = 1

_NEVER: Final = datetime.min.replace(tzinfo=UTC)

Send = Callable[[AlertMessage], None]
"""Function that delivers a message, or raises ChannelUnavailable."""


@dataclass(frozen=True)
class State:
    """State of the alerts, stored from run to run.

    Attributes:
        alerts: alerts by problem.
        run: the last run whose checks are included.
        written_at: when the state was written (UTC).
        past: resolved alerts whose message was sent, oldest first.
        runbook: it has a section for each check.
    """

    alerts: Alerts = field(default_factory=dict)
    run: str = ""
    written_at: datetime = _NEVER
    past: Sequence[Alert] = ()
    runbook: str = RUNBOOK

    def as_json(self) -> bytes:
        """Return the stored form."""
        document = {
            "schema": SCHEMA,
            "written_at": self.written_at.isoformat(),
            "run": self.run,
            "runbook": self.runbook,
            "alerts": [alert.as_dict() for alert in self.alerts.values()],
            "past": [alert.as_dict() for alert in self.past],
        }
        return json.dumps(document, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, body: bytes, where: str) -> "State":
        """Read the stored form.

        Args:
            body: content of the object.
            where: name of the object in error messages.

        Raises:
            ObjectDamaged: the content is no state of alerts, or has another schema version.
        """
        document = documents.parse(body, _AlertsDocument, where, "Remove it: alerts are opened again.")
        alerts = {alert.check.problem: alert for alert in document.alerts}
        return cls(alerts, document.run, document.written_at, tuple(document.past), document.runbook)


@dataclass(frozen=True)
class _AlertsDocument:
    schema: Literal[1]
    alerts: Sequence[Alert]
    run: str
    written_at: Moment
    past: Sequence[Alert] = ()
    runbook: str = RUNBOOK


@dataclass(frozen=True)
class AlertStateStore:
    """Reads and writes the state of the alerts: on S3, with a spare copy on this machine.

    Attributes:
        store: the bucket.
        spare: local file for the spare copy.
    """

    store: ObjectStore
    spare: Path

    def read(self) -> State:
        """Return the newer copy; an empty state if neither copy can be read."""
        bodies = []
        with suppress(FileNotFoundError):
            bodies.append((str(self.spare), self.spare.read_bytes()))
        try:
            bodies.append((self.store.where(KEY), self.store.get(KEY)))
        except FileNotFoundError:
            pass
        except WeatherError as error:
            log.warning("alerts: the state is read from %s: %s", self.spare, error)
        states = [State()]
        for where, body in bodies:
            try:
                states.append(State.from_json(body, where))
            except ObjectDamaged as error:
                log.warning("alerts: state ignored, alerts may be sent again: %s", error)
        return max(states, key=lambda state: state.written_at)

    def write(self, state: State) -> str:
        """Write both copies; return the error if S3 failed, else an empty text.

        Raises:
            OSError: the local copy can't be written either.
        """
        body, failure = state.as_json(), ""
        try:
            self.store.put(KEY, body, "application/json")
        except WeatherError as error:
            failure = str(error)
            log.warning("alerts: the state is stored in %s only: %s", self.spare, failure)
        self.spare.parent.mkdir(parents=True, exist_ok=True)
        self.spare.write_bytes(body)
        return failure


class AlertSummary(TypedDict, total=False):
    """The XCom of the task.

    Attributes:
        alerts: the result in a sentence.
        alerts_open: problems whose alert is open.
        alerts_told: events that a message was due for: ``sensor_bias:108: opened``.
        retraining: what was done about a breach of the model's limits, if that starts a training.
    """

    alerts: Required[str]
    alerts_open: list[str]
    alerts_told: list[str]
    retraining: str


@dataclass(frozen=True)
class AlertOutcome:
    """Result of the alerts of a run.

    Attributes:
        open: alerts that are open now.
        events: events that a message was due for.
        sent: whether the message was delivered; None = nothing was due, or there is no channel.
        summary: the result in a sentence.
    """

    open: Sequence[Alert]
    events: Sequence[Event]
    sent: bool | None
    summary: str

    def as_dict(self) -> AlertSummary:
        """Return the XCom of the task."""
        return {
            "alerts": self.summary,
            "alerts_open": [alert.check.problem for alert in self.open],
            "alerts_told": [f"{event.alert.check.problem}: {event.kind}" for event in self.events],
        }


def run_alerts(  # noqa: PLR0913  keyword only: where, when, and to whom
    state_store: AlertStateStore,
    sections: Sequence[Section],
    rules: Rules,
    *,
    send: Send | None,
    unconfigured: str,
    links: AlertLinks,
    language: str,
    run: str,
    now: datetime,
) -> AlertOutcome:
    """Update the alerts from the checks of a run, send the messages that are due, and store the new state.

    When a run is repeated, its checks aren't counted twice.

    Args:
        state_store: reads and writes the state.
        sections: sections of the run.
        rules: when an alert opens, closes and is sent again.
        send: the channel; None if none is configured.
        unconfigured: where to configure the channel, for the result if there is none.
        links: links for details.
        language: language of the messages.
        run: name of the run that the checks are from.
        now: the time (UTC).

    Raises:
        Misconfigured: unknown language.
        OSError: the state can be stored neither on S3 nor on this machine.
    """
    words, state = Translator(language), state_store.read()
    if state.run != run:
        advanced = alert_state.advance(state.alerts, sections, rules, now)
        state = replace(state, alerts=advanced, run=run, written_at=now, runbook=links.runbook)
        state_store.write(state)
    events = alert_state.due(state.alerts, rules, now)
    for event in events:
        log.warning("alert: %s", paragraph(event, links, words).replace("\n", "; "))
    sent, summary = _send_events(events, links, words, send, unconfigured)
    if events and sent is not False:
        # Without a channel, resolved alerts are dropped; open ones are sent once there is a channel.
        done = events if sent else [event for event in events if not event.alert.is_open]
        state = replace(
            state,
            alerts=alert_state.after_notification(state.alerts, done, now),
            past=alert_state.remember(state.past, done, now),
            written_at=now,
        )
        state_store.write(state)
    log.info("alerts: open=%d due=%d: %s", len(_open(state)), len(events), summary)
    return AlertOutcome(_open(state), events, sent, summary)


def _send_events(
    events: Sequence[Event], links: AlertLinks, words: Translator, send: Send | None, unconfigured: str
) -> tuple[bool | None, str]:
    if send is None:
        return None, f"sent nothing: {unconfigured}"
    if not events:
        return None, "nothing to send"
    try:
        send(message_of(events, links, words))
    except ChannelUnavailable as error:
        return False, f"not delivered, the next run tries again: {error}"
    return True, f"sent, problems: {len(events)}"


def _open(state: State) -> list[Alert]:
    return [alert for alert in state.alerts.values() if alert.is_open]
