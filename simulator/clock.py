"""Hours in KST as whole numbers, and their format on the wire.

An ``hour`` is the number of hours since 1970-01-01 00:00 KST (UTC+9, no daylight saving). An observation of
hour H is about the time up to H, so a ``day`` has the hours 01 to 24: its last row has the time 00:00 of the
next date, as in the API's daily rain sums.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

HOURS_PER_DAY: Final = 24
MINUTES_PER_HOUR: Final = 60
_ORIGIN: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock in KST, as on the wire
_UTC_ORIGIN: Final = datetime(1969, 12, 31, 15, tzinfo=UTC)
_LENGTHS: Final = (8, 10, 12)  # a date, with the hour, with minutes


def parse_tm(text: str) -> int:
    """Parse the hour of a request, written as YYYYMMDD[HH[MM]]; minutes are cut off.

    Raises:
        ValueError: the text isn't such a time.
    """
    if len(text) not in _LENGTHS or not (text.isascii() and text.isdigit()):
        raise ValueError(f"not a time as YYYYMMDDHHmm: {text[:20]!r}")
    date = datetime(int(text[:4]), int(text[4:6]), int(text[6:8]))  # noqa: DTZ001 - KST wall clock
    hour, minute = int(text[8:10] or 0), int(text[10:12] or 0)
    if hour >= HOURS_PER_DAY or minute >= MINUTES_PER_HOUR:
        raise ValueError(f"no such hour or minute: {text!r}")
    return (date - _ORIGIN) // timedelta(hours=1) + hour


def format_tm(hour: int) -> str:
    """Format an hour as YYYYMMDDHHmm, KST."""
    return (_ORIGIN + timedelta(hours=hour)).strftime("%Y%m%d%H%M")


def hour_of(instant: datetime) -> float:
    """Convert a timezone-aware time to hours, with their fraction."""
    return (instant - _UTC_ORIGIN) / timedelta(hours=1)


def day_of(hour: int) -> int:
    """Return the day that an hour's observation belongs to."""
    return (hour - 1) // HOURS_PER_DAY


def first_hour(day: int) -> int:
    """Return the first hour of a day, 01:00."""
    return day * HOURS_PER_DAY + 1


def month_of(hour: int) -> int:
    """Return the calendar month, 1 to 12, of an hour's time on the wire."""
    return (_ORIGIN + timedelta(hours=hour)).month


def day_of_year(day: int) -> int:
    """Return the day of the year, 1 to 366."""
    return (_ORIGIN + timedelta(days=day)).timetuple().tm_yday
