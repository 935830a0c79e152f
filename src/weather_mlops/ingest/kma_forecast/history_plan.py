"""What a load of old forecasts requests: issues, variables, and the hours of each issue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import groupby
from typing import Final

from typing_extensions import TypedDict

from weather_mlops.clock import DAY, HOUR, KST
from weather_mlops.errors import Misconfigured
from weather_mlops.ingest.days_to_load import days_to_load
from weather_mlops.kma.forecast.cells import Cell, cells_of, parse_overrides
from weather_mlops.kma.forecast.issues import ISSUE_HOURS_KST, issues_between, newest_issue, valid_times
from weather_mlops.kma.forecast.rows import BY_CATEGORY, MAXIMUM_HOUR_KST, MINIMUM_HOUR_KST
from weather_mlops.kma.forecast.series import LONGEST_LEAD_H

EARLIEST: Final = date(2008, 10, 30)
"""The archive of grids is said to begin here."""
ISSUES: Final = (2, 14)
"""Two issues a day, so that a day's quota buys about 200 days of an archive."""
LEAD_HOURS: Final = 48
_DAILY: Final = {"TMX": MAXIMUM_HOUR_KST, "TMN": MINIMUM_HOUR_KST}
_THREE: Final = 3


class GridLoadDocument(TypedDict):
    """A load as XCom has it."""

    first: str
    last: str
    issue_hours: list[int]
    categories: list[str]
    stations: list[int]
    lead_hours: int
    again: bool
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class GridLoad:
    """Which grids to load.

    Attributes:
        first: the first issue that may be loaded, UTC.
        last: the last one, included.
        issue_hours: hours (KST) of the issues of a day.
        categories: KMA's names of the variables, ``TMP``.
        stations: ids.
        lead_hours: the longest lead.
        again: request hours again for which the archive had no values.
        overrides: cells that stations take instead of their own, by station id.
    """

    first: datetime
    last: datetime
    issue_hours: tuple[int, ...]
    categories: tuple[str, ...]
    stations: tuple[int, ...]
    lead_hours: int = LEAD_HOURS
    again: bool = False
    overrides: Mapping[int, Cell] = field(default_factory=dict)

    @classmethod
    def of(  # noqa: PLR0913  what a user can say
        cls,
        first: date | None,
        last: date | None,
        stations: Sequence[int],
        now: datetime,
        *,
        issues: str = "",
        variables: str = "",
        lead_hours: int = LEAD_HOURS,
        again: bool = False,
        cells: str = "",
    ) -> "GridLoad":
        """Plan the load of a span of days (KST), both included; only of issues that are out.

        Args:
            first: the first day; None: 90 days up to the last one (``days_to_load``).
            last: the last day; None: today.
            stations: ids.
            now: the time, timezone-aware.
            issues: hours (KST) of the issues, ``02,14``; empty: ISSUES.
            variables: KMA's names, ``TMP,REH``; empty: TMP.
            lead_hours: the longest lead.
            again: see the class.
            cells: other cells than the stations' own, ``152=102,83; 101=73,134``.

        Raises:
            Misconfigured: the days are in the wrong order, in the future or before EARLIEST, the KMA issues
                nothing at an hour, a variable is unknown, the lead is out of range, or a cell can't be read.
        """
        first, last = days_to_load(first, last, now, earliest=EARLIEST)
        if not 1 <= lead_hours <= LONGEST_LEAD_H:
            raise Misconfigured(f"{lead_hours} hours ahead: give a number from 1 to {LONGEST_LEAD_H}")
        begin = datetime.combine(first, time(), KST)
        end = min(datetime.combine(last, time(), KST) + DAY - HOUR, newest_issue(now))
        load = cls(
            begin, end, parse_issues(issues), parse_variables(variables), tuple(sorted(stations)),
            lead_hours, again, parse_overrides(cells),
        )  # fmt: skip
        if not any(load.issues()):
            raise Misconfigured(f"from {first} to {last}: none of these issues is out yet")
        return load

    def issues(self) -> Iterator[datetime]:
        """The issues, UTC, the oldest first."""
        for issued_at in issues_between(self.first, self.last):
            if issued_at.astimezone(KST).hour in self.issue_hours:
                yield issued_at

    @property
    def cells(self) -> dict[int, Cell]:
        """The cell whose forecast each station takes."""
        return cells_of(self.stations, self.overrides)

    def by_day(self) -> Iterator[tuple[date, list[datetime]]]:
        """The issues of each day (KST)."""
        for day, issues in groupby(self.issues(), key=lambda issued_at: issued_at.astimezone(KST).date()):
            yield day, list(issues)

    def hours(self, issued_at: datetime, category: str) -> tuple[tuple[datetime, ...], ...]:
        """Valid times of an issue, UTC, in groups of which an archive has all or nothing.

        Issues until 2021 were three-hourly: so the hours of every third hour (KST) come first, and those
        between them are a group of their own. A daily value has one hour a day.
        """
        within = [valid for valid in valid_times(issued_at) if valid - issued_at <= self.lead_hours * HOUR]
        local = [(valid, valid.astimezone(KST).hour) for valid in within]
        if category in _DAILY:
            return (tuple(valid for valid, hour in local if hour == _DAILY[category]),)
        third = tuple(valid for valid, hour in local if hour % _THREE == 0)
        if category == "T3H":
            return (third,)
        return third, tuple(valid for valid, hour in local if hour % _THREE)

    def calls(self) -> int:
        """How many grids there are to request, where none is in raw."""
        return sum(
            len(group)
            for issued_at in self.issues()
            for category in self.categories
            for group in self.hours(issued_at, category)
        )

    def as_dict(self) -> GridLoadDocument:
        """The load as a JSON document, for XCom."""
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "issue_hours": list(self.issue_hours),
            "categories": list(self.categories),
            "stations": list(self.stations),
            "lead_hours": self.lead_hours,
            "again": self.again,
            "cells": {str(station_id): str(cell) for station_id, cell in self.overrides.items()},
        }

    @classmethod
    def from_dict(cls, stored: GridLoadDocument) -> "GridLoad":
        """The load that ``as_dict`` wrote."""
        return cls(
            datetime.fromisoformat(stored["first"]),
            datetime.fromisoformat(stored["last"]),
            tuple(stored["issue_hours"]),
            tuple(stored["categories"]),
            tuple(stored["stations"]),
            stored["lead_hours"],
            stored["again"],
            {int(station_id): Cell.parse(cell) for station_id, cell in stored["cells"].items()},
        )


def parse_issues(text: str) -> tuple[int, ...]:
    """Hours (KST) of issues from ``02,14``; ISSUES of an empty text, each of them of ``all``.

    Raises:
        Misconfigured: the KMA issues nothing at one of them.
    """
    if text.strip().lower() == "all":
        return ISSUE_HOURS_KST
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = {form: hour for hour in ISSUE_HOURS_KST for form in (f"{hour}", f"{hour:02d}")}
    if unknown := [name for name in names if name not in known]:
        raise Misconfigured(
            f"no issue at {', '.join(name[:20] for name in unknown)}: the KMA issues at "
            f"{', '.join(f'{hour:02d}' for hour in ISSUE_HOURS_KST)} o'clock KST; write 02,14, or all"
        )
    return tuple(sorted({known[name] for name in names})) or ISSUES


def parse_variables(text: str) -> tuple[str, ...]:
    """KMA's names of variables from ``TMP,REH``; TMP of an empty text.

    Raises:
        Misconfigured: one is unknown.
    """
    names = [name.strip().upper() for name in text.split(",") if name.strip()]
    if unknown := [name for name in names if name not in BY_CATEGORY]:
        raise Misconfigured(
            f"unknown variable {', '.join(name[:20] for name in unknown)} of the KMA's forecast: name some "
            f"of {', '.join(BY_CATEGORY)}"
        )
    return tuple(dict.fromkeys(names)) or ("TMP",)
