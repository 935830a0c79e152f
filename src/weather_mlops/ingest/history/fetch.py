"""The first stage of a load: get what is missing from raw, where it was received before, or from the API."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.errors import (
    FormatChanged,
    KmaMaintenance,
    KmaUnavailable,
    ResponseMismatch,
    ResponseTruncated,
)
from weather_mlops.ingest import collection
from weather_mlops.ingest.collection import EXPECTED_SCHEMA, of_window, with_key
from weather_mlops.ingest.history.batches import (
    FAILED_SCHEMA,
    LoadProgress,
    failed_rows,
    present_keys,
    reason_of,
    requests_of,
    staging_of,
)
from weather_mlops.ingest.history.plan import Load, PendingStationHours, Request
from weather_mlops.kma import wire
from weather_mlops.kma.client import KmaClient
from weather_mlops.kma.endpoints import PERIOD
from weather_mlops.lake import gaps, raw
from weather_mlops.lake.keys import isin, keys_of
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import KEY
from weather_mlops.lake.staging import AUDITED, COLLECTED, FAILED, PUBLISHED
from weather_mlops.stations import station_ids

log = logging.getLogger(__name__)

# After this many failed requests in a row, the API counts as down, and the rest isn't requested.
MAX_CONSECUTIVE_FAILURES: Final = 3
TRANSIENT_ERRORS: Final = (KmaUnavailable, KmaMaintenance, ResponseTruncated)
INVALID_RESPONSE_ERRORS: Final = (FormatChanged, ResponseMismatch)
ROWS_SCHEMA: Final = wire.PARSED_SCHEMA.append(pa.field("raw_key", pa.string()))
REJECTED_SCHEMA: Final = wire.REJECTED_SCHEMA.append(pa.field("raw_key", pa.string()))


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
        self._progress = LoadProgress("fetch", requests_of(self._batches), calls_left)
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
        present = present_keys(self._catalog, requests)
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
            collected.failed.append(failed_rows(lost, reason_of(failure)))
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
        while call := pending.next_call():
            if self._in_a_row >= MAX_CONSECUTIVE_FAILURES:
                raise KmaUnavailable(
                    f"not requested: the {MAX_CONSECUTIVE_FAILURES} requests before it failed"
                )
            every = set(station_ids()).issubset(call.station_ids)
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
        unknown = ~np.isin(rows["station_id"].to_numpy(), station_ids())
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


def _whole_hours(rows: pa.Table) -> np.ndarray:
    """Keys of the hours that rows lie in, so that rows of other minutes reach the audit too."""
    hours = pc.floor_temporal(rows["observed_at"], unit="hour")
    return keys_of(pa.table({"station_id": rows["station_id"], "observed_at": hours}))
