"""What XGBoost refuses ends a training with the project's error; of many rows a part is enough."""

from dataclasses import replace

import numpy as np
import pytest

from tests.model import world
from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import long_history, training_run
from weather_mlops.model.fitting import Boosting, boost
from weather_mlops.model.sample import Sample


def test_what_xgboost_refuses_is_an_impossible_training():
    values = np.zeros((4, 1), np.float32)
    sample = Sample(("a",), values, np.full(4, np.nan, np.float32), np.arange(4))

    with pytest.raises(TrainingImpossible, match="XGBoost: "):
        boost(sample, Boosting(2, {"max_bin": 4, "max_depth": 2}))


@pytest.mark.usefixtures("quick_training", "long_history_recipe")
def test_a_part_of_very_many_rows_is_learned_from(monkeypatch):
    grid = world.grid(days=40)
    plan = world.plan(grid, horizon=1)
    small = replace(
        long_history.SETTINGS,
        many_rows=1000,
        many_blocks=3,
        many_booster_rows=900,
        held_out_rows=800,
        error_rows=600,
        ridge_rows=900,
    )
    monkeypatch.setattr(long_history, "SETTINGS", small)
    rows = []

    def counted(sample, boosting):
        rows.append(len(sample.change))
        return boost(sample, boosting)

    monkeypatch.setattr(long_history, "boost", counted)
    holdout = np.arange(grid.index_of(plan.holdout_first), grid.length - 1)
    forecaster = training_run.fit(grid, plan)
    assert np.isfinite(forecaster.predict(grid, holdout).p50).mean() > 0.9
    assert max(rows) < 1000
