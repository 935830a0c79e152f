"""The backup service: one a day, at a time of day in Korea; at once where there is none of the last day."""

import logging
import time as clock
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from weather_mlops.errors import WeatherError

log = logging.getLogger(__name__)

KST: Final = ZoneInfo("Asia/Seoul")
DAY: Final = timedelta(days=1)
AGAIN: Final = timedelta(
    minutes=15
)  # after one that failed, whatever the reason: somebody may mend it meanwhile
LATE: Final = DAY + timedelta(hours=2)  # older than this, the newest backup makes the service unhealthy


def due_after(moment: datetime, at: time) -> datetime:
    """The next time that a backup is due.

    Args:
        moment: any, timezone-aware.
        at: time of day, KST.
    """
    local = moment.astimezone(KST)
    today = datetime.combine(local.date(), at, KST)
    return (today if today > local else today + DAY).astimezone(UTC)


def run(
    back_up: Callable[[datetime], object],
    newest: datetime | None,
    at: time,
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = clock.sleep,
) -> None:
    """Back up for ever. One that fails is told in the log and tried again after AGAIN.

    Args:
        back_up: makes one; its argument is the time.
        newest: when the last one was made.
        at: time of day, KST.
        now: the clock.
        sleep: waits some seconds.
    """
    due = now() if newest is None or now() - newest > DAY else due_after(now(), at)
    while True:
        log.info("next backup: %s", due.astimezone(KST).strftime("%Y-%m-%d %H:%M KST"))
        while (left := (due - now()).total_seconds()) > 0:
            sleep(min(left, 60))  # short: a machine that slept, or whose clock was set, is not late for long
        try:
            back_up(now())
            due = due_after(now(), at)
        except WeatherError as error:
            log.error("no backup: %s: %s", type(error).__name__, error)  # noqa: TRY400  says what, where and the mend
            due = now() + AGAIN


def is_late(newest: datetime | None, now: datetime) -> bool:
    """Whether the newest backup is older than it may be."""
    return newest is None or now - newest > LATE
