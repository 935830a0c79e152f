"""What the pages about data quality show of the documents of days: by station, by day, by month."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

from weather_mlops.clock import DAY, HOUR, HOURS_PER_DAY, KST
from weather_mlops.documents.quality_day import NOT_REQUESTED, NOTHING, PRESENT, OpenGap, QualityDay
from weather_mlops.lake import gaps
from weather_mlops.pages.languages import Language
from weather_mlops.quality.docs.index import Scored
from weather_mlops.stations import stations_by_id

DAYS_PER_WEEK: Final = 7
REASONS: Final = (gaps.MISSING, gaps.QUARANTINED, gaps.NOT_REQUESTED)
"""Reasons that have a text in both languages; others are errors of requests."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of a day, of all stations or of one.

    Attributes:
        n_present: station-hours in the table.
        n_due: station-hours that should be there by now.
        n_quarantined: rows that the audit refused.
    """

    n_present: int
    n_due: int
    n_quarantined: int

    @property
    def completeness(self) -> float | None:
        """Share of the station-hours that are there, 0 to 1; None before the first one is due."""
        return self.n_present / self.n_due if self.n_due else None

    @property
    def scored(self) -> Scored:
        """The completeness with its grade."""
        return Scored(self.completeness)


@dataclass(frozen=True, slots=True)
class MissingHours:
    """Hours of a station that are missing for the same reason.

    Attributes:
        hours: as a text: "03–05, 11".
        reason: one of REASONS, or an error.
        next_try: when they are requested again; None if not any more.
        is_due: whether the next run requests them.
    """

    hours: str
    reason: str
    next_try: datetime | None
    is_due: bool

    @property
    def retry(self) -> str:
        """The key of the text on when they are requested again; empty for hours that no run knows of."""
        if self.next_try is None:
            return "" if self.reason == gaps.NOT_REQUESTED else "quality_no_try"
        return "quality_next_run" if self.is_due else "quality_next_try"

    @property
    def key(self) -> str:
        """The key of the reason's text; empty for an error."""
        return f"quality_reason_{self.reason}" if self.reason in REASONS else ""


@dataclass(frozen=True, slots=True)
class StationDay:
    """A station on a day.

    Attributes:
        station_id: of the station.
        name: in the reader's language; empty for a station that is not in the list any more.
        totals: its figures.
        missing: its missing hours, by reason.
        refused: hours as a text, and the rules, of the rows that the audit refused.
    """

    station_id: int
    name: str
    totals: Totals
    missing: Sequence[MissingHours]
    refused: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month.

    Attributes:
        first: its first day.
    """

    first: date

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month((self.first - DAY).replace(day=1))

    @property
    def after(self) -> "Month":
        """The next month."""
        return Month((self.first + timedelta(days=31)).replace(day=1))

    @property
    def days(self) -> list[date]:
        """All days."""
        return [self.first + timedelta(days=number) for number in range((self.after.first - self.first).days)]

    def __str__(self) -> str:
        """YYYY-MM."""
        return f"{self.first:%Y-%m}"


DayOfMonth = tuple[date, Totals | None]


def totals(document: QualityDay, now: datetime) -> Totals:
    """The figures of all stations on a day."""
    n_due = _n_due(document, now) * len(document.hours)
    n_present = sum(signs.count(PRESENT) for signs in document.hours.values())
    return Totals(n_present, n_due, len(document.refused))


def of_day(document: QualityDay, language: Language, now: datetime) -> list[StationDay]:
    """The stations of a day: those with anything to tell first, each by id."""
    n_due, open_gaps, refused = _n_due(document, now), defaultdict(list), defaultdict(list)
    for gap in document.gaps:
        open_gaps[gap.station_id].append(gap)
    for row in document.refused:
        refused[row.station_id].append(row)
    stations = []
    for station_id, signs in sorted(document.hours.items()):
        station = stations_by_id().get(station_id)
        name = "" if station is None else station.korean if language.name == "ko" else station.english
        by_rule = defaultdict(list)
        for row in refused[station_id]:
            by_rule[row.rule].append(row.hour)
        stations.append(
            StationDay(
                station_id,
                name,
                Totals(signs.count(PRESENT), n_due, len(refused[station_id])),
                _missing(signs[:n_due], open_gaps[station_id], now),
                [(ranges(hours), rule) for rule, hours in by_rule.items()],
            )
        )
    return sorted(stations, key=lambda station: not (station.missing or station.refused))


def month_of_station(
    month: Month, station_id: int, documents: Mapping[date, QualityDay], now: datetime
) -> list[list[DayOfMonth | None]]:
    """A station's month by weeks, from Monday; None for days of other months."""
    cells: list[DayOfMonth | None] = [None] * month.first.weekday()
    for day in month.days:
        document = documents.get(day)
        signs = document.hours.get(station_id, NOTHING) if document else NOTHING
        counted = None
        if document and station_id in document.hours:
            n_refused = sum(row.station_id == station_id for row in document.refused)
            counted = Totals(signs.count(PRESENT), _n_due(document, now), n_refused)
        cells.append((day, counted))
    cells += [None] * (-len(cells) % DAYS_PER_WEEK)
    return [cells[start : start + DAYS_PER_WEEK] for start in range(0, len(cells), DAYS_PER_WEEK)]


def ranges(hours: Iterable[int]) -> str:
    """Hours as a text: "03–05, 11"."""
    ordered = sorted(set(hours))
    breaks = [index for index, (one, next_one) in enumerate(pairwise(ordered), 1) if next_one > one + 1]
    parts = [ordered[first:last] for first, last in pairwise([0, *breaks, len(ordered)])]
    return ", ".join(
        f"{part[0]:02d}" if len(part) == 1 else f"{part[0]:02d}–{part[-1]:02d}" for part in parts if part
    )


def _n_due(document: QualityDay, now: datetime) -> int:
    """Hours of a day that should be there: those that ended, and those that a run has requested."""
    ended = min(HOURS_PER_DAY, max(0, (now - _midnight(document.day)) // HOUR))
    requested = max((len(signs.rstrip(NOT_REQUESTED)) for signs in document.hours.values()), default=0)
    return max(ended, requested)


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), KST)


def _missing(signs: str, open_gaps: Sequence[OpenGap], now: datetime) -> list[MissingHours]:
    by_reason = defaultdict[tuple[str, datetime | None], list[int]](list)
    for gap in open_gaps:
        due = gaps.next_try(asdict(gap))
        by_reason[gap.reason, due if gap.observed_at > now - gaps.HORIZON else None].append(
            gap.observed_at.astimezone(KST).hour
        )
    by_reason[gaps.NOT_REQUESTED, None] += [hour for hour, sign in enumerate(signs) if sign == NOT_REQUESTED]
    return [
        MissingHours(ranges(hours), reason, due, due is not None and due <= now)
        for (reason, due), hours in by_reason.items()
        if hours
    ]
