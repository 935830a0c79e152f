"""A sudden change of the official forecast's bias: at a station that moved, and not by season or weather."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tests import ulsan
from tests.ulsan import GUIDANCE
from weather_mlops.lake.schemas import FORECASTS
from weather_mlops.lake.verification_columns import KMA_FORECAST, OWN
from weather_mlops.monitoring.bias_change import days_needed, measure_change
from weather_mlops.monitoring.checks import Status
from weather_mlops.monitoring.official_bias import checks, daily_bias, figures_of
from weather_mlops.monitoring.official_limits import OfficialForecastLimits
from weather_mlops.verification.days import Compared, figures_of_day

LIMITS = OfficialForecastLimits()
DAYS = days_needed(LIMITS) + 150
DAY = timedelta(days=1)


def healthy(stations: int = 3, days: int = DAYS, seed: int = 0) -> np.ndarray:
    """Daily bias of stations: a season of 1 °C, and weather that differs from day to day by 0.5 °C."""
    weather = np.random.default_rng(seed).normal(0, 0.5, (stations, days))
    return weather + np.sin(2 * np.pi * np.arange(days) / 365)


def alarms(daily: np.ndarray, first: int) -> np.ndarray:
    """Whether each station is reported on each day from one on, shape (stations, days)."""
    ends = range(first + 1, daily.shape[1] + 1)
    return np.array([measure_change(daily[:, :end], LIMITS).beyond for end in ends]).T


@pytest.mark.parametrize("sign", [1, -1])
def test_a_shift_opens_and_closes_and_others_stay_quiet(sign):
    daily, begin = healthy(), days_needed(LIMITS) + 20
    daily[1, begin:] += sign * 1.2
    reported = alarms(daily, begin - 20)

    assert not reported[[0, 2]].any()
    days = np.flatnonzero(reported[1]) - 20
    assert 15 <= days[0] <= 45
    assert days[-1] < 130
    last = measure_change(daily[:, : begin + 50], LIMITS)
    assert abs(last.onset[1] - begin) <= 7
    assert last.change[1] == pytest.approx(sign * 1.2, abs=0.5)


def test_a_season_of_the_forecast_is_no_change():
    daily = healthy(stations=1, seed=3) + 2 * np.sin(2 * np.pi * np.arange(DAYS) / 365)
    assert not alarms(daily, days_needed(LIMITS)).any()


def test_a_change_of_many_stations_at_once_is_not_a_stations():
    daily, begin = healthy(stations=40), days_needed(LIMITS) + 20
    daily[:, begin:] += 1.5
    assert measure_change(daily[:5, : begin + 50], LIMITS).beyond.all()
    assert not measure_change(daily[:, : begin + 50], LIMITS).beyond.any()


def test_without_the_year_before_nothing_is_known():
    measured = measure_change(healthy(days=300), LIMITS)
    assert np.isnan(measured.change).all()
    assert not measured.beyond.any()


def test_with_few_of_the_recent_days_nothing_is_known():
    daily = healthy()
    daily[0, -LIMITS.bias_recent_days : -20] = np.nan
    measured = measure_change(daily, LIMITS)
    assert np.isnan(measured.change).tolist() == [True, False, False]


def test_days_without_a_figure_are_left_out():
    daily, begin = healthy(), days_needed(LIMITS) + 20
    daily[1, begin:] += 1.5
    daily[:, ::4] = np.nan
    measured = measure_change(daily[:, : begin + 55], LIMITS)
    assert measured.beyond.tolist() == [False, True, False]


def test_a_day_with_few_rows_has_no_bias():
    first = date(2026, 1, 1)
    rows = pa.table(
        {
            "day": pa.array([first, first + DAY, first + 2 * DAY, first], pa.date32()),
            "member": pa.array([108, 108, 108, 152], pa.int32()),
            "n": pa.array([1152, 1152, 24, 9], pa.int32()),
            "bias": [0.5, -0.5, 9.0, 1.0],
        }
    )
    station_ids, daily = daily_bias(rows, first, first + 2 * DAY)

    assert station_ids.tolist() == [108, 152]
    assert daily[0, :2].tolist() == [0.5, -0.5]
    assert np.isnan(daily[0, 2])
    assert daily[1, 0] == 1.0


def test_too_few_days_are_one_unknown_check_that_names_the_fix():
    rows = pa.table(
        {
            "day": pa.array([], pa.date32()),
            "member": pa.array([], pa.int32()),
            "n": pa.array([], pa.int32()),
            "bias": pa.array([], pa.float64()),
        }
    )
    last, now = date(2026, 1, 31), datetime(2026, 2, 1, tzinfo=UTC)
    figures = figures_of(rows, last - (days_needed(LIMITS) - 1) * DAY, last, LIMITS, now)
    (check,) = checks(figures, LIMITS, [108])

    assert (check.status, check.subject) == (Status.UNKNOWN, "")
    assert "make history WHAT=kma_forecast" in check.detail


# The real station


@pytest.fixture(scope="module")
def verified() -> pa.Table:
    """Figures of each day of Ulsan, as the table of verification has them."""

    def days() -> Iterator[date]:
        yield from (date(2015, 1, 2) + number * DAY for number in range(525))

    compared = Compared(
        FORECASTS.columns.empty_table(),
        ulsan.forecasts(),
        ulsan.observed_rows().select(["station_id", "observed_at", ulsan.COLUMN]),
    )
    rows = [row for day in days() for row in figures_of_day(compared, day).to_pylist()]
    required = {"forecast": KMA_FORECAST, "compared": OWN, "grouped_by": "station_id"}
    required["variable"] = ulsan.COLUMN
    return pa.Table.from_pylist(
        [row for row in rows if all(row[name] == value for name, value in required.items())]
    )


@pytest.mark.skipif(
    not GUIDANCE.is_dir(), reason=f"NO REAL FORECASTS at {GUIDANCE}: the station that moved is not replayed"
)
def test_the_move_of_ulsan_is_reported_and_nothing_before(verified):
    reported = {}
    for number in range(-150, 70):
        last = ulsan.MOVED + number * DAY
        first = last - (days_needed(LIMITS) - 1) * DAY
        now = datetime(last.year, last.month, last.day, tzinfo=UTC) + 2 * DAY
        (check,) = checks(figures_of(verified, first, last, LIMITS, now), LIMITS, [ulsan.STATION])
        reported[number] = check
    breaches = [number for number, check in reported.items() if check.status is Status.BREACH]
    measured = [number for number, check in reported.items() if check.status is Status.OK]

    assert measured[0] <= -60
    assert breaches[0] == 40
    assert reported[breaches[-1] + 1].status is Status.OK
    assert "is +0.6 °C, where -0.1 °C is normal for the season, since about 2016-" in reported[40].detail
