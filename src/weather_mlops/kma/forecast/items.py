"""One item of ``getVilageFcst``: from its five texts to values, or to the reason why it can't be read."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from weather_mlops.clock import DAY, HOUR, KST
from weather_mlops.kma.forecast.amounts import BLANK, amount, is_missing
from weather_mlops.kma.forecast.rows import BY_CATEGORY, TEXT_COLUMNS, ForecastVariable
from weather_mlops.kma.forecast.series import LONGEST_LEAD_H

Key = tuple[str, str, str]
"""Category, date and time of an item; equal for items that are for the same value."""

LONGEST_TEXT: Final = 200
_FIELDS: Final = ("category", "fcstDate", "fcstTime", "fcstValue")
_NUMBER: Final = re.compile(r"[+-]?\d{1,6}(\.\d{1,6})?", re.ASCII)
# No year that datetime can't reach from another time zone.
_DATE: Final = re.compile(r"(?:19|20)\d{6}", re.ASCII)
_TIME: Final = re.compile(r"([01]\d|2[0-3])00", re.ASCII)
_END_OF_DAY: Final = "2400"
# JSON can escape half of a surrogate pair; UTF-8, and so no table, can hold it.
_HALF_A_CHARACTER: Final = re.compile("[\ud800-\udfff]")
_NEWEST_NAMES: Final = {category: variable.categories[0] for category, variable in BY_CATEGORY.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of one column for one hour.

    Attributes:
        column: of FORECAST_ROWS.
        valid_at: UTC.
        value: a number, or the KMA's own text.
    """

    column: str
    valid_at: datetime
    value: float | str


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that can't be read.

    Attributes:
        position: among the items of all pages, from 1.
        text: the item.
        reason: why it can't be read.
    """

    position: int
    text: str
    reason: str

    @classmethod
    def of(cls, position: int, item: object, reason: str) -> "Rejected":
        """The item as JSON; both texts are cut to a length that can be shown."""
        return cls(position, _storable(json.dumps(item, ensure_ascii=False, default=str)), _storable(reason))


def _storable(text: str) -> str:
    return text[:LONGEST_TEXT].encode("utf-8", "backslashreplace").decode()


def key_of(item: Any) -> Key | None:
    """Category, date and time of an item; None where it lacks a field, or one is no text or number.

    24:00 is 00:00 of the next day, and T3H is TMP. Only the value may be blank: that means "missing".
    """
    if not isinstance(item, dict):
        return None
    fields = [item.get(name) for name in _FIELDS]
    if not all(isinstance(field, str | int | float) and not isinstance(field, bool) for field in fields):
        return None
    category, date, time = (str(field).strip() for field in fields[:3])
    if not (category and date and time):
        return None
    if time == _END_OF_DAY and (day := _day(date)):
        date, time = f"{day + DAY:%Y%m%d}", "0000"
    return _NEWEST_NAMES.get(category, category), date, time.zfill(4)


def readings_of(key: Key, value: str, issued_at: datetime) -> list[Reading] | str:
    """The values of an item: none where it is missing, two where rain or snow has a number and a text.

    Args:
        key: as ``key_of`` gives it; its category is one of BY_CATEGORY.
        value: its text.
        issued_at: time of the issue, timezone-aware.

    Returns:
        The values, or the reason why the item can't be read.
    """
    valid_at = _valid_at(key)
    if valid_at is None:
        return f"no whole hour of a day: {key[1]} {key[2]}"
    if not timedelta(0) <= valid_at - issued_at <= LONGEST_LEAD_H * HOUR:
        return f"{key[1]} {key[2]} KST is before the issue, or too long after it"
    category, variable = key[0], BY_CATEGORY[key[0]]
    if category in TEXT_COLUMNS:
        if _HALF_A_CHARACTER.search(value):
            return f"not text: {value[:LONGEST_TEXT]!r}"
        return _amounts(category, variable, valid_at, value)
    return _numbers(variable, valid_at, value.strip())


def _numbers(variable: ForecastVariable, valid_at: datetime, text: str) -> list[Reading] | str:
    if not _NUMBER.fullmatch(text):
        return [] if text.lower() in BLANK else f"not a number: {text[:LONGEST_TEXT]!r}"
    number = float(text)
    if is_missing(number):
        return []
    if variable.kind == "integer" and not number.is_integer():
        return f"not a code: {text!r}"
    return [Reading(variable.name, valid_at, number)]


def _amounts(category: str, variable: ForecastVariable, valid_at: datetime, value: str) -> list[Reading]:
    parsed = amount(value)
    readings = [] if parsed.value is None else [Reading(variable.name, valid_at, parsed.value)]
    if parsed.text is not None:
        readings.append(Reading(TEXT_COLUMNS[category], valid_at, parsed.text))
    return readings


def _valid_at(key: Key) -> datetime | None:
    day, match = _day(key[1]), _TIME.fullmatch(key[2])
    return (day + int(match[1]) * HOUR).astimezone(UTC) if day and match else None


def _day(date: str) -> datetime | None:
    """Midnight (KST) at the beginning of a day; None where the text is no date."""
    try:
        return datetime.strptime(date, "%Y%m%d").replace(tzinfo=KST) if _DATE.fullmatch(date) else None
    except ValueError:
        return None
