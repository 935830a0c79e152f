import pyarrow as pa
import pytest

from weather_mlops.lake.staging import Staging, safe_run

from .conftest import hours, observations


def test_tables_and_documents_come_back_as_they_were(store):
    staging = Staging(store, "data_collection/scheduled__2024-01-01T00:00:00+00:00")
    rows = observations([90, 95], hours(2))
    key = staging.write_table("rows", rows)
    staging.write_json("audit", {"score": 0.98, "note": "좋음"})

    assert key == f"staging/{safe_run(staging.run)}/rows.parquet"
    assert staging.read_table("rows").equals(rows, check_metadata=True)
    assert staging.read_json("audit") == {"score": 0.98, "note": "좋음"}
    assert staging.exists("rows.parquet")
    assert not staging.exists("accepted.parquet")


def test_staging_again_replaces(store):
    staging = Staging(store, "run")
    staging.write_table("rows", pa.table({"x": [1, 2]}))
    staging.write_table("rows", pa.table({"x": [3]}))

    assert staging.read_table("rows") == pa.table({"x": [3]})


def test_what_was_not_staged_is_named(store):
    with pytest.raises(FileNotFoundError, match=r"staging/run-.*/rows\.parquet"):
        Staging(store, "run").read_table("rows")


def test_names_of_runs_are_safe_readable_and_apart():
    airflow = safe_run("data_collection/scheduled__2024-01-01T00:00:00+00:00")

    assert airflow.startswith("data_collection_scheduled__2024-01-01T00_00_00_00_00-")
    assert safe_run("a:b") != safe_run("a+b")
    assert safe_run("a:b") == safe_run("a:b")
