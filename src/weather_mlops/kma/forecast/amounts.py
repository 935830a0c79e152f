"""Values of the KMA's forecast as it writes them: numbers, markers for "missing", amounts of rain and snow.

Rain and snow of an hour come as text: '강수없음', '1mm 미만', '30.0~50.0mm', '50.0mm 이상', or plain '2.5mm'.
Zero is written out; whatever means "missing" is never taken for zero, and zero never for missing.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

# The KMA writes -999, -999.9, 999 and -998.9 where it forecasts nothing (waves on land, say).
SENTINEL_FROM: Final = 900.0
# -99 where a grid has no value; -50 where other providers' copies have none. No variable reaches either: the
# coldest air that Korea has seen had -32.6 °C.
SENTINELS: Final = (-99.0, -50.0)

NOTHING: Final = frozenset({"강수없음", "적설없음", "없음"})
BLANK: Final = frozenset({"", "-", "null", "none", "nan"})

# Any but one between two digits, which separates two numbers.
_REDUNDANT_SPACE: Final = re.compile(r"(?<![\d.]) | (?![\d.])")
_UNIT: Final = r"(?:mm|cm)?"
_DIGITS: Final = r"\d{1,6}(?:\.\d{1,6})?"
_PLAIN: Final = re.compile(rf"([+-]?{_DIGITS}){_UNIT}", re.ASCII)
_BELOW: Final = re.compile(rf"{_DIGITS}{_UNIT}(?:미만|이하)", re.ASCII)
_ABOVE: Final = re.compile(rf"({_DIGITS}){_UNIT}(?:이상|초과)", re.ASCII)
_RANGE: Final = re.compile(rf"({_DIGITS}){_UNIT}[~∼～-]{_DIGITS}{_UNIT}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Amount:
    """Rain or snow of an hour.

    Attributes:
        value: mm or cm, the lower bound of a range; None where it is missing or no amount at all.
        text: the KMA's words where they say more than the value; None otherwise.
    """

    value: float | None = None
    text: str | None = None


def amount(text: str) -> Amount:
    """The amount that a text of PCP or SNO names.

    A text that is no amount (a word such as '약한 비', which the last days of an issue may have) comes back
    without a value, and as it is.
    """
    words = _REDUNDANT_SPACE.sub("", " ".join(text.split()))
    if words in NOTHING:
        return Amount(0.0)
    if words.lower() in BLANK:
        return Amount()
    if match := _PLAIN.fullmatch(words):
        value = float(match[1])
        return Amount() if is_missing(value) else Amount(value)
    if _BELOW.fullmatch(words):
        return Amount(0.0, text.strip())
    if match := _ABOVE.fullmatch(words) or _RANGE.fullmatch(words):
        return Amount(float(match[1]), text.strip())
    return Amount(None, text.strip())


def is_missing(value: float) -> bool:
    """Whether a number stands for "no value"."""
    return abs(value) >= SENTINEL_FROM or value in SENTINELS


def missing(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which numbers stand for "no value"; NaN does as well."""
    return ~(np.abs(values) < SENTINEL_FROM) | np.isin(values, SENTINELS)
