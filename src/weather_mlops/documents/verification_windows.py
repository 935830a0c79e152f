"""``verification/windows.json``: who was right over the last 7, 30 and 365 days, for the pages.

Errors are forecast minus observation, in the target's unit. Names of forecasts are those of the table
``weather.verification``: ``ours``, ``kma_forecast`` and ``persistence``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Literal, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from weather_mlops.documents.schema_version import up_to
from weather_mlops.documents.verification import Count, PooledErrors
from weather_mlops.lake.documents import YEARS, Figure, MomentText

KEY: Final = "verification/windows.json"
SCHEMA: Final = 1
WINDOWS_DAYS: Final = (7, 30, 365)
DAILY_DAYS: Final = 30
"""Number of days that have a figure of each day."""


def _spells_a_day(text: str) -> str:
    if date.fromisoformat(text).year not in YEARS:
        raise ValueError("the year is out of range")
    return text


DayText = Annotated[str, AfterValidator(_spells_a_day)]
"""A day (KST), YYYY-MM-DD."""
Errors = Mapping[str, PooledErrors]
"""Errors by forecast; one without a figure is absent."""
Member = Annotated[str, Field(pattern=r"^\d{1,5}$", max_length=5)]
Groups = Mapping[Member, Errors]
"""Errors by lead (hours), hour of the day (KST, 0 to 23) or station id."""


class IntervalCoverage(TypedDict):
    """Share (0 to 1) of the observations in our intervals of 50, 80 and 90 %; None where not known."""

    coverage_50: Figure | None
    coverage_80: Figure | None
    coverage_90: Figure | None


class ExtremeErrors(TypedDict):
    """Errors of the daily maximum or minimum, forecast at 23:00 of the day before: all, and by station."""

    overall: Errors
    stations: Groups


class VerifiedWindow(TypedDict):
    """Errors of some days, pooled.

    Attributes:
        first_day: first day of the hours that were forecast.
        last_day: last day, included.
        days: number of these days that have figures.
        compared: rows: ``common`` = where all forecasts have a value; ``own`` = all of each forecast, because
            no row is common to them.
        days_without_persistence: days that were verified before persistence was; where there are any,
            persistence has no figures, since they would be of fewer rows.
        overall: of all rows.
        leads: by lead.
        hours: by hour of the day.
        stations: by station.
        calibration: of ours, by lead.
        maximum: of the daily maximum.
        minimum: of the daily minimum.
    """

    first_day: DayText
    last_day: DayText
    days: Count
    compared: Literal["common", "own"]
    days_without_persistence: Count
    overall: Errors
    leads: Groups
    hours: Groups
    stations: Groups
    calibration: Mapping[Member, IntervalCoverage]
    maximum: ExtremeErrors
    minimum: ExtremeErrors


class VerifiedDay(TypedDict):
    """RMSE of a day on common rows, and their number; None where there are none."""

    day: DayText
    n: Count
    ours: Figure | None
    kma_forecast: Figure | None


class TargetWindows(TypedDict):
    """Figures of a target.

    Attributes:
        unit: of all errors.
        windows: by number of days, ``"7"``, ``"30"`` and ``"365"``, which end with the newest verified day;
            one without any figure is absent.
        daily: the last DAILY_DAYS days, ascending.
    """

    unit: str
    windows: Mapping[Member, VerifiedWindow]
    daily: Sequence[VerifiedDay]


class VerificationWindows(TypedDict):
    """The whole document, as it is written."""

    schema: NotRequired[Annotated[int, up_to(SCHEMA)]]
    made_at: MomentText
    targets: Mapping[str, TargetWindows]
