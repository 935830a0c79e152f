"""The ridge finds lines, slopes that vary with a wave, and is not carried away by what is odd."""

import json

import numpy as np
import pytest

from weather_mlops.model.ridge import Ridge

SOURCE = np.random.default_rng(3)
WAVE = np.sin(np.arange(4000) / 7)
FEATURES = np.column_stack([WAVE, SOURCE.normal(5, 2, 4000), SOURCE.normal(size=4000)]).astype(np.float32)


def fitted(outcome, features=FEATURES, penalty=1e-6):
    return Ridge.fit(features, outcome, [0], penalty)


def test_a_slope_that_varies_with_a_wave_is_found():
    outcome = 3 + 2 * FEATURES[:, 1] + 1.5 * WAVE * FEATURES[:, 2]
    assert fitted(outcome).predict(FEATURES) == pytest.approx(outcome, abs=0.05)


def blocks_of(count, margin):
    """Parts of the rows in turn, and the rows next to them."""
    block = np.arange(4000) // 250 % count
    masks = []
    for inside in (block == index for index in range(count)):
        near = np.convolve(inside, np.ones(2 * margin + 1), "same") > 0
        masks.append((inside, near & ~inside))
    return masks


def test_a_ridge_without_a_block_is_that_of_the_other_rows():
    outcome = (3 + 2 * FEATURES[:, 1] + SOURCE.normal(size=4000) * FEATURES[:, 2]).astype(np.float32)
    blocks = blocks_of(3, margin=30)

    whole, others = Ridge.fit_blocks(FEATURES, outcome, [0], 1e-3, blocks)

    assert whole.predict(FEATURES) == pytest.approx(fitted(outcome, penalty=1e-3).predict(FEATURES), abs=1e-3)
    for ridge, (inside, near) in zip(others, blocks, strict=True):
        rest = ~(inside | near)
        alone = fitted(outcome[rest], FEATURES[rest], penalty=1e-3)
        assert ridge.predict(FEATURES) == pytest.approx(alone.predict(FEATURES), abs=0.02)


def test_a_penalty_draws_slopes_to_nothing():
    outcome = 3 + 2 * FEATURES[:, 1]
    assert np.ptp(fitted(outcome, penalty=1e6).predict(FEATURES)) < 0.01


def test_missing_values_are_the_mean_and_outliers_are_clipped():
    outcome = 2.0 * FEATURES[:, 1]
    model = fitted(outcome)
    odd = FEATURES[:2].copy()
    odd[0, 1], odd[1, 1] = np.nan, 1e9
    missing, broken = model.predict(odd)
    assert missing == pytest.approx(10, abs=0.3)
    assert broken == pytest.approx(2 * (5 + 5 * 2), abs=1)


def test_constant_and_never_known_features_do_no_harm():
    features = np.column_stack([FEATURES, np.full(4000, 7.0), np.full(4000, np.nan)]).astype(np.float32)
    outcome = 2.0 * FEATURES[:, 1]
    assert fitted(outcome, features).predict(features) == pytest.approx(outcome, abs=0.05)


def test_json_keeps_it_bit_by_bit():
    model = fitted(2.0 * FEATURES[:, 1])
    again = Ridge.from_dict(json.loads(json.dumps(model.as_dict())))
    assert np.array_equal(again.predict(FEATURES), model.predict(FEATURES))
