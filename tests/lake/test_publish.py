import threading
from datetime import timedelta
from itertools import chain

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weather_mlops.errors import CommitConflict
from weather_mlops.lake.catalog import commit, ensure_tables
from weather_mlops.lake.keys import key_list
from weather_mlops.lake.publish import diff, publish
from weather_mlops.lake.schemas import OBSERVATIONS, OBSERVATIONS_SCHEMA

from .conftest import NOW, everything, hours, observations

EMPTY = OBSERVATIONS_SCHEMA.empty_table()


def published_rows(catalog) -> pa.Table:
    return catalog.load_table("weather.observations").scan().to_arrow().cast(OBSERVATIONS_SCHEMA)


def test_rows_are_split_into_inserted_equal_and_corrected():
    current = observations([90, 95], hours(2))
    incoming = pa.concat_tables(
        [
            observations([90], hours(2), raw_key="raw/b"),
            observations([95], hours(1), seed=1),
            observations([98], hours(1)),
        ]
    )
    changes = diff(current, incoming)

    assert changes.inserted["station_id"].to_pylist() == [98]
    assert changes.corrected["station_id"].to_pylist() == [95]
    assert changes.equal["station_id"].to_pylist() == [90, 90]


def test_a_vanished_value_is_a_correction_and_nulls_are_equal():
    row = observations([90], hours(1)).to_pylist()[0]
    present = pa.Table.from_pylist([{**row, "air_temperature_c": 1.5}], schema=OBSERVATIONS_SCHEMA)
    gone = pa.Table.from_pylist([{**row, "air_temperature_c": None}], schema=OBSERVATIONS_SCHEMA)

    assert diff(present, gone).corrected.num_rows == 1
    assert diff(gone, present).corrected.num_rows == 1
    assert diff(gone, gone).equal.num_rows == 1


def test_of_two_rows_with_one_key_the_last_counts():
    first, second = observations([90], hours(1)), observations([90], hours(1), seed=1)
    changes = diff(EMPTY, pa.concat_tables([first, second]))

    assert everything(changes.inserted) == everything(second)


@st.composite
def tables(draw) -> pa.Table:
    keys = draw(st.lists(st.tuples(st.integers(90, 94), st.integers(0, 4)), unique=True, max_size=12))
    parts = [
        observations([station], [NOW - timedelta(hours=back)], seed=draw(st.integers(0, 1)))
        for station, back in keys
    ]
    return pa.concat_tables([EMPTY, *parts])


@given(tables(), tables())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_applying_changes_loses_nothing_and_needs_no_second_time(current, incoming):
    changes = diff(current, incoming)
    keys = [key_list(part) for part in (changes.inserted, changes.corrected, changes.equal)]
    assert sorted(chain.from_iterable(keys)) == sorted(key_list(incoming))

    replaced = set(keys[1])
    unchanged = current.filter(pa.array([key not in replaced for key in key_list(current)], pa.bool_()))
    after = pa.concat_tables([unchanged, changes.inserted, changes.corrected])

    assert set(key_list(after)) == set(key_list(current)) | set(key_list(incoming))
    again = diff(after, incoming)
    assert (again.inserted.num_rows, again.corrected.num_rows) == (0, 0)


@pytest.mark.every_catalog
def test_publishing_twice_changes_nothing_the_second_time(catalog):
    rows = observations([90, 95], hours(3))
    first = publish(catalog, rows, run="one", score=0.98)
    second = publish(catalog, rows, run="two")

    assert (first.inserted, first.corrected, first.equal) == (6, 0, 0)
    assert (second.inserted, second.corrected, second.equal) == (0, 0, 6)
    assert second.snapshot_id == first.snapshot_id
    assert everything(published_rows(catalog)) == everything(rows)


def test_a_commit_tells_its_run_score_and_counts(catalog):
    publish(
        catalog, observations([90], hours(2)), run="manual/1", score=0.98765, properties={"weather.x": "y"}
    )
    notes = catalog.load_table("weather.observations").current_snapshot().summary.additional_properties

    assert {name: value for name, value in notes.items() if name.startswith("weather.")} == {
        "weather.run": "manual/1",
        "weather.quality-score": "0.9877",
        "weather.inserted": "2",
        "weather.corrected": "0",
        "weather.equal": "0",
        "weather.newest": NOW.isoformat(),
        "weather.x": "y",
    }


@pytest.mark.every_catalog
def test_corrected_rows_are_replaced_and_their_neighbours_kept(catalog):
    publish(catalog, observations([90, 95, 98], hours(3)), run="one")
    corrected = observations([95], hours(2), seed=1)
    result = publish(catalog, pa.concat_tables([corrected, observations([99], hours(1))]), run="two")

    assert (result.inserted, result.corrected, result.equal) == (1, 2, 0)
    expected = pa.concat_tables(
        [
            observations([90, 98], hours(3)),
            observations([95], hours(3)[:1]),
            corrected,
            observations([99], hours(1)),
        ]
    )
    assert everything(published_rows(catalog)) == everything(expected)


def test_rows_of_many_months_are_published_at_once(catalog):
    times = [NOW - timedelta(days=days) for days in (0, 40, 400)]
    publish(catalog, observations([90, 95], times), run="one")
    result = publish(catalog, observations([90, 95], times, seed=1), run="two")

    assert (result.corrected, result.equal) == (6, 0)
    assert everything(published_rows(catalog)) == everything(observations([90, 95], times, seed=1))


def test_rows_of_another_order_give_the_same_table(catalog):
    rows = observations([90, 95], hours(3))
    publish(catalog, rows.take([5, 3, 1, 0, 2, 4]), run="one")

    assert everything(published_rows(catalog)) == everything(rows)


def test_an_empty_batch_makes_no_commit(catalog):
    result = publish(catalog, EMPTY, run="one")

    assert (result.inserted, result.snapshot_id) == (0, None)


@pytest.mark.every_catalog
def test_writers_at_once_lose_and_double_nothing(connect_catalog):
    ensure_tables(connect_catalog())
    shared = observations([90, 95], hours(2))
    batches = [pa.concat_tables([shared, observations([100 + n], hours(2))]) for n in range(3)]
    failures = []

    def write(batch: pa.Table) -> None:
        try:
            publish(connect_catalog(), batch, run="writer")
        except Exception as error:  # noqa: BLE001  reported by the test
            failures.append(error)

    writers = [threading.Thread(target=write, args=[batch]) for batch in batches]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert not failures
    expected = pa.concat_tables([shared, *(observations([100 + n], hours(2)) for n in range(3))])
    assert everything(published_rows(connect_catalog())) == everything(expected)


@pytest.mark.every_catalog
def test_a_writer_that_always_loses_the_race_gives_up(catalog):
    rows = iter([observations([90], [time]) for time in hours(3)])

    def overtaken(table) -> None:
        other = catalog.load_table("weather.observations")
        other.append(next(rows))
        table.append(observations([95], hours(1)))

    with pytest.raises(CommitConflict, match=r"weather\.observations: other writers .* 2 times"):
        commit(catalog, OBSERVATIONS, overtaken, attempts=2)
