"""Dates of pipelines, ``start_date`` and ``end_date``: which moment they mean, and which one holds.

A date without an offset is meant in the pipeline's time zone, wherever it stands; one with an offset is that
instant.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

NAMES: Final = ("start_date", "end_date")
FORM: Final = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?)?$"
"""What may be written; the schema holds it, for editors."""
EXISTING: Final = "write a date and a time that exist, such as 2026-01-31 or 2026-01-31 09:00"
YEARS: Final = range(1900, 9000)
"""Far from the first and the last year of Python, where a change of the time zone overflows."""


def parse(text: str) -> datetime | None:
    """A date as it is written, with its offset if it has one; None of a text that is no date."""
    if not re.search(FORM, text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def parse_time(value: Any, zone: ZoneInfo) -> datetime | None:
    """The moment that a value of the YAML means; None of what is no date.

    Args:
        value: a text, a date or a datetime, as YAML gives them.
        zone: of the pipeline: what a date without an offset is meant in.

    Returns:
        Timezone-aware, in ``zone``.
    """
    if isinstance(value, str):
        value = parse(value)
    if isinstance(value, datetime):
        return value.astimezone(zone) if value.tzinfo else value.replace(tzinfo=zone)
    return datetime.combine(value, time(), zone) if isinstance(value, date) else None


def holders(layers: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, bool, Mapping[str, Any]]]:
    """Where a date of a pipeline may stand, the place that counts most first.

    Args:
        layers: the pipeline, the file's block ``default``, and ``defaults.yml``.

    Yields:
        The layer, whether it is that layer's ``default_args``, and the mapping. What stands nearer to the
        pipeline counts more: its own ``default_args`` more than the ``start_date`` of ``defaults.yml``.
    """
    for number, layer in enumerate(layers):
        yield number, False, layer
        arguments = layer.get("default_args")
        if isinstance(arguments, Mapping):
            yield number, True, arguments


def holding(name: str, layers: Sequence[Mapping[str, Any]]) -> tuple[int, bool] | None:
    """Which of the layers says a date that holds for the pipeline: see ``holders``; None where none does."""
    return next(((layer, arguments) for layer, arguments, said in holders(layers) if name in said), None)
