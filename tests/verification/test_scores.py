"""Figures that can be checked by hand, and a comparison that knows how little it knows."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.verification import scores
from weather_mlops.verification.scores import QuantileForecast

NAN = np.nan
LEVELS = scores.DISTRIBUTION_LEVELS


def around(middle: np.ndarray, width: float = 1.0) -> QuantileForecast:
    return QuantileForecast.interval(middle - width, middle, middle + width)


def test_figures_by_hand():
    observed = np.array([0.0, 1.0, 2.0, NAN])
    forecast = QuantileForecast.interval(
        np.array([-1.0, 1.5, 1.0, 0.0]), np.array([0.0, 2.0, 4.0, 0.0]), np.array([1.0, 3.0, 5.0, 0.0])
    )
    figures = scores.figures(observed, forecast)
    assert figures["n"] == 3
    assert figures["rmse"] == pytest.approx(np.sqrt(5 / 3))
    assert figures["mae"] == pytest.approx(1)
    assert figures["bias"] == pytest.approx(1)
    assert figures["coverage_80"] == pytest.approx(2 / 3)
    assert figures["width_80"] == pytest.approx((2 + 1.5 + 4) / 3)


def test_what_can_not_be_measured_is_none_not_zero():
    figures = scores.figures(np.array([NAN]), around(np.array([1.0])))
    assert figures["n"] == 0
    assert {figures[name] for name in ("rmse", "mae", "bias", "coverage_80", "width_80", "pinball")} == {None}
    assert scores.against(np.array([NAN]), np.array([1.0]), np.array([1.0]))["skill"] is None
    assert scores.reliability(np.array([NAN]), around(np.array([1.0])))["p50"] is None


def test_skill_is_none_against_a_perfect_baseline():
    assert scores.against(np.array([1.0]), np.array([2.0]), np.array([1.0]))["skill"] is None


def test_pinball_loss_is_least_at_the_quantile():
    outcomes = np.random.default_rng(1).normal(size=20_000)
    for share in scores.INTERVAL_LEVELS:
        at = np.quantile(outcomes, share)
        losses = [
            scores.pinball(outcomes, np.full(outcomes.shape, at + off), share) for off in (-0.2, 0, 0.2)
        ]
        assert min(losses) == losses[1]


def test_the_crps_of_a_point_is_its_mean_error():
    outcomes = np.random.default_rng(1).normal(size=500)
    point = QuantileForecast(LEVELS, np.zeros((len(LEVELS), 500)))
    assert scores.crps(outcomes, point) == pytest.approx(np.mean(np.abs(outcomes)))


def test_the_crps_is_least_for_the_distribution_of_the_outcomes():
    outcomes = np.random.default_rng(1).normal(size=50_000)
    standard = np.array([NormalDist().inv_cdf(level) for level in LEVELS])[:, np.newaxis]

    def of_width(width):
        return scores.crps(outcomes, QuantileForecast(LEVELS, np.repeat(standard * width, 50_000, axis=1)))

    # 1/√π for a standard normal distribution (Gneiting and Raftery 2007); nine quantiles come close to it.
    assert of_width(1) == pytest.approx(1 / np.sqrt(np.pi), abs=0.01)
    assert of_width(1) < min(of_width(0.7), of_width(1.4))


def test_an_interval_alone_has_no_crps():
    assert scores.figures(np.array([1.0]), around(np.array([1.0])))["crps"] is None


@given(st.integers(0, 10_000), st.floats(0.1, 3))
def test_skill_says_which_one_is_better(seed, factor):
    errors = np.random.default_rng(seed).normal(size=200)
    figures = scores.against(np.zeros(200), errors, errors * factor)
    assert figures["skill"] == pytest.approx(1 - 1 / factor, abs=1e-6)
