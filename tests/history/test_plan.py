"""What a load is made of: whole, in calls that the API serves, and nothing twice."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weather_mlops.errors import Misconfigured
from weather_mlops.history.plan import ROWS_PER_PART, Load, PendingStationHours, Request
from weather_mlops.kma.endpoints import HOUR, KST, LONGEST_SPAN
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake.rows import keys_of
from weather_mlops.lake.schemas import UTC_TIME

NOW = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)
ALL = tuple(station.id for station in load_stations())
BUKBUSAN, OPENED = 296, datetime(2023, 1, 11, tzinfo=KST)
days = st.dates(date(2000, 1, 1), date(2026, 11, 23))


# Some years hold all that decades do: turns of months and years, leap days, stations that open.
@given(days, st.integers(0, 1200), st.sets(st.sampled_from(ALL), min_size=1), st.integers(1, 3))
@settings(deadline=None, max_examples=30)
def test_every_hour_of_an_open_station_is_in_one_chunk(first, length, stations, parallelism):
    last = min(first + timedelta(days=length), NOW.date())
    load = Load.of(first, last, tuple(stations), NOW, parallelism=parallelism)
    chunks = [chunk for lane in range(load.lanes) for _, part in load.lane(lane) for chunk in part]

    assert sorted(chunks, key=lambda chunk: chunk.begin) == load.chunks()
    hours = [chunk.begin + n * HOUR for chunk in load.chunks() for n in range(chunk.hours)]
    assert len(hours) == len(set(hours))
    opened = min(_opened(station) for station in stations)
    assert {hour for hour in _hours(load) if hour >= opened} <= set(hours) <= set(_hours(load))
    assert all(chunk.end - chunk.begin <= LONGEST_SPAN for chunk in chunks)
    assert all(chunk.begin.month == chunk.end.month for chunk in chunks)


def _opened(station):
    return next(
        datetime(each.opened.year, each.opened.month, each.opened.day, tzinfo=KST)
        for each in load_stations()
        if each.id == station
    )


def _hours(load):
    return [load.begin + n * HOUR for n in range((load.end - load.begin) // HOUR + 1)]


@given(days, days, st.integers(1, len(ALL)))
def test_no_part_is_larger_than_what_a_small_machine_holds(first, last, count):
    first, last = sorted((first, last))
    for part in Load.of(first, last, ALL[:count], NOW).parts():
        assert len(part) == 1 or sum(chunk.rows for chunk in part) <= ROWS_PER_PART


def test_a_load_is_the_same_when_it_is_told_as_json():
    load = Load.of(date(2020, 1, 1), None, ALL, NOW, parallelism=3, again=True)

    assert Load.from_dict(load.as_dict()) == load


def test_days_are_those_of_korea_and_end_with_the_last_full_hour():
    load = Load.of(None, None, (108,), NOW)

    assert load.begin == datetime(2026, 8, 26, tzinfo=KST)
    assert load.end == datetime(2026, 11, 23, 11, tzinfo=KST)


@pytest.mark.parametrize(
    ("first", "last"),
    [(date(2020, 2, 1), date(2020, 1, 1)), (date(2027, 1, 1), None), (date(1890, 1, 1), None)],
    ids=["wrong order", "future", "before anybody observed"],
)
def test_days_that_cannot_be_are_refused(first, last):
    with pytest.raises(Misconfigured, match="from"):
        Load.of(first, last, (108,), NOW)


def chunk(begin="2024-01-01", hours=48, stations=(108, 143, 159)) -> Request:
    start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    return Request(start, start + (hours - 1) * HOUR, tuple(stations))


def rows(*pairs) -> pa.Table:
    stations, times = zip(*pairs, strict=True) if pairs else ((), ())
    return pa.table({"station_id": pa.array(stations, pa.int32()), "observed_at": pa.array(times, UTC_TIME)})


def whole(part: Request, stations=None) -> pa.Table:
    return rows(*((s, part.begin + n * HOUR) for n in range(part.hours) for s in (stations or part.stations)))


def test_a_whole_reply_settles_a_chunk():
    part = chunk()
    wanted = PendingStationHours(part)
    wanted.settle(part.begin, part.end, None, whole(part))

    assert wanted.next_call() is None
    assert len(wanted) == 0


@pytest.mark.parametrize("cut", ["end", "beginning"])
def test_what_a_reply_was_cut_of_is_asked_for_again(cut):
    part = chunk()
    kept = part.begin + (0 if cut == "end" else 30) * HOUR, part.begin + (17 if cut == "end" else 47) * HOUR
    wanted = PendingStationHours(part)
    came = whole(Request(*kept, part.stations))
    wanted.settle(part.begin, part.end, None, came)
    call = wanted.next_call()

    lost = (kept[1] + HOUR, part.end) if cut == "end" else (part.begin, kept[0] - HOUR)
    assert (call.begin, call.end, call.station_ids) == (*lost, part.stations)


def test_a_silent_station_is_asked_for_once_more_then_believed():
    part = chunk()
    wanted = PendingStationHours(part)
    wanted.settle(part.begin, part.end, None, whole(part, (108, 159)))
    call = wanted.next_call()
    assert (call.begin, call.end, call.station_ids) == (part.begin, part.end, (143,))

    wanted.settle(call.begin, call.end, call.station_ids, rows())
    assert wanted.next_call() is None


def test_a_station_is_not_asked_for_before_it_was_opened():
    part = chunk("2023-01-10", 48, (108, BUKBUSAN))
    asked = PendingStationHours(part).table()

    assert {row["observed_at"] for row in asked.to_pylist() if row["station_id"] == BUKBUSAN} == {
        OPENED.astimezone(UTC) + n * HOUR for n in range(33)
    }


@given(st.data())
def test_asking_ends_and_leaves_nothing_whatever_the_api_answers(data):
    part = chunk(hours=12)
    wanted = PendingStationHours(part)
    there = data.draw(st.sets(st.integers(0, 35)))
    every = whole(part)
    wanted.discard(keys_of(every.take(pa.array(sorted(there), pa.int64()))))
    for _ in range(100):
        call = wanted.next_call()
        if call is None:
            break
        inside = [
            place
            for place, row in enumerate(every.to_pylist())
            if call.begin <= row["observed_at"] <= call.end and row["station_id"] in call.station_ids
        ]
        came = data.draw(st.sets(st.sampled_from(inside)))
        wanted.settle(call.begin, call.end, call.station_ids, every.take(pa.array(sorted(came), pa.int64())))

    assert wanted.next_call() is None


@given(st.sets(st.integers(0, 35)), st.sets(st.integers(0, 35)))
def test_asking_ends_where_the_api_lacks_hours_for_good(there, lacking):
    part = chunk(hours=12)
    every = whole(part)
    wanted = PendingStationHours(part)
    wanted.discard(keys_of(every.take(pa.array(sorted(there), pa.int64()))))
    calls = 0
    while (call := wanted.next_call()) and calls < 40:
        calls += 1
        came = [
            place
            for place, row in enumerate(every.to_pylist())
            if call.begin <= row["observed_at"] <= call.end
            and row["station_id"] in call.station_ids
            and place not in lacking
        ]
        wanted.settle(call.begin, call.end, call.station_ids, every.take(pa.array(came, pa.int64())))

    assert wanted.next_call() is None


def test_keys_of_other_hours_and_stations_are_none_of_a_chunks():
    part = chunk(hours=3)
    near = rows(
        (108, part.begin), (108, part.begin - HOUR), (108, part.end + HOUR), (109, part.begin),
        (90, part.begin), (999, part.begin), (108, part.begin + timedelta(minutes=5)),
    )  # fmt: skip

    assert PendingStationHours(part).holds(keys_of(near)).tolist() == [True, *[False] * 6]
    assert np.array_equal(PendingStationHours(part).holds(keys_of(rows())), np.zeros(0, bool))
