"""The backup service: a backup a day at a time of day (KST), and at once if there is none of the last day."""

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
AGAIN: Final = timedelta(minutes=15)
"""Delay after a failed backup, whatever the reason: somebody may have fixed it meanwhile."""
LATE: Final = DAY + timedelta(hours=2)
"""Age of the newest backup from which the service is unhealthy."""


def due_after(moment: datetime, at: time) -> datetime:
    """Return the next time that a backup is due.

    Args:
        moment: the time after which to look, timezone-aware.
        at: time of day (KST).
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
    """Back up for ever. A failure is logged, and the backup is retried after ``AGAIN``.

    Args:
        back_up: makes a backup; its argument is the time.
        newest: when the last backup was made; None if there is none.
        at: time of day (KST).
        now: returns the time.
        sleep: waits some seconds.
    """
    due = now() if newest is None or now() - newest > DAY else due_after(now(), at)
    while True:
        log.info("next backup: %s", due.astimezone(KST).strftime("%Y-%m-%d %H:%M KST"))
        while (left := (due - now()).total_seconds()) > 0:
            # In short steps: a machine may sleep meanwhile, or its clock may be set.
            sleep(min(left, 60))
        try:
            back_up(now())
            due = due_after(now(), at)
        except WeatherError as error:
            log.error("no backup: %s: %s", type(error).__name__, error)  # noqa: TRY400  the message says what, where and how to fix it
            due = now() + AGAIN


def is_late(newest: datetime | None, now: datetime) -> bool:
    """Whether the newest backup is too old, or there is none."""
    return newest is None or now - newest > LATE
