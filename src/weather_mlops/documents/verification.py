"""Errors of forecasts over several days, and what a verification of days did."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from weather_mlops.lake.documents import Figure

LARGEST_COUNT: Final = 10**12
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
"""A number of rows or days."""


class PooledErrors(TypedDict):
    """Errors of a forecast over several days, forecast minus observation, in the variable's unit.

    Attributes:
        n: number of forecasts with an observation.
        rmse: root mean square error.
        mae: mean absolute error.
        bias: mean error.
        within_1: share of errors of at most 1 of the unit, 0 to 1.
        within_2: share of errors of at most 2.
    """

    n: Count
    rmse: Figure
    mae: Figure
    bias: Figure
    within_1: Figure
    within_2: Figure


class VerificationSummary(TypedDict, total=False):
    """Result of a verification.

    Attributes:
        first_day: first day (KST), YYYY-MM-DD.
        last_day: last day, included.
        figures: number of figures of these days in the table.
        days_changed: days whose figures are new or have changed.
        absent: why there are no figures: by ``ours``, ``kma_forecast`` or ``common``.
        reason: why nothing was compared at all.
    """

    first_day: str
    last_day: str
    figures: int
    days_changed: list[str]
    absent: dict[str, str]
    reason: str
