"""Korea's time zone, units of time, and calendar months."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

KST_AHEAD_HOURS: Final = 9
KST: Final = timezone(timedelta(hours=KST_AHEAD_HOURS), "KST")
"""The time zone of the KMA and of the users; Korea has no daylight saving time."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
HOURS_PER_DAY: Final = 24
HOUR_US: Final = 3_600_000_000
"""Microseconds of an hour: times in Arrow tables are integers of microseconds."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def whole_hour(time: datetime) -> datetime:
    """The start of the hour (UTC) that a time falls in."""
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def month_of(time: datetime) -> datetime:
    """The first instant of the month (UTC) of a time."""
    return time.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_numbered(number: int) -> datetime:
    """The first instant of a month, by its number since January 1970, as in Iceberg's partitions."""
    return datetime(EPOCH.year + number // 12, number % 12 + 1, 1, tzinfo=UTC)


def next_month(month: datetime) -> datetime:
    """The first instant of the next month."""
    return month_of(month + timedelta(days=31))
