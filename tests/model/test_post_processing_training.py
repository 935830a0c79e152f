"""What an archive with faults teaches a model: nothing from the faults, and nothing if it is no better."""

import logging
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.model import kma_world, world
from weather_mlops.model import kma_inputs, post_processing, training_run
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.verification.scores import figures

LEADS = 2
GRID = world.grid(days=60)
KMA = kma_world.forecasts(GRID)
PLAN = world.plan(GRID, horizon=LEADS, holdout_days=10)
HOLDOUT = np.arange(GRID.index_of(PLAN.holdout_first), GRID.length - LEADS)
TRUTH = GRID.values[kma_world.COLUMN][:, HOLDOUT + LEADS]
EVERY_ROW = pa.array([True] * KMA.num_rows)
pytestmark = pytest.mark.usefixtures("quick_training", "only_a_ridge")


@pytest.fixture(scope="module")
def only_a_ridge():
    """All features, at every lead, from the first day of an archive on."""
    with pytest.MonkeyPatch.context() as patch:
        step = replace(post_processing.STEPS[0], from_days=1, with_trees=False)
        patch.setattr(post_processing, "STEPS", (step,))
        yield


def trained(table: pa.Table) -> Forecaster:
    return training_run.fit(GRID, PLAN, None, kma_world.source_of(table))


def error(forecaster: Forecaster, table: pa.Table = KMA) -> float:
    kma = forecaster.gather(kma_world.source_of(table), GRID, HOLDOUT)
    return figures(TRUTH, forecaster.forecast(GRID, HOLDOUT, kma).quantiles[..., LEADS - 1])["rmse"]


@pytest.fixture(scope="module")
def sound(quick_training, only_a_ridge) -> float:
    return error(trained(KMA))


def days(first: int, last: int) -> pa.Array:
    since, until = (kma_world.issued_since(KMA, GRID, 24 * day) for day in (first, last))
    return pc.and_(since, pc.invert(until))


@pytest.mark.parametrize(
    ("fault", "span", "value"),
    [
        ("20 °C off for a day", (35, 36), lambda values: pc.add(values, 20.0)),
        ("in kelvins for ten days", (30, 40), lambda values: pc.add(values, 273.15)),
        ("in Fahrenheit for ten days", (30, 40), lambda values: pc.add(pc.multiply(values, 1.8), 32.0)),
    ],
)
def test_a_model_learns_nothing_from_days_in_another_unit(fault, span, value, sound):
    assert error(trained(kma_world.changed(KMA, days(*span), value))) < 1.05 * sound


def test_an_archive_with_holes_of_weeks_is_learned_from(sound):
    with_holes = trained(KMA.filter(pc.invert(days(15, 30))))
    assert with_holes.post_processing is not None
    assert error(with_holes) < 1.1 * sound


def test_an_archive_in_another_unit_leaves_observations_alone():
    kelvins = kma_world.changed(KMA, EVERY_ROW, lambda values: pc.add(values, 273.15))
    assert trained(kelvins).post_processing is None


def test_an_archive_with_weeks_of_another_unit_is_not_trusted(caplog):
    wrong = kma_world.changed(KMA, days(5, 45), lambda values: pc.add(values, 20.0))
    with caplog.at_level(logging.WARNING):
        assert trained(wrong).post_processing is None
    assert "of them are plausible" in caplog.text


def test_an_archive_of_another_place_leaves_observations_alone(caplog):
    values = KMA[kma_world.COLUMN].to_numpy()
    elsewhere = pa.array(np.roll(values, len(values) // 5))
    table = KMA.set_column(KMA.schema.get_field_index(kma_world.COLUMN), kma_world.COLUMN, elsewhere)
    with caplog.at_level(logging.WARNING):
        assert trained(table).post_processing is None
    assert "lead=2: left out: its interval is" in caplog.text


def test_days_of_an_archive_in_another_unit_do_not_count():
    issue_times = np.arange(24 * 45, 24 * 50)

    def counted(table: pa.Table) -> float:
        kma = kma_inputs.gather(kma_world.source_of(table), GRID, world.TARGET, issue_times, LEADS)
        hours = slice(kma.first, kma.first + kma.target.shape[1])
        return kma_inputs.archive_days(kma, GRID.values[kma_world.COLUMN][:, hours], 12.0)

    wrong = kma_world.changed(KMA, days(20, 30), lambda values: pc.add(values, 273.15))
    assert 9 < counted(KMA) - counted(wrong) < 11
