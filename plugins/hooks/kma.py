"""The KMA API from an Airflow connection."""

import logging
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from airflow.sdk import Connection

    from weather_mlops.kma.client import CallBudget, KmaClient
    from weather_mlops.kma.forecast.client import ForecastClient

log = logging.getLogger(__name__)


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
        from weather_mlops.kma.client import KmaClient

        connection = defined(self.kma_conn_id)
        return KmaClient(url_of(connection), connection.password or "", budget=budget)

    def get_forecast_client(self, budget: "CallBudget") -> "ForecastClient":
        """Return a client of the API Hub's forecast, with the same URL and key.

        Raises:
            Misconfigured: as ``get_client``.
        """
        from weather_mlops.kma.forecast.client import ForecastClient
        from weather_mlops.kma.forecast.endpoints import API_HUB

        connection = defined(self.kma_conn_id)
        return ForecastClient(API_HUB, url_of(connection), connection.password or "", budget=budget)


class DataGoKrHook(BaseHook):
    """The KMA's forecast on data.go.kr.

    Args:
        data_go_kr_conn_id: connection whose host is the service's URL and whose password is the service key,
            encoded or decoded.
    """

    conn_name_attr = "data_go_kr_conn_id"
    default_conn_name = "data_go_kr_default"

    def __init__(self, data_go_kr_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.data_go_kr_conn_id = data_go_kr_conn_id

    def get_forecast_client(self, budget: "CallBudget") -> "ForecastClient":
        """Return a client of the forecast; without a host, that of data.go.kr itself is used.

        Raises:
            Misconfigured: there is no such connection, its URI can't be read, or its URL can't be used.
        """
        from weather_mlops.kma.forecast.client import ForecastClient
        from weather_mlops.kma.forecast.endpoints import DATA_GO_KR, DATA_GO_KR_URL

        connection = defined(self.data_go_kr_conn_id)
        url = url_of(connection) or DATA_GO_KR_URL
        return ForecastClient(DATA_GO_KR, url, connection.password or "", budget=budget)


def defined(conn_id: str) -> "Connection":
    """Return a connection.

    Raises:
        Misconfigured: there is none of this name, or it can't be read.
    """
    from weather_mlops.errors import Misconfigured

    try:
        return BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        # Airflow raises the same error for a URI that it can't parse.
        variable = f"AIRFLOW_CONN_{conn_id.upper()}"
        raise Misconfigured(
            f"the connection {conn_id} isn't defined, or {variable} can't be read: in a URI, "
            "write the key's / as %2F, # as %23, ? as %3F, [ as %5B and % as %25; or give JSON: "
            '{"conn_type": "http", "host": "https://...", "password": "the key"}'
        ) from None


def forecast_clients(
    kma_conn_id: str, budget: "CallBudget", data_go_kr_conn_id: str, data_go_kr_budget: "CallBudget"
) -> "list[ForecastClient]":
    """Return clients of the providers of the KMA's forecast that are configured, the API Hub first.

    Args:
        kma_conn_id: connection of the API Hub; empty = not used.
        budget: of the API Hub's calls.
        data_go_kr_conn_id: connection of data.go.kr; empty, or one that isn't defined or has no key = not
            used.
        data_go_kr_budget: of data.go.kr's calls.

    Raises:
        Misconfigured: none is configured, or a connection can't be used.
    """
    from weather_mlops.errors import Misconfigured

    hooks: list[tuple[KmaHook | DataGoKrHook, CallBudget]] = []
    if kma_conn_id:
        hooks.append((KmaHook(kma_conn_id), budget))
    if data_go_kr_conn_id and (not hooks or has_key(data_go_kr_conn_id)):
        hooks.append((DataGoKrHook(data_go_kr_conn_id), data_go_kr_budget))
    clients, errors = [], []
    for hook, calls in hooks:
        try:
            clients.append(hook.get_forecast_client(calls))
        except Misconfigured as error:
            log.warning("a provider of the forecast isn't used: %s", error)
            errors.append(str(error))
    if not clients:
        raise Misconfigured(
            "; ".join(errors)
            or "kma_conn_id and data_go_kr_conn_id are both empty: name the connection of one provider"
        )
    return clients


def has_key(conn_id: str) -> bool:
    """Whether there is a connection of this name that can be read, with a key.

    In containers it is always defined: compose can only fill in an empty key.
    """
    try:
        return bool(BaseHook.get_connection(conn_id).password)
    except AirflowNotFoundException:
        return False


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
