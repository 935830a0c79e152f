"""The task official_forecast of pipelines/monitoring.yml; it also asks the KMA for its list of stations."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from operators.monitoring_base import MeasuringOperator

if TYPE_CHECKING:
    from weather_mlops.lake.object_store import ObjectStore
    from weather_mlops.monitoring.checks import Section
    from weather_mlops.stations import Station


class OfficialForecastOperator(MeasuringOperator):
    """Measure the KMA's forecast: whether it is in, how good it is against ours, and whether stations moved.

    Args:
        stations: ``all``, or a list of station ids and names: the stations to watch.
        limits: limits of the checks, see ``weather_mlops.monitoring.official_limits.OfficialForecastLimits``.
        daily_calls: the quota of the KMA account, calls per day (KST); the list of stations takes one.
        kma_conn_id: Airflow connection of the API Hub, which the list of stations is requested from.
        spare_folder: local folder for what can't be written to S3 while it is down.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#e2dcf6"

    def __init__(
        self,
        *,
        stations: str | Sequence[int | str] = "all",
        daily_calls: int = 20_000,
        kma_conn_id: str = "kma_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.stations = stations
        self.daily_calls = daily_calls
        self.kma_conn_id = kma_conn_id

    def measure(self, now: datetime) -> "Section":
        """Measure."""
        from hooks.lake import LakeHook
        from weather_mlops.monitoring import official_forecast
        from weather_mlops.stations import resolve_station_ids

        lake = LakeHook(self.aws_conn_id)
        return official_forecast.measure(
            lake.catalog,
            lake.store,
            self.limits_as(official_forecast.OfficialForecastLimits),
            now,
            ask_stations=lambda: self._listed(lake.store, now),
            station_ids=resolve_station_ids(self.stations),
        )

    def _listed(self, store: "ObjectStore", now: datetime) -> "Iterable[Station]":
        """Request the list of stations from the KMA, as one of the day's calls."""
        from hooks.kma import KmaHook
        from weather_mlops.kma.refresh import parse_station_info
        from weather_mlops.lake.quota import DailyCalls

        client = KmaHook(self.kma_conn_id).get_client(DailyCalls(store, self.daily_calls))
        return parse_station_info(client.station_info(now).body, now.date())
