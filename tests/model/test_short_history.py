"""A few months of data give a forecast that goes on where they end: no season is extrapolated."""

from dataclasses import replace

import numpy as np
import pytest

from tests.model import world
from weather_mlops.model import climatology, evaluation, training_run
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.recipes import LONG, SHORT, recipe_for

pytestmark = pytest.mark.usefixtures("quick_training")

AUTUMN = np.datetime64("2026-08-21T00", "h")


def hours(days: int, begin: np.datetime64 = AUTUMN) -> np.ndarray:
    return begin + np.arange(24 * days) * np.timedelta64(1, "h")


def annual_cycle(times: np.ndarray) -> np.ndarray:
    """Of Seoul's size: 26 °C at the end of July, -2 °C at the end of January."""
    return 12 + 14 * np.cos(climatology.year_angle(times) - 2 * np.pi * 208 / 365)


@pytest.mark.parametrize("begin", ["2026-01-01", "2026-04-01", "2026-06-10", "2026-08-21", "2026-10-20"])
def test_a_climatology_of_some_weeks_stays_in_the_observed_range(begin):
    times = hours(72, np.datetime64(begin, "h"))
    daily = 4 * np.cos(climatology.day_angle(times))
    weather = np.repeat(3 * np.sin(np.arange(72) / 4), 24)
    observed = (annual_cycle(times) + daily + weather)[None]
    ahead = Climatology.fit(observed, times).at(times[-1] + np.arange(1, 24 * 18) * np.timedelta64(1, "h"))
    assert observed.min() <= ahead.min()
    assert ahead.max() <= observed.max()
    last_fortnight = observed[0, -14 * 24 :]
    assert ahead.mean() == pytest.approx(last_fortnight.mean(), abs=4)


def test_each_station_gets_the_climatology_of_its_own_history():
    times = hours(800, np.datetime64("2024-01-01", "h"))
    cycle = annual_cycle(times)
    young = np.where(np.arange(len(times)) < len(times) - 60 * 24, np.nan, cycle)
    fitted = Climatology.fit(np.array([cycle, young]), times)
    july = np.array([np.datetime64("2026-07-28T00", "h")])
    of_years, of_months = fitted.at(july)[:, 0]
    assert of_years == pytest.approx(26, abs=1)
    assert of_months < 10  # as warm as its newest weeks, in March


@pytest.mark.parametrize(
    ("days", "recipe"), [(60, SHORT), (200, SHORT), (329, SHORT), (331, LONG), (1096, LONG)]
)
def test_the_recipe_follows_how_much_of_the_year_was_seen(days, recipe):
    times = hours(days, np.datetime64("2024-01-01", "h"))
    assert recipe_for(np.ones((3, len(times))), times) is recipe


def test_the_same_months_of_many_years_are_a_short_history():
    times = hours(5 * 365, np.datetime64("2021-01-01", "h"))
    summer = np.isin(times.astype("datetime64[M]").astype(int) % 12, (5, 6, 7))
    assert recipe_for(np.where(summer, 20.0, np.nan)[None], times) is SHORT


@pytest.mark.parametrize("degrees_per_day", [-0.3, 0.3])
def test_a_model_of_some_weeks_is_right_when_the_season_turns(degrees_per_day):
    grid = world.grid(days=60)
    turn = np.float32(degrees_per_day * np.maximum(np.arange(grid.length) / 24 - 30, 0))
    moved = {name: grid.values[name] + turn for name in ("air_temperature_c", "dew_point_c")}
    grid = replace(grid, values={**grid.values, **moved})
    plan = world.plan(grid, horizon=6, holdout_days=12)
    forecaster = training_run.fit(grid, plan)
    figures = evaluation.figures(
        evaluation.compare(forecaster, grid, grid.index_of(plan.holdout_first)), grid, {}
    )
    measured = figures["leads"]["6"]
    assert abs(measured["bias"]) < 0.5
    assert 0.65 < measured["coverage_80"] < 0.95
    assert measured["opponents"]["damped_anomaly"]["skill"] > 0


def test_an_old_month_behind_a_gap_is_only_learned_from():
    recent = world.grid(days=40)
    hole = 24 * 300
    values = {
        name: np.concatenate(
            [array[:, : 24 * 10], np.full((len(array), hole), np.nan, np.float32), array], axis=1
        )
        for name, array in recent.values.items()
    }
    start = recent.start - np.timedelta64(24 * 10 + hole, "h")
    grid = replace(recent, start=start, values=values)
    plan = world.plan(grid, horizon=2)
    assert plan.holdout_first == world.plan(recent, horizon=2).holdout_first
    forecaster = training_run.fit(grid, plan)
    assert forecaster.rows > training_run.fit(recent, world.plan(recent, horizon=2)).rows
    compared = evaluation.compare(forecaster, grid, grid.index_of(plan.holdout_first))
    assert 0.65 < evaluation.figures(compared, grid, {})["leads"]["2"]["coverage_80"] < 0.95
