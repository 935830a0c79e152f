"""Test message: sent through the channel of the alerts and marked as a test.

It opens no alert, and neither sends nor changes open alerts.
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
    """Result of sending a message to one service of the channel.

    Attributes:
        service: kind of the service: ``Slack``, ``E-Mail``; the position of an entry that can't be read.
        fault: why the message was not delivered, without the service's URL; empty = delivered.
    """

    service: str
    fault: str = ""


SendToEach = Callable[[AlertMessage], Sequence[Delivery]]
"""Function that sends a message to each service of the channel separately."""


def test_message(run: str, links: AlertLinks, words: Translator, now: datetime) -> AlertMessage:
    """Write the test message.

    Args:
        run: name of the run that sends it.
        links: links for details.
        words: texts in the language of the message.
        now: the time.
    """
    at = f"{now.astimezone(KST):%Y-%m-%d %H:%M}"
    parts = [words("alert_test_body", at=at, run=run), words("alert_report", link=links.report)]
    return AlertMessage(words("alert_test_title"), "\n\n".join(parts), "info")


def send_test(channel: str, send: SendToEach | None, unconfigured: str, message: AlertMessage) -> str:
    """Send a test message, and return a sentence with the services that accepted it.

    Args:
        channel: name of the channel in that sentence: ``connection alerts``.
        send: the channel; None if none is configured.
        unconfigured: what is missing in that case, and how to add it.
        message: message to send.

    Raises:
        AlertTestFailed: there is no channel, or a service did not accept the message.
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
