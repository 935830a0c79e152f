"""Texts of the overview."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

OVERVIEW: Final = {
    "overview_title": Translation("Weather: overview", "날씨: 개요"),
    "overview_verdict_none": Translation("No report yet", "아직 보고서 없음"),
    "overview_verdict_none_note": Translation(
        "Monitoring writes the first one within half an hour.", "모니터링이 30분 안에 첫 보고서를 씁니다."
    ),
    "overview_verdict_unreadable": Translation(
        "The latest report can't be read.", "최근 보고서를 읽을 수 없습니다."
    ),
    "overview_report_of": Translation("Report of {at}", "{at} 보고서"),
    "overview_report_old": Translation(
        "It is {hours} h old, a new one is due each half hour.",
        "{hours}시간 전 보고서입니다. 30분마다 새로 나와야 합니다.",
    ),
    "overview_newest": Translation("Newest hour", "최신 시각"),
    "overview_newest_none": Translation("none yet", "아직 없음"),
    "overview_next": Translation("next collection {at}", "다음 수집 {at}"),
    "overview_next_none": Translation("no next collection is planned", "예정된 다음 수집 없음"),
    "overview_errors": Translation(
        "RMSE {lead} h ahead, last {days} days", "{lead}시간 후 RMSE, 최근 {days}일"
    ),
    "overview_errors_none": Translation("no figures yet", "아직 수치 없음"),
    "overview_errors_when": Translation(
        "from the first forecasts whose hours are over", "첫 예보의 시각이 지나면 나옵니다"
    ),
    "overview_kma": Translation("the KMA's {value}", "기상청 {value}"),
    "overview_kma_none": Translation("the KMA's not comparable yet", "기상청 예보와 아직 비교할 수 없음"),
    "overview_alerts": Translation("Alerts", "경보"),
    "overview_alerts_open": Translation("Open alerts: {n}", "열린 경보: {n}건"),
    "overview_alerts_none": Translation("No open alerts.", "열린 경보가 없습니다."),
    "overview_alerts_unknown": Translation("The alerts can't be read.", "경보를 읽을 수 없습니다."),
    "overview_alerts_since": Translation("since {at}", "{at}부터"),
    "overview_alerts_more": Translation("and {n} more", "외 {n}건"),
    "overview_map": Translation("Observed {at}", "관측 {at}"),
    "overview_map_none": Translation(
        "The map appears with the first forecast: a model is trained once there are enough observations.",
        "첫 예보와 함께 지도가 나타납니다. 관측이 충분히 쌓이면 모델을 학습합니다.",
    ),
    "overview_map_damaged": Translation(
        "The published forecasts can't be read.", "게시된 예보를 읽을 수 없습니다."
    ),
    "overview_daily": Translation("RMSE by day, all leads, {unit}", "일별 RMSE, 모든 선행시간, {unit}"),
}
