"""The rows of forecasts again from what raw has of them: what was made of it when it arrived."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import pyarrow as pa

from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import FormatChanged, NothingYet, ResponseMismatch, ResponseTruncated
from weather_mlops.ingest.kma_forecast import importer
from weather_mlops.ingest.kma_forecast.archive import REJECTED
from weather_mlops.ingest.kma_forecast.batch import STAGED_ROWS, rejected_items
from weather_mlops.ingest.kma_forecast.history_publication import present_grids, rows_of_grids
from weather_mlops.kma.endpoints import from_kst
from weather_mlops.kma.forecast import village
from weather_mlops.kma.forecast.village import VillageForecast
from weather_mlops.lake.filters import rows_within
from weather_mlops.lake.kma_archive_raw import ArchiveBatch
from weather_mlops.lake.kma_forecast_raw import ReceivedPage, read_issue
from weather_mlops.lake.kma_grid_raw import issue_and_category, stored_grids
from weather_mlops.lake.object_store import ObjectStore

if TYPE_CHECKING:
    from weather_mlops.kma.forecast.shortgrid import GridForecast

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replayed:
    """Rows that raw has.

    Attributes:
        at: when they arrived, UTC; of an archive, when it was published.
        rows: FORECAST_ROWS and ``raw_key``.
        rejected: REJECTED of ``archive``: items and lines that can't be read.
    """

    at: datetime
    rows: pa.Table
    rejected: pa.Table

    def between(self, first: datetime, end: datetime) -> "Replayed":
        """What is of the issues from one to before another one."""
        rows, rejected = (rows_within(each, "issued_at", first, end) for each in (self.rows, self.rejected))
        return Replayed(self.at, rows, rejected)


def issue_of_raw(store: ObjectStore, key: str) -> Replayed:
    """Read the rows of a stored object of ``lake/kma_forecast_raw.py``.

    Answers that could not be used when they were received, because the KMA rewrote the issue between two
    pages or had no items yet, are left out. Of several fetches of a cell the last usable one counts.

    Args:
        store: the bucket.
        key: of the object.

    Raises:
        FileNotFoundError: the object or its sidecar doesn't exist.
        FormatChanged, ObjectDamaged: the object or its sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    received = read_issue(store, key)
    by_cell: dict[str, tuple[pa.Table, pa.Table]] = {}
    for _, fetch in groupby(received.pages, key=attrgetter("fetch")):
        pages = list(fetch)
        if (forecast := _forecast(pages)) is not None:
            received_at = max(page.response.fetched_at for page in pages)
            stations = received.stations.get(forecast.cell, ())
            rows = forecast.rows(stations, pages[0].provider.source, received_at)
            rejected = rejected_items([forecast], key).select(REJECTED.names).cast(REJECTED)
            by_cell[str(forecast.cell)] = rows, rejected
    rows = [rows.append_column("raw_key", pa.repeat(key, rows.num_rows)) for rows, _ in by_cell.values()]
    return Replayed(
        received.received_at,
        pa.concat_tables([STAGED_ROWS.empty_table(), *(each.cast(STAGED_ROWS) for each in rows)]),
        pa.concat_tables([REJECTED.empty_table(), *(rejected for _, rejected in by_cell.values())]),
    )


def _forecast(pages: Sequence[ReceivedPage]) -> VillageForecast | None:
    """What one fetch gave; None where it can't be used."""
    first = pages[0]
    issued_at = from_kst(first.response.params["base_date"] + first.response.params["base_time"])
    try:
        read = [village.read_page(page.response.body, page.request, page.response.status) for page in pages]
        return village.parse(read, first.request, issued_at=issued_at, cell=first.cell)
    except (NothingYet, ResponseTruncated, ResponseMismatch, FormatChanged) as error:
        log.warning("issue %s at cell %s: left out: %s", issued_at.astimezone(KST), first.cell, error)
        return None


def archive_of_raw(store: ObjectStore, batch: ArchiveBatch, first: datetime, end: datetime) -> Replayed:
    """Read the rows of a batch of an archive that are of some issues.

    Args:
        store: the bucket.
        batch: of which objects, and how.
        first: the first issue, UTC.
        end: before this issue.

    Raises:
        FileNotFoundError: an object or its sidecar doesn't exist.
        FormatChanged, ObjectDamaged: one is damaged.
        StorageUnavailable, StorageRefused.
    """
    if batch.source == "portal":
        rows, rejected = importer.replayed(store, batch.keys)
        return Replayed(batch.published_at, rows.cast(STAGED_ROWS), rejected).between(first, end)
    tables = [rows.cast(STAGED_ROWS) for rows in _rows_of_issues(store, batch, first, end)]
    rows = pa.concat_tables([STAGED_ROWS.empty_table(), *tables])
    return Replayed(batch.published_at, rows, REJECTED.empty_table())


def _rows_of_issues(
    store: ObjectStore, batch: ArchiveBatch, first: datetime, end: datetime
) -> Iterator[pa.Table]:
    """Rows of each issue that a batch of grids has."""
    objects: dict[datetime, dict[str, list[str]]] = {}
    for key in batch.keys:
        issued_at, category = issue_and_category(key)
        if first <= issued_at < end:
            objects.setdefault(issued_at, {}).setdefault(category, []).append(key)
    for issued_at, by_category in objects.items():
        grids: list[GridForecast] = []
        for keys in by_category.values():
            stored = stored_grids(store, keys)
            hours = {
                valid_at
                for valid_at in stored
                if batch.lead_hours is None or valid_at - issued_at <= batch.lead_hours * HOUR
            }
            for key in dict.fromkeys(keys):
                grids += present_grids(store, key, hours, stored)
        if grids:
            names = next(iter(by_category.values()))
            yield rows_of_grids(grids, batch.cells, batch.published_at, names[0])
