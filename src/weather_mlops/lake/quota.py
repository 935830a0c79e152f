"""Count the day's API calls on S3, across all processes that make calls.

A ledger of empty objects, one per reservation, whose keys end in the number of reserved calls: writers never
overwrite each other, and one listing gives the day's sum. A reservation is written before the sum is taken,
so that of two concurrent writers at least one sees both: the limit is never exceeded, on any S3 server with
consistent listings, without conditional writes. A reservation that exceeds the limit is withdrawn. Calls that
were reserved by a process that died count as made.
"""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final
from uuid import uuid4

from weather_mlops.clock import KST
from weather_mlops.errors import QuotaExhausted
from weather_mlops.lake.object_store import ObjectStore

log = logging.getLogger(__name__)

PREFIX: Final = "calls/kma/"
DATA_GO_KR: Final = "calls/data_go_kr/"
"""The calls of data.go.kr, which has a quota of its own."""


def _clock() -> datetime:
    return datetime.now(UTC)


class DailyCalls:
    """A `CallBudget` for all processes that share a bucket. Days are in KST, as the KMA counts them.

    The first reservation is of ``block`` calls, and each further one doubles, so that a run of many calls
    writes few objects, and a run of one call reserves just one.

    Args:
        store: the bucket.
        limit: calls per day.
        clock: the time now, timezone-aware.
        block: size of the first reservation, calls.
        ledger: prefix of the reservations' keys; one for each quota.
    """

    def __init__(
        self,
        store: ObjectStore,
        limit: int,
        clock: Callable[[], datetime] = _clock,
        block: int = 1,
        ledger: str = PREFIX,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._limit = limit
        self._clock = clock
        self._first_block = block
        self._begin(clock())

    @property
    def left(self) -> int:
        """Calls left today, as of the last listing; includes unused reservations of this instance."""
        if not self._looked:
            self._look()
        return max(0, self._limit - self._sum) + self._reserved

    def take(self, calls: int = 1) -> int:
        """Count calls that are about to be made.

        Returns:
            Calls left today.

        Raises:
            QuotaExhausted: fewer calls are left; nothing is counted.
            StorageUnavailable, StorageRefused.
        """
        now = self._clock()
        if _day(now) != self._day:
            self._begin(now)
        if self._reserved < calls:
            self._reserve(calls - self._reserved, now)
        self._reserved -= calls
        return self.left

    def _begin(self, now: datetime) -> None:
        self._day = _day(now)
        self._looked = False
        self._sum = self._reserved = 0
        self._block = self._first_block

    def _reserve(self, calls: int, now: datetime) -> None:
        known_left = self._limit - self._sum
        count = max(calls, min(self._block, known_left))
        key = f"{self._prefix}{now.astimezone(KST):%H%M%S}-{uuid4().hex[:12]}-{count}"
        self._store.put(key, b"", "text/plain")
        self._look()
        if self._sum > self._limit:
            self._store.delete(key)
            self._sum -= count
            if count > calls:
                self._block = calls
                self._reserve(calls, now)
                return
            raise QuotaExhausted(
                f"{self._sum} of {self._limit} calls of {self._day} (KST) are used up, according to "
                f"{self._store.where(self._prefix)}. Calls are available again after 00:00 KST."
            )
        self._reserved += count
        self._block = 2 * count

    def _look(self) -> None:
        self._sum = sum(_calls_in(entry.key) for entry in self._store.list(self._prefix))
        self._looked = True
        log.info("calls: day=%s used=%d limit=%d", self._day, self._sum, self._limit)

    @property
    def _prefix(self) -> str:
        return f"{self._ledger}{self._day}/"


def _day(now: datetime) -> date:
    return now.astimezone(KST).date()


def _calls_in(key: str) -> int:
    count = key.rpartition("-")[2]
    return int(count) if count.isdecimal() else 0
