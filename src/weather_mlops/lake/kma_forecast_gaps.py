"""The register of missing issues of the KMA's forecast, by station: table ``weather.kma_forecast_gaps``.

When a gap is due again, and what a further try makes of it, follows the rules of the observations' register
(lake/gaps.py); a gap's time is the time of its issue here.
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import Or
from pyiceberg.table import Table

from weather_mlops.clock import EPOCH
from weather_mlops.lake import gaps
from weather_mlops.lake.catalog import RUN, commit, open_table, summary
from weather_mlops.lake.filters import missing, one_of
from weather_mlops.lake.kma_forecast_columns import KMA_FORECAST_GAPS_SCHEMA
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import GAPS_SCHEMA, KMA_FORECAST_GAPS, cast_to_schema
from weather_mlops.lake.storage_errors import storage_errors

log = logging.getLogger(__name__)

StationIssue = tuple[int, datetime]
"""Station id and time of an issue, UTC."""

PARTIAL: Final = "partial"
OPEN: Final = "weather.open"


@dataclass(frozen=True, slots=True)
class ForecastGapCount:
    """Changes of the register by a run: station-issues opened, closed, and open in total."""

    opened: int
    closed: int
    open: int


def load(catalog: Catalog) -> pa.Table:
    """Read the open gaps.

    Returns:
        Rows of KMA_FORECAST_GAPS_SCHEMA.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, KMA_FORECAST_GAPS)
    if summary(table).get(OPEN) == "0":
        return KMA_FORECAST_GAPS_SCHEMA.empty_table()
    with storage_errors(f"table {KMA_FORECAST_GAPS.identifier}"):
        return scan(table, KMA_FORECAST_GAPS_SCHEMA, missing("closed_at"))


def due(register: pa.Table, now: datetime, *, since: datetime) -> list[StationIssue]:
    """Open gaps that should be requested again, newest first.

    Args:
        register: rows of KMA_FORECAST_GAPS_SCHEMA.
        now: the time, timezone-aware.
        since: older issues can't be requested any more.
    """
    rows = gaps.due(_as_gaps(register), now, horizon=now - since)
    return list(zip(rows["station_id"].to_pylist(), rows["observed_at"].to_pylist(), strict=True))


def count_open(catalog: Catalog) -> int:
    """Number of open gaps: station-issues.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    notes = summary(open_table(catalog, KMA_FORECAST_GAPS))
    return int(notes[OPEN]) if OPEN in notes else load(catalog).num_rows


def record(
    catalog: Catalog,
    *,
    absent: Mapping[StationIssue, str],
    present: Collection[StationIssue],
    run: str,
    now: datetime,
) -> ForecastGapCount:
    """Open the gaps of what is absent, and close those of what is present; no commit if nothing changes.

    Args:
        catalog: where the table is.
        absent: the reason of each station-issue that the table doesn't have whole.
        present: station-issues that it has.
        run: name of the run.
        now: time of the run, timezone-aware.

    Raises:
        CommitConflict, StorageUnavailable, StorageRefused.
    """

    def attempt(table: Table) -> ForecastGapCount:
        empty = table.current_snapshot() is None or summary(table).get(OPEN) == "0"
        if not absent and empty:
            return ForecastGapCount(0, 0, 0)
        before = _around(table, {issued_at for _, issued_at in absent})
        after = updated(before, absent=absent, present=present, now=now)
        _persist(table, before, after, run)
        was_open, is_open = _open(before), _open(after)
        return ForecastGapCount(len(is_open - was_open), len(was_open - is_open), len(is_open))

    counted = commit(catalog, KMA_FORECAST_GAPS, attempt)
    log.info("gaps of issues: opened=%d closed=%d open=%d", counted.opened, counted.closed, counted.open)
    return counted


def updated(
    register: pa.Table,
    *,
    absent: Mapping[StationIssue, str],
    present: Collection[StationIssue],
    now: datetime,
) -> pa.Table:
    """The register after a run, see ``record``; rows of KMA_FORECAST_GAPS_SCHEMA."""
    keys = {_key(each) for each in present}
    reasons = {_key(each): reason for each, reason in absent.items()}
    return _as_forecast_gaps(gaps.update(_as_gaps(register), [*reasons, *keys], keys, reasons, now))


def _around(table: Table, issues: Collection[datetime]) -> pa.Table:
    """All open gaps, and all rows of some issues."""
    row_filter = missing("closed_at")
    if issues:
        row_filter = Or(row_filter, one_of("issued_at", sorted(issues)))
    return scan(table, KMA_FORECAST_GAPS_SCHEMA, row_filter)


def _persist(table: Table, before: pa.Table, after: pa.Table, run: str) -> None:
    old, new = _by_key(before), _by_key(after)
    changed = {issued_at for (station, issued_at), row in new.items() if old.get((station, issued_at)) != row}
    if not changed:
        return
    notes = {RUN: run, OPEN: str(len(_open(after)))}
    concerned = after.filter(pc.is_in(after["issued_at"], pa.array(sorted(changed), after["issued_at"].type)))
    if {issued_at for _, issued_at in old} & changed:
        # Closed rows of these issues may not have been read: all rows that are replaced must be.
        rest = scan(table, KMA_FORECAST_GAPS_SCHEMA, one_of("issued_at", sorted(changed)))
        merged = {**_by_key(rest), **_by_key(concerned)}
        rows = pa.Table.from_pylist([merged[key] for key in sorted(merged)], schema=KMA_FORECAST_GAPS_SCHEMA)
        table.overwrite(
            rows, overwrite_filter=one_of("issued_at", sorted(changed)), snapshot_properties=notes
        )
    else:
        table.append(concerned, snapshot_properties=notes)


def _by_key(rows: pa.Table) -> dict[StationIssue, dict[str, object]]:
    return {(row["station_id"], row["issued_at"]): row for row in rows.to_pylist()}


def _open(rows: pa.Table) -> set[StationIssue]:
    return {key for key, row in _by_key(rows).items() if row["closed_at"] is None}


def _key(each: StationIssue) -> tuple[int, int]:
    since = each[1] - EPOCH
    return each[0], (since.days * 86_400 + since.seconds) * 1_000_000


def _as_gaps(rows: pa.Table) -> pa.Table:
    return cast_to_schema(rows.rename_columns(GAPS_SCHEMA.names), GAPS_SCHEMA)


def _as_forecast_gaps(rows: pa.Table) -> pa.Table:
    return cast_to_schema(rows.rename_columns(KMA_FORECAST_GAPS_SCHEMA.names), KMA_FORECAST_GAPS_SCHEMA)
