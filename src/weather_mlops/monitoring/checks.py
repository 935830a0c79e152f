"""Sections of a monitoring run, with figures and checks: what the measuring tasks pass to report and alerts.

A section never fails as a whole because one of its sources is down: a figure that could not be measured is
listed in ``missing`` with the reason, and the checks that need it are ``unknown``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from weather_mlops.lake.documents import Figure

SectionName = Annotated[str, Field(pattern="^(system_health|data_quality|model_performance)$")]
SECTIONS: Final = ("system_health", "data_quality", "model_performance")
"""Names of the sections; the tasks that measure them have the same names."""
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


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that could not be measured.

    Attributes:
        what: name of the figure in the section's figures.
        why: the reason, and how to fix it.
    """

    what: str
    why: str


@dataclass(frozen=True)
class Section:
    """Result of one measuring task of a monitoring run.

    Attributes:
        name: one of SECTIONS.
        figures: JSON-compatible values; the module of the section documents them.
        checks: figures compared with limits.
        missing: figures that could not be measured.
    """

    name: SectionName
    figures: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Check] = ()
    missing: Sequence[Missing] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the stored form."""
        return {
            "name": self.name,
            "figures": dict(self.figures),
            "checks": [asdict(check) for check in self.checks],
            "missing": [asdict(gap) for gap in self.missing],
        }


def share(part: float, whole: float) -> float | None:
    """Divide part by whole, rounded; None if the whole is 0."""
    return round(part / whole, 5) if whole else None
