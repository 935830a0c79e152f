"""The table of words: ``table.toml`` read and checked."""

import fnmatch
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from authoring.wording.names import NAME_KINDS, Name, parts_of

TABLE: Final = Path(__file__).with_suffix(".toml")
ANYWHERE: Final = "anywhere"
PROSE: Final = "prose"
NAME: Final = "name"
PART: Final = "part"
MODULE: Final = "module"
KINDS: Final = (ANYWHERE, PROSE, NAME, PART, MODULE)
EVERY_WORD: Final = "*"

_VARIABLE: Final = re.compile(r"\([^)]*\)\??|.\?|\s+")  # pieces of a word that its forms don't share
# Between the words of a phrase: also a line break, with the sign of a comment, a quotation, a list, a table.
_GAP: Final = r"[\s#>*|]+"
# Latin letters go on with a word; underscores, digits, the letter of an escape such as \n, and the particles
# that Korean puts after a word don't.
_START: Final = r"(?:(?<![A-Za-z])|(?<=\\[nrt]))"
_END: Final = r"(?![A-Za-z])"


@dataclass(frozen=True)
class Word:
    """One entry of the table.

    Attributes:
        word: a word, a phrase, or a regular expression for its forms, such as ``answer(s|ed)?``.
        kind: how it is looked for, one of ``KINDS``.
        write: what to write instead.
        paths: globs of the files that it is looked for in; ``*`` matches slashes too.
        of: kinds of names that it is looked for among, of ``NAME_KINDS``; empty: all.
        case: whether capitals count.
    """

    word: str
    kind: str
    write: str
    paths: tuple[str, ...] = ("*",)
    of: tuple[str, ...] = ()
    case: bool = False

    @cached_property
    def in_text(self) -> re.Pattern[str]:
        """Find the word in a text."""
        return re.compile(f"{_START}(?:{_GAP.join(self.word.split(' '))}){_END}", self._flags)

    @cached_property
    def whole(self) -> re.Pattern[str]:
        """Match a name, or a part of one, that is the word."""
        return re.compile(self.word, self._flags)

    @cached_property
    def literal(self) -> str:
        """The longest piece that all forms have, in lower case: a text without it needs no search."""
        return max(_VARIABLE.split(self.word), key=len).lower()

    @property
    def _flags(self) -> re.RegexFlag:
        return re.NOFLAG if self.case else re.IGNORECASE

    def is_in(self, name: Name) -> bool:
        """Whether a name is the word, or for the kind ``part`` has it as a part."""
        if self.of and name.kind not in self.of:
            return False
        candidates = parts_of(name.text) if self.kind == PART else (name.text.strip("_"),)
        return any(self.whole.fullmatch(candidate) for candidate in candidates)


@dataclass(frozen=True)
class Exemption:
    """A place where a word may stand.

    Attributes:
        word: as in the table; ``*``: every word.
        at: glob of the files.
        reason: why the word stays.
        text: what the line must contain; empty: any line of these files.
    """

    word: str
    at: str
    reason: str
    text: str = ""

    def allows(self, word: Word, path: str, line: str) -> bool:
        """Whether a word may stand on a line of a file."""
        return self.word in {EVERY_WORD, word.word} and matches(path, (self.at,)) and self.text in line


@dataclass(frozen=True)
class Table:
    """All words, and where they may stand.

    Attributes:
        words: what is looked for.
        exemptions: where a word may stand all the same.
        skipped: globs of files that are not read.
    """

    words: tuple[Word, ...]
    exemptions: tuple[Exemption, ...] = ()
    skipped: tuple[str, ...] = ()


def load(path: Path = TABLE) -> Table:
    """Read a table.

    Raises:
        ValueError: an entry has an unknown kind, or an exception names no word of the table or has no reason.
    """
    raw = tomllib.loads(path.read_text("utf-8"))
    words = tuple(_word(entry) for entry in raw["words"])
    exemptions = tuple(Exemption(**entry) for entry in raw.get("exceptions", []))
    known = {EVERY_WORD, *(word.word for word in words)}
    for exemption in exemptions:
        if exemption.word not in known:
            raise ValueError(f"{path.name}: exception for {exemption.word!r}, which is no word of the table")
    for entry in (*raw.get("exceptions", []), *raw.get("skipped", [])):
        if not entry.get("reason"):
            raise ValueError(f"{path.name}: no reason for the exception {entry}")
    return Table(words, exemptions, tuple(entry["at"] for entry in raw.get("skipped", [])))


def matches(path: str, globs: Iterable[str]) -> bool:
    """Whether a path fits one of the globs; ``*`` matches slashes too."""
    return any(fnmatch.fnmatchcase(path, glob) for glob in globs)


def _word(entry: Mapping[str, Any]) -> Word:
    word = Word(
        word=entry["word"],
        kind=entry["kind"],
        write=entry["write"],
        paths=tuple(entry.get("paths", ("*",))),
        of=tuple(entry.get("of", ())),
        case=entry.get("case", False),
    )
    if word.kind in {ANYWHERE, PROSE} and "|" in _VARIABLE.sub("", word.word):
        raise ValueError(f"{word.word!r}: put alternatives in brackets")
    if word.kind not in KINDS:
        raise ValueError(f"{word.word!r}: unknown kind {word.kind!r}; kinds: {', '.join(KINDS)}")
    if unknown := set(word.of) - set(NAME_KINDS):
        raise ValueError(
            f"{word.word!r}: unknown kinds of names {sorted(unknown)}; kinds: {', '.join(NAME_KINDS)}"
        )
    return word
