"""Store rows that a critical rule refused, each once per reason."""

import logging
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from weather_mlops.lake.catalog import RUN, commit
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.filters import missing, time_ranges
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import QUARANTINE, QUARANTINE_SCHEMA, QUARANTINE_TABLE_SCHEMA, cast_to_schema

log = logging.getLogger(__name__)

IDENTITY = ("station_id", "observed_at", "rule", "value")


def record_refused(catalog: Catalog, records: pa.Table, *, run: str, at: datetime) -> int:
    """Add refused rows to the quarantine, except for those that it has already.

    A row that is fetched and refused again for the same rules and values is the same one (IDENTITY).

    Args:
        catalog: where the table is.
        records: columns of QUARANTINE_SCHEMA at least.
        run: name of the run that refused them.
        at: time of the refusal, timezone-aware.

    Returns:
        The number of added rows.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    if records.num_rows == 0:
        return 0
    incoming = cast_to_schema(records, QUARANTINE_SCHEMA)

    def attempt(table: Table) -> int:
        new = unseen(incoming, set(identities(_neighbours(table, incoming))))
        if new:
            rows = incoming.take(new)
            rows = rows.append_column("run_id", pa.array([run] * len(new), pa.string()))
            rows = rows.append_column("quarantined_at", pa.array([at] * len(new), UTC_TIME))
            table.append(cast_to_schema(rows, QUARANTINE_TABLE_SCHEMA), snapshot_properties={RUN: run})
        return len(new)

    added = commit(catalog, QUARANTINE, attempt)
    log.info("quarantined: refused=%d added=%d", records.num_rows, added)
    return added


def _neighbours(table: Table, records: pa.Table) -> pa.Table:
    columns = QUARANTINE.select(*IDENTITY)
    times = records["observed_at"].drop_null().to_pylist()
    filters = [time_ranges(times)] if times else []
    if records["observed_at"].null_count:
        filters.append(missing("observed_at"))
    # One scan per filter: with both combined, PyIceberg compares the month that an unreadable row doesn't
    # have.
    return pa.concat_tables([scan(table, columns, row_filter) for row_filter in filters])


def unseen(records: pa.Table, seen: set[tuple[Any, ...]]) -> list[int]:
    """Indices of records whose identity is not in ``seen``, each identity once; adds them to ``seen``."""
    new = []
    for index, identity in enumerate(identities(records)):
        if identity not in seen:
            seen.add(identity)
            new.append(index)
    return new


def identities(table: pa.Table) -> list[tuple[Any, ...]]:
    """The identity of each record: its values in the columns of IDENTITY."""
    return list(zip(*(table[name].to_pylist() for name in IDENTITY), strict=True))
