"""Rebuild the tables from raw alone, compare them with the live ones, and replace these on request.

Forecasts are not rebuilt: no response holds them, and they stay as they were issued.

Month by month (UTC), the responses about the month are audited together, in the order in which they arrived,
and the rows go to tables of the same names in another namespace. The differences from the live tables are
listed; a swap replaces just the months that differ, each table in one commit. A month that somebody else
wrote to in the meantime is rebuilt first, so the hourly run can go on.
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

from weather_mlops.clock import HOUR, KST, month_of, next_month
from weather_mlops.errors import FormatChanged
from weather_mlops.ingest.collection import EXPECTED_SCHEMA, of_window
from weather_mlops.ingest.history.plan import PendingStationHours, Request
from weather_mlops.ingest.response_replay import ResponseRows, audits, themselves
from weather_mlops.kma import wire
from weather_mlops.kma.endpoints import LONGEST_SPAN, PERIOD
from weather_mlops.lake import gaps, raw
from weather_mlops.lake.catalog import commit, open_table, table_path
from weather_mlops.lake.damage import problem_of
from weather_mlops.lake.file_io import S3FileIO
from weather_mlops.lake.filters import in_months, missing
from weather_mlops.lake.keys import isin, key_list, keys_of, lookup, tuples, unique
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.publish import diff
from weather_mlops.lake.quarantine import identities, unseen
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
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.sources.reading import corrects, replayed
from weather_mlops.stations import load_stations

log = logging.getLogger(__name__)

NAMESPACE: Final = "weather_rebuilt"
FROM_RAW: Final = (OBSERVATIONS, QUARANTINE, GAPS)
REBUILT: Final = {table.name: replace(table, namespace=NAMESPACE) for table in FROM_RAW}
RUN: Final = "rebuild"


@dataclass(frozen=True)
class Difference:
    """A row that differs between the live and the rebuilt table; None where one of them doesn't have it."""

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
    """Result of a rebuild.

    Attributes:
        months: how many months were rebuilt.
        responses: how many responses were read.
        rows: rows of the rebuilt observations.
        differences: where the live tables differ.
        applied: months that were swapped, over all tables.
    """

    months: int = 0
    responses: int = 0
    rows: int = 0
    differences: list[Difference] = field(default_factory=list)
    applied: int = 0

    def __str__(self) -> str:
        return (
            f"rebuilt: months={self.months} responses={self.responses} rows={self.rows} "
            f"differences={len(self.differences)} swapped_months={self.applied}"
        )


@dataclass(frozen=True)
class _Month:
    """Tables of one month, rebuilt from raw, with the unreadable lines of responses that begin in it."""

    observations: pa.Table
    quarantine: pa.Table
    gaps: pa.Table
    unreadable: pa.Table
    responses: int
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
    """Rebuild months, compare them with the live tables, and swap those that differ if requested.

    Args:
        first: a day (KST) of the first month; None = the first month in raw. Months without a response in raw
            are left as they are.
        last: a day (KST) of the last month; None = the last month in raw.
        store: the bucket.
        catalog: of the tables.
        suites_dir: folder of the suites.
        clock: the time now, UTC.
        apply: whether to swap months that differ.

    Raises:
        FormatChanged: a stored response is damaged: its bytes are not those that were received.
        ObjectDamaged: without ``apply``, a data file of a live table can't be read: nothing can be compared.
        CommitConflict, StorageUnavailable, StorageRefused.
    """
    work = _Work(store, catalog, suites_dir, clock)
    result = Rebuilt()
    work.begin()
    months = _months(store, first, last)
    if apply:
        result.differences += work.drop_unreadable(None if first is None and last is None else months)
    pending, differences = months, {}
    while pending:
        for count, month in enumerate(pending, start=1):
            differences[month] = work.month(month, result)
            log.info(
                "rebuild: month=%s (%d/%d) rows=%d differences=%d",
                f"{month:%Y-%m}",
                count,
                len(pending),
                result.rows,
                sum(map(len, differences.values())),
            )
        result.differences += [difference for month in pending for difference in differences[month]]
        pending = work.swap(differences, result) if apply else []
    result.differences += work.unreadable(apply=apply)
    result.months = len(months)
    return result


class _Work:
    """Rebuilding, month by month."""

    def __init__(
        self, store: ObjectStore, catalog: Catalog, suites_dir: Path, clock: Callable[[], datetime]
    ) -> None:
        self._store, self._catalog = store, catalog
        self._suites_dir, self._clock = suites_dir, clock
        self._seen: dict[tuple[str, datetime], frozenset[str]] = {}
        self._unreadable: dict[datetime, pa.Table] = {}
        self._response_keys: set[str] = set()

    def begin(self) -> None:
        """Remove the tables of an earlier rebuild with their files, so that the new ones start empty."""
        for definition in REBUILT.values():
            with storage_errors(f"table {definition.identifier}"), suppress(NoSuchTableError):
                self._catalog.drop_table(definition.identifier)
            if stale := [entry.key for entry in self._store.list(f"warehouse/{table_path(definition)}/")]:
                self._store.delete(*stale)

    def drop_unreadable(self, months: Sequence[datetime] | None) -> list[Difference]:
        """Remove data files that are missing or damaged from the live tables, so that the rest can be read.

        Args:
            months: months to look at; None for all, and for rows without a time.

        Returns:
            A difference for each such file. A swap restores their rows from raw, but not forecasts.
        """
        return [difference for definition in TABLES for difference in self._dropped(definition, months)]

    def _dropped(
        self, definition: TableDefinition, months: Sequence[datetime] | None
    ) -> Sequence[Difference]:
        row_filter = ALWAYS_TRUE if months is None else in_months(months, definition.time)

        def attempt(table: Table) -> list[Difference]:
            io = S3FileIO(table.io.properties)
            unreadable = {
                task.file: problem
                for task in table.scan(row_filter=row_filter).plan_files()
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
            log.warning("rebuild: removed from the table: %s", difference)
        return dropped

    def month(self, month: datetime, result: Rebuilt) -> list[Difference]:
        """Rebuild a month, write it, and return the differences from the live tables."""
        # Live tables first: the response of each of their rows is in raw already.
        live = {definition.name: self._live(definition, month) for definition in FROM_RAW}
        rebuilt = self._from_raw(month, live[GAPS.name])
        differences = [
            *_different_observations(live[OBSERVATIONS.name], rebuilt.observations),
            *_different_quarantine(live[QUARANTINE.name], rebuilt.quarantine),
            *_different_gaps(live[GAPS.name], rebuilt.gaps),
        ]
        for definition, rows in zip(
            FROM_RAW, (rebuilt.observations, rebuilt.quarantine, rebuilt.gaps), strict=True
        ):
            self._write(REBUILT[definition.name], month, rows)
        self._unreadable[month] = rebuilt.unreadable
        self._response_keys |= rebuilt.begun
        result.responses += rebuilt.responses
        result.rows += rebuilt.observations.num_rows
        return differences

    def unreadable(self, *, apply: bool) -> list[Difference]:
        """Compare, and swap, unreadable lines by their responses: they belong to no month."""
        rebuilt = pa.concat_tables([QUARANTINE_TABLE_SCHEMA.empty_table(), *self._unreadable.values()])
        commit(
            self._catalog,
            REBUILT[QUARANTINE.name],
            lambda table: table.append(rebuilt) if rebuilt.num_rows else None,
        )

        def attempt(table: Table) -> list[Difference]:
            live = scan(table, QUARANTINE_TABLE_SCHEMA, missing("observed_at"))
            live = live.filter(pc.is_in(live["raw_key"], pa.array(sorted(self._response_keys), pa.string())))
            differences = list(_different_quarantine(live, rebuilt))
            if apply and differences:
                with table.transaction() as transaction:
                    if live.num_rows:
                        keys = {literal(key) for key in live["raw_key"].to_pylist()}
                        lines = And(missing("observed_at"), In(term=Reference("raw_key"), values=keys))
                        transaction.delete(lines)
                    if rebuilt.num_rows:
                        transaction.append(rebuilt)
            return differences

        return commit(self._catalog, QUARANTINE, attempt)

    def swap(self, differences: Mapping[datetime, list[Difference]], result: Rebuilt) -> list[datetime]:
        """Replace live months that differ by the rebuilt ones.

        Returns:
            Months that somebody else wrote to since they were compared: nothing was swapped in their table.
        """
        stale: set[datetime] = set()
        for definition in FROM_RAW:
            months = sorted(
                month for month, in_month in differences.items()
                if any(difference.table == definition.name for difference in in_month)
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
            result.applied += 0 if changed else len(months)
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
        """Audit a month's responses in the order in which they arrived."""
        end = next_month(month) - HOUR
        stored = [
            about
            for endpoint in (PERIOD, raw.IMPORTED)
            for about in raw.list_about(self._store, endpoint, month, end)
        ]
        received = sorted(self._received(stored), key=lambda each: (*each[0], each[1].key))
        parsed = [(about.key, _of_month(read, about, month)) for _, about, read in received]
        responses = ResponseRows.of(parsed)
        requested = [
            _requested(about, month, read) for (_, about, _), (_, read) in zip(received, parsed, strict=True)
        ]
        expected = pa.concat_tables([EXPECTED_SCHEMA.empty_table(), *requested])
        position = {about.key: index for index, (_, about, _) in enumerate(received)}
        now = self._clock()
        accepted = OBSERVATIONS_SCHEMA.empty_table()
        refused = [QUARANTINE_SCHEMA.empty_table()]
        first_response: dict[int, int] = {}
        if received:
            for audited in audits(
                responses, expected, suites_dir=self._suites_dir, audited_at=now, run=f"{RUN}/{month:%Y-%m}"
            ):
                new = cast_to_schema(audited.accepted, OBSERVATIONS_SCHEMA)
                accepted = _over(accepted, new)
                refused.append(audited.quarantined)
                for key, raw_key in zip(keys_of(new).tolist(), new["raw_key"].to_pylist(), strict=True):
                    first_response.setdefault(key, position[raw_key])
        records = pa.concat_tables(refused)
        quarantine = records.take(pa.array(unseen(records, set()), pa.int64()))
        times = [time for (time, _), _, _ in received]
        register = _register(requested, times, first_response, quarantine, position)
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
            frozenset(about.key for about in stored if month_of(about.begin) == month),
        )

    def _received(
        self, stored: Sequence[raw.StoredRequest]
    ) -> Iterator[tuple[tuple[datetime, bool], raw.StoredRequest, wire.Parsed]]:
        """Arrival, request and rows of each readable response; of equal arrivals, corrections sort last."""
        for about in stored:
            response = raw.read_response(self._store, about.key)
            try:
                read = replayed(response.body, response.about).until(response.received_at)
            except FormatChanged as error:
                log.warning("rebuild: skipped, it can't be read: %s: %s", about.key, error)
                continue
            yield (response.received_at, corrects(response.about)), about, read


def _months(store: ObjectStore, first: date | None, last: date | None) -> list[datetime]:
    """The months between two days that any response in raw is about."""
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


def _of_month(read: wire.Parsed, about: raw.StoredRequest, month: datetime) -> wire.Parsed:
    """The rows of a month in a response; its unreadable lines are assigned to the month that it begins in."""
    times = read.rows["observed_at"]
    inside = pc.and_(
        pc.greater_equal(times, pa.scalar(month, times.type)),
        pc.less(times, pa.scalar(next_month(month), times.type)),
    )
    rejected = read.rejected if month_of(about.begin) == month else read.rejected.slice(0, 0)
    return replace(read, rows=read.rows.filter(inside), rejected=rejected)


def _requested(about: raw.StoredRequest, month: datetime, read: wire.Parsed) -> pa.Table:
    """The station-hours of a month that a response was requested for."""
    if f"/{raw.IMPORTED}/" in about.key:
        return themselves(read.rows)
    every = tuple(station.id for station in load_stations())
    begin, end = max(about.begin, month), min(about.end, next_month(month) - HOUR)
    requested = PendingStationHours(Request(begin, end, about.stations or every)).table()
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


def _files(table: Table, month: datetime) -> frozenset[str]:
    """Paths of the files that hold a month in the table's current snapshot."""
    if table.current_snapshot() is None:
        return frozenset()
    tasks = table.scan(row_filter=in_months([month])).plan_files()
    return frozenset(task.file.file_path for task in tasks)


def _different_observations(live: pa.Table, rebuilt: pa.Table) -> Iterator[Difference]:
    changes = diff(live, rebuilt)
    absent = live.filter(pa.array(~isin(keys_of(live), keys_of(rebuilt))))
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


def _different_quarantine(live: pa.Table, rebuilt: pa.Table) -> Iterator[Difference]:
    sides = [dict(zip(identities(table), table.to_pylist(), strict=True)) for table in (live, rebuilt)]
    for identity in sorted(sides[0].keys() ^ sides[1].keys(), key=str):
        shown = [
            {name: side[identity][name] for name in ("rule", "value", "raw_key")}
            if identity in side
            else None
            for side in sides
        ]
        row = (sides[0] if identity in sides[0] else sides[1])[identity]
        yield Difference(QUARANTINE.name, _named(row), *shown)


def _different_gaps(live: pa.Table, rebuilt: pa.Table) -> Iterator[Difference]:
    """Compare gaps by reason and state; the times of requests depend on the runs, and may differ."""
    sides = [
        {
            key: {"reason": row["reason"], "open": row["closed_at"] is None}
            for key, row in zip(key_list(table), table.to_pylist(), strict=True)
        }
        for table in (live, rebuilt)
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
