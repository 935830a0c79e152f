"""What the parts of a monitoring run hand to report and alerts: sections of figures and of checks.

A section never fails as a whole because one of its sources is down: what could not be measured is
``missing``, by name and with the reason, and the checks that needed it are ``unknown``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import Field

from weather_mlops.lake.documents import Figure

SectionName = Annotated[str, Field(pattern="^(system_health|data_quality|model_performance)$")]
SECTIONS: Final = ("system_health", "data_quality", "model_performance")
"""Names of the sections, as the tasks that measure them."""
FIRST_COLLECTION: Final = "first_collection"
FIRST_MODEL: Final = "first_model"
"""First steps of a new system, which ``Check.awaits`` names; see ``report/starting.py``."""


class Status(StrEnum):
    """How a check ended: within its limit, beyond it, or not measured."""

    OK = "ok"
    BREACH = "breach"
    UNKNOWN = "unknown"


class CheckSeverity(StrEnum):
    """What a breach asks of people: look at it today, or act now."""

    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Check:
    """One figure held to one limit.

    Attributes:
        name: of the alert that a breach opens, and of its section in docs/runbook.md: ``observations_stale``.
        subject: what of several the figure is about: a station id, a DAG id, a target; empty = the system.
        status: of the figure.
        severity: of a breach.
        value: the figure; None where it was not measured.
        limit: what it is held to.
        unit: of both: ``h``, ``%``, ``°C``; empty = a count or a share.
        detail: the figure in a sentence, with what it was measured on; of an unknown one, the reason.
        awaits: of an unknown one, the first step of a new system without which there is nothing to measure;
            empty where something else is the reason.
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
        """What identifies a problem over time: ``sensor_bias:108``."""
        return f"{self.name}:{self.subject}" if self.subject else self.name


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that could not be measured.

    Attributes:
        what: its name in the section's figures.
        why: the reason, and what would mend it.
    """

    what: str
    why: str


@dataclass(frozen=True)
class Section:
    """What one task of a monitoring run measured.

    Attributes:
        name: of SECTIONS.
        figures: JSON-able, as the section's module documents them.
        checks: figures held to limits.
        missing: what could not be measured.
    """

    name: SectionName
    figures: Mapping[str, Any] = field(default_factory=dict)
    checks: Sequence[Check] = ()
    missing: Sequence[Missing] = ()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "figures": dict(self.figures),
            "checks": [asdict(check) for check in self.checks],
            "missing": [asdict(gap) for gap in self.missing],
        }
