"""Training is repeatable, its files are the model, and odd data give a model or a clear error."""

from dataclasses import replace

import numpy as np
import pytest

from tests.model import world
from weather_mlops.errors import ModelUnusable, TrainingImpossible
from weather_mlops.model import evaluation, features, preparation, training, training_run
from weather_mlops.model.feature_names import HISTORY_HOURS
from weather_mlops.model.forecaster import MODEL, Forecaster

GRID = world.grid(days=40)
PLAN = world.plan(GRID, horizon=2)
ONE_LEAD = world.plan(GRID, horizon=1)
HOLDOUT = np.arange(GRID.index_of(PLAN.holdout_first), GRID.length - 1)


pytestmark = pytest.mark.usefixtures("quick_training", "each_recipe")


@pytest.fixture(scope="module")
def forecaster(quick_training, each_recipe) -> Forecaster:
    return training_run.fit(GRID, PLAN)


@pytest.fixture(scope="module")
def one_lead(quick_training, each_recipe) -> Forecaster:
    return training_run.fit(GRID, ONE_LEAD)


def same(left, right) -> bool:
    return all(
        np.array_equal(getattr(left, name), getattr(right, name), equal_nan=True)
        for name in ("p10", "p50", "p90")
    )


def test_the_seed_decides_the_bytes(one_lead):
    again, other = training_run.fit(GRID, ONE_LEAD), training_run.fit(GRID, replace(ONE_LEAD, seed=2))
    assert again.files() == one_lead.files()
    assert other.files() != one_lead.files()


def test_files_are_the_whole_model(forecaster):
    again = Forecaster.from_files(forecaster.files())
    assert same(again.predict(GRID, HOLDOUT), forecaster.predict(GRID, HOLDOUT))
    assert (again.config_hash, again.stations, again.rows) == (
        forecaster.config_hash,
        forecaster.stations,
        forecaster.rows,
    )


def test_the_last_hours_give_the_forecast_of_the_whole_history(forecaster):
    issue_time = int(HOLDOUT[40])
    recent = GRID.between(issue_time - HISTORY_HOURS + 1, issue_time + 1)
    served = forecaster.predict(recent, np.array([HISTORY_HOURS - 1]))
    assert same(served, forecaster.predict(GRID, np.array([issue_time])))


def test_it_beats_the_baselines_and_its_intervals_hold(forecaster):
    holdout = evaluation.compare(forecaster, GRID, int(HOLDOUT[0]))
    document = evaluation.figures(holdout, GRID, forecaster.importance((1,)))
    for figures in document["leads"].values():
        assert figures["opponents"]["persistence"]["skill"] > 0.1
        assert 0.65 < figures["coverage_80"] < 0.95
    quantiles = holdout.forecast
    assert (quantiles.p10 <= quantiles.p50)[np.isfinite(quantiles.p50)].all()
    assert (quantiles.p50 <= quantiles.p90)[np.isfinite(quantiles.p50)].all()


def test_nothing_of_the_holdout_is_learned_from(one_lead):
    changed = {name: values.copy() for name, values in GRID.values.items()}
    for values in changed.values():
        values[:, GRID.index_of(PLAN.holdout_first) :] += 40
    again = training_run.fit(replace(GRID, values=changed), ONE_LEAD)
    assert again.files() == one_lead.files()


@pytest.mark.parametrize("target", ["relative_humidity", "wind_speed", "dew_point", "sea_level_pressure"])
def test_other_targets_need_another_name_only(target):
    plan = world.plan(GRID, horizon=1, target=target)
    forecast = training_run.fit(GRID, plan).predict(GRID, HOLDOUT)
    known = forecast.p50[np.isfinite(forecast.p50)]
    assert known.size
    if target in {"relative_humidity", "wind_speed"}:
        assert known.min() >= 0


def changed(**columns):
    values = {name: array.copy() for name, array in GRID.values.items()}
    for name, change in columns.items():
        values[name] = change(values[name])
    return replace(GRID, values=values)


def late(values):
    values[0, : values.shape[1] // 2] = np.nan
    return values


def gap(values):
    values[:, 500:700] = np.nan
    return values


@pytest.mark.parametrize(
    "grid",
    [
        changed(sea_level_pressure_hpa=lambda values: np.full_like(values, 1013.0)),
        changed(dew_point_c=lambda values: np.full_like(values, np.nan)),
        changed(air_temperature_c=late, dew_point_c=late),
        changed(**dict.fromkeys(world.INPUTS, gap)),
        world.grid((108,)),
    ],
    ids=["a constant column", "a column never observed", "a late station", "a gap", "one station"],
)
def test_odd_data_give_a_model_that_forecasts(grid):
    plan = world.plan(grid, horizon=1)
    model = training_run.fit(grid, plan)
    holdout = evaluation.compare(model, grid, grid.index_of(plan.holdout_first))
    document = evaluation.figures(holdout, grid, model.importance((1,)))
    assert document["leads"]["1"]["opponents"]["persistence"]["skill"] > 0


def test_a_constant_target_gives_no_nonsense():
    grid = changed(air_temperature_c=lambda values: np.full_like(values, 7.0))
    forecast = training_run.fit(grid, world.plan(grid, horizon=1)).predict(grid, HOLDOUT)
    assert np.abs(forecast.p50 - 7).max() < 0.01


def test_too_many_rows_are_sampled_over_the_whole_day(monkeypatch):
    stations = len(GRID.stations)
    monkeypatch.setattr(preparation, "MOST_ROWS", 300 * stations)
    sampled = preparation.training_issue_times(GRID, PLAN)
    assert 250 < len(sampled) < 350
    assert set(sampled % 24) == set(range(24))
    assert np.array_equal(sampled, preparation.training_issue_times(GRID, PLAN))


def test_too_little_data_are_refused():
    grid = world.grid((108,), days=12)
    with pytest.raises(TrainingImpossible, match=f"{training.LEAST_ROWS} needed"):
        training_run.fit(grid, world.plan(grid, holdout_days=2))


def test_a_span_too_short_for_a_block_is_refused(monkeypatch):
    monkeypatch.setattr(training, "LEAST_ROWS", 10)
    grid = world.grid(days=12)
    with pytest.raises(TrainingImpossible, match=r"too short to (hold out|forecast) a part of them"):
        training_run.fit(grid, world.plan(grid, horizon=1, holdout_days=10))


def test_a_target_that_is_never_observed_is_refused():
    grid = changed(air_temperature_c=lambda values: np.full_like(values, np.nan))
    with pytest.raises(TrainingImpossible, match="0 rows"):
        training_run.fit(grid, PLAN)


def test_a_model_of_other_features_is_refused(forecaster, monkeypatch):
    files = forecaster.files()
    monkeypatch.setattr(features, "REVISION", features.REVISION + 1)
    with pytest.raises(ModelUnusable, match="train a new model"):
        Forecaster.from_files(files)


@pytest.mark.parametrize("damage", [b"", b"{", b"{}", b"[]"])
def test_a_damaged_file_is_refused(forecaster, damage):
    with pytest.raises(ModelUnusable):
        Forecaster.from_files({**forecaster.files(), MODEL: damage})


def test_a_missing_file_is_refused(forecaster):
    files = forecaster.files()
    last = max(name for name in files if name.startswith("lead_02"))
    del files[last]
    with pytest.raises(ModelUnusable, match=last.removesuffix(".ubj")):
        Forecaster.from_files(files)


def test_the_data_must_be_of_the_model_s_stations(forecaster):
    with pytest.raises(ModelUnusable, match="stations"):
        forecaster.predict(world.grid((108, 159)), np.array([300]))
