"""Texts of the page of one station's forecasts."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

STATION_FORECASTS: Final = {
    "station_all": Translation("All stations", "모든 지점"),
    "station_links": Translation("Other forecasts", "다른 예보"),
    "station_newest": Translation("Newest observation", "최근 관측"),
    "station_no_observation": Translation(
        "Nothing was observed in the last {hours} h.", "최근 {hours}시간 동안 관측이 없습니다."
    ),
    "station_lowest": Translation("Lowest of the next {hours} h", "앞으로 {hours}시간 최저"),
    "station_highest": Translation("Highest of the next {hours} h", "앞으로 {hours}시간 최고"),
    "station_kma_range": Translation("KMA, lowest and highest", "기상청 최저와 최고"),
    "station_kma_issued": Translation("issued {at}", "{at} 발표"),
    "station_to": Translation("{low} to {high}", "{low} ~ {high}"),
    "station_no_forecast": Translation("No forecast:", "예보 없음:"),
    "station_no_model_why": Translation(
        "It appears a few minutes after the first model passes all gates; one is trained each night.",
        "첫 모델이 모든 기준을 통과하면 몇 분 안에 표시됩니다. 모델은 매일 밤 학습합니다.",
    ),
    "station_inputs": Translation("Made from: {inputs}.", "사용한 자료: {inputs}."),
    "station_now": Translation("Observed, and forecast", "관측과 예보"),
    "station_plot": Translation(
        "{label}, {unit}: the last {past} h observed, the next {ahead} h forecast",
        "{label}, {unit}: 지난 {past}시간 관측, 앞으로 {ahead}시간 예보",
    ),
    "station_plot_observed": Translation(
        "{label}, {unit}: the last {past} h observed", "{label}, {unit}: 지난 {past}시간 관측"
    ),
    "station_axis": Translation("KST; each date is at 00:00", "KST, 날짜는 00:00"),
    "station_observed": Translation("observed", "관측"),
    "station_forecast": Translation("forecast, p50", "예보, p50"),
    "station_band_80": Translation("80 % of observations: p10 to p90", "관측의 80 %: p10~p90"),
    "station_band_50": Translation("50 %: p25 to p75", "50 %: p25~p75"),
    "station_kma": Translation("KMA's forecast", "기상청 예보"),
    "station_note_observed": Translation("observed {value}", "관측 {value}"),
    "station_note_forecast": Translation("forecast {value} ({low} to {high})", "예보 {value}({low}~{high})"),
    "station_note_kma": Translation("KMA {value}", "기상청 {value}"),
    "station_hours": Translation("The forecast in figures", "예보 수치"),
    "station_hours_table": Translation("Forecast issued {at}", "{at} 관측까지 사용한 예보"),
    "station_hours_table_kma": Translation("The KMA's forecast", "기상청 예보"),
    "station_column_valid": Translation("valid at, KST", "예보 시각, KST"),
    "station_column_quantile": Translation("{name}, {unit}", "{name}, {unit}"),
    "station_column_inputs": Translation("made from", "사용한 자료"),
    "station_days": Translation("Highest and lowest of each day", "일 최고와 최저"),
    "station_days_table": Translation(
        "Of the hours 00:00 to 23:00, {unit}; ours and the KMA's of past hours as forecast {lead} h before",
        "00:00~23:00 시간값 기준, {unit}. 지난 시각의 예보는 {lead}시간 전 예보",
    ),
    "station_days_missing": Translation(
        "fewer than {needed} of the day's hours are known", "하루 중 {needed}시간 미만만 알려짐"
    ),
    "station_day": Translation("day, KST", "날짜, KST"),
    "station_day_named": Translation("{date}\u00a0({weekday})", "{date}({weekday})"),
    "station_today": Translation("until\u00a0{time}", "{time}까지"),
    "station_weekdays": Translation("Mon Tue Wed Thu Fri Sat Sun", "월 화 수 목 금 토 일"),
    "station_observed_high": Translation("observed, high", "관측 최고"),
    "station_observed_low": Translation("observed, low", "관측 최저"),
    "station_ours_high": Translation("forecast, high", "예보 최고"),
    "station_ours_low": Translation("forecast, low", "예보 최저"),
    "station_kma_high": Translation("KMA, high", "기상청 최고"),
    "station_kma_low": Translation("KMA, low", "기상청 최저"),
    "station_past": Translation("What was forecast", "지난 예보"),
    "station_past_lead": Translation(
        "For each hour the forecasts that were issued 6, 12 and 24 hours before it, against what was "
        "observed.",
        "시각별로 6, 12, 24시간 전에 낸 예보를 관측과 비교합니다.",
    ),
    "station_past_plot": Translation("{n} h ahead, {unit}", "{n}시간 전 예보, {unit}"),
    "station_past_label": Translation(
        "{label} in {unit}: forecasts made {n} h before, and observations",
        "{label}, {unit}: {n}시간 전 예보와 관측",
    ),
    "station_past_none": Translation(
        "none of the last {hours} h was forecast at this lead.", "최근 {hours}시간 중 이 예보가 없습니다."
    ),
    "station_past_hours": Translation("The last {hours} h in figures", "지난 {hours}시간 수치"),
    "station_past_table": Translation(
        "Newest hour first; forecasts as p50 (p10 to p90)", "최신순, 예보는 p50(p10~p90)"
    ),
    "station_past_missing": Translation("not observed, or not forecast", "관측 또는 예보 없음"),
    "station_column_hour": Translation("hour, KST", "시각, KST"),
    "station_column_observed": Translation("observed, {unit}", "관측, {unit}"),
    "station_column_ours": Translation("forecast {n} h before, {unit}", "{n}시간 전 예보, {unit}"),
    "station_column_kma": Translation("KMA {n} h before, {unit}", "{n}시간 전 기상청, {unit}"),
    "station_verified": Translation("Who was right here", "이 지점의 예보 검증"),
    "station_verified_table": Translation(
        "Ours (p50) against the KMA's forecast at this station, all lead times up to 48 h",
        "이 지점의 자체 예보(p50)와 기상청 예보 비교, 48시간 후까지 모든 선행시간",
    ),
    "station_verified_days": Translation("last {days} days", "최근 {days}일"),
    "station_verified_pairs": Translation("forecasts compared", "비교한 예보 수"),
    "station_verified_column": Translation("days", "기간"),
    "station_not_verified": Translation(
        "Not compared yet: it takes a day on which an observation, a forecast of ours and one of the KMA's "
        "are "
        "known.",
        "아직 비교하지 않았습니다. 관측, 자체 예보, 기상청 예보가 모두 있는 날이 필요합니다.",
    ),
}
