"""Messages, figures and names in the language of a report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.errors import Misconfigured
from weather_mlops.formatting import apart
from weather_mlops.kma.stations import load_stations
from weather_mlops.model.targets import TARGETS
from weather_mlops.monitoring.checks import Check
from weather_mlops.monitoring.report.messages import LANGUAGES, Translation
from weather_mlops.monitoring.report.messages.alerts import ALERTS
from weather_mlops.monitoring.report.messages.checks import CHECKS
from weather_mlops.monitoring.report.messages.data import DATA
from weather_mlops.monitoring.report.messages.frame import FRAME
from weather_mlops.monitoring.report.messages.model import MODEL
from weather_mlops.monitoring.report.messages.system import SYSTEM
from weather_mlops.pages.markup import MISSING, NBSP
from weather_mlops.variables import BY_NAME

MESSAGES: Final[Mapping[str, Translation]] = {**FRAME, **SYSTEM, **DATA, **MODEL, **ALERTS}
WHOLE: Final = 1000
"""From here on a figure of a check is told without decimals."""
DIGITS: Final = 4
"""Significant digits of a figure of a check, as a rule."""


@dataclass(frozen=True, slots=True)
class Translator:
    """What is said, in one language; plain text, not HTML.

    Attributes:
        language: of LANGUAGES.

    Raises:
        Misconfigured: there is no such language.
    """

    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise Misconfigured(f"language {self.language!r} is not known; there are {', '.join(LANGUAGES)}")

    def __call__(self, key: str, /, **values: str | float) -> str:
        """A message, its placeholders filled."""
        return self.of(MESSAGES[key]).format(**values)

    def of(self, message: Translation) -> str:
        """A message as it stands."""
        return str(getattr(message, self.language))

    def check(self, name: str) -> str:
        """A check by its name."""
        return self.of(CHECKS[name]) if name in CHECKS else name.replace("_", " ")

    def subject(self, subject: str) -> str:
        """What a check is about, stations, variables and targets by name: ``108:air_temperature_c``."""
        return ", ".join(map(self.thing, subject.split(":")))

    def thing(self, name: str) -> str:
        """A station, a variable or a target by its name; anything else as it is."""
        if name in TARGETS:
            return self.variable(TARGETS[name].column)
        if name in BY_NAME:
            return self.variable(name)
        known = {str(station.id): station for station in load_stations()}
        if name not in known:
            return name
        return self.station(known[name].id, known[name].english, known[name].korean)

    def station(self, number: int, english: str, korean: str) -> str:
        """A station by name and number."""
        return f"{korean if self.language == 'ko' else english} ({number})"

    def variable(self, name: str) -> str:
        """An observed variable by its label."""
        if name not in BY_NAME:
            return name
        return BY_NAME[name].korean if self.language == "ko" else BY_NAME[name].english

    def titles(self, checks: Iterable[Check]) -> list[str]:
        """Checks of one name together, with what they are about."""
        subjects: dict[str, list[str]] = {}
        for check in checks:
            subjects.setdefault(check.name, []).append(self.subject(check.subject))
        return [
            f"{self.check(name)} ({', '.join(about)})" if any(about) else self.check(name)
            for name, about in subjects.items()
        ]

    def titled(self, check: Check) -> str:
        """A check and what it is about."""
        return self.problem(check.problem)

    def problem(self, problem: str) -> str:
        """The same by the problem's name: ``sensor_bias:108``."""
        name, _, subject = problem.partition(":")
        return f"{self.check(name)}, {self.subject(subject)}" if subject else self.check(name)


def figure(value: float | None, unit: str = "", *, limit: float | None = None, signed: bool = False) -> str:
    """A figure of a check, four digits of it, with its unit; plain text.

    Args:
        value: the figure.
        unit: of it.
        limit: what it is compared with: more digits where four would show no difference.
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


def time(moment: datetime) -> str:
    """A time for people."""
    return f"{moment.astimezone(KST):%Y-%m-%d %H:%M}{NBSP}KST"
