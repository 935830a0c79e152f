"""A figure that breaks its limit is never written as the limit."""

import math
from datetime import UTC, datetime

import pytest

from weather_mlops.formatting import exact, exact_percent, number, percent
from weather_mlops.lake.health import TableFigures, TableHealthLimits, breaches
from weather_mlops.monitoring.report.translations import figure


@pytest.mark.parametrize(
    ("share", "limits", "text"),
    [
        (0.9604, (0.6, 0.95), "96.0%"),
        (0.9504, (0.6, 0.95), "95.04%"),
        (0.95000004, (0.6, 0.95), "95.000004%"),
        (0.59996, (0.6, 0.95), "59.996%"),
        (0.95, (0.6, 0.95), "95.0%"),
        (0.95, (), "95.0%"),
        (0.1 + 0.2, (0.3,), "30.0%"),
    ],
)
def test_a_share_has_as_many_digits_as_tell_it_from_its_limits(share, limits, text):
    assert percent(share, *limits) == text


def test_figures_and_signs():
    assert number(6.04, 6) == "6.04"
    assert number(6.4, 6) == "6.4"
    assert number(-0.0004, 0, signed=True) == "-0.0004"
    assert percent(0.00004, 0, signed=True) == "+0.004%"
    assert percent(0.0, 0, signed=True) == "+0.0%"
    assert percent(math.nan, 0.5) == "nan%"


def test_a_limit_is_written_as_it_was_given():
    assert exact_percent(0.95) == "95%"
    assert exact_percent(0.07) == "7%"
    assert exact_percent(0.9995) == "99.95%"
    assert exact_percent(-0.01, signed=True) == "-1%"
    assert exact(2.0) == "2"
    assert exact(0.005) == "0.005"


def test_a_figure_that_breaks_its_limit_is_written_unlike_it():
    for value, limit in (
        (0.95004, 0.95),
        (6.00001, 6.0),
        (2000.2, 2000.0),
        (-0.10004, -0.1),
        (95.0001, 95.0),
    ):
        assert figure(value, "%", limit=limit) != figure(limit, "%")
    assert figure(0.95, limit=0.95) == figure(0.95)
    assert figure(0.91234, limit=0.95) == "0.9123"
    assert figure(2500.4, limit=2000.0) == "2,500"


def test_the_health_check_and_the_audit_show_what_breaks_a_limit():
    figures = TableFigures(datetime(2026, 11, 30, tzinfo=UTC), 2.04, 97, 87, 97, 97, 0, 0)
    lag, share = breaches(figures, TableHealthLimits(max_lag_hours=2, min_station_share=0.9, max_open_gaps=5))

    assert "2.04 h behind the clock; at most 2 h" in lag
    assert "at least 90% must" in share
