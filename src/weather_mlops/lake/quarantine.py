"""Store rows that a critical rule refused, each once per reason: of observations, and of the KMA's forecast.

A row that is fetched and refused again for the same rules and values is the same one, see ``distinct_by`` of
the tables' definitions.
"""

import logging
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from weather_mlops.lake.catalog import RUN, commit
from weather_mlops.lake.columns import REFUSING_RUN, UTC_TIME
from weather_mlops.lake.filters import missing, time_ranges
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import QUARANTINE, TableDefinition, cast_to_schema

log = logging.getLogger(__name__)

_OF_A_RUN: Final = tuple(field.name for field in REFUSING_RUN)


def record_refused(
    catalog: Catalog,
    records: pa.Table,
    *,
    run: str,
    at: datetime,
    definition: TableDefinition = QUARANTINE,
) -> int:
    """Add refused rows to a quarantine, except for those that it has already.

    Args:
        catalog: where the table is.
        records: columns of the quarantine at least, without those about the run.
        run: name of the run that refused them.
        at: time of the refusal, timezone-aware.
        definition: of the quarantine.

    Returns:
        The number of added rows.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    if records.num_rows == 0:
        return 0
    incoming = stamped(records, definition, run=run, at=at)

    def attempt(table: Table) -> int:
        known = set(identities(_neighbours(table, incoming, definition), definition))
        new = unseen(incoming, definition, known)
        if new.num_rows:
            table.append(new, snapshot_properties={RUN: run})
        return int(new.num_rows)

    added = commit(catalog, definition, attempt)
    log.info("quarantined: table=%s refused=%d added=%d", definition.name, records.num_rows, added)
    return added


def stamped(records: pa.Table, definition: TableDefinition, *, run: str, at: datetime) -> pa.Table:
    """Refused rows as rows of a quarantine: with the run that refused them, and its time.

    Args:
        records: columns of the quarantine at least, without those about the run.
        definition: of the quarantine.
        run: name of the run.
        at: time of the refusal, timezone-aware.
    """
    rows = records.select([name for name in definition.columns.names if name not in _OF_A_RUN])
    rows = rows.append_column("run_id", pa.repeat(run, rows.num_rows))
    rows = rows.append_column("quarantined_at", pa.repeat(pa.scalar(at, UTC_TIME), rows.num_rows))
    return cast_to_schema(rows, definition.columns)


def unseen(
    records: pa.Table, definition: TableDefinition, known: AbstractSet[tuple[Any, ...]] = frozenset()
) -> pa.Table:
    """The first record of each identity that is not known."""
    first: dict[tuple[Any, ...], int] = {}
    for index, identity in enumerate(identities(records, definition)):
        if identity not in known:
            first.setdefault(identity, index)
    return records.take(pa.array(list(first.values()), pa.int64()))


def identities(table: pa.Table, definition: TableDefinition) -> list[tuple[Any, ...]]:
    """The identity of each record: its values in the columns that tell rows of the quarantine apart."""
    return list(zip(*(table[name].to_pylist() for name in definition.distinct_by), strict=True))


def _neighbours(table: Table, records: pa.Table, definition: TableDefinition) -> pa.Table:
    """What the quarantine has about the times of some records."""
    columns = definition.select(*definition.distinct_by)
    times = pc.unique(records[definition.time].drop_null()).to_pylist()
    filters = [time_ranges(times, definition.time)] if times else []
    if records[definition.time].null_count:
        filters.append(missing(definition.time))
    # One scan per filter: with both combined, PyIceberg compares the month that an unreadable row doesn't
    # have.
    return pa.concat_tables([scan(table, columns, row_filter) for row_filter in filters])
