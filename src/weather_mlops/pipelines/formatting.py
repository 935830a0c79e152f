"""Formats values of a YAML file for people, in one line."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Final

from weather_mlops.pipelines.keys import YamlValue

UNITS: Final = ("weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds")


def shown(value: YamlValue, longest: int | None = None) -> str:
    """A value in one line, shortened to at most ``longest`` characters."""
    if (duration := duration_of(value)) is not None:
        return duration
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        first, *more = value.strip().splitlines() or [""]
        text = f"{first} … ({len(more) + 1} lines)" if more else (first or '""')
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def duration_of(value: YamlValue) -> str | None:
    """A duration in words; None for anything else."""
    if not isinstance(value, Mapping) or not str(value.get("__type__", "")).endswith("timedelta"):
        return None
    parts = [f"{value[unit]} {unit if value[unit] != 1 else unit[:-1]}" for unit in UNITS if value.get(unit)]
    return " ".join(parts) or "0 seconds"
