"""The one place where Iceberg tables are read: always the same types, and no way around it."""

import ast
from datetime import UTC, datetime

import pyarrow as pa

from tests.project import PROJECT
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import between
from weather_mlops.lake.publish import publish
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import OBSERVATIONS

from .conftest import hours, observations

CODE = ("src", "plugins", "production", "embedded", "deploy", "benchmarks")
READERS = {"to_arrow", "to_arrow_batch_reader", "to_duckdb", "to_polars", "to_ray", "ArrowScan"}


def test_empty_and_filled_results_have_the_same_types(catalog):
    columns = OBSERVATIONS.select("raw_key", "observed_at", "station_id")
    unwritten = scan(open_table(catalog, OBSERVATIONS), columns)
    publish(catalog, observations([108], hours(3)), run="one")
    table = open_table(catalog, OBSERVATIONS)
    long_ago = datetime(1999, 1, 1, tzinfo=UTC)
    parts = [unwritten, scan(table, columns), scan(table, columns, between(long_ago, long_ago))]

    assert [part.schema for part in parts] == [columns] * 3
    assert pa.concat_tables(parts).num_rows == 3


def test_a_state_is_read_as_it_was(catalog):
    first = publish(catalog, observations([108], hours(3)), run="one").snapshot_id
    publish(catalog, observations([90], hours(3)), run="two")
    table = open_table(catalog, OBSERVATIONS)

    assert scan(table, OBSERVATIONS.columns, snapshot_id=first).num_rows == 3
    assert scan(table, OBSERVATIONS.columns).num_rows == 6


def test_no_other_module_reads_rows_of_iceberg():
    files = [file for folder in CODE for file in (PROJECT / folder).rglob("*.py")]
    readers = {
        str(file.relative_to(PROJECT))
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if getattr(node, "attr", getattr(node, "name", None)) in READERS
    }

    assert readers == {"src/weather_mlops/lake/scan.py"}
