"""Texts around every page."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

FRAME: Final = {
    "simulated": Translation(
        "Simulated weather: nothing on this page was observed or forecast by the KMA.",
        "모의 날씨입니다. 이 페이지의 값은 기상청이 관측하거나 예보한 것이 아닙니다.",
    ),
    "times": Translation("All times are KST (UTC+9).", "모든 시각은 KST(UTC+9)입니다."),
    "pages": Translation("Pages", "페이지"),
    "in_other_language": Translation("한국어", "English"),
    "overview": Translation("Overview", "개요"),
    "forecasts": Translation("Forecasts", "예보"),
    "verification": Translation("Verification", "예보 검증"),
    "quality": Translation("Data quality", "자료 품질"),
    "monitoring": Translation("Monitoring", "모니터링"),
    "alerts": Translation("Alerts", "경보"),
    "models": Translation("Models", "모델"),
}
