"""What a few leads tell holds for the leads between them, and costs no more than these few."""

from dataclasses import replace

import numpy as np
import pytest

from tests.model import world
from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import short_history, training, training_run
from weather_mlops.model.lead_model import ErrorDistribution
from weather_mlops.model.recipes import SHORT
from weather_mlops.model.sample import Sample
from weather_mlops.model.training_progress import TrainedPart
from weather_mlops.model.tuning import TunedLead, interpolated, tuned_leads
from weather_mlops.verification.scores import DISTRIBUTION_LEVELS

SOURCE = np.random.default_rng(5)


def measured(size: float, weight: float = 0.5, rounds: int = 100) -> TunedLead:
    errors = size * SOURCE.normal(size=4000)
    return TunedLead.of(rounds, weight, errors, np.ones(4000))


def width(tuned: TunedLead) -> float:
    errors = dict(zip(DISTRIBUTION_LEVELS, tuned.scaled_errors.errors, strict=True))
    return errors[0.9] - errors[0.1]


def test_a_lead_between_two_lies_between_them_by_its_logarithm():
    tuned = {6: measured(1.0, 0.2, 300), 24: measured(3.0, 0.6, 100)}

    middle = interpolated(tuned, 12)

    assert middle.ridge_weight == pytest.approx(0.4)
    assert middle.num_boost_round == 200
    assert middle.error_size == pytest.approx((tuned[6].error_size + tuned[24].error_size) / 2)
    assert width(middle) == pytest.approx((width(tuned[6]) + width(tuned[24])) / 2, rel=0.05)


def test_a_tuned_lead_stays_as_it_was_measured():
    tuned = {1: measured(1.0), 2: measured(1.5), 6: measured(2.0)}
    assert all(interpolated(tuned, lead) is tuned[lead] for lead in tuned)


def test_the_interval_holds_the_errors_that_it_was_measured_on():
    scale = SOURCE.uniform(0.5, 2, 20_000)
    errors = 3 * scale * SOURCE.normal(size=20_000)
    distribution = TunedLead.of(100, 0.5, errors, scale).scaled_errors
    low, high = (distribution.errors[DISTRIBUTION_LEVELS.index(level)] for level in (0.1, 0.9))
    assert np.mean((errors >= low * scale) & (errors <= high * scale)) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("horizon", "leads"),
    [(1, (1,)), (5, (1, 2, 3, 5)), (24, (1, 2, 3, 6, 12, 24)), (48, (1, 2, 3, 6, 12, 24, 36, 48))],
)
def test_the_first_and_the_last_lead_are_tuned(horizon, leads):
    assert tuned_leads(horizon) == leads


def made_up(rows: int = 600) -> Sample:
    return Sample(("a",), np.zeros((rows, 1), np.float32), np.zeros(rows), np.arange(rows))


def test_leads_between_the_tuned_ones_are_only_trained():
    tuned, trained = [], {}

    def tune(_sample, lead, _seed):
        tuned.append(lead)
        return TunedLead(10 * lead, 0.5, 1.0, ErrorDistribution((0.1, 0.5, 0.9), (-1.0, 0.0, 1.0)))

    def train_lead(_sample, lead, _seed, known):
        trained[lead] = known
        return world_model

    grid = world.grid(days=40)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(short_history, "SETTINGS", replace(short_history.SETTINGS, num_boost_round=2))
        (world_model,) = training_run.fit(grid, world.plan(grid, horizon=1)).leads
    recipe = replace(SHORT, tune=tune, train_lead=train_lead)

    models = training.train_leads(recipe, lambda _lead: made_up(), 6, 1, TrainedPart("a"))

    assert len(models) == 6
    assert sorted(tuned) == [1, 2, 3, 6]
    assert sorted(trained) == [1, 2, 3, 4, 5, 6]
    assert trained[5].num_boost_round == round(30 + 30 * np.log(5 / 3) / np.log(2))


def test_the_lead_with_too_few_rows_is_named():
    with pytest.raises(TrainingImpossible, match="40 rows known after 1 h"):
        training.train_leads(SHORT, lambda _lead: made_up(40), 1, 1, TrainedPart("a"))
