import pytest

from weather_mlops.lake.catalog import ensure_tables
from weather_mlops.lake.publish import publish
from weather_mlops.lake.recovery import take_up
from weather_mlops.lake.schemas import OBSERVATIONS_SCHEMA, TABLES
from weather_mlops.lake.store import ObjectStore

from .conftest import everything, hours, observations

pytestmark = pytest.mark.every_catalog


def rows(catalog) -> list[dict]:
    return everything(catalog.load_table("weather.observations").scan().to_arrow().cast(OBSERVATIONS_SCHEMA))


def test_a_catalog_that_points_to_yesterday_is_taken_up_where_the_bucket_is(catalog, store):
    ensure_tables(catalog)
    publish(catalog, observations([90], hours(1)), run="backed up")
    yesterday = catalog.load_table("weather.observations").metadata_location
    publish(catalog, observations([90], hours(4)), run="since")
    newest = catalog.load_table("weather.observations").metadata_location
    catalog.drop_table("weather.observations")
    catalog.register_table("weather.observations", yesterday)
    assert len(rows(catalog)) == 1

    (moved,) = take_up(catalog, store)
    assert (moved.table, moved.before, moved.after, moved.rivals) == (
        "weather.observations", yesterday, newest, 0
    )  # fmt: skip
    assert len(rows(catalog)) == 4
    assert publish(catalog, observations([90], hours(5)), run="next").inserted == 1
    assert take_up(catalog, store) == []


def test_a_catalog_that_was_lost_is_made_anew_from_the_bucket(catalog, store):
    ensure_tables(catalog)
    publish(catalog, observations([90, 95], hours(3)), run="before")
    kept = rows(catalog)
    for definition in TABLES:
        catalog.drop_table(definition.identifier)
    catalog.drop_namespace("weather")

    assert {table.table for table in take_up(catalog, store)} == {table.identifier for table in TABLES}
    assert rows(catalog) == kept
    assert publish(catalog, observations([90, 95], hours(4)), run="next").inserted == 2


def test_two_writers_that_met_at_the_end_are_told_of(catalog, store):
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
    assert moved.rivals == 1


def test_an_empty_bucket_leaves_the_catalog_as_it_is(catalog, store):
    assert take_up(catalog, store) == []
