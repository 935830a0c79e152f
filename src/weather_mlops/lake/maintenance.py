"""Keep the tables fast and the bucket clean: compact, expire, remove what nothing refers to.

An Iceberg table that gets a commit an hour slows down by itself. What is due is told by the table's own
metadata, which whoever commits has read anyway: nothing is asked for to find that nothing is due.
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
from weather_mlops.lake.object_store import ObjectStore, StoredObject, storage_errors
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import TABLES, TableDefinition

log = logging.getLogger(__name__)

RETENTION: Final = timedelta(days=1)  # how long any state of a table can be read; tagged ones stay for ever
SAFETY: Final = timedelta(days=1)  # younger files may belong to a commit that is being made
CLOCKS_APART: Final = timedelta(hours=1)  # of this machine and S3, at the most: S3 refuses at 15 minutes
FILES_DUE: Final = 24  # data files added since the last compaction: a day of hourly commits
MONTH_FILES: Final = 8  # a month with fewer files is left as it is
SNAPSHOTS_DUE: Final = 24  # snapshots past the retention

KIND: Final = "weather.maintenance"
_COMPACTION: Final = "compaction"


@dataclass(slots=True)
class Work:
    """What maintenance did: months compacted, snapshots expired, files removed; tables left undone."""

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
    """Do what is due.

    - With FILES_DUE data files added since the last time, months of MONTH_FILES files or more become one file
      each, sorted. One commit a month: other writers lose nothing, and a kill leaves whole months.
    - With SNAPSHOTS_DUE snapshots older than the retention, these expire; tags and the current state stay.
    - After either, files that no state refers to are removed once they are older than the safety age. Where
      some may belong to another table, none is.

    That, and a damaged file, is logged as an error, and the rest goes on: what was published is well.

    Args:
        catalog: where the tables are.
        now: the time, timezone-aware.
        tables: which ones.
        retention: how long states stay readable.
        safety: the longest that a commit may last.

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
            log.error("%s", error)  # noqa: TRY400  the sentence says all
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
    """Remove files under a table's location that none of its states refers to.

    Args:
        catalog: where the table is.
        definition: which one.
        older_than: only files last written before this time.

    Returns:
        How many were removed.

    Raises:
        TableNotRegistered: some may belong to another table; none was removed.
        StorageUnavailable, StorageRefused, ObjectDamaged.
    """
    found = orphans(catalog, definition, older_than=older_than)
    if found:
        store, _ = _location(open_table(catalog, definition))
        store.delete(*(entry.key for entry in found))
    return len(found)


def orphans(catalog: Catalog, definition: TableDefinition, *, older_than: datetime) -> list[StoredObject]:
    """Such files.

    Raises:
        TableNotRegistered: some may belong to another table.
        StorageUnavailable, StorageRefused, ObjectDamaged.
    """
    table = open_table(catalog, definition)
    store, prefix = _location(table)
    # Listed before the table is looked at: what a commit adds in between is not in the list.
    listed = [entry for entry in store.list(prefix) if entry.modified < older_than]
    if not listed:
        return []
    with storage_errors(f"table {definition.identifier}"):
        referred = {_located(table, location)[1] for location in _referred(table.refresh())}
    found = [entry for entry in listed if entry.key not in referred]
    if found:
        _refuse_other_tables(table, found)
    return found


def _refuse_other_tables(table: Table, entries: Sequence[StoredObject]) -> None:
    """See that files which a table does not refer to were its own.

    Where the catalog was lost and the system started over, they are those of the old table.

    Raises:
        TableNotRegistered: they are not, or it can't be told.
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
                reason = f"{file.location} is of another table, an older one as a rule"
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
            f"{name}: {store.where(oldest.key)} is older than the table, which was made at {created}: an "
            "earlier table's, whose metadata is gone. No file was removed. Make the rows again from raw by "
            "`make rebuild APPLY=1`, then move or delete what is older."
        )


def crowded(table: Table) -> list[datetime]:
    """Months whose rows lie in MONTH_FILES files or more.

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
    """Make one sorted file of each crowded month; how many months that were.

    Raises:
        ObjectDamaged: a file of one can't be read; the others were compacted.
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
    """States from before a time that nothing keeps: neither a tag, nor being the present one."""
    kept = {reference.snapshot_id for reference in table.metadata.refs.values()}
    return [
        snapshot.snapshot_id
        for snapshot in table.metadata.snapshots
        if snapshot.timestamp_ms < before.timestamp() * 1000 and snapshot.snapshot_id not in kept
    ]


def expire(catalog: Catalog, definition: TableDefinition, *, before: datetime, at_least: int = 1) -> int:
    """Let stale states expire, when there are so many; how many did.

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
    """Data files added since the last compaction, by what the snapshots say of themselves."""
    added = 0
    for snapshot in sorted(table.metadata.snapshots, key=_sequence, reverse=True):
        told = snapshot.summary.additional_properties if snapshot.summary else {}
        if told.get(KIND) == _COMPACTION:
            break
        added += int(told.get("added-data-files", 0))
    return added


def _rewrite(table: Table, definition: TableDefinition, month: datetime) -> None:
    whole = in_months([month], definition.time)
    rows = scan(table, definition.columns, whole)
    rows = rows.sort_by([(name, "ascending") for name in definition.sorted_by])
    standing = {name: value for name, value in summary(table).items() if name.startswith("weather.")}
    notes = {**standing, KIND: _COMPACTION}
    table.overwrite(rows, overwrite_filter=whole, snapshot_properties=notes)


def _referred(table: Table) -> Iterator[str]:
    """Locations of all files that any state of a table needs."""
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
