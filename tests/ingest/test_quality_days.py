"""The document of a day: which station-hours are there, and why others are not."""

from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from tests.ingest.conftest import *  # noqa: F403  the fixtures of a load
from tests.ingest.conftest import some
from tests.lake.conftest import empty_tables, observations, prepared_tables  # noqa: F401  a fixture
from weather_mlops.clock import KST
from weather_mlops.documents.quality_day import QualityDay, RefusedHour, key_of
from weather_mlops.ingest import quality_days
from weather_mlops.lake import documents
from weather_mlops.lake.publish import publish, publish_run
from weather_mlops.lake.schemas import KEY, QUARANTINE_SCHEMA
from weather_mlops.lake.staging import FAILED, Staging

pytestmark = [pytest.mark.integration, pytest.mark.prepared(tables=empty_tables)]
NOON = datetime(2026, 11, 23, 12, tzinfo=KST)
HOUR = timedelta(hours=1)
AT = NOON + timedelta(minutes=5)
TODAY, YESTERDAY = NOON.date(), (NOON - timedelta(days=1)).date()


def staged(store, run, *, present, refused=(), expected=None, failed=None):
    """A run of (station, hour) pairs."""

    def keys(pairs):
        return [{"station_id": station, "observed_at": hour} for station, hour in pairs]

    rows = [observations([station], [hour]) for station, hour in present]
    requested = [*present, *refused] if expected is None else expected
    table = pa.Table.from_pylist(keys(requested), schema=observations([1], [NOON]).select(KEY).schema)
    tables = {
        "expected": table.append_column("origin", pa.array(["window"] * table.num_rows, pa.string())),
        "accepted": pa.concat_tables([observations([], []), *rows]),
        "quarantined": pa.Table.from_pylist(
            [
                {**key, "rule": "wind_speed", "value": "99", "raw_key": "a", "line": 1}
                for key in keys(refused)
            ],
            schema=QUARANTINE_SCHEMA,
        ),
    }
    if failed:
        lost = pa.Table.from_pylist(keys(failed), schema=table.schema)
        tables[FAILED] = lost.append_column("reason", pa.array(["HTTP 503"] * len(failed)))
    staging = Staging(store, run)
    staging.write("audited", tables, {"score": {"overall": 0.9}, "counts": {"copies": 0, "quarantined": 0}})
    return staging


def run(store, catalog, name, now=AT, **hours):
    staging = staged(store, name, **hours)
    publish_run(catalog, staging, now)
    quality_days.record_run(store, catalog, staging, now)
    return staging


def read(store, day=TODAY):
    return documents.read(store, key_of(day), QualityDay)


def signs(store, station, day=TODAY):
    return read(store, day).hours[station]


def by_hour(**marks):
    """Signs of a day from those of single hours: h12="1"."""
    return "".join(marks.get(f"h{hour:02d}", ".") for hour in range(24))


def test_a_day_says_which_hours_of_a_station_are_there(store, catalog):
    run(store, catalog, "a", present=[(90, NOON), (95, NOON)], expected=[(90, NOON), (95, NOON), (98, NOON)])

    assert signs(store, 90) == by_hour(h12="1")
    assert signs(store, 98) == by_hour(h12="0")
    (gap,) = read(store).gaps
    assert (gap.station_id, gap.reason, gap.tries) == (98, "missing", 1)


def test_a_later_run_adds_its_hours_and_closes_gaps(store, catalog):
    run(store, catalog, "a", present=[(90, NOON)], expected=[(90, NOON), (98, NOON)])
    later = NOON + HOUR
    run(store, catalog, "b", AT + HOUR, present=[(90, later), (98, later), (98, NOON)])

    assert signs(store, 90) == signs(store, 98) == by_hour(h12="1", h13="1")
    assert read(store).gaps == []


def test_a_refused_row_is_named_with_its_rule_and_is_missing(store, catalog):
    run(store, catalog, "a", present=[(90, NOON)], refused=[(98, NOON)])

    assert read(store).refused == [RefusedHour(98, 12, "wind_speed")]
    assert [gap.reason for gap in read(store).gaps] == ["quarantined"]


def test_a_row_that_a_later_run_refuses_is_added(store, catalog):
    run(store, catalog, "a", present=[(90, NOON)], refused=[(98, NOON)])
    run(store, catalog, "b", AT + HOUR, present=[(90, NOON + HOUR)], refused=[(98, NOON + HOUR)])

    assert [row.hour for row in read(store).refused] == [12, 13]


def test_an_hour_stays_there_when_a_later_response_lacks_it(store, catalog):
    run(store, catalog, "a", present=[(90, NOON), (98, NOON)])
    run(store, catalog, "b", AT + HOUR, present=[(90, NOON)], expected=[(90, NOON), (98, NOON)])

    assert signs(store, 98) == by_hour(h12="1")
    assert read(store).gaps == []


def test_a_failed_request_is_the_reason_of_a_missing_hour(store, catalog):
    run(store, catalog, "a", present=[(90, NOON)], expected=[(90, NOON)], failed=[(98, NOON)])

    assert [(gap.station_id, gap.reason) for gap in read(store).gaps] == [(98, "HTTP 503")]


def test_the_first_run_of_a_day_takes_in_what_the_tables_have(store, catalog):
    before = [NOON - back * HOUR for back in range(1, 14)]
    publish(catalog, observations([90, 95], before), run="killed before it wrote the day")
    run(store, catalog, "a", present=[(90, NOON)])

    assert signs(store, 90) == "1" * 13 + "." * 11
    assert signs(store, 95) == "1" * 12 + "." * 12
    assert signs(store, 95, YESTERDAY) == by_hour(h23="1")


def test_hours_that_were_never_requested_are_missing_too(store, catalog):
    publish(catalog, observations([90], [NOON - 3 * HOUR]), run="before a pause")
    run(store, catalog, "a", present=[(90, NOON)])

    assert signs(store, 90) == by_hour(h09="1", h10="0", h11="0", h12="1")
    assert {gap.reason for gap in read(store).gaps} == {"not_requested"}


def test_the_same_run_again_changes_nothing(store, catalog):
    requested = [(station, NOON) for station in (90, 95, 98)]
    staging = run(store, catalog, "a", present=requested[:1], refused=requested[1:2], expected=requested)
    before = store.get(key_of(TODAY))
    quality_days.record_run(store, catalog, staging, AT)

    assert store.get(key_of(TODAY)) == before


def test_a_run_gives_the_same_day_as_the_tables_do(store, catalog):
    run(store, catalog, "a", present=[(90, NOON)], refused=[(95, NOON)], expected=[(90, NOON), (98, NOON)])
    hours = [(90, NOON), (90, NOON + HOUR), (98, NOON), (98, NOON + HOUR)]
    run(store, catalog, "b", AT + HOUR, present=hours[:2], expected=hours)

    updated = read(store)
    assert quality_days.from_tables(catalog, {TODAY}, updated.updated_at)[TODAY] == updated


def test_a_damaged_day_is_made_again_from_the_tables(store, catalog):
    run(store, catalog, "a", present=[(90, NOON)])
    store.put(key_of(TODAY), b"{")
    run(store, catalog, "b", AT + HOUR, present=[(90, NOON + HOUR)])

    assert signs(store, 90) == by_hour(h12="1", h13="1")


def test_a_run_reads_no_table_again(store, catalog):
    run(store, catalog, "a", present=[(90, NOON)])
    staging = staged(store, "b", present=[(90, NOON + HOUR)])
    publish_run(catalog, staging, AT + HOUR)
    with store.metered() as meter:
        quality_days.record_run(store, catalog, staging, AT + HOUR)

    assert meter.requests == 2  # read: the staged batch and the day


def test_a_load_fills_the_days_that_it_loaded(loader):
    loader.load(some("2024-01-30", "2024-02-02", (108, 143)))
    first = read(loader.store, datetime(2024, 1, 30, tzinfo=KST).date())

    assert set(first.hours) == {108, 143}
    assert signs(loader.store, 108, datetime(2024, 2, 1, tzinfo=KST).date()) == "1" * 24
