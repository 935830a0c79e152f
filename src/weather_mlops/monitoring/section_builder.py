"""Builds a section: a part that can't be measured becomes a missing figure, and the other parts go on.

``SectionBuilder.attempt`` is the only place that catches every exception. Whatever is wrong with one source,
with a stored object or with our own code for it: people must still see the other figures, and that this one
is missing, and why. Elsewhere an unexpected exception ends the task.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from weather_mlops.errors import WeatherError
from weather_mlops.lake.documents import LARGEST_FIGURE
from weather_mlops.monitoring.checks import Check, CheckSeverity, Missing, Section, Status
from weather_mlops.monitoring.figures.data import DataQualityFigures
from weather_mlops.monitoring.figures.model import ModelPerformanceFigures
from weather_mlops.monitoring.figures.official import OfficialForecastFigures
from weather_mlops.monitoring.figures.system import SystemHealthFigures

log = logging.getLogger(__name__)

Figure = TypeVar("Figure")
SectionFigures = TypeVar(
    "SectionFigures",
    SystemHealthFigures,
    DataQualityFigures,
    ModelPerformanceFigures,
    OfficialForecastFigures,
)


@dataclass
class SectionBuilder(Generic[SectionFigures]):
    """Collects figures, checks and missing figures of a section."""

    figures: SectionFigures
    checks: list[Check] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def attempt(self, what: str, measure: Callable[[], Figure]) -> Figure | None:
        """Measure a figure; if that fails, return None and add it to the missing figures with the reason.

        A timeout of the task still ends the task: Airflow's timeout is no ``Exception``.

        Args:
            what: name of the figure.
            measure: function that returns the figure.
        """
        try:
            return measure()
        except WeatherError as error:
            self.add_missing(what, str(error))
        except Exception as error:
            log.exception("not measured: %s", what)
            self.add_missing(what, f"{type(error).__name__}: {error}; the log of this task has the traceback")
        return None

    def measure_part(
        self, what: str, rules: Sequence["Rule"], measure: Callable[[], None], *, subject: str = ""
    ) -> None:
        """Measure several figures and checks; if that fails, the checks that are left are unknown.

        Args:
            what: name of the part.
            rules: rules of the checks that the part adds.
            measure: function that adds figures and checks to this section.
            subject: subject of these checks.
        """

        def whole() -> bool:
            measure()
            return True

        if not self.attempt(what, whole):
            checked = {check.name for check in self.checks if not subject or check.subject == subject}
            reason = self.reason(what)
            self.checks += [
                rule.unknown(reason, subject=subject) for rule in rules if rule.name not in checked
            ]

    def add_missing(self, what: str, reason: str) -> None:
        """Add a figure that could not be measured; repeated entries are added once."""
        if (gap := Missing(what, reason)) not in self.missing:
            self.missing.append(gap)

    def reason(self, what: str) -> str:
        """Return the reason why a figure is missing."""
        return next((gap.why for gap in self.missing if gap.what == what), f"{what}: not measured")

    def section(self, name: str) -> Section:
        """Return the section."""
        return Section(name, self.figures, tuple(self.checks), tuple(self.missing))


@dataclass(frozen=True, slots=True)
class Rule:
    """Name, unit and severity of a check.

    Attributes:
        name: name of the alert that a breach opens.
        unit: unit of value and limit.
        severity: severity of a breach.
    """

    name: str
    unit: str = ""
    severity: CheckSeverity = CheckSeverity.WARNING

    def above(self, value: float, limit: float, detail: str, subject: str = "") -> Check:
        """Check a figure that must not exceed its limit."""
        return self._compared(value, limit, detail, subject, breach=value > limit)

    def below(self, value: float, limit: float, detail: str, subject: str = "") -> Check:
        """Check a figure that must not fall below its limit."""
        return self._compared(value, limit, detail, subject, breach=value < limit)

    def state(self, detail: str, subject: str = "", *, well: bool) -> Check:
        """Check a state that is good or not, without a figure."""
        status = Status.OK if well else Status.BREACH
        return Check(self.name, subject, status, self.severity, None, None, self.unit, detail)

    def unknown(
        self, reason: str, limit: float | None = None, subject: str = "", *, awaits: str = ""
    ) -> Check:
        """Return the check of a figure that was not measured; ``awaits`` as in ``Check``."""
        limit, status = _storable(limit), Status.UNKNOWN
        return Check(self.name, subject, status, self.severity, None, limit, self.unit, reason, awaits)

    def _compared(self, value: float, limit: float, detail: str, subject: str, *, breach: bool) -> Check:
        if math.isnan(value) or math.isnan(limit):
            return self.unknown(f"figure or limit is not a number: {detail}", limit, subject)
        status = Status.BREACH if breach else Status.OK
        figures = _storable(value), _storable(limit)
        return Check(self.name, subject, status, self.severity, *figures, self.unit, detail)


def _storable(value: float | None) -> float | None:
    """Return a number that a document may contain, else None: it would make the whole section unreadable.

    Limits are larger if somebody disabled a check with a huge limit.
    """
    return value if value is not None and abs(value) <= LARGEST_FIGURE else None
