"""One run of the alerts: read the state, advance it, tell people, keep it.

The state is ``monitoring/alerts.json`` on S3, and a spare copy on this machine: S3 may be what is down. The
newer one holds. It is written before anything is sent and again after it: who is killed in between, or can't
write, tells people twice rather than never.
"""

import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from weather_mlops.errors import ChannelUnavailable, ObjectDamaged, WeatherError
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Moment
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.monitoring import alert_state
from weather_mlops.monitoring.alert_messages import AlertLinks, AlertMessage, message_of, paragraph
from weather_mlops.monitoring.alert_state import Alert, Alerts, Event, Rules
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.report.translations import Translator

log = logging.getLogger(__name__)

KEY: Final = "monitoring/alerts.json"
SCHEMA: Final = 1

_NEVER: Final = datetime.min.replace(tzinfo=UTC)

Send = Callable[[AlertMessage], None]
"""Delivers a message, or raises ChannelUnavailable."""


@dataclass(frozen=True)
class State:
    """What is kept from run to run.

    Attributes:
        alerts: by problem.
        run: whose checks are in it last.
        written_at: when (UTC).
    """

    alerts: Alerts = field(default_factory=dict)
    run: str = ""
    written_at: datetime = _NEVER

    def as_json(self) -> bytes:
        """As it is kept."""
        kept = {
            "schema": SCHEMA,
            "written_at": self.written_at.isoformat(),
            "run": self.run,
            "alerts": [alert.as_dict() for alert in self.alerts.values()],
        }
        return json.dumps(kept, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, body: bytes, where: str) -> "State":
        """As it was kept.

        Args:
            body: the object.
            where: how the message names it.

        Raises:
            ObjectDamaged: it isn't one, or of another schema.
        """
        kept = documents.parse(body, _AlertsDocument, where, "Remove it: alerts are opened again.")
        return cls({alert.check.problem: alert for alert in kept.alerts}, kept.run, kept.written_at)


@dataclass(frozen=True)
class _AlertsDocument:
    schema: Literal[1]
    alerts: Sequence[Alert]
    run: str
    written_at: Moment


@dataclass(frozen=True)
class Keeper:
    """Where the state is.

    Attributes:
        store: the bucket.
        spare: a file of this machine.
    """

    store: ObjectStore
    spare: Path

    def read(self) -> State:
        """The newer copy; an empty state where there is none that can be read."""
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
                log.warning("alerts: not used; what was told may be told again: %s", error)
        return max(states, key=lambda state: state.written_at)

    def write(self, state: State) -> str:
        """Keep it in both places; why S3 didn't take it, empty when it did.

        Raises:
            OSError: this machine didn't take it either.
        """
        body, why = state.as_json(), ""
        try:
            self.store.put(KEY, body, "application/json")
        except WeatherError as error:
            why = str(error)
            log.warning("alerts: the state is kept in %s only: %s", self.spare, why)
        self.spare.parent.mkdir(parents=True, exist_ok=True)
        self.spare.write_bytes(body)
        return why


@dataclass(frozen=True)
class AlertOutcome:
    """What became of the alerts of a run.

    Attributes:
        open: problems that are open now.
        events: what was to be told.
        sent: whether it was delivered; None where there was nothing to tell, or no channel.
        said: the same in a sentence.
    """

    open: Sequence[Alert]
    events: Sequence[Event]
    sent: bool | None
    said: str

    def as_dict(self) -> dict[str, Any]:
        """Small and flat, for the orchestrator."""
        return {
            "alerts": self.said,
            "alerts_open": [alert.check.problem for alert in self.open],
            "alerts_told": [f"{event.alert.check.problem}: {event.kind}" for event in self.events],
        }


def run_alerts(  # noqa: PLR0913  keyword only: where, when, and to whom
    keeper: Keeper,
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
    """Take the checks of a run in, tell people what is due, and keep what was told.

    Done again for the same run, its checks aren't counted twice.

    Args:
        keeper: of the state.
        sections: what was measured.
        rules: when something opens, closes, is told again.
        send: the channel; None where none is configured.
        unconfigured: what to say then: where it would be.
        links: for reading on.
        language: of the messages.
        run: whose checks these are.
        now: the time (UTC).

    Raises:
        Misconfigured: there is no such language.
        OSError: the state can be kept nowhere.
    """
    words, state = Translator(language), keeper.read()
    if state.run != run:
        state = State(alert_state.advance(state.alerts, sections, rules, now), run, now)
        keeper.write(state)
    events = alert_state.due(state.alerts, rules, now)
    for event in events:
        log.warning("alert: %s", paragraph(event, links, words).replace("\n", "; "))
    sent, said = _tell(events, links, words, send, unconfigured)
    if events and sent is not False:
        # Without a channel what is resolved is dropped, and what is open is told once there is one.
        done = events if sent else [event for event in events if not event.alert.is_open]
        state = replace(state, alerts=alert_state.after_notification(state.alerts, done, now), written_at=now)
        keeper.write(state)
    log.info("alerts: open=%d told=%d: %s", len(_open(state)), len(events), said)
    return AlertOutcome(_open(state), events, sent, said)


def _tell(
    events: Sequence[Event], links: AlertLinks, words: Translator, send: Send | None, unconfigured: str
) -> tuple[bool | None, str]:
    if send is None:
        return None, f"sent nothing: {unconfigured}"
    if not events:
        return None, "nothing to tell"
    try:
        send(message_of(events, links, words))
    except ChannelUnavailable as error:
        return False, f"not delivered, kept for the next run: {error}"
    return True, f"sent, problems: {len(events)}"


def _open(state: State) -> list[Alert]:
    return [alert for alert in state.alerts.values() if alert.is_open]
