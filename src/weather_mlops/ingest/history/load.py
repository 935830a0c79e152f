"""The three stages of a load: fetch and validate, by worker, and publish. Each resumes where it stopped.

All progress is stored: responses in raw, batches in staging, rows in the table. So a stage that is killed and
run again does only the remaining work, and a new load uses the responses that an earlier one received.
"""

import gc
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.errors import (
    FormatChanged,
    KmaMaintenance,
    KmaUnavailable,
    LoadIncomplete,
    QualityTooLow,
    ResponseMismatch,
    ResponseTruncated,
)
from weather_mlops.ingest import collection
from weather_mlops.ingest.collection import EXPECTED_SCHEMA, of_window, with_key
from weather_mlops.ingest.history.plan import Load, PendingStationHours, Request, months_of
from weather_mlops.kma import wire
from weather_mlops.kma.client import KmaClient
from weather_mlops.kma.endpoints import PERIOD
from weather_mlops.lake import gaps, holes, raw
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.keys import isin, keys_of
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import publish_audited
from weather_mlops.lake.scan import keys_between
from weather_mlops.lake.schemas import KEY, OBSERVATIONS
from weather_mlops.lake.staging import AUDITED, COLLECTED, FAILED, PUBLISHED, Staging
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.quality import audit, docs
from weather_mlops.stations import load_stations

log = logging.getLogger(__name__)

# After this many failed requests in a row, the API counts as down, and the rest isn't requested.
MAX_CONSECUTIVE_FAILURES: Final = 3
LONGEST_REASON: Final = 300
ROWS: Final = ("inserted", "corrected", "equal")
COUNTS: Final = (*ROWS, "quarantine_added", "gaps_opened", "gaps_closed")
TRANSIENT_ERRORS: Final = (KmaUnavailable, KmaMaintenance, ResponseTruncated)
INVALID_RESPONSE_ERRORS: Final = (FormatChanged, ResponseMismatch)
ROWS_SCHEMA: Final = wire.PARSED_SCHEMA.append(pa.field("raw_key", pa.string()))
REJECTED_SCHEMA: Final = wire.REJECTED_SCHEMA.append(pa.field("raw_key", pa.string()))
FAILED_SCHEMA: Final = pa.schema([*(EXPECTED_SCHEMA.field(name) for name in KEY), ("reason", pa.string())])


@dataclass
class LoadProgress:
    """Logs the progress of a stage: requests done, rows per second, time left.

    Args:
        stage: name of the stage.
        requests: all requests of the stage, in order.
        calls_left: returns the calls left today; None for stages that don't call the API.
    """

    stage: str
    requests: Sequence[Request]
    calls_left: Callable[[], int] | None = None
    done: int = 0
    rows: int = 0
    begun: float = field(default_factory=time.monotonic)

    def advance(self, requests: int, rows: int) -> None:
        """Count requests that are done, with their rows, and log the progress."""
        self.done += requests
        self.rows += rows
        seconds = time.monotonic() - self.begun
        calls = "" if self.calls_left is None else f" calls_left={self.calls_left()}"
        left = self.requests[self.done :]
        log.info(
            "history: stage=%s months=%d/%d rows=%d rows_per_s=%.0f%s time_left_s=%.0f",
            self.stage,
            months_of(self.requests) - months_of(left),
            months_of(self.requests),
            self.rows,
            self.rows / seconds if seconds else 0,
            calls,
            seconds / self.done * len(left) if self.done else 0,
        )


@dataclass
class _Collected:
    """Tables of a batch, collected so far."""

    rows: list[pa.Table] = field(default_factory=lambda: [ROWS_SCHEMA.empty_table()])
    rejected: list[pa.Table] = field(default_factory=lambda: [REJECTED_SCHEMA.empty_table()])
    expected: list[pa.Table] = field(default_factory=lambda: [EXPECTED_SCHEMA.empty_table()])
    failed: list[pa.Table] = field(default_factory=lambda: [FAILED_SCHEMA.empty_table()])

    @property
    def tables(self) -> dict[str, pa.Table]:
        return {
            "rows": pa.concat_tables(self.rows),
            "rejected": pa.concat_tables(self.rejected),
            "expected": pa.concat_tables(self.expected),
            FAILED: pa.concat_tables(self.failed),
        }


class Fetch:
    """The first stage of one worker: missing station-hours are read from raw, or requested from the API.

    Args:
        load: the whole load.
        worker: index of this worker, from 0.
        client: of the API.
        store: the bucket.
        catalog: of the tables.
        run: name of the load, unique.
        final: whether this is the last try: then failed requests are given up, and the rest is staged.
        calls_left: returns the calls left today, for the log.
    """

    def __init__(  # noqa: PLR0913  what it needs to know
        self,
        load: Load,
        worker: int,
        *,
        client: KmaClient,
        store: ObjectStore,
        catalog: Catalog,
        run: str,
        final: bool,
        calls_left: Callable[[], int] | None = None,
    ) -> None:
        self._load, self._client, self._store, self._catalog = load, client, store, catalog
        self._run, self._final = run, final
        self._batches = load.batches_of(worker)
        self._failures: list[tuple[Request, Exception]] = []
        self._in_a_row = 0
        self._progress = LoadProgress("fetch", _requests(self._batches), calls_left)
        self.counts = {"chunks": 0, "chunks_there": 0, "calls": 0, "replies_from_raw": 0, "rows_arrived": 0}

    def work(self) -> dict[str, Any]:
        """Stage every batch of the worker.

        Returns:
            Counts: requests (``chunks``), those that were complete already (``chunks_there``), calls,
            responses read from raw (``replies_from_raw``), rows, failed requests (``chunks_failed``).

        Raises:
            QuotaExhausted: the day's calls are used up; run again on the next day.
            KmaUnavailable, KmaMaintenance, ResponseTruncated: some requests failed; the others are stored.
            other errors of KmaClient and the bucket.
        """
        for index, requests in self._batches:
            staging = staging_of(self._store, self._run, index)
            if any(staging.has(name) for name in (COLLECTED, AUDITED, PUBLISHED)):
                self._progress.advance(len(requests), 0)
                continue
            collected, complete = _Collected(), True
            present = self._settled(requests)
            stored = (
                []
                if self._load.again
                else list(raw.list_about(self._store, PERIOD, requests[0].begin, requests[-1].end))
            )
            for request in requests:
                complete &= self._collect_request(request, present, stored, collected)
            tables = collected.tables
            if not any(table.num_rows for table in tables.values()):
                log.info("history: skipped: batch %d is already in the table", index)
                staging.write(PUBLISHED, {}, {"counts": {}, "missing": []})
            elif complete or self._final:
                staging.write(COLLECTED, tables)
        if self._failures and not self._final:
            self._give_up()
        return {**self.counts, "chunks_failed": len(self._failures)}

    def _settled(self, requests: tuple[Request, ...]) -> np.ndarray:
        """Keys that need no request: published, or known to be missing."""
        present = _present(self._catalog, requests)
        if self._load.again:
            return present
        return np.concatenate(
            [present, gaps.known_missing(self._catalog, requests[0].begin, requests[-1].end)]
        )

    def _collect_request(
        self, request: Request, present: np.ndarray, stored: list[raw.StoredRequest], collected: _Collected
    ) -> bool:
        """Collect a request; whether it is complete, or as complete as it will ever be."""
        pending = PendingStationHours(request)
        pending.discard(present)
        before, requested = self.counts["rows_arrived"], pending.table()
        self.counts["chunks"] += 1
        self.counts["chunks_there"] += not len(pending)
        failure: Exception | None = None
        try:
            self._from_raw(pending, stored, collected)
            self._ask(pending, collected)
            self._in_a_row = 0
        except (*TRANSIENT_ERRORS, *INVALID_RESPONSE_ERRORS) as error:
            failure = error
            self._failures.append((request, error))
            self._in_a_row += isinstance(error, TRANSIENT_ERRORS)
            log.warning("history: request failed: %s: %s", request, error)
            if self._in_a_row >= MAX_CONSECUTIVE_FAILURES and not self._final:
                self._give_up()
        lost = pending.table()
        had = (
            requested.filter(pa.array(~isin(keys_of(requested), keys_of(lost))))
            if lost.num_rows
            else requested
        )
        collected.expected.append(of_window(had))
        if failure is not None:
            collected.failed.append(_failed(lost, _reason(failure)))
        self._progress.advance(1, self.counts["rows_arrived"] - before)
        return failure is None or isinstance(failure, INVALID_RESPONSE_ERRORS)

    def _from_raw(
        self, pending: PendingStationHours, stored: list[raw.StoredRequest], collected: _Collected
    ) -> None:
        """Read what was received before, the longest responses first."""
        for about in sorted(stored, key=lambda about: (about.begin - about.end, about.key)):
            if not pending.touches(about.begin, about.end, about.stations):
                continue
            response = raw.read_response(self._store, about.key)
            try:
                parsed = wire.parse(response.body).until(response.received_at)
            except FormatChanged as error:
                log.info(
                    "history: requested again: the response in raw can't be read: %s: %s", about.key, error
                )
                continue
            self.counts["replies_from_raw"] += 1
            self._take(pending, about, parsed, collected)

    def _ask(self, pending: PendingStationHours, collected: _Collected) -> None:
        """Request what is still pending."""
        everywhere = {station.id for station in load_stations()}
        while call := pending.next_call():
            if self._in_a_row >= MAX_CONSECUTIVE_FAILURES:
                raise KmaUnavailable(
                    f"not requested: the {MAX_CONSECUTIVE_FAILURES} requests before it failed"
                )
            every = everywhere.issubset(call.station_ids)
            self.counts["calls"] += 1
            for response in self._client.period(call.begin, call.end, () if every else call.station_ids):
                parsed = collection.parsed(self._store, response)
                key = raw.put_response(self._store, response, parsed.rows.num_rows)
                self._take(
                    pending, raw.StoredRequest(key, call.begin, call.end, call.station_ids), parsed, collected
                )

    def _take(
        self,
        pending: PendingStationHours,
        about: raw.StoredRequest,
        parsed: wire.Parsed,
        collected: _Collected,
    ) -> None:
        """Collect the pending rows of a response, and those of unknown stations, for the audit to refuse."""
        request, rows = pending.request, parsed.rows
        begin, end = max(about.begin, request.begin), min(about.end, request.end)
        inside = pending.holds(_whole_hours(rows))
        known = [station.id for station in load_stations()]
        unknown = ~np.isin(rows["station_id"].to_numpy(), known)
        in_request = pc.and_(
            pc.greater_equal(rows["observed_at"], pa.scalar(begin, rows["observed_at"].type)),
            pc.less_equal(rows["observed_at"], pa.scalar(end, rows["observed_at"].type)),
        ).to_numpy()
        taken = inside | (unknown & in_request)
        collected.rows.append(with_key(rows if taken.all() else rows.filter(pa.array(taken)), about.key))
        collected.rejected.append(with_key(parsed.rejected, about.key))
        self.counts["rows_arrived"] += int(taken.sum()) + parsed.rejected.num_rows
        pending.settle(begin, end, about.stations, rows.select(KEY))

    def _give_up(self) -> None:
        """Raise the last transient error, if there was one.

        Raises:
            one of TRANSIENT_ERRORS.
        """
        transient = [
            (request, error) for request, error in self._failures if isinstance(error, TRANSIENT_ERRORS)
        ]
        if transient:
            request, error = transient[-1]
            raise type(error)(
                f"{len(transient)} requests of this worker failed, the last one is {request}: {error}"
            )


def _requests(batches: Iterable[tuple[int, tuple[Request, ...]]]) -> list[Request]:
    """The requests of batches with their indices, in order."""
    return [request for _, requests in batches for request in requests]


def staging_of(store: ObjectStore, run: str, batch_index: int) -> Staging:
    """Where a batch of a load is staged; the audit's page has the same name."""
    return Staging(store, f"{run}/part-{batch_index:04d}")


def validate_worker(  # noqa: PLR0913  what it needs to know
    load: Load,
    worker: int,
    *,
    store: ObjectStore,
    run: str,
    suites_dir: Path,
    min_fit_share: float,
    clock: Callable[[], datetime],
) -> dict[str, Any]:
    """Audit the batches of a worker by the suites of the hourly run, each batch as a whole.

    A batch with too few fit rows is refused: none of its rows is published, and its hours go to the gap
    register with the reason.

    Args:
        load: the whole load.
        worker: index of the worker, from 0.
        store: the bucket.
        run: name of the load.
        suites_dir: folder of the suites.
        min_fit_share: share (0 to 1) of a batch's rows that must be fit.
        clock: the time now, UTC.

    Returns:
        Counts: batches audited and refused (``parts_…``), rows audited, accepted and quarantined; keys of the
        batches' pages (``docs_keys``).

    Raises:
        StorageUnavailable, StorageRefused.
    """
    counts = {"parts_audited": 0, "parts_refused": 0, "rows_audited": 0, "accepted": 0, "quarantined": 0}
    pages: list[str] = []
    batches = load.batches_of(worker)
    progress = LoadProgress("validate", _requests(batches))
    for index, requests in batches:
        staging, rows = staging_of(store, run, index), 0
        if staging.has(COLLECTED) and not staging.has(AUDITED):
            tables = staging.read(COLLECTED).tables
            result = audit.audit_collected(tables, suites_dir=suites_dir, audited_at=clock(), run=staging.run)
            rows = int(result.counts["rows_arrived"])
            pages.append(docs.publish(store, result, load=True).page)
            besides = {name: tables[name] for name in ("expected", FAILED)}
            try:
                audit.check_fit(result, min_fit_share)
            except QualityTooLow as error:
                counts["parts_refused"] += 1
                result = replace(result, accepted=result.accepted.slice(0, 0))
                besides = _refused(besides, error)
            audit.stage_audit(staging, result, besides)
            counts["parts_audited"] += 1
            counts["rows_audited"] += rows
            counts["accepted"] += result.accepted.num_rows
            counts["quarantined"] += result.quarantined.num_rows
            # Great Expectations' objects form reference cycles that hold all the rows: without a collection
            # here they would pile up batch by batch.
            del tables, result, besides
            gc.collect()
        progress.advance(len(requests), rows)
    return {**counts, "docs_keys": pages}


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
    for index, requests in enumerate(load.batches()):
        staging = staging_of(store, run, index)
        published = _published(staging, catalog, requests, clock())
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
    present, requested, absent = _present(catalog, requests), 0, 0
    for request in requests:
        pending = PendingStationHours(request)
        requested += len(pending)
        pending.discard(present)
        absent += len(pending)
    return requested, requested - absent


def _published(
    staging: Staging, catalog: Catalog, requests: tuple[Request, ...], now: datetime
) -> Mapping[str, Any]:
    if staging.has(PUBLISHED):
        return staging.read(PUBLISHED).notes
    if not staging.has(AUDITED):
        return _never_audited(staging, catalog, requests, now)
    audited = staging.read(AUDITED)
    changed = publish_audited(catalog, audited, run=staging.run, now=now).as_dict()
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
    failed = _failed(lost.filter(pa.array(~isin(keys_of(lost), _present(catalog, requests)))), reason)
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


def _refused(tables: Mapping[str, pa.Table], error: QualityTooLow) -> dict[str, pa.Table]:
    """The tables of a refused batch: all expected station-hours have failed."""
    refused = _failed(tables["expected"].select(KEY), _reason(error))
    return {
        "expected": tables["expected"].slice(0, 0),
        FAILED: pa.concat_tables([tables[FAILED], refused]),
    }


def _present(catalog: Catalog, requests: tuple[Request, ...]) -> np.ndarray:
    """Published keys of the hours of a batch."""
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        return keys_between(table, requests[0].begin, requests[-1].end)


def _failed(keys: pa.Table, reason: str) -> pa.Table:
    return keys.append_column("reason", pa.repeat(reason, keys.num_rows)).cast(FAILED_SCHEMA)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]


def _whole_hours(rows: pa.Table) -> np.ndarray:
    """Keys of the hours that rows lie in, so that rows of other minutes reach the audit too."""
    hours = pc.floor_temporal(rows["observed_at"], unit="hour")
    return keys_of(pa.table({"station_id": rows["station_id"], "observed_at": hours}))
