"""Waiting for the KMA to publish an hour: when to look first, and when again.

Each look costs a process and a call, and the KMA publishes 10 to 20 minutes after the hour. So the first look
is when the last twelve hours arrived (their median, a poll interval earlier, so that it moves with the KMA in
both directions), and each wait after it is twice the one before. When an hour arrived is taken from
the listing of the raw responses, so that no further state has to be stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from weather_mlops.clock import DAY, KST
from weather_mlops.kma.endpoints import PERIOD
from weather_mlops.lake import raw
from weather_mlops.lake.object_store import ObjectStore

HOURS_LEARNED: Final = 12
"""The newest hours: a median of more would adapt too slowly when the KMA publishes earlier."""
HOURS_NEEDED: Final = 3
"""With fewer hours to learn from, the first look is on the hour."""
LONGEST_FACTOR: Final = 4
"""The longest wait between two looks, in poll intervals, so that the end of an outage is noticed soon."""


@dataclass(frozen=True, slots=True)
class WaitPolicy:
    """How long to wait for an hour, and how often to look for it.

    Attributes:
        hour: whose rows are waited for, timezone-aware.
        timeout: from the hour on; the look at its end is the last one, and takes any rows.
        poll_interval: the shortest wait between two looks.
    """

    hour: datetime
    timeout: timedelta
    poll_interval: timedelta

    def is_over(self, now: datetime) -> bool:
        """Whether a look at this time is the last one."""
        return now >= self.hour + self.timeout

    def first_look(self, delays: Iterable[timedelta]) -> datetime:
        """When to look first.

        Args:
            delays: from other hours to the arrival of their rows.
        """
        seconds = [delay.total_seconds() for delay in delays]
        if len(seconds) < HOURS_NEEDED:
            return self.hour
        return self.hour + max(timedelta(0), timedelta(seconds=median(seconds)) - self.poll_interval)

    def next_look(self, looks: int, now: datetime) -> datetime:
        """When to look again.

        Args:
            looks: number of looks without success, 1 or more.
            now: the time, timezone-aware.
        """
        factor = min(1 << min(looks - 1, LONGEST_FACTOR), LONGEST_FACTOR)
        return min(now + factor * self.poll_interval, self.hour + self.timeout)


def delays(store: ObjectStore, hour: datetime, longest: timedelta) -> list[timedelta]:
    """How long after the hour the rows of the HOURS_LEARNED hours before one arrived.

    Args:
        store: the bucket.
        hour: timezone-aware.
        longest: upper limit; a response that arrived later was requested later, and is ignored.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    arrived: dict[datetime, datetime] = {}
    for moment in (hour - DAY, hour):
        for end, received in raw.received(store, PERIOD, moment.astimezone(KST).date()):
            if end < hour and end <= received <= end + longest:
                arrived[end] = min(received, arrived.get(end, received))
    return [arrived[end] - end for end in sorted(arrived)[-HOURS_LEARNED:]]
