"""Distances between distributions, and what correlated observations are worth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from weather_mlops.monitoring import drift

DAYS = 7
LENGTH = DAYS * drift.PER_DAY
values = st.floats(-50, 50, width=32)
samples = arrays(np.float64, (2, LENGTH), elements=values)


def days(seed: int, number: int = DAYS, stations: int = 3, shift: float = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(10 + shift, 4, (stations, number * drift.PER_DAY))


@settings(max_examples=50)
@given(samples)
def test_a_sample_is_no_distance_from_itself(sample):
    apart = drift.distance(sample, sample)
    assert apart.psi == pytest.approx(0, abs=1e-9)
    assert apart.wasserstein == pytest.approx(0, abs=1e-9)


@settings(max_examples=50)
@given(samples, samples, st.permutations(range(DAYS)))
def test_the_order_of_the_days_does_not_matter(sample, reference, order):
    shuffled = sample.reshape(2, DAYS, -1)[:, order].reshape(2, -1)
    one, other = drift.distance(sample, reference), drift.distance(shuffled, reference)
    assert one.psi == pytest.approx(other.psi)
    assert one.wasserstein == pytest.approx(other.wasserstein, abs=1e-6)


@settings(max_examples=50)
@given(samples, samples)
def test_psi_is_finite_and_not_negative_even_with_empty_bins(sample, reference):
    assert 0 <= drift.distance(sample, reference + 200).psi < np.inf


@settings(max_examples=20)
@given(st.floats(-20, 20))
def test_a_shift_is_measured_in_the_unit_of_the_values(shift):
    sample = days(1)
    assert drift.distance(sample + shift, sample).wasserstein == pytest.approx(abs(shift), abs=1e-6)


def test_quantiles_of_many_values_are_exact_enough():
    sample, reference = days(1, 60, 20), days(2, 90, 20, shift=1)
    exact = stats.wasserstein_distance(sample.ravel(), reference.ravel())
    assert drift.distance(sample, reference).wasserstein == pytest.approx(exact, rel=0.01)


def test_a_station_that_only_one_sample_has_is_no_drift():
    sample, reference = days(1, stations=2), days(1, stations=2)
    sample[1] += 15
    reference[1] = np.nan
    apart = drift.distance(sample, reference)
    assert (apart.psi, apart.n) == (pytest.approx(0), LENGTH)


def test_a_gap_at_night_is_no_drift():
    cycle = np.tile(np.arange(drift.PER_DAY, dtype=float) * 3, DAYS)[None]
    gap = cycle.copy()
    gap[:, np.arange(LENGTH) % drift.PER_DAY < 4] = np.nan
    assert drift.distance(gap, cycle).psi == pytest.approx(0)
    sometimes = cycle.copy()
    sometimes[:, : LENGTH // 2][:, np.arange(LENGTH // 2) % drift.PER_DAY < 4] = np.nan
    assert drift.distance(sometimes, cycle).mean == pytest.approx(cycle.mean())


def test_samples_without_a_common_cell_are_not_compared():
    assert drift.distance(days(1), np.full((3, LENGTH), np.nan)) is None


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.8, 0.95])
def test_an_autoregressive_series_is_worth_what_its_formula_says(phi):
    n, source = 20_000, np.random.default_rng(3)
    series = np.zeros(n)
    noise = source.normal(size=n)
    for place in range(1, n):
        series[place] = phi * series[place - 1] + noise[place]
    assert drift.independent(series) == pytest.approx(n * (1 - phi) / (1 + phi), rel=0.15)


def test_a_constant_series_is_worth_one_and_an_empty_one_nothing():
    assert drift.independent(np.full(50, 3.0)) == 1
    assert drift.independent(np.empty(0)) == 0


def test_stations_that_say_the_same_count_once():
    alone = days(4, number=30, stations=1)
    alike = np.repeat(alone, 5, axis=0)
    apart = days(4, number=30, stations=5)
    assert drift.effective_size(alike) == pytest.approx(drift.effective_size(alone))
    assert drift.effective_size(apart) > 3 * drift.effective_size(alone)


def test_missing_values_make_a_series_worth_less():
    whole = days(5, number=30)
    holes = whole.copy()
    holes[:, : whole.shape[1] // 2] = np.nan
    assert 0 < drift.effective_size(holes) < drift.effective_size(whole)


def test_the_null_covers_each_week_of_each_year():
    years = [days(seed, number=31) for seed in range(4)]
    usual = drift.null(years, DAYS)
    assert len(usual) == 4 * (31 // DAYS)
    threshold = np.quantile([each.psi for each in usual], drift.NULL_QUANTILE)
    reference = np.concatenate(years, axis=1)
    assert drift.distance(days(9), reference).psi < 2 * threshold
    assert drift.distance(days(9, shift=6), reference).psi > 2 * threshold
