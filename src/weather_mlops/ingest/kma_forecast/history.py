"""The first stage of a load of old forecasts: grids from the API to raw. The second one publishes them.

What is in raw is the whole progress: a load that is killed, or waits for the next day's calls, goes on with
the grids that raw lacks. Grids of one issue and variable are stored together, so that a kill costs the calls
of one of them at most.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from weather_mlops.clock import DAY
from weather_mlops.errors import KmaUnavailable, NothingYet
from weather_mlops.ingest.kma_forecast.fetch import (
    DAMAGED_ERRORS,
    MAX_CONSECUTIVE_FAILURES,
    TRANSIENT_ERRORS,
)
from weather_mlops.ingest.kma_forecast.history_plan import GridLoad
from weather_mlops.kma.forecast import shortgrid
from weather_mlops.kma.forecast.client import ForecastClient
from weather_mlops.kma.forecast.endpoints import ForecastRequest, grid_request
from weather_mlops.lake.kma_grid_raw import (
    ReceivedGrid,
    StoredGrid,
    keys_of_day,
    put_grids,
    stored_grids,
)
from weather_mlops.lake.object_store import ObjectStore

log = logging.getLogger(__name__)

EMPTY_IN_A_ROW: Final = 3
"""After this number of hours without a value the archive is taken to have none of a group of hours."""
EMPTY_IS_FINAL: Final = DAY
"""An empty grid that was received this long after its issue is not requested again: it isn't just late."""


@dataclass
class GridProgress:
    """Logs how far a stage is, as the load of observations does: months done, rows, calls and time left.

    Attributes:
        stage: name of the stage.
        load: the load.
        rows: grids fetched, or rows published, so far.
        begun: by ``time.monotonic``.
    """

    stage: str
    load: GridLoad
    rows: int = 0
    begun: float = field(default_factory=time.monotonic)

    def advance(self, issue: int, calls_left: int | None = None) -> None:
        """Log that the issues up to this index are done."""
        issues = list(self.load.issues())
        months = [(issued_at.year, issued_at.month) for issued_at in issues]
        seconds, done = time.monotonic() - self.begun, issue + 1
        log.info(
            "history: stage=%s months=%d/%d rows=%d rows_per_s=%.0f%s time_left_s=%.0f",
            self.stage,
            len(set(months)) - len(set(months[done:])),
            len(set(months)),
            self.rows,
            self.rows / seconds if seconds else 0,
            "" if calls_left is None else f" calls_left={calls_left}",
            seconds / done * (len(issues) - done),
        )


@dataclass
class GridCounts:
    """What a fetch did.

    Attributes:
        issues: of the load.
        grids: fetched now, with a value.
        empty: fetched now, without one.
        stored: that raw had already.
        failed: requests that failed.
    """

    issues: int = 0
    grids: int = 0
    empty: int = 0
    stored: int = 0
    failed: int = 0


class GridFetch:
    """The first stage: grids that raw lacks are requested, and stored as received.

    Args:
        load: what to fetch.
        client: of the API Hub.
        store: the bucket.
        final: whether this is the last try: then failed requests are left out.
        calls_left: returns the calls left today, for the log.
    """

    def __init__(
        self,
        load: GridLoad,
        *,
        client: ForecastClient,
        store: ObjectStore,
        final: bool,
        calls_left: Callable[[], int] | None = None,
    ) -> None:
        self._load, self._client, self._store = load, client, store
        self._final, self._calls_left = final, calls_left
        self._in_a_row = 0
        self.counts = GridCounts()

    def work(self) -> GridCounts:
        """Fetch everything.

        Raises:
            QuotaExhausted: the day's calls are used up; run again on the next day.
            KmaUnavailable: some requests failed, and this isn't the last try; the others are stored.
            WeatherError: other errors of the client and the bucket.
        """
        progress = GridProgress("fetch", self._load)
        for _, issues in self._load.by_day():
            keys = keys_of_day(self._store, issues[0])
            for issued_at in issues:
                for category in self._load.categories:
                    self._issue(issued_at, category, keys.get((issued_at, category), []))
                progress.rows = self.counts.grids
                progress.advance(self.counts.issues, self._calls_left() if self._calls_left else None)
                self.counts.issues += 1
        if self.counts.failed and not self._final:
            raise KmaUnavailable(
                f"{self.counts.failed} grids failed; the others are stored. Try again later."
            )
        return self.counts

    def _issue(self, issued_at: datetime, category: str, keys: Sequence[str]) -> None:
        """Fetch one variable of an issue; what was received is stored, whatever happens."""
        stored = stored_grids(self._store, keys)
        received: list[ReceivedGrid] = []
        try:
            for group in self._load.hours(issued_at, category):
                self._group(issued_at, category, group, stored, received)
        finally:
            if received:
                put_grids(self._store, issued_at, category, received)

    def _group(
        self,
        issued_at: datetime,
        category: str,
        group: Sequence[datetime],
        stored: dict[datetime, StoredGrid],
        received: list[ReceivedGrid],
    ) -> None:
        """Fetch hours of which the archive has all or nothing."""
        empty = 0
        for valid_at in group:
            if self._is_settled(issued_at, stored.get(valid_at)):
                present = stored[valid_at].present
                self.counts.stored += 1
            elif (grid := self._ask(issued_at, valid_at, category)) is not None:
                received.append(grid)
                present = grid.present
                self.counts.grids += present > 0
                self.counts.empty += present == 0
            else:
                continue
            empty = 0 if present else empty + 1
            if empty == EMPTY_IN_A_ROW:
                return

    def _is_settled(self, issued_at: datetime, grid: StoredGrid | None) -> bool:
        """Whether a grid of raw makes a request needless."""
        if grid is None:
            return False
        return grid.present > 0 or (not self._load.again and grid.received_at - issued_at >= EMPTY_IS_FINAL)

    def _ask(self, issued_at: datetime, valid_at: datetime, category: str) -> ReceivedGrid | None:
        """Request one grid; None where that failed.

        Raises:
            WeatherError: trying the next one is useless.
        """
        request = grid_request(
            self._client.base_url, issued_at=issued_at, valid_at=valid_at, category=category
        )
        try:
            response = self._client.ask(request)
            present = _present(response.body, request, response.status)
        except (*TRANSIENT_ERRORS, *DAMAGED_ERRORS) as error:
            self.counts.failed += 1
            self._in_a_row += 1
            log.warning("history: request failed: %s", error)
            if self._in_a_row >= MAX_CONSECUTIVE_FAILURES:
                raise
            return None
        self._in_a_row = 0
        return ReceivedGrid(valid_at, present, response)


def _present(body: bytes, request: ForecastRequest, status: int) -> int:
    """How many cells of an answer have a value."""
    try:
        return int((~np.isnan(shortgrid.parse(body, request, status))).sum())
    except NothingYet:
        return 0
