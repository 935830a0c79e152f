"""SQL over the tables: DuckDB on the Parquet files of their snapshots, the current one or another.

DuckDB's own Iceberg reader is an extension that it downloads at first use, and it doesn't support PyIceberg's
catalogs. So the catalog lists the files of a table, and DuckDB reads just the columns and the row groups that
the query needs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Final
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError

from weather_mlops.clock import month_numbered, next_month
from weather_mlops.errors import NothingYet, ObjectDamaged
from weather_mlops.lake.catalog import existing_snapshot, refuse_unregistered
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.damage import first_problem, opened
from weather_mlops.lake.file_io import S3File
from weather_mlops.lake.kma_forecast_view import known_view
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import KMA_FORECASTS, NAMESPACE, TABLES
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.stations import load_stations

STATIONS: Final = "stations"


def stations() -> pa.Table:
    """The open stations as a table: ``station_id`` as in the other tables, names, coordinates, elevation."""
    rows = [asdict(station) for station in load_stations()]
    table = pa.Table.from_pylist(rows)
    # As in the other tables; ``closed`` is empty for each of them.
    return table.set_column(0, "station_id", table["id"].cast(pa.int32())).drop_columns(["closed"])


def connect(catalog: Catalog, access: S3Access, namespace: str = NAMESPACE) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that has the tables as views: ``observations``, ``forecasts``, ..., ``stations``.

    Times are shown in KST; the columns are timestamps with time zone, so the values don't depend on that.

    Raises:
        NothingYet: there are no tables.
        TableNotRegistered: the bucket holds a table that the catalog does not have.
        StorageUnavailable, StorageRefused, ObjectDamaged.
    """
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Seoul'")
    with storage_errors(f"catalog {catalog.name}"):
        try:
            tables = [name for _, name in catalog.list_tables(namespace)]
        except NoSuchNamespaceError:
            tables = []
    for definition in TABLES:
        if definition.namespace == namespace and definition.name not in tables:
            refuse_unregistered(catalog, definition)
    if not tables:
        raise NothingYet(
            f"catalog {catalog.name} has no tables yet: the first run of data_collection creates them"
        )
    connection.register(STATIONS, stations())
    for name in tables:
        connection.register(name, dataset(catalog, access, f"{namespace}.{name}"))
    if KMA_FORECASTS.name in tables:
        connection.execute(known_view())
    return connection


@contextmanager
def reading_errors() -> Iterator[None]:
    """Raise an error that names the file which DuckDB can't read; register the tables inside of this context.

    Raises:
        ObjectDamaged: a file of a table is missing, or can't be read.
        duckdb.Error: anything else that is wrong with a query.
    """
    begin = opened.mark()
    try:
        yield
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        if (problem := first_problem(opened.since(begin))) is not None:
            raise ObjectDamaged(problem) from error
        raise


def dataset(
    catalog: Catalog, access: S3Access, identifier: str, snapshot_id: int | None = None
) -> ds.Dataset:
    """The files of a snapshot as a dataset; columns and rows are read when they are needed.

    Args:
        catalog: where the table is.
        access: the bucket.
        identifier: the table's full name.
        snapshot_id: the snapshot; None: the current one. Later commits don't change the dataset.

    Raises:
        SnapshotExpired: the table does not have that snapshot any more.
        StorageUnavailable, StorageRefused.
    """
    with storage_errors(f"table {identifier}"):
        table = catalog.load_table(identifier)
        if snapshot_id is not None:
            existing_snapshot(table, snapshot_id)
        scan = table.scan(snapshot_id=snapshot_id)
        tasks = list(scan.plan_files())
    schema = pa.schema([field.remove_metadata() for field in scan.projection().as_arrow()])
    if not tasks:
        return ds.dataset(schema.empty_table())
    for task in tasks:  # DuckDB opens them by itself, later
        file = table.io.new_input(task.file.file_path)
        if isinstance(file, S3File):
            opened.add(file)
    files, kind = _files(access), ds.ParquetFileFormat()
    times = [schema.field(table.schema().find_field(part.source_id).name) for part in table.spec().fields]
    fragments = [
        kind.make_fragment(
            urlsplit(task.file.file_path).netloc + urlsplit(task.file.file_path).path,
            filesystem=files,
            partition_expression=_within(times[0], task.file.partition[0]) if times else None,
        )
        for task in tasks
    ]
    return ds.FileSystemDataset(fragments, schema, kind, files)


def _within(column: pa.Field, month: int | None) -> ds.Expression:
    """A condition that all rows of a file meet, so that files of other months aren't opened."""
    values = ds.field(column.name)
    if month is None:
        return values.is_null()
    begin = month_numbered(month)
    first, end = (pa.scalar(time, UTC_TIME).cast(column.type) for time in (begin, next_month(begin)))
    return (values >= first) & (values < end)


def _files(access: S3Access) -> fs.S3FileSystem:
    endpoint = urlsplit(access.endpoint_url or "")
    given = {
        "access_key": access.access_key_id,
        "secret_key": access.secret_access_key,
        "session_token": access.session_token,
        "region": access.region,
        "endpoint_override": endpoint.netloc,
        "scheme": endpoint.scheme,
    }
    return fs.S3FileSystem(**{name: value for name, value in given.items() if value})
