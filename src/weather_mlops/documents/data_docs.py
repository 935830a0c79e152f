"""The calendar of the Data Docs: ``quality/docs/calendar.json``."""

from dataclasses import dataclass, field
from typing import Annotated, Final

from weather_mlops.documents.schema_version import up_to

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class AuditedHour:
    """The audits of an hour.

    Attributes:
        page: file name of the newest audit's page; it has the score in it.
        runs: number of the audits.
    """

    page: str
    runs: int


@dataclass(frozen=True, slots=True)
class AuditedDay:
    """The audits of a day.

    Attributes:
        hours: by hour of the data, 0 to 23 (KST).
        loads: number of batches of loads that were audited on this day.
    """

    hours: dict[int, AuditedHour] = field(default_factory=dict)
    loads: int = 0


@dataclass(frozen=True, slots=True)
class CalendarDocument:
    """The days that have Data Docs.

    Attributes:
        style: file name of the pages' style sheet when this was written.
        days: the newest days, by YYYY-MM-DD (KST).
        earlier: days before those, YYYY-MM-DD.
        schema: version of the layout.
    """

    style: str
    days: dict[str, AuditedDay]
    earlier: list[str]
    schema: Annotated[int, up_to(SCHEMA)] = SCHEMA
