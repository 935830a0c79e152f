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

from weather_mlops.errors import StorageRefused
from weather_mlops.lake.catalog import commit, open_table, summary
from weather_mlops.lake.files import S3FileIO
from weather_mlops.lake.rows import in_months, month_numbered
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.store import ObjectStore, StoredObject, storage_errors

log = logging.getLogger(__name__)

RETENTION: Final = timedelta(days=1)  # how long any state of a table can be read; tagged ones stay for ever
SAFETY: Final = timedelta(days=1)  # younger files may belong to a commit that is being made
FILES_DUE: Final = 24  # data files added since the last compaction: a day of hourly commits
MONTH_FILES: Final = 8  # a month with fewer files is left as it is
SNAPSHOTS_DUE: Final = 24  # snapshots past the retention

KIND: Final = "weather.maintenance"
_COMPACTION: Final = "compaction"


@dataclass(slots=True)
class Work:
    """What maintenance did: months compacted, snapshots expired, files removed."""

    compacted: int = 0
    expired: int = 0
    removed: int = 0


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
    - After either, files that no state refers to are removed once they are older than the safety age.

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
        table = open_table(catalog, definition)
        compacted = compact(catalog, definition) if _files_added(table) >= FILES_DUE else 0
        expired = expire(catalog, definition, before=now - retention, at_least=SNAPSHOTS_DUE)
        done.compacted += compacted
        done.expired += expired
        if compacted or expired:
            done.removed += remove_orphans(catalog, definition, older_than=now - safety)
    log.info("maintained: compacted=%d expired=%d removed=%d", done.compacted, done.expired, done.removed)
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
        StorageUnavailable, StorageRefused.
    """
    found = orphans(catalog, definition, older_than=older_than)
    if found:
        store, _ = _place(open_table(catalog, definition))
        store.delete(*(entry.key for entry in found))
    return len(found)


def orphans(catalog: Catalog, definition: TableDefinition, *, older_than: datetime) -> list[StoredObject]:
    """Such files.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, definition)
    store, prefix = _place(table)
    # Listed before the table is looked at: what a commit adds in between is not in the list.
    listed = [entry for entry in store.list(prefix) if entry.modified < older_than]
    if not listed:
        return []
    with storage_errors(f"table {definition.identifier}"):
        referred = {_located(table, location)[1] for location in _referred(table.refresh())}
    return [entry for entry in listed if entry.key not in referred]


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
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    months = crowded(open_table(catalog, definition))
    for month in months:
        commit(catalog, definition, lambda newest, month=month: _rewrite(newest, definition, month))  # type: ignore[misc]
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


def _place(table: Table) -> tuple[ObjectStore, str]:
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
    rows = table.scan(row_filter=whole).to_arrow().cast(definition.columns)
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
