"""Rows by their key (station, hour): keys as numbers, filters that prune, and what a table has of them.

Filters are about the time of the observation, where no other column is named.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.expressions import (
    AlwaysFalse,
    And,
    BooleanExpression,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Or,
    Reference,
)
from pyiceberg.expressions.literals import literal
from pyiceberg.table import Table

from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KEY_SCHEMA

Key = tuple[int, int]
"""Station id, microseconds since 1970 (UTC)."""

HOUR_KEYS: Final = 60
"""What an hour adds to a key of ``keys_of``."""
_MINUTE_US: Final = 60_000_000
_TIME_BITS: Final = 32
_BEFORE_1970: Final = 1 << 31
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OBSERVED_AT: Final = "observed_at"
# Two hours further apart than this are looked up separately: a file holds neighbours.
_NEIGHBOURS: Final = timedelta(days=1)


def keys_of(table: pa.Table) -> np.ndarray:
    """Key of each row as one number: for millions of rows at once.

    Args:
        table: with the columns of KEY, none of them null; times are whole minutes, as on the wire.

    Returns:
        int64, shape (n,). It sorts as station and time do; HOUR_KEYS more is an hour later.
    """
    stations = table["station_id"].to_numpy().astype(np.int64)
    minutes = table["observed_at"].cast(pa.int64()).to_numpy() // _MINUTE_US
    return np.asarray((stations << _TIME_BITS) + minutes + _BEFORE_1970)


def tuples(keys: np.ndarray) -> list[Key]:
    """The same keys one by one."""
    stations, minutes = keys >> _TIME_BITS, (keys & ((1 << _TIME_BITS) - 1)) - _BEFORE_1970
    return list(zip(stations.tolist(), (minutes * _MINUTE_US).tolist(), strict=True))


def lookup(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where keys are: place in ``known`` of each wanted one, the last of several; -1 where it isn't there."""
    if known.size == 0:
        return np.full(wanted.size, -1)
    order = np.argsort(known, kind="stable")
    found = order[np.maximum(np.searchsorted(known, wanted, "right", sorter=order) - 1, 0)]
    return np.where(known[found] == wanted, found, -1)


def isin(keys: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which keys are known; several times as fast as numpy's own ``isin``."""
    found: np.ndarray = lookup(known, keys) >= 0
    return found


def unique(keys: np.ndarray) -> np.ndarray:
    """Each key once, ascending; several times as fast as numpy's own ``unique``."""
    ordered = np.sort(keys)
    new = np.append(np.ones(min(1, keys.size), bool), ordered[1:] != ordered[:-1])
    return np.asarray(ordered[new])


def key_list(table: pa.Table) -> list[Key]:
    """Keys of a table's rows, in their order; integers, which compare and hash much faster than dates."""
    stations = table["station_id"].to_pylist()
    moments = table["observed_at"].cast(pa.int64()).to_pylist()
    return list(zip(stations, moments, strict=True))


def to_datetime(microseconds: int) -> datetime:
    """The time in a key."""
    return EPOCH + timedelta(microseconds=microseconds)


def time_ranges(times: Iterable[datetime]) -> BooleanExpression:
    """A filter for all these times that prunes files well: a few ranges, not one long list."""
    spans = _spans(sorted(set(times)))
    return any_of([between(first, last) for first, last in spans])


def key_filter(keys: Iterable[Key]) -> BooleanExpression:
    """A filter for these keys and no others; hours of the same stations share one term."""
    stations_by_hour = defaultdict(set)
    for station, hour in keys:
        stations_by_hour[hour].add(station)
    hours_by_stations = defaultdict(list)
    for hour, stations in stations_by_hour.items():
        hours_by_stations[frozenset(stations)].append(to_datetime(hour))
    return any_of(
        [
            And(one_of("station_id", stations), one_of(OBSERVED_AT, hours))
            for stations, hours in hours_by_stations.items()
        ]
    )


def in_months(months: Iterable[datetime], column: str = OBSERVED_AT) -> BooleanExpression:
    """A filter for whole months, given by their first moments (UTC)."""
    return any_of(
        [And(at_or_after(month, column), _before(next_month(month), column)) for month in sorted(set(months))]
    )


def at_or_after(time: datetime, column: str = OBSERVED_AT) -> BooleanExpression:
    """A filter for rows since a time."""
    return GreaterThanOrEqual(term=Reference(column), value=literal(_iso(time)))


def between(first: datetime, last: datetime, column: str = OBSERVED_AT) -> BooleanExpression:
    """A filter for rows of a period, both ends included."""
    return And(at_or_after(first, column), _at_or_before(last, column))


def one_of(column: str, values: Iterable[int] | Iterable[str] | Iterable[datetime]) -> BooleanExpression:
    """A filter for rows that have one of the values in a column."""
    plain = (_iso(value) if isinstance(value, datetime) else value for value in values)
    return In(term=Reference(column), values={literal(value) for value in plain})


def keys_between(table: Table, first: datetime, last: datetime) -> np.ndarray:
    """Keys of a table's rows of a period, both ends included; see ``keys_of``."""
    return keys_of(scan(table, KEY_SCHEMA, between(first, last)))


def missing(column: str) -> BooleanExpression:
    """A filter for rows without a value in a column."""
    return IsNull(term=Reference(column))


def any_of(parts: Sequence[BooleanExpression]) -> BooleanExpression:
    """All rows that any of the filters takes."""
    if not parts:
        return AlwaysFalse()
    return parts[0] if len(parts) == 1 else Or(*parts)


def rows_of(table: Table, keys: pa.Table, columns: pa.Schema) -> pa.Table:
    """What a table has of some keys.

    Args:
        table: of Iceberg, with the columns of KEY.
        keys: rows with the columns of KEY.
        columns: which columns to read, and their types; those of KEY included.

    Returns:
        One row per key that is there, in no certain order.
    """
    if keys.num_rows == 0:
        return columns.empty_table()
    found = scan(table, columns, time_ranges(pc.unique(keys["observed_at"]).to_pylist()))
    return found.filter(pa.array(isin(keys_of(found), keys_of(keys))))


def month_of(time: datetime) -> datetime:
    """First moment of its month (UTC)."""
    return time.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_numbered(number: int) -> datetime:
    """First moment of a month, by its number since January 1970, as Iceberg's partitions have it."""
    return datetime(EPOCH.year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def next_month(month: datetime) -> datetime:
    """First moment of the month after."""
    return month_of(month + timedelta(days=31))


def _spans(times: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    if not times:
        return []
    breaks = [(before, after) for before, after in pairwise(times) if after - before > _NEIGHBOURS]
    firsts = [times[0], *(after for _, after in breaks)]
    lasts = [*(before for before, _ in breaks), times[-1]]
    return list(zip(firsts, lasts, strict=True))


def _at_or_before(time: datetime, column: str) -> BooleanExpression:
    return LessThanOrEqual(term=Reference(column), value=literal(_iso(time)))


def _before(time: datetime, column: str) -> BooleanExpression:
    return LessThan(term=Reference(column), value=literal(_iso(time)))


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
