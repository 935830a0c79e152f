"""The operators of a training: what each hands on, and who learns of a deployment."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.exceptions import AirflowSkipException

from operators.training import (
    CheckDataReadinessOperator,
    DeployModelOperator,
    EvaluateModelOperator,
    PrepareTrainingDataOperator,
    TrainModelOperator,
)
from tests.lake.conftest import access, catalog, connect_catalog, proxy, server, store  # noqa: F401  fixtures
from tests.model import world
from weather_mlops.documents.decision import Decision
from weather_mlops.lake.publish import publish
from weather_mlops.model import deployment, training_run
from weather_mlops.model.deployment import DeploymentOutcome
from weather_mlops.model.plan import Plan

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLAN = {
    "target": "air_temperature", "version": "v2", "stations": [108], "horizon_hours": 24,
    "first": "2026-09-01T00:00:00+00:00", "last": "2026-11-30T00:00:00+00:00",
    "holdout_first": "2026-11-12T00:00:00+00:00", "snapshot_id": 1, "seed": 1,
}  # fmt: skip


class Events(dict):
    """Stands in for Airflow's accessor of the events that a task emits."""

    def __missing__(self, alias):
        self[alias] = SimpleNamespace(added=[])
        self[alias].add = lambda asset, extra: self[alias].added.append((asset, extra))
        return self[alias]


@pytest.mark.parametrize("deployed", [True, False])
def test_a_deployment_updates_its_asset_and_a_refusal_does_not(monkeypatch, deployed):
    decision = Decision("deployed" if deployed else "refused", "v2", None, NOON, "model_training/1", "why")
    monkeypatch.setattr(deployment, "deploy", lambda *_, **__: DeploymentOutcome(deployed, decision))
    monkeypatch.setattr("hooks.lake.LakeHook.store", None)
    monkeypatch.setattr("hooks.lake.LakeHook.catalog", None)
    alias, events = AssetAlias("weather_champion"), Events()
    task = DeployModelOperator(task_id="deploy_model", plan=PLAN, outlets=[alias])
    context = {"dag": SimpleNamespace(dag_id="model_training"), "run_id": "1", "outlet_events": events}

    result = task.work(context)

    assert result["target"] == "air_temperature"
    assert result["deployed"] is deployed
    emitted = [event for accessor in events.values() for event in accessor.added]
    expected = (Asset("weather_champion"), {"target": "air_temperature", "version": "v2"})
    assert emitted == ([expected] if deployed else [])


class TaskInstance:
    """Collects the XComs that a task pushes."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


@pytest.fixture
def readiness(monkeypatch, catalog):  # noqa: F811
    """Runs check_data_readiness on a table of 45 days, as a run asked for at noon."""
    monkeypatch.setattr("hooks.lake.LakeHook.catalog", catalog)
    snapshot_id = publish(catalog, world.observed(days=45), run="a", score=1.0).snapshot_id

    def check(**limits):
        task = CheckDataReadinessOperator(
            task_id="check_data_readiness",
            target="air_temperature",
            horizon_hours=3,
            limits={"max_age_hours": 1e6, **limits},
        )
        context = {
            "ti": TaskInstance(),
            "dag": SimpleNamespace(dag_id="model_training"),
            "run_id": "1",
            "dag_run": SimpleNamespace(run_after=NOON),
        }
        return snapshot_id, context["ti"], lambda: task.work(context)

    return check


def test_data_that_suffice_become_the_plan_of_the_other_tasks(readiness):
    snapshot_id, ti, check = readiness(min_span_days=30)

    plan = Plan.from_dict(check())

    assert plan.stations == (108, 143, 159)
    assert plan.horizon_hours == 3
    assert plan.snapshot_id == snapshot_id
    assert plan.first < plan.holdout_first < plan.last
    assert ti.pushed["readiness"]["stations"] == [108, 143, 159]


def test_too_little_data_skip_the_training_and_say_why(readiness):
    _, ti, check = readiness(min_span_days=60)

    with pytest.raises(AirflowSkipException, match=r"^air_temperature: not trained: .*; 60 are needed"):
        check()

    assert "60 are needed" in ti.pushed["skipped"]
    assert ti.pushed["readiness"]["snapshot_id"] is not None


@pytest.mark.parametrize(
    ("operator", "step"),
    [
        (PrepareTrainingDataOperator, "prepare"),
        (TrainModelOperator, "train"),
        (EvaluateModelOperator, "evaluate"),
    ],
)
def test_a_task_uses_its_target_s_plan_in_its_run_s_staging(
    monkeypatch,
    store,  # noqa: F811
    operator,
    step,
):
    monkeypatch.setattr("hooks.lake.LakeHook.store", store)
    monkeypatch.setattr("hooks.lake.LakeHook.catalog", None)
    received = []
    monkeypatch.setattr(
        training_run, step, lambda *positional, **_: received.extend(positional) or {"done": step}
    )
    context = {"dag": SimpleNamespace(dag_id="model_training"), "run_id": "1"}

    result = operator(task_id=step, plan=PLAN).work(context)

    staging, plan = received[-2:]
    assert result == {"done": step}
    assert plan == Plan.from_dict(PLAN)
    staging.write_table("probe", world.observed(days=1))
    assert "model_training" in "".join(item.key for item in store.list("staging/"))
