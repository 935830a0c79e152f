import pyarrow as pa
import pytest

from weather_mlops.errors import ObjectDamaged
from weather_mlops.lake.staging import Staging, safe_run

from .conftest import hours, observations


def test_tables_and_notes_come_back_as_they_were(store):
    staging = Staging(store, "data_collection/scheduled__2024-01-01T00:00:00+00:00")
    rows = observations([90, 95], hours(2))
    empty = rows.slice(0, 0)
    key = staging.write("collected", {"rows": rows, "rejected": empty}, {"score": 0.98, "note": "좋음"})
    batch = staging.read("collected")

    assert key == f"staging/{safe_run(staging.run)}/collected.zip"
    assert batch.tables["rows"].equals(rows, check_metadata=True)
    assert batch.tables["rejected"].equals(empty, check_metadata=True)
    assert batch.notes == {"score": 0.98, "note": "좋음"}


def test_staging_again_replaces(store):
    staging = Staging(store, "run")
    staging.write("collected", {"rows": pa.table({"x": [1, 2]})})
    staging.write("collected", {"rows": pa.table({"x": [3]})})

    assert staging.read("collected").tables == {"rows": pa.table({"x": [3]})}


def test_what_was_not_staged_is_named(store):
    with pytest.raises(FileNotFoundError, match=r"staging/run-.*/collected\.zip"):
        Staging(store, "run").read("collected")


def test_names_of_runs_are_safe_readable_and_apart():
    airflow = safe_run("data_collection/scheduled__2024-01-01T00:00:00+00:00")

    assert airflow.startswith("data_collection_scheduled__2024-01-01T00_00_00_00_00-")
    assert safe_run("a:b") != safe_run("a+b")
    assert safe_run("a:b") == safe_run("a:b")


@pytest.mark.parametrize(
    "body", [b"", b"PK\x03\x04 no zip", b"PK\x05\x06" + bytes(18)], ids=["cut", "no zip", "empty"]
)
def test_a_damaged_batch_is_named_with_the_fix(store, body):
    staging = Staging(store, "run")
    key = staging.write("collected", {"rows": pa.table({"x": [1]})})
    store.put(key, body)

    with pytest.raises(ObjectDamaged, match=r"staging/run-.*/collected\.zip.*clear the task"):
        staging.read("collected")


def test_a_damaged_table_of_a_batch_is_named(store):
    staging = Staging(store, "run")
    key = staging.write("collected", {"rows": pa.table({"x": [1]})})
    store.put(key, store.get(key).replace(b"PAR1", b"PAR2"))
    store.put(staging.write_table("rows", pa.table({"x": [1]})), b"PAR1")

    with pytest.raises(ObjectDamaged):
        staging.read("collected")
    with pytest.raises(ObjectDamaged):
        staging.read_table("rows")
