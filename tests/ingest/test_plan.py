"""The plan of a load: complete, in calls that the API serves whole, and nothing twice."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import Misconfigured
from weather_mlops.ingest.history.plan import ROWS_PER_PART, Load, PendingStationHours, Request
from weather_mlops.kma.endpoints import LONGEST_SPAN
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.keys import keys_of
from weather_mlops.stations import load_stations

NOW = datetime(2026, 11, 23, 3, 20, tzinfo=UTC)
ALL = tuple(station.id for station in load_stations())
BUKBUSAN, OPENED = 296, datetime(2023, 1, 11, tzinfo=KST)
days = st.dates(date(2000, 1, 1), date(2026, 11, 23))


# Some years hold all that decades do: turns of months and years, leap days, stations that open.
@given(days, st.integers(0, 1200), st.sets(st.sampled_from(ALL), min_size=1), st.integers(1, 3))
@settings(max_examples=30)
def test_every_hour_of_an_open_station_is_in_one_request(first, length, stations, parallelism):
    last = min(first + timedelta(days=length), NOW.date())
    load = Load.of(first, last, tuple(stations), NOW, parallelism=parallelism)
    requests = [
        request for worker in range(load.workers) for _, batch in load.batches_of(worker) for request in batch
    ]

    assert sorted(requests, key=lambda request: request.begin) == load.requests()
    hours = [request.begin + n * HOUR for request in load.requests() for n in range(request.hours)]
    assert len(hours) == len(set(hours))
    opened = min(_opened(station) for station in stations)
    assert {hour for hour in _hours(load) if hour >= opened} <= set(hours) <= set(_hours(load))
    assert all(request.end - request.begin <= LONGEST_SPAN for request in requests)
    assert all(request.begin.month == request.end.month for request in requests)


def _opened(station):
    return next(
        datetime(each.opened.year, each.opened.month, each.opened.day, tzinfo=KST)
        for each in load_stations()
        if each.id == station
    )


def _hours(load):
    return [load.begin + n * HOUR for n in range((load.end - load.begin) // HOUR + 1)]


@given(days, days, st.integers(1, len(ALL)))
def test_no_batch_is_larger_than_what_a_small_machine_holds(first, last, count):
    first, last = sorted((first, last))
    for batch in Load.of(first, last, ALL[:count], NOW).batches():
        assert len(batch) == 1 or sum(request.rows for request in batch) <= ROWS_PER_PART


def test_a_load_survives_json():
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


def new_request(begin="2024-01-01", hours=48, stations=(108, 143, 159)) -> Request:
    start = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    return Request(start, start + (hours - 1) * HOUR, tuple(stations))


def rows(*pairs) -> pa.Table:
    stations, times = zip(*pairs, strict=True) if pairs else ((), ())
    return pa.table({"station_id": pa.array(stations, pa.int32()), "observed_at": pa.array(times, UTC_TIME)})


def whole(request: Request, stations=None) -> pa.Table:
    return rows(
        *((s, request.begin + n * HOUR) for n in range(request.hours) for s in (stations or request.stations))
    )


def test_a_whole_response_settles_a_request():
    request = new_request()
    pending = PendingStationHours(request)
    pending.settle(request.begin, request.end, None, whole(request))

    assert pending.next_call() is None
    assert len(pending) == 0


@pytest.mark.parametrize("cut", ["end", "beginning"])
def test_hours_cut_off_a_response_are_requested_again(cut):
    request = new_request()
    remaining = (
        request.begin + (0 if cut == "end" else 30) * HOUR,
        request.begin + (17 if cut == "end" else 47) * HOUR,
    )
    pending = PendingStationHours(request)
    received = whole(Request(*remaining, request.stations))
    pending.settle(request.begin, request.end, None, received)
    call = pending.next_call()

    lost = (remaining[1] + HOUR, request.end) if cut == "end" else (request.begin, remaining[0] - HOUR)
    assert (call.begin, call.end, call.station_ids) == (*lost, request.stations)


def test_a_silent_station_is_requested_once_more():
    request = new_request()
    pending = PendingStationHours(request)
    pending.settle(request.begin, request.end, None, whole(request, (108, 159)))
    call = pending.next_call()
    assert (call.begin, call.end, call.station_ids) == (request.begin, request.end, (143,))

    pending.settle(call.begin, call.end, call.station_ids, rows())
    assert pending.next_call() is None


def test_a_station_is_not_requested_before_it_was_opened():
    request = new_request("2023-01-10", 48, (108, BUKBUSAN))
    requested = PendingStationHours(request).table()

    assert {row["observed_at"] for row in requested.to_pylist() if row["station_id"] == BUKBUSAN} == {
        OPENED.astimezone(UTC) + n * HOUR for n in range(33)
    }


@given(st.data())
def test_requests_end_whatever_the_api_answers(data):
    request = new_request(hours=12)
    pending = PendingStationHours(request)
    present = data.draw(st.sets(st.integers(0, 35)))
    every = whole(request)
    pending.discard(keys_of(every.take(pa.array(sorted(present), pa.int64()))))
    for _ in range(100):
        call = pending.next_call()
        if call is None:
            break
        inside = [
            index
            for index, row in enumerate(every.to_pylist())
            if call.begin <= row["observed_at"] <= call.end and row["station_id"] in call.station_ids
        ]
        received = data.draw(st.sets(st.sampled_from(inside)))
        pending.settle(
            call.begin, call.end, call.station_ids, every.take(pa.array(sorted(received), pa.int64()))
        )

    assert pending.next_call() is None


@given(st.sets(st.integers(0, 35)), st.sets(st.integers(0, 35)))
def test_requests_end_where_the_api_lacks_hours_for_good(present, lacking):
    request = new_request(hours=12)
    every = whole(request)
    pending = PendingStationHours(request)
    pending.discard(keys_of(every.take(pa.array(sorted(present), pa.int64()))))
    calls = 0
    while (call := pending.next_call()) and calls < 40:
        calls += 1
        received = [
            index
            for index, row in enumerate(every.to_pylist())
            if call.begin <= row["observed_at"] <= call.end
            and row["station_id"] in call.station_ids
            and index not in lacking
        ]
        pending.settle(call.begin, call.end, call.station_ids, every.take(pa.array(received, pa.int64())))

    assert pending.next_call() is None


def test_keys_of_other_hours_and_stations_are_not_pending():
    request = new_request(hours=3)
    near = rows(
        (108, request.begin), (108, request.begin - HOUR), (108, request.end + HOUR), (109, request.begin),
        (90, request.begin), (999, request.begin), (108, request.begin + timedelta(minutes=5)),
    )  # fmt: skip

    assert PendingStationHours(request).holds(keys_of(near)).tolist() == [True, *[False] * 6]
    assert np.array_equal(PendingStationHours(request).holds(keys_of(rows())), np.zeros(0, bool))
