"""The texts of the report: each message in English and Korean, without logic.

Placeholders are filled by ``translations.Translator``.
"""

from weather_mlops.pages.messages.translation import LANGUAGES, Translation

__all__ = ["LANGUAGES", "Translation"]
