"""The last stage of a load: publish the audited batches, and register what is still missing as gaps."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
from pyiceberg.catalog import Catalog

from weather_mlops.errors import (
    LoadIncomplete,
)
from weather_mlops.ingest import quality_days
from weather_mlops.ingest.collection import EXPECTED_SCHEMA
from weather_mlops.ingest.history.batches import LoadProgress, failed_rows, present_keys, staging_of
from weather_mlops.ingest.history.plan import Load, PendingStationHours, Request
from weather_mlops.lake import gaps, holes
from weather_mlops.lake.keys import isin, keys_of
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish_audited
from weather_mlops.lake.schemas import KEY
from weather_mlops.lake.staging import AUDITED, COLLECTED, FAILED, PUBLISHED, StagedBatch, Staging

log = logging.getLogger(__name__)

ROWS: Final = ("inserted", "corrected", "equal")
COUNTS: Final = (*ROWS, "quarantine_added", "gaps_opened", "gaps_closed")


@dataclass(frozen=True)
class _Staged:
    """What a batch has in staging.

    Attributes:
        staging: of the batch.
        published: what its publication did; None where it is still to come.
        audited: the audited batch; None where it was published, or never audited.
    """

    staging: Staging
    published: Mapping[str, Any] | None = None
    audited: StagedBatch | None = None


def publish_load(
    load: Load, *, store: ObjectStore, catalog: Catalog, run: str, clock: Callable[[], datetime]
) -> dict[str, Any]:
    """Publish the audited batches, each in one commit: readers see whole months at once.

    Hours of the last 31 days between the load and what the hourly run collected go to the gap register, and
    the hourly run requests them.

    Args:
        load: the whole load.
        store: the bucket.
        catalog: of the tables.
        run: name of the load.
        clock: the time now, UTC.

    Returns:
        Counts: rows inserted, corrected, equal, quarantined; gaps opened and closed; requested
        ``station_hours``, and ``station_hours_missing``, those that the table doesn't have.

    Raises:
        LoadIncomplete: some hours are missing; they are in the gap register, the rest is published.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    totals = dict.fromkeys(COUNTS, 0)
    missing: list[str] = []
    requested = absent = 0
    progress = LoadProgress("publish", load.requests())
    batches = load.batches()
    stagings = (staging_of(store, run, index) for index in range(len(batches)))
    for staged, requests in zip(_read_ahead(stagings), batches, strict=True):
        published = _published(staged, catalog, requests, clock())
        for name, count in published["counts"].items():
            totals[name] += count
        missing += published["missing"]
        expected, present = _station_hours(catalog, requests)
        requested, absent = requested + expected, absent + expected - present
        progress.advance(len(requests), sum(published["counts"].get(name, 0) for name in ROWS))
    totals["gaps_opened"] += holes.record(catalog, run=run, now=clock())
    if missing:
        raise LoadIncomplete(
            f"{len(missing)} of {len(load.requests())} requests are incomplete: {'; '.join(missing)}. The "
            f"rest is published ({totals['inserted']} new rows); the missing hours are in weather.gaps with "
            "the reason. Start the load again: it requests these hours only."
        )
    return {**totals, "station_hours": requested, "station_hours_missing": absent}


def _station_hours(catalog: Catalog, requests: tuple[Request, ...]) -> tuple[int, int]:
    """Count the station-hours of a batch, and those of them that the table has."""
    present, requested, absent = present_keys(catalog, requests), 0, 0
    for request in requests:
        pending = PendingStationHours(request)
        requested += len(pending)
        pending.discard(present)
        absent += len(pending)
    return requested, requested - absent


def _read_ahead(stagings: Iterable[Staging]) -> Iterator[_Staged]:
    """Read each batch while the one before it is published, which leaves a core idle."""
    with ThreadPoolExecutor(1) as pool:
        coming: Future[_Staged] | None = None
        for staging in stagings:
            current, coming = coming, pool.submit(_read, staging)
            if current is not None:
                yield current.result()
        if coming is not None:
            yield coming.result()


def _read(staging: Staging) -> _Staged:
    if staging.has(PUBLISHED):
        return _Staged(staging, published=staging.read(PUBLISHED).notes)
    return _Staged(staging, audited=staging.read(AUDITED) if staging.has(AUDITED) else None)


def _published(
    staged: _Staged, catalog: Catalog, requests: tuple[Request, ...], now: datetime
) -> Mapping[str, Any]:
    staging, audited = staged.staging, staged.audited
    if staged.published is not None:
        return staged.published
    if audited is None:
        return _never_audited(staging, catalog, requests, now)
    changed = publish_audited(catalog, audited, run=staging.run, now=now).as_dict()
    hours = [audited.tables[name].select(KEY) for name in ("expected", FAILED)]
    quality_days.rebuild(staging.store, catalog, pa.concat_tables(hours), now)
    lost = list(_lost(audited.tables[FAILED], requests))
    published = {"counts": {name: changed[name] for name in COUNTS}, "missing": lost}
    staging.write(PUBLISHED, {}, published)
    staging.remove(COLLECTED, AUDITED)
    return published


def _never_audited(
    staging: Staging, catalog: Catalog, requests: tuple[Request, ...], now: datetime
) -> Mapping[str, Any]:
    """Register the absent hours of a batch whose worker ended before the audit as gaps."""
    step = "audited" if staging.has(COLLECTED) else "fetched"
    reason = f"not {step}: the task of its worker failed"
    lost = pa.concat_tables([PendingStationHours(request).table() for request in requests])
    failed = failed_rows(lost.filter(pa.array(~isin(keys_of(lost), present_keys(catalog, requests)))), reason)
    nothing = EXPECTED_SCHEMA.empty_table()
    gaps.record(catalog, nothing, nothing, run=staging.run, now=now, failed=failed)
    return {"counts": {}, "missing": list(_lost(failed, requests))}


def _lost(failed: pa.Table, requests: tuple[Request, ...]) -> Iterator[str]:
    """Describe each request that is incomplete, with the reason."""
    keys = keys_of(failed)
    for request in requests:
        pending = PendingStationHours(request)
        lost = failed.filter(pa.array(pending.holds(keys)))
        if lost.num_rows:
            yield f"{request}: {lost.num_rows} station-hours: {lost['reason'][0].as_py()}"
