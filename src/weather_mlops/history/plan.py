"""What a load of history is made of: pure, and the same each time it is asked.

A *chunk* is one call: a calendar month (UTC) of all chosen stations. No month is longer than 30 d 23 h, the
longest span that the API serves whole, and a month is a partition of the table. All 97 stations in one call
make a reply of 19 MB, and 240 calls for 20 years; one station a call would make 23,000, more than a day's
quota.

A *part* is several chunks in a row, ``rows_per_part`` rows at the most, that are audited and published as
one: more rows would take more memory than a small machine has, fewer would spend most of the time on what
each audit costs whatever its size.

A *lane* is a task: of n lanes each takes every n-th part, one call at a time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from weather_mlops.errors import Misconfigured
from weather_mlops.kma.endpoints import HOUR, KST
from weather_mlops.kma.fields import YEARS
from weather_mlops.kma.stations import load_stations
from weather_mlops.lake.gaps import GapCall
from weather_mlops.lake.rows import HOUR_KEYS, keys_of, month_of, next_month, to_datetime
from weather_mlops.lake.schemas import UTC_TIME

ROWS_PER_PART: Final = 400_000
DAYS_BEFORE: Final = 90  # what a load covers where its first day isn't named
HOUR_US: Final = 3_600_000_000
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
        """Year and month, in Korea, of the first hour: the months that somebody asked for are Korea's."""
        begin = self.begin.astimezone(KST)
        return begin.year, begin.month

    def __str__(self) -> str:
        begin, end = (f"{hour.astimezone(KST):%Y-%m-%d %H:%M}" for hour in (self.begin, self.end))
        stations = ", ".join(map(str, self.stations[:3])) + (", ..." if len(self.stations) > 3 else "")  # noqa: PLR2004
        return f"{begin} to {end} KST, {len(self.stations)} stations ({stations})"


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be loaded: hours, both ends included (UTC), and stations; and in how many lanes.

    Attributes:
        begin: the first hour.
        end: the last hour.
        stations: ids, ascending.
        lanes: tasks that share the parts.
        again: ask once more for hours that are known to be missing.
        rows_per_part: how large a part may be.
    """

    begin: datetime
    end: datetime
    stations: tuple[int, ...]
    lanes: int = 1
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
        """From days (KST), both included, to whole hours that are over.

        Args:
            first: DAYS_BEFORE days before the last one, where it isn't named.
            last: today, where it isn't named.
            stations: ids.
            now: the time, timezone-aware.
            parallelism: lanes at the most.
            again: see the class.
            rows_per_part: see the class.

        Raises:
            Misconfigured: the days are in the wrong order, in the future or before EARLIEST.
        """
        today = now.astimezone(KST).date()
        last = last or today
        first = first or last - timedelta(days=DAYS_BEFORE - 1)
        if not EARLIEST <= first <= last or first > today:
            raise Misconfigured(
                f"from {first} to {last}: give days (KST) in this order, from {EARLIEST} to today, {today}"
            )
        newest = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
        begin = datetime.combine(first, time(), KST).astimezone(UTC)
        end = min(datetime.combine(last, time(23), KST).astimezone(UTC), newest)
        if end < begin:
            raise Misconfigured(f"from {first} to {last}: none of these hours is over yet; ask tomorrow")
        load = cls(begin, end, tuple(sorted(stations)), again=again, rows_per_part=rows_per_part)
        return replace(load, lanes=max(1, min(parallelism, len(load.parts()))))

    def chunks(self) -> list[Request]:
        """The calls, in the order of their months; none where no station was open yet."""
        found, month = [], month_of(self.begin)
        while month <= self.end:
            begin, end = max(month, self.begin), min(next_month(month) - HOUR, self.end)
            open_then = tuple(station for station in self.stations if _opened(station) <= end)
            if open_then:
                found.append(Request(begin, end, open_then))
            month = next_month(month)
        return found

    def parts(self) -> list[tuple[Request, ...]]:
        """Chunks in a row, ``rows_per_part`` rows at the most, one chunk at least."""
        parts: list[list[Request]] = []
        rows = 0
        for chunk in self.chunks():
            if not parts or rows + chunk.rows > self.rows_per_part:
                parts.append([])
                rows = 0
            parts[-1].append(chunk)
            rows += chunk.rows
        return [tuple(part) for part in parts]

    def lane(self, number: int) -> list[tuple[int, tuple[Request, ...]]]:
        """The parts of a lane, with their numbers."""
        return list(enumerate(self.parts()))[number :: self.lanes]

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "begin": self.begin.isoformat(),
            "end": self.end.isoformat(),
            "stations": list(self.stations),
            "lanes": self.lanes,
            "again": self.again,
            "rows_per_part": self.rows_per_part,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Load":
        """From what ``as_dict`` gave."""
        begin, end = (datetime.fromisoformat(told[name]) for name in ("begin", "end"))
        return cls(begin, end, tuple(told["stations"]), told["lanes"], told["again"], told["rows_per_part"])


def months_of(chunks: Iterable[Request]) -> int:
    """How many of Korea's calendar months chunks are of.

    A chunk is a month of UTC. The first one of a load is, as a rule, the first nine hours of its first month.
    """
    return len({chunk.month for chunk in chunks})


class PendingStationHours:
    """Station-hours of a chunk that are still to come.

    A reply settles what it is about: the stations that it has any row of, from its oldest to its newest
    hour. What is cut off before or after these stays wanted. A station that it has no row of is asked for
    once more, and then believed to be silent: an empty reply, or one without a station, may be a mistake. And
    so is a reply that settles nothing at all.

    Args:
        chunk: hours and stations.
    """

    def __init__(self, chunk: Request) -> None:
        self.chunk = chunk
        self._stations = np.array(chunk.stations)
        self._base = keys_of(_table(self._stations, chunk.begin, np.zeros(len(chunk.stations))))
        opened = np.array([(_opened(station) - chunk.begin) // HOUR for station in chunk.stations])
        self._open: np.ndarray = np.arange(chunk.hours)[None, :] >= opened[:, None]
        self._doubted = np.zeros_like(self._open)

    def __len__(self) -> int:
        return int(self._open.sum())

    def discard(self, keys: np.ndarray) -> None:
        """Take out what is there already."""
        station, hour, inside = self._places(keys)
        self._open[station[inside], hour[inside]] = False

    def holds(self, keys: np.ndarray) -> np.ndarray:
        """Which keys are wanted."""
        station, hour, inside = self._places(keys)
        found = np.zeros(keys.size, bool)
        found[inside] = self._open[station[inside], hour[inside]]
        return found

    def touches(self, begin: datetime, end: datetime, stations: Sequence[int] | None) -> bool:
        """Whether anything of a period and of stations is wanted; None stands for all stations."""
        return bool(self._open[self._rows(stations), self._columns(begin, end)].any())

    def settle(self, begin: datetime, end: datetime, stations: Sequence[int] | None, rows: pa.Table) -> None:
        """Take out what a reply settles.

        Args:
            begin: first hour that it was asked for.
            end: last hour, included.
            stations: ids; None for all.
            rows: all of its rows; columns of KEY.
        """
        asked, before = self._rows(stations), len(self)
        seen = asked & np.isin(self._stations, rows["station_id"].to_numpy())
        if rows.num_rows:
            times = rows["observed_at"].cast(pa.int64()).to_numpy()
            oldest, newest = (to_datetime(int(each)) for each in (times.min(), times.max()))
            self._open[seen, self._columns(oldest, newest)] = False
        # A reply that settles nothing won't settle more when it is asked for a third time.
        doubtful = asked if len(self) == before else asked & ~seen
        span = self._columns(begin, end)
        self._open[doubtful, span] &= ~self._doubted[doubtful, span]
        self._doubted[doubtful, span] = True

    def next_call(self) -> GapCall | None:
        """What to ask for next: the stations that want the earliest hour, up to the last that they want."""
        hours = np.flatnonzero(self._open.any(axis=0))
        if not hours.size:
            return None
        stations = self._open[:, hours[0]]
        last = np.flatnonzero(self._open[stations].any(axis=0))[-1]
        begin = self.chunk.begin
        ids = tuple(self._stations[stations].tolist())
        return GapCall(begin + int(hours[0]) * HOUR, begin + int(last) * HOUR, ids)

    def table(self) -> pa.Table:
        """What is wanted now, as rows with the columns of KEY."""
        station, hour = np.nonzero(self._open)
        return _table(self._stations[station], self.chunk.begin, hour)

    def _rows(self, stations: Sequence[int] | None) -> np.ndarray:
        return np.ones(self._stations.size, bool) if stations is None else np.isin(self._stations, stations)

    def _columns(self, begin: datetime, end: datetime) -> slice:
        first, last = ((hour - self.chunk.begin) // HOUR for hour in (begin, end))
        return slice(max(first, 0), max(last + 1, 0))

    def _places(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Station's row, hour's column, and whether the key is in the chunk at all."""
        station = np.minimum(np.searchsorted(self._base, keys, "right") - 1, self._base.size - 1)
        minutes = keys - self._base[np.maximum(station, 0)]
        inside = (station >= 0) & (minutes % HOUR_KEYS == 0) & (minutes < HOUR_KEYS * self.chunk.hours)
        return station, minutes // HOUR_KEYS, inside


def _opened(station: int) -> datetime:
    return _OPENED.get(station, datetime.combine(EARLIEST, time(), KST))


_OPENED: Final = {station.id: datetime.combine(station.opened, time(), KST) for station in load_stations()}


def _table(stations: np.ndarray, begin: datetime, hours: np.ndarray) -> pa.Table:
    """Station-hours: ids, and whole hours after the beginning."""
    first = pa.scalar(begin, UTC_TIME).cast(pa.int64()).as_py()
    times = pa.array(first + hours.astype(np.int64) * HOUR_US).cast(UTC_TIME)
    return pa.table({"station_id": pa.array(stations.astype(np.int32)), "observed_at": times})
