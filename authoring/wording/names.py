"""Names that a Python file gives: functions, classes, arguments, fields and variables."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

FUNCTION: Final = "function"
CLASS: Final = "class"
ARGUMENT: Final = "argument"
FIELD: Final = "field"
VARIABLE: Final = "variable"
NAME_KINDS: Final = (FUNCTION, CLASS, ARGUMENT, FIELD, VARIABLE)

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class Name:
    """A name where it is given.

    Attributes:
        text: the name.
        kind: one of ``NAME_KINDS``.
        line: counted from 1.
        column: counted from 1, in characters.
    """

    text: str
    kind: str
    line: int
    column: int


def names(source: str) -> list[Name]:
    """List the names that Python source gives, in the order of the syntax tree.

    A variable that is set at several places is listed at each. The name after ``import … as`` is a variable.
    Attributes that are set (``self.count = 0``) and names in the body of a class are fields.

    Raises:
        SyntaxError: the source is no Python.
    """
    lines = source.split("\n")
    return [
        Name(text, kind, line, len(lines[line - 1].encode()[:offset].decode()) + 1)
        for text, kind, line, offset in _given(ast.parse(source), lines, in_class=False)
    ]


@cache
def parts_of(name: str) -> tuple[str, ...]:
    """Split a name at underscores and capitals, in lower case: ``_HTTPHeaders`` → http, headers."""
    return tuple(part.lower() for part in _HUMP.sub("_", name).split("_") if part)


_Given = tuple[str, str, int, int]  # name, kind, line, offset in bytes


def _given(node: ast.AST, lines: list[str], *, in_class: bool) -> Iterator[_Given]:
    for child in ast.iter_child_nodes(node):
        variable = FIELD if in_class else VARIABLE
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                kind = CLASS if isinstance(child, ast.ClassDef) else FUNCTION
                yield child.name, kind, child.lineno, _offset_after_keyword(child, lines)
            case ast.arg():
                yield child.arg, ARGUMENT, child.lineno, child.col_offset
            case ast.Name(ctx=ast.Store()):
                yield child.id, variable, child.lineno, child.col_offset
            case ast.Attribute(ctx=ast.Store(), end_lineno=int(line), end_col_offset=int(end)):
                yield child.attr, FIELD, line, end - len(child.attr.encode())
            case ast.alias(asname=str(name)):
                yield name, VARIABLE, child.lineno, child.col_offset
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                yield name, VARIABLE, child.lineno, child.col_offset
            case ast.MatchMapping(rest=str(name)):
                yield name, VARIABLE, child.lineno, child.col_offset
            case _:
                pass
        body_of_class = isinstance(child, ast.ClassDef)
        same_body = in_class and isinstance(child, (ast.Assign, ast.AnnAssign, ast.If, ast.Try, ast.Tuple))
        yield from _given(child, lines, in_class=body_of_class or same_body)


def _offset_after_keyword(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, lines: list[str]
) -> int:
    """Offset of a definition's name in its line, in bytes; its own is that of ``def`` or ``class``."""
    return lines[node.lineno - 1].encode().index(node.name.encode(), node.col_offset + len("def "))
