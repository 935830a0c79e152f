"""The rows of an issue again from its stored answers: what the collection made of them, without a request."""

import logging
from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter

import pyarrow as pa

from weather_mlops.clock import KST
from weather_mlops.errors import FormatChanged, ResponseMismatch, ResponseTruncated
from weather_mlops.kma.endpoints import from_kst
from weather_mlops.kma.forecast import village
from weather_mlops.kma.forecast.cells import Cell, stations_by_cell
from weather_mlops.kma.forecast.rows import FORECAST_ROWS
from weather_mlops.lake.kma_forecast_raw import ReceivedPage, read_issue
from weather_mlops.lake.object_store import ObjectStore

log = logging.getLogger(__name__)


def rows_of_raw(store: ObjectStore, key: str, cells: Mapping[int, Cell]) -> pa.Table:
    """Read the rows of a stored object of ``lake/kma_forecast_raw.py``.

    Answers that could not be used when they were received, because the KMA rewrote the issue between two
    pages, are left out. Of several fetches of a cell the last usable one counts.

    Args:
        store: the bucket.
        key: of the object.
        cells: the cell of each station.

    Returns:
        FORECAST_ROWS.

    Raises:
        FileNotFoundError: the object or its sidecar doesn't exist.
        FormatChanged, ObjectDamaged: the object or its sidecar is damaged.
        StorageUnavailable, StorageRefused.
    """
    stations, by_cell = stations_by_cell(cells), dict[Cell, pa.Table]()
    for _, fetch in groupby(read_issue(store, key), key=attrgetter("fetch")):
        pages = list(fetch)
        rows = _rows(pages, stations.get(pages[0].cell, ()))
        if rows is not None:
            by_cell[pages[0].cell] = rows
    return pa.concat_tables([FORECAST_ROWS.empty_table(), *by_cell.values()])


def _rows(pages: list[ReceivedPage], station_ids: tuple[int, ...]) -> pa.Table | None:
    """Rows of one fetch; None where it can't be used."""
    first = pages[0]
    issued_at = from_kst(first.response.params["base_date"] + first.response.params["base_time"])
    try:
        read = [village.read_page(page.response.body, page.request, page.response.status) for page in pages]
        forecast = village.parse(read, first.request, issued_at=issued_at, cell=first.cell)
    except (ResponseTruncated, ResponseMismatch, FormatChanged) as error:
        log.warning("issue %s at cell %s: left out: %s", issued_at.astimezone(KST), first.cell, error)
        return None
    received_at = max(page.response.fetched_at for page in pages)
    return forecast.rows(station_ids, first.provider.source, received_at)
