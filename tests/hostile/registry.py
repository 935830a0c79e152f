"""All hostile entries: what each of them attacks, and what is expected of whoever reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

SECONDS = 10.0
"""Of processor time, in which each entry is answered: unguarded, it would be minutes, or without an end.

benchmarks/validation.py prints what they take on a quiet machine, where one second is the limit. Two
processes that share a core have been seen to take three times as much each.
"""


class Kind(StrEnum):
    PIPELINE = "a file of pipelines/"
    FOLDER = "a folder of pipelines"
    FILE = "a file of observations"
    RESPONSE = "what an HTTP server sends"
    OBJECT = "an object in the bucket"
    BACKUP = "the tar of a backup"


@dataclass(frozen=True)
class Entry:
    """Something hostile.

    Attributes:
        name: unique within its kind.
        kind: what it is, and so who reads it.
        attacks: what would go wrong.
        expected: the rule of a finding, or the name of an error; None where it must be accepted.
        make: its content; or, given a path, puts it there.
    """

    name: str
    kind: Kind
    attacks: str
    expected: str | None
    make: Callable[[], bytes | str] | Callable[[Path], None]
    puts_itself: bool = False

    @cache  # noqa: B019  entries live as long as the tests, and some take a second to make
    def content(self) -> bytes:
        content = self.make()  # type: ignore[call-arg]
        return content.encode() if isinstance(content, str) else content

    def put(self, path: Path) -> Path:
        if self.puts_itself:
            self.make(path)  # type: ignore[call-arg]
        else:
            path.write_bytes(self.content())
        return path

    def __str__(self) -> str:
        return self.name


def entries(kind: Kind) -> Sequence[Entry]:
    """All entries of a kind."""
    return [entry for entry in everything() if entry.kind is kind]


def everything() -> Sequence[Entry]:
    """All entries."""
    from tests.hostile import observation_files, pipeline_files, responses, stored_objects  # noqa: PLC0415

    modules = (pipeline_files, observation_files, responses, stored_objects)
    return [entry for module in modules for entry in module.ENTRIES]
