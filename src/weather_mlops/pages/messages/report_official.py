"""Messages of the section about the KMA's forecast."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

OFFICIAL: Final = {
    "official_not_collected": Translation(
        "The KMA's forecast is not collected. The pipeline kma_forecast collects it, with the key of the "
        "KMA's API.",
        "기상청 예보를 수집하지 않습니다. 파이프라인 kma_forecast가 기상청 API 키로 수집합니다.",
    ),
    "official_simulated_figures": Translation(
        "The weather is simulated: this shows that the system works, not how good a forecast is.",
        "모의 날씨의 값입니다. 시스템이 작동한다는 것만 보여 주며, 예보의 정확도와는 무관합니다.",
    ),
    "official_compared_24h": Translation(
        "24 h ahead: ours {ours}, KMA {kma}, last {days} days.",
        "24시간 앞: 우리 예보 {ours}, 기상청 예보 {kma}, 최근 {days}일.",
    ),
    "official_compared_how": Translation(
        "RMSE of the air temperature over {n} rows where both have a forecast and an observation was made. "
        "The KMA's counts as it was known when ours was issued.",
        "두 예보와 관측이 모두 있는 {n}행의 기온 RMSE. "
        "기상청 예보는 우리 예보를 발표할 때 알려져 있던 것입니다.",
    ),
    "official_comparison": Translation("our forecast against the KMA's", "우리 예보와 기상청 예보 비교"),
    "official_ours": Translation("ours", "우리 예보"),
    "official_kma_forecast": Translation(
        "the KMA's",
        "기상청 예보",
    ),
    "official_forecast": Translation(
        "forecast",
        "예보",
    ),
    "official_by_lead_figures": Translation(
        "RMSE by lead, ours and the KMA's (°C).",
        "우리 예보와 기상청 예보의 선행시간별 RMSE(°C).",
    ),
    "official_compared_by_lead": Translation(
        "RMSE by lead, last {days} days (°C).", "선행시간별 RMSE, 최근 {days}일(°C)."
    ),
    "official_compared_caption": Translation(
        "Ours and the KMA's on the same rows: RMSE, mean absolute error and bias (forecast minus "
        "observation) in °C; shares of errors up to 1 and 2 °C.",
        "같은 행에서 비교한 우리 예보와 기상청 예보: RMSE, 평균 절대 오차, 편향(예보−관측, °C), "
        "오차 1·2°C 이내 비율.",
    ),
    "official_compared_maximum": Translation("daily maximum", "일최고기온"),
    "official_compared_minimum": Translation("daily minimum", "일최저기온"),
    "official_compared_lead": Translation("{lead} h ahead", "{lead}시간 앞"),
    "official_compared_rows": Translation("rows", "행"),
    "official_within_1": Translation("within 1 °C", "1°C 이내"),
    "official_within_2": Translation("within 2 °C", "2°C 이내"),
    "official_newest_issue": Translation("the newest issue", "최신 발표"),
    "official_newest_issue_of": Translation(
        "The newest issue is of {at}, {age} before the figures were measured; {stations} of {expected} "
        "stations have it whole.",
        "최신 발표는 {at}, 측정 시각보다 {age} 전이며, 지점 {expected}곳 중 {stations}곳에 온전히 있습니다.",
    ),
    "official_missing_issues": Translation(
        "Missing issues of stations of the last 50 hours: {open} of {expected}{reasons}.",
        "최근 50시간의 누락 발표(지점별): {expected}건 중 {open}건{reasons}.",
    ),
    "official_bias_changes": Translation("bias of the KMA's forecast", "기상청 예보의 편향"),
    "official_bias_changed": Translation(
        "Changed bias of the KMA's forecast: {stations}.", "편향이 달라진 기상청 예보: {stations}."
    ),
    "official_bias_unchanged": Translation(
        "The bias of the KMA's forecast has not changed at any of {n} measured stations, up to {day}.",
        "측정한 지점 {n}곳에서 기상청 예보의 편향이 달라지지 않았습니다({day}까지).",
    ),
    "official_bias_unmeasured": Translation(
        "A change of the bias is not measured yet: it needs figures of the year before ({days} days exist).",
        "편향의 변화는 아직 측정하지 못합니다. 전년도 값이 필요합니다(현재 {days}일).",
    ),
    "official_station_moves": Translation("coordinates of the stations", "지점 좌표"),
    "official_moved_stations": Translation(
        "The KMA lists these stations elsewhere than stations.csv: {stations}.",
        "기상청 목록의 좌표가 stations.csv와 다른 지점: {stations}.",
    ),
    "official_no_moved_stations": Translation(
        "The KMA lists all {n} stations where stations.csv has them (asked at {at}).",
        "지점 {n}곳의 좌표가 기상청 목록과 같습니다({at} 조회).",
    ),
}
