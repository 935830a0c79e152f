"""Answers of ``getVilageFcst``: one issue at one cell, all variables, in pages of JSON.

Each item has one value: ``{"baseDate":"20211018","baseTime":"0500","category":"TMP","fcstDate":"20211018",
"fcstTime":"0600","fcstValue":"5","nx":61,"ny":126}``. All pages together must be one whole issue: one that
the KMA rewrites between two requests is nobody's error, and is requested again.
"""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa

from weather_mlops.clock import KST
from weather_mlops.errors import FormatChanged, NothingYet, ResponseMismatch, ResponseTruncated
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.endpoints import ROWS_PER_PAGE, ForecastRequest, classify
from weather_mlops.kma.forecast.items import Key, Reading, Rejected, key_of, readings_of
from weather_mlops.kma.forecast.rows import BY_CATEGORY, BY_COLUMN, Source
from weather_mlops.kma.forecast.series import Series, hours, rows_of

# With as many items as this, a majority of unreadable ones means another format rather than damage.
ITEMS_TO_JUDGE: Final = 10
_TOTAL: Final = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an issue.

    Attributes:
        total: items of all pages, as this one counts them.
        items: as they are.
    """

    total: int
    items: Sequence[Any]

    @property
    def page_count(self) -> int:
        """How many pages the issue has."""
        return max(1, -(-self.total // ROWS_PER_PAGE))


@dataclass(frozen=True)
class VillageForecast:
    """One issue at one cell; items = used + missing + left_out + duplicates + rejected.

    Attributes:
        issued_at: UTC.
        cell: of the grid.
        readings: values by column and valid time; an item of rain or snow can have a number and a text.
        items: of all pages.
        used: items with a value.
        missing: items with a marker instead of a value.
        left_out: items of variables that no row has, such as UUU, VVV and WAV.
        duplicates: items that repeat another one.
        rejected: items that can't be read.
    """

    issued_at: datetime
    cell: Cell
    readings: Sequence[Reading]
    items: int
    used: int
    missing: int
    left_out: int
    duplicates: int
    rejected: Sequence[Rejected]

    @property
    def valid_times(self) -> list[datetime]:
        """The hours that have a value of any variable, in UTC."""
        return sorted({reading.valid_at for reading in self.readings})

    def rows(self, station_ids: Sequence[int], source: Source, received_at: datetime) -> pa.Table:
        """Rows of the stations that take this cell's forecast.

        Args:
            station_ids: of them.
            source: the provider.
            received_at: when the answer was received, timezone-aware.

        Returns:
            FORECAST_ROWS, sorted by station and valid time.
        """
        columns: dict[str, list[Reading]] = {}
        for reading in self.readings:
            columns.setdefault(reading.column, []).append(reading)
        series = [
            Series(
                column,
                np.full(len(readings), station_id, np.int64),
                hours([self.issued_at] * len(readings)),
                hours([reading.valid_at for reading in readings]),
                np.array(
                    [reading.value for reading in readings],
                    object if BY_COLUMN[column].kind == "text" else np.float64,
                ),
            )
            for column, readings in columns.items()
            for station_id in station_ids
        ]
        cells = dict.fromkeys(station_ids, self.cell)
        return rows_of(series, cells=cells, source=source, received_at=received_at)


def read_page(body: bytes, request: ForecastRequest, status: int = 200) -> Page:
    """One page as it is.

    Args:
        body: of the answer.
        request: what was requested, for messages.
        status: of HTTP.

    Raises:
        WeatherError: those of ``classify`` in kma/forecast/endpoints.py.
        ResponseTruncated: the JSON breaks off or is damaged, or a page of an issue has no items.
        NothingYet: the issue has no items.
        FormatChanged: it has another form.
    """
    classify(request, status, body)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ResponseTruncated(
            f"{request.shown}: JSON of {len(body)} bytes that breaks off or is damaged: {error}"
        ) from None
    response = document.get("response") if isinstance(document, dict) else None
    content = response.get("body") if isinstance(response, dict) else None
    if not isinstance(content, dict):
        raise FormatChanged(f"{request.shown}: no response.body in the answer")
    items = content.get("items")
    items = items.get("item") if isinstance(items, dict) else items
    items = [items] if isinstance(items, dict) else items or []
    total = str(content.get("totalCount", "")).strip()
    if not isinstance(items, list) or not _TOTAL.fullmatch(total):
        raise FormatChanged(f"{request.shown}: no list of items, or no totalCount, in response.body")
    if not items and int(total) == 0:
        raise NothingYet(f"{request.shown}: no items: the issue isn't out yet, or too old for this endpoint")
    if not items:
        raise ResponseTruncated(f"{request.shown}: no items on this page, though there are {total} of them")
    return Page(int(total), items)


def parse(
    pages: Sequence[Page], request: ForecastRequest, *, issued_at: datetime, cell: Cell
) -> VillageForecast:
    """All pages of an issue at a cell.

    Args:
        pages: all of them, in order.
        request: for the first of them, for messages.
        issued_at: the issue that was requested, timezone-aware.
        cell: that was requested.

    Raises:
        ResponseTruncated: the pages aren't one whole issue; it was rewritten meanwhile, most likely.
        ResponseMismatch: an item is of another issue or cell.
        FormatChanged: most of the items can't be read.
    """
    _check_whole(pages, request)
    items = [item for page in pages for item in page.items]
    count = _Count(issued_at, cell, request)
    for position, item in enumerate(items, start=1):
        count.add(position, item)
    rejected = count.rejected
    if len(items) >= ITEMS_TO_JUDGE and len(rejected) > len(items) / 2:
        raise FormatChanged(
            f"{request.shown}: {len(rejected)} of {len(items)} items can't be read, the first: "
            f"{rejected[0].reason} in {rejected[0].text}"
        )
    return VillageForecast(
        issued_at.astimezone(UTC),
        cell,
        count.readings,
        len(items),
        count.used,
        count.missing,
        count.left_out,
        count.duplicates,
        rejected,
    )


def _check_whole(pages: Sequence[Page], request: ForecastRequest) -> None:
    """Make sure that the pages belong together.

    Raises:
        ResponseTruncated: they don't.
    """
    totals = [page.total for page in pages]
    if len(set(totals)) > 1:
        raise ResponseTruncated(
            f"{request.shown}: the pages count {' and '.join(map(str, totals))} items: the KMA rewrote the "
            "issue between two requests. Request all pages again."
        )
    count = sum(len(page.items) for page in pages)
    if count != totals[0]:
        raise ResponseTruncated(
            f"{request.shown}: {count} items in {len(pages)} pages instead of {totals[0]}: not a whole "
            "issue. Request all pages again."
        )
    keys = [{key for item in page.items if (key := key_of(item))} for page in pages]
    for earlier, later in itertools.pairwise(keys):
        if shared := earlier & later:
            raise ResponseTruncated(
                f"{request.shown}: {len(shared)} items stand on two pages, the first is {min(shared)}: the "
                "KMA rewrote the issue between two requests. Request all pages again."
            )


class _Count:
    """Where each item goes.

    Args:
        issued_at: that was requested, timezone-aware.
        cell: that was requested.
        request: for messages.
    """

    def __init__(self, issued_at: datetime, cell: Cell, request: ForecastRequest) -> None:
        local = issued_at.astimezone(KST)
        self.expected = {
            "baseDate": f"{local:%Y%m%d}",
            "baseTime": f"{local:%H%M}",
            "nx": str(cell.x),
            "ny": str(cell.y),
        }
        self.issued_at, self.request = issued_at, request
        self.readings: list[Reading] = []
        self.rejected: list[Rejected] = []
        self.used = self.missing = self.left_out = self.duplicates = 0
        self._values: dict[Key, str] = {}

    def add(self, position: int, item: Any) -> None:
        """Take one item.

        Raises:
            ResponseMismatch: it is of another issue or cell.
        """
        key = key_of(item)
        if key is None:
            self._reject(position, item, "no category, fcstDate, fcstTime and fcstValue")
            return
        self._check_requested(item)
        value = str(item["fcstValue"])
        if key in self._values:
            if self._values[key] == value:
                self.duplicates += 1
            else:
                self._reject(position, item, f"another item has {self._values[key]!r} for the same hour")
            return
        self._values[key] = value
        if key[0] not in BY_CATEGORY:
            self.left_out += 1
            return
        readings = readings_of(key, value, self.issued_at)
        if isinstance(readings, str):
            self._reject(position, item, readings)
            return
        self.used += bool(readings)
        self.missing += not readings
        self.readings += readings

    def _reject(self, position: int, item: object, reason: str) -> None:
        self.rejected.append(Rejected.of(position, item, reason))

    def _check_requested(self, item: Mapping[str, object]) -> None:
        for name, expected in self.expected.items():
            value = str(item.get(name, expected)).strip()
            if value.lstrip("0") != expected.lstrip("0"):
                raise ResponseMismatch(
                    f"{self.request.shown}: an item has {name} {value[:20]!r} instead of {expected}. The "
                    "answer isn't used; request it again, and report it to the KMA if it stays so."
                )
