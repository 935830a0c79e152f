"""The KMA API from an Airflow connection."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from weather_mlops.kma.client import CallBudget, KmaClient


class KmaHook(BaseHook):
    """The KMA API Hub.

    Args:
        kma_conn_id: connection whose host is the API's URL and whose password is the key. Airflow splits a
            connection that is given as a URI, ``https://:KEY@apihub.kma.go.kr/api/typ01/url``, and puts the
            path into its schema; the URL is joined again here.
    """

    conn_name_attr = "kma_conn_id"
    default_conn_name = "kma_default"

    def __init__(self, kma_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.kma_conn_id = kma_conn_id

    def get_client(self, budget: "CallBudget") -> "KmaClient":
        """Return a client that counts its calls in a budget.

        Raises:
            Misconfigured: there is no such connection, its URI can't be read, or its URL can't be used.
        """
        from weather_mlops.errors import Misconfigured
        from weather_mlops.kma.client import KmaClient

        try:
            connection = self.get_connection(self.kma_conn_id)
        except AirflowNotFoundException:
            # Airflow raises the same error for a URI that it can't parse.
            variable = f"AIRFLOW_CONN_{self.kma_conn_id.upper()}"
            raise Misconfigured(
                f"the connection {self.kma_conn_id} isn't defined, or {variable} can't be read: in a URI, "
                "write the key's / as %2F, # as %23, ? as %3F, [ as %5B and % as %25; or give JSON: "
                '{"conn_type": "http", "host": "https://...", "password": "the key"}'
            ) from None
        return KmaClient(url_of(connection), connection.password or "", budget=budget)


def url_of(connection: "Connection") -> str:
    """Return the URL of a connection: its host alone, or scheme, host, port and path."""
    host, schema = connection.host or "", connection.schema or ""
    if "://" in host or not host:
        return host
    scheme, folders = (schema, "") if schema in {"http", "https"} else (connection.conn_type, schema)
    # A bare host without scheme and path is no permission to send the key unencrypted.
    if scheme not in {"http", "https"} or (scheme == "http" and not schema):
        return host
    port = f":{connection.port}" if connection.port else ""
    return f"{scheme}://{host}{port}/{folders}"
