"""Which hours a run asks for, and what it stages."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.errors import Misconfigured, NothingYet, QuotaExhausted
from weather_mlops.ingest.collection import (
    TRANSIENT_ERRORS,
    Batch,
    Window,
    expected_rows,
    fetch_gaps,
    published_share,
    require_rows,
)
from weather_mlops.lake.gap_calls import GapCall
from weather_mlops.lake.gaps import HORIZON
from weather_mlops.stations import resolve_station_ids

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_run_is_about_its_own_hour_and_the_ones_before_it():
    window = Window.ending(NOON + timedelta(minutes=59), lookback_hours=3)

    assert window.hours == [NOON - 2 * HOUR, NOON - HOUR, NOON]


def test_after_an_outage_all_hours_since_are_requested():
    window = Window.ending(NOON, lookback_hours=3, newest=NOON - 30 * HOUR)

    assert window.begin == NOON - 29 * HOUR


def test_a_run_about_the_past_asks_for_its_own_hours_only():
    window = Window.ending(NOON, lookback_hours=2, newest=NOON + 100 * HOUR)

    assert window.hours == [NOON - HOUR, NOON]


def test_no_hour_at_all_is_a_mistake():
    with pytest.raises(Misconfigured, match="lookback_hours"):
        Window.ending(NOON, lookback_hours=0)


@given(
    moment=st.integers(0, 3_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    lookback=st.integers(1, 2000),
    behind=st.none() | st.integers(-1000, 5000),
)
def test_a_window_is_whole_hours_and_covers_what_it_must(moment, lookback, behind):
    newest = None if behind is None else moment.replace(minute=0, second=0, microsecond=0) - behind * HOUR
    window = Window.ending(moment, lookback, newest)

    assert all(hour.minute == hour.second == hour.microsecond == 0 for hour in window.hours)
    assert window.end <= moment < window.end + HOUR
    assert len(window.hours) >= lookback
    assert window.end - window.begin <= max(HORIZON, (lookback - 1) * HOUR)
    if newest is not None and window.end - HORIZON < newest < window.end:
        assert newest + HOUR >= window.begin


def test_stations_are_all_or_named():
    assert len(resolve_station_ids("all")) == 97
    assert resolve_station_ids([159, "108", 108]) == (108, 159)


@pytest.mark.parametrize("requested", ["soul", "", [], [999], ["108; drop"], [None]])
def test_a_station_that_does_not_exist_is_named(requested):
    with pytest.raises(Misconfigured):
        resolve_station_ids(requested)


def test_every_station_is_expected_at_every_hour():
    table = expected_rows([NOON, NOON + HOUR], [108, 159], "window")

    assert table.num_rows == 4
    assert set(zip(table["station_id"].to_pylist(), table["observed_at"].to_pylist(), strict=True)) == {
        (108, NOON),
        (159, NOON),
        (108, NOON + HOUR),
        (159, NOON + HOUR),
    }


def test_a_batch_without_rows_is_refused_with_its_hours():
    with pytest.raises(NothingYet, match="2026-11-23 12:00"):
        require_rows(Batch(), Window(NOON, NOON))


def test_nothing_is_published_of_an_empty_batch():
    assert published_share(Batch(), NOON, [108]) == 0


class Answers:
    """A client whose calls end one after the other in these ways."""

    def __init__(self, *ways):
        self.ways = iter(ways)

    def period(self, *_):
        if (way := next(self.ways)) is not None:
            raise way
        return []


@pytest.mark.parametrize("error", [*TRANSIENT_ERRORS, QuotaExhausted])
def test_an_api_failing_at_a_gap_does_not_stop_the_newest_hours(error):
    batch, calls = Batch(), [GapCall(NOON - n * HOUR, NOON - n * HOUR, (108,)) for n in (1, 2, 3)]

    assert fetch_gaps(Answers(None, error("now"), None), None, batch, calls) == 1
    # Hours that weren't requested don't count as a try.
    assert batch.expected["observed_at"].to_pylist() == [NOON - HOUR]
