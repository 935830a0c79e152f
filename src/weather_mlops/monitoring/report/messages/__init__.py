"""What the report says: each message in English and Korean, without logic.

Placeholders are filled by ``words.Words``.
"""

from typing import Final, NamedTuple


class Translation(NamedTuple):
    """What is said, in each language: none without the other."""

    en: str
    ko: str


LANGUAGES: Final = Translation._fields
