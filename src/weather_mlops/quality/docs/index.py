"""The indexes: the calendar of days and hours, and the audits of a day.

Tasks write them to files, in English; the views render them for a reader.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean
from typing import Any, Final

from weather_mlops.pages import rendering
from weather_mlops.pages.visit import IN_FILE, Visit
from weather_mlops.quality.docs.calendar import Calendar
from weather_mlops.quality.docs.grades import MARKS, TONES, grade_of
from weather_mlops.quality.docs.links import DocsLinks
from weather_mlops.quality.docs.names import DocsPage, pages

HOURS: Final = range(24)
LEGEND: Final = tuple((grade, MARKS[grade], TONES[grade]) for grade in MARKS)
"""Name, sign and colour of each grade."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A score as it is shown.

    Attributes:
        score: 0 to 1; None where nothing could be scored.
    """

    score: float | None

    @property
    def grade(self) -> str:
        """Its grade."""
        return grade_of(self.score)

    @property
    def tone(self) -> str:
        """The colour of its grade."""
        return TONES[self.grade]

    @property
    def mark(self) -> str:
        """The sign of its grade."""
        return MARKS[self.grade]


@dataclass(frozen=True, slots=True)
class HourCell:
    """An hour in the calendar.

    Attributes:
        hour: 0 to 23, KST.
        href: of its newest audit; empty where there is none.
        scored: score of this audit.
        runs: number of its audits.
    """

    hour: int
    href: str = ""
    scored: Scored = Scored(None)
    runs: int = 0


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day in the calendar.

    Attributes:
        day: YYYY-MM-DD.
        href: of its page.
        hours: 24 of them.
        loads: number of batches of loads.
        loads_href: of their page.
    """

    day: str
    href: str
    hours: Sequence[HourCell]
    loads: int
    loads_href: str

    @property
    def weekday(self) -> int:
        """From 0, Monday."""
        return date.fromisoformat(self.day).weekday()

    @property
    def scored(self) -> Scored:
        """Mean of the hours' scores."""
        scores = [cell.scored.score for cell in self.hours if cell.scored.score is not None]
        return Scored(fmean(scores) if scores else None)

    @property
    def n_audited(self) -> int:
        """Hours that were audited."""
        return sum(1 for cell in self.hours if cell.runs)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An audit in the index of a day.

    Attributes:
        name: its hour; of a batch its number.
        anchor: id of the row; empty where it has none.
        href: of its page.
        scored: its score.
        page: what its name says.
    """

    name: str
    anchor: str
    href: str
    scored: Scored
    page: DocsPage


def day_rows(calendar: Calendar, links: DocsLinks) -> list[DayRow]:
    """The days of the calendar, newest first."""
    return [
        DayRow(
            day,
            links.day(day),
            [_cell(calendar, day, hour, links) for hour in HOURS],
            calendar.days[day].loads,
            links.loads(day),
        )
        for day in sorted(calendar.days, reverse=True)
    ]


def render_calendar(calendar: Calendar, visit: Visit = IN_FILE, **more: Any) -> str:
    """The calendar.

    Args:
        calendar: the days.
        visit: of a reader; by default, the page is a file.
        more: what a reader sees besides.
    """
    links = DocsLinks(visit)
    return rendering.render(
        "quality_calendar.html",
        visit,
        days=day_rows(calendar, links),
        earlier=[(day, links.day(day)) for day in sorted(calendar.earlier, reverse=True)],
        legend=LEGEND,
        **{"figures": {}, "stations": (), **more},
    )


def render_day(day: str, keys: Iterable[str], visit: Visit = IN_FILE, **more: Any) -> str:
    """The audits of a day, newest hour first; of the loads that were audited on it only their number.

    Args:
        day: YYYY-MM-DD.
        keys: the keys of its folder.
        visit: of a reader; by default, the page is a file.
        more: what a reader sees besides.
    """
    links, every = DocsLinks(visit, of_day=True), pages(keys)
    audits = [page for page in every if not page.is_forecast]
    hourly = sorted((page for page in audits if page.hour is not None), key=_by_hour, reverse=True)
    return rendering.render(
        "quality_day.html",
        visit,
        day=day,
        links=links,
        audits=_audit_rows(hourly, links),
        n_loads=len(audits) - len(hourly),
        n_forecasts=len(every) - len(audits),
        legend=LEGEND,
        **{"stations": (), "totals": None, "updated_at": None, **more},
    )


def render_loads(day: str, keys: Iterable[str], visit: Visit = IN_FILE) -> str:
    """The batches of loads that were audited on a day, newest first; empty where there are none.

    Args:
        day: YYYY-MM-DD.
        keys: the keys of its folder.
        visit: of a reader; by default, the page is a file.
    """
    return _render_audits("loads", day, [page for page in pages(keys) if page.hour is None], visit)


def render_forecasts(day: str, keys: Iterable[str], visit: Visit = IN_FILE) -> str:
    """The audits of the KMA's forecast of a day, newest issue first; empty where there are none.

    Args:
        day: YYYY-MM-DD.
        keys: the keys of its folder.
        visit: of a reader; by default, the page is a file.
    """
    issues = sorted((page for page in pages(keys) if page.is_forecast), key=_by_hour, reverse=True)
    return _render_audits("forecasts", day, issues, visit)


def _render_audits(kind: str, day: str, audits: Sequence[DocsPage], visit: Visit) -> str:
    if not audits:
        return ""
    links = DocsLinks(visit, of_day=True)
    return rendering.render(
        "quality_audits.html",
        visit,
        kind=kind,
        day=day,
        links=links,
        audits=_audit_rows(audits, links),
        legend=LEGEND,
    )


def _audit_rows(audits: Sequence[DocsPage], links: DocsLinks) -> list[AuditRow]:
    rows, seen = [], set[int]()
    for number, page in enumerate(audits):
        is_first = page.hour is not None and page.hour not in seen
        seen |= set() if page.hour is None else {page.hour}
        rows.append(
            AuditRow(
                name=str(len(audits) - number) if page.hour is None else f"{page.hour:02d}:00",
                anchor=f"h{page.hour:02d}" if is_first else "",
                href=links.page(page),
                scored=Scored(page.score),
                page=page,
            )
        )
    return rows


def _cell(calendar: Calendar, day: str, hour: int, links: DocsLinks) -> HourCell:
    page = calendar.newest_page(day, hour)
    if page is None:
        return HourCell(hour)
    return HourCell(hour, links.page(page), Scored(page.score), calendar.days[day].hours[hour].runs)


def _by_hour(page: DocsPage) -> tuple[int, datetime]:
    return (-1 if page.hour is None else page.hour, page.audited_at)
