"""How wrong the simulator's forecast is, against its own observations: one summer of all stations."""

import numpy as np
import pytest

from simulator import clock
from simulator.forecast import issues
from simulator.observing import observe

FIRST, DAYS = clock.parse_tm("2025060100"), 92
HOURS = np.arange(24)
LEADS = (1, 4, 12, 24, 36, 48, 58)
# The errors change within 30 hours, so a station has an independent one that often. By it the sampling error
# of an RMSE or a mean is known: RMSE / sqrt(2 n) and RMSE / sqrt(n). Tolerances are four times as much.
INDEPENDENT_H = 30
SIGMAS = 4


def expected_rmse(lead: int) -> float:
    """1.35 degrees at 4 h, growing to 1.7 at 58 h."""
    return 1.35 + (1.7 - 1.35) * (max(lead, 4) - 4) / (58 - 4)


@pytest.fixture(scope="module")
def observed(weather):
    """Air temperature by hour since FIRST and station."""
    first_day = clock.day_of(FIRST + 1)
    return np.concatenate([observe(weather, day)["TA"] for day in range(first_day, first_day + DAYS + 5)])


@pytest.fixture(scope="module")
def errors(forecasts, observed):
    """Of forecasts at 02, 08, 14 and 20 o'clock: shape (issues, hours ahead, stations)."""
    result = []
    for issue in range(FIRST + 2, FIRST + 24 * DAYS, 6):
        forecast = forecasts.temperatures(issue)
        assert forecast.hours[: LEADS[-1]] == tuple(range(issue + 1, issue + LEADS[-1] + 1))
        begin = issue - FIRST  # the first row of the observations is an hour after FIRST
        truth = observed[begin : begin + LEADS[-1]]
        result.append(forecast.numbers["TMP"][: LEADS[-1]] - truth)
    return np.array(result)


@pytest.fixture(scope="module")
def independent(errors) -> float:
    """How many independent errors a lead has."""
    return DAYS * 24 / INDEPENDENT_H * errors.shape[2]


@pytest.mark.parametrize("lead", LEADS)
def test_errors_grow_with_the_lead_as_the_kmas_do(errors, independent, lead):
    rmse = np.sqrt(np.mean(errors[:, lead - 1] ** 2))
    tolerance = SIGMAS * expected_rmse(lead) / np.sqrt(2 * independent)

    assert tolerance < 0.06
    assert rmse == pytest.approx(expected_rmse(lead), abs=tolerance)


def test_every_station_has_errors_of_this_size(errors):
    rmse = np.sqrt(np.mean(errors[:, 23] ** 2, axis=0))
    tolerance = SIGMAS * expected_rmse(24) / np.sqrt(2 * DAYS * 24 / INDEPENDENT_H)

    assert errors.shape[2] > 90
    assert np.abs(rmse - expected_rmse(24)).max() < tolerance


def test_the_bias_follows_the_hour_of_the_day(errors, independent):
    hours = (2 + 6 * np.arange(len(errors))[:, None] + 1 + np.arange(errors.shape[1])) % 24
    bias = np.array([errors[hours == hour].mean() for hour in HOURS])
    tolerance = SIGMAS * expected_rmse(30) / np.sqrt(independent)

    assert tolerance < 0.08
    # Coolest at 14:00 and warmest at 02:00 KST, by 0.6 degrees.
    assert bias == pytest.approx(-0.6 * np.cos(2 * np.pi * (HOURS - 14) / 24), abs=tolerance)


def test_two_issues_are_wrong_about_an_hour_in_the_same_way(errors):
    newer, older = errors[4:, 5], errors[:-4, 29]  # 6 and 30 hours before the same hour
    together = np.corrcoef(newer.ravel(), older.ravel())[0, 1]

    # 0.7 of the variance of what changes, and the bias.
    assert together == pytest.approx(0.7, abs=0.05)


@pytest.mark.parametrize("season", ["20250115", "20250715"])
def test_temperatures_are_whole_degrees(forecasts, season):
    for hour in issues.ISSUE_HOURS:
        numbers = forecasts.temperatures(clock.parse_tm(season) + hour).numbers
        for name in ("TMP", "TMX", "TMN"):
            values = numbers[name][~np.isnan(numbers[name])]
            assert len(values) >= 97
            assert (values == np.round(values)).all()


def test_extremes_are_those_of_the_hours_of_their_day(forecasts):
    issue = clock.parse_tm("2025071505")
    forecast = forecasts.temperatures(issue)
    hours = np.array(forecast.hours)
    tomorrow = issue - 5 + 24
    of_day = forecast.numbers["TMP"][(hours >= tomorrow) & (hours < tomorrow + 24)]

    for name, hour, extreme in (("TMX", 15, np.max), ("TMN", 6, np.min)):
        daily = forecast.numbers[name][hours == tomorrow + hour]
        assert (daily == extreme(of_day, axis=0)).all()
