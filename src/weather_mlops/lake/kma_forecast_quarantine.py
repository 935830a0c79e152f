"""Store rows of the KMA's forecast that a critical rule refused, each once per reason."""

import logging
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from weather_mlops.lake.catalog import RUN, commit
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.filters import one_of
from weather_mlops.lake.kma_forecast_columns import (
    KMA_FORECAST_QUARANTINE_SCHEMA,
    KMA_FORECAST_QUARANTINE_TABLE_SCHEMA,
)
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KMA_FORECAST_QUARANTINE, cast_to_schema

log = logging.getLogger(__name__)

IDENTITY: Final = ("station_id", "issued_at", "valid_at", "rule", "value")


def record_refused(catalog: Catalog, records: pa.Table, *, run: str, at: datetime) -> int:
    """Add refused rows to the quarantine, except for those that it has already.

    Args:
        catalog: where the table is.
        records: columns of KMA_FORECAST_QUARANTINE_SCHEMA at least.
        run: name of the run that refused them.
        at: time of the refusal, timezone-aware.

    Returns:
        The number of added rows.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    if records.num_rows == 0:
        return 0
    incoming = cast_to_schema(records, KMA_FORECAST_QUARANTINE_SCHEMA)

    def attempt(table: Table) -> int:
        issues = one_of("issued_at", pc.unique(incoming["issued_at"]).to_pylist())
        seen = set(identities(scan(table, KMA_FORECAST_QUARANTINE.select(*IDENTITY), issues)))
        # Of equal records in one batch, the last index stays.
        fresh = {each: index for index, each in enumerate(identities(incoming)) if each not in seen}
        if fresh:
            rows = incoming.take(sorted(fresh.values()))
            table.append(as_quarantine(rows, run=run, at=at), snapshot_properties={RUN: run})
        return len(fresh)

    added = commit(catalog, KMA_FORECAST_QUARANTINE, attempt)
    log.info("quarantined: refused=%d added=%d", records.num_rows, added)
    return added


def as_quarantine(records: pa.Table, *, run: str, at: datetime) -> pa.Table:
    """Records as rows of the table.

    Args:
        records: columns of KMA_FORECAST_QUARANTINE_SCHEMA.
        run: name of the run that refused them.
        at: time of the refusal, timezone-aware.
    """
    rows = records.append_column("run_id", pa.repeat(run, records.num_rows))
    rows = rows.append_column("quarantined_at", pa.repeat(pa.scalar(at, UTC_TIME), records.num_rows))
    return cast_to_schema(rows, KMA_FORECAST_QUARANTINE_TABLE_SCHEMA)


def unseen(records: pa.Table) -> list[int]:
    """Indices of records, each identity once."""
    first: dict[tuple[object, ...], int] = {}
    for index, identity in enumerate(identities(records)):
        first.setdefault(identity, index)
    return list(first.values())


def identities(table: pa.Table) -> list[tuple[object, ...]]:
    """The identity of each record: its values in the columns of IDENTITY."""
    return list(zip(*(table[name].to_pylist() for name in IDENTITY), strict=True))
