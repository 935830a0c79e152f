"""Airflow's own REST API from an Airflow connection."""

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from weather_mlops.monitoring.airflow_api import AirflowApi


class AirflowApiHook(BaseHook):
    """Airflow's REST API.

    Args:
        airflow_conn_id: connection with the API server's URL as its host, a user and their password.
    """

    conn_name_attr = "airflow_conn_id"
    default_conn_name = "airflow_api_default"

    def __init__(self, airflow_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.airflow_conn_id = airflow_conn_id

    def get_client(self) -> "AirflowApi":
        """Return a client of the API.

        Raises:
            Misconfigured: there is no such connection, or it names no URL.
        """
        from weather_mlops.errors import Misconfigured
        from weather_mlops.monitoring.airflow_api import AirflowApi

        try:
            connection = self.get_connection(self.airflow_conn_id)
        except AirflowNotFoundException:
            raise Misconfigured(
                f"Airflow's API: there is no connection {self.airflow_conn_id}: add it in Admin → "
                "Connections (type HTTP, host = URL of the API server, such as http://localhost:8080, login "
                f"and password of a user), or as AIRFLOW_CONN_{self.airflow_conn_id.upper()}"
            ) from None
        return AirflowApi(connection.host or "", connection.login or "", connection.password or "")
