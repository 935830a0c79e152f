"""Keep the tables fast and the bucket clean: compact files, expire snapshots, remove orphan files.

An Iceberg table with a commit an hour gets slower over time. Whether maintenance is due follows from the
table's metadata, which every commit has read anyway, so that the check costs no request.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from weather_mlops.clock import month_numbered
from weather_mlops.errors import ObjectDamaged, StorageRefused, TableNotRegistered
from weather_mlops.lake.catalog import CREATED_AT, commit, metadata_number, open_table, summary
from weather_mlops.lake.damage import TAKE_UP, metadata_of
from weather_mlops.lake.file_io import S3FileIO
from weather_mlops.lake.filters import in_months
from weather_mlops.lake.object_store import ObjectStore, StoredObject
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

RETENTION: Final = timedelta(days=1)  # how long each snapshot can be read; tagged ones stay for ever
SAFETY: Final = timedelta(days=1)  # younger files may belong to an unfinished commit
CLOCKS_APART: Final = timedelta(
    hours=1
)  # largest difference between the clocks of this machine and S3, which refuses requests at 15 minutes
FILES_DUE: Final = 24  # data files added since the last compaction: a day of hourly commits
MONTH_FILES: Final = 8  # a month with fewer files is left as it is
SNAPSHOTS_DUE: Final = 24  # snapshots past the retention

KIND: Final = "weather.maintenance"
_COMPACTION: Final = "compaction"


@dataclass(slots=True)
class Work:
    """Results of maintenance: months compacted, snapshots expired, files removed, tables refused."""

    compacted: int = 0
    expired: int = 0
    removed: int = 0
    refused: int = 0


def maintain(
    catalog: Catalog,
    now: datetime,
    tables: Sequence[TableDefinition] = TABLES,
    *,
    retention: timedelta = RETENTION,
    safety: timedelta = SAFETY,
) -> dict[str, int]:
    """Do the maintenance that is due.

    - With FILES_DUE data files added since the last time, months of MONTH_FILES files or more are rewritten
      as one sorted file each. One commit a month: other writers lose nothing, and a kill leaves whole months.
    - With SNAPSHOTS_DUE snapshots older than the retention, these expire; tags and the current one stay.
    - After either, files that no snapshot refers to are removed once they are older than the safety age. If
      some may belong to another table, none is removed.

    That case, and a damaged file, is logged as an error, and the other tables are still maintained: the
    published rows are not affected.

    Args:
        catalog: where the tables are.
        now: the time, timezone-aware.
        tables: the tables to maintain.
        retention: how long snapshots stay readable.
        safety: longest duration of a commit.

    Returns:
        The figures of Work, over all tables.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    done = Work()
    for definition in tables:
        table, before = open_table(catalog, definition), done.compacted + done.expired
        try:
            if _files_added(table) >= FILES_DUE:
                done.compacted += compact(catalog, definition)
            done.expired += expire(catalog, definition, before=now - retention, at_least=SNAPSHOTS_DUE)
            if done.compacted + done.expired > before:
                done.removed += remove_orphans(catalog, definition, older_than=now - safety)
        except (TableNotRegistered, ObjectDamaged) as error:
            log.error("%s", error)  # noqa: TRY400  the message is complete
            done.refused += 1
    log.info(
        "maintained: compacted=%d expired=%d removed=%d refused=%d",
        done.compacted,
        done.expired,
        done.removed,
        done.refused,
    )
    return asdict(done)


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
    reason = None
    for entry in entries:
        if metadata_number(entry.key) is None:
            continue
        file = S3FileIO(table.io.properties).new_input(f"s3://{store.access.bucket}/{entry.key}")
        try:
            if metadata_of(file).table_uuid != table.metadata.table_uuid:
                reason = f"{file.location} belongs to another table, usually an older one"
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


def crowded(table: Table) -> list[datetime]:
    """List months with MONTH_FILES data files or more.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with storage_errors(f"table {'.'.join(table.name())}"):
        files = Counter(task.file.partition[0] for task in table.scan().plan_files())
    return sorted(
        month_numbered(number)
        for number, count in files.items()
        if count >= MONTH_FILES and number is not None
    )


def compact(catalog: Catalog, definition: TableDefinition) -> int:
    """Rewrite each crowded month as one sorted file, and return the number of months.

    Raises:
        ObjectDamaged: a file of a month can't be read; the other months were compacted.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    months, damage = crowded(open_table(catalog, definition)), None
    for month in months:
        try:
            commit(catalog, definition, lambda newest, month=month: _rewrite(newest, definition, month))  # type: ignore[misc]
        except ObjectDamaged as error:
            damage = damage or error
    if damage is not None:
        raise damage
    return len(months)


def stale(table: Table, before: datetime) -> list[int]:
    """Ids of snapshots from before a time that are neither tagged nor current."""
    protected = {reference.snapshot_id for reference in table.metadata.refs.values()}
    return [
        snapshot.snapshot_id
        for snapshot in table.metadata.snapshots
        if snapshot.timestamp_ms < before.timestamp() * 1000 and snapshot.snapshot_id not in protected
    ]


def expire(catalog: Catalog, definition: TableDefinition, *, before: datetime, at_least: int = 1) -> int:
    """Expire stale snapshots if there are ``at_least`` of them, and return how many expired.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """

    def attempt(table: Table) -> int:
        old = stale(table, before)
        if len(old) < max(1, at_least):
            return 0
        table.maintenance.expire_snapshots().by_ids(old).commit()
        return len(old)

    return commit(catalog, definition, attempt)


def _location(table: Table) -> tuple[ObjectStore, str]:
    """The bucket of a table, and the prefix of all its files."""
    return _located(table, f"{table.location()}/")


def _located(table: Table, location: str) -> tuple[ObjectStore, str]:
    if not isinstance(table.io, S3FileIO):
        raise StorageRefused(
            f"{'.'.join(table.name())}: its py-io-impl is not {S3FileIO.__name__}: remove that"
        )
    return table.io.locate(location)


def _files_added(table: Table) -> int:
    """Data files added since the last compaction, by the summaries of the snapshots."""
    added = 0
    for snapshot in sorted(table.metadata.snapshots, key=_sequence, reverse=True):
        notes = snapshot.summary.additional_properties if snapshot.summary else {}
        if notes.get(KIND) == _COMPACTION:
            break
        added += int(notes.get("added-data-files", 0))
    return added


def _rewrite(table: Table, definition: TableDefinition, month: datetime) -> None:
    whole = in_months([month], definition.time)
    rows = scan(table, definition.columns, whole)
    rows = rows.sort_by([(name, "ascending") for name in definition.sorted_by])
    properties = {name: value for name, value in summary(table).items() if name.startswith("weather.")}
    notes = {**properties, KIND: _COMPACTION}
    table.overwrite(rows, overwrite_filter=whole, snapshot_properties=notes)


def _referred(table: Table) -> Iterator[str]:
    """Locations of all files that any snapshot of a table needs."""
    yield table.metadata_location
    yield from (entry.metadata_file for entry in table.metadata.metadata_log)
    yield from (entry.statistics_path for entry in table.metadata.statistics)
    manifests = {}
    for snapshot in table.metadata.snapshots:
        yield snapshot.manifest_list
        manifests.update({manifest.manifest_path: manifest for manifest in snapshot.manifests(table.io)})
    for path, manifest in manifests.items():
        yield path
        yield from (entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))


def _sequence(snapshot: Snapshot) -> int:
    return snapshot.sequence_number or 0
