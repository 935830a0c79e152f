"""Baselines are as good as they can be, and use nothing after the issue time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weather_mlops.model import baselines
from weather_mlops.model.climatology import Climatology

HOURS = np.datetime64("2024-01-01T00", "h") + np.arange(24 * 366 * 2) * np.timedelta64(1, "h")
ANGLE_DAY = 2 * np.pi * np.arange(len(HOURS)) / 24
ANGLE_YEAR = 2 * np.pi * np.arange(len(HOURS)) / 24 / 365.2425


def seasons(noise: float = 0.0, seed: int = 1) -> np.ndarray:
    source = np.random.default_rng(seed)
    curves = 12 - 14 * np.cos(ANGLE_YEAR) - (4 + np.cos(ANGLE_YEAR)) * np.cos(ANGLE_DAY - 1)
    anomaly = np.zeros((2, len(HOURS)))
    for hour in range(1, len(HOURS)):
        anomaly[:, hour] = 0.97 * anomaly[:, hour - 1] + noise * source.normal(size=2)
    return (curves + anomaly).astype(np.float32)


def test_climatology_finds_the_curve_of_day_and_year():
    values = seasons()
    climatology = Climatology.fit(values[:, : 366 * 24], HOURS[: 366 * 24])
    error = climatology.at(HOURS[366 * 24 :]) - values[:, 366 * 24 :]
    assert np.abs(error).max() < 0.5


def test_climatology_of_a_few_weeks_does_not_invent_a_year():
    values = seasons(noise=0.5)[:, : 24 * 30]
    climatology = Climatology.fit(values, HOURS[: 24 * 30])
    half_a_year_later = climatology.at(HOURS[24 * 180 : 24 * 210])
    assert np.abs(half_a_year_later - values.mean()).max() < 40


def test_climatology_survives_gaps_and_a_silent_station():
    values = seasons()
    values[0, ::3] = np.nan
    values[1] = np.nan
    climatology = Climatology.fit(values, HOURS)
    assert np.abs(climatology.at(HOURS)[0] - seasons()[0]).max() < 0.5
    assert np.isnan(climatology.at(HOURS)[1]).all()


def test_climatology_comes_back_from_json_exactly():
    climatology = Climatology.fit(seasons(noise=0.3), HOURS)
    again = Climatology.from_lists(climatology.as_lists())
    assert np.array_equal(again.at(HOURS[:100]), climatology.at(HOURS[:100]))


def test_persistence_and_the_same_hour_yesterday():
    values = np.arange(100, dtype=np.float32)[None]
    issue_times = np.array([50, 60])
    assert baselines.persistence(values, issue_times, 3).tolist() == [[[50] * 3, [60] * 3]]
    assert baselines.persistence_24h(values, issue_times, 26)[0, 0].tolist() == [*range(27, 51), 27, 28]


def test_before_the_first_day_there_is_no_yesterday():
    values = np.arange(100, dtype=np.float32)[None]
    forecast = baselines.persistence_24h(values, np.array([10]), 24)[0, 0]
    assert np.isnan(forecast[:13]).all()
    assert forecast[13] == 0


def test_damping_finds_how_fast_anomalies_die():
    values = seasons(noise=0.5)
    climatology = Climatology(Climatology.fit(seasons(), HOURS).coefficients)
    assert baselines.damping(values, climatology, HOURS, 24)[[0, 5, 23]] == pytest.approx(
        0.97 ** np.array([1, 6, 24]), abs=0.06
    )


@settings(max_examples=20)
@given(st.integers(200, 400), st.integers(0, 2**32 - 1))
def test_no_baseline_looks_past_its_issue_time(issue_time, seed):
    values = seasons(noise=0.5)[:, :500]
    changed = values.copy()
    changed[:, issue_time + 1 :] = np.random.default_rng(seed).normal(size=changed[:, issue_time + 1 :].shape)
    climatology, hours, issue_times = (
        Climatology.fit(values[:, :200], HOURS[:200]),
        HOURS[:500],
        np.array([issue_time]),
    )
    damping = np.linspace(1, 0, 24)
    for baseline in (
        lambda them: baselines.persistence(them, issue_times, 24),
        lambda them: baselines.persistence_24h(them, issue_times, 24),
        lambda them: baselines.damped_anomaly(them, climatology, hours, issue_times, damping),
    ):
        assert np.array_equal(baseline(values), baseline(changed), equal_nan=True)


def test_outcomes_after_the_last_hour_are_missing():
    values = np.arange(10, dtype=np.float32)[None]
    assert baselines.observed(values, np.array([7]), 4)[0, 0, :2].tolist() == [8, 9]
    assert np.isnan(baselines.observed(values, np.array([7]), 4)[0, 0, 2:]).all()
