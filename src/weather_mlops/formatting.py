"""Figures next to their limits: with as many digits as it takes to tell the two apart.

``95.0% ... 95% allowed`` reads as if nothing were wrong. A figure of 95.04 % is written as 95.04%, and only
a figure that equals its limit is written like it.
"""

from collections.abc import Callable
from typing import Final

MOST_DIGITS: Final = 12
"""After the decimal point, or significant ones. Beyond them are the rounding errors of floating point."""


def apart(value: float, limits: tuple[float, ...], write: Callable[[float, int], str], digits: int) -> str:
    """Write a figure with ``digits`` digits, and with more where it would look like one of its limits.

    Args:
        value: the figure.
        limits: what it is compared with; one that equals the figure is ignored.
        write: writes a figure with a number of digits.
        digits: how many are enough as a rule.
    """
    others = [limit for limit in limits if limit != value]
    for more in range(digits, MOST_DIGITS + 1):
        text = write(value, more)
        if all(write(limit, more) != text for limit in others):
            return text
    return write(value, digits)


def number(value: float, *limits: float, digits: int = 1, signed: bool = False) -> str:
    """A figure: ``number(6.04, 6)`` is ``6.04``, ``number(7.04, 6)`` is ``7.0``.

    Args:
        value: the figure.
        limits: what it is compared with.
        digits: after the decimal point, as a rule.
        signed: with a + before a figure above 0.
    """
    sign = "+" if signed else ""
    return apart(value, limits, lambda each, more: f"{each:{sign}z.{more}f}", digits)


def percent(share: float, *limits: float, digits: int = 1, signed: bool = False) -> str:
    """A share as percent: ``percent(0.9504, 0.95)`` is ``95.04%``, ``percent(0.9604, 0.95)`` is ``96.0%``.

    Args:
        share: 0 to 1.
        limits: shares that it is compared with.
        digits: after the decimal point, as a rule.
        signed: with a + before a share above 0.
    """
    sign = "+" if signed else ""
    return apart(share, limits, lambda each, more: f"{each:{sign}z.{more}%}", digits)


def exact(limit: float, *, signed: bool = False) -> str:
    """A limit as somebody wrote it: ``2``, ``0.005``."""
    return f"{limit:{'+' if signed else ''}.{MOST_DIGITS}g}"


def exact_percent(share: float, *, signed: bool = False) -> str:
    """A share that is a limit, as percent, with all of its digits: ``95%``, ``99.9%``."""
    return f"{exact(100 * share, signed=signed)}%"
