"""A text in each language."""

from typing import Final, NamedTuple


class Translation(NamedTuple):
    """A text in each language; both are required."""

    en: str
    ko: str


LANGUAGES: Final = Translation._fields
