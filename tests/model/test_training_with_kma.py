"""A training run with the KMA's archive: its snapshot, what it forecasts from, and the way back."""

import json
import re
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.lake.conftest import new_bucket
from tests.model import kma_world, world
from weather_mlops.documents import forecast_pages
from weather_mlops.documents.decision import Decision
from weather_mlops.lake import forecasts, kma_forecasts
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import KMA_FORECASTS, OBSERVATIONS, OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.lake.staging import Staging
from weather_mlops.model import boosters, deployment, forecasting, training_run
from weather_mlops.model.card import page
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.gates import Gates
from weather_mlops.model.registry import Registry

DAYS, LEADS = 60, 6
ROWS = world.observed(days=DAYS)
GRID = world.grid(days=DAYS)
LAST = GRID.time_at(GRID.length - 1)
NOW = LAST + timedelta(minutes=30)
KMA = kma_world.forecasts(GRID, beyond=LEADS + 6)
OPEN = Gates.of(
    {"coverage": [0.0, 1.0], "min_skill": {}, "min_station_skill": -1.0, "min_skill_every_lead": {}}
)


class Runs:
    """Training runs on one catalog, with the KMA's archive or without."""

    def __init__(self, catalog, store):
        self.catalog, self.store, self.registry = catalog, store, Registry(store, "air_temperature")

    def snapshot(self, definition):
        return self.catalog.load_table(definition.identifier).current_snapshot().snapshot_id

    def train(self, version, *, with_kma):
        plan = world.plan(
            GRID,
            horizon=LEADS,
            holdout_days=8,
            version=version,
            snapshot_id=self.snapshot(OBSERVATIONS),
            kma_snapshot_id=self.snapshot(KMA_FORECASTS) if with_kma else None,
        )
        staging = Staging(self.store, version)
        training_run.prepare(self.catalog, staging, plan)
        self.trained = training_run.train(self.catalog, staging, plan)
        # What is published after the plan was made changes nothing: the evaluation reads the plan's snapshot.
        corrected = kma_world.changed(
            KMA.slice(0, 100), pa.array([True] * 100), lambda values: pc.add(values, float(version[1:]))
        )
        kma_forecasts.publish(self.catalog, corrected, run=version, now=NOW)
        self.evaluated = training_run.evaluate(self.catalog, staging, plan, now=NOW)
        return plan

    def deploy(self, plan) -> Decision:
        at = NOW + timedelta(minutes=int(plan.version[1:]))
        outcome = deployment.deploy(self.registry, self.catalog, plan, OPEN, now=at, by=plan.version)
        assert outcome.deployed, outcome.decision.reason
        return outcome.decision

    def published(self, key):
        """The entry of a station in a published document."""
        return json.loads(self.store.get(key))["targets"]["air_temperature"]["stations"]["108"]

    def forecast_inputs(self, run):
        forecasting.make(
            self.catalog, self.store, ["air_temperature"], max_input_age_hours=3, run=run, now=NOW
        )
        rows = forecasts.read(self.catalog, first_valid=LAST, last_valid=LAST + timedelta(hours=LEADS))
        return rows.filter(np.array(rows["issued_at"].to_pylist()) == LAST)


@pytest.fixture(scope="module")
def runs(server, tmp_path_factory, quick_training):
    store = ObjectStore(new_bucket(server))
    database = tmp_path_factory.mktemp("kma") / "catalog.db"
    catalog = open_catalog(store.access, type="sql", uri=f"sqlite:///{database}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "render", lambda document: f"<!doctype html>{document['version']}")
        patch.setattr(boosters, "check", lambda _files: None)
        publish(catalog, ROWS, run="a", score=1.0)
        kma_forecasts.publish(catalog, KMA, run="a", now=NOW)
        yield Runs(catalog, store)
    catalog.close()


def test_a_champion_uses_the_archive_and_rollback_returns_to_observations(runs):
    runs.deploy(runs.train("v1", with_kma=False))
    assert set(runs.forecast_inputs("one")["inputs"].to_pylist()) == {OBSERVATIONS_ONLY}
    assert runs.trained["inputs"] == runs.evaluated["inputs"] == "observations alone"

    plan = runs.train("v2", with_kma=True)
    runs.deploy(plan)
    rows = runs.forecast_inputs("two")
    by_lead = dict(zip(rows["lead_hours"].to_pylist(), rows["inputs"].to_pylist(), strict=True))
    assert by_lead == {**dict.fromkeys(range(1, 6), OBSERVATIONS_ONLY), 6: WITH_KMA_FORECAST}
    issues = rows["kma_issued_at"].drop_null().to_pylist()
    issue_age_h = {(LAST - issue) / timedelta(hours=1) for issue in issues}
    assert issue_age_h <= {1.0, 2.0, 3.0}
    latest = runs.published(forecasting.LATEST)
    assert latest["inputs"] == [by_lead[lead] for lead in range(1, 7)]
    assert latest["kma_issued_at"] in {issue.isoformat() for issue in issues}
    assert "observations only at 5 of 6 leads" in latest["inputs_note"]
    shown = runs.published(forecast_pages.KEY)["forecast"]
    assert shown["leads_without_kma"] == [1, 2, 3, 4, 5]
    assert shown["inputs_note"] == latest["inputs_note"]
    model = Forecaster.from_files(runs.registry.load("v2").files)
    assert model.post_processing.step == "mean error by hour"
    tags = runs.catalog.load_table(KMA_FORECASTS.identifier).metadata.refs
    assert tags["model-v2"].snapshot_id == plan.kma_snapshot_id
    evaluated = json.loads(runs.registry.file("v2", "evaluation.json"))
    assert evaluated["champion"]["improvement"] > 0
    assert runs.trained["inputs"] == runs.evaluated["inputs"] == evaluated["inputs"]
    assert re.fullmatch(
        r"observations and the KMA's forecast \(mean error by hour; archive of \d\d days\)",
        evaluated["inputs"],
    )
    assert evaluated["kma_snapshot_id"] == plan.kma_snapshot_id
    assert evaluated["leads"]["5"]["with_kma_forecast"] == 0
    assert evaluated["leads"]["6"]["with_kma_forecast"] > 0.9
    by_inputs = evaluated["champion"]["by_inputs"]
    # Up to 5 h ahead both are the same model of observations; at 6 h the new one begins with the KMA's.
    assert by_inputs[OBSERVATIONS_ONLY]["improvement"] < by_inputs[WITH_KMA_FORECAST]["improvement"]

    runs.registry.rollback(
        None, at=NOW + timedelta(minutes=5), by="me", reason="a try", check=lambda _files: None
    )
    rows = runs.forecast_inputs("three")
    assert set(rows["inputs"].to_pylist()) == {OBSERVATIONS_ONLY}
    assert rows["kma_issued_at"].null_count == rows.num_rows
    latest = runs.published(forecasting.LATEST)
    assert latest["kma_issued_at"] is None
    assert "trained without the KMA's forecast" in latest["inputs_note"]
