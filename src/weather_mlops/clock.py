"""Korea's time zone, and the units in which times are counted."""

from datetime import timedelta, timezone
from typing import Final

KST: Final = timezone(timedelta(hours=9), "KST")
"""The time zone of the KMA and of the users; Korea has no daylight saving time."""
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
