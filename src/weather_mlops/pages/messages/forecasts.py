"""Texts of the forecast pages."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

FORECASTS: Final = {
    "forecasts_of": Translation("Forecasts: {label}", "예보: {label}"),
    "forecasts_of_station": Translation("{name}: {label}", "{name}: {label}"),
    "forecasts_lead": Translation("Made {at} by model {version}.", "모델 {version}, {at} 생성."),
    "forecasts_lead_kma": Translation(
        "Published {at}. There is no model of our own yet.", "{at} 발행. 아직 자체 모델이 없습니다."
    ),
    "forecasts_unreadable": Translation("The forecasts can't be read:", "예보를 읽을 수 없습니다."),
    "forecasts_none": Translation("There is no forecast yet.", "아직 예보가 없습니다."),
    "forecasts_none_now": Translation(
        "Observations of all stations are collected every hour. Two things will appear here:",
        "모든 지점의 관측을 매시간 수집하고 있습니다. 이 페이지에는 다음이 표시됩니다.",
    ),
    "forecasts_none_kma": Translation(
        "The KMA's own forecast: with the first run of the forecast after one of its issues was collected. "
        "There is an issue every three hours.",
        "기상청 예보: 첫 발표를 수집한 다음 예보를 실행할 때 표시됩니다. 발표는 3시간마다 있습니다.",
    ),
    "forecasts_none_ours": Translation(
        "Our forecast: a few minutes after the first model passes all gates. One is trained each night, as "
        "soon "
        "as most stations have enough days of observations.",
        "자체 예보: 첫 모델이 모든 기준을 통과하면 몇 분 안에 표시됩니다. 대부분의 지점에 관측이 충분히 "
        "쌓이면 "
        "매일 밤 학습합니다.",
    ),
    "forecasts_none_runs": Translation("Newest runs of the training", "최근 학습 실행"),
    "forecasts_none_models": Translation("Decisions about models", "모델에 대한 결정"),
    "forecasts_no_model": Translation("There is no forecast of our own yet.", "아직 자체 예보가 없습니다."),
    "forecasts_no_model_why": Translation(
        "The maps and tables show the KMA's forecast. Ours appears a few minutes after the first model "
        "passes "
        "all gates; one is trained each night.",
        "지도와 표는 기상청 예보입니다. 자체 예보는 첫 모델이 모든 기준을 통과하면 몇 분 안에 표시됩니다. "
        "모델은 매일 밤 학습합니다.",
    ),
    "forecasts_no_model_only_observed": Translation(
        "The map and the table show what was observed. Ours appears a few minutes after the first model "
        "passes "
        "all gates; one is trained each night.",
        "지도와 표는 관측값입니다. 자체 예보는 첫 모델이 모든 기준을 통과하면 몇 분 안에 표시됩니다. "
        "모델은 매일 밤 학습합니다.",
    ),
    "forecasts_old": Translation("These forecasts are old.", "오래된 예보입니다."),
    "forecasts_old_why": Translation(
        "They were made {at}; new ones should be there every hour.",
        "{at}에 만들었습니다. 예보는 매시간 새로 만들어야 합니다.",
    ),
    "forecasts_old_runs": Translation("Newest runs of the forecast", "최근 예보 실행"),
    "forecasts_targets": Translation("What is forecast", "예보 대상"),
    "forecasts_hours": Translation("Hour of the forecast", "예보 시각"),
    "forecasts_in": Translation("in {n} h", "{n}시간 후"),
    "forecasts_to_stations": Translation("To the table of all stations", "모든 지점의 표로 이동"),
    "forecasts_map": Translation("Map", "지도"),
    "forecasts_map_observed": Translation("Observed", "관측"),
    "forecasts_map_ours": Translation("Forecast, {n} h later", "{n}시간 후 예보"),
    "forecasts_map_kma": Translation("The KMA's forecast, {n} h later", "{n}시간 후 기상청 예보"),
    "forecasts_map_label": Translation("{what}, {at}: map of the stations", "{what}, {at}: 지점 지도"),
    "forecasts_map_all": Translation("{n} stations", "{n}개 지점"),
    "forecasts_map_some": Translation(
        "{n} stations; small rings: {missing} without a value",
        "{n}개 지점, 작은 고리: 값이 없는 {missing}개 지점",
    ),
    "forecasts_map_none": Translation(
        "No station has a value for this hour.", "이 시각에 값이 있는 지점이 없습니다."
    ),
    "forecasts_map_figure": Translation("{name}: {value}", "{name}: {value}"),
    "forecasts_map_no_value": Translation("{name}: no value", "{name}: 값 없음"),
    "forecasts_map_and_kma": Translation("{figure}; KMA {value}", "{figure}, 기상청 {value}"),
    "forecasts_map_and_alone": Translation("{figure}; observations only", "{figure}, 관측값만 사용"),
    "forecasts_map_legend": Translation(
        "{label}, {unit}; figures on the map may be rounded", "{label}, {unit}. 지도의 숫자는 반올림한 값"
    ),
    "forecasts_map_dashed": Translation(
        "A dashed edge: made from observations only, where others begin with the KMA's forecast.",
        "점선 테두리: 기상청 예보 없이 관측값만으로 만든 예보입니다.",
    ),
    "forecasts_map_source": Translation(
        "Each point is a link to its station. Land: Natural Earth.",
        "점을 누르면 지점 페이지가 열립니다. 지도: Natural Earth.",
    ),
    "forecasts_stations": Translation("Stations", "지점"),
    "forecasts_table": Translation(
        "{n} stations: the newest observation; the lowest and highest hour of the forecast after it, and "
        "{at}",
        "{n}개 지점: 최근 관측, 이후 예보의 최저와 최고, {at} 예보",
    ),
    "forecasts_table_note": Translation(
        "p50 is the median of the forecast; 8 of 10 observations should lie between p10 and p90.",
        "p50은 예보의 중앙값입니다. 관측 10개 중 8개가 p10과 p90 사이에 있어야 합니다.",
    ),
    "forecasts_table_kma": Translation(
        "{n} stations: the newest observation, and the lowest and highest hour of the KMA's forecast",
        "{n}개 지점: 최근 관측, 기상청 예보의 최저와 최고",
    ),
    "forecasts_table_observed": Translation("{n} stations: the newest observation", "{n}개 지점: 최근 관측"),
    "forecasts_column_station": Translation("station", "지점"),
    "forecasts_column_newest": Translation("observed, {unit}", "관측, {unit}"),
    "forecasts_column_at": Translation("at, KST", "관측 시각, KST"),
    "forecasts_column_low": Translation("lowest p50, {unit}", "최저 p50, {unit}"),
    "forecasts_column_high": Translation("highest p50, {unit}", "최고 p50, {unit}"),
    "forecasts_column_ahead": Translation(
        "in {n} h: p50 (p10 to p90), {unit}", "{n}시간 후: p50(p10~p90), {unit}"
    ),
    "forecasts_column_kma": Translation("KMA, {unit}", "기상청, {unit}"),
    "forecasts_column_kma_low": Translation("KMA: lowest, {unit}", "기상청 최저, {unit}"),
    "forecasts_column_kma_high": Translation("KMA: highest, {unit}", "기상청 최고, {unit}"),
    "forecasts_column_kma_at": Translation("KMA in {n} h, {unit}", "{n}시간 후 기상청, {unit}"),
    "forecasts_column_reason": Translation("why no forecast", "예보가 없는 이유"),
    "forecasts_range": Translation("{middle} ({low} to {high})", "{middle}({low}~{high})"),
    "forecasts_alone": Translation("observations only", "관측값만"),
    "forecasts_with_kma": Translation("with the KMA's forecast", "기상청 예보 사용"),
    "forecasts_inputs": Translation("What the forecasts were made from", "예보에 사용한 자료"),
    "forecasts_inputs_of": Translation("{inputs}: {n} stations", "{inputs}: {n}개 지점"),
    "forecasts_without": Translation("Without a forecast", "예보가 없는 지점"),
    "forecasts_without_n": Translation("{n} stations", "{n}개 지점"),
    "forecasts_without_table": Translation(
        "{n} stations without a forecast of our own; {dash}: not observed in the last {hours} h",
        "자체 예보가 없는 {n}개 지점, {dash}: 최근 {hours}시간 관측 없음",
    ),
    "forecasts_reason_old": Translation(
        "the newest observation is {age} h old; at most {most} h are allowed",
        "최근 관측이 {age}시간 전이며 {most}시간까지만 허용",
    ),
    "forecasts_reasons_old": Translation(
        "the newest observation is older than {most} h", "최근 관측이 {most}시간보다 오래됨"
    ),
    "forecasts_reason_silent": Translation("nothing was observed since {since}", "{since} 이후 관측 없음"),
    "forecasts_reasons_silent": Translation("nothing was observed lately", "최근 관측 없음"),
    "forecasts_reason_untrained": Translation(
        "the model was trained without this station", "이 지점 없이 학습한 모델"
    ),
    "forecasts_reasons_untrained": Translation(
        "the model was trained without them", "이 지점들 없이 학습한 모델"
    ),
    "forecasts_reason_unusable": Translation(
        "the model makes no forecast from what was observed here", "이 지점의 관측으로는 예보를 만들 수 없음"
    ),
    "forecasts_reasons_unusable": Translation(
        "the model makes no forecast from what was observed there", "관측된 값으로는 예보를 만들 수 없음"
    ),
    "forecasts_past": Translation("How good the last forecasts were", "최근 예보의 정확도"),
    "forecasts_past_note": Translation(
        "RMSE is the typical size of the error. The monitoring report compares it with what the evaluation "
        "of "
        "the model promised.",
        "RMSE는 오차의 대표적인 크기입니다. 모니터링 보고서가 모델을 평가한 값과 비교합니다.",
    ),
    "forecasts_scores": Translation(
        "Our forecasts against observations, the last {hours} h", "자체 예보와 관측 비교, 최근 {hours}시간"
    ),
    "forecasts_ahead": Translation("{n} h ahead", "{n}시간 전 예보"),
    "forecasts_column_forecast": Translation("forecast", "예보"),
    "forecasts_column_compared": Translation("hours compared", "비교한 시각 수"),
    "forecasts_column_rmse": Translation("RMSE of p50, {unit}", "p50의 RMSE, {unit}"),
    "forecasts_column_coverage": Translation("within p10 to p90 (aim 80 %)", "p10~p90 안의 관측(목표 80 %)"),
    "forecasts_no_scores": Translation("no hour has both yet", "아직 비교할 시각이 없음"),
    "forecasts_kma_scores": Translation(
        "Ours (p50) against the KMA's forecast, the last {hours} h",
        "자체 예보(p50)와 기상청 예보 비교, 최근 {hours}시간",
    ),
    "forecasts_kma_scores_note": Translation(
        "Only hours that have an observation and both forecasts; the KMA's is the newest one that was known "
        "when ours was issued.",
        "관측과 두 예보가 모두 있는 시각만 비교합니다. 기상청 예보는 자체 예보를 만들 때 알려진 최신 "
        "발표입니다.",
    ),
    "forecasts_no_kma_scores": Translation(
        "No hour has an observation, a forecast of ours and the KMA's yet.",
        "관측, 자체 예보, 기상청 예보가 모두 있는 시각이 아직 없습니다.",
    ),
    "forecasts_column_ours_rmse": Translation("RMSE of ours, {unit}", "자체 예보 RMSE, {unit}"),
    "forecasts_column_kma_rmse": Translation("of the KMA's, {unit}", "기상청 RMSE, {unit}"),
    "forecasts_column_better": Translation("better", "더 정확한 예보"),
    "forecasts_column_hours": Translation("hours", "시각 수"),
    "forecasts_better_ours": Translation("ours", "자체 예보"),
    "forecasts_better_kma": Translation("the KMA's", "기상청"),
    "forecasts_better_equal": Translation("equal", "같음"),
    "forecasts_kma": Translation(
        "The KMA's forecast, issued {at}, for {n} stations.", "기상청 예보: {at} 발표, {n}개 지점."
    ),
    "forecasts_kma_of_station": Translation(
        "The KMA's forecast, issued {at}: lowest {low}, {low_at}; highest {high}, {high_at}.",
        "기상청 예보: {at} 발표. 최저 {low}({low_at}), 최고 {high}({high_at}).",
    ),
    "forecasts_kma_issued": Translation("The KMA's forecast, issued {at}.", "기상청 예보: {at} 발표."),
    "forecasts_kma_old": Translation(
        "It is {hours} h old: a newer issue was not received.",
        "{hours}시간 전 발표입니다. 더 새로운 발표를 받지 못했습니다.",
    ),
    "forecasts_kma_not_here": Translation(
        "The KMA's forecast of this station was not received for these hours.",
        "이 지점의 기상청 예보는 이 기간에 받지 못했습니다.",
    ),
    "forecasts_kma_not_hourly": Translation(
        "The KMA does not forecast {label} by the hour.", "기상청은 {label} 시간별 예보를 하지 않습니다."
    ),
    "forecasts_kma_none": Translation(
        "No forecast of the KMA was received for these hours. The pipeline kma_forecast collects it every "
        "three hours.",
        "이 기간의 기상청 예보를 받지 못했습니다. 파이프라인 kma_forecast가 3시간마다 수집합니다.",
    ),
}
