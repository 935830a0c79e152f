"""Where alerts go: the services of an apprise connection."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from weather_mlops.monitoring.alert_messages import AlertMessage
    from weather_mlops.monitoring.alert_run import Send
    from weather_mlops.monitoring.alert_test import Delivery, SendToEach


class AlertsHook(BaseHook):
    """The channel of the alerts.

    The apprise provider's hook reads the connection; sending is ours, since that hook doesn't tell whether
    anything was delivered.

    Args:
        alerts_conn_id: connection of the apprise provider.
    """

    conn_name_attr = "alerts_conn_id"
    default_conn_name = "alerts"

    def __init__(self, alerts_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.alerts_conn_id = alerts_conn_id

    @property
    def unconfigured(self) -> str:
        """What to say where there is no channel."""
        return (
            f"there is no connection {self.alerts_conn_id}: add it in Admin → Connections (type Apprise, "
            'config {"path": "<apprise URL>", "tag": "alerts"}), see docs/monitoring.md'
        )

    def get_channel(self) -> "Send | None":
        """Sends a message to all services; None where there is no such connection."""
        return self._send if self._configured() else None

    def get_services(self) -> "SendToEach | None":
        """Sends a message to each service by itself; None where there is no such connection."""
        return self._send_to_each if self._configured() else None

    def _configured(self) -> bool:
        try:
            self.get_connection(self.alerts_conn_id)
        except AirflowNotFoundException:
            return False
        return True

    def _send(self, message: "AlertMessage") -> None:
        from weather_mlops.errors import ChannelUnavailable

        with self._quietly():
            _, delivered = _notify(self._entries(), message)
        if not delivered:
            raise ChannelUnavailable(
                f"connection {self.alerts_conn_id}: a service refused the message or did not answer, or its "
                "URL is none of apprise's: try it by `apprise -vv -b test '<URL>'`"
            )

    def _send_to_each(self, message: "AlertMessage") -> "Sequence[Delivery]":
        from weather_mlops.monitoring.alert_test import Delivery

        found = []
        with self._quietly():
            for number, entry in enumerate(self._entries(), 1):
                service, delivered = _notify([entry], message)
                fault = (
                    "it refused the message or did not answer" if service else "its URL is none of apprise's"
                )
                advice = "" if delivered else f"{fault}: try it by `apprise -vv -b test '<URL>'`"
                found.append(Delivery(service or f"entry {number} of the config", advice))
        return found

    def _entries(self) -> Sequence[Mapping[str, Any]]:
        """The services of the connection's config."""
        from airflow.providers.apprise.hooks.apprise import AppriseHook

        provided = AppriseHook(self.alerts_conn_id)
        config = provided.get_config_from_conn(self.get_connection(self.alerts_conn_id))
        return config if isinstance(config, list) else [config]

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Nothing of the libraries in the log; what is wrong with the config, without its text."""
        from weather_mlops.errors import ChannelUnavailable

        try:
            with _silent("apprise", "urllib3"):
                yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Its text may hold the URL, and the URL a token.
            raise ChannelUnavailable(
                f"connection {self.alerts_conn_id}: its config can't be read ({type(error).__name__}): give "
                '{"path": "<apprise URL>"}, or a list of such'
            ) from None


def _notify(entries: Sequence[Mapping[str, Any]], message: "AlertMessage") -> tuple[str, bool]:
    """Send a message to services; their kinds, empty where a URL is none, and whether all of them took it."""
    import apprise

    services = apprise.Apprise()
    for entry in entries:
        if not services.add(entry["path"], tag=entry.get("tag")):
            return "", False
    kind = apprise.NotifyType(message.kind)
    delivered = services.notify(body=message.body, title=message.title, notify_type=kind, tag="all")
    return ", ".join(str(service.service_name) for service in services), bool(delivered)


@contextmanager
def _silent(*names: str) -> Iterator[None]:
    """Nothing of some libraries in the log: their messages may spell out URLs."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in names}
    try:
        for logger in levels:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
