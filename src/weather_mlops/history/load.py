"""The three stages of a load, lane by lane: fetch, validate, publish. Each goes on where it was stopped.

Whatever is done leaves a mark: a reply in raw, a parcel of a part in staging, rows in the table. So a stage
that is killed and run again does what is left, and a load begun anew finds what an earlier one received.
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

from weather_mlops import collection
from weather_mlops.collection import EXPECTED_SCHEMA, of_window, with_key
from weather_mlops.errors import (
    FormatChanged,
    KmaMaintenance,
    KmaUnavailable,
    LoadIncomplete,
    QualityTooLow,
    ResponseMismatch,
    ResponseTruncated,
)
from weather_mlops.history.plan import Load, PendingStationHours, Request, months_of
from weather_mlops.kma import wire
from weather_mlops.kma.client import KmaClient
from weather_mlops.kma.endpoints import PERIOD
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake import gaps, holes, raw
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.object_store import ObjectStore, storage_errors
from weather_mlops.lake.publish import publish_audited
from weather_mlops.lake.rows import isin, keys_between, keys_of
from weather_mlops.lake.schemas import KEY, OBSERVATIONS
from weather_mlops.lake.staging import AUDITED, COLLECTED, FAILED, PUBLISHED, Staging
from weather_mlops.quality import audit, docs

log = logging.getLogger(__name__)

# That many chunks fail one after the other: the API is out of order, and the rest isn't requested.
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
    """Tells of a lane's progress in the log: how far, how fast, how long still.

    Args:
        stage: its name.
        chunks: those of the lane.
        calls_left: calls left today, where calls are made.
    """

    stage: str
    chunks: Sequence[Request]
    calls_left: Callable[[], int] | None = None
    done: int = 0
    rows: int = 0
    begun: float = field(default_factory=time.monotonic)

    def tell(self, chunks: int, rows: int) -> None:
        """So many chunks more, and so many rows."""
        self.done += chunks
        self.rows += rows
        seconds = time.monotonic() - self.begun
        calls = "" if self.calls_left is None else f" calls_left={self.calls_left()}"
        left = self.chunks[self.done :]
        log.info(
            "history: stage=%s months=%d/%d rows=%d rows_per_s=%.0f%s time_left_s=%.0f",
            self.stage,
            months_of(self.chunks) - months_of(left),
            months_of(self.chunks),
            self.rows,
            self.rows / seconds if seconds else 0,
            calls,
            seconds / self.done * len(left) if self.done else 0,
        )


@dataclass
class _Batch:
    """What is had of a part so far."""

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
    """The first stage of one lane: what is missing is taken from raw, or asked for.

    Args:
        load: all of it.
        lane: number of this one, from 0.
        client: of the API.
        store: the bucket.
        catalog: of the tables.
        run: name of the load, unique.
        final: whether this is the last try: then what can't be had is given up, and the rest goes on.
        calls_left: for the log.
    """

    def __init__(  # noqa: PLR0913  what it needs to know
        self,
        load: Load,
        lane: int,
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
        self._parts = load.lane(lane)
        self._failures: list[tuple[Request, Exception]] = []
        self._in_a_row = 0
        self._progress = LoadProgress("fetch", _requests(self._parts), calls_left)
        self.counts = {"chunks": 0, "chunks_there": 0, "calls": 0, "replies_from_raw": 0, "rows_arrived": 0}

    def work(self) -> dict[str, Any]:
        """Stage every part of the lane.

        Returns:
            Counts: chunks, those of them that were there already, calls, replies taken from raw, rows.

        Raises:
            QuotaExhausted: go on when the day is over.
            KmaUnavailable, KmaMaintenance, ResponseTruncated: some chunks failed; others are in raw, staged.
            other errors of KmaClient and the bucket.
        """
        for number, chunks in self._parts:
            staging = staging_of(self._store, self._run, number)
            if any(staging.has(name) for name in (COLLECTED, AUDITED, PUBLISHED)):
                self._progress.tell(len(chunks), 0)
                continue
            part, complete = _Batch(), True
            there = self._there(chunks)
            kept = (
                []
                if self._load.again
                else list(raw.list_about(self._store, PERIOD, chunks[0].begin, chunks[-1].end))
            )
            for chunk in chunks:
                complete &= self._chunk(chunk, there, kept, part)
            tables = part.tables
            if not any(table.num_rows for table in tables.values()):
                log.info("history: skipped: part=%d is there already", number)
                staging.write(PUBLISHED, {}, {"counts": {}, "missing": []})
            elif complete or self._final:
                staging.write(COLLECTED, tables)
        if self._failures and not self._final:
            self._give_up()
        return {**self.counts, "chunks_failed": len(self._failures)}

    def _there(self, chunks: tuple[Request, ...]) -> np.ndarray:
        """Keys that need no asking: published, or known to be missing."""
        present = _present(self._catalog, chunks)
        if self._load.again:
            return present
        return np.concatenate([present, gaps.known_missing(self._catalog, chunks[0].begin, chunks[-1].end)])

    def _chunk(self, chunk: Request, there: np.ndarray, kept: list[raw.StoredRequest], part: _Batch) -> bool:
        """Take a chunk in; whether it is complete, or as complete as it will ever be."""
        wanted = PendingStationHours(chunk)
        wanted.discard(there)
        before, asked = self.counts["rows_arrived"], wanted.table()
        self.counts["chunks"] += 1
        self.counts["chunks_there"] += not len(wanted)
        failure: Exception | None = None
        try:
            self._from_raw(wanted, kept, part)
            self._ask(wanted, part)
            self._in_a_row = 0
        except (*TRANSIENT_ERRORS, *INVALID_RESPONSE_ERRORS) as error:
            failure = error
            self._failures.append((chunk, error))
            self._in_a_row += isinstance(error, TRANSIENT_ERRORS)
            log.warning("history: not had: %s: %s", chunk, error)
            if self._in_a_row >= MAX_CONSECUTIVE_FAILURES and not self._final:
                self._give_up()
        lost = wanted.table()
        had = asked.filter(pa.array(~isin(keys_of(asked), keys_of(lost)))) if lost.num_rows else asked
        part.expected.append(of_window(had))
        if failure is not None:
            part.failed.append(_failed(lost, _reason(failure)))
        self._progress.tell(1, self.counts["rows_arrived"] - before)
        return failure is None or isinstance(failure, INVALID_RESPONSE_ERRORS)

    def _from_raw(self, wanted: PendingStationHours, kept: list[raw.StoredRequest], part: _Batch) -> None:
        """Take what was received before, the longest replies first."""
        for about in sorted(kept, key=lambda about: (about.begin - about.end, about.key)):
            if not wanted.touches(about.begin, about.end, about.stations):
                continue
            reply = raw.read_response(self._store, about.key)
            try:
                parsed = wire.parse(reply.body).until(reply.received_at)
            except FormatChanged as error:
                log.info("history: asked for anew, the reply in raw can't be read: %s: %s", about.key, error)
                continue
            self.counts["replies_from_raw"] += 1
            self._take(wanted, about, parsed, part)

    def _ask(self, wanted: PendingStationHours, part: _Batch) -> None:
        """Ask for what is still wanted."""
        everywhere = {station.id for station in load_stations()}
        while call := wanted.next_call():
            if self._in_a_row >= MAX_CONSECUTIVE_FAILURES:
                raise KmaUnavailable(
                    f"not asked for: {MAX_CONSECUTIVE_FAILURES} chunks before it failed one after the other"
                )
            every = everywhere.issubset(call.station_ids)
            self.counts["calls"] += 1
            for reply in self._client.period(call.begin, call.end, () if every else call.station_ids):
                parsed = collection.parsed(self._store, reply)
                key = raw.put_response(self._store, reply, parsed.rows.num_rows)
                self._take(
                    wanted, raw.StoredRequest(key, call.begin, call.end, call.station_ids), parsed, part
                )

    def _take(
        self, wanted: PendingStationHours, about: raw.StoredRequest, parsed: wire.Parsed, part: _Batch
    ) -> None:
        """The rows of a reply that are wanted; and of a fresh one those of stations that nobody knows."""
        chunk, rows = wanted.chunk, parsed.rows
        begin, end = max(about.begin, chunk.begin), min(about.end, chunk.end)
        inside = wanted.holds(_whole_hours(rows))
        known = [station.id for station in load_stations()]
        strange = ~np.isin(rows["station_id"].to_numpy(), known)
        in_chunk = pc.and_(
            pc.greater_equal(rows["observed_at"], pa.scalar(begin, rows["observed_at"].type)),
            pc.less_equal(rows["observed_at"], pa.scalar(end, rows["observed_at"].type)),
        ).to_numpy()
        taken = inside | (strange & in_chunk)
        part.rows.append(with_key(rows if taken.all() else rows.filter(pa.array(taken)), about.key))
        part.rejected.append(with_key(parsed.rejected, about.key))
        self.counts["rows_arrived"] += int(taken.sum()) + parsed.rejected.num_rows
        wanted.settle(begin, end, about.stations, rows.select(KEY))

    def _give_up(self) -> None:
        """Raise what failed last.

        Raises:
            one of TRANSIENT_ERRORS.
        """
        passing = [(chunk, error) for chunk, error in self._failures if isinstance(error, TRANSIENT_ERRORS)]
        if passing:
            chunk, error = passing[-1]
            raise type(error)(
                f"{len(passing)} chunks of this lane were not had, the last one is {chunk}: {error}"
            )


def _requests(parts: Iterable[tuple[int, tuple[Request, ...]]]) -> list[Request]:
    """The chunks of numbered parts, in order."""
    return [chunk for _, chunks in parts for chunk in chunks]


def staging_of(store: ObjectStore, run: str, part: int) -> Staging:
    """Where a part of a load is staged; its name is that of the audit's page, too."""
    return Staging(store, f"{run}/part-{part:04d}")


def validate_worker(  # noqa: PLR0913  what it needs to know
    load: Load,
    lane: int,
    *,
    store: ObjectStore,
    run: str,
    suites_dir: Path,
    min_fit_share: float,
    clock: Callable[[], datetime],
) -> dict[str, Any]:
    """Audit the parts of a lane, each set-wise, by the suites of the hourly run.

    A part that has too few fit rows is refused: none of its rows is handed on, and its hours go to the gap
    register with the reason.

    Args:
        load: all of it.
        lane: number of this one, from 0.
        store: the bucket.
        run: name of the load.
        suites_dir: folder of the suites.
        min_fit_share: share (0 to 1) of a part's rows that must be fit.
        clock: the time now, UTC.

    Returns:
        Counts: rows that arrived, were accepted, quarantined; parts refused; keys of the parts' pages.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    counts = {"parts_audited": 0, "parts_refused": 0, "rows_audited": 0, "accepted": 0, "quarantined": 0}
    pages: list[str] = []
    parts = load.lane(lane)
    progress = LoadProgress("validate", _requests(parts))
    for number, chunks in parts:
        staging, rows = staging_of(store, run, number), 0
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
            # Great Expectations' objects refer to each other in circles, and hold all the rows: they would
            # pile up part by part until Python looks for such circles by itself.
            del tables, result, besides
            gc.collect()
        progress.tell(len(chunks), rows)
    return {**counts, "docs_keys": pages}


def publish_load(
    load: Load, *, store: ObjectStore, catalog: Catalog, run: str, clock: Callable[[], datetime]
) -> dict[str, Any]:
    """Publish what was audited, a commit a part; whole months, which readers see all at once.

    Hours of the last 31 days between the load and what the hourly run collected go to the gap register, and
    the hourly run asks for them.

    Args:
        load: all of it.
        store: the bucket.
        catalog: of the tables.
        run: name of the load.
        clock: the time now, UTC.

    Returns:
        Counts: rows inserted, corrected, equal, quarantined; gaps opened and closed; ``station_hours`` that
        were asked for, and ``station_hours_missing``, those that the table doesn't have.

    Raises:
        LoadIncomplete: what could not be had is in the gap register, with its reason; the rest is published.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    totals = dict.fromkeys(COUNTS, 0)
    missing: list[str] = []
    asked = absent = 0
    progress = LoadProgress("publish", load.chunks())
    for number, chunks in enumerate(load.parts()):
        staging = staging_of(store, run, number)
        told = _published(staging, catalog, chunks, clock())
        for name, count in told["counts"].items():
            totals[name] += count
        missing += told["missing"]
        expected, there = _held(catalog, chunks)
        asked, absent = asked + expected, absent + expected - there
        progress.tell(len(chunks), sum(told["counts"].get(name, 0) for name in ROWS))
    totals["gaps_opened"] += holes.record(catalog, run=run, now=clock())
    if missing:
        raise LoadIncomplete(
            f"{len(missing)} of {len(load.chunks())} chunks are not complete: {'; '.join(missing)}. The rest "
            f"is published ({totals['inserted']} rows new); what is missing is in weather.gaps with "
            "the reason. Start the load again: it asks for these hours only."
        )
    return {**totals, "station_hours": asked, "station_hours_missing": absent}


def _held(catalog: Catalog, chunks: tuple[Request, ...]) -> tuple[int, int]:
    """How many station-hours a part is about, and how many of them the table has."""
    present, asked, absent = _present(catalog, chunks), 0, 0
    for chunk in chunks:
        wanted = PendingStationHours(chunk)
        asked += len(wanted)
        wanted.discard(present)
        absent += len(wanted)
    return asked, asked - absent


def _published(
    staging: Staging, catalog: Catalog, chunks: tuple[Request, ...], now: datetime
) -> Mapping[str, Any]:
    if staging.has(PUBLISHED):
        return staging.read(PUBLISHED).notes
    if not staging.has(AUDITED):
        return _never_audited(staging, catalog, chunks, now)
    audited = staging.read(AUDITED)
    changed = publish_audited(catalog, audited, run=staging.run, now=now).as_dict()
    lost = list(_lost(audited.tables[FAILED], chunks))
    told = {"counts": {name: changed[name] for name in COUNTS}, "missing": lost}
    staging.write(PUBLISHED, {}, told)
    staging.remove(COLLECTED, AUDITED)
    return told


def _never_audited(
    staging: Staging, catalog: Catalog, chunks: tuple[Request, ...], now: datetime
) -> Mapping[str, Any]:
    """A part whose lane ended before its audit: its hours are registered as they stand."""
    step = "audited" if staging.has(COLLECTED) else "fetched"
    reason = f"not {step}: the task of its lane failed"
    lost = pa.concat_tables([PendingStationHours(chunk).table() for chunk in chunks])
    failed = _failed(lost.filter(pa.array(~isin(keys_of(lost), _present(catalog, chunks)))), reason)
    nothing = EXPECTED_SCHEMA.empty_table()
    gaps.record(catalog, nothing, nothing, run=staging.run, now=now, failed=failed)
    return {"counts": {}, "missing": list(_lost(failed, chunks))}


def _lost(failed: pa.Table, chunks: tuple[Request, ...]) -> Iterator[str]:
    """Each chunk that isn't complete, and why."""
    keys = keys_of(failed)
    for chunk in chunks:
        wanted = PendingStationHours(chunk)
        here = failed.filter(pa.array(wanted.holds(keys)))
        if here.num_rows:
            yield f"{chunk}: {here.num_rows} station-hours: {here['reason'][0].as_py()}"


def _refused(tables: Mapping[str, pa.Table], error: QualityTooLow) -> dict[str, pa.Table]:
    """Of a part that is too bad: all that was expected has failed."""
    refused = _failed(tables["expected"].select(KEY), _reason(error))
    return {
        "expected": tables["expected"].slice(0, 0),
        FAILED: pa.concat_tables([tables[FAILED], refused]),
    }


def _present(catalog: Catalog, chunks: tuple[Request, ...]) -> np.ndarray:
    """Keys that are published, of the hours of a part."""
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        return keys_between(table, chunks[0].begin, chunks[-1].end)


def _failed(keys: pa.Table, reason: str) -> pa.Table:
    return keys.append_column("reason", pa.repeat(reason, keys.num_rows)).cast(FAILED_SCHEMA)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]


def _whole_hours(rows: pa.Table) -> np.ndarray:
    """Keys of the hours that rows lie in: one of another minute is judged by the audit, and not lost here."""
    hours = pc.floor_temporal(rows["observed_at"], unit="hour")
    return keys_of(pa.table({"station_id": rows["station_id"], "observed_at": hours}))
