from datetime import timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.lake import gaps
from weather_mlops.lake.gap_calls import of_stations, plan_calls
from weather_mlops.lake.gaps import GapCount, due, update
from weather_mlops.lake.keys import key_list, to_datetime
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import GAPS_SCHEMA, KEY, QUARANTINE_SCHEMA

from .conftest import NOW, hours, observations

HOUR = timedelta(hours=1)
NONE = GAPS_SCHEMA.empty_table()
NO_ROWS = QUARANTINE_SCHEMA.empty_table()


def keys(stations, times):
    return key_list(observations(stations, times))


def opened(stations, times, at=NOW):
    return update(NONE, keys(stations, times), set(), {}, at)


def states(register) -> dict:
    return {
        (row["station_id"], row["observed_at"]): (row["reason"], row["tries"], row["closed_at"])
        for row in register.to_pylist()
    }


def test_a_missing_hour_opens_a_gap_and_its_row_closes_it():
    (hour,) = hours(1)
    register = update(
        NONE,
        keys([90, 95, 98], [hour]),
        set(keys([90], [hour])),
        dict.fromkeys(keys([95], [hour]), "quarantined"),
        NOW,
    )
    assert states(register) == {(95, hour): ("quarantined", 1, None), (98, hour): ("missing", 1, None)}

    later = NOW + 2 * HOUR
    register = update(register, keys([95, 98], [hour]), set(keys([98], [hour])), {}, later)
    assert states(register) == {(95, hour): ("missing", 2, None), (98, hour): ("missing", 1, later)}


def test_no_try_is_counted_while_a_gap_rests():
    register = opened([90], hours(1))

    assert update(register, keys([90], hours(1)), set(), {}, NOW + HOUR) == register
    later = update(register, keys([90], hours(1)), set(), {}, NOW + 2 * HOUR)
    assert later["tries"].to_pylist() == [2]


def test_a_gap_that_a_run_leaves_is_due_at_once_and_not_tried():
    register = opened([90], hours(1))
    left = dict.fromkeys(keys([90], hours(1)), "not_requested")
    register = update(register, keys([90], hours(1)), set(), left, NOW + HOUR)

    assert states(register) == {(90, *hours(1)): ("not_requested", 1, None)}
    assert due(register, NOW + HOUR).num_rows == 1
    register = update(register, keys([90], hours(1)), set(), {}, NOW + HOUR)
    assert states(register) == {(90, *hours(1)): ("missing", 2, None)}


def test_a_gap_that_was_not_asked_for_stays_as_it_is():
    register = opened([90], hours(2))

    assert update(register, keys([95], hours(2)), set(keys([95], hours(2))), {}, NOW + HOUR) == register


some_keys = st.sets(st.sampled_from(keys([90, 95, 98], hours(4))))


@given(some_keys, some_keys, some_keys, some_keys)
def test_the_gap_register_is_idempotent_and_order_independent(first, expected, present, refused):
    register = update(NONE, first, set(), {}, NOW - HOUR)
    reasons = dict.fromkeys(refused, "quarantined")
    once = update(register, expected, present, reasons, NOW)

    assert update(once, expected, present, reasons, NOW) == once
    assert update(register, sorted(expected, reverse=True), present, reasons, NOW) == once
    assert set(key_list(once)) == first | (expected - present)
    still_open = {
        key for key, (*_, closed) in zip(key_list(once), states(once).values(), strict=True) if not closed
    }
    assert still_open == (first | expected) - (expected & present)


@pytest.mark.parametrize(("tries", "rest"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 24), (400, 24)])
def test_each_try_in_vain_makes_a_gap_rest_longer_up_to_a_day(tries, rest):
    row = {**opened([90], [NOW - HOUR]).to_pylist()[0], "tries": tries}
    register = pa.Table.from_pylist([row], schema=GAPS_SCHEMA)

    assert due(register, NOW + rest * HOUR - timedelta(seconds=1)).num_rows == 0
    assert due(register, NOW + rest * HOUR).num_rows == 1


def test_closed_distant_and_window_gaps_are_not_due():
    times = [NOW - timedelta(days=32), NOW - timedelta(days=30), NOW - HOUR]
    register = opened([90, 95], times, NOW - timedelta(days=1))
    register = update(register, keys([95], times), set(keys([95], times)), {}, NOW)

    assert key_list(due(register, NOW)) == keys([90], times[:0:-1])
    assert key_list(due(register, NOW, before=NOW - HOUR)) == keys([90], times[1:2])


def test_neighbouring_hours_share_a_call_for_all_their_stations():
    register = pa.concat_tables(
        [opened([95], hours(2)), opened([90], hours(3)), opened([98], [NOW - 9 * HOUR])]
    )
    newest, older = plan_calls(register, max_calls=10)

    assert (newest.begin, newest.end, newest.station_ids) == (NOW - 2 * HOUR, NOW, (90, 95))
    assert (older.begin, older.end, older.station_ids) == (NOW - 9 * HOUR, NOW - 9 * HOUR, (98,))


def test_fewer_calls_reach_further():
    register = opened([90], [NOW, NOW - 3 * HOUR, NOW - 40 * HOUR])

    assert len(plan_calls(register, max_calls=3)) == 3
    assert [(c.begin, c.end) for c in plan_calls(register, max_calls=2)] == [
        (NOW - 3 * HOUR, NOW),
        (NOW - 40 * HOUR, NOW - 40 * HOUR),
    ]
    assert [(c.begin, c.end) for c in plan_calls(register, max_calls=1)] == [(NOW - 40 * HOUR, NOW)]
    assert plan_calls(register, max_calls=0) == []


@given(
    st.sets(st.tuples(st.sampled_from([90, 95, 98]), st.integers(0, 31 * 24)), min_size=1), st.integers(1, 6)
)
def test_calls_are_few_and_short_and_two_runs_reach_all_gaps(places, max_calls):
    register = pa.concat_tables([opened([station], [NOW - back * HOUR]) for station, back in places])
    calls = plan_calls(register, max_calls)

    assert len(calls) <= max_calls
    assert all(call.end - call.begin <= timedelta(days=30, hours=23) for call in calls)
    assert calls[0].end == NOW - min(back for _, back in places) * HOUR
    if max_calls > 1:
        for station, hour in key_list(register):
            assert any(c.begin <= to_datetime(hour) <= c.end and station in c.station_ids for c in calls)


def requested(stations, times) -> pa.Table:
    return observations(stations, times).select(KEY)


def register_of(catalog) -> pa.Table:
    table = catalog.load_table("weather.gaps").scan().to_arrow().cast(GAPS_SCHEMA)
    return table.sort_by([(name, "ascending") for name in KEY])


def test_the_register_on_s3_follows_the_observations(catalog):
    publish(catalog, observations([90], hours(3)), run="one")
    counted = gaps.record(catalog, requested([90, 95], hours(3)), NO_ROWS, run="one", now=NOW)
    assert counted == GapCount(opened=3, closed=0, open=3)
    assert gaps.count_open(catalog) == 3

    publish(catalog, observations([95], hours(2)), run="two")
    counted = gaps.record(catalog, requested([90, 95], hours(3)), NO_ROWS, run="two", now=NOW + 2 * HOUR)
    assert counted == GapCount(opened=0, closed=2, open=1)
    assert key_list(gaps.load(catalog)) == keys([95], hours(3)[:1])
    assert sorted(register_of(catalog)["tries"].to_pylist()) == [1, 1, 2]


def test_gaps_of_several_months_and_years_are_kept(catalog):
    times = [NOW - timedelta(days=days) for days in (0, 40, 800)]
    for run, time in enumerate(times):
        gaps.record(catalog, requested([90], [time]), NO_ROWS, run=str(run), now=NOW)
    gaps.record(catalog, requested([95], times), NO_ROWS, run="all", now=NOW)

    assert sorted(key_list(register_of(catalog))) == sorted(keys([90, 95], times))
    assert gaps.count_open(catalog) == 2  # within the horizon


def test_a_run_that_changes_no_gap_makes_no_commit(catalog):
    publish(catalog, observations([90], hours(3)), run="one")
    gaps.record(catalog, requested([90], hours(3)), NO_ROWS, run="one", now=NOW)
    assert catalog.load_table("weather.gaps").current_snapshot() is None

    gaps.record(catalog, requested([95], [NOW - 9 * HOUR]), NO_ROWS, run="two", now=NOW)
    before = catalog.load_table("weather.gaps").current_snapshot()
    gaps.record(catalog, requested([90], hours(3)), NO_ROWS, run="three", now=NOW + HOUR)
    assert catalog.load_table("weather.gaps").current_snapshot() == before


def test_gaps_are_not_read_while_none_is_due(catalog):
    gaps.record(catalog, requested([90], hours(1)), NO_ROWS, run="one", now=NOW)

    assert gaps.load(catalog, NOW + HOUR).num_rows == 0
    assert gaps.load(catalog, NOW + 2 * HOUR).num_rows == 1
    assert gaps.load(catalog).num_rows == 1


def test_gaps_of_dropped_stations_are_not_requested():
    register = opened([90, 95], hours(2))
    requested = plan_calls(due(of_stations(register, [95, 98]), NOW + 24 * HOUR), 10)

    assert {station for call in requested for station in call.station_ids} == {95}
