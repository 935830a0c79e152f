"""Keep a document per day of which station-hours are in the table, for pages that open no table.

An hourly run updates the documents of its own hours by what it published. The first run of a day makes the
documents of this day and of the day before from the tables: so what a killed run, or two writers at a time,
left out is there on the next day. Loads and imports make the documents of all of their days from the tables.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.clock import DAY, HOUR, HOUR_US, HOURS_PER_DAY, KST
from weather_mlops.documents.quality_day import (
    ABSENT,
    NOTHING,
    PRESENT,
    OpenGap,
    QualityDay,
    RefusedHour,
    key_of,
)
from weather_mlops.lake import documents, gaps
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.filters import time_ranges
from weather_mlops.lake.keys import Key, key_list, to_datetime
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import GAPS, GAPS_SCHEMA, KEY, KEY_SCHEMA, OBSERVATIONS, QUARANTINE
from weather_mlops.lake.staging import AUDITED, FAILED, Staging
from weather_mlops.lake.storage_errors import storage_errors

AT_A_TIME: Final = 8
REFUSED_SCHEMA: Final = QUARANTINE.select(*KEY, "rule")


@dataclass(frozen=True)
class _HoursOfRun:
    """What a run did with the hours of a day, by key.

    Attributes:
        requested: all of them.
        accepted: those that it published.
        reasons: why others are missing.
        refused: rows that its audit refused.
    """

    requested: set[Key]
    accepted: set[Key]
    reasons: dict[Key, str]
    refused: set[RefusedHour]


def record_run(store: ObjectStore, catalog: Catalog, staging: Staging, now: datetime) -> None:
    """Update the documents of the hours of a run that was published. Idempotent.

    Raises:
        FileNotFoundError: the run was not audited.
        StorageUnavailable, StorageRefused.
    """
    tables = staging.read(AUDITED).tables
    chosen = sorted(_days(tables["expected"]))
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        days = dict(zip(chosen, pool.map(lambda day: _read(store, day), chosen), strict=True))
    absent = {day for day, document in days.items() if document is None}
    created = from_tables(catalog, {*absent, *(day - DAY for day in absent)}, now)
    for day, document in days.items():
        known = created.get(day) or document
        if known is not None:
            created[day] = _updated(known, _hours_of_run(tables, day), now)
    _write(store, created.values())


def rebuild(store: ObjectStore, catalog: Catalog, hours: pa.Table, now: datetime) -> None:
    """Make the documents of the days of some hours from the tables.

    Args:
        store: the bucket.
        catalog: of the tables.
        hours: with the columns of KEY.
        now: the time, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    _write(store, from_tables(catalog, _days(hours), now).values())


def from_tables(catalog: Catalog, days: Collection[date], now: datetime) -> dict[date, QualityDay]:
    """The documents of days by the tables of observations, gaps and refused rows.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    if not days:
        return {}
    midnights = [datetime.combine(day, time(), KST) for day in days]
    chosen = time_ranges([*midnights, *(midnight + DAY - HOUR for midnight in midnights)])
    present, open_gaps = defaultdict[date, list[Key]](list), defaultdict[date, list[OpenGap]](list)
    with storage_errors(f"tables of {catalog.name}"):
        observed = scan(open_table(catalog, OBSERVATIONS), KEY_SCHEMA, chosen)
        register = scan(open_table(catalog, GAPS), GAPS_SCHEMA, chosen)
        quarantine = scan(open_table(catalog, QUARANTINE), REFUSED_SCHEMA, chosen)
    for key in key_list(observed):
        present[_day(key)].append(key)
    for row in register.to_pylist():
        if row["closed_at"] is None:
            open_gaps[row["observed_at"].astimezone(KST).date()].append(_open_gap(row))
    refused = _refused(quarantine)
    return {
        day: _document(
            day,
            {},
            present=present[day],
            open_gaps=open_gaps[day],
            refused=refused.get(day, set()),
            now=now,
        )
        for day in days
    }


def _updated(document: QualityDay, run: _HoursOfRun, now: datetime) -> QualityDay:
    """A document after a run, with the gaps as the register has them after it."""
    before = set(_present(document))
    present = before | run.accepted
    register = pa.Table.from_pylist(
        [asdict(gap) | {"closed_at": None} for gap in document.gaps], schema=GAPS_SCHEMA
    )
    after = gaps.update(register, run.requested, present, run.reasons, now).to_pylist()
    return _document(
        date.fromisoformat(document.day),
        document.hours,
        present=present,
        open_gaps=[_open_gap(row) for row in after if row["closed_at"] is None],
        refused={*document.refused, *run.refused},
        now=now,
    )


def _document(  # noqa: PLR0913  the parts of a document
    day: date,
    known: Mapping[int, str],
    *,
    present: Iterable[Key],
    open_gaps: Collection[OpenGap],
    refused: Iterable[RefusedHour],
    now: datetime,
) -> QualityDay:
    hours = {station: list(signs.replace(ABSENT, NOTHING[0])) for station, signs in known.items()}
    signs = [(key, PRESENT) for key in present]
    signs += [((gap.station_id, int(gap.observed_at.timestamp()) * 1_000_000), ABSENT) for gap in open_gaps]
    for (station, moment), sign in signs:
        hours.setdefault(station, list(NOTHING))[_hour(moment)] = sign
    return QualityDay(
        day.isoformat(),
        now,
        {station: "".join(hours[station]) for station in sorted(hours)},
        sorted(open_gaps, key=lambda gap: (gap.station_id, gap.observed_at)),
        sorted(refused, key=lambda row: (row.station_id, row.hour, row.rule)),
    )


def _present(document: QualityDay) -> Iterable[Key]:
    midnight = datetime.combine(date.fromisoformat(document.day), time(), KST)
    start = int(midnight.timestamp()) * 1_000_000
    for station, signs in document.hours.items():
        for hour in range(HOURS_PER_DAY):
            if signs[hour] == PRESENT:
                yield station, start + hour * HOUR_US


def _hours_of_run(tables: Mapping[str, pa.Table], day: date) -> _HoursOfRun:
    def of_day(table: pa.Table) -> set[Key]:
        return {key for key in key_list(table) if _day(key) == day}

    refused = tables["quarantined"]
    reasons = dict.fromkeys(of_day(refused.select(KEY).drop_null()), gaps.QUARANTINED)
    requested = of_day(tables["expected"])
    if (failed := tables.get(FAILED)) is not None:
        causes = zip(key_list(failed), failed["reason"].to_pylist(), strict=True)
        reasons |= {key: reason for key, reason in causes if _day(key) == day}
        requested |= of_day(failed)
    return _HoursOfRun(requested, of_day(tables["accepted"]), reasons, _refused(refused).get(day, set()))


def _refused(rows: pa.Table) -> dict[date, set[RefusedHour]]:
    """Refused rows by day; those without a readable key belong to none."""
    by_day = defaultdict[date, set[RefusedHour]](set)
    for row in rows.select(REFUSED_SCHEMA.names).to_pylist():
        if row["station_id"] is not None and row["observed_at"] is not None:
            at = row["observed_at"].astimezone(KST)
            by_day[at.date()].add(RefusedHour(row["station_id"], at.hour, row["rule"]))
    return by_day


def _open_gap(row: Mapping[str, Any]) -> OpenGap:
    return OpenGap(**{name: row[name] for name in OpenGap.__slots__})


def _days(hours: pa.Table) -> set[date]:
    return {hour.astimezone(KST).date() for hour in pc.unique(hours["observed_at"]).to_pylist()}


def _day(key: Key) -> date:
    return to_datetime(key[1]).astimezone(KST).date()


def _hour(moment: int) -> int:
    return to_datetime(moment).astimezone(KST).hour


def _read(store: ObjectStore, day: date) -> QualityDay | None:
    return documents.read_or_none(store, key_of(day), QualityDay, "the day is read from the tables again")


def _write(store: ObjectStore, days: Iterable[QualityDay]) -> None:
    def put(document: QualityDay) -> None:
        body = json.dumps(asdict(document), ensure_ascii=False, default=datetime.isoformat)
        store.put(key_of(date.fromisoformat(document.day)), body.encode(), "application/json")

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(put, (document for document in days if document.hours)))
