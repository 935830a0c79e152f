"""When the KMA issues its forecast and which hours it has, in the hours of ``simulator.clock`` (KST)."""

from typing import Final

from simulator import clock

ISSUE_HOURS: Final = (2, 5, 8, 11, 14, 17, 20, 23)
EVENING: Final = 17  # from this issue on, a forecast reaches a day further
# From here on a forecast reaches a day further than before, three-hourly in its last day.
LONGER_SINCE: Final = clock.parse_tm("2024112814")
FIRST_ISSUE: Final = clock.parse_tm("2008103005")  # of the archive of grids
MAXIMUM_HOUR: Final = 15  # hour of the daily maximum; issues up to 11 o'clock have their own day's
MINIMUM_HOUR: Final = 6  # the issue of 02 o'clock has its own day's


def is_issue(hour: int) -> bool:
    """Whether a forecast is issued at an hour."""
    return hour >= FIRST_ISSUE and hour % clock.HOURS_PER_DAY in ISSUE_HOURS


def valid_hours(issue: int) -> list[int]:
    """The hours that an issue has a forecast for: hourly, in the last day three-hourly."""
    midnight = issue - issue % clock.HOURS_PER_DAY
    longer = issue >= LONGER_SINCE
    days = 3 + (issue % clock.HOURS_PER_DAY >= EVENING) + longer
    end = midnight + days * clock.HOURS_PER_DAY
    hourly_end = end - clock.HOURS_PER_DAY if longer else end
    return [*range(issue + 1, hourly_end + 1), *range(hourly_end + 3, end + 1, 3)]


def has_maximum(issue: int, valid: int) -> bool:
    """Whether an hour of an issue has the daily maximum."""
    own_day = valid // clock.HOURS_PER_DAY == issue // clock.HOURS_PER_DAY
    return valid % clock.HOURS_PER_DAY == MAXIMUM_HOUR and (not own_day or issue % 24 <= 11)  # noqa: PLR2004


def has_minimum(issue: int, valid: int) -> bool:
    """Whether an hour of an issue has the daily minimum."""
    own_day = valid // clock.HOURS_PER_DAY == issue // clock.HOURS_PER_DAY
    return valid % clock.HOURS_PER_DAY == MINIMUM_HOUR and (not own_day or issue % 24 == 2)  # noqa: PLR2004
