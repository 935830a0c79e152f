"""Limits of a YAML file: checked before it is parsed, so that one file can't stop all others."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from weather_mlops.pipelines.describe import quoted
from weather_mlops.pipelines.findings import Finding, FindingSeverity

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 100
"""Levels of nested mappings and lists. A parser that goes deeper may end the whole process."""
MAX_DIGITS: Final = 100
"""Characters of a number or a date: longer ones take long to convert, and none is needed."""
MAX_NODES: Final = 50_000
"""Values of a file, with each alias counted as what it stands for: more is a bomb, not a pipeline."""
MAX_FILES: Final = 1000
"""Files of a folder: Airflow builds them in 15 s, and stops after 30 s."""
MAX_DIRECTIVES: Final = 100
"""Lines that begin with %: the parser compares each directive with all before it."""
MAX_DOCUMENTS: Final = 10
"""Documents of a file: only the first is read, and each further one is a finding."""


def read(path: Path) -> bytes | Finding:
    """A file's content, or a finding why it is not read: not a regular file, or too large.

    Type and size are read from the open file, so that they belong to the content. A file without a size, as
    in /proc, is read up to the limit.

    Raises:
        OSError: the file can't be opened or read.
    """
    # Without O_NONBLOCK, opening a pipe that nobody writes to would block.
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISDIR(status.st_mode):
            return _of_file(path, "unreadable", "this is a folder, not a file", "rename it, or remove it")
        if not stat.S_ISREG(status.st_mode):
            return _of_file(path, "unreadable", "this is a pipe or a device, not a file", "remove it")
        content = (file.read(MAX_BYTES + 1) or b"") if status.st_size <= MAX_BYTES else b""
    if max(status.st_size, len(content)) > MAX_BYTES:
        size = f"{status.st_size:,} bytes, more than" if status.st_size else "more bytes than"
        message = f"the file has {size} {MAX_BYTES:,}"
        return _of_file(path, "too-large", message, "split it into several files")
    return content


def bad_name(path: Path) -> Finding:
    """A finding of a file whose name Airflow's database or a terminal may not accept."""
    message = "the file's name contains characters that can't be printed, or bytes that are not UTF-8"
    return _of_file(path, "bad-name", message, "rename it: use letters and digits")


def too_many_files(path: Path, count: int) -> Finding:
    """A finding at the first file beyond the limit of a folder."""
    message = f"the folder has {count:,} files; the first {MAX_FILES:,} by name are read"
    return _of_file(path, "too-many", message, "put several pipelines into a file, or remove some")


def too_deep(file: str, line: int, column: int) -> Finding:
    """A finding of mappings and lists that are nested too deep."""
    return Finding(
        file,
        line,
        column,
        FindingSeverity.ERROR,
        "too-deep",
        "",
        f"mappings and lists are nested more than {MAX_DEPTH} levels deep here",
        "close the brackets and correct the indentation, or write it with fewer levels",
    )


def too_many_values(file: str, line: int, column: int) -> Finding:
    """A finding of more values than a pipeline can need."""
    message = f"more than {MAX_NODES:,} values, aliases included"
    return Finding(file, line, column, FindingSeverity.ERROR, "too-large", "", message, "split the file")


def too_many_directives(file: str, text: str) -> Finding | None:
    """A finding if too many lines of a file begin with %."""
    if text.count("\n%") <= MAX_DIRECTIVES:
        return None
    message = f"more than {MAX_DIRECTIVES} lines begin with %, as directives of YAML do"
    fix = "remove them: no pipeline needs a directive"
    return Finding(file, 1, 1, FindingSeverity.ERROR, "too-large", "%", message, fix)


def endless(file: str, events: Iterator[yaml.Event]) -> Finding | None:
    """A finding if values are nested too deep or inside themselves, or are too many.

    Raises:
        yaml.YAMLError: the text can't be parsed.
    """
    inside: list[str | None] = []
    nodes = documents = 0
    for event in events:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        nodes += isinstance(event, yaml.NodeEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if nodes > MAX_NODES:
            return too_many_values(file, 1, 1)
        if documents > MAX_DOCUMENTS:
            message = f"the file has more than {MAX_DOCUMENTS} documents: only the first one is read"
            fix = "move each to a file of its own, or remove the lines ---"
            return Finding(file, line, column, FindingSeverity.ERROR, "second-document", "---", message, fix)
        if isinstance(event, yaml.CollectionStartEvent):
            inside.append(event.anchor)
            if len(inside) > MAX_DEPTH:
                return too_deep(file, line, column)
        elif isinstance(event, yaml.CollectionEndEvent):
            inside.pop()
        elif isinstance(event, yaml.AliasEvent) and event.anchor in inside:
            name = quoted(event.anchor)
            message = f"*{name} is inside &{name}, which it refers to"
            fix = "remove it, or name another anchor"
            return Finding(file, line, column, FindingSeverity.ERROR, "alias", f"*{name}", message, fix)
    return None


def _of_file(path: Path, rule: str, message: str, fix: str) -> Finding:
    return Finding(str(path), 1, 1, FindingSeverity.ERROR, rule, "", message, fix)
