"""What a check of a pipeline's YAML found: where, what is wrong, and how to mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Final

from weather_mlops.sources.quoting import escaped

MOST: Final = 100
"""Findings of one pipeline: more are no help, and the search for words that may be meant takes long."""
LONGEST: Final = 1000
"""Characters of a message, and of the text that it is about."""
MOST_KNOWN: Final = 700
"""Names among which the one that was meant is looked for, such as all time zones: up to 20 µs for each."""
LONGEST_WORD: Final = 250
"""Of which a mistyped one is looked up: no key, name or id has more."""
SHORT: Final = 5  # letters: two that changed places make up half of the word


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
        mend: what is allowed, and what to write instead.
    """

    file: str
    line: int
    column: int
    severity: FindingSeverity
    rule: str
    text: str
    message: str
    mend: str

    def __post_init__(self) -> None:
        """Cut what quotes a file at length, and leave out what a terminal or a database may not take."""
        for name in ("text", "message", "mend"):
            object.__setattr__(self, name, printable(shortened(getattr(self, name))))

    def __str__(self) -> str:
        """One line for people: ``pipelines/a.yml:3:5: error: … [rule]``."""
        place = f"{escaped(self.file)}:{self.line}:{self.column}"
        return f"{place}: {self.severity}: {self.message}; {self.mend} [{self.rule}]"


def shortened(text: str) -> str:
    """A text, cut in its middle where it is too long for a message."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 4 :]}"


def printable(text: str) -> str:
    """A text on several lines, other characters that can't be printed as escapes."""
    return text if text.isprintable() else "\n".join(map(escaped, text.splitlines()))


def errors(found: Iterable[Finding]) -> list[Finding]:
    """Those that keep a file from Airflow."""
    return [finding for finding in found if finding.severity is FindingSeverity.ERROR]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like a mistyped one; None where none is."""
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
