"""Where alerts go: the services of an apprise connection."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from weather_mlops.monitoring.alerting import Send
    from weather_mlops.monitoring.messages import Message


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
            'config {"path": "<apprise URL>", "tag": "alerts"}), see README.md'
        )

    def get_channel(self) -> "Send | None":
        """Sends a message; None where there is no such connection."""
        try:
            self.get_connection(self.alerts_conn_id)
        except AirflowNotFoundException:
            return None
        return self._send

    def _send(self, message: "Message") -> None:
        from weather_mlops.errors import ChannelUnavailable

        where = f"connection {self.alerts_conn_id}"
        try:
            with _silent("apprise", "urllib3"):
                delivered = self._notify(message)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Its text may hold the URL, and the URL a token.
            raise ChannelUnavailable(
                f"{where}: its config can't be read ({type(error).__name__}): give "
                '{"path": "<apprise URL>"}, or a list of such'
            ) from None
        if not delivered:
            raise ChannelUnavailable(
                f"{where}: a service refused the message or did not answer, or its URL is none of apprise's: "
                "try it by `apprise -vv -b test '<URL>'`"
            )

    def _notify(self, message: "Message") -> bool:
        import apprise
        from airflow.providers.apprise.hooks.apprise import AppriseHook

        provided = AppriseHook(self.alerts_conn_id)
        config = provided.get_config_from_conn(self.get_connection(self.alerts_conn_id))
        services = apprise.Apprise()
        for entry in config if isinstance(config, list) else [config]:
            if not services.add(entry["path"], tag=entry.get("tag")):
                return False
        kind = apprise.NotifyType(message.kind)
        return bool(services.notify(body=message.body, title=message.title, notify_type=kind, tag="all"))


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
