"""How a load of history is divided into requests, batches and workers; deterministic, without I/O.

A *request* is one call: a calendar month (UTC) of all chosen stations. No month is longer than 30 d 23 h, the
longest span that the API serves whole, and a month is a partition of the table. All 97 stations in one call
make a response of 19 MB, and 240 calls for 20 years; one station a call would make 23,000, more than a day's
quota.

A *batch* is several consecutive requests, at most ``rows_per_part`` rows, that are audited and published
together: more rows would take more memory than a small machine has, and with fewer the fixed cost of each
audit would dominate.

A *worker* is a task: of n workers each takes every n-th batch, one call at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any, Final

import numpy as np
import pyarrow as pa

from weather_mlops.clock import HOUR, HOUR_US, KST, month_of, next_month, whole_hour
from weather_mlops.errors import Misconfigured
from weather_mlops.ingest.days_to_load import days_to_load
from weather_mlops.kma.fields import YEARS
from weather_mlops.lake.columns import UTC_TIME
from weather_mlops.lake.gap_calls import GapCall
from weather_mlops.lake.keys import HOUR_KEYS, keys_of, to_datetime
from weather_mlops.stations import load_stations

ROWS_PER_PART: Final = 400_000
EARLIEST: Final = date(YEARS.start, 1, 1)  # nobody observed before


@dataclass(frozen=True, slots=True)
class Request:
    """One call: whole hours, both ends included (UTC), and the stations that were open then."""

    begin: datetime
    end: datetime
    stations: tuple[int, ...]

    @property
    def hours(self) -> int:
        """How many hours."""
        return (self.end - self.begin) // HOUR + 1

    @property
    def rows(self) -> int:
        """How many station-hours."""
        return self.hours * len(self.stations)

    @property
    def month(self) -> tuple[int, int]:
        """Year and month of the first hour in KST, because users name days and months in KST."""
        begin = self.begin.astimezone(KST)
        return begin.year, begin.month

    def __str__(self) -> str:
        begin, end = (f"{hour.astimezone(KST):%Y-%m-%d %H:%M}" for hour in (self.begin, self.end))
        stations = ", ".join(map(str, self.stations[:3])) + (", ..." if len(self.stations) > 3 else "")  # noqa: PLR2004
        return f"{begin} to {end} KST, {len(self.stations)} stations ({stations})"


@dataclass(frozen=True, slots=True)
class Load:
    """What to load: hours, both ends included (UTC), and stations; and by how many workers.

    Attributes:
        begin: the first hour.
        end: the last hour.
        stations: ids, ascending.
        workers: tasks that share the batches; ``lanes`` in the XCom.
        again: request hours again that are known to be missing.
        rows_per_part: upper limit of a batch, in rows.
    """

    begin: datetime
    end: datetime
    stations: tuple[int, ...]
    workers: int = 1
    again: bool = False
    rows_per_part: int = ROWS_PER_PART

    @classmethod
    def of(  # noqa: PLR0913  what a user can say
        cls,
        first: date | None,
        last: date | None,
        stations: Sequence[int],
        now: datetime,
        *,
        parallelism: int = 1,
        again: bool = False,
        rows_per_part: int = ROWS_PER_PART,
    ) -> "Load":
        """Plan the load of a span of days (KST), both included; only of hours that are over.

        Args:
            first: the first day; None: 90 days up to the last one (``days_to_load``).
            last: the last day; None: today.
            stations: ids.
            now: the time, timezone-aware.
            parallelism: upper limit of workers.
            again: see the class.
            rows_per_part: see the class.

        Raises:
            Misconfigured: the days are in the wrong order, in the future or before EARLIEST.
        """
        first, last = days_to_load(first, last, now, earliest=EARLIEST)
        newest = whole_hour(now) - HOUR
        begin = datetime.combine(first, time(), KST).astimezone(UTC)
        end = min(datetime.combine(last, time(23), KST).astimezone(UTC), newest)
        if end < begin:
            raise Misconfigured(
                f"from {first} to {last}: none of these hours is over yet; try again tomorrow"
            )
        load = cls(begin, end, tuple(sorted(stations)), again=again, rows_per_part=rows_per_part)
        return replace(load, workers=max(1, min(parallelism, len(load.batches()))))

    def requests(self) -> list[Request]:
        """The requests in the order of their months; none for months before any station opened."""
        requests, month = [], month_of(self.begin)
        while month <= self.end:
            begin, end = max(month, self.begin), min(next_month(month) - HOUR, self.end)
            open_then = tuple(station for station in self.stations if _opened(station) <= end)
            if open_then:
                requests.append(Request(begin, end, open_then))
            month = next_month(month)
        return requests

    def batches(self) -> list[tuple[Request, ...]]:
        """Consecutive requests, at most ``rows_per_part`` rows together, but at least one request."""
        batches: list[list[Request]] = []
        rows = 0
        for request in self.requests():
            if not batches or rows + request.rows > self.rows_per_part:
                batches.append([])
                rows = 0
            batches[-1].append(request)
            rows += request.rows
        return [tuple(batch) for batch in batches]

    def batches_of(self, worker: int) -> list[tuple[int, tuple[Request, ...]]]:
        """The batches of a worker (counted from 0), with their indices."""
        return list(enumerate(self.batches()))[worker :: self.workers]

    def as_dict(self) -> dict[str, Any]:
        """The load as a JSON document, for XCom."""
        return {
            "begin": self.begin.isoformat(),
            "end": self.end.isoformat(),
            "stations": list(self.stations),
            "lanes": self.workers,
            "again": self.again,
            "rows_per_part": self.rows_per_part,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Load":
        """The load that ``as_dict`` wrote."""
        begin, end = (datetime.fromisoformat(stored[name]) for name in ("begin", "end"))
        return cls(
            begin, end, tuple(stored["stations"]), stored["lanes"], stored["again"], stored["rows_per_part"]
        )


def months_of(requests: Iterable[Request]) -> int:
    """Count the calendar months (KST) of requests.

    Requests are months in UTC, so the first one of a load usually holds just the first nine hours of a month.
    """
    return len({request.month for request in requests})


class PendingStationHours:
    """Station-hours of a request that no response has settled yet.

    A response settles the stations that it has any row of, from its oldest to its newest hour. Hours that
    were cut off before or after these stay pending. A station without a row is requested once more, and then
    taken to be silent: an empty response, or one without the station, may be a mistake. The same goes for a
    response that settles nothing at all.

    Args:
        request: hours and stations.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self._stations = np.array(request.stations)
        self._base = keys_of(_table(self._stations, request.begin, np.zeros(len(request.stations))))
        opened = np.array([(_opened(station) - request.begin) // HOUR for station in request.stations])
        self._open: np.ndarray = np.arange(request.hours)[None, :] >= opened[:, None]
        self._doubted = np.zeros_like(self._open)

    def __len__(self) -> int:
        return int(self._open.sum())

    def discard(self, keys: np.ndarray) -> None:
        """Remove station-hours that are present already."""
        station, hour, inside = self._indices(keys)
        self._open[station[inside], hour[inside]] = False

    def holds(self, keys: np.ndarray) -> np.ndarray:
        """A mask of the keys that are pending."""
        station, hour, inside = self._indices(keys)
        pending = np.zeros(keys.size, bool)
        pending[inside] = self._open[station[inside], hour[inside]]
        return pending

    def touches(self, begin: datetime, end: datetime, stations: Sequence[int] | None) -> bool:
        """Whether any hour of a period and of stations is pending; None stands for all stations."""
        return bool(self._open[self._rows(stations), self._columns(begin, end)].any())

    def settle(self, begin: datetime, end: datetime, stations: Sequence[int] | None, rows: pa.Table) -> None:
        """Remove the station-hours that a response settles.

        Args:
            begin: first requested hour.
            end: last requested hour, included.
            stations: ids; None for all.
            rows: all rows of the response; columns of KEY.
        """
        requested, before = self._rows(stations), len(self)
        seen = requested & np.isin(self._stations, rows["station_id"].to_numpy())
        if rows.num_rows:
            times = rows["observed_at"].cast(pa.int64()).to_numpy()
            oldest, newest = (to_datetime(int(each)) for each in (times.min(), times.max()))
            self._open[seen, self._columns(oldest, newest)] = False
        # A response that settles nothing won't settle more when it is requested a third time.
        doubtful = requested if len(self) == before else requested & ~seen
        span = self._columns(begin, end)
        self._open[doubtful, span] &= ~self._doubted[doubtful, span]
        self._doubted[doubtful, span] = True

    def next_call(self) -> GapCall | None:
        """The next call: the stations with the earliest pending hour, up to their last pending hour."""
        hours = np.flatnonzero(self._open.any(axis=0))
        if not hours.size:
            return None
        stations = self._open[:, hours[0]]
        last = np.flatnonzero(self._open[stations].any(axis=0))[-1]
        begin = self.request.begin
        ids = tuple(self._stations[stations].tolist())
        return GapCall(begin + int(hours[0]) * HOUR, begin + int(last) * HOUR, ids)

    def table(self) -> pa.Table:
        """The pending station-hours, as rows with the columns of KEY."""
        station, hour = np.nonzero(self._open)
        return _table(self._stations[station], self.request.begin, hour)

    def _rows(self, stations: Sequence[int] | None) -> np.ndarray:
        return np.ones(self._stations.size, bool) if stations is None else np.isin(self._stations, stations)

    def _columns(self, begin: datetime, end: datetime) -> slice:
        first, last = ((hour - self.request.begin) // HOUR for hour in (begin, end))
        return slice(max(first, 0), max(last + 1, 0))

    def _indices(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each key: the station's row, the hour's column, and whether the request includes the key."""
        station = np.minimum(np.searchsorted(self._base, keys, "right") - 1, self._base.size - 1)
        minutes = keys - self._base[np.maximum(station, 0)]
        inside = (station >= 0) & (minutes % HOUR_KEYS == 0) & (minutes < HOUR_KEYS * self.request.hours)
        return station, minutes // HOUR_KEYS, inside


def _opened(station: int) -> datetime:
    return _OPENED.get(station, datetime.combine(EARLIEST, time(), KST))


_OPENED: Final = {station.id: datetime.combine(station.opened, time(), KST) for station in load_stations()}


def _table(stations: np.ndarray, begin: datetime, hours: np.ndarray) -> pa.Table:
    """Station-hours: ids, and whole hours after the beginning."""
    first = pa.scalar(begin, UTC_TIME).cast(pa.int64()).as_py()
    times = pa.array(first + hours.astype(np.int64) * HOUR_US).cast(UTC_TIME)
    return pa.table({"station_id": pa.array(stations.astype(np.int32)), "observed_at": times})
