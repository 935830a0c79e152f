"""Texts, figures and names in the language of a report or an alert."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from weather_mlops.formatting import apart
from weather_mlops.model.targets import TARGETS
from weather_mlops.monitoring.checks import Check
from weather_mlops.pages.figures import MISSING, NBSP
from weather_mlops.pages.languages import Language
from weather_mlops.pages.messages import MESSAGES, Translation
from weather_mlops.stations import stations_by_id
from weather_mlops.variables import BY_NAME

STATION_ID: Final = re.compile("[1-9][0-9]{0,5}")
WHOLE: Final = 1000
"""From here on a figure of a check is shown without decimals."""
DIGITS: Final = 4
"""Significant digits of a figure of a check, as a rule."""


@dataclass(frozen=True, slots=True)
class Translator(Language):
    """The texts of a language, and what checks, stations, variables and targets are called in it."""

    def check(self, name: str) -> str:
        """The label of a check."""
        label = MESSAGES.get(f"check_{name}")
        return self.of(label) if label else name.replace("_", " ")

    def subject(self, subject: str) -> str:
        """A check's subject with the names of stations, variables and targets: ``108:air_temperature_c``."""
        return ", ".join(map(self.thing, subject.split(":")))

    def thing(self, name: str) -> str:
        """The name of a station, variable or target; anything else as it is."""
        if name in TARGETS:
            return self.variable(TARGETS[name].column)
        if name in BY_NAME:
            return self.variable(name)
        known = stations_by_id().get(int(name)) if STATION_ID.fullmatch(name) else None
        return self.station(known.id, known.english, known.korean) if known else name

    def station(self, station_id: int, english: str, korean: str) -> str:
        """The name and id of a station."""
        return f"{self.of(Translation(english, korean))} ({station_id})"

    def variable(self, name: str) -> str:
        """The label of an observed variable."""
        known = BY_NAME.get(name)
        return self.of(Translation(known.english, known.korean)) if known else name

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
