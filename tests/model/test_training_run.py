"""A training run from the table to the champion and its forecasts; stopped anywhere, it ends the same."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from tests.kma_forecasts import row, table
from tests.lake.conftest import Killed, Saved, new_bucket
from tests.model import world
from tests.model.sealed import CRASHING, unchecked
from tests.pages.reading import KOREAN
from weather_mlops.browsing import cards
from weather_mlops.errors import ModelUnusable, TrainingImpossible
from weather_mlops.lake import kma_forecasts
from weather_mlops.lake.catalog import open_catalog
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import OBSERVATIONS
from weather_mlops.lake.staging import Staging
from weather_mlops.model import boosters, deployment, evaluation, forecasting, training_run
from weather_mlops.model.boosters import check
from weather_mlops.model.card import page
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.gate_limits import Gates
from weather_mlops.model.registry import Registry

ROWS = world.observed(days=45)
GRID = world.grid(days=45)
LAST = GRID.time_at(GRID.length - 1)
MINUTE = timedelta(minutes=1)
NOW = LAST + 30 * MINUTE
# Made-up weather is too little for tight intervals; each gate has tests of its own.
OPEN = Gates.of({"coverage": [0.3, 1.0], "min_skill": {}, "min_station_skill": -1.0})
SHUT = replace(OPEN, min_skill_every_lead={"persistence": 0.99})


class Runs:
    """Training runs on one table."""

    def __init__(self, catalog, store):
        self.catalog, self.store = catalog, store
        self.snapshot = catalog.load_table(OBSERVATIONS.identifier).current_snapshot().snapshot_id
        self.checked: list[dict[str, bytes]] = []
        self.registry = Registry(store, "air_temperature")

    def plan(self, version="v1", **changes):
        given = {"horizon": 1, "holdout_days": 8, "version": version, "snapshot_id": self.snapshot, **changes}
        return world.plan(GRID, **given)

    def prepare(self, plan):
        return training_run.prepare(self.catalog, Staging(self.store, plan.version), plan)

    def train(self, plan):
        return training_run.train(self.catalog, Staging(self.store, plan.version), plan)

    def evaluate(self, plan):
        return training_run.evaluate(
            self.catalog, Staging(self.store, plan.version), plan, now=NOW, code_revision="abc"
        )

    def evaluated(self, version="v1", **changes):
        plan = self.plan(version, **changes)
        self.prepare(plan)
        self.train(plan)
        self.evaluate(plan)
        return plan

    def deploy(self, plan, gates=OPEN):
        number = int(plan.version.removeprefix("v"))
        return deployment.deploy(
            self.registry, self.catalog, plan, gates, now=NOW + number * MINUTE, by=f"run {number}"
        )

    def forecast(self, **changes):
        given = {"max_input_age_hours": 2, "run": "f", "now": NOW, **changes}
        return forecasting.make(self.catalog, self.store, ["air_temperature"], **given)

    @property
    def champion(self):
        decision = self.registry.champion()
        return decision and decision.version

    def history(self):
        lines = self.store.get(f"{self.registry.prefix}history.jsonl").decode().splitlines()
        return [(line["kind"], line["version"]) for line in map(json.loads, lines)]


@pytest.fixture(scope="module")
def fit_once():
    """The same rows and seed give the same model, as test_training.py holds: it is trained once for all."""
    known = {}

    def fit(grid, plan, computed=None, rows_of=None, report=None):
        rows = sorted((name, values.tobytes()) for name, values in grid.values.items())
        key = repr(replace(plan, version="", snapshot_id=None)), tuple(rows)
        if key not in known:
            known[key] = real(grid, plan, computed)
        return known[key]

    real = training_run.fit
    return fit


class Lake:
    """A bucket and its catalog that a module's tests share: each test begins with the saved state."""

    def __init__(self, access: S3Access, database: Path) -> None:
        self.store, self._access, self._database = ObjectStore(access), access, database

    @contextmanager
    def opened(self) -> Iterator[Catalog]:
        """The catalog, closed afterwards."""
        catalog = open_catalog(self._access, type="sql", uri=f"sqlite:///{self._database}")
        try:
            yield catalog
        finally:
            catalog.close()

    def save(self) -> None:
        self._saved = Saved(self.store, self._database)

    def restore(self) -> None:
        self._saved.restore()


@pytest.fixture(scope="module")
def observed(server, tmp_path_factory) -> Lake:
    """Observations, and no model."""
    lake = Lake(new_bucket(server), tmp_path_factory.mktemp("observed") / "catalog.db")
    with lake.opened() as catalog:
        publish(catalog, ROWS, run="a", score=1.0)
    lake.save()
    return lake


@pytest.fixture(scope="module")
def deployed(server, tmp_path_factory, quick_training, fit_once) -> Lake:
    """Observations, and v1 as the champion."""
    lake = Lake(new_bucket(server), tmp_path_factory.mktemp("deployed") / "catalog.db")
    with lake.opened() as catalog, pytest.MonkeyPatch.context() as patch:
        publish(catalog, ROWS, run="a", score=1.0)
        runs = model_only(Runs(catalog, lake.store), fit_once, patch)
        runs.deploy(runs.evaluated("v1"))
    lake.save()
    return lake


def model_only(runs: Runs, fit_once: Callable[..., Forecaster], patch: pytest.MonkeyPatch) -> Runs:
    """Replace training, card and check of the trees, which have tests of their own, by something quick."""
    patch.setattr(training_run, "fit", fit_once)
    patch.setattr(page, "render", lambda document: f"<!doctype html>{document['version']}")
    patch.setattr(boosters, "check", runs.checked.append)
    return runs


@pytest.fixture
def whole(observed, quick_training) -> Iterator[Runs]:
    """Trains, draws the card and checks the trees, each time."""
    observed.restore()
    with observed.opened() as catalog:
        yield Runs(catalog, observed.store)


@pytest.fixture
def runs(whole, fit_once, monkeypatch) -> Runs:
    """Before the first model."""
    return model_only(whole, fit_once, monkeypatch)


@pytest.fixture
def with_champion(deployed, fit_once, monkeypatch) -> Iterator[Runs]:
    """With v1 as the champion."""
    deployed.restore()
    with deployed.opened() as catalog:
        yield model_only(Runs(catalog, deployed.store), fit_once, monkeypatch)


def test_each_step_of_a_run_tells_people_how_far_it_is(whole):
    def progress():
        stored = json.loads(whole.store.get("models/air_temperature/training.json"))
        return stored["version"], stored["step"], stored.get("lead"), stored.get("leads")

    plan = whole.plan(horizon=1)
    whole.prepare(plan)
    assert progress() == ("v1", "preparing", None, None)
    whole.train(plan)
    assert progress() == ("v1", "training", 1, 1)
    whole.evaluate(plan)
    assert progress() == ("v1", "evaluating", None, None)


def test_a_run_ends_with_a_champion_a_card_and_forecasts(whole):
    runs = whole
    plan = runs.plan(horizon=2)
    assert runs.prepare(plan)["observations"] == ROWS.num_rows
    assert runs.train(plan)["rows"] > 0
    summary = runs.evaluate(plan)
    assert runs.store.get(summary["card_key"]).startswith(b"<!doctype html>")
    assert summary["champion"] is None
    outcome = runs.deploy(plan)
    assert (outcome.deployed, runs.champion) == (True, "v1")
    assert "현재 챔피언입니다." in cards.draw(runs.store, summary["card_key"], KOREAN)
    forecast = runs.forecast()
    assert (forecast["rows"], forecast["versions"]) == (3 * 2, {"air_temperature": "v1"})
    latest = json.loads(runs.store.get("forecasts/latest.json"))["targets"]["air_temperature"]
    assert set(latest["stations"]) == {"108", "143", "159"}
    seoul = latest["stations"]["108"]
    assert seoul["issued_at"] == LAST.isoformat()
    quantiles = zip(*(seoul[name] for name in ("p10", "p25", "p50", "p75", "p90")), strict=True)
    assert all(list(each) == sorted(each) for each in quantiles)
    shown = json.loads(runs.store.get(forecast["stations_key"]))["targets"]["air_temperature"]
    assert shown["stations"]["108"]["forecast"]["issued_at"] == LAST.isoformat()
    assert len(shown["stations"]["108"]["forecast"]["p25"]) == 2
    manifest = json.loads(runs.store.get(runs.registry.key("v1", "manifest.json")))
    assert manifest["plan"]["snapshot_id"] == runs.snapshot
    assert manifest["code_revision"] == "abc"


def test_a_new_model_is_compared_with_the_champion_on_equal_rows(with_champion):
    runs = with_champion
    second = runs.evaluated("v2")
    compared = json.loads(runs.registry.file("v2", evaluation.EVALUATION))["champion"]
    assert compared["version"] == "v1"
    assert (compared["improvement"], compared["crps_improvement"]) == pytest.approx((0, 0), abs=1e-6)
    assert runs.deploy(second).deployed
    assert runs.champion == "v2"
    runs.registry.rollback(None, at=NOW + 9 * MINUTE, by="me", reason="worse at night", check=unchecked)
    assert runs.champion == "v1"
    assert runs.history() == [("deployed", "v1"), ("deployed", "v2"), ("rolled back", "v1")]


def test_a_model_that_forecasts_further_needs_no_improvement(with_champion):
    runs = with_champion
    outcome = runs.deploy(runs.evaluated("v2", horizon=2))

    assert outcome.deployed
    compared = evaluation_of(runs, "v2")["champion"]
    assert compared["improvement"] < OPEN.min_improvement
    assert runs.forecast()["rows"] == 3 * 2


def test_a_refused_model_is_kept_and_its_gate_is_named(runs):
    plan = runs.evaluated()
    outcome = runs.deploy(plan, SHUT).as_dict()
    assert outcome["deployed"] is False
    assert outcome["decision"].startswith("not deployed: ")
    assert "persistence" in outcome["decision"]
    assert runs.champion is None
    assert runs.registry.load("v1").files
    runs.deploy(plan, SHUT)
    assert runs.history() == [("refused", "v1")]


def test_of_two_runs_at_once_the_second_compares_again(runs):
    first, second = runs.evaluated("v1"), runs.evaluated("v2")
    assert runs.deploy(first).deployed
    outcome = runs.deploy(second)
    assert not outcome.deployed
    assert "it changed in between" in outcome.decision.reason
    assert runs.champion == "v1"


@pytest.mark.parametrize(
    "writes",
    [
        {"prepare": 1, "train": 1, "evaluate": 1, "deploy": 1},
        {"prepare": 2, "train": 3, "evaluate": 4, "deploy": 2},
        {"deploy": 3},
    ],
    ids=["first writes", "later writes", "last write"],
)
def test_a_killed_task_tried_again_ends_the_same(runs, killer, writes):
    plan = runs.plan()
    for name in ("prepare", "train", "evaluate", "deploy"):
        if name in writes:
            killer.at = killer.seen + writes[name]
            with pytest.raises(Killed):
                getattr(runs, name)(plan)
            killer.at = None
        getattr(runs, name)(plan)
    assert runs.champion == "v1"
    assert runs.registry.load("v1").files
    assert runs.registry.decisions()[-1].version == "v1"
    assert runs.forecast()["rows"] == 3


def test_a_task_without_the_one_before_says_which(runs):
    plan = runs.plan()
    with pytest.raises(TrainingImpossible, match="prepare_training_data"):
        runs.train(plan)
    with pytest.raises(TrainingImpossible, match="train_model"):
        runs.evaluate(plan)
    with pytest.raises(TrainingImpossible, match="evaluate_model"):
        runs.deploy(plan)


def test_a_model_that_forecasts_otherwise_is_not_deployed(runs, monkeypatch):
    smoke = training_run._smoke

    def other(forecaster, grid, rows_of):
        expected = smoke(forecaster, grid, rows_of)
        return {**expected, "p50": [[value + 0.01 for value in row] for row in expected["p50"]]}

    monkeypatch.setattr(training_run, "_smoke", other)
    plan = runs.evaluated()
    with pytest.raises(ModelUnusable, match="not the evaluated ones"):
        runs.deploy(plan)
    assert runs.champion is None


def test_trees_that_would_crash_xgboost_are_not_deployed(runs, monkeypatch):
    monkeypatch.setattr(boosters, "check", check)
    plan = runs.evaluated()
    key = runs.registry.key("v1", "manifest.json")
    manifest = json.loads(runs.store.get(key))
    manifest["files"]["lead_01_0.ubj"] = {"sha256": sha256(CRASHING).hexdigest(), "bytes": len(CRASHING)}
    runs.store.put(runs.registry.key("v1", "lead_01_0.ubj"), CRASHING)
    runs.store.put(key, json.dumps(manifest).encode())

    with pytest.raises(ModelUnusable, match=r"lead_01_0\.ubj: XGBoost can't read this file"):
        runs.deploy(plan)
    assert runs.champion is None


def test_trees_are_checked_again_only_for_another_manifest(with_champion):
    runs = with_champion
    runs.deploy(runs.evaluated("v2"))
    assert len(runs.checked) == 1
    runs.forecast()
    runs.forecast(run="g")
    assert len(runs.checked) == 1

    pointer = f"{runs.registry.prefix}champion.json"
    champion = json.loads(runs.store.get(pointer))
    for before in ({"manifest_sha256": "0" * 64}, {"manifest_sha256": None}):
        runs.store.put(pointer, json.dumps({**champion, **before}).encode())
        runs.forecast(run="h")
    assert len(runs.checked) == 3


def test_without_a_champion_there_is_no_forecast_and_a_reason(runs):
    result = runs.forecast()
    assert result["rows"] == 0
    assert "no model was deployed yet" in result["reason"]


def test_rollback_replaces_a_damaged_champion(with_champion):
    runs = with_champion
    runs.deploy(runs.evaluated("v2"))
    runs.store.put(runs.registry.key("v2", "model.json"), b"{}", "application/json")
    with pytest.raises(ModelUnusable, match=r"make rollback TARGET=air_temperature"):
        runs.forecast()
    runs.registry.rollback(None, at=NOW, by="me", reason="damaged", check=unchecked)
    assert runs.forecast()["versions"] == {"air_temperature": "v1"}


def test_a_damaged_champion_does_not_stop_a_new_training(with_champion):
    runs = with_champion
    runs.store.put(runs.registry.key("v1", "model.json"), b"{}", "application/json")
    assert runs.deploy(runs.evaluated("v2")).deployed
    assert runs.champion == "v2"


def test_a_station_with_old_observations_is_skipped_and_named(with_champion):
    runs = with_champion
    result = runs.forecast(now=LAST + timedelta(hours=3))
    assert result["rows"] == 0
    assert result["stations_skipped"] == [f"air_temperature/{station}" for station in (108, 143, 159)]
    latest = json.loads(runs.store.get("forecasts/latest.json"))["targets"]["air_temperature"]
    assert "3.0 h old; at most 2 h" in latest["skipped"]["108"]


def test_forecasts_made_again_replace_nothing(with_champion):
    runs = with_champion
    runs.forecast()
    again = runs.forecast(run="g")
    assert (again["inserted"], again["replaced"], again["equal"]) == (0, 0, 3)


AGAINST_KMA = replace(OPEN, min_skill={"kma_forecast": 0.0})


def kma_archive(error, days=2):
    """Forecasts of the newest days, issued three hours ahead, that miss each observation by as much."""
    length, observed = GRID.length, GRID.values["air_temperature_c"]
    return table(
        row(
            int(station),
            GRID.time_at(hour) - timedelta(hours=3),
            3,
            air_temperature_c=float(observed[at, hour]) + error,
            received_at=GRID.time_at(hour) - timedelta(hours=2, minutes=45),
        )
        for at, station in enumerate(GRID.stations)
        for hour in range(length - 24 * days, length)
        if observed[at, hour] == observed[at, hour]
    )


def evaluation_of(runs, version="v1"):
    return json.loads(runs.registry.file(version, evaluation.EVALUATION))


def test_without_an_archive_a_gate_on_it_refuses_nothing(runs):
    outcome = runs.deploy(runs.evaluated(), AGAINST_KMA)

    assert outcome.deployed
    assert "min_skill: skill against kma_forecast not judged: no common rows" in outcome.decision.reason


@pytest.mark.parametrize(("error", "deployed"), [(0.01, False), (20.0, True)], ids=["better", "worse"])
def test_a_gate_holds_a_model_against_the_kma_s_forecast(runs, error, deployed):
    kma_forecasts.publish(runs.catalog, kma_archive(error), run="k", now=NOW)
    plan = runs.evaluated()

    compared = evaluation_of(runs)["kma_forecast"]["leads"]["1"]
    assert compared["rmse"] == pytest.approx(error, abs=1e-4)
    outcome = runs.deploy(plan, AGAINST_KMA)
    assert outcome.deployed is deployed
    assert ("skill against kma_forecast" in outcome.decision.reason) is not deployed


def test_an_archive_changes_no_other_figure(runs):
    runs.evaluated("v1")
    kma_forecasts.publish(runs.catalog, kma_archive(1.0), run="k", now=NOW)
    runs.evaluated("v2")

    without, with_archive = (evaluation_of(runs, version) for version in ("v1", "v2"))
    assert (without["kma_forecast"]["rows"], with_archive["kma_forecast"]["rows"] > 0) == (0, True)
    own = {"kma_forecast", "version", "training", "rmse_kma_forecast", "rmse_on_common_rows"}

    def without_own(value):
        if isinstance(value, dict):
            return {name: without_own(inner) for name, inner in value.items() if name not in own}
        return value

    assert json.dumps(without_own(without)) == json.dumps(without_own(with_archive))
    assert with_archive["stations"]["108"]["1"]["rmse_kma_forecast"] == pytest.approx(1, abs=1e-3)
