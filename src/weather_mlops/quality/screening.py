"""Which rows Great Expectations has to see: those that break a rule, and not the millions that don't.

Great Expectations copies the whole table several times for each rule, and a suite has dozens. But a rule
about a single value of a single row says the same of it whichever other rows there are. So the values of such
rules are compared here first, in one pass; Great Expectations gets the rows that break any of them, and gives
its verdict. What it counts in the whole table (values, missing ones, unexpected ones) is put into its result
afterwards. Any other rule, such as one about a mean, is evaluated on the whole table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

BETWEEN: Final = "expect_column_values_to_be_between"
NOT_NULL: Final = "expect_column_values_to_not_be_null"
SAMPLES: Final = ("partial_unexpected_counts", "partial_unexpected_index_list")
"""Figures of a result that take Great Expectations long, and are empty where a rule holds."""
SHOWN: Final = 20
"""Rows that a result shows of a rule; only of a critical rule every row matters."""

RuleKey: TypeAlias = tuple[str, str, float | None, float | None]
"""Type, column and limits: two rules that agree in these have the same counts."""


@dataclass(frozen=True, slots=True)
class ValueCounts:
    """What a rule meets in the whole table.

    Attributes:
        elements: rows.
        missing: rows without a value; 0 for a rule about missing values.
        unexpected: rows that break the rule.
    """

    elements: int
    missing: int
    unexpected: int

    def complete(self, result: dict[str, Any]) -> None:
        """Put the counts of the whole table into a result about some of its rows."""
        present = self.elements - self.missing
        figures = {
            "element_count": self.elements,
            "missing_count": self.missing,
            "missing_percent": _percent(self.missing, self.elements),
            "unexpected_count": self.unexpected,
            "unexpected_percent": _percent(self.unexpected, present),
            "unexpected_percent_nonmissing": _percent(self.unexpected, present),
            "unexpected_percent_total": _percent(self.unexpected, self.elements),
        }
        result |= {name: figure for name, figure in figures.items() if name in result}
        if not self.unexpected:
            result |= {name: [] for name in SAMPLES}


@dataclass(frozen=True)
class Screening:
    """Rules of single values, with what they meet in a table.

    Attributes:
        rules: expectations.
        others: expectations that need the whole table.
        rows: those that Great Expectations has to see, with their index in the whole table.
        counts: of the whole table.
    """

    rules: Sequence[Any]
    others: Sequence[Any]
    rows: "pd.DataFrame"
    counts: dict[RuleKey, ValueCounts]

    @property
    def broken(self) -> list[Any]:
        """Rules that some value breaks."""
        return [rule for rule in self.rules if self.counts[_key(rule)].unexpected]

    @property
    def unbroken(self) -> list[Any]:
        """Rules that no value breaks."""
        return [rule for rule in self.rules if not self.counts[_key(rule)].unexpected]

    def complete(self, entries: Iterable[Any]) -> None:
        """Put the counts of the whole table into Great Expectations' results about ``rows``."""
        for entry in entries:
            config = entry.expectation_config
            limits = (config.kwargs.get(name) for name in ("min_value", "max_value"))
            self.counts[config.type, config.kwargs["column"], *limits].complete(entry.result)


def screen(frame: "pd.DataFrame", rules: Iterable[Any]) -> Screening:
    """Compare the values of a table with the rules about single values.

    Args:
        frame: one row per audited row.
        rules: expectations of a suite.
    """
    simple, others, counts = [], [], dict[RuleKey, ValueCounts]()
    selected = np.zeros(len(frame), bool)
    for rule in rules:
        if not _is_about_values(rule, frame):
            others.append(rule)
            continue
        simple.append(rule)
        values = frame[rule.column].to_numpy()
        missing = np.isnan(values)
        unexpected = missing if rule.expectation_type == NOT_NULL else _outside(values, rule)
        rows = np.flatnonzero(unexpected)
        lacking = 0 if rule.expectation_type == NOT_NULL else int(missing.sum())
        counts[_key(rule)] = ValueCounts(len(frame), lacking, len(rows))
        selected[rows if rule.severity == "critical" else rows[:SHOWN]] = True
    return Screening(simple, others, frame[selected], counts)


def _is_about_values(rule: Any, frame: "pd.DataFrame") -> bool:
    """Whether a rule's verdict on a row needs no other row."""
    if rule.expectation_type not in {BETWEEN, NOT_NULL} or rule.mostly != 1 or rule.row_condition is not None:
        return False
    if rule.column not in frame or frame[rule.column].dtype != np.float64:
        return False
    limits = _key(rule)[2:]
    strict = getattr(rule, "strict_min", False) or getattr(rule, "strict_max", False)
    return not strict and all(limit is None or isinstance(limit, int | float) for limit in limits)


def _key(rule: Any) -> RuleKey:
    limits = (getattr(rule, name, None) for name in ("min_value", "max_value"))
    return (rule.expectation_type, rule.column, *limits)


def _outside(values: NDArray[np.float64], rule: Any) -> NDArray[np.bool_]:
    """Which values are beyond the limits; a missing one isn't."""
    outside = np.zeros(len(values), bool)
    if rule.min_value is not None:
        outside |= values < rule.min_value
    if rule.max_value is not None:
        outside |= values > rule.max_value
    return outside


def _percent(part: int, whole: int) -> float | None:
    return part / whole * 100 if whole else None  # in this order, as Great Expectations rounds it
