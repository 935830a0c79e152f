"""Why a verdict is what it is: one sentence for each kind of problem, the gravest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from weather_mlops.monitoring.findings import Check, Section, Severity, Status
from weather_mlops.monitoring.report.verdict import Verdict, breaches, silent, unseen
from weather_mlops.monitoring.report.words import Words, figure

NAMED: Final = 5
"""Subjects that a sentence names; the table of checks has them all."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence of the verdict.

    Attributes:
        text: plain.
        weight: what it asks for by itself.
        checks: that it is about; empty where there are none.
    """

    text: str
    weight: Verdict
    checks: Sequence[Check] = ()


def reasons(sections: Sequence[Section], words: Words) -> list[Reason]:
    """At least one."""
    checks = [check for section in sections for check in section.checks]
    told = [
        _breach(list(group), words) for _, group in groupby(breaches(checks), key=lambda check: check.name)
    ]
    told += [
        Reason(words("silent", section=words(f"of_{section.name}")), Verdict.WATCH)
        for section in sections
        if silent(section)
    ]
    if hidden := unseen(check for section in sections if not silent(section) for check in section.checks):
        labels = _some(words.titles(hidden))
        told.append(Reason(words("unseen", labels=labels), Verdict.WATCH, hidden))
    return told or _well(checks, words)


def _breach(group: Sequence[Check], words: Words) -> Reason:
    """What is wrong; the worst one stands for all of a name."""
    worst = group[0]
    subject, label = words.subject(worst.subject), words.check(worst.name)
    told = {"figure": figure(worst.value, worst.unit), "limit": figure(worst.limit, worst.unit)}
    weight = max((_weight(check) for check in group), key=list(Verdict).index)
    bare = worst.value is None or worst.limit is None
    if len(group) > 1:
        subjects = _some([words.subject(check.subject) for check in group])
        text = (
            words("many_bare", label=label, n=len(group), subjects=subjects)
            if bare
            else words("many", label=label, n=len(group), subject=subject, **told)
        )
    elif bare:
        text = words("one_bare", label=words.titled(worst), detail=worst.detail)
    else:
        text = words("one", label=words.titled(worst), **told)
    return Reason(text, weight, group)


def _well(checks: Sequence[Check], words: Words) -> list[Reason]:
    held = [check for check in checks if check.status is not Status.UNKNOWN]
    told = [Reason(words("all_well", n=len(held)), Verdict.WELL)]
    if rest := len(checks) - len(held):
        told.append(Reason(words("some_unmeasured", n=rest), Verdict.WELL))
    return told


def _weight(check: Check) -> Verdict:
    return Verdict.ACT if check.severity is Severity.CRITICAL else Verdict.WATCH


def _some(names: Sequence[str]) -> str:
    """The first few."""
    return ", ".join(names[:NAMED]) + (f", … (+{len(names) - NAMED})" if len(names) > NAMED else "")
