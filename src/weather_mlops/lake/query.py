"""SQL over the tables: DuckDB on the Parquet files of their current state.

DuckDB's own Iceberg reader is an extension that it downloads at first use, and it doesn't know PyIceberg's
catalogs. Which files make a table is asked of the catalog; DuckDB reads of them just the columns and the row
groups that the query needs.
"""

from urllib.parse import urlsplit

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from pyarrow import fs
from pyiceberg.catalog import Catalog

from weather_mlops.lake.rows import month_numbered, next_month
from weather_mlops.lake.schemas import NAMESPACE, UTC_TIME
from weather_mlops.lake.store import S3Access, storage_errors


def connect(catalog: Catalog, access: S3Access, namespace: str = NAMESPACE) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection that has the tables as views: ``observations``, ``quarantine``, ``gaps``, ...

    Times are shown in KST; the columns stay moments, whatever zone the connection is set to.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'Asia/Seoul'")
    with storage_errors(f"catalog {catalog.name}"):
        tables = [name for _, name in catalog.list_tables(namespace)]
        for name in tables:
            connection.register(name, dataset(catalog, access, f"{namespace}.{name}"))
    return connection


def dataset(catalog: Catalog, access: S3Access, identifier: str) -> ds.Dataset:
    """The files of a table's current state."""
    table = catalog.load_table(identifier)
    tasks = list(table.scan().plan_files())
    schema = pa.schema([field.remove_metadata() for field in table.schema().as_arrow()])
    if not tasks:
        return ds.dataset(schema.empty_table())
    files, kind = _files(access), ds.ParquetFileFormat()
    monthly = not table.spec().is_unpartitioned()
    fragments = [
        kind.make_fragment(
            urlsplit(task.file.file_path).netloc + urlsplit(task.file.file_path).path,
            filesystem=files,
            partition_expression=_within(task.file.partition[0]) if monthly else None,
        )
        for task in tasks
    ]
    return ds.FileSystemDataset(fragments, schema, kind, files)


def _within(month: int | None) -> ds.Expression:
    """What holds for all rows of a file: so that files of other months aren't even opened."""
    if month is None:
        return ds.field("observed_at").is_null()
    begin = month_numbered(month)
    first, last = (pa.scalar(time, UTC_TIME) for time in (begin, next_month(begin)))
    return (ds.field("observed_at") >= first) & (ds.field("observed_at") < last)


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
