"""Errors of YAML's grammar, said so that they can be mended: the line at fault, and the usual cause."""

import re
from typing import Final

import yaml

from weather_mlops.pipelines.findings import Finding, FindingSeverity

_MUST_BE_QUOTED: Final = re.compile(r"""^[^#'"]*?[:\[,-]\s+([*@`%&!|>][^'"]*)$""")
LONGEST: Final = 1000  # characters of a line that are looked at for the cause
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
    """A finding of what PyYAML could not parse."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    context = str(getattr(error, "context", None) or "")
    opened = getattr(error, "context_mark", None)
    lines = text.splitlines()
    if "undefined alias" in problem and mark is not None:
        return _at(file, lines, mark, *_no_anchor(lines[mark.line][mark.column :]))
    if opened is not None:
        for kind, (message, mend) in _OPENED.items():
            if kind in context:
                return _at(file, lines, opened, message, mend)
    if "simple key" in context and opened is not None:
        told = "a key has no colon, or no space after it"
        return _at(
            file, lines, opened, told, "a key ends in a colon and a space, or a colon and the end of the line"
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
        told = f"{lines[above].strip()} has no colon at its end"
        return Finding(
            file,
            above + 1,
            1,
            FindingSeverity.ERROR,
            "syntax",
            lines[above].strip(),
            told,
            "a key ends in a colon",
        )
    return _at(file, lines, mark, *_cause(lines, mark.line, problem))


def empty(file: str) -> Finding:
    """A finding of a file with nothing in it."""
    return Finding(
        file,
        1,
        1,
        FindingSeverity.ERROR,
        "empty",
        "",
        "there is nothing in this file",
        "declare a pipeline, or remove the file",
    )


def unreadable(file: str, error: OSError) -> Finding:
    """A finding about a file that the system doesn't give out."""
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


def _at(file: str, lines: list[str], mark: yaml.Mark, message: str, mend: str) -> Finding:
    text = lines[mark.line].strip() if mark.line < len(lines) else ""
    return Finding(file, mark.line + 1, mark.column + 1, FindingSeverity.ERROR, "syntax", text, message, mend)


def _no_anchor(text: str) -> tuple[str, str]:
    name = text[1:].split(maxsplit=1)[0].rstrip(",]}")[:LONGEST_NAME]
    return f"no anchor above is named {name}", (
        f"name one that is there, or mark what is meant with &{name}; "
        f'a text that begins with a star needs quotes: "*{name}"'
    )


def _without_colon(lines: list[str], mark: yaml.Mark) -> int | None:
    """The line above, where it was meant as a key, and YAML took it and this one for a text."""
    above = mark.line - 1
    if above < 0 or ":" in lines[mark.line][: mark.column]:
        return None
    text = lines[above].strip()
    return above if re.fullmatch(r"(- )?[\w.\-]+", text) else None


def _cause(lines: list[str], at: int, problem: str) -> tuple[str, str]:
    line = lines[at] if at < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "a tab stands in the indentation", "indent with spaces"
    if found := _MUST_BE_QUOTED.match(line[:LONGEST]):
        told = found.group(1).split("  #")[0].strip()
        return f"{told} begins with a character that YAML takes for its own", "put quotes around it"
    if "mapping values are not allowed" in problem:
        return 'a ": " stands inside a text, or a line is indented too far', (
            'put quotes around a text with ": " in it; indent the keys of one mapping alike'
        )
    if "expected key" in problem or "indicator" in problem or "expected ':'" in problem:
        return "this line fits none of the lines above", (
            'indent the keys of one mapping, and the "-" of one list, alike; a key ends in ":"'
        )
    return problem, "correct the line"
