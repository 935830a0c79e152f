"""Tables of a month computed from raw alone: its responses, audited in the order in which they arrived."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import HOUR, KST, month_of, next_month
from weather_mlops.errors import FormatChanged
from weather_mlops.ingest.collection import EXPECTED_SCHEMA, of_window
from weather_mlops.ingest.history.plan import PendingStationHours, Request
from weather_mlops.ingest.response_replay import ResponseRows, audits, themselves
from weather_mlops.kma import wire
from weather_mlops.kma.endpoints import LONGEST_SPAN, PERIOD
from weather_mlops.lake import gaps, raw
from weather_mlops.lake.filters import rows_within
from weather_mlops.lake.keys import isin, key_list, keys_of, tuples, unique
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.quarantine import stamped, unseen
from weather_mlops.lake.schemas import (
    GAPS_SCHEMA,
    KEY,
    OBSERVATIONS_SCHEMA,
    QUARANTINE,
    QUARANTINE_SCHEMA,
    cast_to_schema,
)
from weather_mlops.sources.reading import corrects, replayed
from weather_mlops.stations import station_ids

log = logging.getLogger(__name__)

RUN: Final = "rebuild"


@dataclass(frozen=True)
class RebuiltMonth:
    """Tables of one month, rebuilt from raw, with the unreadable lines of responses that begin in it."""

    observations: pa.Table
    quarantine: pa.Table
    gaps: pa.Table
    unreadable: pa.Table
    responses: int
    begun: frozenset[str]


def months_in_raw(store: ObjectStore, first: date | None, last: date | None) -> list[datetime]:
    """The months between two days that any response in raw is about."""
    known = {
        month
        for endpoint in (PERIOD, raw.IMPORTED)
        for about in raw.list_all(store, endpoint)
        for month in _months_of(store, about)
    }
    return months_between(known, first, last)


def months_between(months: Iterable[datetime], first: date | None, last: date | None) -> list[datetime]:
    """Those of some months (UTC) that have an hour between two days (KST), both included, ascending.

    Args:
        months: their first instants.
        first: the first day; None = no limit.
        last: the last day; None = no limit.
    """
    begin = None if first is None else month_of(datetime.combine(first, time(), KST))
    end = None if last is None else month_of(datetime.combine(last, time(23), KST))
    return [
        month
        for month in sorted(months)
        if (begin is None or begin <= month) and (end is None or month <= end)
    ]


def _months_of(store: ObjectStore, about: raw.StoredRequest) -> set[datetime]:
    """The months that a response is about.

    A call asks for consecutive hours, LONGEST_SPAN at most. An imported file may begin in 1904 and end today
    with nothing in between: its months are those of its rows, and the one that it begins in, to which its
    unreadable lines are assigned. Rows of future hours count too, because an earlier version published them.
    """
    months = {month_of(about.begin), month_of(about.end)}
    if about.end - about.begin <= LONGEST_SPAN:
        return months | {month_of(about.begin + (about.end - about.begin) / 2)}
    response = raw.read_response(store, about.key)
    try:
        times = replayed(response.body, response.about).rows["observed_at"]
    except FormatChanged:
        return months
    months_of_rows = pc.unique(pc.floor_temporal(times, unit="month")).to_pylist()
    return {month_of(about.begin), *map(month_of, months_of_rows)}


def month_from_raw(
    store: ObjectStore, month: datetime, live_gaps: pa.Table, *, suites_dir: Path, now: datetime
) -> RebuiltMonth:
    """Audit a month's responses in the order in which they arrived.

    Args:
        store: the bucket.
        month: the first instant of the month (UTC).
        live_gaps: the live register of the month: gaps that no response is about are only there.
        suites_dir: folder of the suites.
        now: time of the audit, UTC.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    end = next_month(month) - HOUR
    stored = [
        about for endpoint in (PERIOD, raw.IMPORTED) for about in raw.list_about(store, endpoint, month, end)
    ]
    received = sorted(_received(store, stored), key=lambda each: (*each[0], each[1].key))
    parsed = [(about.key, _of_month(read, about, month)) for _, about, read in received]
    responses = ResponseRows.of(parsed)
    requested = [
        _requested(about, month, read) for (_, about, _), (_, read) in zip(received, parsed, strict=True)
    ]
    expected = pa.concat_tables([EXPECTED_SCHEMA.empty_table(), *requested])
    position = {about.key: index for index, (_, about, _) in enumerate(received)}
    accepted = OBSERVATIONS_SCHEMA.empty_table()
    refused = [QUARANTINE_SCHEMA.empty_table()]
    first_response: dict[int, int] = {}
    if received:
        for audited in audits(
            responses, expected, suites_dir=suites_dir, audited_at=now, run=f"{RUN}/{month:%Y-%m}"
        ):
            new = cast_to_schema(audited.accepted, OBSERVATIONS_SCHEMA)
            accepted = _over(accepted, new)
            refused.append(audited.quarantined)
            for key, raw_key in zip(keys_of(new).tolist(), new["raw_key"].to_pylist(), strict=True):
                first_response.setdefault(key, position[raw_key])
    quarantine = unseen(pa.concat_tables(refused), QUARANTINE)
    times = [time for (time, _), _, _ in received]
    register = _register(requested, times, first_response, quarantine, position)
    register = _with_failed(register, live_gaps, expected)
    quarantine = stamped(quarantine, QUARANTINE, run=RUN, at=now)
    readable = quarantine["observed_at"].is_valid()
    return RebuiltMonth(
        accepted.sort_by([(name, "ascending") for name in KEY]),
        quarantine.filter(readable),
        register,
        quarantine.filter(pc.invert(readable)),
        len(received),
        frozenset(about.key for about in stored if month_of(about.begin) == month),
    )


def _received(
    store: ObjectStore, stored: Sequence[raw.StoredRequest]
) -> Iterator[tuple[tuple[datetime, bool], raw.StoredRequest, wire.Parsed]]:
    """Arrival, request and rows of each readable response; of equal arrivals, corrections sort last."""
    for about in stored:
        response = raw.read_response(store, about.key)
        try:
            read = replayed(response.body, response.about).until(response.received_at)
        except FormatChanged as error:
            log.warning("rebuild: skipped, it can't be read: %s: %s", about.key, error)
            continue
        yield (response.received_at, corrects(response.about)), about, read


def _of_month(read: wire.Parsed, about: raw.StoredRequest, month: datetime) -> wire.Parsed:
    """The rows of a month in a response; its unreadable lines are assigned to the month that it begins in."""
    rows = rows_within(read.rows, "observed_at", month, next_month(month))
    rejected = read.rejected if month_of(about.begin) == month else read.rejected.slice(0, 0)
    return replace(read, rows=rows, rejected=rejected)


def _requested(about: raw.StoredRequest, month: datetime, read: wire.Parsed) -> pa.Table:
    """The station-hours of a month that a response was requested for."""
    if f"/{raw.IMPORTED}/" in about.key:
        return themselves(read.rows)
    begin, end = max(about.begin, month), min(about.end, next_month(month) - HOUR)
    requested = PendingStationHours(Request(begin, end, about.stations or station_ids())).table()
    return of_window(requested)


def _over(old: pa.Table, new: pa.Table) -> pa.Table:
    return pa.concat_tables([old.filter(pa.array(~isin(keys_of(old), keys_of(new)))), new])


def _register(
    requested: Sequence[pa.Table],
    times: Sequence[datetime],
    first_response: Mapping[int, int],
    quarantine: pa.Table,
    position: Mapping[str, int],
) -> pa.Table:
    """The register after all responses, one after the other."""
    register = GAPS_SCHEMA.empty_table()
    known = np.array(sorted(first_response), np.int64)
    since = np.array([first_response[key] for key in known.tolist()], np.int64)
    readable = quarantine.filter(quarantine["station_id"].is_valid())
    refused = [
        (key, position[raw_key])
        for key, raw_key in zip(key_list(readable), readable["raw_key"].to_pylist(), strict=True)
    ]
    for index, (expected, now) in enumerate(zip(requested, times, strict=True)):
        keys = unique(keys_of(expected))
        is_present = isin(keys, known[since <= index])
        concerned = keys[~is_present | isin(keys, keys_of(register))]
        if concerned.size:
            present = set(tuples(concerned[isin(concerned, keys[is_present])]))
            reasons = {key: gaps.QUARANTINED for key, when in refused if when <= index}
            register = gaps.update(register, tuples(concerned), present, reasons, now)
    return register


def _with_failed(register: pa.Table, live: pa.Table, expected: pa.Table) -> pa.Table:
    """Add gaps that no response is about, or that the first one closed: only the live register has them."""
    failed = live.filter(pc.invert(pc.is_in(live["reason"], pa.array([gaps.MISSING, gaps.QUARANTINED]))))
    closed = failed["closed_at"].is_valid().to_numpy()
    keys = keys_of(failed)
    only_live = ~isin(keys, keys_of(register)) & (closed | ~isin(keys, keys_of(expected)))
    failed = failed.filter(pa.array(only_live))
    return pa.concat_tables([register, failed]).sort_by([(name, "ascending") for name in KEY])
