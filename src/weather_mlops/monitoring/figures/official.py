"""Figures of the section ``official_forecast``; errors are forecast minus observation, in °C.

Stored between runs: the changes of bias in ``monitoring/kma/bias.json``, and the KMA's list of stations in
``monitoring/kma/stations.json``.
"""

from collections.abc import Mapping, Sequence
from typing import Required

from typing_extensions import TypedDict

from weather_mlops.documents.verification import PooledErrors
from weather_mlops.lake.documents import MomentText
from weather_mlops.monitoring.figures import ReadCost
from weather_mlops.monitoring.figures.data import NamedStation


class IssueFigures(TypedDict):
    """The newest issue in the table.

    Attributes:
        issued_at: time of the issue.
        age_hours: hours since then.
        stations: watched stations that have it whole.
        stations_expected: watched stations.
    """

    issued_at: str
    age_hours: float
    stations: int
    stations_expected: int


class IssueGaps(TypedDict):
    """Missing issues of the last 50 hours, which can still be fetched.

    Attributes:
        open: issues of stations that are missing.
        expected: issues of stations that were due.
        oldest: the oldest of the missing issues.
        by_reason: number of missing ones by reason, most frequent first.
    """

    open: int
    expected: int
    oldest: str | None
    by_reason: Mapping[str, int]


class ComparedErrors(TypedDict):
    """Errors of both forecasts on the same rows: ours, and the KMA's."""

    ours: PooledErrors
    kma: PooledErrors


class ForecastComparison(TypedDict):
    """Our forecast against the KMA's, where both have a value and an observation was made.

    Attributes:
        first_day: first day (KST) of the valid times.
        last_day: the last one.
        leads: errors by lead in hours, from the issue of ours.
        maximum: errors of the daily maximum; None = not compared.
        minimum: likewise of the daily minimum.
        reason: why there is no figure, in a sentence; None = there is one.
    """

    first_day: str
    last_day: str
    leads: Mapping[str, ComparedErrors]
    maximum: ComparedErrors | None
    minimum: ComparedErrors | None
    reason: str | None


class StationBias(TypedDict):
    """Change of the official forecast's bias at a station; None = not enough days.

    Attributes:
        station_id: id of the station.
        before_c: normal bias, °C: that of the same season of the year before, and the usual difference from
            it in the days before the recent ones.
        change_c: difference of the recent days from it, °C.
        limit_c: limit of the difference, °C.
        since: about the first day (KST) of a change that is beyond its limit; None = there is none.
    """

    station_id: int
    before_c: float | None
    change_c: float | None
    limit_c: float | None
    since: str | None


class BiasFigures(TypedDict):
    """Changes of bias, as stored in between two measurements.

    Attributes:
        measured_at: when they were measured.
        last_day: last day (KST) that they are measured on.
        days: days with figures of any station.
        stations: stations that have figures.
    """

    measured_at: Required[MomentText]
    last_day: str
    days: int
    stations: Sequence[StationBias]


class MovedStation(NamedStation):
    """A station whose coordinates in the KMA's list differ from those of stations.csv.

    Attributes:
        moved_km: distance; 10 m of elevation count as 1 km.
        latitude: as listed by the KMA, degrees north.
        longitude: likewise, degrees east.
        elevation_m: likewise.
    """

    moved_km: float
    latitude: float
    longitude: float
    elevation_m: float


class MoveFigures(TypedDict):
    """Coordinates of stations: when the KMA was asked, stations compared, and those that moved."""

    asked_at: str
    compared: int
    moved: Sequence[MovedStation]


class OfficialForecastFigures(TypedDict, total=False):
    """Figures of the section; a part that could not be measured is absent.

    Attributes:
        measured_at: when it was measured.
        collected: whether there are any rows of the KMA's forecast.
        simulated: whether the weather is a simulator's: then no figure says how good a forecast is.
        newest_issue: the newest issue.
        gaps: missing issues.
        comparison: our forecast against the KMA's.
        bias: changes of bias.
        moves: coordinates of stations.
        read: what the measurement read.
    """

    measured_at: str
    collected: bool
    simulated: bool
    newest_issue: IssueFigures | None
    gaps: IssueGaps | None
    comparison: ForecastComparison | None
    bias: BiasFigures | None
    moves: MoveFigures | None
    read: ReadCost
