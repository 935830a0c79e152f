"""Publish forecasts as they are issued, and read them for the comparison with observations."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression
from pyiceberg.table import Table

from weather_mlops.clock import HOUR_US
from weather_mlops.lake import maintenance
from weather_mlops.lake.catalog import RUN, commit, open_table
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.filters import between, one_of
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import FORECASTS, FORECASTS_SCHEMA, cast_to_schema
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

_IDENTITY: Final = list(FORECASTS.identity)
_STAND_INS: Final = {"double": -1e300, "string": "", str(UTC_TIME): 0}
_ORDER: Final = [(name, "ascending") for name in FORECASTS.sorted_by]


@dataclass(frozen=True, slots=True)
class PublishedForecasts:
    """Result of publishing forecasts, in rows.

    Attributes:
        inserted: rows that are new in the table.
        replaced: rows that had other values before: by a newer model, or from corrected observations.
        equal: rows that the table had already.
    """

    inserted: int
    replaced: int
    equal: int


def publish(catalog: Catalog, forecasts: pa.Table, *, run: str, now: datetime) -> PublishedForecasts:
    """Write forecasts to their table, in at most one commit, and maintain the table when that is due.

    Idempotent. When another writer commits in between, the rows are compared again.

    Args:
        catalog: where the table is.
        forecasts: columns of FORECASTS_SCHEMA at least.
        run: name of the run, stored with the snapshot.
        now: the time, timezone-aware.

    Raises:
        ValueError: a row is invalid: a value is missing or not finite, its quantiles cross, its times don't
            fit its lead, or another row has its identity. Nothing is published.
        KeyError: a column is missing.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    incoming = _sound(forecasts)
    published = commit(catalog, FORECASTS, lambda table: _merge(table, incoming, run))
    log.info(
        "forecasts published: inserted=%d replaced=%d equal=%d",
        published.inserted,
        published.replaced,
        published.equal,
    )
    maintenance.maintain(catalog, now, (FORECASTS,))
    return published


def rows_of(columns: Mapping[str, pa.Array | np.ndarray | Sequence[object]]) -> pa.Table:
    """Rows of FORECASTS_SCHEMA from their columns, by name; what may be null can be left out."""
    length = len(columns["issued_at"])
    return pa.table(
        [
            pa.array(columns[field.name], field.type)
            if field.name in columns or not field.nullable
            else pa.nulls(length, field.type)
            for field in FORECASTS_SCHEMA
        ],
        schema=FORECASTS_SCHEMA,
    )


def read(  # noqa: PLR0913  keyword only: which rows
    catalog: Catalog,
    *,
    first_valid: datetime,
    last_valid: datetime,
    targets: Iterable[str] | None = None,
    station_ids: Iterable[int] | None = None,
    lead_hours: Iterable[int] | None = None,
) -> pa.Table:
    """Read the forecasts of a period, whenever they were issued; only files of its months are opened.

    Args:
        catalog: where the table is.
        first_valid: the first hour that is forecast, timezone-aware.
        last_valid: the last one, included.
        targets: names of targets; None: all.
        station_ids: ids; None: all.
        lead_hours: lead times, hours; None: all.

    Returns:
        Rows of FORECASTS_SCHEMA, sorted by target, station and valid_at.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    row_filter: BooleanExpression = between(first_valid, last_valid, FORECASTS.time)
    if targets is not None:
        row_filter = And(row_filter, one_of("target", targets))
    if station_ids is not None:
        row_filter = And(row_filter, one_of("station_id", station_ids))
    if lead_hours is not None:
        row_filter = And(row_filter, one_of("lead_hours", lead_hours))
    table = open_table(catalog, FORECASTS)
    with storage_errors(f"table {FORECASTS.identifier}"):
        return scan(table, FORECASTS_SCHEMA, row_filter).sort_by(_ORDER)


def _merge(table: Table, incoming: pa.Table, run: str) -> PublishedForecasts:
    if incoming.num_rows == 0:
        return PublishedForecasts(0, 0, 0)
    around = _around(incoming)
    current = scan(table, FORECASTS_SCHEMA, around)
    changed = incoming.take(_changed(incoming, current))
    unchanged = current.join(changed, _IDENTITY, join_type="left anti")
    replaced = current.num_rows - unchanged.num_rows
    done = PublishedForecasts(changed.num_rows - replaced, replaced, incoming.num_rows - changed.num_rows)
    notes = {RUN: run, "weather.inserted": str(done.inserted), "weather.replaced": str(done.replaced)}
    if replaced:
        rows = pa.concat_tables([cast_to_schema(unchanged, FORECASTS_SCHEMA), changed])
        table.overwrite(rows.sort_by(_ORDER), overwrite_filter=around, snapshot_properties=notes)
    elif changed.num_rows:
        table.append(cast_to_schema(changed, FORECASTS_SCHEMA).sort_by(_ORDER), snapshot_properties=notes)
    return done


def _changed(incoming: pa.Table, current: pa.Table) -> pa.Array:
    """Indices of the rows that the table does not have with exactly these values."""
    index = pa.array(range(incoming.num_rows), pa.int64())
    numbered = _without_nulls(incoming).append_column("index", index)
    return numbered.join(_without_nulls(current), FORECASTS_SCHEMA.names, join_type="left anti")[
        "index"
    ].combine_chunks()


def _without_nulls(rows: pa.Table) -> pa.Table:
    """Rows to compare: a join finds no null equal to another, so values that no row has stand for them."""
    for position, field in enumerate(rows.schema):
        if field.nullable:
            stand_in = pa.scalar(_STAND_INS[str(field.type)], field.type)
            rows = rows.set_column(position, field.name, pc.fill_null(rows[field.name], stand_in))
    return rows


def _around(forecasts: pa.Table) -> BooleanExpression:
    """A short filter for all rows that may have the identity of one of these; it may match others as well."""
    valid = pc.min_max(forecasts["valid_at"]).as_py()
    issued = pc.unique(forecasts["issued_at"]).to_pylist()
    return And(between(valid["min"], valid["max"], "valid_at"), one_of("issued_at", issued))


def _sound(forecasts: pa.Table) -> pa.Table:
    """Validate rows and cast them to FORECASTS_SCHEMA.

    Raises:
        ValueError: a row is invalid; the message names it with the reason.
    """
    nullable = pa.schema([pa.field(column.name, column.type) for column in FORECASTS_SCHEMA])
    rows = cast_to_schema(forecasts, nullable)
    for fault, sound in _checks(rows).items():
        if not pc.all(sound, min_count=0).as_py():
            row = rows.filter(pc.invert(sound)).slice(0, 1).to_pylist()[0]
            raise ValueError(f"forecast {_named(row)}: {fault}")
    duplicates = rows.group_by(_IDENTITY).aggregate([([], "count_all")])
    duplicates = duplicates.filter(pc.greater(duplicates["count_all"], 1))
    if duplicates.num_rows:
        row = duplicates.slice(0, 1).to_pylist()[0]
        raise ValueError(f"forecast {_named(row)}: it occurs more than once")
    return cast_to_schema(rows, FORECASTS_SCHEMA)


def _checks(rows: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Masks of valid rows, by the fault of the others; each check assumes that those before it passed."""
    low, median, high = (rows[name] for name in ("p10", "p50", "p90"))
    lead_us = pc.multiply(rows["lead_hours"].cast(pa.int64()), HOUR_US)
    apart_us = pc.subtract(rows["valid_at"].cast(pa.int64()), rows["issued_at"].cast(pa.int64()))
    return {
        "a value is missing": reduce(
            pc.and_, (rows[field.name].is_valid() for field in FORECASTS_SCHEMA if not field.nullable)
        ),
        "a quantile is not finite": reduce(pc.and_, map(pc.is_finite, (low, median, high))),
        "p10 <= p50 <= p90 does not hold": pc.and_(pc.less_equal(low, median), pc.less_equal(median, high)),
        # Rows are looked up by valid_at, which is not part of the identity.
        "valid_at is not lead_hours after issued_at": pc.equal(apart_us, lead_us),
    }


def _named(row: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if name in FORECASTS_SCHEMA.names)
