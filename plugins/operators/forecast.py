"""The tasks of pipelines/forecast.yml."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operators.base import WeatherOperator, run_label, skip

if TYPE_CHECKING:
    from airflow.sdk import Context


class MakeForecastOperator(WeatherOperator):
    """Forecast every station and lead with the champions; publish a table and ``forecasts/latest.json``.

    Args:
        targets: what is forecast, e.g. ``[air_temperature]``.
        max_input_age_hours: a station whose newest observation of the target is older gets no forecast.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#bdeef7"

    def __init__(self, *, targets: Sequence[str], max_input_age_hours: float = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.targets = targets
        self.max_input_age_hours = max_input_age_hours

    def work(self, context: "Context") -> dict[str, Any]:
        """Forecast; skip if no target has a champion yet."""
        from hooks.lake import LakeHook
        from weather_mlops.model import forecasting

        lake = LakeHook(self.aws_conn_id)
        summary = forecasting.make(
            lake.catalog,
            lake.store,
            list(self.targets),
            max_input_age_hours=self.max_input_age_hours,
            run=run_label(context),
            now=datetime.now(UTC),
        )
        if reason := summary.get("reason"):
            skip(context, reason)
        return dict(summary)


class VerifyForecastsOperator(WeatherOperator):
    """Compare our forecast, the KMA's and persistence with what was observed; publish the figures.

    Args:
        days: the last days (KST, from 1 to 31) that are verified again, because rows of them arrive late and
            are corrected; days since the newest one that has figures are verified as well, up to 31.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#d9ecd0"

    def __init__(self, *, days: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.days = days

    def work(self, context: "Context") -> dict[str, Any]:
        """Verify the last days; skip if there is nothing to compare."""
        from hooks.lake import LakeHook
        from weather_mlops.verification import windows
        from weather_mlops.verification.run import verify_recent

        lake, now = LakeHook(self.aws_conn_id), datetime.now(UTC)
        summary = verify_recent(lake.catalog, self.days, run=run_label(context), now=now)
        windows.publish(lake.catalog, lake.store, now)
        if reason := summary.get("reason"):
            skip(context, reason)
        return dict(summary)
