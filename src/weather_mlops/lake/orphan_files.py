"""Find and remove files that no snapshot of a table refers to: of old states, and of lost commits."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation

from weather_mlops.errors import ObjectDamaged, StorageRefused, TableNotRegistered
from weather_mlops.lake.catalog import CREATED_AT, metadata_number, open_table
from weather_mlops.lake.damage import TAKE_UP, metadata_of
from weather_mlops.lake.file_io import S3FileIO
from weather_mlops.lake.object_store import ObjectStore, StoredObject
from weather_mlops.lake.schemas import TableDefinition
from weather_mlops.lake.storage_errors import storage_errors

CLOCKS_APART: Final = timedelta(
    hours=1
)  # largest difference between the clocks of this machine and S3, which refuses requests at 15 minutes


def remove_orphans(catalog: Catalog, definition: TableDefinition, *, older_than: datetime) -> int:
    """Remove files under a table's location that none of its snapshots refers to.

    Args:
        catalog: where the table is.
        definition: the table.
        older_than: only files last written before this time.

    Returns:
        The number of removed files.

    Raises:
        TableNotRegistered: some may belong to another table; none was removed.
        StorageUnavailable, StorageRefused, ObjectDamaged.
    """
    unreferenced = orphans(catalog, definition, older_than=older_than)
    if unreferenced:
        store, _ = _location(open_table(catalog, definition))
        store.delete(*(entry.key for entry in unreferenced))
    return len(unreferenced)


def orphans(catalog: Catalog, definition: TableDefinition, *, older_than: datetime) -> list[StoredObject]:
    """List files under a table's location that none of its snapshots refers to.

    Raises:
        TableNotRegistered: some may belong to another table.
        StorageUnavailable, StorageRefused, ObjectDamaged.
    """
    table = open_table(catalog, definition)
    store, prefix = _location(table)
    # Listed before the table is read, so that files of a commit in between are not in the list.
    listed = [entry for entry in store.list(prefix) if entry.modified < older_than]
    if not listed:
        return []
    with storage_errors(f"table {definition.identifier}"):
        referred = {_located(table, location)[1] for location in _referred(table.refresh())}
    unreferenced = [entry for entry in listed if entry.key not in referred]
    if unreferenced:
        _refuse_other_tables(table, unreferenced)
    return unreferenced


def _refuse_other_tables(table: Table, entries: Sequence[StoredObject]) -> None:
    """Make sure that files which a table does not refer to belonged to it.

    If the catalog was lost and the system started over, they are those of the old table.

    Raises:
        TableNotRegistered: they belong to another table, or that isn't known.
        StorageUnavailable, StorageRefused.
    """
    name, (store, _) = ".".join(table.name()), _location(table)
    oldest = min(entries, key=lambda entry: entry.modified)
    reason, logged = None, set[str]()
    # The newest first: each names the ones before it, which needn't be read then.
    for entry in sorted(entries, key=lambda entry: metadata_number(entry.key) or 0, reverse=True):
        file = S3FileIO(table.io.properties).new_input(f"s3://{store.access.bucket}/{entry.key}")
        if metadata_number(entry.key) is None or file.location in logged:
            continue
        try:
            metadata = metadata_of(file)
            if metadata.table_uuid != table.metadata.table_uuid:
                reason = f"{file.location} belongs to another table, usually an older one"
            logged.update(earlier.metadata_file for earlier in metadata.metadata_log)
        except ObjectDamaged as error:
            if not file.exists():  # another maintenance removed it since it was listed
                continue
            reason = f"{error}, so that its table isn't known"
        if reason is not None:
            raise TableNotRegistered(
                f"{name}: {reason}. No file was removed. Stop the system, then {TAKE_UP}."
            )
    created = table.properties.get(CREATED_AT)
    if created is not None and oldest.modified < datetime.fromisoformat(created) - CLOCKS_APART:
        raise TableNotRegistered(
            f"{name}: {store.where(oldest.key)} is older than the table, which was created at "
            f"{created}: it belongs to an earlier table, whose metadata is gone. No file was removed. "
            "Rebuild the rows from raw by `make rebuild APPLY=1`, then move or delete the older files."
        )


def _referred(table: Table) -> Iterator[str]:
    """Locations of all files that any snapshot of a table needs."""
    yield table.metadata_location
    yield from (entry.metadata_file for entry in table.metadata.metadata_log)
    yield from (entry.statistics_path for entry in table.metadata.statistics)
    # A commit that only adds files refers to all files of the snapshot before it.
    contained = {
        snapshot.parent_snapshot_id
        for snapshot in table.metadata.snapshots
        if snapshot.summary is not None and snapshot.summary.operation is Operation.APPEND
    }
    with_files = {}
    for snapshot in table.metadata.snapshots:
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            yield manifest.manifest_path
            if snapshot.snapshot_id not in contained:
                with_files[manifest.manifest_path] = manifest
    for manifest in with_files.values():
        yield from (entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))


def _location(table: Table) -> tuple[ObjectStore, str]:
    """The bucket of a table, and the prefix of all its files."""
    return _located(table, f"{table.location()}/")


def _located(table: Table, location: str) -> tuple[ObjectStore, str]:
    if not isinstance(table.io, S3FileIO):
        raise StorageRefused(
            f"{'.'.join(table.name())}: its py-io-impl is not {S3FileIO.__name__}: remove that"
        )
    return table.io.locate(location)
