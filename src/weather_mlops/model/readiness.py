"""Are the data in the tables enough to train a model on? They are measured and checked against limits.

The newest ``min_span_days`` of hours are judged. Older hours, even those before a long hole, are trained on
as well, but neither delay a training nor leave a station out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, NotNull, Reference

from weather_mlops.clock import HOUR, HOUR_US
from weather_mlops.documents.training_tasks import ReadinessSummary
from weather_mlops.formatting import exact_percent, number, percent
from weather_mlops.lake.catalog import open_table, summary
from weather_mlops.lake.filters import between, one_of
from weather_mlops.lake.publish import SCORE
from weather_mlops.lake.scan import scan
from weather_mlops.lake.schemas import KEY_SCHEMA, OBSERVATIONS, QUARANTINE
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.thresholds import FromYaml, limits_of

LONGEST_STEP_HOURS: Final = 24
"""From one observed hour to the next; a longer step is a hole."""
MOST_SCATTERED: Final = 2
"""The newest days may be spread over twice as many at most: if half is missing, little can be learned."""


@dataclass(frozen=True)
class DataRequirements:
    """Limits that the data must meet.

    Attributes:
        min_span_days: days (0 or more) of observations that are needed. Holes in which no station was
            observed for more than a day don't count.
        min_station_coverage: share (0 to 1) of the newest min_span_days that a station must have; other
            stations are left out.
        min_stations: number of stations (1 or more) that must remain.
        min_coverage: share (0 to 1) of the station-hours of the remaining stations, in the same days.
        max_age_hours: age of the newest hour.
        max_quarantined_share: share (0 to 1) of the rows of these stations and hours that are in quarantine.
        min_quality_score: of the last run of the collection, 0 to 1.
    """

    min_span_days: float = 60
    min_station_coverage: float = 0.5
    min_stations: int = 1
    min_coverage: float = 0.9
    max_age_hours: float = 6
    max_quarantined_share: float = 0.05
    min_quality_score: float = 0.9

    @classmethod
    def of(cls, given: FromYaml) -> "DataRequirements":
        """Limits from YAML.

        Raises:
            Misconfigured: an unknown name.
        """
        return limits_of(cls, "limits", given)


@dataclass(frozen=True)
class DataFigures:
    """What the tables hold for a target.

    Attributes:
        snapshot_id: snapshot of the observations that was measured; None = an empty table.
        first: first hour in which the target was observed (UTC); None where there is none.
        last: newest such hour.
        observed: duration of all such hours, without the holes.
        recent: from the first to the last of the newest ``min_span_days`` of these hours, holes included.
        stations: those with enough of these newest hours.
        left_out: coverage (0 to 1) of the others, by id.
        coverage: share of the newest station-hours of ``stations``, 0 to 1.
        quarantined_share: share of the rows that were refused, 0 to 1.
        quality_score: of the last run, 0 to 1; None where it is not known.
    """

    snapshot_id: int | None
    first: datetime | None
    last: datetime | None
    observed: timedelta
    recent: timedelta
    stations: tuple[int, ...]
    left_out: Mapping[int, float]
    coverage: float
    quarantined_share: float
    quality_score: float | None

    @property
    def span_days(self) -> float:
        """Days of observations, without the holes."""
        return self.observed / timedelta(days=1)

    @property
    def recent_days(self) -> float:
        """Days from the first to the last of the newest hours, holes included."""
        return self.recent / timedelta(days=1)

    def as_dict(self) -> ReadinessSummary:
        """The figures as small and flat values, for the XCom."""
        return {
            "snapshot_id": self.snapshot_id,
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
            "stations": list(self.stations),
            "left_out": {str(station): round(share, 3) for station, share in self.left_out.items()},
            "coverage": round(self.coverage, 4),
            "quarantined_share": round(self.quarantined_share, 5),
            "quality_score": self.quality_score,
            "span_days": round(self.span_days, 1),
            "recent_days": round(self.recent_days, 1),
        }


def measure(  # noqa: PLR0913  keyword only: what a YAML file says of the data
    catalog: Catalog,
    column: str,
    *,
    stations: Iterable[int] | None,
    history_days: float,
    now: datetime,
    limits: DataRequirements,
) -> DataFigures:
    """Measure the observations of a target.

    Args:
        catalog: where the tables are.
        column: column of the observations, that of the target.
        stations: which stations; None = all that have rows.
        history_days: how many days before now to read.
        now: the time, timezone-aware.
        limits: how many of the newest days to judge, and how many of their hours a station must have.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    table = open_table(catalog, OBSERVATIONS)
    span = between(now - timedelta(days=history_days), now)
    snapshot = table.current_snapshot()
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        rows = scan(table, KEY_SCHEMA, And(span, And(NotNull(term=Reference(column)), _of(stations))))
        properties = summary(table)
    hours = Hours.of(rows, round(limits.min_span_days * 24))
    enough = hours.coverage >= limits.min_station_coverage
    stations = tuple(int(station) for station in hours.station_ids[enough])
    refused = _refused(catalog, And(span, _of(stations))) if stations else 0
    learned = np.isin(rows["station_id"].to_numpy(), stations)
    return DataFigures(
        snapshot_id=snapshot.snapshot_id if snapshot else None,
        first=pc.min(rows["observed_at"].filter(pa.array(learned))).as_py(),
        last=pc.max(rows["observed_at"]).as_py(),
        observed=hours.observed,
        recent=hours.recent,
        stations=stations,
        left_out={int(hours.station_ids[n]): float(hours.coverage[n]) for n in np.flatnonzero(~enough)},
        coverage=float(hours.coverage[enough].mean()) if stations else 0.0,
        quarantined_share=refused / (refused + learned.sum()) if stations else 0.0,
        quality_score=float(properties[SCORE]) if SCORE in properties else None,
    )


def shortfalls(figures: DataFigures, limits: DataRequirements, now: datetime) -> list[str]:
    """Which limits the data miss, each in a sentence with its figures; empty when the data are ready."""
    if figures.last is None:
        return ["there are no observations of it: load some history (`make history`)"]
    return [*_span(figures, limits), *_share(figures, limits), *_freshness(figures, limits, now)]


def _span(figures: DataFigures, limits: DataRequirements) -> Iterator[str]:
    needed = limits.min_span_days
    if figures.span_days < needed:
        yield f"they span {number(figures.span_days, needed)} days; {needed:g} are needed: load history"
    elif figures.recent_days > MOST_SCATTERED * max(needed, 1):
        yield (
            f"the newest {needed:g} days of observations are scattered over {figures.recent_days:.0f} days; "
            f"{MOST_SCATTERED * needed:g} are allowed: load what is missing in between"
        )


def _share(figures: DataFigures, limits: DataRequirements) -> Iterator[str]:
    days = f"of the newest {limits.min_span_days:g} days"
    if len(figures.stations) < limits.min_stations:
        yield (
            f"{len(figures.stations)} stations have {exact_percent(limits.min_station_coverage)} of the "
            f"hours {days}; {limits.min_stations} are needed"
        )
    if figures.coverage < limits.min_coverage:
        yield (
            f"{percent(figures.coverage, limits.min_coverage)} of the station-hours {days} were observed; "
            f"{exact_percent(limits.min_coverage)} are needed"
        )
    if figures.quarantined_share > limits.max_quarantined_share:
        yield (
            f"{percent(figures.quarantined_share, limits.max_quarantined_share)} of the rows are in "
            f"quarantine; at most {exact_percent(limits.max_quarantined_share)} are allowed"
        )


def _freshness(figures: DataFigures, limits: DataRequirements, now: datetime) -> Iterator[str]:
    assert figures.last is not None  # noqa: S101  shortfalls returned otherwise
    age = (now - figures.last) / HOUR
    if age > limits.max_age_hours:
        yield (
            f"the newest hour is {number(age, limits.max_age_hours)} h old; at most "
            f"{limits.max_age_hours:g} h are allowed"
        )
    if figures.quality_score is None:
        yield "the quality score of the last collection is not known: run data_collection"
    elif figures.quality_score < limits.min_quality_score:
        yield (
            f"the quality score of the last collection is "
            f"{number(figures.quality_score, limits.min_quality_score, digits=3)}; "
            f"{limits.min_quality_score:g} is needed"
        )


@dataclass(frozen=True)
class Hours:
    """The hours of a table, without its holes, and how many of the newest ones each station has.

    Attributes:
        observed: duration of all hours.
        recent: from the first to the last of the newest ones, holes included.
        station_ids: ascending, shape (S,).
        coverage: share (0 to 1) of the newest hours, shape (S,).
    """

    observed: timedelta
    recent: timedelta
    station_ids: np.ndarray
    coverage: np.ndarray

    @classmethod
    def of(cls, rows: pa.Table, newest: int) -> Self:
        """Of rows with ``station_id`` and ``observed_at``; ``newest`` hours are judged, at least one."""
        if rows.num_rows == 0:
            return cls(timedelta(), timedelta(), np.array([], np.int32), np.array([]))
        stations = rows["station_id"].to_numpy()
        times = rows["observed_at"].cast(pa.int64()).to_numpy() // HOUR_US
        hours, inverse = np.unique(times, return_inverse=True)
        # Number the hours without the holes: an hour after a hole follows the one before it.
        steps = np.diff(hours)
        rank = np.concatenate([[0], np.cumsum(np.where(steps > LONGEST_STEP_HOURS, 1, steps))])
        judged = min(max(newest, 1), int(rank[-1]) + 1)
        recent = rank > rank[-1] - judged
        # ``recent`` is by distinct hour; ``inverse`` gives each row the index of its hour. A row's key is
        # unique, so the rows of recent hours, counted by station, are the hours that each station has.
        ids = np.unique(stations)
        present = np.zeros(len(ids))
        recent_ids, recent_counts = np.unique(stations[recent[inverse]], return_counts=True)
        present[np.searchsorted(ids, recent_ids)] = recent_counts
        return cls(
            observed=int(rank[-1]) * HOUR,
            recent=int(hours[-1] - hours[recent][0] + 1) * HOUR,
            station_ids=ids,
            coverage=present / judged,
        )


def _refused(catalog: Catalog, rows: BooleanExpression) -> int:
    table = open_table(catalog, QUARANTINE)
    with storage_errors(f"table {QUARANTINE.identifier}"):
        return int(scan(table, QUARANTINE.select("station_id"), rows).num_rows)


def _of(stations: Iterable[int] | None) -> BooleanExpression:
    if stations is None:
        return AlwaysTrue()
    return one_of("station_id", stations)
