"""Dates of pipelines, ``start_date`` and ``end_date``: which time they mean, and which one applies.

A date without an offset is in the pipeline's time zone, wherever it is given; one with an offset is that
instant.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from weather_mlops.pipelines.keys import YamlMapping, YamlValue

NAMES: Final = ("start_date", "end_date")
FORM: Final = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$"
"""The allowed format; the schema has it too, for editors."""
EXISTING: Final = "write a date and a time that exist, such as 2026-01-31 or 2026-01-31 09:00"
YEARS: Final = range(1900, 9000)
"""Far from Python's first and last year, where a conversion of the time zone overflows."""


def parse(text: str) -> datetime | None:
    """A date from its text, with its offset if it has one; None if the text is not a date."""
    if not re.search(FORM, text):
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.year in YEARS else None


def parse_time(value: YamlValue, zone: ZoneInfo) -> datetime | None:
    """The time that a value of the YAML means; None if it is not a date.

    Args:
        value: a text, a date or a datetime, as YAML has it.
        zone: the pipeline's time zone, for dates without an offset.

    Returns:
        Timezone-aware, in ``zone``.
    """
    if isinstance(value, str):
        value = parse(value)
    if isinstance(value, datetime):
        return value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
    return datetime.combine(value, time(), zone) if isinstance(value, date) else None


def holders(layers: Sequence[YamlMapping]) -> Iterator[tuple[int, bool, YamlMapping]]:
    """Mappings that may have a date of a pipeline, in order of precedence.

    Args:
        layers: the pipeline, the file's block ``default``, and ``defaults.yml``.

    Yields:
        The index of the layer, whether it is that layer's ``default_args``, and the mapping. Nearer
        layers take precedence: the pipeline's ``default_args`` over the ``start_date`` of ``defaults.yml``.
    """
    for index, layer in enumerate(layers):
        yield index, False, layer
        arguments = layer.get("default_args")
        if isinstance(arguments, Mapping):
            yield index, True, arguments


def holding(name: str, layers: Sequence[YamlMapping]) -> tuple[int, bool] | None:
    """The layer whose date applies, and whether its ``default_args`` has it; None if no layer has one."""
    for layer, in_arguments, mapping in holders(layers):
        if name in mapping:
            return layer, in_arguments
    return None
