"""The texts of the pages: each in English and Korean, without logic."""

from collections.abc import Mapping
from typing import Final

from weather_mlops.pages.messages import (
    alerts,
    card,
    card_comparisons,
    card_sections,
    checks,
    documents,
    forecasts,
    frame,
    models,
    monitoring,
    overview,
    quality,
    report,
    report_data,
    report_model,
    report_official,
    report_system,
    station_forecasts,
    verification,
)
from weather_mlops.pages.messages.translation import LANGUAGES, Translation

__all__ = ["LANGUAGES", "MESSAGES", "Translation"]

MESSAGES: Final[Mapping[str, Translation]] = {
    **frame.FRAME,
    **documents.DOCUMENTS,
    **models.MODELS,
    **overview.OVERVIEW,
    **verification.VERIFICATION,
    **monitoring.MONITORING,
    **alerts.ALERTS,
    **card.CARD,
    **card_sections.SECTIONS,
    **card_comparisons.COMPARISONS,
    **{f"check_{name}": label for name, label in checks.CHECKS.items()},
    **report.REPORT,
    **report_system.SYSTEM,
    **report_data.DATA,
    **report_model.MODEL,
    **report_official.OFFICIAL,
    **forecasts.FORECASTS,
    **quality.QUALITY,
    **station_forecasts.STATION_FORECASTS,
}
