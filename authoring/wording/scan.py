"""Look for the words of the table in the files of the project."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from authoring.wording.names import names
from authoring.wording.table import (
    ANYWHERE,
    MODULE,
    NAME,
    PART,
    PROSE,
    TABLE,
    Exemption,
    Table,
    Word,
    matches,
)
from authoring.wording.texts import prose_of
from weather_mlops.pipelines.findings import Finding, FindingSeverity

SUFFIXES: Final = frozenset(
    {".cfg", ".css", ".html", ".in", ".j2", ".js", ".json", ".md"}
    | {".py", ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml"}
)
FILES: Final = frozenset({"Makefile", "Dockerfile", "run"})
HIDDEN: Final = frozenset({".ci", ".github", ".pre-commit-config.yaml"})
"""Names with a leading dot that belong to the project; the others are caches and settings of a machine."""
NOT_OURS: Final = frozenset({"__pycache__", "build", "node_modules"})
SHOWN: Final = 80  # characters of a line in a message


@dataclass(frozen=True)
class Use:
    """A word of the table in a file.

    Attributes:
        word: its entry in the table.
        path: of the file, from the project's root, with slashes.
        line: counted from 1.
        column: counted from 1.
        text: the line; for a word in the name of a file, its path.
        name: the name given in Python, or of the file; empty in a text.
    """

    word: Word
    path: str
    line: int
    column: int
    text: str
    name: str = ""

    def finding(self) -> Finding:
        """The use in the form of ``make validate``."""
        message = f'"{self.word.word}" in {self.name or self.text.strip()[:SHOWN]}'
        fix = f"write {self.word.write}"
        return Finding(
            self.path,
            self.line,
            self.column,
            FindingSeverity.ERROR,
            f"wording-{self.word.kind}",
            self.text,
            message,
            fix,
        )


def project_files(root: Path, table: Table) -> list[Path]:
    """List the text files of a project that the table doesn't skip, sorted."""
    paths = []
    for folder, subfolders, file_names in os.walk(root):
        subfolders[:] = [name for name in subfolders if _is_ours(name)]
        paths += [Path(folder) / name for name in file_names if _is_ours(name)]
    return sorted(
        path
        for path in paths
        if (path.suffix in SUFFIXES or path.name in FILES)
        and not path.is_symlink()
        and not matches(relative(path, root), table.skipped)
    )


def uses(path: str, text: str, table: Table) -> Iterator[Use]:
    """Find the words of the table in one file, whether or not an exception allows them.

    Args:
        path: of the file, from the project's root, with slashes.
        text: of the file.
        table: what to look for.
    """
    python = path.endswith(".py")
    prose = prose_of(text) if python else text
    given = names(text) if python else []
    lines, lower = text.split("\n"), text.lower()
    for word in table.words:
        if not matches(path, word.paths):
            continue
        if word.kind in {ANYWHERE, PROSE} and word.literal in lower:
            yield from _in_text(word, path, text if word.kind == ANYWHERE else prose, lines)
        elif word.kind in {NAME, PART}:
            for name in filter(word.is_in, given):
                yield Use(word, path, name.line, name.column, lines[name.line - 1], name.text)
        yield from _in_path(word, path)


def check(root: Path, table: Table, paths: Sequence[str] = ()) -> tuple[list[Use], list[Exemption]]:
    """Look through a project.

    Args:
        root: of the project.
        table: what to look for.
        paths: files and folders, from the project's root, with slashes; none: all.

    Returns:
        The uses that no exception allows, by path and position; and the exceptions that allow nothing.
    """
    not_allowed, idle = [], set(table.exemptions)
    for file in project_files(root, table):
        path = relative(file, root)
        if not is_inside(path, paths):
            continue
        for use in uses(path, file.read_text("utf-8"), table):
            allowed_by = {each for each in table.exemptions if each.allows(use.word, path, use.text)}
            idle -= allowed_by
            if not allowed_by:
                not_allowed.append(use)
    ordered = sorted(not_allowed, key=lambda use: (use.path, use.line, use.column))
    return ordered, [each for each in table.exemptions if each in idle]


def stale(idle: Iterable[Exemption]) -> Iterator[Finding]:
    """Report exceptions that allow nothing: they would hide the word when it comes back."""
    lines = TABLE.read_text("utf-8").split("\n")
    path = relative(TABLE, TABLE.parents[2])
    for each in idle:
        entries = [number for number, line in enumerate(lines, 1) if each.reason in line]
        message = f'the exception for "{each.word}" at {each.at} allows nothing'
        fix = "remove it from the table"
        yield Finding(
            path, (*entries, 1)[0], 1, FindingSeverity.ERROR, "stale-exception", each.text, message, fix
        )


def counts(all_uses: Sequence[Use]) -> str:
    """Count uses by word, and by room (the folder of the file) and word; most first."""
    by_room: dict[str, Counter[str]] = {}
    for use in all_uses:
        by_room.setdefault(str(PurePosixPath(use.path).parent), Counter())[_entry(use.word)] += 1
    by_word = sum(by_room.values(), Counter())
    lines = [
        f"{by_word.total()} uses of {len(by_word)} entries in {len({use.path for use in all_uses})} files"
    ]
    lines += ["", "by word", *_table_lines(by_word)]
    for room in sorted(by_room):
        lines += ["", f"{room}: {by_room[room].total()}", *_table_lines(by_room[room])]
    return "\n".join(lines)


def is_inside(path: str, paths: Sequence[str]) -> bool:
    """Whether a path is one of several, or in a folder that is; of none, all are."""
    return not paths or any(each in {".", path} or path.startswith(f"{each}/") for each in paths)


def relative(path: Path, root: Path) -> str:
    """A path from the project's root, with slashes."""
    return path.relative_to(root).as_posix()


def _in_text(word: Word, path: str, text: str, lines: list[str]) -> Iterator[Use]:
    for match in word.in_text.finditer(text):
        line = text.count("\n", 0, match.start())
        column = match.start() - (text.rfind("\n", 0, match.start()) + 1)
        yield Use(word, path, line + 1, column + 1, lines[line])


def _in_path(word: Word, path: str) -> Iterator[Use]:
    """The word as a module's name; of the kind ``anywhere``, as a word of any file's name."""
    file = PurePosixPath(path)
    module = file.parent.name if file.name == "__init__.py" else file.stem
    named = word.kind == MODULE and file.suffix == ".py" and word.whole.fullmatch(module)
    if named or (word.kind == ANYWHERE and word.in_text.search(file.name)):
        yield Use(word, path, 1, 1, path, module)


def _is_ours(name: str) -> bool:
    if name in NOT_OURS or name.endswith(".egg-info"):
        return False
    return not name.startswith(".") or name in HIDDEN


def _entry(word: Word) -> str:
    return f"{word.word} ({word.kind})"


def _table_lines(counter: Counter[str]) -> list[str]:
    return [f"{count:6} {entry}" for entry, count in counter.most_common()]
