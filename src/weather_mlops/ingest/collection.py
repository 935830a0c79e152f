"""One run of the collection: which hours to request, and how the responses are staged.

A run requests its own hour and a few before it (late rows, corrections), everything since the newest
published hour (so that the run after an outage fills it, up to 31 days), and open gaps that are due.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weather_mlops.clock import HOUR
from weather_mlops.errors import (
    FormatChanged,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    NothingYet,
    QuotaExhausted,
    ResponseTruncated,
)
from weather_mlops.kma import wire
from weather_mlops.kma.client import KmaClient, Response
from weather_mlops.lake import raw
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.gap_calls import GapCall
from weather_mlops.lake.gaps import HORIZON
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.staging import COLLECTED, Staging
from weather_mlops.stations import load_stations

log = logging.getLogger(__name__)

# Errors of an API that is down for a while.
TRANSIENT_ERRORS: Final = (KmaUnavailable, KmaMaintenance, ResponseTruncated, NothingYet)
EXPECTED_SCHEMA: Final = pa.schema(
    [
        pa.field("station_id", pa.int32(), nullable=False),
        pa.field("observed_at", UTC_TIME, nullable=False),
        pa.field("origin", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Window:
    """Whole hours, UTC, both ends included."""

    begin: datetime
    end: datetime

    @classmethod
    def ending(cls, moment: datetime, lookback_hours: int, newest: datetime | None = None) -> "Window":
        """The hours that a run requests.

        Args:
            moment: end of the run's interval, timezone-aware; the last hour is the one that it falls in.
            lookback_hours: how many hours at least, the last one included.
            newest: newest published hour; all hours after it are requested as well.

        Raises:
            Misconfigured: lookback_hours is below 1.
        """
        if lookback_hours < 1:
            raise Misconfigured(f"lookback_hours is {lookback_hours}: give 1 or more")
        end = moment.replace(minute=0, second=0, microsecond=0)
        begin = end - (lookback_hours - 1) * HOUR
        if newest is not None and newest < end:
            begin = min(begin, max(newest + HOUR, end - HORIZON))
        return cls(begin, end)

    @property
    def hours(self) -> list[datetime]:
        """Every hour of it, ascending."""
        return [self.begin + n * HOUR for n in range((self.end - self.begin) // HOUR + 1)]


@dataclass(slots=True)
class Batch:
    """Responses with their rows, and the station-hours that were requested."""

    responses: list[tuple[Response, wire.Parsed]] = field(default_factory=list)
    expected: pa.Table = field(default_factory=EXPECTED_SCHEMA.empty_table)

    def add(self, store: ObjectStore, responses: Iterable[Response], expected: pa.Table) -> None:
        """Parse responses and add them.

        Raises:
            FormatChanged: from the parser; the response is stored in raw, to adapt the parser to it.
        """
        self.responses += [(response, parsed(store, response)) for response in responses]
        self.expected = pa.concat_tables([self.expected, expected])

    @property
    def arrived(self) -> int:
        """Rows in the responses, readable or not."""
        return sum(parsed.rows.num_rows + parsed.rejected.num_rows for _, parsed in self.responses)


def parsed(store: ObjectStore, response: Response) -> wire.Parsed:
    """Parse a response; rows of future hours are rejected.

    Raises:
        FormatChanged: from the parser; the response is stored in raw, to adapt the parser to it.
    """
    try:
        return wire.parse(response.body).until(response.fetched_at)
    except FormatChanged as error:
        key = raw.put_response(store, response, 0)
        raise FormatChanged(f"{response.url}: {error} The response is stored as {key}.") from None


def of_window(keys: pa.Table) -> pa.Table:
    """Station-hours, columns of KEY, as those of the window: a table of EXPECTED_SCHEMA."""
    return keys.append_column("origin", pa.repeat("window", keys.num_rows)).cast(EXPECTED_SCHEMA)


def expected_rows(hours: Sequence[datetime], stations: Sequence[int], origin: str) -> pa.Table:
    """Every station at every hour.

    Returns:
        A table of EXPECTED_SCHEMA, hours × stations rows.
    """
    each_hour = pa.array(hours, UTC_TIME).cast(pa.int64()).to_numpy()
    return pa.Table.from_arrays(
        [
            pa.array(np.tile(np.array(stations, np.int32), len(hours))),
            pa.array(np.repeat(each_hour, len(stations))).cast(UTC_TIME),
            pa.repeat(origin, len(hours) * len(stations)),
        ],
        schema=EXPECTED_SCHEMA,
    )


def published_share(batch: Batch, hour: datetime, stations: Sequence[int]) -> float:
    """Share, 0 to 1, of the stations that have a row of this hour in the batch."""
    moment = pa.scalar(hour, UTC_TIME)
    present: set[int] = set()
    for _, parsed in batch.responses:
        present.update(
            parsed.rows["station_id"].filter(pc.equal(parsed.rows["observed_at"], moment)).to_pylist()
        )
    return len(present.intersection(stations)) / len(stations)


def fetch_window(client: KmaClient, store: ObjectStore, window: Window, stations: Sequence[int]) -> Batch:
    """Request every hour of a window.

    Raises:
        the errors of KmaClient and of the parser.
    """
    batch = Batch()
    # One request for all stations is cheaper for the API than a list of 97 ids.
    requested = () if len(stations) == len(load_stations()) else stations
    responses = client.period(window.begin, window.end, requested)
    batch.add(store, responses, expected_rows(window.hours, stations, "window"))
    return batch


def fetch_published(  # noqa: PLR0913  what it needs to know
    client: KmaClient,
    store: ObjectStore,
    window: Window,
    stations: Sequence[int],
    *,
    share: float,
    last: bool,
) -> Batch | None:
    """Request a window whose newest hour may not be published yet.

    Args:
        client: of the API.
        store: the bucket.
        window: the hours to request.
        stations: ids.
        share: of the stations, 0 to 1, that must have a row of the newest hour.
        last: whether this is the last look: then any rows are taken, and an error is raised.

    Returns:
        None when the hour isn't published yet, or the API fails with a transient error.

    Raises:
        the errors of KmaClient and of the parser; before the last look, none of TRANSIENT_ERRORS.
    """
    try:
        batch = fetch_window(client, store, window, stations)
    except TRANSIENT_ERRORS as error:
        if last:
            raise
        log.warning("hour %s: not yet, the API failed: %s: %s", window.end, type(error).__name__, error)
        return None
    present = published_share(batch, window.end, stations)
    if present >= share or last:
        return batch
    log.info("hour %s: %.0f %% of the stations published, waiting", window.end, 100 * present)
    return None


def fetch_gaps(client: KmaClient, store: ObjectStore, batch: Batch, calls: Sequence[GapCall]) -> int:
    """Request missing hours, until the day's budget is used up or the API fails.

    Gaps that weren't requested stay due. The newest hours, which are in the batch already, don't wait for
    them.

    Returns:
        The number of calls that were made.
    """
    for calls_made, call in enumerate(calls):
        hours = Window(call.begin, call.end).hours
        try:
            responses = list(client.period(call.begin, call.end, call.station_ids))
        except (QuotaExhausted, *TRANSIENT_ERRORS) as error:
            log.warning(
                "gaps: stopped after %d of %d calls: %s: %s",
                calls_made,
                len(calls),
                type(error).__name__,
                error,
            )
            return calls_made
        batch.add(store, responses, expected_rows(hours, call.station_ids, "gap"))
    return len(calls)


def require_rows(batch: Batch, window: Window) -> None:
    """Make sure that the API sent any row.

    Raises:
        NothingYet: no response has any row.
    """
    if batch.arrived == 0:
        urls = ", ".join(response.url for response, _ in batch.responses)
        raise NothingYet(
            f"{urls}: no row at all for {window.begin:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC. "
            "The KMA is late or its API is down; the next run requests these hours again."
        )


def stage(store: ObjectStore, staging: Staging, batch: Batch) -> list[str]:
    """Store the responses as received, and stage their rows for the audit.

    A response for all stations may include one that isn't in our list: the audit quarantines its rows.

    Returns:
        The keys of the responses in raw.
    """
    keys, rows, rejected = [], [with_key(wire.PARSED_SCHEMA.empty_table(), "")], []
    rejected.append(with_key(wire.REJECTED_SCHEMA.empty_table(), ""))
    for response, parsed in batch.responses:
        key = raw.put_response(store, response, parsed.rows.num_rows)
        keys.append(key)
        rows.append(with_key(parsed.rows, key))
        rejected.append(with_key(parsed.rejected, key))
    tables = {"rows": pa.concat_tables(rows), "rejected": pa.concat_tables(rejected)}
    staging.write(COLLECTED, {**tables, "expected": batch.expected})
    log.info("staged: responses=%d rows=%d", len(keys), batch.arrived)
    return keys


def with_key(table: pa.Table, key: str) -> pa.Table:
    """Add the key of the response that the rows were read from."""
    return table.append_column("raw_key", pa.repeat(key, table.num_rows))
