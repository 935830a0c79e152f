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

    The apprise provider's hook reads the connection; messages are sent here, since that hook doesn't return
    whether anything was delivered.

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
        """The message for when there is no channel."""
        return (
            f"there is no connection {self.alerts_conn_id}: add it in Admin → Connections (type Apprise, "
            'config {"path": "<apprise URL>", "tag": "alerts"}), see docs/monitoring.md'
        )

    def get_channel(self) -> "Send | None":
        """Return a function that sends a message to all services; None if there is no such connection."""
        return self._send if self._configured() else None

    def get_services(self) -> "SendToEach | None":
        """Return a function that sends a message to each service by itself; None without a connection."""
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

        deliveries = []
        with self._quietly():
            for position, entry in enumerate(self._entries(), 1):
                service, delivered = _notify([entry], message)
                fault = (
                    "it refused the message or did not answer" if service else "its URL is none of apprise's"
                )
                advice = "" if delivered else f"{fault}: try it by `apprise -vv -b test '<URL>'`"
                deliveries.append(Delivery(service or f"entry {position} of the config", advice))
        return deliveries

    def _entries(self) -> Sequence[Mapping[str, Any]]:
        """The services of the connection's config."""
        from airflow.providers.apprise.hooks.apprise import AppriseHook

        provided = AppriseHook(self.alerts_conn_id)
        config = provided.get_config_from_conn(self.get_connection(self.alerts_conn_id))
        return config if isinstance(config, list) else [config]

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Silence the libraries' logs, and report a broken config without quoting it.

        Raises:
            ChannelUnavailable: the connection's config can't be read.
        """
        from weather_mlops.errors import ChannelUnavailable

        try:
            with _silent("apprise", "urllib3"):
                yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # The error's text may contain the URL, and the URL a token.
            raise ChannelUnavailable(
                f"connection {self.alerts_conn_id}: its config can't be read ({type(error).__name__}): give "
                '{"path": "<apprise URL>"}, or a list of such'
            ) from None


def _notify(entries: Sequence[Mapping[str, Any]], message: "AlertMessage") -> tuple[str, bool]:
    """Send a message to services.

    Returns:
        The names of the services, empty if a URL is invalid; and whether all of them accepted the message.
    """
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
    """Silence the loggers of some libraries: their messages may contain URLs."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in names}
    try:
        for logger in levels:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
