"""Syntax errors of YAML, with what helps to fix them: the line at fault and the usual cause."""

import re
from typing import Final

import yaml

from weather_mlops.pipelines.findings import Finding, FindingSeverity

_MUST_BE_QUOTED: Final = re.compile(r"""^[^#'"]*?[:\[,-]\s+([*@`%&!|>][^'"]*)$""")
LONGEST: Final = 1000  # characters of a line that are searched for the cause
LONGEST_NAME: Final = 60
_OPENED: Final = {
    "flow sequence": ("the list that begins here has no end", "close it with ]"),
    "flow mapping": ("the mapping that begins here has no end", "close it with }"),
    "quoted scalar": (
        "the text that begins here has no closing quote",
        "close it with the quote that it begins with",
    ),
}


def explain(file: str, text: str, error: yaml.YAMLError) -> Finding:
    """A finding of a text that PyYAML can't parse."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    context = str(getattr(error, "context", None) or "")
    opened = getattr(error, "context_mark", None)
    lines = text.splitlines()
    if "undefined alias" in problem and mark is not None:
        return _at(file, lines, mark, *_no_anchor(lines[mark.line][mark.column :]))
    if opened is not None:
        for kind, (message, fix) in _OPENED.items():
            if kind in context:
                return _at(file, lines, opened, message, fix)
    if "simple key" in context and opened is not None:
        message = "a key has no colon, or no space after it"
        return _at(
            file,
            lines,
            opened,
            message,
            "a key ends in a colon and a space, or a colon and the end of the line",
        )
    if mark is None:
        position = getattr(error, "position", 0)
        before = text[:position] if isinstance(position, int) else ""
        return Finding(
            file,
            before.count("\n") + 1,
            1,
            FindingSeverity.ERROR,
            "syntax",
            "",
            problem,
            "remove the character",
        )
    if "mapping values" in problem and (above := _without_colon(lines, mark)) is not None:
        message = f"{lines[above].strip()} has no colon at its end"
        return Finding(
            file,
            above + 1,
            1,
            FindingSeverity.ERROR,
            "syntax",
            lines[above].strip(),
            message,
            "a key ends in a colon",
        )
    return _at(file, lines, mark, *_cause(lines, mark.line, problem))


def empty(file: str) -> Finding:
    """A finding of an empty file."""
    return Finding(
        file,
        1,
        1,
        FindingSeverity.ERROR,
        "empty",
        "",
        "this file is empty",
        "declare a pipeline, or remove the file",
    )


def unreadable(file: str, error: OSError) -> Finding:
    """A finding of a file that can't be opened or read."""
    message = f"the file can't be read: {error.strerror or error}"
    return Finding(
        file, 1, 1, FindingSeverity.ERROR, "unreadable", "", message, "make it a file that Airflow may read"
    )


def not_utf8(file: str, content: bytes, at: int) -> Finding:
    """A finding of a file in another encoding."""
    line = content[:at].count(b"\n") + 1
    column = at - content.rfind(b"\n", 0, at)
    return Finding(
        file,
        line,
        column,
        FindingSeverity.ERROR,
        "encoding",
        repr(content[at : at + 1]),
        "this file is not UTF-8",
        "save it as UTF-8; CP949 and EUC-KR can't be read",
    )


def _at(file: str, lines: list[str], mark: yaml.Mark, message: str, fix: str) -> Finding:
    text = lines[mark.line].strip() if mark.line < len(lines) else ""
    return Finding(file, mark.line + 1, mark.column + 1, FindingSeverity.ERROR, "syntax", text, message, fix)


def _no_anchor(text: str) -> tuple[str, str]:
    name = text[1:].split(maxsplit=1)[0].rstrip(",]}")[:LONGEST_NAME]
    return f"no anchor above is named {name}", (
        f"use an existing one, or mark the value that is meant with &{name}; "
        f'a text that begins with a star needs quotes: "*{name}"'
    )


def _without_colon(lines: list[str], mark: yaml.Mark) -> int | None:
    """The line above, if it is meant as a key and YAML read it and this one as a text."""
    above = mark.line - 1
    if above < 0 or ":" in lines[mark.line][: mark.column]:
        return None
    text = lines[above].strip()
    return above if re.fullmatch(r"(- )?[\w.\-]+", text) else None


def _cause(lines: list[str], at: int, problem: str) -> tuple[str, str]:
    line = lines[at] if at < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "the indentation contains a tab", "indent with spaces"
    if match := _MUST_BE_QUOTED.match(line[:LONGEST]):
        text = match.group(1).split("  #")[0].strip()
        return f"{text} begins with a character that has a meaning in YAML", "put quotes around it"
    if "mapping values are not allowed" in problem:
        return 'a text contains ": ", or a line is indented too far', (
            'put quotes around a text with ": " in it; indent the keys of one mapping alike'
        )
    if "expected key" in problem or "indicator" in problem or "expected ':'" in problem:
        return "this line fits none of the lines above", (
            'indent the keys of one mapping, and the "-" of one list, alike; a key ends in ":"'
        )
    return problem, "correct the line"
