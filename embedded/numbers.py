"""Whole numbers in environment variables."""

from collections.abc import Mapping
from typing import Final

from embedded.services import ServiceError

_MOST_DIGITS: Final = 9


def whole_number(environment: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    """Return the number that a variable holds; the default if it is empty or not set.

    Args:
        environment: variables and their values.
        name: name of the variable.
        default: value if it is not set.
        least: the smallest number that is allowed.
        most: the largest number that is allowed.

    Raises:
        ServiceError: it holds something else; the message names the variable.
    """
    text = environment.get(name, "").strip()
    if not text:
        return default
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    if not is_number or not least <= int(text) <= most:
        raise ServiceError(f"{name} is {environment[name]!r}: give a number, {least} to {most}")
    return int(text)
