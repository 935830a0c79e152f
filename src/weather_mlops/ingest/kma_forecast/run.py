"""One run of the collection of the KMA's forecast, without Airflow: its looks, until the batch is staged."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.catalog import Catalog
from typing_extensions import TypedDict

from weather_mlops.ingest.kma_forecast.batch import ForecastBatch
from weather_mlops.ingest.kma_forecast.collection import CollectionLook
from weather_mlops.ingest.kma_forecast.fetch import ForecastSources
from weather_mlops.ingest.kma_forecast.plan import SAFETY, CollectionPlan, plan
from weather_mlops.kma.forecast.cells import Cell
from weather_mlops.kma.forecast.client import ForecastClient
from weather_mlops.kma.forecast.issues import AVAILABLE_FOR
from weather_mlops.lake import kma_forecast_gaps, kma_forecasts
from weather_mlops.lake.gaps import NOT_REQUESTED
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.staging import Staging

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CollectionSettings:
    """What a run collects.

    Attributes:
        cells: the cell of each station that is collected.
        publication_share: an issue counts as published when this share, 0 to 1, of the stations has it whole.
        hours_share: a station has an issue whole with this share, 0 to 1, of the hours that it should have.
        lookback_issues: issues before its own that each run requests again.
        gap_calls: upper limit of the calls for issues before its own.
    """

    cells: Mapping[int, Cell]
    publication_share: float
    hours_share: float
    lookback_issues: int
    gap_calls: int


@dataclass(frozen=True)
class CollectionRun:
    """A run of the collection.

    Attributes:
        settings: what it collects.
        store: the bucket.
        catalog: where the tables are.
        staging: of the run.
        own: its own issue, UTC.
    """

    settings: CollectionSettings
    store: ObjectStore
    catalog: Catalog
    staging: Staging
    own: datetime

    def look(self, clients: Sequence[ForecastClient], now: datetime, *, last: bool) -> "Collected | None":
        """Fetch what is published by now, and stage it.

        Args:
            clients: of the providers, in the order in which they are asked.
            now: the time, timezone-aware.
            last: whether this is the last look: then the run takes what exists, and goes on.

        Returns:
            None where the run's own issue is not out yet, or not whole, and another look should follow.

        Raises:
            WeatherError: no provider can be asked at all, and waiting doesn't help.
            ObjectDamaged, StorageUnavailable, StorageRefused.
        """
        batch = ForecastBatch.resumed(self.staging, self.own, self.settings.hours_share)
        planned = self._plan(now)
        look = CollectionLook(ForecastSources.of(clients), self.store, self.settings.cells, batch, last)
        look.collect(planned.own)
        look.require_source(planned.own)
        batch.looks += 1
        share = look.share(planned.own)
        if share < self.settings.publication_share and not last:
            batch.stage(self.staging, finished=False)
            log.info("issue %s: %.0f %% of the stations have it whole, waiting", self.own, 100 * share)
            return None
        gap_calls = look.collect_others(planned.others, self.settings.gap_calls)
        for request in planned.too_old:
            batch.request(request, request.station_ids, NOT_REQUESTED)
        batch.stage(self.staging, finished=True)
        stopped = {name: type(error).__name__ for name, error in look.sources.stopped.items()}
        return Collected(batch, share, gap_calls, stopped)

    def _plan(self, now: datetime) -> CollectionPlan:
        register = kma_forecast_gaps.load(self.catalog)
        return plan(
            self.own,
            station_ids=tuple(self.settings.cells),
            newest_collected=kma_forecasts.newest_collected(self.catalog),
            due=kma_forecast_gaps.due(register, now, since=now - AVAILABLE_FOR + SAFETY),
            now=now,
            lookback_issues=self.settings.lookback_issues,
        )


class CollectedSummary(TypedDict):
    """What the first task returns; see ``Collected``."""

    issued_at: str
    issues: int
    rows: int
    rows_by_source: dict[str, int]
    sources_stopped: dict[str, str]
    stations: int
    published_share: float
    looks: int
    calls: int
    gap_calls: int
    raw_keys: list[str]


@dataclass(frozen=True)
class Collected:
    """What a run has collected.

    Attributes:
        batch: the staged batch.
        share: share of the stations, 0 to 1, that have the run's own issue whole.
        gap_calls: calls for older issues.
        stopped: errors for which providers were not asked any more, by provider.
    """

    batch: ForecastBatch
    share: float
    gap_calls: int
    stopped: Mapping[str, str]

    def as_dict(self) -> "CollectedSummary":
        """A summary, for XCom."""
        sources = Counter(self.batch.rows["source"].to_pylist())
        issues = {issued_at for _, issued_at in self.batch.requested}
        return {
            "issued_at": self.batch.own.isoformat(),
            "issues": len(issues),
            "rows": self.batch.rows.num_rows,
            "rows_by_source": dict(sources),
            "sources_stopped": dict(self.stopped),
            "stations": sum(issued_at == self.batch.own for _, issued_at in self.batch.requested),
            "published_share": round(self.share, 4),
            "looks": self.batch.looks,
            "calls": self.batch.calls,
            "gap_calls": self.gap_calls,
            "raw_keys": self.batch.raw_keys,
        }
