"""How pages write figures and times: plain text with units, "–" where there is no figure."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from weather_mlops.clock import KST

MISSING: Final = "–"
NBSP: Final = "\u00a0"


def number(value: float | None, unit: str = "", *, digits: int = 2, signed: bool = False) -> str:
    """A figure with its unit; without the unit where the column or the axis names it."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:{'+' if signed else ''}z,.{digits}f}".replace("-", "−")
    return f"{text}{NBSP}{unit}" if unit else text


def percent(share: float | None, *, digits: int = 0, signed: bool = False) -> str:
    """A share as a figure in percent."""
    return number(None if share is None else 100 * share, "%", digits=digits, signed=signed)


def finite(value: Any) -> Any:
    """A document with None in place of each figure that is not finite."""
    if isinstance(value, float):  # first: a document is mostly figures, and a check for Mapping is slow
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def to_kst(time: str | datetime) -> datetime:
    """A time in KST; a text is ISO 8601, and a time without a zone is UTC."""
    parsed = datetime.fromisoformat(time) if isinstance(time, str) else time
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(KST)


def kst(time: str | datetime) -> str:
    """A time for people, in KST."""
    return f"{to_kst(time):%Y-%m-%d %H:%M}{NBSP}KST"


def short_kst(time: str | datetime) -> str:
    """A time in KST without year and zone: its column names the zone."""
    return f"{to_kst(time):%m-%d %H:%M}"
