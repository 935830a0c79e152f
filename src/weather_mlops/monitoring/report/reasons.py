"""The reasons of a verdict: one sentence for each kind of problem, the gravest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from weather_mlops.monitoring.checks import Check, CheckSeverity, Section, Status
from weather_mlops.monitoring.report.starting import Beginning, ToCome, to_come
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.monitoring.report.verdict import ReportVerdict, breaches, silent, unseen
from weather_mlops.pages.figures import kst

NAMED: Final = 5
"""Subjects that a sentence names at most; the table of checks has them all."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence of the verdict.

    Attributes:
        text: the sentence, or its beginning.
        weight: the verdict that this reason alone would give.
        checks: the checks that it is about; empty where there are none.
        detail: the rest of the sentence, in English; empty where the sentence is whole.
    """

    text: str
    weight: ReportVerdict
    checks: Sequence[Check] = ()
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The whole sentence."""
        return f"{self.text} {self.detail}" if self.detail else self.text


def reasons(sections: Sequence[Section], words: Translator, start: Beginning) -> list[Reason]:
    """The reasons of a verdict, at least one: problems, first steps still to come, or that all is well."""
    checks = [check for section in sections for check in section.checks]
    problems = [
        _breach(list(group), words) for _, group in groupby(breaches(checks), key=lambda check: check.name)
    ]
    problems += [
        Reason(words("report_silent", section=words(f"section_short_{section.name}")), ReportVerdict.WATCH)
        for section in sections
        if silent(section, start)
    ]
    measured = (check for section in sections if not silent(section, start) for check in section.checks)
    if hidden := unseen(measured, start):
        labels = _some(words.titles(hidden))
        problems.append(Reason(words("report_unseen", labels=labels), ReportVerdict.WATCH, hidden))
    coming = _starting(sections, words, start)
    return [*problems, *coming] if problems else [*coming, *_well(checks, words)]


def _breach(group: Sequence[Check], words: Translator) -> Reason:
    """A problem in a sentence; the worst check stands for all of its name."""
    worst = group[0]
    subject, label = words.subject(worst.subject), words.check(worst.name)
    values = {
        "figure": figure(worst.value, worst.unit, limit=worst.limit),
        "limit": figure(worst.limit, worst.unit),
    }
    weight = max((_weight(check) for check in group), key=list(ReportVerdict).index)
    bare, detail = worst.value is None or worst.limit is None, ""
    if len(group) > 1:
        subjects = _some([words.subject(check.subject) for check in group])
        text = (
            words("report_many_bare", label=label, n=len(group), subjects=subjects)
            if bare
            else words("report_many", label=label, n=len(group), subject=subject, **values)
        )
    elif bare:
        text, detail = f"{words.titled(worst)}:", worst.detail
    else:
        text = words("report_one", label=words.titled(worst), **values)
    return Reason(text, weight, group, detail)


def _well(checks: Sequence[Check], words: Translator) -> list[Reason]:
    measured = [check for check in checks if check.status is not Status.UNKNOWN]
    sentences = [Reason(words("report_all_well", n=len(measured)), ReportVerdict.WELL)]
    if rest := len(checks) - len(measured):
        sentences.append(Reason(words("report_some_unmeasured", n=rest), ReportVerdict.WELL))
    return sentences


def _starting(sections: Sequence[Section], words: Translator, start: Beginning) -> list[Reason]:
    steps = to_come(sections, start)
    if not steps:
        return []
    began = Reason(words("report_began", at=kst(start.at)), ReportVerdict.STARTING)
    return [began, *(Reason(_step(step, words), ReportVerdict.STARTING, step.checks) for step in steps)]


def _step(coming: ToCome, words: Translator) -> str:
    """A first step that is still to come: which one, when it runs, and until when it is no problem."""
    if coming.paused:
        when = words("report_step_paused", pipeline=coming.step.pipeline)
    elif coming.running:
        when = words("report_step_runs", pipeline=coming.step.pipeline)
    elif coming.next_run_at is not None:
        when = words("report_step_next", pipeline=coming.step.pipeline, at=kst(coming.next_run_at))
    else:
        when = coming.step.pipeline
    return words(
        "report_to_come",
        step=words(f"report_step_{coming.step.name}"),
        when=when,
        labels=_some(words.titles(coming.checks)),
        by=kst(coming.expected_by),
    )


def _weight(check: Check) -> ReportVerdict:
    return ReportVerdict.ACT if check.severity is CheckSeverity.CRITICAL else ReportVerdict.WATCH


def _some(names: Sequence[str]) -> str:
    """The first names of a list, and the number of the others."""
    return ", ".join(names[:NAMED]) + (f", … (+{len(names) - NAMED})" if len(names) > NAMED else "")
