"""Findings of a check of a pipeline's YAML: where, what is wrong, and how to fix it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from weather_mlops.sources.quoting import escaped

MOST: Final = 100
"""Findings of one pipeline: more don't help, and looking up words that may be meant takes long."""
LONGEST: Final = 1000
"""Characters of a message, and of the text that it quotes."""
MOST_KNOWN: Final = 700
"""Candidates for a mistyped name, such as all time zones: comparing takes up to 20 µs each."""
LONGEST_WORD: Final = 250
"""Characters of a mistyped name that is looked up: no key, name or id is longer."""
SHORT: Final = 5  # letters: two swapped ones make up half of the word


class FindingSeverity(StrEnum):
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
        fix: what is allowed, and what to write instead.
    """

    file: str
    line: int
    column: int
    severity: FindingSeverity
    rule: str
    text: str
    message: str
    fix: str

    def __post_init__(self) -> None:
        """Shorten long quotations of the file, and escape what a terminal or a database may not accept."""
        for name in ("text", "message", "fix"):
            object.__setattr__(self, name, printable(shortened(getattr(self, name))))

    def __str__(self) -> str:
        """One line for people: ``pipelines/a.yml:3:5: error: … [rule]``."""
        location = f"{escaped(self.file)}:{self.line}:{self.column}"
        return f"{location}: {self.severity}: {self.message}; {self.fix} [{self.rule}]"


def shortened(text: str) -> str:
    """A text, shortened in the middle if it is too long for a message."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 4 :]}"


def printable(text: str) -> str:
    """A text that keeps its line breaks, with other unprintable characters escaped."""
    return text if text.isprintable() else "\n".join(map(escaped, text.splitlines()))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Those that keep a file from Airflow."""
    return [finding for finding in findings if finding.severity is FindingSeverity.ERROR]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word most similar to a mistyped one; None if none is similar."""
    known = tuple(known)
    if len(word) > LONGEST_WORD:
        return None
    if word in known:
        return word
    if len(known) > MOST_KNOWN:
        return None
    words = {candidate.lower(): candidate for candidate in known}
    like = get_close_matches(word.lower(), words, n=1, cutoff=0.7 if len(word) > SHORT else 0.6)
    return words[like[0]] if like else None
