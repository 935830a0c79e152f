"""A section while it is measured: what fails alone becomes a missing figure, and the rest goes on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from weather_mlops.errors import WeatherError
from weather_mlops.monitoring.findings import Check, Missing, Section, Severity, Status

Figure = TypeVar("Figure")


@dataclass
class Gathering:
    """Figures, checks and what is missing, so far."""

    figures: dict[str, Any] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def attempt(self, what: str, measure: Callable[[], Figure]) -> Figure | None:
        """What was measured; None, and a missing figure with the reason, where a source failed."""
        try:
            return measure()
        except WeatherError as error:
            self.lacks(what, str(error))
            return None

    def lacks(self, what: str, why: str) -> None:
        """One more figure that could not be measured."""
        self.missing.append(Missing(what, why))

    def why(self, what: str) -> str:
        """Why a figure is missing."""
        return next((gap.why for gap in self.missing if gap.what == what), f"{what}: not measured")

    def section(self, name: str) -> Section:
        """What was gathered."""
        return Section(name, self.figures, tuple(self.checks), tuple(self.missing))


@dataclass(frozen=True, slots=True)
class Rule:
    """What a check is called and how a breach of it is taken.

    Attributes:
        name: of the alert.
        unit: of value and limit.
        severity: of a breach.
    """

    name: str
    unit: str = ""
    severity: Severity = Severity.WARNING

    def above(self, value: float, limit: float, detail: str, subject: str = "") -> Check:
        """A figure that may be as large as its limit, and no larger."""
        return self._held(value, limit, detail, subject, breach=value > limit)

    def below(self, value: float, limit: float, detail: str, subject: str = "") -> Check:
        """A figure that may be as small as its limit, and no smaller."""
        return self._held(value, limit, detail, subject, breach=value < limit)

    def state(self, detail: str, subject: str = "", *, well: bool) -> Check:
        """What is well or not, and is no figure."""
        status = Status.OK if well else Status.BREACH
        return Check(self.name, subject, status, self.severity, None, None, self.unit, detail)

    def unknown(self, why: str, limit: float | None = None, subject: str = "") -> Check:
        """A figure that was not measured."""
        return Check(self.name, subject, Status.UNKNOWN, self.severity, None, limit, self.unit, why)

    def _held(self, value: float, limit: float, detail: str, subject: str, *, breach: bool) -> Check:
        status = Status.BREACH if breach else Status.OK
        return Check(self.name, subject, status, self.severity, value, limit, self.unit, detail)
