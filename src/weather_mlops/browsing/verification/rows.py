"""Rows of the tables of verification: the errors of all forecasts at one lead, hour, station or day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from weather_mlops.documents.verification import PooledErrors
from weather_mlops.documents.verification_windows import Errors, Groups
from weather_mlops.lake.verification_columns import OURS
from weather_mlops.pages.languages import Language


@dataclass(frozen=True, slots=True)
class Scope:
    """What all tables and charts of a page have in common.

    Attributes:
        shown: forecasts that have figures.
        other: the one that ours is compared with, on the same rows; empty where there is none.
        unit: of all errors.
        words: the reader's language.
    """

    shown: Sequence[str]
    other: str
    unit: str
    words: Language

    def name(self, forecast: str) -> str:
        """A forecast's name for the reader."""
        return self.words(f"verification_{forecast}")


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A row of a table.

    Attributes:
        member: lead, hour or station id.
        name: the same for the reader.
        errors: by forecast.
        gain: RMSE of the other forecast minus that of ours, in the target's unit; None where one is missing.
    """

    member: int
    name: str
    errors: Mapping[str, PooledErrors]
    gain: float | None

    def rmse(self, forecast: str) -> float | None:
        """The RMSE of a forecast; None where it has no figure."""
        return self.errors[forecast]["rmse"] if forecast in self.errors else None

    def bias(self, forecast: str) -> float | None:
        """The bias of a forecast; None where it has no figure."""
        return self.errors[forecast]["bias"] if forecast in self.errors else None

    @property
    def n(self) -> int:
        """The number of forecasts that were compared: of ours, or of any where there is none of ours."""
        counts = {name: errors["n"] for name, errors in self.errors.items()}
        return counts.get(OURS, max(counts.values(), default=0))


def rows_of(groups: Groups, name: Callable[[int], str], other: str) -> list[ErrorRow]:
    """The rows of a table, by member.

    Args:
        groups: errors by member.
        name: of a member, for the reader.
        other: the forecast that ours is compared with; empty for none.
    """
    members = sorted((int(member), errors) for member, errors in groups.items() if errors)
    return [ErrorRow(member, name(member), errors, _gain(errors, other)) for member, errors in members]


def _gain(errors: Errors, other: str) -> float | None:
    if OURS not in errors or other not in errors:
        return None
    return errors[other]["rmse"] - errors[OURS]["rmse"]
