"""Names that stored models have: renamed code writes and reads the same ones, and computes the same hash."""

import json
from pathlib import Path

import numpy as np
import pytest

from weather_mlops.model import long_history, short_history
from weather_mlops.model.climatology import COEFFICIENTS, Climatology
from weather_mlops.model.forecaster import MODEL, Forecaster
from weather_mlops.model.lead_model import ErrorDistribution, LeadModel, RecentErrors
from weather_mlops.model.long_history_settings import LongHistorySettings
from weather_mlops.model.recipes import LONG, SHORT
from weather_mlops.model.ridge import Ridge
from weather_mlops.model.targets import target_named
from weather_mlops.verification.scores import DISTRIBUTION_LEVELS

TREES = (Path(__file__).parent / "stored/xgboost_3.2.0.ubj").read_bytes()
FEATURES = ("T", "T_anomaly")
ERRORS = ErrorDistribution(DISTRIBUTION_LEVELS, (-2.0, -1.5, -0.75, -0.25, 0.0, 0.25, 0.75, 1.75, 2.25))


def forecaster(leads, settings) -> Forecaster:
    climatology = Climatology(np.zeros((1, COEFFICIENTS)))
    return Forecaster(
        target_named("air_temperature"), (108,), FEATURES, climatology, leads, settings, rows=500
    )


def lead_model(error_scale=None) -> LeadModel:
    from xgboost import Booster

    trees = Booster({"nthread": 1}, model_file=bytearray(TREES))
    ridge = Ridge(np.zeros(2), np.ones(2), (), np.zeros(3))
    return LeadModel([trees], ridge, 0.9, 0.25, error_scale or trees, 0.125, ERRORS)


@pytest.mark.parametrize(("recipe", "config_hash"), [(LONG, "1180d297366a"), (SHORT, "53204cb00e89")])
def test_the_config_hash_of_todays_settings_stays(recipe, config_hash, monkeypatch):
    monkeypatch.setattr(long_history, "SETTINGS", LongHistorySettings())
    monkeypatch.setattr(short_history, "SETTINGS", short_history.ShortHistorySettings())

    assert forecaster([None] * 24, recipe.settings()).config_hash == config_hash


@pytest.mark.parametrize(
    ("error_scale", "names", "key"),
    [
        (None, ["lead_01_0.ubj", "lead_01_spread.ubj", MODEL], {}),
        (RecentErrors(0.75), ["lead_01_0.ubj", MODEL], {"typical_error": 0.75}),
    ],
)
def test_a_model_is_stored_and_read_with_the_same_names(error_scale, names, key):
    files = forecaster([lead_model(error_scale)], {"rounds": 120}).files()
    stored = json.loads(files[MODEL])
    (lead,) = stored["leads"]

    assert sorted(files) == names
    assert list(stored) == [
        *("target", "stations", "features", "fingerprint", "usual", "settings", "rows", "leads"),
    ]
    assert lead == {
        "boosters": 1,
        "line": {"mean": [0, 0], "scale": [1, 1], "weights": [0, 0, 0], "waves": []},
        "damping": 0.9,
        "ridge_share": 0.25,
        "least_spread": 0.125,
        "low": -1.5,
        "high": 1.75,
        "levels": list(DISTRIBUTION_LEVELS),
        "scaled_errors": list(ERRORS.errors),
        **key,
    }
    (read,) = Forecaster.from_files(files).leads
    assert (read.damping, read.ridge_weight, read.min_error_scale) == (0.9, 0.25, 0.125)
    assert read.errors == ERRORS
