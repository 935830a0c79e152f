"""Failing sensors among healthy neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weather_mlops.monitoring import sensors

STATIONS, DAYS = 8, 30
HOURS = DAYS * 24
NEAR = np.array([[other for other in range(STATIONS) if other != one] for one in range(STATIONS)])
HELD = {"least_spread": 0.4, "allowance": 1.0, "limit_days": 10.0, "summed_days": 14, "min_days": 7}


def weather(seed: int = 0) -> np.ndarray:
    """A common air mass, a daily cycle of each station's own, and local weather that lasts for hours."""
    source = np.random.default_rng(seed)
    common = np.cumsum(source.normal(0, 0.5, HOURS))
    cycle = np.linspace(2, 6, STATIONS)[:, None] * np.sin(2 * np.pi * np.arange(HOURS) / 24)
    local = np.apply_along_axis(
        lambda row: np.convolve(row, np.ones(12) / 4, "same"), 1, source.normal(0, 0.5, (STATIONS, HOURS))
    )
    return common + cycle + np.linspace(-5, 5, STATIONS)[:, None] + local


def bias_of(values: np.ndarray, excluded: np.ndarray | None = None) -> sensors.Bias:
    excluded = np.zeros(values.shape, bool) if excluded is None else excluded
    anomaly, neighbours = sensors.anomalies(values, NEAR, excluded, min_days=7, min_neighbours=3)
    return sensors.bias(anomaly, neighbours, excluded, **HELD)


@pytest.mark.parametrize("seed", range(10))
def test_healthy_sensors_are_not_blamed(seed):
    bias = bias_of(weather(seed))
    assert np.isfinite(bias.value).all()
    assert not bias.beyond.any()


@pytest.mark.parametrize("off", [2.0, -2.0])
def test_a_bias_of_two_degrees_is_found_and_only_at_its_sensor(off):
    values = weather()
    values[3, -5 * 24 :] += off
    bias = bias_of(values)
    assert np.flatnonzero(bias.beyond).tolist() == [3]
    assert bias.value[3] == pytest.approx(off, abs=0.5)
    assert bias.onset[3] == pytest.approx(HOURS - 5 * 24, abs=12)


def test_a_large_bias_is_found_within_two_days():
    values = weather()
    values[3, -44:] += 8
    assert np.flatnonzero(bias_of(values).beyond).tolist() == [3]


def test_a_front_that_all_stations_see_is_no_bias():
    values = weather()
    values[:, -48:] -= 12
    assert not bias_of(values).beyond.any()


def test_a_repaired_sensor_is_well_again_after_some_days():
    values = weather()
    values[3, -12 * 24 : -4 * 24] += 3
    assert bias_of(values[:, :HOURS]).beyond.tolist() == [False] * STATIONS


def test_a_known_lasting_bias_does_not_become_the_reference():
    values = weather()
    values[3, -20 * 24 :] += 3
    known = np.zeros(values.shape, bool)
    known[3, -20 * 24 :] = True
    assert not bias_of(values).beyond[3]
    assert np.flatnonzero(bias_of(values, known).beyond).tolist() == [3]


def test_too_few_days_or_neighbours_tell_nothing():
    short = weather()
    short[:, : -6 * 24] = np.nan
    lonely = weather()
    lonely[2:6] = np.nan
    lonely[7] = np.nan
    for values in (short, lonely):
        bias = bias_of(values)
        assert np.isnan(bias.value[0])
        assert not bias.beyond.any()


def test_a_silent_station_has_no_bias():
    values = weather()
    values[3] = np.nan
    bias = bias_of(values)
    assert np.isnan(bias.value[3])
    assert not bias.beyond.any()


@settings(max_examples=30)
@given(st.floats(-30, 30), st.integers(0, STATIONS - 1))
def test_what_a_station_always_shows_more_is_its_own_way(off, station):
    values = weather()
    moved = values.copy()
    moved[station] += off
    assert np.allclose(bias_of(values).value, bias_of(moved).value, atol=1e-6)


def test_a_cusum_pauses_over_missing_hours_and_is_capped():
    scaled = np.full((1, 72), 3.0)
    scaled[0, 24:48] = np.nan
    sums = sensors.cusum(scaled, 1.0, 3.5)
    assert sums[0, [23, 47, 71]] == pytest.approx([2, 2, 3.5])
    assert sensors.cusum(-scaled, 1.0, 3.5).max() == 0


def test_neighbours_are_the_nearest_ones_and_elevation_counts():
    latitude, longitude = np.array([37.0, 37.1, 37.1, 40.0]), np.full(4, 127.0)
    near = sensors.nearest(latitude, longitude, np.array([0.0, 0, 800, 0]), 2, 100)
    assert near.tolist() == [[1, 2], [0, 2], [1, 0], [-1, -1]]


def test_a_stuck_sensor_is_found_while_its_neighbours_move():
    values = weather().round(1)
    values[3, -12:] = values[3, -12]
    constant = sensors.constant_hours(values, -50, 50)
    assert constant[3] == 11
    assert sensors.stuck(values, NEAR, constant, hours=10, least_range=1.5).tolist() == [
        station == 3 for station in range(STATIONS)
    ]


def test_still_air_is_no_stuck_sensor():
    values = weather().round(1)
    values[:, -12:] = values[:, -12][:, None]
    constant = sensors.constant_hours(values, -50, 50)
    assert (constant == 11).all()
    assert not sensors.stuck(values, NEAR, constant, hours=10, least_range=1.5).any()


def test_saturated_air_stands_still_without_a_fault():
    values = weather()
    values[3, -40:] = 100
    assert sensors.constant_hours(values, -100, 100)[3] == 0


def test_constant_hours_skip_gaps_and_end_at_the_newest_hour():
    values = np.array(
        [[1.0, 5, 5, np.nan, 5, np.nan], [1.0, 2, 3, 4, 5, np.nan], [5.0, 5, 5, 5, np.nan, np.nan]]
    )
    assert sensors.constant_hours(values, -50, 50).tolist() == [2, 0, 0]


@settings(max_examples=50)
@given(
    arrays(np.float64, (3, 5), elements=st.one_of(st.floats(-9, 9), st.just(np.nan))),
    st.sampled_from([0, 1]),
)
def test_the_median_is_that_of_what_was_observed(values, axis):
    for row, median in zip(values if axis else values.T, sensors.nan_median(values, axis=axis), strict=True):
        known = row[np.isfinite(row)]
        assert median == pytest.approx(np.median(known)) if known.size else np.isnan(median)
