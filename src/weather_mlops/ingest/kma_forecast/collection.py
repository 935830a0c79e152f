"""A look at the KMA's forecast: what is published by now, stored in raw and staged for the audit."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from weather_mlops.errors import NothingYet, WeatherError
from weather_mlops.ingest.kma_forecast.batch import ForecastBatch, complete, hours_of
from weather_mlops.ingest.kma_forecast.fetch import (
    MAX_CONSECUTIVE_FAILURES,
    TRANSIENT_ERRORS,
    FetchedCell,
    ForecastSources,
)
from weather_mlops.ingest.kma_forecast.plan import IssueRequest
from weather_mlops.kma.forecast.cells import Cell, stations_by_cell
from weather_mlops.kma.forecast.village import VillageForecast
from weather_mlops.lake.gaps import MISSING, NOT_REQUESTED
from weather_mlops.lake.kma_forecast_raw import put_issue
from weather_mlops.lake.object_store import ObjectStore

log = logging.getLogger(__name__)

STOPPED: Final = "the calls of this run are used up"


@dataclass(frozen=True)
class CollectionLook:
    """One look of a run.

    Attributes:
        sources: the providers.
        store: the bucket.
        cells: the cell of each station.
        batch: what the run has so far.
        last: whether it is the last look: then everything published is taken, however little.
    """

    sources: ForecastSources
    store: ObjectStore
    cells: Mapping[int, Cell]
    batch: ForecastBatch
    last: bool

    def collect(self, request: IssueRequest, max_calls: int | None = None) -> None:
        """Fetch the stations of an issue that the batch doesn't have whole, and store the answers in raw.

        It stops early where the issue isn't there, or not whole yet: another look costs less than a request
        for each cell.

        Args:
            request: the issue.
            max_calls: upper limit of the look's calls; None = no limit but the quota.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        fetch = _IssueFetch(self, request)
        open_cells = stations_by_cell({station: self.cells[station] for station in self._open(request)})
        for cell, station_ids in open_cells.items():
            if fetch.reason is None and max_calls is not None and self.sources.calls >= max_calls:
                fetch.reason = STOPPED
            if fetch.reason is None and self.sources.exhausted:
                fetch.reason = type(next(iter(self.sources.stopped.values()))).__name__
            if fetch.reason is None:
                fetch.take(cell, station_ids)
            else:
                fetch.leave(station_ids)
        self.batch.calls += self.sources.calls - fetch.calls_before
        pages = self.sources.take_pages()
        if pages:
            count = sum(table.num_rows for table in fetch.rows)
            key = put_issue(self.store, request.issued_at, pages, open_cells, count)
            self.batch.replace(fetch.rows, fetch.forecasts, key)

    def collect_others(self, requests: Sequence[IssueRequest], max_calls: int) -> int:
        """Fetch older issues until a number of calls is reached; return how many were made.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        before = self.sources.calls
        for request in requests:
            self.collect(request, before + max_calls)
        return self.sources.calls - before

    def share(self, request: IssueRequest) -> float:
        """Share of the stations, 0 to 1, that have the issue whole."""
        return 1 - len(self._open(request)) / len(request.station_ids)

    def require_source(self, request: IssueRequest) -> None:
        """Make sure that waiting or healing can help: some provider may give what is missing.

        Raises:
            WeatherError: the error of the first provider: all of them fail for good, and nothing was fetched.
        """
        stopped = self.sources.stopped
        if not self.sources.exhausted or len(self._open(request)) < len(request.station_ids):
            return
        if not any(isinstance(error, TRANSIENT_ERRORS) for error in stopped.values()):
            others = "; ".join(f"{name}: {type(error).__name__}" for name, error in stopped.items())
            first = next(iter(stopped.values()))
            raise type(first)(f"no provider gives the KMA's forecast ({others}). {first}")

    def _open(self, request: IssueRequest) -> list[int]:
        requested = [(station_id, request.issued_at) for station_id in request.station_ids]
        done = complete(hours_of(self.batch.rows), requested, self.batch.hours_share)
        return [station_id for station_id, issued_at in requested if (station_id, issued_at) not in done]


@dataclass
class _IssueFetch:
    """The cells of one issue in a look.

    Attributes:
        look: the look.
        request: the issue.
        reason: why further cells are left; None while they are requested.
        rows: of the fetched cells.
        forecasts: of the fetched cells.
        calls_before: of the look, before this issue.
    """

    look: CollectionLook
    request: IssueRequest
    reason: str | None = None
    rows: list[pa.Table] = field(default_factory=list)
    forecasts: list[VillageForecast] = field(default_factory=list)
    calls_before: int = 0
    _failures: int = 0

    def __post_init__(self) -> None:
        self.calls_before = self.look.sources.calls

    def take(self, cell: Cell, station_ids: Sequence[int]) -> None:
        """Fetch one cell for its stations."""
        try:
            fetched = self.look.sources.fetch(self.request.issued_at, cell)
        except NothingYet:
            self._fail(station_ids, MISSING)
        except WeatherError as error:
            log.warning(
                "issue %s at cell %s: %s: %s", self.request.issued_at, cell, type(error).__name__, error
            )
            self._fail(station_ids, type(error).__name__)
            if self.look.sources.exhausted:
                self.reason = type(error).__name__
        else:
            self._keep(fetched, station_ids)

    def leave(self, station_ids: Sequence[int]) -> None:
        """Note why stations were not requested; a known gap stays as it is where the calls are used up."""
        if self.reason != STOPPED:
            self.look.batch.request(self.request, station_ids, self.reason or "")
        elif self.request.origin == "missed":
            self.look.batch.request(self.request, station_ids, NOT_REQUESTED)

    def _fail(self, station_ids: Sequence[int], reason: str) -> None:
        self.look.batch.request(self.request, station_ids, reason)
        self._failures += 1
        if self._failures >= MAX_CONSECUTIVE_FAILURES:
            self.reason = reason

    def _keep(self, fetched: FetchedCell, station_ids: Sequence[int]) -> None:
        rows = fetched.forecast.rows(station_ids, fetched.source, fetched.received_at)
        self.rows.append(rows)
        self.forecasts.append(fetched.forecast)
        self.look.batch.request(self.request, station_ids)
        first = (station_ids[0], self.request.issued_at)
        if complete(hours_of(rows), [first], self.look.batch.hours_share):
            self._failures = 0
        elif not self.look.last:
            self._failures += 1
            if self._failures >= MAX_CONSECUTIVE_FAILURES:
                # Not an error: the reason of each station follows from its hours.
                self.reason = ""
