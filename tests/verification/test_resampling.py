"""A comparison that knows how little it knows, and what chance does to a right forecast."""

from statistics import NormalDist

import numpy as np
import pytest

from weather_mlops.verification import resampling, scores
from weather_mlops.verification.scores import DISTRIBUTION_LEVELS, QuantileForecast

NAN = np.nan


def errors(seed: int, days: int = 90) -> np.ndarray:
    """Errors that last for days, as those of a weather forecast do."""
    source = np.random.default_rng(seed)
    daily = np.repeat(source.normal(size=(3, days, 1)), 24, axis=1)
    return (daily + 0.3 * source.normal(size=daily.shape)) * np.array([1.0, 2.0])


DAYS = np.repeat(np.arange(90), 24)


def test_a_model_that_is_the_same_is_no_improvement():
    same = errors(1)
    figures = resampling.paired(np.zeros_like(same), same, same, DAYS)
    assert figures["improvement"] == 0
    assert figures["certainty"] == 0
    assert figures["days"] == 90


def test_a_model_that_is_better_each_week_is_certainly_better():
    old = errors(1)
    figures = resampling.paired(np.zeros_like(old), 0.95 * old, old, DAYS)
    assert figures["improvement"] == pytest.approx(0.05)
    assert figures["low"] == pytest.approx(0.05)
    assert figures["certainty"] == 1


def test_a_gain_by_luck_is_not_certain():
    certain = [
        resampling.paired(np.zeros((3, 90 * 24, 2)), errors(seed), errors(seed + 1000), DAYS)["certainty"]
        > 0.9
        for seed in range(40)
    ]
    assert sum(certain) <= 10


def test_only_rows_that_both_forecast_are_compared():
    old = errors(1)
    new = 0.9 * old
    half = old.copy()
    half[:, : 45 * 24] = NAN
    figures = resampling.paired(np.zeros_like(old), new, half, DAYS)
    assert figures["improvement"] == pytest.approx(0.1)
    assert figures["days"] == 45
    nothing = resampling.paired(np.zeros_like(old), new, np.full_like(old, NAN), DAYS)
    assert nothing["improvement"] is None
    assert nothing["days"] == 0


def test_nothing_is_compared_with_a_forecast_without_error():
    days = np.arange(3)
    faultless = np.zeros((1, 3, 2))
    assert resampling.paired(faultless, faultless + 1, faultless, days)["improvement"] is None
    once = faultless.copy()
    once[0, 1] = 1.0  # of the resamples, some have only days without an error
    assert resampling.paired(faultless, 2 * once, once, days)["improvement"] == -1


def test_the_comparison_is_the_same_each_time():
    first, second = errors(1), errors(2)
    truth = np.zeros_like(first)
    assert resampling.paired(truth, first, second, DAYS) == resampling.paired(truth, first, second, DAYS)


def distribution(width: float, shape: tuple[int, ...], bias: float = 0.0) -> QuantileForecast:
    """A normal distribution of a width, everywhere the same."""
    quantiles = [bias + width * NormalDist().inv_cdf(level) for level in DISTRIBUTION_LEVELS]
    return QuantileForecast(DISTRIBUTION_LEVELS, np.stack([np.full(shape, each) for each in quantiles]))


def test_the_crps_of_a_wider_distribution_is_worse_each_week():
    outcomes = np.random.default_rng(1).normal(size=(3, 90 * 24, 2))
    right, wide = distribution(1, outcomes.shape), distribution(2, outcomes.shape)
    figures = resampling.paired_crps(outcomes, right, wide, DAYS)

    ratios = [
        scores.crps(outcomes[..., lead], right[..., lead]) / scores.crps(outcomes[..., lead], wide[..., lead])
        for lead in (0, 1)
    ]
    assert figures["improvement"] == pytest.approx(1 - np.mean(ratios))
    assert figures["low"] < figures["improvement"] < figures["high"]
    assert figures["certainty"] == 1


def test_the_crps_is_compared_on_the_rows_of_both():
    outcomes = np.random.default_rng(1).normal(size=(3, 90 * 24, 2))
    half = distribution(2, outcomes.shape)
    half.values[:, :, : 45 * 24] = NAN

    assert resampling.paired_crps(outcomes, distribution(1, outcomes.shape), half, DAYS)["days"] == 45


def test_an_interval_and_a_distribution_have_no_common_crps():
    outcomes = np.zeros((3, 90 * 24, 2))
    interval = QuantileForecast.interval(outcomes - 1, outcomes, outcomes + 1)

    for new, old in ((interval, distribution(1, outcomes.shape)), (interval, interval)):
        assert resampling.paired_crps(outcomes, new, old, DAYS)["improvement"] is None


def test_outcomes_of_a_right_distribution_rank_as_chance_allows():
    outcomes = np.random.default_rng(1).normal(size=(3, 90 * 24))
    ranks = resampling.rank_histogram(outcomes, distribution(1, outcomes.shape), DAYS)

    assert ranks["shares"] == pytest.approx(
        [0.05, 0.05, 0.15, 0.15, 0.1, 0.1, 0.15, 0.15, 0.05, 0.05], abs=0.01
    )
    assert sum(ranks["shares"]) == pytest.approx(1)
    inside = [
        low <= share <= high
        for low, share, high in zip(ranks["low"], ranks["shares"], ranks["high"], strict=True)
    ]
    assert sum(inside) >= 8


def test_a_narrow_distribution_has_too_many_outcomes_outside():
    outcomes = np.random.default_rng(1).normal(size=(3, 90 * 24))
    outcomes[0, :99] = NAN
    ranks = resampling.rank_histogram(outcomes, distribution(0.5, outcomes.shape), DAYS)

    assert ranks["shares"][0] > ranks["high"][0] > 0.05
    assert ranks["shares"][-1] > ranks["high"][-1]
    assert ranks["shares"][4] < ranks["low"][4]
    assert resampling.rank_histogram(outcomes * NAN, distribution(1, outcomes.shape), DAYS) is None


def test_dependent_errors_widen_the_range_of_chance():
    apart = np.random.default_rng(1).normal(size=(3, 90 * 24))
    daily = np.repeat(np.random.default_rng(1).normal(size=(3, 90)), 24, axis=1)
    of_chance = [
        resampling.rank_histogram(outcomes, distribution(1, apart.shape), DAYS) for outcomes in (apart, daily)
    ]

    widths = [np.subtract(each["high"], each["low"]).mean() for each in of_chance]
    assert widths[1] > 3 * widths[0]
