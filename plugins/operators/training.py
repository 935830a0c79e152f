"""The five tasks of pipelines/training.yml, each once per target."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias

from operators.base import WeatherOperator, run_label, skip
from operators.links import PageLink

if TYPE_CHECKING:
    from airflow.sdk import Context
    from pydantic import JsonValue

    from weather_mlops.documents.model_version import PlanDocument
    from weather_mlops.lake.object_store import ObjectStore
    from weather_mlops.lake.staging import Staging
    from weather_mlops.model.plan import Plan
    from weather_mlops.model.planning import TrainingRequest


class CheckDataReadinessOperator(WeatherOperator):
    """Check whether the data are enough to train on; if not, skip the rest and give the reason.

    Args:
        target: what is forecast, e.g. ``air_temperature``.
        stations: ``all`` that have enough hours, or a list of station ids and names.
        horizon_hours: longest lead time (1 or more).
        history_days: how many days back the observations are used.
        holdout_days: the newest days, on which the model is tested; at most a fifth of the span.
        seed: seed of all random numbers.
        limits: what the data must have, see ``weather_mlops.model.readiness.DataRequirements``.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#f1e6ff"

    def __init__(
        self,
        *,
        target: str,
        stations: str | Sequence[int | str] = "all",
        horizon_hours: int = 48,
        history_days: float = 1096,
        holdout_days: float = 90,
        seed: int = 0,
        limits: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.target = target
        self.stations = stations
        self.horizon_hours = horizon_hours
        self.history_days = history_days
        self.holdout_days = holdout_days
        self.seed = seed
        self.limits = limits or {}

    def work(self, context: "Context") -> dict[str, Any]:
        """Measure the data, check them against the limits, and return the plan for the other tasks."""
        from hooks.lake import LakeHook
        from weather_mlops.lake import kma_forecasts
        from weather_mlops.model import planning, readiness

        now, limits = datetime.now(UTC), readiness.DataRequirements.of(self.limits)
        catalog, request = LakeHook(self.aws_conn_id).catalog, self.request()
        figures = planning.measure(catalog, request, limits, now)
        summary = dict(figures.as_dict())
        context["ti"].xcom_push(key="readiness", value=summary)
        self.log.info("readiness: target=%s %s", self.target, summary)
        if shortfalls := readiness.shortfalls(figures, limits, now):
            skip(context, f"{self.target}: not trained: {'; '.join(shortfalls)}")
        plan = planning.make_plan(
            request,
            figures,
            run=run_label(context),
            at=context["dag_run"].run_after,
            kma_snapshot_id=kma_forecasts.current_snapshot(catalog),
        )
        return dict(plan.as_dict())

    def request(self) -> "TrainingRequest":
        """Return what the YAML requests as an object."""
        from weather_mlops.model.planning import TrainingRequest

        return TrainingRequest(
            target=self.target,
            stations=self.stations,
            horizon_hours=self.horizon_hours,
            history_days=self.history_days,
            holdout_days=self.holdout_days,
            seed=self.seed,
        )


class PlannedOperator(WeatherOperator):
    """A task that carries out one target's plan.

    Args:
        plan: plan of one target, from check_data_readiness.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    def __init__(self, *, plan: "PlanDocument", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def read_plan(self) -> "Plan":
        """Return the plan as an object."""
        from weather_mlops.model.plan import Plan

        return Plan.from_dict(self.plan)

    @staticmethod
    def staging(store: "ObjectStore", context: "Context") -> "Staging":
        """Return the staging area through which the tasks of this run pass data."""
        from weather_mlops.lake.staging import Staging

        return Staging(store, run_label(context))


class PrepareTrainingDataOperator(PlannedOperator):
    """Read the pinned snapshot of the observations, and stage features of the training span as Parquet.

    Args:
        plan: plan of one target, from check_data_readiness.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#e2d0fb"

    def work(self, context: "Context") -> dict[str, Any]:
        """Prepare."""
        from hooks.lake import LakeHook
        from weather_mlops.model import training_run

        lake = LakeHook(self.aws_conn_id)
        return dict(training_run.prepare(lake.catalog, self.staging(lake.store, context), self.read_plan()))


class TrainModelOperator(PlannedOperator):
    """Train a model for each lead; its files go to the registry, not yet as a version.

    Args:
        plan: plan of one target, from check_data_readiness.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#d0b8f5"

    def work(self, context: "Context") -> dict[str, Any]:
        """Train."""
        from hooks.lake import LakeHook
        from weather_mlops.model import training_run

        lake = LakeHook(self.aws_conn_id)
        return dict(training_run.train(lake.catalog, self.staging(lake.store, context), self.read_plan()))


class EvaluateModelOperator(PlannedOperator):
    """Test the model on the holdout against the baselines and the champion; write its card and the version.

    Args:
        plan: plan of one target, from check_data_readiness.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    operator_extra_links = (PageLink("Model card", "card_key"),)
    ui_color = "#c5f0ec"

    def work(self, context: "Context") -> dict[str, Any]:
        """Evaluate."""
        from hooks.lake import LakeHook
        from weather_mlops.model import training_run
        from weather_mlops.settings import load_settings

        lake = LakeHook(self.aws_conn_id)
        summary = training_run.evaluate(
            lake.catalog,
            self.staging(lake.store, context),
            self.read_plan(),
            now=datetime.now(UTC),
            code_revision=load_settings().code_revision,
        )
        return dict(summary)


class DeployModelOperator(PlannedOperator):
    """Make the version the champion if it passes every gate; else end green with "not deployed: …".

    After a deployment it updates the asset of each asset alias among the task's outlets: a pipeline that
    waits for that asset then runs; after a refusal it doesn't.

    Args:
        plan: plan of one target, from check_data_readiness.
        gates: limits that a version must meet, see ``weather_mlops.model.gate_limits.Gates``.
        aws_conn_id: Airflow connection of the S3 bucket.
    """

    ui_color = "#fff0b3"

    def __init__(self, *, gates: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gates = gates or {}

    def work(self, context: "Context") -> dict[str, Any]:
        """Decide."""
        from hooks.lake import LakeHook
        from weather_mlops.model import deployment
        from weather_mlops.model.gate_limits import Gates
        from weather_mlops.model.registry import Registry

        lake, plan = LakeHook(self.aws_conn_id), self.read_plan()
        outcome = deployment.deploy(
            Registry(lake.store, plan.target),
            lake.catalog,
            plan,
            Gates.of(self.gates),
            now=datetime.now(UTC),
            by=run_label(context),
        )
        if outcome.deployed:
            self.update_assets(context, {"target": plan.target, "version": plan.version})
        return {"target": plan.target, **outcome.as_dict()}

    def update_assets(self, context: "Context", extra: "dict[str, JsonValue]") -> None:
        """Update the asset of each asset alias among the outlets, with notes for the pipelines that wait."""
        for alias in (outlet for outlet in self.outlets if isinstance(outlet, AssetAlias)):
            context["outlet_events"][alias].add(Asset(alias.name), extra=extra)
