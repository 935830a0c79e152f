"""The Iceberg catalog: which tables there are, the way to them, and how a commit meets others."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
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

from weather_mlops.errors import CommitConflict, SnapshotExpired
from weather_mlops.lake.files import io_properties
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.store import S3Access, storage_errors

log = logging.getLogger(__name__)

CATALOG: Final = "weather"
RUN: Final = "weather.run"
ATTEMPTS: Final = 6
WAIT_S: Final = 0.05

Outcome = TypeVar("Outcome")


def open_catalog(access: S3Access, name: str = CATALOG, **properties: str) -> Catalog:
    """The catalog of the bucket's tables.

    Its kind and its place are PyIceberg's own configuration (``PYICEBERG_CATALOG__WEATHER__TYPE``,
    ``…__URI``, or ``.pyiceberg.yaml``), unless given here.

    Args:
        access: the bucket.
        name: the catalog's name in that configuration.
        properties: more properties, which win over that configuration.

    Raises:
        StorageUnavailable: its database does not answer.
    """
    with storage_errors(f"catalog {name}"):
        return load_catalog(
            name, warehouse=f"s3://{access.bucket}/warehouse", **io_properties(access), **properties
        )


def ensure_tables(catalog: Catalog) -> None:
    """Make the tables that are missing; add columns that a newer version of this package has.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    for definition in TABLES:
        table = open_table(catalog, definition)
        known = set(table.schema().column_names)
        if not known.issuperset(definition.columns.names):
            with storage_errors(f"new columns of {definition.identifier}"), table.update_schema() as update:
                update.union_by_name(definition.schema)


def open_table(catalog: Catalog, definition: TableDefinition) -> Table:
    """A table as it is now; made, when there is none.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with storage_errors(f"table {definition.identifier}"):
        try:
            return catalog.load_table(definition.identifier)
        except NoSuchTableError:
            return _create(catalog, definition)


def place(definition: TableDefinition) -> str:
    """Where a table's files are, below the warehouse: left to themselves, kinds of catalogs differ."""
    return f"{definition.namespace}/{definition.name}"


def _create(catalog: Catalog, definition: TableDefinition) -> Table:
    with suppress(NamespaceAlreadyExistsError):  # by an earlier table, or by another process just now
        catalog.create_namespace(definition.namespace)
    try:
        return catalog.create_table(
            definition.identifier,
            schema=definition.schema,
            location=f"{catalog.properties['warehouse']}/{place(definition)}",
            partition_spec=definition.partitions,
            sort_order=definition.order,
            properties=dict(definition.properties),
        )
    except TableAlreadyExistsError:
        return catalog.load_table(definition.identifier)


def commit(
    catalog: Catalog, definition: TableDefinition, work: Callable[[Table], Outcome], attempts: int = ATTEMPTS
) -> Outcome:
    """Do work on a table that ends in a commit; on a newer table again, when another writer came first.

    Args:
        catalog: where the table is.
        definition: which one.
        work: looks at the table as it is now and commits at most once. It must not build on an earlier look.
        attempts: how often in all.

    Raises:
        CommitConflict: other writers came first each time.
        StorageUnavailable, StorageRefused.
    """
    for attempt in range(attempts):
        table = open_table(catalog, definition)
        try:
            with storage_errors(f"table {definition.identifier}"):
                return work(table)
        except (CommitFailedException, ValidationException) as error:
            log.info("commit lost: table=%s attempt=%d: %s", definition.identifier, attempt + 1, error)
            time.sleep(random.uniform(0, WAIT_S * 2**attempt))  # noqa: S311  apart from the other writer
    raise CommitConflict(
        f"{definition.identifier}: other writers committed first, {attempts} times in a row. Run it again."
    )


def existing_snapshot(table: Table, snapshot_id: int) -> Snapshot:
    """A state of a table, by its number.

    Raises:
        SnapshotExpired: the table does not have it, or not any more.
    """
    snapshot = table.snapshot_by_id(snapshot_id)
    if snapshot is None:
        raise SnapshotExpired(
            f"{'.'.join(table.name())}: there is no snapshot {snapshot_id}: it has expired, or never was. "
            "States are kept for a day, tagged ones for ever: start again from the present one."
        )
    return snapshot


def summary(table: Table) -> Mapping[str, str]:
    """What the last commit says of itself and of the table; empty before the first one."""
    snapshot = table.current_snapshot()
    return snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
