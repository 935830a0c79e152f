"""Sections of a monitoring run, with figures and checks: what the measuring tasks pass to report and alerts.

A section never fails as a whole because one of its sources is down: a figure that could not be measured is
listed in ``missing`` with the reason, and the checks that need it are ``unknown``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final, cast

from pydantic import Field, GetPydanticSchema
from pydantic_core import core_schema
from typing_extensions import TypedDict

from weather_mlops.lake.documents import Figure
from weather_mlops.monitoring.figures.data import DataQualityFigures
from weather_mlops.monitoring.figures.model import ModelPerformanceFigures
from weather_mlops.monitoring.figures.official import OfficialForecastFigures
from weather_mlops.monitoring.figures.system import SystemHealthFigures

SectionName = Annotated[
    str, Field(pattern="^(system_health|data_quality|model_performance|official_forecast)$")
]
SECTIONS: Final = ("system_health", "data_quality", "model_performance", "official_forecast")
"""Names of the sections; the tasks that measure them have the same names."""
SYSTEM_HEALTH, DATA_QUALITY, MODEL_PERFORMANCE, OFFICIAL_FORECAST = SECTIONS
OPTIONAL: Final = frozenset({OFFICIAL_FORECAST})
"""Sections that a report is complete without: a pipeline of one's own may not have their task."""
Figures = SystemHealthFigures | DataQualityFigures | ModelPerformanceFigures | OfficialForecastFigures
"""Figures of a section."""
StoredFigures = Annotated[
    Figures, GetPydanticSchema(lambda _kind, _handler: core_schema.dict_schema(core_schema.str_schema()))
]
"""Figures as stored: any JSON object is read unchanged, since another version may have written it."""
FIRST_COLLECTION: Final = "first_collection"
FIRST_MODEL: Final = "first_model"
"""Values of ``Check.awaits``: first steps of a new system; see ``report/starting.py``."""


class Status(StrEnum):
    """Result of a check: within its limit, beyond it, or not measured."""

    OK = "ok"
    BREACH = "breach"
    UNKNOWN = "unknown"


class CheckSeverity(StrEnum):
    """How urgent a breach is: look at it today, or act now."""

    WARNING = "warning"
    CRITICAL = "critical"


class CheckDocument(TypedDict):
    """Stored form of a check."""

    name: str
    subject: str
    status: Status
    severity: CheckSeverity
    value: float | None
    limit: float | None
    unit: str
    detail: str
    awaits: str


@dataclass(frozen=True, slots=True)
class Check:
    """One figure compared with one limit.

    Attributes:
        name: name of the alert that a breach opens, and of its section in docs/runbook.md:
            ``observations_stale``.
        subject: station id, DAG id or target that the figure is about; empty = the whole system.
        status: result of the check.
        severity: severity of a breach.
        value: the figure; None if it was not measured.
        limit: the limit of the figure.
        unit: unit of figure and limit: ``h``, ``%``, ``°C``; empty = a count or a share.
        detail: a sentence with the figure and what it was measured on; if unknown, the reason.
        awaits: if unknown, the first step of a new system that has to run before there is anything to
            measure; empty if there is another reason.
    """

    name: str
    subject: str
    status: Status
    severity: CheckSeverity
    value: Figure | None
    limit: Figure | None
    unit: str
    detail: str
    awaits: str = ""

    @property
    def problem(self) -> str:
        """Identifier of the problem, the same in all runs: ``sensor_bias:108``."""
        return f"{self.name}:{self.subject}" if self.subject else self.name

    def as_dict(self) -> CheckDocument:
        """Return the stored form."""
        return {
            "name": self.name,
            "subject": self.subject,
            "status": self.status,
            "severity": self.severity,
            "value": self.value,
            "limit": self.limit,
            "unit": self.unit,
            "detail": self.detail,
            "awaits": self.awaits,
        }


class MissingDocument(TypedDict):
    """Stored form of a missing figure."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that could not be measured.

    Attributes:
        what: name of the figure in the section's figures.
        why: the reason, and how to fix it.
    """

    what: str
    why: str


class SectionDocument(TypedDict):
    """Stored form of a section."""

    name: str
    figures: Figures
    checks: list[CheckDocument]
    missing: list[MissingDocument]


@dataclass(frozen=True)
class Section:
    """Result of one measuring task of a monitoring run.

    Attributes:
        name: one of SECTIONS.
        figures: measured figures, JSON-compatible.
        checks: figures compared with limits.
        missing: figures that could not be measured.
    """

    name: SectionName
    figures: StoredFigures = field(default_factory=SystemHealthFigures)  # empty: nothing was measured
    checks: Sequence[Check] = ()
    missing: Sequence[Missing] = ()

    @property
    def system(self) -> SystemHealthFigures:
        """Figures of the system; empty in another section."""
        return cast("SystemHealthFigures", self.figures if self.name == SYSTEM_HEALTH else {})

    @property
    def data(self) -> DataQualityFigures:
        """Figures of the data; empty in another section."""
        return cast("DataQualityFigures", self.figures if self.name == DATA_QUALITY else {})

    @property
    def model(self) -> ModelPerformanceFigures:
        """Figures of the models; empty in another section."""
        return cast("ModelPerformanceFigures", self.figures if self.name == MODEL_PERFORMANCE else {})

    @property
    def official(self) -> OfficialForecastFigures:
        """Figures of the KMA's forecast; empty in another section."""
        return cast("OfficialForecastFigures", self.figures if self.name == OFFICIAL_FORECAST else {})

    @property
    def is_absent(self) -> bool:
        """Whether there is nothing to measure in this system: the KMA's forecast is not collected."""
        return self.official.get("collected") is False

    def as_dict(self) -> SectionDocument:
        """Return the stored form."""
        return {
            "name": self.name,
            "figures": self.figures,
            "checks": [check.as_dict() for check in self.checks],
            "missing": [{"what": gap.what, "why": gap.why} for gap in self.missing],
        }


def share(part: float, whole: float) -> float | None:
    """Divide part by whole, rounded; None if the whole is 0."""
    return round(part / whole, 5) if whole else None
