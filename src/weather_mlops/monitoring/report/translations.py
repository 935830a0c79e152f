"""Messages, figures and names in the language of a report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from weather_mlops.errors import Misconfigured
from weather_mlops.formatting import apart
from weather_mlops.model.targets import TARGETS
from weather_mlops.monitoring.checks import Check
from weather_mlops.monitoring.report.messages import LANGUAGES, Translation
from weather_mlops.monitoring.report.messages.alerts import ALERTS
from weather_mlops.monitoring.report.messages.checks import CHECKS
from weather_mlops.monitoring.report.messages.data import DATA
from weather_mlops.monitoring.report.messages.frame import FRAME
from weather_mlops.monitoring.report.messages.model import MODEL
from weather_mlops.monitoring.report.messages.official import OFFICIAL
from weather_mlops.monitoring.report.messages.system import SYSTEM
from weather_mlops.pages.markup import MISSING, NBSP
from weather_mlops.stations import load_stations
from weather_mlops.variables import BY_NAME

MESSAGES: Final[Mapping[str, Translation]] = {**FRAME, **SYSTEM, **DATA, **MODEL, **OFFICIAL, **ALERTS}
WHOLE: Final = 1000
"""From here on a figure of a check is shown without decimals."""
DIGITS: Final = 4
"""Significant digits of a figure of a check, as a rule."""


@dataclass(frozen=True, slots=True)
class Translator:
    """The texts of a report in one language; plain text, not HTML.

    Attributes:
        language: one of LANGUAGES.

    Raises:
        Misconfigured: there is no such language.
    """

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise Misconfigured(f"language {self.language!r} is not known; use one of {', '.join(LANGUAGES)}")

    def __call__(self, key: str, /, **values: str | float) -> str:
        """A message with its placeholders filled."""
        return self.of(MESSAGES[key]).format(**values)

    def of(self, message: Translation) -> str:
        """A message in this language, without filling its placeholders."""
        return str(getattr(message, self.language))

    def check(self, name: str) -> str:
        """The label of a check."""
        return self.of(CHECKS[name]) if name in CHECKS else name.replace("_", " ")

    def subject(self, subject: str) -> str:
        """A check's subject with the names of stations, variables and targets: ``108:air_temperature_c``."""
        return ", ".join(map(self.thing, subject.split(":")))

    def thing(self, name: str) -> str:
        """The name of a station, variable or target; anything else as it is."""
        if name in TARGETS:
            return self.variable(TARGETS[name].column)
        if name in BY_NAME:
            return self.variable(name)
        known = {str(station.id): station for station in load_stations()}
        if name not in known:
            return name
        return self.station(known[name].id, known[name].english, known[name].korean)

    def station(self, station_id: int, english: str, korean: str) -> str:
        """The name and id of a station."""
        return f"{korean if self.language == 'ko' else english} ({station_id})"

    def variable(self, name: str) -> str:
        """The label of an observed variable."""
        if name not in BY_NAME:
            return name
        return BY_NAME[name].korean if self.language == "ko" else BY_NAME[name].english

    def titles(self, checks: Iterable[Check]) -> list[str]:
        """The labels of checks with what they are about, one text for all checks of a name."""
        subjects: dict[str, list[str]] = {}
        for check in checks:
            subjects.setdefault(check.name, []).append(self.subject(check.subject))
        return [
            f"{self.check(name)} ({', '.join(about)})" if any(about) else self.check(name)
            for name, about in subjects.items()
        ]

    def titled(self, check: Check) -> str:
        """The label of a check and what it is about."""
        return self.problem(check.problem)

    def problem(self, problem: str) -> str:
        """The label of a problem and what it is about, by ``Check.problem``: ``sensor_bias:108``."""
        name, _, subject = problem.partition(":")
        return f"{self.check(name)}, {self.subject(subject)}" if subject else self.check(name)


def figure(value: float | None, unit: str = "", *, limit: float | None = None, signed: bool = False) -> str:
    """A figure of a check with four significant digits and its unit; plain text.

    Args:
        value: the figure.
        unit: its unit.
        limit: its limit: the figure gets more digits where four would show no difference.
        signed: with a + before a figure above 0.
    """
    if value is None:
        return MISSING
    sign = "+" if signed else ""

    def written(each: float, digits: int) -> str:
        if abs(each) >= WHOLE:
            return f"{each:{sign}z,.{digits - DIGITS}f}"
        return f"{each:{sign}z.{digits}g}"

    text = apart(value, () if limit is None else (limit,), written, DIGITS).replace("-", "−")
    return f"{text}{NBSP}{unit}" if unit else text
