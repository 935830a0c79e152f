"""The tables made anew from raw alone, compared with the live ones, and put in their place when asked to.

Forecasts are not among them: no reply tells them, and what was forecast stays as it was said.

Month by month (UTC): the replies that are about it, in the order of their coming, are audited together; what
comes of that goes to tables of the same names in another namespace. Where they differ from the live ones is
listed, and swapping replaces just the months that differ, each table in one commit. A month that somebody
else wrote to in the meantime is made anew first: the hourly run goes on undisturbed.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import And, In, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.table import ALWAYS_TRUE, Table

from weather_mlops.collection import EXPECTED_SCHEMA, of_window
from weather_mlops.errors import FormatChanged
from weather_mlops.history.plan import PendingStationHours, Request
from weather_mlops.kma import wire
from weather_mlops.kma.endpoints import HOUR, KST, LONGEST_SPAN, PERIOD
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake import gaps, raw
from weather_mlops.lake.catalog import commit, open_table, table_path
from weather_mlops.lake.damage import problem_of
from weather_mlops.lake.file_io import S3FileIO
from weather_mlops.lake.object_store import ObjectStore, storage_errors
from weather_mlops.lake.publish import diff
from weather_mlops.lake.quarantine import identities, unseen
from weather_mlops.lake.rows import (
    in_months,
    isin,
    key_list,
    keys_of,
    lookup,
    missing,
    month_of,
    next_month,
    tuples,
    unique,
)
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import (
    GAPS,
    GAPS_SCHEMA,
    KEY,
    OBSERVATIONS,
    OBSERVATIONS_SCHEMA,
    QUARANTINE,
    QUARANTINE_SCHEMA,
    QUARANTINE_TABLE_SCHEMA,
    TABLES,
    UTC_TIME,
    TableDefinition,
    cast_to_schema,
)
from weather_mlops.response_replay import ResponseRows, audits, themselves
from weather_mlops.sources.reading import corrects, replayed

log = logging.getLogger(__name__)

NAMESPACE: Final = "weather_rebuilt"
FROM_RAW: Final = (OBSERVATIONS, QUARANTINE, GAPS)
REBUILT: Final = {table.name: replace(table, namespace=NAMESPACE) for table in FROM_RAW}
RUN: Final = "rebuild"


@dataclass(frozen=True)
class Difference:
    """A row that the live and the rebuilt table don't agree on; None where one of them doesn't have it."""

    table: str
    key: str
    live: Mapping[str, Any] | None
    rebuilt: Mapping[str, Any] | None

    def __str__(self) -> str:
        def shown(side: Mapping[str, Any] | None) -> str:
            return "-" if side is None else ", ".join(f"{name}={value}" for name, value in side.items())

        return f"{self.table} {self.key}: live {shown(self.live)} | rebuilt {shown(self.rebuilt)}"


@dataclass
class Rebuilt:
    """What came of it.

    Attributes:
        months: how many were made anew.
        replies: how many were read.
        rows: in the rebuilt observations.
        differences: where the live tables differ.
        applied: months that were swapped, over all tables.
    """

    months: int = 0
    replies: int = 0
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    applied: int = 0

    def __str__(self) -> str:
        return (
            f"rebuilt: months={self.months} replies={self.replies} rows={self.rows} "
            f"differences={len(self.differences)} swapped_months={self.applied}"
        )


@dataclass(frozen=True)
class _Month:
    """Tables of one month, made from raw; and of the replies that begin in it, their unreadable lines."""

    observations: pa.Table
    quarantine: pa.Table
    gaps: pa.Table
    unreadable: pa.Table
    replies: int
    begun: frozenset[str]


def rebuild(  # noqa: PLR0913  what it needs to know
    first: date | None,
    last: date | None,
    *,
    store: ObjectStore,
    catalog: Catalog,
    suites_dir: Path,
    clock: Callable[[], datetime],
    apply: bool = False,
) -> Rebuilt:
    """Make months anew, compare, and swap those that differ when asked to.

    Args:
        first: a day (KST) of the first month; None = from the first one that raw knows. Months that raw has
            no reply about are left as they are.
        last: a day of the last month; None = to the last one that raw knows.
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
        apply: whether to swap.

    Raises:
        FormatChanged: a kept reply is damaged: its bytes are not those that were received.
        ObjectDamaged: without ``apply``, a data file of a live table can't be read: nothing can be compared.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    work = _Work(store, catalog, suites_dir, clock)
    told = Rebuilt()
    work.begin()
    months = _months(store, first, last)
    if apply:
        told.differences += work.drop_unreadable(None if first is None and last is None else months)
    pending, found = months, {}
    while pending:
        for number, month in enumerate(pending, start=1):
            found[month] = work.month(month, told)
            log.info(
                "rebuild: month=%s (%d/%d) rows=%d differences=%d",
                f"{month:%Y-%m}",
                number,
                len(pending),
                told.rows,
                sum(map(len, found.values())),
            )
        told.differences += [difference for month in pending for difference in found[month]]
        pending = work.swap(found, told) if apply else []
    told.differences += work.unreadable(apply=apply)
    told.months = len(months)
    return told


class _Work:
    """Rebuilding, month by month."""

    def __init__(
        self, store: ObjectStore, catalog: Catalog, suites_dir: Path, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._catalog = store, catalog
        self._suites_dir, self._clock = suites_dir, clock
        self._seen: dict[tuple[str, datetime], frozenset[str]] = {}
        self._unreadable: dict[datetime, pa.Table] = {}
        self._replies: set[str] = set()

    def begin(self) -> None:
        """Empty tables to write to; those of an earlier rebuilding go, with their files."""
        for definition in REBUILT.values():
            with storage_errors(f"table {definition.identifier}"), suppress(NoSuchTableError):
                self._catalog.drop_table(definition.identifier)
            if stale := [entry.key for entry in self._store.list(f"warehouse/{table_path(definition)}/")]:
                self._store.delete(*stale)

    def drop_unreadable(self, months: Sequence[datetime] | None) -> list[Difference]:
        """Take data files that are missing or damaged out of the live tables; the rest can be read then.

        Args:
            months: which ones; None for all, and for rows without a time.

        Returns:
            A difference for each such file. Rows that raw has come back by swapping; forecasts do not.
        """
        return [difference for definition in TABLES for difference in self._dropped(definition, months)]

    def _dropped(
        self, definition: TableDefinition, months: Sequence[datetime] | None
    ) -> Sequence[Difference]:
        wanted = ALWAYS_TRUE if months is None else in_months(months, definition.time)

        def attempt(table: Table) -> list[Difference]:
            io = S3FileIO(table.io.properties)
            unreadable = {
                task.file: problem
                for task in table.scan(row_filter=wanted).plan_files()
                if (problem := problem_of(io.new_input(task.file.file_path))) is not None
            }
            if unreadable:
                with table.transaction() as transaction, transaction.update_snapshot().overwrite() as update:
                    for file in unreadable:
                        update.delete_data_file(file)
            return [
                Difference(
                    definition.name, file.file_path, {"rows": file.record_count, "file": problem}, None
                )
                for file, problem in unreadable.items()
            ]

        dropped = commit(self._catalog, definition, attempt)
        for difference in dropped:
            log.warning("rebuild: taken out of the table: %s", difference)
        return dropped

    def month(self, month: datetime, told: Rebuilt) -> list[Difference]:
        """Make a month anew and write it; where the live tables differ."""
        # The live tables are looked at before raw is: what they have is in raw by then.
        live = {definition.name: self._live(definition, month) for definition in FROM_RAW}
        made = self._from_raw(month, live[GAPS.name])
        differences = [
            *_different_observations(live[OBSERVATIONS.name], made.observations),
            *_different_quarantine(live[QUARANTINE.name], made.quarantine),
            *_different_gaps(live[GAPS.name], made.gaps),
        ]
        for definition, rows in zip(FROM_RAW, (made.observations, made.quarantine, made.gaps), strict=True):
            self._write(REBUILT[definition.name], month, rows)
        self._unreadable[month] = made.unreadable
        self._replies |= made.begun
        told.replies += made.replies
        told.rows += made.observations.num_rows
        return differences

    def unreadable(self, *, apply: bool) -> list[Difference]:
        """Unreadable lines belong to no month: compared, and swapped, by the replies that they stand in."""
        made = pa.concat_tables([QUARANTINE_TABLE_SCHEMA.empty_table(), *self._unreadable.values()])
        commit(
            self._catalog,
            REBUILT[QUARANTINE.name],
            lambda table: table.append(made) if made.num_rows else None,
        )

        def attempt(table: Table) -> list[Difference]:
            live = scan(table, QUARANTINE_TABLE_SCHEMA, missing("observed_at"))
            live = live.filter(pc.is_in(live["raw_key"], pa.array(sorted(self._replies), pa.string())))
            differences = list(_different_quarantine(live, made))
            if apply and differences:
                with table.transaction() as transaction:
                    if live.num_rows:
                        keys = {literal(key) for key in live["raw_key"].to_pylist()}
                        lines = And(missing("observed_at"), In(term=Reference("raw_key"), values=keys))
                        transaction.delete(lines)
                    if made.num_rows:
                        transaction.append(made)
            return differences

        return commit(self._catalog, QUARANTINE, attempt)

    def swap(self, found: Mapping[datetime, list[Difference]], told: Rebuilt) -> list[datetime]:
        """Put the months that differ in place of the live ones.

        Returns:
            Months that somebody else wrote to since they were compared: nothing was swapped in their table.
        """
        stale: set[datetime] = set()
        for definition in FROM_RAW:
            months = sorted(
                month for month, differences in found.items()
                if any(difference.table == definition.name for difference in differences)
            )  # fmt: skip

            def attempt(
                table: Table, definition: TableDefinition = definition, months: Sequence[datetime] = months
            ) -> set[datetime]:
                changed = {
                    month for month in months if _files(table, month) != self._seen[definition.name, month]
                }
                if months and not changed:
                    self._replace(table, definition, months)
                return changed

            changed = commit(self._catalog, definition, attempt)
            told.applied += 0 if changed else len(months)
            stale |= changed
        return sorted(stale)

    def _replace(self, table: Table, definition: TableDefinition, months: Sequence[datetime]) -> None:
        source = open_table(self._catalog, REBUILT[definition.name])
        with table.transaction() as transaction:
            for month in months:
                rows = scan(source, definition.columns, in_months([month]))
                if self._seen[definition.name, month]:
                    transaction.delete(in_months([month]))
                if rows.num_rows:
                    transaction.append(rows)

    def _live(self, definition: TableDefinition, month: datetime) -> pa.Table:
        table = open_table(self._catalog, definition)
        with storage_errors(f"table {definition.identifier}"):
            self._seen[definition.name, month] = _files(table, month)
            return scan(table, definition.columns, in_months([month]))

    def _write(self, definition: TableDefinition, month: datetime, rows: pa.Table) -> None:
        def attempt(table: Table) -> None:
            if _files(table, month):
                table.delete(in_months([month]))
            if rows.num_rows:
                table.append(rows)

        commit(self._catalog, definition, attempt)

    def _from_raw(self, month: datetime, live_gaps: pa.Table) -> _Month:
        """What a month's replies make, in the order in which they came."""
        end = next_month(month) - HOUR
        kept = [
            about
            for endpoint in (PERIOD, raw.IMPORTED)
            for about in raw.list_about(self._store, endpoint, month, end)
        ]
        received = sorted(self._received(kept), key=lambda each: (*each[0], each[1].key))
        parsed = [(about.key, _of_month(read, about, month)) for _, about, read in received]
        replies = ResponseRows.of(parsed)
        asked = [
            _requested(about, month, read) for (_, about, _), (_, read) in zip(received, parsed, strict=True)
        ]
        expected = pa.concat_tables([EXPECTED_SCHEMA.empty_table(), *asked])
        place = {about.key: number for number, (_, about, _) in enumerate(received)}
        now = self._clock()
        accepted = OBSERVATIONS_SCHEMA.empty_table()
        refused = [QUARANTINE_SCHEMA.empty_table()]
        came: dict[int, int] = {}
        if received:
            for found in audits(
                replies, expected, suites_dir=self._suites_dir, audited_at=now, run=f"{RUN}/{month:%Y-%m}"
            ):
                new = cast_to_schema(found.accepted, OBSERVATIONS_SCHEMA)
                accepted = _over(accepted, new)
                refused.append(found.quarantined)
                for key, raw_key in zip(keys_of(new).tolist(), new["raw_key"].to_pylist(), strict=True):
                    came.setdefault(key, place[raw_key])
        records = pa.concat_tables(refused)
        quarantine = records.take(pa.array(unseen(records, set()), pa.int64()))
        times = [time for (time, _), _, _ in received]
        register = _register(asked, times, came, quarantine, place)
        register = _with_failed(register, live_gaps, expected)
        stamped = quarantine.append_column("run_id", pa.repeat(RUN, quarantine.num_rows))
        stamped = stamped.append_column("quarantined_at", pa.array([now] * quarantine.num_rows, UTC_TIME))
        stamped = cast_to_schema(stamped, QUARANTINE_TABLE_SCHEMA)
        readable = stamped["observed_at"].is_valid()
        return _Month(
            accepted.sort_by([(name, "ascending") for name in KEY]),
            stamped.filter(readable),
            register,
            stamped.filter(pc.invert(readable)),
            len(received),
            frozenset(about.key for about in kept if month_of(about.begin) == month),
        )

    def _received(
        self, kept: Sequence[raw.StoredRequest]
    ) -> Iterator[tuple[tuple[datetime, bool], raw.StoredRequest, wire.Parsed]]:
        """When each reply came, at one time those that correct last; what is known of it; and its rows."""
        for about in kept:
            reply = raw.read_response(self._store, about.key)
            try:
                read = replayed(reply.body, reply.about).until(reply.received_at)
            except FormatChanged as error:
                log.warning("rebuild: left out, it can't be read: %s: %s", about.key, error)
                continue
            yield (reply.received_at, corrects(reply.about)), about, read


def _months(store: ObjectStore, first: date | None, last: date | None) -> list[datetime]:
    """The months between two days that raw has any reply about."""
    known = {
        month
        for endpoint in (PERIOD, raw.IMPORTED)
        for about in raw.list_all(store, endpoint)
        for month in _months_of(store, about)
    }
    begin = None if first is None else month_of(datetime.combine(first, time(), KST))
    end = None if last is None else month_of(datetime.combine(last, time(23), KST))
    return [
        month
        for month in sorted(known)
        if (begin is None or begin <= month) and (end is None or month <= end)
    ]


def _months_of(store: ObjectStore, about: raw.StoredRequest) -> set[datetime]:
    """The months that a reply is about.

    A call is of consecutive hours, LONGEST_SPAN at most. A file that was imported may begin in 1904 and end
    today with nothing in between: its months are those of its rows, and the one that it begins in, which its
    unreadable lines count to. Rows of hours that were still to come count, too: an earlier version published
    them.
    """
    months = {month_of(about.begin), month_of(about.end)}
    if about.end - about.begin <= LONGEST_SPAN:
        return months | {month_of(about.begin + (about.end - about.begin) / 2)}
    reply = raw.read_response(store, about.key)
    try:
        times = replayed(reply.body, reply.about).rows["observed_at"]
    except FormatChanged:
        return months
    found = pc.unique(pc.floor_temporal(times, unit="month")).to_pylist()
    return {month_of(about.begin), *map(month_of, found)}


def _of_month(read: wire.Parsed, about: raw.StoredRequest, month: datetime) -> wire.Parsed:
    """What a reply says of a month; its unreadable lines are said of the month that it begins in."""
    times = read.rows["observed_at"]
    inside = pc.and_(
        pc.greater_equal(times, pa.scalar(month, times.type)),
        pc.less(times, pa.scalar(next_month(month), times.type)),
    )
    rejected = read.rejected if month_of(about.begin) == month else read.rejected.slice(0, 0)
    return replace(read, rows=read.rows.filter(inside), rejected=rejected)


def _requested(about: raw.StoredRequest, month: datetime, read: wire.Parsed) -> pa.Table:
    """The station-hours of a month that a reply was asked for."""
    if f"/{raw.IMPORTED}/" in about.key:
        return themselves(read.rows)
    every = tuple(station.id for station in load_stations())
    begin, end = max(about.begin, month), min(about.end, next_month(month) - HOUR)
    asked = PendingStationHours(Request(begin, end, about.stations or every)).table()
    return of_window(asked)


def _over(old: pa.Table, new: pa.Table) -> pa.Table:
    return pa.concat_tables([old.filter(pa.array(~isin(keys_of(old), keys_of(new)))), new])


def _register(
    asked: Sequence[pa.Table],
    times: Sequence[datetime],
    came: Mapping[int, int],
    quarantine: pa.Table,
    place: Mapping[str, int],
) -> pa.Table:
    """The register as the replies would have left it, one after the other."""
    register = GAPS_SCHEMA.empty_table()
    known = np.array(sorted(came), np.int64)
    since = np.array([came[key] for key in known.tolist()], np.int64)
    readable = quarantine.filter(quarantine["station_id"].is_valid())
    refused = [
        (key, place[raw_key])
        for key, raw_key in zip(key_list(readable), readable["raw_key"].to_pylist(), strict=True)
    ]
    for number, (expected, now) in enumerate(zip(asked, times, strict=True)):
        keys = unique(keys_of(expected))
        there = isin(keys, known[since <= number])
        concerned = keys[~there | isin(keys, keys_of(register))]
        if concerned.size:
            present = set(tuples(concerned[isin(concerned, keys[there])]))
            reasons = {key: gaps.QUARANTINED for key, when in refused if when <= number}
            register = gaps.update(register, tuples(concerned), present, reasons, now)
    return register


def _with_failed(register: pa.Table, live: pa.Table, expected: pa.Table) -> pa.Table:
    """And the gaps that no reply is about, or that the first one closed: only the live register has them."""
    told = live.filter(pc.invert(pc.is_in(live["reason"], pa.array([gaps.MISSING, gaps.QUARANTINED]))))
    closed = told["closed_at"].is_valid().to_numpy()
    keys = keys_of(told)
    kept = ~isin(keys, keys_of(register)) & (closed | ~isin(keys, keys_of(expected)))
    told = told.filter(pa.array(kept))
    return pa.concat_tables([register, told]).sort_by([(name, "ascending") for name in KEY])


def _files(table: Table, month: datetime) -> frozenset[str]:
    """The files that hold a month, by the table's current state."""
    if table.current_snapshot() is None:
        return frozenset()
    tasks = table.scan(row_filter=in_months([month])).plan_files()
    return frozenset(task.file.file_path for task in tasks)


def _different_observations(live: pa.Table, made: pa.Table) -> Iterator[Difference]:
    changes = diff(live, made)
    absent = live.filter(pa.array(~isin(keys_of(live), keys_of(made))))
    names = [name for name in OBSERVATIONS_SCHEMA.names if name not in {*KEY, "raw_key"}]
    before = live.take(pa.array(lookup(keys_of(live), keys_of(changes.corrected))))
    old = dict(zip(key_list(before), before.to_pylist(), strict=True))
    for key, row in zip(key_list(changes.corrected), changes.corrected.to_pylist(), strict=True):
        differing = [name for name in names if row[name] != old[key][name]]
        yield Difference(
            OBSERVATIONS.name,
            _named(row),
            {name: old[key][name] for name in differing},
            {name: row[name] for name in differing},
        )
    yield from (
        Difference(OBSERVATIONS.name, _named(row), None, {"raw_key": row["raw_key"]})
        for row in changes.inserted.to_pylist()
    )
    yield from (
        Difference(OBSERVATIONS.name, _named(row), {"raw_key": row["raw_key"]}, None)
        for row in absent.to_pylist()
    )


def _different_quarantine(live: pa.Table, made: pa.Table) -> Iterator[Difference]:
    sides = [dict(zip(identities(table), table.to_pylist(), strict=True)) for table in (live, made)]
    for identity in sorted(sides[0].keys() ^ sides[1].keys(), key=str):
        shown = [
            {name: side[identity][name] for name in ("rule", "value", "raw_key")}
            if identity in side
            else None
            for side in sides
        ]
        row = (sides[0] if identity in sides[0] else sides[1])[identity]
        yield Difference(QUARANTINE.name, _named(row), *shown)


def _different_gaps(live: pa.Table, made: pa.Table) -> Iterator[Difference]:
    """By what is missing, why, and whether it still is; when it was asked for is the runs' affair."""
    sides = [
        {
            key: {"reason": row["reason"], "open": row["closed_at"] is None}
            for key, row in zip(key_list(table), table.to_pylist(), strict=True)
        }
        for table in (live, made)
    ]
    for key in sorted(sides[0].keys() | sides[1].keys()):
        old, new = (side.get(key) for side in sides)
        if old != new:
            row = {"station_id": key[0], "observed_at": pa.scalar(key[1], pa.int64()).cast(UTC_TIME).as_py()}
            yield Difference(GAPS.name, _named(row), old, new)


def _named(row: Mapping[str, Any]) -> str:
    if row["observed_at"] is None:
        return "unreadable line"
    return f"station {row['station_id']} {row['observed_at'].astimezone(KST):%Y-%m-%d %H:%M} KST"
