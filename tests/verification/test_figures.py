"""Errors of forecasts, against sums made by hand."""

from datetime import UTC, datetime, timedelta
from math import sqrt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.verification.figures import Figures, verify

COLUMN = "air_temperature_c"
MIDNIGHT_KST = datetime(2024, 3, 9, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIME = pa.timestamp("us", tz="UTC")


def forecast(rows: list[tuple[int, int, int, float | None]]) -> pa.Table:
    """Rows of (station, valid hour after midnight KST, lead, value)."""
    return pa.table(
        {
            "station_id": pa.array([each[0] for each in rows], pa.int32()),
            "valid_at": pa.array([MIDNIGHT_KST + each[1] * HOUR for each in rows], TIME),
            "lead_hours": pa.array([each[2] for each in rows], pa.int32()),
            COLUMN: pa.array([each[3] for each in rows], pa.float64()),
        }
    )


def observed(rows: list[tuple[int, int, float | None]]) -> pa.Table:
    """Rows of (station, hour after midnight KST, value)."""
    return pa.table(
        {
            "station_id": pa.array([each[0] for each in rows], pa.int32()),
            "observed_at": pa.array([MIDNIGHT_KST + each[1] * HOUR for each in rows], TIME),
            COLUMN: pa.array([each[2] for each in rows], pa.float64()),
        }
    )


def test_figures_of_known_errors():
    rows = forecast([(90, 0, 1, 11.0), (90, 1, 1, 8.0), (108, 1, 2, 13.0)])
    result = verify({"kma": rows}, observed([(90, 0, 10.0), (90, 1, 10.0), (108, 1, 10.0)]), COLUMN)["kma"]

    assert result.overall == Figures(3, pytest.approx(sqrt(14 / 3)), 2.0, pytest.approx(2 / 3), 1 / 3, 2 / 3)
    assert result.by_lead == {1: Figures(2, sqrt(2.5), 1.5, -0.5, 0.5, 1.0), 2: Figures(1, 3, 3, 3, 0, 0)}
    assert result.by_hour_kst[0] == Figures(1, 1, 1, 1, 1, 1)
    assert result.by_station.keys() == {90, 108}


def test_the_hour_of_the_day_is_korean():
    rows = forecast([(90, hour, 1, 10.0) for hour in (0, 5, 23, 24)])
    result = verify({"kma": rows}, observed([(90, hour, 10.0) for hour in (0, 5, 23, 24)]), COLUMN)["kma"]

    assert {hour: figures.n for hour, figures in result.by_hour_kst.items()} == {0: 2, 5: 1, 23: 1}


def test_all_forecasts_are_compared_on_common_rows():
    ours = forecast([(90, 0, 1, 10.0), (90, 1, 1, 10.0), (90, 2, 1, None), (90, 3, 1, 10.0)])
    theirs = forecast([(90, 1, 1, 12.0), (90, 2, 1, 12.0), (90, 1, 2, 12.0), (90, 3, 1, 12.0)])
    result = verify(
        {"ours": ours, "kma": theirs},
        observed([(90, hour, 11.0) for hour in (0, 1, 2)] + [(90, 3, None)]),
        COLUMN,
    )

    assert (result["ours"].overall.n, result["ours"].overall.bias) == (1, -1.0)
    assert (result["kma"].overall.n, result["kma"].overall.bias) == (1, 1.0)


def test_an_error_of_exactly_one_degree_is_within_one():
    # 12.3 - 11.3 is 1.0000000000000018 as binary fractions.
    result = verify({"kma": forecast([(90, 0, 1, 12.3)])}, observed([(90, 0, 11.3)]), COLUMN)["kma"]

    assert result.overall.within_1 == 1


def test_without_common_rows_there_are_no_figures():
    result = verify({"kma": forecast([(90, 0, 1, 1.0)])}, observed([]), COLUMN)["kma"]

    assert result.overall is None
    assert result.by_lead == result.by_hour_kst == result.by_station == {}


def test_two_values_for_one_hour_and_lead_are_refused():
    with pytest.raises(ValueError, match=r"forecast kma: two values .*known_at"):
        verify({"kma": forecast([(90, 0, 1, 1.0), (90, 0, 1, 2.0)])}, observed([]), COLUMN)
    with pytest.raises(ValueError, match="at least one forecast"):
        verify({}, observed([]), COLUMN)


tenths = st.integers(-300, 400).map(lambda number: number / 10)
many = st.dictionaries(
    st.tuples(st.sampled_from([90, 95, 108]), st.integers(0, 30), st.integers(0, 48)), tenths, max_size=40
)
truths = st.dictionaries(st.tuples(st.sampled_from([90, 95, 108]), st.integers(0, 30)), tenths, max_size=60)


@given(many, many, truths)
def test_figures_are_those_of_sums_by_hand(one, other, truth):
    result = verify(
        {
            "one": forecast([(*key, value) for key, value in one.items()]),
            "other": forecast([(*key, value) for key, value in other.items()]),
        },
        observed([(*key, value) for key, value in truth.items()]),
        COLUMN,
    )
    keys = [key for key in one if key in other and key[:2] in truth]
    for name, values in (("one", one), ("other", other)):
        for group, part in (("by_station", 0), ("by_lead", 2)):
            figures = getattr(result[name], group)
            assert figures.keys() == {key[part] for key in keys}
            for number, each in figures.items():
                errors = np.array([values[key] - truth[key[:2]] for key in keys if key[part] == number])
                assert each.n == errors.size
                assert each.rmse == pytest.approx(np.sqrt(np.mean(errors**2)))
                assert each.mae == pytest.approx(np.mean(np.abs(errors)))
                assert each.bias == pytest.approx(np.mean(errors), abs=1e-9)
                assert each.within_2 == pytest.approx(np.mean(np.abs(errors) <= 2.000001))
