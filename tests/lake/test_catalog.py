from dataclasses import replace

import pytest

from tests.s3_proxy import free_port
from weather_mlops.errors import Misconfigured, ObjectDamaged, StorageUnavailable
from weather_mlops.lake import file_io
from weather_mlops.lake.catalog import ensure_tables, open_catalog, open_table
from weather_mlops.lake.publish import publish
from weather_mlops.lake.schemas import OBSERVATIONS, OBSERVATIONS_SCHEMA, TABLES
from weather_mlops.variables import VARIABLES

from .conftest import empty_tables, everything, hours, observations

pytestmark = pytest.mark.every_catalog


@pytest.mark.prepared(tables=empty_tables)
def test_tables_document_each_column_and_identify_their_rows(catalog):
    for definition in TABLES:
        assert all(field.doc for field in catalog.load_table(definition.identifier).schema().fields)
    table = catalog.load_table("weather.observations")
    temperature = table.schema().find_field("air_temperature_c")

    assert "Air temperature [°C]; KMA TA; -9.0 is a real temperature" in temperature.doc
    assert table.schema().identifier_field_names() == {"station_id", "observed_at"}
    assert [field.name for field in table.spec().fields] == ["observed_at_month"]
    assert [field.source_id for field in table.sort_order().fields] == [1, 2]


@pytest.mark.prepared(tables=empty_tables)
def test_field_ids_never_move(catalog):
    schema = catalog.load_table("weather.observations").schema()

    assert [schema.find_field(name).field_id for name in ("station_id", "observed_at")] == [1, 2]
    assert [schema.find_field(variable.name).field_id for variable in VARIABLES] == list(range(3, 47))
    assert schema.find_field("precipitation_period_h").field_id == 47
    assert schema.find_field("raw_key").field_id == 48


def test_making_tables_again_changes_nothing(catalog):
    ensure_tables(catalog)
    before = [catalog.load_table(definition.identifier).metadata for definition in TABLES]
    ensure_tables(catalog)

    assert [catalog.load_table(definition.identifier).metadata for definition in TABLES] == before


@pytest.mark.prepared(tables=empty_tables)
def test_a_column_of_a_newer_version_is_added_to_old_rows(catalog):
    table = catalog.load_table("weather.observations")
    with table.update_schema() as update:
        update.delete_column("wave_height_m")
    old = observations([90], hours(2)).drop_columns(["wave_height_m"])
    catalog.load_table("weather.observations").append(old)

    ensure_tables(catalog)
    table = catalog.load_table("weather.observations").scan().to_arrow()
    assert set(table.column_names) == set(OBSERVATIONS_SCHEMA.names)
    assert table["wave_height_m"].to_pylist() == [None, None]


@pytest.mark.prepared(tables=empty_tables)
def test_the_first_task_after_an_upgrade_adds_new_columns(catalog):
    with catalog.load_table("weather.observations").update_schema() as update:
        update.delete_column("wave_height_m")
    publish(catalog, observations([90], hours(1)), run="one")

    assert catalog.load_table("weather.observations").scan().to_arrow().num_rows == 1


@pytest.mark.prepared(tables=empty_tables)
def test_two_tasks_can_add_the_same_new_columns_at_once(catalog, monkeypatch):
    with catalog.load_table("weather.observations").update_schema() as update:
        update.delete_column("wave_height_m")
    load, stale = type(catalog).load_table, [catalog.load_table("weather.observations")]
    open_table(catalog, OBSERVATIONS)
    monkeypatch.setattr(
        type(catalog), "load_table", lambda *given: stale.pop() if stale else load(*given), raising=True
    )

    assert "wave_height_m" in open_table(catalog, OBSERVATIONS).schema().column_names


def test_a_missing_catalog_database_is_named_without_password(access):
    uri = f"postgresql+psycopg2://weather:hush@127.0.0.1:{free_port()}/catalog"
    with pytest.raises(
        StorageUnavailable, match=r"catalog weather: the catalog's database.*refused"
    ) as refused:
        open_catalog(access, type="sql", uri=uri)
    assert "hush" not in str(refused.value)


def test_tables_lie_at_the_same_keys_whatever_the_catalog(catalog, store):
    publish(catalog, observations([90], hours(1)), run="one")
    assert {entry.key.rpartition("/")[0].split("/observed_at")[0] for entry in store.list("warehouse/")} == {
        "warehouse/weather/observations/data",
        "warehouse/weather/observations/metadata",
    }


def test_s3_that_is_down_is_named_when_a_table_is_read(connect_catalog, access, monkeypatch):
    publish(connect_catalog(), observations([90], hours(1)), run="one")
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
    down = connect_catalog(replace(access, endpoint_url=f"http://127.0.0.1:{free_port()}"))

    with pytest.raises(
        StorageUnavailable, match=r"s3://bucket-\d+/warehouse/weather/observations.*no answer"
    ):
        publish(down, observations([90], hours(1)), run="two")


def test_a_table_whose_file_is_gone_is_named(catalog, store, monkeypatch):
    publish(catalog, observations([90], hours(1)), run="one")
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
    store.delete(*(entry.key for entry in store.list("warehouse/") if entry.key.endswith(".parquet")))

    with pytest.raises(ObjectDamaged, match=r"table weather\.observations: s3://.*\.parquet is missing"):
        publish(catalog, observations([90], hours(2)), run="two")


def test_large_data_files_are_read_in_parts_and_small_ones_whole(catalog, monkeypatch):
    rows = observations(range(90, 130), hours(24))
    publish(catalog, rows, run="one")
    for tail in (file_io.TAIL, 2000):
        monkeypatch.setattr(file_io, "TAIL", tail)
        monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
        table = catalog.load_table(OBSERVATIONS.identifier)
        assert everything(table.scan().to_arrow().cast(OBSERVATIONS_SCHEMA)) == everything(rows)
        some = table.scan(selected_fields=("air_temperature_c",), limit=5).to_arrow()
        assert some.num_rows == 5


def test_files_in_memory_are_bounded():
    cache = file_io._Cache(limit=10)
    for name in "abc":
        cache.put(name, b"1234")
        cache.get("a")

    assert [cache.get(name) for name in "abc"] == [b"1234", None, b"1234"]


@pytest.mark.parametrize("name", [".parquet", ".metadata.json", ".avro"])
def test_a_damaged_file_of_a_table_is_named(catalog, store, monkeypatch, name):
    publish(catalog, observations([90], hours(1)), run="one")
    monkeypatch.setattr(file_io, "_cache", file_io._Cache(file_io.CACHE))
    for entry in list(store.list("warehouse/")):
        if entry.key.endswith(name):
            store.put(entry.key, b"PAR1{}" if name == ".parquet" else b"{}")

    with pytest.raises(
        ObjectDamaged, match=r"table weather\.observations: s3://.* is damaged \(.*`make (tables|rebuild .*)`"
    ):
        publish(catalog, observations([90], hours(2)), run="two")


@pytest.mark.parametrize("uri", ["postgres//weather:hush@db/catalog", "oracel://weather:hush@db/catalog"])
def test_an_invalid_catalog_uri_is_named_without_password(access, uri):
    with pytest.raises(Misconfigured, match="PYICEBERG_CATALOG__WEATHER__URI") as refused:
        open_catalog(access, type="sql", uri=uri)
    assert "hush" not in str(refused.value)
