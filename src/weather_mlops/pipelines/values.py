"""Checks of values that a schema can't describe: cron expressions, time zones, dates."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from weather_mlops.errors import Misconfigured
from weather_mlops.pipelines import dates, stations
from weather_mlops.pipelines.findings import did_you_mean
from weather_mlops.pipelines.keys import PRESETS
from weather_mlops.stations import resolve_station_ids

FIRST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The time after which the next run of a schedule is computed: any time will do."""

Fault = tuple[str, str]
"""What is wrong, and the fix."""

_MONTHS: Final = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS: Final = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
_LONGEST: Final = {month: 29 if month == 2 else calendar.monthrange(2023, month)[1] for month in range(1, 13)}  # noqa: PLR2004
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
LONGEST: Final = 500
"""Characters of a schedule: one that lists all minutes, hours, days and months has fewer."""
_EASY: Final = re.compile(r"[0-9*/,-]+")
_ABBREVIATIONS: Final = {
    "KST": "Asia/Seoul",
    "SEOUL": "Asia/Seoul",
    "KOREA": "Asia/Seoul",
    "UTC+9": "Asia/Seoul",
}


@dataclass(frozen=True, slots=True)
class CronField:
    """A field of a cron expression."""

    name: str
    low: int
    high: int
    words: dict[str, int]


FIELDS: Final = (
    CronField("minute", 0, 59, {}),
    CronField("hour", 0, 23, {}),
    CronField("day of the month", 1, 31, {}),
    CronField("month", 1, 12, _MONTHS),
    CronField("day of the week", 0, 7, _DAYS),
)


def cron_fault(text: str) -> Fault | None:
    """What is wrong with a schedule; None if it can run as written."""
    expression = text.strip()
    if len(expression) > LONGEST:
        return f"the schedule has {len(expression):,} characters", "write ranges and steps: 0-30/2"
    if expression.startswith("@"):
        if expression in PRESETS:
            return None
        like = did_you_mean(expression, PRESETS)
        return f"{expression} is not a valid schedule" + (f"; did you mean {like}?" if like else ""), (
            f"known are {', '.join(PRESETS)}"
        )
    if expression.lower() in ("none", "null", ""):
        return (
            f'"{expression}" is a text',
            "write null, without quotes, for a pipeline that is started by hand",
        )
    return _expression_fault(expression)


def _expression_fault(expression: str) -> Fault | None:
    parts = expression.split()
    if len(parts) != len(FIELDS):
        return f"{expression!r} has {len(parts)} fields", "five are needed: minute hour day month weekday"
    for part, field in zip(parts, FIELDS, strict=True):
        if fault := _field_fault(part, field):
            return fault
    return _never(parts) or _refused(parts)


def cron_doubt(text: str) -> Fault | None:
    """What is allowed in a schedule, but seldom intended; None if nothing is."""
    parts = text.split()
    if len(parts) != len(FIELDS) or cron_fault(text):
        return None
    if parts[2] != "*" and parts[4] != "*":
        return (
            "day of the month and day of the week are both given: it runs on days that match either",
            "put * in one of them",
        )
    for part, field in zip(parts[:2], FIELDS[:2], strict=True):
        span = field.high + 1
        if (step := re.fullmatch(r"\*/([0-9]+)", part)) and span % int(step.group(1)):
            values = list(range(0, span, int(step.group(1))))
            steps = ", ".join(map(str, values)) if len(values) <= 6 else f"0, {values[1]}, … {values[-1]}"  # noqa: PLR2004
            return (
                f"{part} is {field.name} {steps}: the last step before the next {_next(field)} is shorter",
                f"use a step that divides {span}",
            )
    return None


def zone_fault(text: str) -> Fault | None:
    """What is wrong with the name of a time zone; None if nothing is."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        like = _ABBREVIATIONS.get(text.upper()) or did_you_mean(text, available_timezones())
        hint = f"; did you mean {like}?" if like else ""
        return (
            f"{text} is not a known time zone{hint}",
            "write a name of the IANA database, such as Asia/Seoul or UTC",
        )
    return None


def date_fault(text: str) -> Fault | None:
    """What is wrong with a date; None if nothing is."""
    if dates.parse(text) is None:
        return f"{text} is not a valid date", (
            "write it as 2026-01-31, or 2026-01-31 09:00, both in the pipeline's time zone, "
            "or with an offset as 2026-01-31T09:00+09:00"
        )
    return None


def stations_fault(text: str) -> Fault | None:
    """What is wrong with a text of stations; None if nothing is, and for a template."""
    if "{{" in text:
        return None
    if len(text) > stations.LONGEST:
        return f"stations is a text of {len(text):,} characters", stations.LIST
    try:
        resolve_station_ids(text)
    except Misconfigured as error:
        return str(error), "write all, or ids and names of open stations joined by commas"
    return None


def _field_fault(part: str, field: CronField) -> Fault | None:
    for item in part.split(","):
        span, slash, step = item.partition("/")
        if slash and not _number(step):  # nor is 0 one
            return f"{item} has no step after the /", f"write */5 for every fifth {field.name}"
        if span == "*" or (field is FIELDS[2] and span.upper() == "L"):
            continue
        ends = span.split("-")
        if field is FIELDS[4] and re.fullmatch(r"\w+#[1-5]|L\w+|\w+L", span, re.IGNORECASE):
            ends = [re.sub(r"#\d$|^L|L$", "", span, flags=re.IGNORECASE)]
        numbers = [field.words.get(end.upper(), _number(end)) for end in ends]
        if None in numbers or len(ends) > 2:  # noqa: PLR2004
            like = did_you_mean(span, field.words)
            return f"{item} is not a valid {field.name}" + (
                f"; did you mean {like}?" if like else ""
            ), _range(field)
        known = [number for number in numbers if number is not None]
        if any(not field.low <= number <= field.high for number in known):
            return f"{item} is not a valid {field.name}", _range(field)
        if len(known) == 2 and known[0] > known[1] and field is not FIELDS[4]:  # noqa: PLR2004
            return f"{item} runs backwards", f"write the lower {field.name} first"
    return None


def _never(parts: list[str]) -> Fault | None:
    days, months, weekdays = parts[2], parts[3], parts[4]
    if weekdays != "*" or not re.fullmatch(r"[0-9]+(,[0-9]+)*", days):
        return None
    longest = max((_LONGEST[month] for month in _listed(months)), default=31)
    if all(int(day) > longest for day in days.split(",")):
        return f"day {days} never comes in month {months}: it would never run", f"the last one is {longest}"
    return None


def _listed(months: str) -> Iterator[int]:
    for item in months.split(","):
        ends = [_MONTHS.get(end.upper(), _number(end) or 0) for end in item.split("-")]
        if 0 in ends or "/" in item:
            yield from _LONGEST
        else:
            yield from range(ends[0], ends[-1] + 1)


def _number(text: str) -> int | None:
    """A whole number in ASCII digits; ``int`` alone accepts those of other scripts, too."""
    return int(text) if _NUMBER.fullmatch(text) else None


def _refused(parts: list[str]) -> Fault | None:
    """What croniter, which Airflow uses, finds wrong with an expression that has more than plain numbers."""
    if parts[2] == "*" and _EASY.fullmatch("".join(parts)):
        return None
    from croniter import CroniterBadDateError, CroniterError, croniter  # noqa: PLC0415  100 ms

    expression = " ".join(parts)
    try:
        croniter(expression, FIRST).get_next(datetime)
    except CroniterBadDateError:
        return f"{expression} never comes: it would never run", "name days that these months have"
    except (CroniterError, ValueError, KeyError, IndexError) as error:
        return f"{expression} is not a valid schedule: {error}", "write it with numbers: 0 2 * * 1-5"
    return None


def _range(field: CronField) -> str:
    return f"a {field.name} is {field.low} to {field.high}" + (
        f", or {', '.join(field.words)}" if field.words else ""
    )


def _next(field: CronField) -> str:
    return "hour" if field is FIELDS[0] else "day"
