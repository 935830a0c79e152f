"""What a check of a pipeline's YAML found: where, what is wrong, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

SHORT: Final = 5  # letters: two that changed places make up half of the word


class Severity(StrEnum):
    """Whether a file may reach Airflow."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake in one file.

    Attributes:
        file: its path, as it was given.
        line: counted from 1.
        column: counted from 1.
        severity: an error keeps the file from Airflow, a warning doesn't.
        rule: its short name: ``unknown-key``.
        text: the offending text.
        message: what is wrong.
        mend: what is allowed, and what to write instead.
    """

    file: str
    line: int
    column: int
    severity: Severity
    rule: str
    text: str
    message: str
    mend: str

    def __str__(self) -> str:
        """One line for people: ``pipelines/a.yml:3:5: error: … [rule]``."""
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: {self.severity}: {self.message}; {self.mend} [{self.rule}]"


def errors(found: Iterable[Finding]) -> list[Finding]:
    """Those that keep a file from Airflow."""
    return [finding for finding in found if finding.severity is Severity.ERROR]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like a mistyped one; None where none is."""
    known = tuple(known)
    if word in known:
        return word
    words = {candidate.lower(): candidate for candidate in known}
    like = get_close_matches(word.lower(), words, n=1, cutoff=0.7 if len(word) > SHORT else 0.6)
    return words[like[0]] if like else None
