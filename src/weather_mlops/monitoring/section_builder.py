"""A section while it is measured: a part that fails becomes a missing figure, and the rest goes on.

``Gathering.attempt`` is the one place that catches every exception. Whatever is wrong with one source, with
an object that was kept, or with our own code for it: people must still see the other figures, and that this
one is missing, and why. Elsewhere an unknown exception ends the task.
"""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from weather_mlops.errors import WeatherError
from weather_mlops.lake.documents import LARGEST_FIGURE
from weather_mlops.monitoring.checks import Check, CheckSeverity, Missing, Section, Status

log = logging.getLogger(__name__)

Figure = TypeVar("Figure")


@dataclass
class Gathering:
    """Figures, checks and what is missing, so far."""

    figures: dict[str, Any] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    def attempt(self, what: str, measure: Callable[[], Figure]) -> Figure | None:
        """Measure a figure; None, and a missing figure with the reason, where that fails.

        A time limit of the task ends it: Airflow's is no ``Exception``.

        Args:
            what: name of the figure.
            measure: gives it.
        """
        try:
            return measure()
        except WeatherError as error:
            self.lacks(what, str(error))
        except Exception as error:
            log.exception("not measured: %s", what)
            self.lacks(what, f"{type(error).__name__}: {error}; the log of this task has the traceback")
        return None

    def part(
        self, what: str, rules: Sequence["Rule"], measure: Callable[[], None], *, subject: str = ""
    ) -> None:
        """Measure several figures and checks; where that fails, the checks that are not made are unknown.

        Args:
            what: name of the part.
            rules: that it has a check of, each.
            measure: adds its figures and checks to this section.
            subject: of these checks.
        """

        def whole() -> bool:
            measure()
            return True

        if not self.attempt(what, whole):
            made = {check.name for check in self.checks if not subject or check.subject == subject}
            why = self.why(what)
            self.checks += [rule.unknown(why, subject=subject) for rule in rules if rule.name not in made]

    def lacks(self, what: str, why: str) -> None:
        """One more figure that could not be measured; once, however often it is asked for."""
        if (gap := Missing(what, why)) not in self.missing:
            self.missing.append(gap)

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
    severity: CheckSeverity = CheckSeverity.WARNING

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

    def unknown(self, why: str, limit: float | None = None, subject: str = "", *, awaits: str = "") -> Check:
        """A figure that was not measured; ``awaits`` as in ``Check``."""
        limit = _storable(limit)
        return Check(self.name, subject, Status.UNKNOWN, self.severity, None, limit, self.unit, why, awaits)

    def _held(self, value: float, limit: float, detail: str, subject: str, *, breach: bool) -> Check:
        if math.isnan(value) or math.isnan(limit):
            return self.unknown(f"there is no figure, or no limit: {detail}", limit, subject)
        status = Status.BREACH if breach else Status.OK
        held = _storable(value), _storable(limit)
        return Check(self.name, subject, status, self.severity, *held, self.unit, detail)


def _storable(value: float | None) -> float | None:
    """A number that a document may hold; None for others: one of them would make a whole section unreadable.

    A limit is larger where somebody switched a check off by it.
    """
    return value if value is not None and abs(value) <= LARGEST_FIGURE else None
