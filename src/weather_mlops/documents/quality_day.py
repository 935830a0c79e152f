"""Which station-hours of a day are in the table, and why others are not: ``quality/days/YYYY/MM/DD.json``."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import Field

from weather_mlops.documents.schema_version import up_to
from weather_mlops.lake.documents import Moment

SCHEMA: Final = 1
FOLDER: Final = "quality/days"
PRESENT: Final = "1"
ABSENT: Final = "0"
NOT_REQUESTED: Final = "."
NOTHING: Final = NOT_REQUESTED * 24
HourSigns = Annotated[str, Field(pattern=r"^[.01]{24}$")]
"""A character per hour, 00 to 23 KST: PRESENT, ABSENT (requested without success), or NOT_REQUESTED."""


@dataclass(frozen=True, slots=True)
class OpenGap:
    """An hour that was requested without success, as in the gap register.

    Attributes:
        station_id: of the station.
        observed_at: the hour.
        first_seen: when it was first missing.
        last_tried: when it was last requested.
        tries: how often it was requested.
        reason: why it is missing: ``missing``, ``quarantined``, ``not_requested``, or an error.
    """

    station_id: int
    observed_at: Moment
    first_seen: Moment
    last_tried: Moment
    tries: int
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedHour:
    """A row that the audit refused.

    Attributes:
        station_id: of the station.
        hour: 0 to 23, KST.
        rule: names of the broken rules.
    """

    station_id: int
    hour: Annotated[int, Field(ge=0, le=23)]
    rule: str


@dataclass(frozen=True, slots=True)
class QualityDay:
    """A day (KST).

    Attributes:
        day: YYYY-MM-DD.
        updated_at: when it was written.
        hours: by station id.
        gaps: hours that are still missing.
        refused: rows in the quarantine.
        schema: version of the layout.
    """

    day: str
    updated_at: Moment
    hours: dict[int, HourSigns]
    gaps: list[OpenGap]
    refused: list[RefusedHour]
    schema: Annotated[int, up_to(SCHEMA)] = SCHEMA


def key_of(day: date) -> str:
    """The key of a day's document."""
    return f"{FOLDER}/{day:%Y/%m/%d}.json"
