"""The second stage of a load of old forecasts: grids from raw to the table.

It reads raw alone and may be repeated: rows that the table has change nothing. A row counts as received
ARCHIVE_DELAY after its issue, whenever its grid was fetched.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.errors import LoadIncomplete
from weather_mlops.ingest.kma_forecast.archive import ForecastArchive
from weather_mlops.ingest.kma_forecast.history import EMPTY_IN_A_ROW, GridProgress
from weather_mlops.ingest.kma_forecast.history_plan import GridLoad
from weather_mlops.kma.forecast import shortgrid
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.shortgrid import GridForecast
from weather_mlops.lake import kma_forecasts
from weather_mlops.lake.kma_grid_raw import (
    StoredGrid,
    issue_and_category,
    keys_of_day,
    read_grids,
    stored_grids,
)
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.quality import audit

log = logging.getLogger(__name__)

ROWS_PER_COMMIT: Final = 400_000
MOST_NAMED: Final = 5


@dataclass
class PublishedHistory:
    """What publication did, in rows of the table.

    Attributes:
        issues: of the load.
        incomplete: variables of issues whose grids were not all received.
        empty: variables of issues that the archive doesn't have.
        rows: that raw has.
        inserted: new in the table.
        corrected: that replaced one, or completed it.
        equal: that the table had already.
        quarantined: that a critical rule refused.
        docs_keys: of the batches' pages.
    """

    issues: int = 0
    incomplete: int = 0
    empty: int = 0
    rows: int = 0
    inserted: int = 0
    corrected: int = 0
    equal: int = 0
    quarantined: int = 0
    docs_keys: list[str] = field(default_factory=list)


@dataclass
class GridPublication:
    """Publishes what raw has of a load, many issues in one commit.

    Attributes:
        load: what to publish.
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        run: name of the load.
        clock: the time now, UTC.
        min_fit_share: share (0 to 1) of a batch's rows that must be fit for any of it to be published.
    """

    load: GridLoad
    store: ObjectStore
    catalog: Catalog
    suites_dir: Path
    run: str
    clock: Callable[[], datetime]
    min_fit_share: float = 0.0
    done: PublishedHistory = field(default_factory=PublishedHistory)
    _archive: ForecastArchive = field(init=False)
    _batch: list[pa.Table] = field(default_factory=list)
    _keys: list[str] = field(default_factory=list)
    _incomplete: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._archive = ForecastArchive(
            self.store, self.catalog, self.suites_dir, self.clock, self.done.docs_keys
        )

    def work(self) -> PublishedHistory:
        """Publish everything.

        Raises:
            QualityTooLow: too few rows of a batch are fit; the batches before it are published.
            LoadIncomplete: grids of some issues were not received; the rest is published.
            CommitConflict, StorageUnavailable, StorageRefused, ObjectDamaged, FormatChanged.
        """
        cells, progress = self.load.cells, GridProgress("publish", self.load)
        for _, issues in self.load.by_day():
            keys = keys_of_day(self.store, issues[0])
            for issued_at in issues:
                self._add(
                    issued_at, cells, {each: keys.get((issued_at, each), []) for each in self.load.categories}
                )
                if self._rows_waiting() >= ROWS_PER_COMMIT:
                    self._publish()
                progress.rows = self.done.rows + self._rows_waiting()
                progress.advance(self.done.issues)
                self.done.issues += 1
        self._publish()
        if self._incomplete:
            named = "; ".join(self._incomplete[:MOST_NAMED])
            raise LoadIncomplete(
                f"{len(self._incomplete)} variables of issues are incomplete: {named}. The rest is published "
                f"({self.done.inserted} new rows). Start the load again: it requests these only."
            )
        return self.done

    def _rows_waiting(self) -> int:
        """Rows that were read and are not published yet."""
        return sum(rows.num_rows for rows in self._batch)

    def _add(self, issued_at: datetime, cells: Mapping[int, Cell], keys: Mapping[str, Sequence[str]]) -> None:
        """Read the grids of an issue, and note what is missing."""
        grids: list[GridForecast] = []
        names: list[str] = []
        for category, objects in keys.items():
            stored = stored_grids(self.store, objects)
            hours = self.load.hours(issued_at, category)
            if lacking := sum(_lacking(group, stored) for group in hours):
                self._incomplete.append(f"{category} of {issued_at:%Y-%m-%d %H:%M} UTC: {lacking} hours")
            present = [grid for grid in stored.values() if grid.present]
            self.done.empty += bool(stored) and not present
            requested = {valid_at for group in hours for valid_at in group}
            for key in sorted({grid.key for grid in present}):
                grids += present_grids(self.store, key, requested, stored)
                names.append(key)
        if grids:
            self._batch.append(rows_of_grids(grids, cells, self.clock(), names[0]))
            self._keys += names

    def _publish(self) -> None:
        tables, self._batch = self._batch, []
        keys, self._keys = self._keys, []
        if not tables:
            return
        rows = pa.concat_tables(tables)
        # Each batch has a page of its own.
        run = f"{self.run}/part-{len(self.done.docs_keys):04d}"
        result = self._archive.audit(rows, run=run)
        audit.check_fit(result, self.min_fit_share)
        batch = self._archive.batch("grid", keys, result)
        batch = replace(batch, cells=self.load.cells, lead_hours=self.load.lead_hours)
        published = self._archive.publish(result, batch, run=run)
        self.done.rows += rows.num_rows
        self.done.inserted += published.inserted
        self.done.corrected += published.corrected
        self.done.equal += published.equal
        self.done.quarantined += result.quarantined.num_rows


def present_grids(
    store: ObjectStore, key: str, hours: Collection[datetime], stored: Mapping[datetime, StoredGrid]
) -> Iterator[GridForecast]:
    """The grids with values of an object that count.

    Args:
        store: the bucket.
        key: of the object.
        hours: requested valid times.
        stored: which object counts for each valid time, of all objects of the issue and the variable.

    Raises:
        FormatChanged, ObjectDamaged: the object or its sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    issued_at, category = issue_and_category(key)
    for grid in read_grids(store, key):
        if grid.present and grid.valid_at in hours and stored[grid.valid_at].key == key:
            values = shortgrid.parse(grid.response.body, grid.request, grid.response.status)
            yield GridForecast(category, issued_at, grid.valid_at, values)


def rows_of_grids(
    grids: Sequence[GridForecast], cells: Mapping[int, Cell], now: datetime, raw_key: str
) -> pa.Table:
    """Rows of the stations from all grids of an issue, as received when they were issued.

    Returns:
        FORECAST_ROWS and raw_key.
    """
    rows = kma_forecasts.as_archive(shortgrid.rows(grids, cells, now))
    return rows.append_column("raw_key", pa.repeat(raw_key, rows.num_rows))


def _lacking(group: Sequence[datetime], stored: Mapping[datetime, StoredGrid]) -> int:
    """How many hours of a group were not received, up to the empty ones at which a fetch ends."""
    lacking = empty = 0
    for valid_at in group:
        grid = stored.get(valid_at)
        if grid is None:
            lacking += 1
            continue
        empty = 0 if grid.present else empty + 1
        if empty == EMPTY_IN_A_ROW:
            break
    return lacking
