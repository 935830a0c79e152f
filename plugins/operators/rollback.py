"""The task of pipelines/rollback.yml."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from operators.base import WeatherOperator, run_label

if TYPE_CHECKING:
    from airflow.sdk import Context


class RollbackModelOperator(WeatherOperator):
    """Make an earlier version the champion again, and record who did it and why.

    Args:
        target: what the model forecasts, e.g. ``air_temperature``.
        version: which version; empty = the one that was deployed before the current champion.
        reason: reason for the rollback, for the record.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    template_fields = ("target", "version", "reason")
    ui_color = "#f7c6c6"

    def __init__(self, *, target: str, version: str = "", reason: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = target
        self.version = version
        self.reason = reason

    def work(self, context: "Context") -> dict[str, Any]:
        """Roll back."""
        from hooks.lake import LakeHook
        from weather_mlops.model import boosters
        from weather_mlops.model.registry import Registry
        from weather_mlops.model.targets import target_named

        registry = Registry(LakeHook(self.aws_conn_id).store, target_named(self.target).name)
        person = getattr(context["dag_run"], "triggering_user_name", None)
        decision = registry.rollback(
            self.version or None,
            at=datetime.now(UTC),
            by=f"{run_label(context)}, started by {person}" if person else run_label(context),
            reason=self.reason or "no reason given",
            check=boosters.check,
        )
        return dict(decision.as_dict())
