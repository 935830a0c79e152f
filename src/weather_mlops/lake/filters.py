"""Filters of PyIceberg that prune files; on the time of the observation unless another column is named.

A column may have times or days: PyIceberg turns the literal of a time into a day where the column has days.
``rows_within`` is for rows that were read already.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

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

from weather_mlops.clock import next_month
from weather_mlops.lake.keys import Key, to_datetime

OBSERVED_AT: Final = "observed_at"
# Hours further apart than this are separate ranges: a file holds neighbouring hours.
_NEIGHBOURS: Final = timedelta(days=1)


def time_ranges(times: Iterable[datetime], column: str = OBSERVED_AT) -> BooleanExpression:
    """A filter for times, as a few ranges: these prune files better than a long list.

    Rows of other hours within the ranges match, too.
    """
    spans = _spans(sorted(set(times)))
    return any_of([between(first, last, column) for first, last in spans])


def key_filter(keys: Iterable[Key]) -> BooleanExpression:
    """A filter for exactly these keys; hours of the same stations share one term."""
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
    """A filter for whole months, given by their first instants (UTC)."""
    return any_of(
        [And(at_or_after(month, column), _before(next_month(month), column)) for month in sorted(set(months))]
    )


def at_or_after(time: datetime | date, column: str = OBSERVED_AT) -> BooleanExpression:
    """A filter for rows since a time."""
    return GreaterThanOrEqual(term=Reference(column), value=literal(time))


def between(first: datetime | date, last: datetime | date, column: str = OBSERVED_AT) -> BooleanExpression:
    """A filter for rows of a period, both ends included."""
    return And(at_or_after(first, column), _at_or_before(last, column))


def one_of(column: str, values: Iterable[int] | Iterable[str] | Iterable[date]) -> BooleanExpression:
    """A filter for rows with one of the values in a column."""
    return In(term=Reference(column), values={literal(value) for value in values})


def missing(column: str) -> BooleanExpression:
    """A filter for rows without a value in a column."""
    return IsNull(term=Reference(column))


def any_of(filters: Sequence[BooleanExpression]) -> BooleanExpression:
    """A filter for rows that any of the filters matches."""
    if not filters:
        return AlwaysFalse()
    return filters[0] if len(filters) == 1 else Or(*filters)


def rows_within(rows: pa.Table, column: str, first: datetime, end: datetime) -> pa.Table:
    """Rows with a time from the first up to, but not including, the end; both timezone-aware."""
    times = rows[column]
    first_value, end_value = (pa.scalar(time, times.type) for time in (first, end))
    return rows.filter(pc.and_(pc.greater_equal(times, first_value), pc.less(times, end_value)))


def _spans(times: Sequence[datetime]) -> list[tuple[datetime, datetime]]:
    if not times:
        return []
    breaks = [(before, after) for before, after in pairwise(times) if after - before > _NEIGHBOURS]
    firsts = [times[0], *(after for _, after in breaks)]
    lasts = [*(before for before, _ in breaks), times[-1]]
    return list(zip(firsts, lasts, strict=True))


def _at_or_before(time: datetime | date, column: str) -> BooleanExpression:
    return LessThanOrEqual(term=Reference(column), value=literal(time))


def _before(time: datetime, column: str) -> BooleanExpression:
    return LessThan(term=Reference(column), value=literal(time))
