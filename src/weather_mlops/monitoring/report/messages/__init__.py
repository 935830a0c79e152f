"""The texts of the report: each message in English and Korean, without logic.

Placeholders are filled by ``translations.Translator``.
"""

from typing import Final, NamedTuple


class Translation(NamedTuple):
    """A message in each language; both are required."""

    en: str
    ko: str


LANGUAGES: Final = Translation._fields
