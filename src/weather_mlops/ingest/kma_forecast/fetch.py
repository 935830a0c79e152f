"""An issue of the KMA's forecast at one cell: all its pages, from the first provider that has it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    NothingYet,
    QuotaExhausted,
    ResponseMismatch,
    ResponseTruncated,
    WeatherError,
)
from weather_mlops.kma.forecast import village
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.client import ForecastClient
from weather_mlops.kma.forecast.endpoints import village_request
from weather_mlops.kma.forecast.rows import Source
from weather_mlops.kma.forecast.village import VillageForecast
from weather_mlops.lake.kma_forecast_raw import ReceivedPage

log = logging.getLogger(__name__)

FETCHES: Final = 3
"""How often all pages of a cell are requested when they don't belong together, because the KMA rewrites the
issue just now."""
TRANSIENT_ERRORS: Final = (KmaUnavailable, KmaMaintenance, ResponseTruncated)
LASTING_ERRORS: Final = (KeyRefused, EndpointNotApproved, QuotaExhausted, Misconfigured)
"""A provider that answers so answers so to every request of the run."""
DAMAGED_ERRORS: Final = (FormatChanged, ResponseMismatch)
MAX_CONSECUTIVE_FAILURES: Final = 3
"""After this many failures in a row a provider is not asked again in a look."""


@dataclass(frozen=True)
class FetchedCell:
    """An issue at a cell.

    Attributes:
        source: the provider that gave it.
        forecast: its values.
        received_at: when the last of its pages was received, UTC.
    """

    source: Source
    forecast: VillageForecast
    received_at: datetime


@dataclass
class Provision:
    """One provider in a look.

    Attributes:
        client: of it.
        failures: failures since the last success.
        stopped: why it is not asked again; None while it is.
    """

    client: ForecastClient
    failures: int = 0
    stopped: WeatherError | None = None


@dataclass
class ForecastSources:
    """The providers of a look, in the order in which they are asked.

    Attributes:
        provisions: of each provider.
        pages: what was received, also where it can't be used, since ``take_pages``.
        calls: requests that were sent; retries of the client aren't counted.
    """

    provisions: list[Provision]
    pages: list[ReceivedPage] = field(default_factory=list)
    calls: int = 0
    _fetches: int = 0

    @classmethod
    def of(cls, clients: Sequence[ForecastClient]) -> "ForecastSources":
        """The providers with these clients."""
        return cls([Provision(client) for client in clients])

    @property
    def exhausted(self) -> bool:
        """Whether no provider is left to ask."""
        return all(provision.stopped for provision in self.provisions)

    @property
    def stopped(self) -> dict[str, WeatherError]:
        """Why providers are not asked any more, by their names."""
        return {
            provision.client.provider.source: provision.stopped
            for provision in self.provisions
            if provision.stopped is not None
        }

    def take_pages(self) -> list[ReceivedPage]:
        """What was received since the last time."""
        taken, self.pages = self.pages, []
        return taken

    def fetch(self, issued_at: datetime, cell: Cell) -> FetchedCell:
        """All pages of an issue at a cell.

        A provider that fails is followed by the next one, for this cell; one that fails for good or again and
        again is not asked any more.

        Args:
            issued_at: the issue, timezone-aware.
            cell: of the grid.

        Raises:
            NothingYet: no provider has the issue.
            WeatherError: the error of the first provider, where none could give it.
        """
        errors: list[WeatherError] = []
        for provision in self.provisions:
            if provision.stopped is not None:
                errors.append(provision.stopped)
                continue
            try:
                fetched = self._fetch_all_pages(provision.client, issued_at, cell)
            except NothingYet as error:
                provision.failures = 0
                errors.append(error)
            except (*TRANSIENT_ERRORS, *LASTING_ERRORS, *DAMAGED_ERRORS) as error:
                errors.append(error)
                _count_failure(provision, error)
            else:
                provision.failures = 0
                return fetched
        raise next((error for error in errors if isinstance(error, NothingYet)), errors[0])

    def _fetch_all_pages(self, client: ForecastClient, issued_at: datetime, cell: Cell) -> FetchedCell:
        for attempt in range(1, FETCHES + 1):
            try:
                return self._fetch_once(client, issued_at, cell)
            except ResponseTruncated as error:
                if attempt == FETCHES:
                    raise
                log.warning("issue %s at cell %s: fetched again: %s", issued_at, cell, error)
        raise AssertionError  # the last attempt returned or raised

    def _fetch_once(self, client: ForecastClient, issued_at: datetime, cell: Cell) -> FetchedCell:
        self._fetches += 1
        pages: list[village.Page] = []
        number = page_count = 1
        while number <= page_count:
            request = village_request(
                client.provider, client.base_url, issued_at=issued_at, cell=cell, page=number
            )
            self.calls += 1
            response = client.ask(request)
            self.pages.append(ReceivedPage(client.provider, cell, self._fetches, response))
            pages.append(village.read_page(response.body, request, response.status))
            page_count = pages[0].page_count
            number += 1
        first = village_request(client.provider, client.base_url, issued_at=issued_at, cell=cell)
        forecast = village.parse(pages, first, issued_at=issued_at, cell=cell)
        return FetchedCell(client.provider.source, forecast, self.pages[-1].response.fetched_at)


def _count_failure(provision: Provision, error: WeatherError) -> None:
    """Stop asking a provider that fails for good, or too many times in a row."""
    provision.failures += 1
    if isinstance(error, LASTING_ERRORS) or provision.failures >= MAX_CONSECUTIVE_FAILURES:
        provision.stopped = error
        log.warning(
            "%s is not asked any more in this look: %s: %s",
            provision.client.provider.title,
            type(error).__name__,
            error,
        )
