"""The Iceberg catalog: open and create tables, and commit next to other writers."""

import logging
import random
import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, TypeVar

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationException,
)
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from weather_mlops.errors import CommitConflict, SnapshotExpired, TableNotRegistered
from weather_mlops.lake.damage import TAKE_UP
from weather_mlops.lake.file_io import S3FileIO, io_properties
from weather_mlops.lake.s3_access import S3Access
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

CATALOG: Final = "weather"
RUN: Final = "weather.run"
CREATED_AT: Final = "weather.created-at"
"""Property of a table: when it was created (UTC). Tables of earlier package versions don't have it."""
ATTEMPTS: Final = 6
WAIT_S: Final = 0.05
_METADATA: Final = re.compile(r"(\d+)-[0-9a-f-]{36}\.metadata\.json")

Outcome = TypeVar("Outcome")


def open_catalog(access: S3Access, name: str = CATALOG, **properties: str) -> Catalog:
    """The catalog of the bucket's tables.

    Type and URI come from PyIceberg's configuration (``PYICEBERG_CATALOG__WEATHER__TYPE``, ``…__URI``, or
    ``.pyiceberg.yaml``), unless given here.

    Args:
        access: the bucket.
        name: the catalog's name in that configuration.
        properties: properties that override that configuration.

    Raises:
        StorageUnavailable: its database does not answer.
    """
    with storage_errors(f"catalog {name}"):
        return load_catalog(
            name, warehouse=access.location("warehouse"), **io_properties(access), **properties
        )


def ensure_tables(catalog: Catalog) -> None:
    """Create missing tables, and add columns that a newer version of this package has.

    Raises:
        TableNotRegistered: the catalog does not have one of them, but its files are in the bucket.
        StorageUnavailable, StorageRefused.
    """
    for definition in TABLES:
        open_table(catalog, definition)


def open_table(catalog: Catalog, definition: TableDefinition) -> Table:
    """Load a table, or create it when there is none.

    It gets the columns that a newer version of this package has: after an upgrade, by whichever task opens it
    first.

    Raises:
        TableNotRegistered: the catalog does not have it, but its files are in the bucket.
        StorageUnavailable, StorageRefused, ObjectDamaged.
    """
    with storage_errors(f"table {definition.identifier}"):
        try:
            table = catalog.load_table(definition.identifier)
        except NoSuchTableError:
            return _create(catalog, definition)
        if set(table.schema().column_names).issuperset(definition.columns.names):
            return table
        try:
            with table.update_schema() as update:
                update.union_by_name(definition.schema)
        except CommitFailedException:  # another writer was first, perhaps with the same columns
            return open_table(catalog, definition)
        return table


def table_path(definition: TableDefinition) -> str:
    """The path of a table below the warehouse; set here because types of catalogs have different defaults."""
    return f"{definition.namespace}/{definition.name}"


def location_of(catalog: Catalog, definition: TableDefinition) -> str:
    """The URL of the folder of a new table's files."""
    return f"{catalog.properties['warehouse']}/{table_path(definition)}"


def metadata_number(location: str) -> int | None:
    """The number of commits before a metadata file was written; None for any other file."""
    match = _METADATA.fullmatch(location.rpartition("/")[2])
    return int(match[1]) if match else None


def refuse_unregistered(catalog: Catalog, definition: TableDefinition) -> None:
    """Make sure that a table which is not in the catalog is not in the bucket either.

    A metadata file of number 0 means that a table was created, perhaps just now by another task, and is still
    empty. A higher number means that there were commits, so the table was in a catalog.

    Raises:
        TableNotRegistered: it is in the bucket.
        StorageUnavailable, StorageRefused.
    """
    location = location_of(catalog, definition)
    store, prefix = S3FileIO(catalog.properties).locate(f"{location}/metadata/")
    with storage_errors(f"table {definition.identifier}"):
        committed = [entry for entry in store.list(prefix) if metadata_number(entry.key)]
        # Checked after the listing: another task may have created the table and committed since.
        if committed and not catalog.table_exists(definition.identifier):
            raise TableNotRegistered(
                f"catalog {catalog.name} has no table {definition.identifier}, but {location} holds one "
                f"({len(committed)} metadata files): the catalog was lost, or the bucket is another "
                f"system's. Stop the system and register the table again: {TAKE_UP}. A new system needs "
                "another bucket or folder in WEATHER_BUCKET."
            )


def ensure_namespace(catalog: Catalog, namespace: str) -> None:
    """Create the namespace if there is none."""
    from sqlalchemy.exc import IntegrityError  # noqa: PLC0415  not needed where the catalog is AWS Glue

    # PyIceberg checks whether it exists and then inserts it: another process may do so in between.
    with suppress(NamespaceAlreadyExistsError, IntegrityError):
        catalog.create_namespace(namespace)


def _create(catalog: Catalog, definition: TableDefinition) -> Table:
    refuse_unregistered(catalog, definition)
    ensure_namespace(catalog, definition.namespace)
    try:
        return catalog.create_table(
            definition.identifier,
            schema=definition.schema,
            location=location_of(catalog, definition),
            partition_spec=definition.partitions,
            sort_order=definition.order,
            properties={**definition.properties, CREATED_AT: datetime.now(UTC).isoformat(timespec="seconds")},
        )
    except TableAlreadyExistsError:
        return catalog.load_table(definition.identifier)


def commit(
    catalog: Catalog, definition: TableDefinition, work: Callable[[Table], Outcome], attempts: int = ATTEMPTS
) -> Outcome:
    """Do work on a table that ends in a commit; do it again when another writer committed first.

    Args:
        catalog: where the table is.
        definition: the table.
        work: reads the table and commits at most once. It must not use results of an earlier attempt.
        attempts: upper limit of attempts.

    Raises:
        CommitConflict: other writers committed first each time.
        StorageUnavailable, StorageRefused.
    """
    for attempt in range(attempts):
        table = open_table(catalog, definition)
        try:
            with storage_errors(f"table {definition.identifier}"):
                return work(table)
        except (CommitFailedException, ValidationException) as error:
            log.info("commit lost: table=%s attempt=%d: %s", definition.identifier, attempt + 1, error)
            time.sleep(random.uniform(0, WAIT_S * 2**attempt))  # noqa: S311  not at the same time as the other writer
    raise CommitConflict(
        f"{definition.identifier}: other writers committed first, {attempts} times in a row. Run it again."
    )


def existing_snapshot(table: Table, snapshot_id: int) -> Snapshot:
    """A snapshot of a table, by its id.

    Raises:
        SnapshotExpired: the table does not have the snapshot, or not any more.
    """
    snapshot = table.snapshot_by_id(snapshot_id)
    if snapshot is None:
        raise SnapshotExpired(
            f"{'.'.join(table.name())}: there is no snapshot {snapshot_id}: it has expired, or never was. "
            "Snapshots are stored for a day, tagged ones for ever: start again from the current one."
        )
    return snapshot


def summary(table: Table) -> Mapping[str, str]:
    """Properties in the summary of the last commit; empty before the first one."""
    snapshot = table.current_snapshot()
    return snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
