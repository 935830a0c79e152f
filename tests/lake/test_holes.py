"""Holes: hours that were never requested, between a station's oldest and its newest one."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.clock import month_of
from weather_mlops.lake import gaps, holes
from weather_mlops.lake.keys import HOUR_KEYS, key_list, keys_of
from weather_mlops.lake.maintenance import compact
from weather_mlops.lake.publish import publish, publish_run
from weather_mlops.lake.schemas import GAPS_SCHEMA, KEY, OBSERVATIONS, QUARANTINE_SCHEMA
from weather_mlops.lake.staging import Staging

from .conftest import NOW, hours, observations

HOUR = timedelta(hours=1)
NO_ROWS = QUARANTINE_SCHEMA.empty_table()
BASE = int(keys_of(observations([1], [NOW]))[0])
station_hours = st.sets(st.tuples(st.integers(1, 4), st.integers(0, 60)))


def numbers(keys) -> np.ndarray:
    """Keys of station and hour."""
    return np.array([BASE + ((station - 1) << 32) + HOUR_KEYS * hour for station, hour in keys], np.int64)


@given(station_hours, station_hours)
def test_a_hole_is_an_unknown_hour_inside_a_stations_period(present, known):
    spans = {
        station: [hour for each, hour in present if each == station] for station in {s for s, _ in present}
    }
    expected = {
        (station, hour)
        for station, its in spans.items()
        for hour in range(min(its), max(its))
        if (station, hour) not in present | known
    }

    missing = holes.holes(numbers(present), numbers(known))
    assert missing.tolist() == sorted(numbers(expected).tolist())
    assert holes.holes(numbers(present), np.concatenate([numbers(known), missing])).size == 0


def register(catalog) -> dict:
    rows = catalog.load_table("weather.gaps").scan().to_arrow().cast(GAPS_SCHEMA).to_pylist()
    return {
        (row["station_id"], row["observed_at"]): (row["reason"], row["tries"], row["closed_at"])
        for row in rows
    }


def test_holes_enter_the_register_once_and_are_due_at_once(catalog):
    times = hours(10)
    publish(catalog, observations([90], [times[0], *times[8:]]), run="load")
    publish(catalog, observations([95], times[8:]), run="opened later")

    assert holes.record(catalog, run="r", now=NOW) == 7
    assert register(catalog) == {(90, time): (gaps.NOT_REQUESTED, 0, None) for time in times[1:8]}
    assert key_list(gaps.due(gaps.load(catalog, NOW), NOW)) == key_list(observations([90], times[7:0:-1]))

    before = catalog.load_table("weather.gaps").current_snapshot()
    assert holes.record(catalog, run="again", now=NOW) == 0
    assert catalog.load_table("weather.gaps").current_snapshot() == before


def test_registered_hours_without_kma_rows_stay_as_they_are(catalog):
    times = hours(6)
    publish(catalog, observations([90], [times[0], times[5]]), run="load")
    gaps.record(catalog, observations([90], times[1:4]).select(KEY), NO_ROWS, run="asked", now=NOW)
    publish(catalog, observations([90], times[3:4]), run="late")
    gaps.record(catalog, observations([90], times[3:4]).select(KEY), NO_ROWS, run="late", now=NOW + HOUR)
    known = register(catalog)

    assert holes.record(catalog, run="r", now=NOW) == 1
    assert register(catalog) == {**known, (90, times[4]): (gaps.NOT_REQUESTED, 0, None)}


def test_a_hole_rests_like_any_gap_and_closes_with_its_row(catalog):
    times = hours(4)
    publish(catalog, observations([90], [times[0], times[3]]), run="load")
    holes.record(catalog, run="r", now=NOW)

    publish(catalog, observations([90], times[1:2]), run="two")
    requested = observations([90], times[1:3]).select(KEY)
    gaps.record(catalog, requested, NO_ROWS, run="two", now=NOW + HOUR)
    assert register(catalog) == {
        (90, times[1]): (gaps.NOT_REQUESTED, 0, NOW + HOUR),
        (90, times[2]): (gaps.MISSING, 1, None),
    }
    assert gaps.due(gaps.load(catalog), NOW + 2 * HOUR).num_rows == 0


def test_no_more_is_registered_than_the_collection_asks_for(catalog):
    old = NOW - timedelta(days=33)
    publish(catalog, observations([90], [old, NOW]), run="load")

    # A row from before the month that the horizon lies in isn't looked at: the station may be new.
    seen = old >= month_of(NOW - gaps.HORIZON)
    assert holes.record(catalog, run="r", now=NOW) == (gaps.HORIZON // HOUR - 1 if seen else 0)


def test_a_table_without_rows_has_no_holes(catalog):
    assert holes.record(catalog, run="r", now=NOW) == 0


def hourly(store, catalog, run: str, stations, times) -> dict:
    """Publish an hourly run that received all requested hours."""
    staging, rows = Staging(store, run), observations(stations, times)
    keys = rows.select(KEY)
    tables = {
        "expected": keys.append_column("origin", pa.repeat("window", keys.num_rows)),
        "accepted": rows,
        "quarantined": NO_ROWS,
    }
    staging.write("audited", tables, {"score": {"overall": 0.9}, "counts": {"copies": 0, "quarantined": 0}})
    return publish_run(catalog, staging, NOW).as_dict()


def test_the_hourly_run_seeks_holes_after_loads_and_maintenance(store, catalog, monkeypatch):
    looked, real = [], holes.record

    def record(catalog, *, run, now):
        looked.append(run)
        return real(catalog, run=run, now=now)

    monkeypatch.setattr(holes, "record", record)
    times = hours(12)
    hourly(store, catalog, "first", [90, 95], times[:3])
    hourly(store, catalog, "second", [90, 95], times[1:4])
    publish(catalog, observations([90], times[:9]), run="a load of one station makes the table look newer")
    summary = hourly(store, catalog, "third", [90, 95], times[9:])
    hourly(store, catalog, "fourth", [90, 95], times[10:])

    assert looked == ["first", "third"]
    assert summary["gaps_opened"] == summary["gaps_open"] == 5
    assert set(register(catalog)) == {(95, time) for time in times[4:9]}

    monkeypatch.setattr("weather_mlops.lake.maintenance.MONTH_FILES", 1)
    compact(catalog, OBSERVATIONS)
    publish_again = hourly(store, catalog, "fifth", [98], times[11:])
    assert looked == ["first", "third", "fifth"]
    assert publish_again["gaps_open"] == 5


def test_a_run_killed_before_its_hole_search_searches_when_rerun(store, catalog, monkeypatch):
    times = hours(6)
    publish(catalog, observations([90], times[:1]), run="load")

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(holes, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            hourly(store, catalog, "run", [90], times[5:])
    assert hourly(store, catalog, "run", [90], times[5:])["gaps_opened"] == 4
