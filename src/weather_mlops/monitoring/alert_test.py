"""Alerts can be tried: a message that is marked as a test, through the channel of the real ones.

It opens no alert, and what is open is neither sent nor changed by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from weather_mlops.clock import KST
from weather_mlops.errors import AlertTestFailed, ChannelUnavailable
from weather_mlops.monitoring.alert_messages import AlertLinks, AlertMessage
from weather_mlops.monitoring.report.translations import Translator


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message at one service of the channel.

    Attributes:
        service: its kind: ``Slack``, ``E-Mail``; of an entry that can't be read, which one it is.
        fault: why it was not delivered, without the service's URL; empty = it was.
    """

    service: str
    fault: str = ""


SendToEach = Callable[[AlertMessage], Sequence[Delivery]]
"""Delivers a message to each service of the channel by itself."""


def test_message(run: str, links: AlertLinks, words: Translator, now: datetime) -> AlertMessage:
    """What is sent.

    Args:
        run: that sends it.
        links: for reading on.
        words: of its language.
        now: the time.
    """
    at = f"{now.astimezone(KST):%Y-%m-%d %H:%M}"
    parts = [words("alert_test_body", at=at, run=run), words("alert_report", link=links.report)]
    return AlertMessage(words("alert_test_title"), "\n\n".join(parts), "info")


def send_test(channel: str, send: SendToEach | None, unconfigured: str, message: AlertMessage) -> str:
    """Send a test message; which services took it, in a sentence.

    Args:
        channel: what it is called in the sentence: ``connection alerts``.
        send: the channel; None where none is configured.
        unconfigured: what is missing then, and how to add it.
        message: what to send.

    Raises:
        AlertTestFailed: there is no channel, or a service did not take the message.
    """
    if send is None:
        raise AlertTestFailed(f"test message not sent: {unconfigured}")
    try:
        deliveries = send(message)
    except ChannelUnavailable as error:
        raise AlertTestFailed(f"test message not sent: {error}") from None
    delivered = [each.service for each in deliveries if not each.fault]
    if not deliveries:
        raise AlertTestFailed(f"test message not sent: {channel} names no service in its config")
    taken = f"test message delivered by {channel} to {', '.join(delivered)}" if delivered else ""
    if len(delivered) == len(deliveries):
        return taken
    faults = "; ".join(f"{each.service}: {each.fault}" for each in deliveries if each.fault)
    raise AlertTestFailed(f"{taken or f'test message by {channel}'}; not delivered to {faults}")
