import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from weather_mlops.errors import TableNotRegistered
from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.orphan_files import orphans
from weather_mlops.lake.publish import publish
from weather_mlops.lake.query import connect, dataset
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.schemas import OBSERVATIONS, OBSERVATIONS_SCHEMA, TABLES

from .conftest import everything, hours, lose, observations

pytestmark = pytest.mark.every_catalog


def rows(catalog) -> list[dict]:
    return everything(catalog.load_table("weather.observations").scan().to_arrow().cast(OBSERVATIONS_SCHEMA))


def test_an_outdated_catalog_is_brought_up_to_the_buckets_state(catalog, store):
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(1)), run="backed up")
    yesterday = catalog.load_table("weather.observations").metadata_location
    publish(catalog, observations([90], hours(4)), run="since")
    newest = catalog.load_table("weather.observations").metadata_location
    catalog.drop_table("weather.observations")
    catalog.register_table("weather.observations", yesterday)
    assert len(rows(catalog)) == 1

    (moved,) = take_up(catalog, store)
    assert (moved.table, moved.before, moved.after.location, moved.after.rivals) == (
        "weather.observations", yesterday, newest, 0
    )  # fmt: skip
    assert len(rows(catalog)) == 4
    assert publish(catalog, observations([90], hours(5)), run="next").inserted == 1
    assert take_up(catalog, store) == []


def test_a_lost_catalog_is_restored_from_the_bucket(catalog, store):
    ensure_tables(catalog)
    publish(catalog, observations([90, 95], hours(3)), run="before")
    expected = rows(catalog)
    for definition in TABLES:
        catalog.drop_table(definition.identifier)
    catalog.drop_namespace("weather")

    assert {table.table for table in take_up(catalog, store)} == {table.identifier for table in TABLES}
    assert rows(catalog) == expected
    assert publish(catalog, observations([90, 95], hours(4)), run="next").inserted == 2


def test_two_writers_that_conflicted_at_the_end_are_reported(catalog, store):
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(1)), run="one")
    before = catalog.load_table("weather.observations").metadata_location
    publish(catalog, observations([90], hours(2)), run="two")
    key = catalog.load_table("weather.observations").metadata_location.partition(store.access.bucket + "/")[2]
    lost = key.rpartition("/")[0] + "/00002-00000000-0000-0000-0000-000000000000.metadata.json"
    assert key.rpartition("/")[2].startswith("00002-")
    ObjectStore(store.access).put(lost, store.get(key))
    catalog.drop_table("weather.observations")
    catalog.register_table("weather.observations", before)

    (moved,) = take_up(catalog, store)
    assert moved.after.rivals == 1


def test_an_empty_bucket_leaves_the_catalog_as_it_is(catalog, store):
    assert take_up(catalog, store) == []


def test_tables_in_a_folder_of_a_bucket_stay_in_that_folder(access, connect_catalog):
    inside = replace(access, prefix="team/weather/")
    catalog, store = connect_catalog(inside), ObjectStore(inside)
    ensure_tables(catalog)
    publish(catalog, observations([90, 95], hours(3)), run="before")
    expected = rows(catalog)
    assert dataset(catalog, inside, "weather.observations").to_table().num_rows == len(expected)
    in_no_commit = "warehouse/weather/observations/data/in-no-commit.parquet"
    store.put(in_no_commit, b"")
    later = datetime.now(UTC) + timedelta(days=1)
    assert [entry.key for entry in orphans(catalog, OBSERVATIONS, older_than=later)] == [
        f"team/weather/{in_no_commit}"
    ]
    for definition in TABLES:
        catalog.drop_table(definition.identifier)

    assert {table.table for table in take_up(catalog, store)} == {table.identifier for table in TABLES}
    assert rows(catalog) == expected
    assert all(entry.key.startswith("team/weather/") for entry in ObjectStore(access).list(""))
    assert take_up(catalog, store) == []


def test_a_lost_catalog_is_not_recreated_and_the_repair_is_named(catalog, access, store):
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(3)), run="before")
    expected = rows(catalog)
    lose(catalog)
    before = {entry.key for entry in store.list("")}

    sentence = (
        rf"no table weather\.observations, but s3://{access.bucket}/warehouse/weather/observations holds "
        r"one.*`make tables`.*WEATHER_BUCKET"
    )
    for attempt in (
        lambda: ensure_tables(catalog),
        lambda: publish(catalog, observations([90], hours(1)), run="next"),
        lambda: connect(catalog, access),
    ):
        with pytest.raises(TableNotRegistered, match=sentence):
            attempt()
    assert {entry.key for entry in store.list("")} == before

    take_up(catalog, store)
    assert rows(catalog) == expected


def test_tasks_that_make_the_tables_at_the_same_time_all_go_on(connect_catalog):
    catalogs, failures = [connect_catalog() for _ in range(3)], []
    together = threading.Barrier(len(catalogs))

    def work(number: int) -> None:
        try:
            together.wait()
            ensure_tables(catalogs[number])
            publish(catalogs[number], observations([90 + number], hours(2)), run=str(number))
        except Exception as error:  # noqa: BLE001  reported by the test
            failures.append(error)

    tasks = [threading.Thread(target=work, args=[number]) for number in range(len(catalogs))]
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()

    assert not failures
    assert len(rows(connect_catalog())) == 2 * len(catalogs)
