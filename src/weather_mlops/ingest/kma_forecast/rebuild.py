"""Rebuild the tables of the KMA's forecast from raw, a month at a time."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import And

from weather_mlops.clock import HOUR, month_of, next_month
from weather_mlops.ingest.kma_forecast.batch import HOURS_SHARE, complete, hours_of, station_issues_of
from weather_mlops.ingest.kma_forecast.publication import reason_of
from weather_mlops.ingest.kma_forecast.rebuilt_month import RUN, ForecastsOfRaw, RebuiltIssues
from weather_mlops.ingest.rebuild_differences import (
    Difference,
    RebuildCounts,
    different_forecasts,
    different_gaps,
    different_quarantine,
)
from weather_mlops.ingest.rebuilt_month import months_between
from weather_mlops.ingest.rebuilt_tables import RebuiltTables
from weather_mlops.kma.forecast.endpoints import VILLAGE
from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.lake import kma_forecast_gaps
from weather_mlops.lake.filters import between, in_months, rows_within
from weather_mlops.lake.kma_forecast_columns import KMA_FORECAST_QUARANTINE_TABLE_SCHEMA
from weather_mlops.lake.kma_forecast_merge import with_stored_times
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.quarantine import stamped, unseen
from weather_mlops.lake.raw import PREFIX
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KMA_FORECAST_GAPS, KMA_FORECAST_QUARANTINE, KMA_FORECASTS
from weather_mlops.lake.storage_errors import storage_errors

_ORDER: Final = [(name, "ascending") for name in KMA_FORECASTS.sorted_by]


class ForecastRebuild:
    """The KMA's forecast, its quarantine and its gaps.

    Raw doesn't say which issues could not be fetched: gaps are taken from the live register. One whose issue
    raw has whole is closed; one is opened for a collected issue that raw has a part of.

    Args:
        store: the bucket.
        tables: rebuilt and live ones.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
    """

    definitions: Final = (KMA_FORECASTS, KMA_FORECAST_QUARANTINE, KMA_FORECAST_GAPS)

    def __init__(
        self, store: ObjectStore, tables: RebuiltTables, suites_dir: Path, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._tables = store, tables
        self._suites_dir, self._clock = suites_dir, clock

    def months(self, first: date | None, last: date | None) -> list[datetime]:
        """The months between two days that raw has a forecast for."""
        return months_between(ForecastsOfRaw(self._store, self._suites_dir).months(), first, last)

    def month(self, month: datetime, counts: RebuildCounts) -> list[Difference]:
        """Rebuild a month, write it, and return the differences from the live tables."""
        # Live tables first: what each of their rows was read from is in raw already.
        live = self._tables.open_live(KMA_FORECASTS, month)
        refused = self._tables.live(KMA_FORECAST_QUARANTINE, month)
        register = self._tables.live(KMA_FORECAST_GAPS, month)
        quarantine = [KMA_FORECAST_QUARANTINE_TABLE_SCHEMA.empty_table()]
        rebuilt_register, differences = register, list[Difference]()
        self._tables.clear(KMA_FORECASTS, month)
        of_raw, now = ForecastsOfRaw(self._store, self._suites_dir), self._clock()
        for issues in of_raw.spans(month, now):
            span = between(issues.first, issues.end - HOUR, "issued_at")
            with storage_errors(f"table {KMA_FORECASTS.identifier}"):
                stored = scan(live, FORECAST_ROWS, And(in_months([month], KMA_FORECASTS.time), span))
            rows = rows_within(issues.rows, KMA_FORECASTS.time, month, next_month(month))
            rows = with_stored_times(rows, stored)
            differences += different_forecasts(stored, rows)
            self._tables.append(KMA_FORECASTS, rows.sort_by(_ORDER))
            new = rows_within(issues.refused, KMA_FORECAST_QUARANTINE.time, month, next_month(month))
            quarantine.append(stamped(new, KMA_FORECAST_QUARANTINE, run=RUN, at=now))
            rebuilt_register = _register(rebuilt_register, issues, month, now)
            counts.responses += issues.objects
            counts.forecast_rows += rows.num_rows
        records = unseen(pa.concat_tables(quarantine), KMA_FORECAST_QUARANTINE)
        differences += different_quarantine(refused, records, KMA_FORECAST_QUARANTINE)
        differences += different_gaps(register, rebuilt_register, KMA_FORECAST_GAPS)
        self._tables.write(KMA_FORECAST_QUARANTINE, month, records)
        self._tables.write(KMA_FORECAST_GAPS, month, rebuilt_register)
        return differences

    def finish(self, *, apply: bool) -> list[Difference]:  # noqa: ARG002  every row has a time
        """Nothing belongs to no month."""
        return []


def _register(register: pa.Table, issues: RebuiltIssues, month: datetime, now: datetime) -> pa.Table:
    """The register after the issues of a span, as far as raw tells."""
    known = {(row["station_id"], row["issued_at"]): row["closed_at"] for row in register.to_pylist()}
    is_open = {each for each, closed_at in known.items() if closed_at is None}
    collected = {each for each in issues.collected if month_of(each[1]) == month}
    counted = hours_of(issues.rows)
    present = complete(counted, is_open | collected, HOURS_SHARE)
    of_village = pc.starts_with(issues.refused["raw_key"], f"{PREFIX}{VILLAGE}/")
    refused = station_issues_of(issues.refused.filter(of_village))
    absent = {each: reason_of(each, counted, refused) for each in collected - present - known.keys()}
    return kma_forecast_gaps.updated(register, absent=absent, present=present & is_open, now=now)
