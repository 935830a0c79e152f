"""When the KMA issues its short-term forecast, and which hours an issue has."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from weather_mlops.clock import HOUR, KST
from weather_mlops.errors import Misconfigured

ISSUE_HOURS_KST: Final = (2, 5, 8, 11, 14, 17, 20, 23)
EVENING_FROM_KST: Final = 17
"""From this issue on, a forecast reaches a day further."""

PUBLICATION_DELAY: Final = timedelta(minutes=10)
"""From the time that an issue is named after until it is out. Documents of one provider were wrong by 20
minutes, and issues can be late: who asks must expect that it is not there yet."""

AVAILABLE_FOR: Final = timedelta(hours=50)
"""How long getVilageFcst has an issue; older ones are in the grids only (observed)."""

# Before this issue a forecast was hourly to its end, and ended a day earlier.
_LONGER_SINCE: Final = datetime(2024, 11, 28, 14, tzinfo=KST)
_LAST_DAY: Final = 3  # days after that of the issue, whose midnight ends the forecast
_THREE_HOURS: Final = 3 * HOUR


def is_issue(moment: datetime) -> bool:
    """Whether the KMA issues a forecast at a time, timezone-aware."""
    local = moment.astimezone(KST)
    return local.hour in ISSUE_HOURS_KST and local == local.replace(minute=0, second=0, microsecond=0)


def check_issue(moment: datetime) -> datetime:
    """The time itself, in UTC, if the KMA issues a forecast then.

    Raises:
        Misconfigured: it doesn't.
    """
    if not is_issue(moment):
        raise Misconfigured(
            f"no forecast is issued at {moment.astimezone(KST):%Y-%m-%d %H:%M} KST: the KMA issues at "
            f"{', '.join(f'{hour:02d}' for hour in ISSUE_HOURS_KST)} o'clock KST"
        )
    return moment.astimezone(UTC)


def newest_issue(now: datetime, delay: timedelta = PUBLICATION_DELAY) -> datetime:
    """The newest issue that should be out, in UTC.

    Args:
        now: timezone-aware.
        delay: from the time of an issue until it is out.
    """
    local = (now - delay).astimezone(KST).replace(minute=0, second=0, microsecond=0)
    while local.hour not in ISSUE_HOURS_KST:
        local -= HOUR
    return local.astimezone(UTC)


def issues_between(first: datetime, last: datetime) -> Iterator[datetime]:
    """The issues of a period, both ends included, in UTC; both are timezone-aware."""
    issue = newest_issue(first, timedelta())
    while issue <= last:
        if issue >= first:
            yield issue
        issue += _THREE_HOURS


def last_valid(issued_at: datetime) -> datetime:
    """The last hour that an issue has a forecast for: midnight (KST) after its last day, in UTC."""
    local = check_issue(issued_at).astimezone(KST)
    days = _LAST_DAY + (local.hour >= EVENING_FROM_KST) - (local < _LONGER_SINCE)
    midnight = local.replace(hour=0) + timedelta(days=days + 1)
    return midnight.astimezone(UTC)


def valid_times(issued_at: datetime) -> list[datetime]:
    """The hours that an issue of getVilageFcst should have, in UTC.

    Hourly, from 2024-11-28 14:00 KST on 3-hourly in the last day. Issues until 2021 were 3-hourly throughout.
    """
    end = last_valid(issued_at)
    coarse = end - timedelta(days=1) if issued_at >= _LONGER_SINCE else end
    count = (coarse - issued_at) // HOUR
    hourly = [check_issue(issued_at) + hour * HOUR for hour in range(1, count + 1)]
    return hourly + [coarse + step * _THREE_HOURS for step in range(1, (end - coarse) // _THREE_HOURS + 1)]
