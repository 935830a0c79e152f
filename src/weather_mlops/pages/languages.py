"""The languages of the pages, and the texts in them.

``messages/`` holds every text of a page in both languages, one module per kind of page; a text is looked up
by its key. Placeholders are filled here. Texts are plain: templates escape them.
"""

import re
from dataclasses import dataclass
from typing import Final

from weather_mlops.errors import Misconfigured
from weather_mlops.pages.messages import LANGUAGES, MESSAGES, Translation

DEFAULT: Final = "en"
UI_LANGUAGE: Final = "weather_ui_language"
"""Cookie with the language of Airflow's UI, which its page keeps up to date."""
_RANGE: Final = re.compile(r"\s*([A-Za-z]{1,8})(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([0-9.]{1,5}))?\s*")


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of one language.

    Attributes:
        name: one of LANGUAGES, as in HTML's ``lang``.

    Raises:
        Misconfigured: there is no such language.
    """

    name: str

    def __post_init__(self) -> None:
        if self.name not in LANGUAGES:
            raise Misconfigured(f"language {self.name!r} is not known; use one of {', '.join(LANGUAGES)}")

    def __call__(self, key: str, /, **values: str | float) -> str:
        """A text with its placeholders filled.

        Raises:
            KeyError: there is no such text, or a placeholder has no value.
        """
        return self.of(MESSAGES[key]).format(**values)

    def of(self, text: Translation) -> str:
        """A text in this language, as it is."""
        return str(getattr(text, self.name))

    @property
    def other(self) -> str:
        """The language that a reader can switch to."""
        return next(name for name in LANGUAGES if name != self.name)


def preferred(accept_language: str, *choices: str) -> Language:
    """The language of a reader.

    Args:
        accept_language: the browser's header, as in RFC 9110: ``ko-KR,ko;q=0.9,en;q=0.8``.
        choices: what the reader chose, the most decisive first; anything but a language is ignored.
    """
    for chosen in choices:
        if chosen in LANGUAGES:
            return Language(chosen)
    best, weight = DEFAULT, 0.0
    for part in accept_language.split(","):
        match = _RANGE.fullmatch(part)
        if match and (name := match[1].lower()) in LANGUAGES and (own := _weight(match[2])) > weight:
            best, weight = name, own
    return Language(best)


def _weight(quality: str | None) -> float:
    try:
        return 1.0 if quality is None else float(quality)
    except ValueError:
        return 0.0
