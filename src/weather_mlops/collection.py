"""One run of the collection: which hours to ask for, what came, and where it is staged.

The hours asked for are the run's own hour and a few before it (late rows, corrections), everything since the
newest published hour (an outage of any length heals by itself, up to 31 days), and open gaps that are due.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

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
from weather_mlops.kma.endpoints import HOUR
from weather_mlops.kma.stations import load_stations, resolve_station_ids
from weather_mlops.lake import raw
from weather_mlops.lake.gaps import HORIZON, GapCall
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import UTC_TIME
from weather_mlops.lake.staging import COLLECTED, Staging

log = logging.getLogger(__name__)

# Of the API, when it is out of order for a while.
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
        """The hours that a run at a moment is about.

        Args:
            moment: end of the run's interval, timezone-aware; the last hour is the one that it falls in.
            lookback_hours: how many hours at least, the last one included.
            newest: newest hour that is published already; all hours after it are asked for as well.

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
    """Replies with their rows, and the station-hours that they were asked for."""

    replies: list[tuple[Response, wire.Parsed]] = field(default_factory=list)
    expected: pa.Table = field(default_factory=EXPECTED_SCHEMA.empty_table)

    def add(self, store: ObjectStore, replies: Iterable[Response], expected: pa.Table) -> None:
        """Parse replies and take them in.

        Raises:
            FormatChanged: from the parser; the reply is kept in raw, for whoever adapts it.
        """
        self.replies += [(reply, parsed(store, reply)) for reply in replies]
        self.expected = pa.concat_tables([self.expected, expected])

    @property
    def arrived(self) -> int:
        """Rows in the replies, readable or not."""
        return sum(parsed.rows.num_rows + parsed.rejected.num_rows for _, parsed in self.replies)


def parsed(store: ObjectStore, reply: Response) -> wire.Parsed:
    """Parse a reply; rows of hours that are still to come are set aside.

    Raises:
        FormatChanged: from the parser; the reply is kept in raw, for whoever adapts it.
    """
    try:
        return wire.parse(reply.body).until(reply.fetched_at)
    except FormatChanged as error:
        key = raw.put_response(store, reply, 0)
        raise FormatChanged(f"{reply.url}: {error} The reply is kept as {key}.") from None


def of_window(keys: pa.Table) -> pa.Table:
    """Station-hours, columns of KEY, as those of the window: a table of EXPECTED_SCHEMA."""
    return keys.append_column("origin", pa.repeat("window", keys.num_rows)).cast(EXPECTED_SCHEMA)


def chosen_stations(wanted: str | Sequence[int | str]) -> tuple[int, ...]:
    """Station ids of an argument, see ``kma.stations.resolve_station_ids``.

    Raises:
        Misconfigured: naming what is no open station.
    """
    return resolve_station_ids(wanted)


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
    for _, parsed in batch.replies:
        present.update(
            parsed.rows["station_id"].filter(pc.equal(parsed.rows["observed_at"], moment)).to_pylist()
        )
    return len(present.intersection(stations)) / len(stations)


def fetch_window(client: KmaClient, store: ObjectStore, window: Window, stations: Sequence[int]) -> Batch:
    """Ask for every hour of a window.

    Raises:
        the errors of KmaClient and of the parser.
    """
    batch = Batch()
    # One reply of all stations is cheaper for the API than a list of 97 ids.
    asked = () if len(stations) == len(load_stations()) else stations
    replies = client.period(window.begin, window.end, asked)
    batch.add(store, replies, expected_rows(window.hours, stations, "window"))
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
    """Ask for a window whose newest hour may not be published yet.

    Args:
        client: of the API.
        store: the bucket.
        window: what to ask for.
        stations: whose rows.
        share: of the stations, 0 to 1, that must have a row of the newest hour.
        last: whether this look is the last one: then what is there is taken, and an error is one.

    Returns:
        None when the hour isn't published yet; nor is it while the API is out of order and that can pass.

    Raises:
        the errors of KmaClient and of the parser; before the last look, none of TRANSIENT_ERRORS.
    """
    try:
        batch = fetch_window(client, store, window, stations)
    except TRANSIENT_ERRORS as error:
        if last:
            raise
        log.warning(
            "hour %s: not yet, the API is out of order: %s: %s", window.end, type(error).__name__, error
        )
        return None
    present = published_share(batch, window.end, stations)
    if present >= share or last:
        return batch
    log.info("hour %s: %.0f %% of the stations published, waiting", window.end, 100 * present)
    return None


def fetch_gaps(client: KmaClient, store: ObjectStore, batch: Batch, calls: Sequence[GapCall]) -> int:
    """Ask for hours that are missing: all calls, unless the day's budget is used up or the API out of order.

    What wasn't asked for stays due, and the newest hours, which are there already, don't wait for it.

    Returns:
        The number of calls that were made.
    """
    for made, call in enumerate(calls):
        hours = Window(call.begin, call.end).hours
        try:
            replies = list(client.period(call.begin, call.end, call.station_ids))
        except (QuotaExhausted, *TRANSIENT_ERRORS) as error:
            log.warning(
                "gaps: stopped after %d of %d calls: %s: %s", made, len(calls), type(error).__name__, error
            )
            return made
        batch.add(store, replies, expected_rows(hours, call.station_ids, "gap"))
    return len(calls)


def require_rows(batch: Batch, window: Window) -> None:
    """Make sure that anything came.

    Raises:
        NothingYet: no reply has any row.
    """
    if batch.arrived == 0:
        urls = ", ".join(reply.url for reply, _ in batch.replies)
        raise NothingYet(
            f"{urls}: no row at all for {window.begin:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC. "
            "The KMA is late or out of order; the next run asks again for these hours."
        )


def stage(store: ObjectStore, staging: Staging, batch: Batch) -> list[str]:
    """Keep the replies as received, and stage their rows for the audit.

    A reply of all stations can bring one that isn't in our list: the audit quarantines its rows.

    Returns:
        The keys of the raw replies.
    """
    keys, rows, rejected = [], [with_key(wire.PARSED_SCHEMA.empty_table(), "")], []
    rejected.append(with_key(wire.REJECTED_SCHEMA.empty_table(), ""))
    for reply, parsed in batch.replies:
        key = raw.put_response(store, reply, parsed.rows.num_rows)
        keys.append(key)
        rows.append(with_key(parsed.rows, key))
        rejected.append(with_key(parsed.rejected, key))
    tables = {"rows": pa.concat_tables(rows), "rejected": pa.concat_tables(rejected)}
    staging.write(COLLECTED, {**tables, "expected": batch.expected})
    log.info("staged: replies=%d rows=%d", len(keys), batch.arrived)
    return keys


def with_key(table: pa.Table, key: str) -> pa.Table:
    """The same rows with the key of the reply that they were read from."""
    return table.append_column("raw_key", pa.repeat(key, table.num_rows))
