"""Labels of a plot's axis are round, and at the positions of their values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.monitoring.report.plots import upright


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([-1.5, 10.9], ["−2.5", "0.0", "2.5", "5.0", "7.5", "10.0", "12.5"]),
        ([0.0, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        ([0.0, 1000.0], ["0", "200", "400", "600", "800", "1,000"]),
    ],
)
def test_an_axis_has_round_figures(values, labels):
    assert [label for _, label in upright(values, "°C").ticks] == labels


@given(
    st.lists(st.floats(-1e4, 1e4, allow_nan=False), min_size=2, max_size=5).filter(
        lambda values: max(values) - min(values) > 1e-3
    )
)
def test_each_label_is_the_figure_at_which_it_stands(values):
    for place, label in upright(values, "°C").ticks:
        assert float(label.replace("−", "-").replace(",", "")) == pytest.approx(place, abs=1e-9)
