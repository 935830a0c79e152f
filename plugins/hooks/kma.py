"""The KMA API from an Airflow connection."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

if TYPE_CHECKING:
    from weather_mlops.kma.client import CallBudget, KmaClient


class KmaHook(BaseHook):
    """The KMA API Hub.

    Args:
        kma_conn_id: connection whose host is the API's URL and whose password is the key.
    """

    conn_name_attr = "kma_conn_id"
    default_conn_name = "kma_default"

    def __init__(self, kma_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.kma_conn_id = kma_conn_id

    def get_client(self, budget: "CallBudget") -> "KmaClient":
        """A client that counts its calls in a budget."""
        from weather_mlops.kma.client import KmaClient

        connection = self.get_connection(self.kma_conn_id)
        return KmaClient(connection.host or "", connection.password or "", budget=budget)
