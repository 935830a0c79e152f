"""The texts of the pages: each in English and Korean, without logic."""

from collections.abc import Mapping
from typing import Final

from weather_mlops.pages.messages import documents, frame, models, quality
from weather_mlops.pages.messages.translation import LANGUAGES, Translation

__all__ = ["LANGUAGES", "MESSAGES", "Translation"]

MESSAGES: Final[Mapping[str, Translation]] = {
    **frame.FRAME,
    **models.MODELS,
    **documents.DOCUMENTS,
    **quality.QUALITY,
}
