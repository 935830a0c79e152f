"""Which days a load of history covers: those that the user names, or the last 90."""

from datetime import date, datetime, timedelta
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.errors import Misconfigured

DAYS_BEFORE: Final = 90
"""What a load covers where its first day isn't named: of the KMA's forecast, 8,640 calls of TMP."""


def days_to_load(
    first: date | None, last: date | None, now: datetime, *, earliest: date
) -> tuple[date, date]:
    """The first and the last day (KST) of a load, both included.

    Args:
        first: the first day; None: DAYS_BEFORE days up to the last one.
        last: the last day; None: today.
        now: the time, timezone-aware.
        earliest: no day before this one has anything to load.

    Raises:
        Misconfigured: the days are in the wrong order, in the future, or before the earliest one.
    """
    today = now.astimezone(KST).date()
    last = last or today
    first = first or last - timedelta(days=DAYS_BEFORE - 1)
    if not earliest <= first <= last or first > today:
        raise Misconfigured(
            f"from {first} to {last}: give days (KST) in this order, from {earliest} to today, {today}"
        )
    return first, last
