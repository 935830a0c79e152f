"""Held-out spans have every season, and nothing near them is learned from."""

import numpy as np
import pytest

from weather_mlops.model import cross_validation


def test_no_outcome_of_a_block_is_near_its_model_s_training_data():
    origin = np.arange(400)
    inside = (origin >= 200) & (origin < 300)
    near = cross_validation.within_embargo(origin, inside, lead=6)
    learned = origin[~near]
    # An outcome lies 6 h after its issue time; features look back from theirs.
    assert not ((learned + 6 >= 200 - 24) & (learned < 300 + 6 + 24)).any()
    assert (near & ~inside).sum() == 2 * (24 + 6)


def test_fortnights_that_are_held_out_are_each_kept_clear_of():
    origin = np.arange(0, 4000, 3)
    block = cross_validation.assign_blocks(origin, 4)
    inside = block == 1
    near = cross_validation.within_embargo(origin, inside, lead=6)
    apart = np.abs(origin[~near][:, None] - origin[inside][None]).min(axis=1)
    assert apart.min() > 24 + 6
    assert (~near).sum() > 0.6 * (~inside).sum()


def test_every_block_of_a_year_has_every_season():
    origin = np.arange(365 * 24)
    block = cross_validation.assign_blocks(origin, 4)
    assert all(np.bincount(origin[block == n] // 2190, minlength=4).min() > 300 for n in range(4))


def test_a_short_span_is_held_out_in_equal_parts():
    block = cross_validation.assign_blocks(np.arange(100, 500), 4)
    assert np.bincount(block).tolist() == [100, 100, 100, 100]


def test_of_many_rows_about_as_many_as_allowed_are_sampled():
    chosen = cross_validation.sample_rows(10_000, 2500, seed=1)
    assert chosen.sum() == pytest.approx(2500, rel=0.1)
    assert not np.array_equal(chosen, cross_validation.sample_rows(10_000, 2500, seed=2))
    assert cross_validation.sample_rows(2000, 2500, seed=1).all()


def test_no_rows_have_no_parts():
    assert list(cross_validation.forward_parts(np.array([], np.int64), lead=1, count=4)) == []
