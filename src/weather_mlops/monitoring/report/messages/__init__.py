"""What the report says: each message in English and Korean, without logic.

Placeholders are filled by ``words.Words``.
"""

from typing import Final, NamedTuple


class Message(NamedTuple):
    """What is said, in each language: none without the other."""

    en: str
    ko: str


LANGUAGES: Final = Message._fields
