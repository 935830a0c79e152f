"""What people read in Python source: its comments and strings, at the positions where they stand."""

import io
import re
import tokenize
from typing import Final

CODE: Final = "\0"
"""Stands for each character of code, so that no phrase is found across it."""

_BLANK: Final = " "
_QUOTES: Final = re.compile(r"(?s)([a-zA-Z]*(?:\"\"\"|'''|\"|'))(.*?)(\"\"\"|'''|\"|')\Z")
_EXPRESSION: Final = re.compile(r"\{[^{}]*\}")
# Python 3.12 and later split an f-string into these; before, it is one STRING.
_MIDDLE: Final = getattr(tokenize, "FSTRING_MIDDLE", -1)
_ENDS: Final = {getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "FSTRING_END", -1)}


def prose_of(source: str) -> str:
    """Replace code by ``CODE`` and quotes by blanks; comments, strings and line breaks stay in place.

    A phrase that goes on in the next comment, or in the next of adjoining strings, is thus one text with
    white space in between. Expressions within f-strings are code.

    Returns:
        A text of the same length, with the same lines and columns.
    """
    lines = source.splitlines(keepends=True)
    prose = [[char if char.isspace() else CODE for char in line] for line in lines]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in {tokenize.STRING, tokenize.COMMENT, _MIDDLE, *_ENDS}:
            _write(prose, token, _readable(token))
    return "".join("".join(line) for line in prose)


def _readable(token: tokenize.TokenInfo) -> str:
    """The text of a token, as long as the token."""
    if token.type in _ENDS:
        return _BLANK * len(token.string)
    quoted = _QUOTES.match(token.string) if token.type == tokenize.STRING else None
    if quoted is None:
        return token.string
    opening, inside, closing = quoted.groups()
    if "f" in opening.lower():
        inside = _EXPRESSION.sub(lambda match: CODE * len(match[0]), inside)
    return _BLANK * len(opening) + inside + _BLANK * len(closing)


def _write(prose: list[list[str]], token: tokenize.TokenInfo, text: str) -> None:
    """Write a token's text over the place where it stands."""
    row, column = token.start
    for piece in text.splitlines(keepends=True):
        prose[row - 1][column : column + len(piece)] = piece
        row, column = row + 1, 0
