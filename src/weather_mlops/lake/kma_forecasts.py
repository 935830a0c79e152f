"""The KMA's own forecast as it was issued: published issue by issue, read by the hours that it is about."""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression
from pyiceberg.table import Table

from weather_mlops.clock import HOUR_US
from weather_mlops.kma.forecast.rows import FORECAST_ROWS, FORECAST_VARIABLES, KEY, SOURCES
from weather_mlops.lake import maintenance
from weather_mlops.lake.catalog import RUN, commit, open_table, summary
from weather_mlops.lake.filters import between, one_of
from weather_mlops.lake.kma_forecast_changes import ValueChanges, value_changes
from weather_mlops.lake.kma_forecast_merge import LONGEST_LEAD_H, fold_duplicates, merge, replace_rows
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KMA_FORECASTS, cast_to_schema
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

ARCHIVE_DELAY: Final = timedelta(minutes=30)
"""When a row of an archive counts as received: this long after its issue.

An archive doesn't tell when an issue was out. The KMA's is out from about 10 minutes after its time, one
provider's documents are off by 20; half an hour is later than both, and still before the next full hour.
"""

NEWEST_COLLECTED: Final = "weather.newest-collected-issue"
"""Note of a snapshot: the newest issue that the collection has requested; each later snapshot repeats it."""

_ORDER: Final = [(name, "ascending") for name in KMA_FORECASTS.sorted_by]
_READ_ALWAYS: Final = (*KEY, "lead_hours", "received_at")


@dataclass(frozen=True, slots=True)
class PublishedKmaForecasts:
    """What publishing did, in rows of the batch; rows that repeat a key count once.

    Attributes:
        inserted: new in the table.
        corrected: in the table with other values before, or without some of them.
        equal: left alone.
        values: single values that were changed, of the stations for which they were to be counted.
    """

    inserted: int
    corrected: int
    equal: int
    values: ValueChanges = field(default_factory=ValueChanges)


def publish(  # noqa: PLR0913  what a commit notes and counts
    catalog: Catalog,
    forecasts: pa.Table,
    *,
    run: str,
    now: datetime,
    properties: Mapping[str, str] | None = None,
    values_of: Collection[int] = (),
    with_maintenance: bool = True,
) -> PublishedKmaForecasts:
    """Bring rows into their table, in at most one commit, and maintain it when that is due.

    The same rows again change nothing. Another writer's commit in between makes it compare again, so that
    nothing is lost or doubled. What a row that is there already becomes: ``kma_forecast_merge``.

    Args:
        catalog: where the table is.
        forecasts: columns of FORECAST_ROWS at least.
        run: name of the run, stored with the snapshot.
        now: the time, timezone-aware.
        properties: further properties of the snapshot.
        values_of: ids of the stations whose changed values are counted.
        with_maintenance: False where the caller maintains the table later.

    Raises:
        ValueError: a row that no source may give: its times don't fit its lead, it was received before it
            was issued, a value is not finite, or its source is unknown. Nothing is published.
        KeyError: a column is missing.
        pyarrow.ArrowInvalid: a value doesn't fit its column, or is null where it may not be.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    incoming = fold_duplicates(_validated(forecasts))
    notes = {RUN: run, **(properties or {})}
    published = commit(catalog, KMA_FORECASTS, lambda table: _write(table, incoming, notes, values_of))
    log.info(
        "KMA forecasts published: inserted=%d corrected=%d equal=%d",
        published.inserted,
        published.corrected,
        published.equal,
    )
    if with_maintenance:
        maintenance.maintain(catalog, now, (KMA_FORECASTS,))
    return published


def read(  # noqa: PLR0913  keyword only: which rows
    catalog: Catalog,
    *,
    first_valid: datetime,
    last_valid: datetime,
    station_ids: Iterable[int] | None = None,
    variables: Iterable[str] | None = None,
    snapshot_id: int | None = None,
) -> pa.Table:
    """Rows about a period, whenever they were issued; only the months that it touches are opened.

    Args:
        catalog: where the table is.
        first_valid: the first hour that is forecast, timezone-aware.
        last_valid: the last one, included.
        station_ids: which stations; all, where None.
        variables: which columns next to the key, ``lead_hours`` and ``received_at``; all, where None.
        snapshot_id: the state of the table; None = the current one.

    Returns:
        Columns in the order of FORECAST_ROWS; rows in no certain order.

    Raises:
        KeyError: a variable that the table doesn't have.
        StorageUnavailable, StorageRefused.
    """
    row_filter: BooleanExpression = between(first_valid, last_valid, KMA_FORECASTS.time)
    if station_ids is not None:
        row_filter = And(row_filter, one_of("station_id", station_ids))
    columns = FORECAST_ROWS if variables is None else _columns(variables)
    table = open_table(catalog, KMA_FORECASTS)
    with storage_errors(f"table {KMA_FORECASTS.identifier}"):
        return scan(table, columns, row_filter, snapshot_id=snapshot_id)


def current_snapshot(catalog: Catalog) -> int | None:
    """Id of the table's newest snapshot; None where nothing was published yet.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    snapshot = open_table(catalog, KMA_FORECASTS).current_snapshot()
    return snapshot.snapshot_id if snapshot else None


def read_issues(catalog: Catalog, issues: Iterable[datetime], columns: Iterable[str]) -> pa.Table:
    """Rows of some issues, whatever hours they are about.

    Args:
        catalog: where the table is.
        issues: their times, timezone-aware.
        columns: names of columns.

    Returns:
        These columns; rows in no certain order.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, KMA_FORECASTS)
    with storage_errors(f"table {KMA_FORECASTS.identifier}"):
        return scan(table, KMA_FORECASTS.select(*columns), one_of("issued_at", issues))


def as_archive(rows: pa.Table, delay: timedelta = ARCHIVE_DELAY) -> pa.Table:
    """Rows of an archive, as if they had been received when they were issued.

    Args:
        rows: of FORECAST_ROWS; ``received_at`` is when the archive was read, years later perhaps.
        delay: from the issue until a row counts as received.

    Returns:
        The same rows, with ``received_at`` this long after ``issued_at``.
    """
    received = pc.add(rows["issued_at"], pa.scalar(delay, pa.duration("us")))
    index = rows.schema.get_field_index("received_at")
    return rows.set_column(index, rows.schema.field(index), received)


def _columns(variables: Iterable[str]) -> pa.Schema:
    selected = {*_READ_ALWAYS, *variables}
    if unknown := sorted(selected.difference(FORECAST_ROWS.names)):
        raise KeyError(f"{KMA_FORECASTS.identifier} has no column {', '.join(unknown)}")
    return KMA_FORECASTS.select(*(name for name in FORECAST_ROWS.names if name in selected))


def newest_collected(catalog: Catalog) -> datetime | None:
    """The newest issue that the collection has requested, in UTC; None where it never ran.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    note = summary(open_table(catalog, KMA_FORECASTS)).get(NEWEST_COLLECTED)
    return datetime.fromisoformat(note) if note else None


def carried(table: Table) -> dict[str, str]:
    """Notes that each snapshot must repeat: without them, the issues of an outage would be forgotten."""
    return {name: note for name, note in summary(table).items() if name == NEWEST_COLLECTED}


def _write(
    table: Table, incoming: pa.Table, properties: Mapping[str, str], values_of: Collection[int]
) -> PublishedKmaForecasts:
    if incoming.num_rows == 0:
        return PublishedKmaForecasts(0, 0, 0)
    around = _around(incoming)
    current = scan(table, FORECAST_ROWS, around)
    changes = merge(current, incoming)
    values = value_changes(current, changes, values_of)
    done = PublishedKmaForecasts(changes.inserted.num_rows, changes.corrected.num_rows, changes.equal, values)
    changed = {"weather.inserted": str(done.inserted), "weather.corrected": str(done.corrected)}
    notes = {**carried(table), **properties, **changed}
    if done.corrected:
        # All rows that the filter takes are written again: Iceberg replaces by filter, not by key.
        rows = pa.concat_tables([replace_rows(current, changes.corrected), changes.inserted])
        table.overwrite(rows.sort_by(_ORDER), overwrite_filter=around, snapshot_properties=notes)
    elif done.inserted:
        table.append(changes.inserted.sort_by(_ORDER), snapshot_properties=notes)
    return done


def _around(rows: pa.Table) -> BooleanExpression:
    """A short filter for all rows that may have the key of one of these.

    A new issue is younger than all in the table, so the bounds of ``issued_at`` spare opening their files.
    """
    valid, issued = (pc.min_max(rows[name]).as_py() for name in ("valid_at", "issued_at"))
    times = And(
        between(valid["min"], valid["max"], "valid_at"), between(issued["min"], issued["max"], "issued_at")
    )
    return And(times, one_of("station_id", pc.unique(rows["station_id"]).to_pylist()))


def _validated(forecasts: pa.Table) -> pa.Table:
    """The same rows in FORECAST_ROWS.

    Raises:
        ValueError: a row is wrong; the message names it and says how.
    """
    rows = cast_to_schema(forecasts, FORECAST_ROWS)
    for fault, is_sound in _checks(rows).items():
        if not pc.all(is_sound, min_count=0).as_py():
            row = rows.filter(pc.invert(is_sound)).slice(0, 1).to_pylist()[0]
            raise ValueError(f"KMA forecast {_described(row)}: {fault}")
    return rows


def _checks(rows: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Which rows are sound, by what is wrong with the others."""
    issued_us, valid_us = (rows[name].cast(pa.int64()) for name in ("issued_at", "valid_at"))
    lead = rows["lead_hours"]
    whole_hours_us = pc.multiply(pc.divide(issued_us, HOUR_US), HOUR_US)
    lead_us = pc.multiply(lead.cast(pa.int64()), HOUR_US)
    decimals = [rows[variable.name] for variable in FORECAST_VARIABLES if variable.kind == "decimal"]
    is_finite = [pc.fill_null(pc.is_finite(values), fill_value=True) for values in decimals]
    return {
        "issued_at is not a full hour": pc.equal(whole_hours_us, issued_us),
        f"lead_hours is not within 0 and {LONGEST_LEAD_H}": pc.and_(
            pc.greater_equal(lead, 0), pc.less_equal(lead, LONGEST_LEAD_H)
        ),
        "valid_at is not lead_hours after issued_at": pc.equal(pc.subtract(valid_us, issued_us), lead_us),
        # Such a row would be shown before anybody could have had it.
        "received_at is before issued_at": pc.greater_equal(rows["received_at"], rows["issued_at"]),
        "a value is not finite; missing is null": reduce(pc.and_, is_finite),
        f"source is none of {', '.join(SOURCES)}": pc.is_in(rows["source"], pa.array(SOURCES)),
    }


def _described(row: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in row.items() if value is not None)
