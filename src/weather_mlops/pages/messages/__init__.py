"""The texts of the pages: each in English and Korean, without logic."""

from collections.abc import Mapping
from typing import Final

from weather_mlops.pages.messages import documents, forecasts, frame, models, quality, station_forecasts
from weather_mlops.pages.messages.translation import LANGUAGES, Translation

__all__ = ["LANGUAGES", "MESSAGES", "Translation"]

MESSAGES: Final[Mapping[str, Translation]] = {
    **frame.FRAME,
    **documents.DOCUMENTS,
    **forecasts.FORECASTS,
    **models.MODELS,
    **quality.QUALITY,
    **station_forecasts.STATION_FORECASTS,
}
