"""Keep the tables fast and the bucket clean: compact files, expire snapshots, remove orphan files.

An Iceberg table with a commit an hour gets slower over time. Whether maintenance is due follows from the
table's metadata, which every commit has read anyway, so that the check costs no request.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from weather_mlops.clock import month_numbered
from weather_mlops.errors import ObjectDamaged, TableNotRegistered
from weather_mlops.lake.catalog import commit, open_table, summary
from weather_mlops.lake.filters import in_months
from weather_mlops.lake.orphan_files import remove_orphans
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import TABLES, TableDefinition
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

RETENTION: Final = timedelta(days=1)  # how long each snapshot can be read; tagged ones stay for ever
SAFETY: Final = timedelta(days=1)  # younger files may belong to an unfinished commit
FILES_DUE: Final = 16  # data files added since the last compaction: two days of the KMA's forecast
MONTH_FILES: Final = 5  # a month with fewer files is left as it is
SNAPSHOTS_DUE: Final = 24  # snapshots past the retention

KIND: Final = "weather.maintenance"
MONTHS_LEFT: Final = "weather.maintenance.months-left"
"""Note of a compaction: the number of crowded months that it left for the next ones."""
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
    """Do one part of the maintenance that is due; the next calls do the others, so that no run takes long.

    - With FILES_DUE data files added since the last time, a month of MONTH_FILES files or more is rewritten
      as one sorted file, in one commit, so that other writers lose nothing; then the other such months.
    - Else, with SNAPSHOTS_DUE snapshots older than the retention, these expire; tags and the current one
      stay. Then files that no snapshot refers to are removed, if they are older than the safety age. If some
      may belong to another table, none is removed.

    That case, and a damaged file, is logged as an error, and the rest is still maintained: the published rows
    are not affected.

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
        with _refusals(done):
            if _is_compaction_due(open_table(catalog, definition)):
                months = compact(catalog, definition, at_most=1)
                done.compacted += months
                if months:
                    continue
        with _refusals(done):
            if expired := expire(catalog, definition, before=now - retention, at_least=SNAPSHOTS_DUE):
                done.expired += expired
                done.removed += remove_orphans(catalog, definition, older_than=now - safety)
    log.info(
        "maintained: compacted=%d expired=%d removed=%d refused=%d",
        done.compacted,
        done.expired,
        done.removed,
        done.refused,
    )
    return asdict(done)


@contextmanager
def _refusals(done: Work) -> Iterator[None]:
    """Log and count an error of a table that doesn't concern the others."""
    try:
        yield
    except (TableNotRegistered, ObjectDamaged) as error:
        log.error("%s", error)  # noqa: TRY400  the message is complete
        done.refused += 1


def crowded(table: Table) -> list[datetime]:
    """List months with MONTH_FILES data files or more, the one with most of them first.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    with storage_errors(f"table {'.'.join(table.name())}"):
        files = Counter(task.file.partition[0] for task in table.scan().plan_files())
    return [
        month_numbered(number)
        for number, count in files.most_common()
        if count >= MONTH_FILES and number is not None
    ]


def compact(catalog: Catalog, definition: TableDefinition, at_most: int | None = None) -> int:
    """Rewrite crowded months as one sorted file each.

    Args:
        catalog: where the table is.
        definition: the table.
        at_most: upper limit of the months; None = all.

    Returns:
        The number of months.

    Raises:
        ObjectDamaged: a file of a month can't be read; the other months were compacted.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    months, damage, done = crowded(open_table(catalog, definition)), None, 0
    for left, month in zip(reversed(range(len(months))), months, strict=True):
        work = partial(_rewrite, definition=definition, month=month, months_left=left)
        try:
            commit(catalog, definition, work)
            done += 1
        except ObjectDamaged as error:
            damage = damage or error
        if done == at_most:
            break
    if damage is not None:
        raise damage
    return done


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


def _is_compaction_due(table: Table) -> bool:
    """Whether many data files were added since the last compaction, or it left months to do."""
    added = 0
    for snapshot in sorted(table.metadata.snapshots, key=_sequence, reverse=True):
        notes = snapshot.summary.additional_properties if snapshot.summary else {}
        if notes.get(KIND) == _COMPACTION:
            return added >= FILES_DUE or int(notes.get(MONTHS_LEFT, 0)) > 0
        added += int(notes.get("added-data-files", 0))
    return added >= FILES_DUE


def _rewrite(table: Table, definition: TableDefinition, month: datetime, months_left: int) -> None:
    whole = in_months([month], definition.time)
    rows = scan(table, definition.columns, whole)
    rows = rows.sort_by([(name, "ascending") for name in definition.sorted_by])
    properties = {name: value for name, value in summary(table).items() if name.startswith("weather.")}
    notes = {**properties, KIND: _COMPACTION, MONTHS_LEFT: str(months_left)}
    table.overwrite(rows, overwrite_filter=whole, snapshot_properties=notes)


def _sequence(snapshot: Snapshot) -> int:
    return snapshot.sequence_number or 0
