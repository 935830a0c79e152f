"""Texts of the page of verification."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

VERIFICATION: Final = {
    "verification_title": Translation("Verification", "예보 검증"),
    "verification_lead": Translation(
        "Who was right? Forecasts of air temperature against what was observed.",
        "어느 예보가 맞았을까요? 기온 예보를 관측과 비교합니다.",
    ),
    "verification_period": Translation("Period", "기간"),
    "verification_last": Translation("last {days} days", "최근 {days}일"),
    "verification_ours": Translation("ours", "우리 예보"),
    "verification_kma_forecast": Translation("KMA", "기상청 예보"),
    "verification_persistence": Translation("persistence", "지속성 예보"),
    "verification_than_kma_forecast": Translation("the KMA's", "기상청 예보"),
    "verification_than_persistence": Translation("persistence", "지속성 예보"),
    "verification_answer": Translation(
        "In the last {days} days ours was closer than {other} at {better} of {leads} leads.",
        "최근 {days}일 동안 우리 예보는 선행시간 {leads}개 가운데 {better}개에서 {other}보다 관측에 "
        "가까웠습니다.",
    ),
    "verification_answer_at": Translation(
        "RMSE {lead} h ahead: {ours} against {other} {theirs}.",
        "{lead}시간 후 RMSE는 우리 예보 {ours}, {other} {theirs}입니다.",
    ),
    "verification_none": Translation("Nothing was verified yet.", "아직 검증한 예보가 없습니다."),
    "verification_none_when": Translation(
        "Each hour, every forecast that has come true is compared with the observation. The first figures "
        "follow an hour after the first forecast, those of all leads two days later.",
        "매시간 예보한 시각이 지나면 예보를 관측과 비교합니다. 첫 예보가 나오고 한 시간 뒤에 첫 수치가 "
        "나오고, 이틀 뒤면 모든 선행시간의 수치가 나옵니다.",
    ),
    "verification_none_needs": Translation(
        "Ours needs a deployed model, the KMA's its first collected issue.",
        "우리 예보는 모델이 배포된 뒤에, 기상청 예보는 처음 수집된 뒤에 비교합니다.",
    ),
    "verification_no_days": Translation(
        "No day of this period has figures.", "이 기간에는 수치가 있는 날이 없습니다."
    ),
    "verification_kma_alone": Translation(
        "There is no forecast of ours in this period: a model must be deployed first. Until then these are "
        "figures of the KMA's forecast alone.",
        "이 기간에는 우리 예보가 없습니다. 모델이 배포될 때까지 기상청 예보의 수치만 보여 줍니다.",
    ),
    "verification_ours_alone": Translation(
        "There is no forecast of the KMA to compare in this period: ours is compared with persistence alone.",
        "이 기간에는 비교할 기상청 예보가 없어 우리 예보를 지속성 예보하고만 비교합니다.",
    ),
    "verification_nothing_common": Translation(
        "No station, hour and lead has both forecasts in this period: each is shown on rows of its own, so "
        "that the figures do not compare.",
        "이 기간에는 같은 지점, 시각, 선행시간에 두 예보가 함께 있는 경우가 없습니다. 각 예보의 수치는 서로 "
        "다른 시각의 것이므로 비교할 수 없습니다.",
    ),
    "verification_so_far": Translation(
        "So far, forecasts up to {lead} h ahead have come true; longer ones follow hour by hour.",
        "지금까지 {lead}시간 후까지의 예보를 검증했습니다. 더 긴 선행시간은 시간이 지나면서 나옵니다.",
    ),
    "verification_old": Translation(
        "These figures were computed at {at}. The task verify_forecasts should compute them every hour.",
        "이 수치는 {at}에 계산했습니다. 태스크 verify_forecasts가 매시간 계산해야 합니다.",
    ),
    "verification_without_persistence": Translation(
        "Persistence is left out: {days} days of this period were verified without it. This adds it: "
        "{command}",
        "지속성 예보는 뺐습니다. 이 기간의 {days}일은 지속성 예보 없이 검증했습니다. 다음 명령으로 "
        "더합니다: {command}",
    ),
    "verification_basis": Translation(
        "{first} to {last}, days with figures: {days}. {n} forecasts of {stations} stations, all compared at "
        "the same stations, hours and leads. Computed at {at}.",
        "{first} ~ {last}, 수치가 있는 날: {days}일. {stations}개 지점의 예보 {n}건을 모두 같은 지점, 시각, "
        "선행시간에서 비교했습니다. {at}에 계산했습니다.",
    ),
    "verification_basis_own": Translation(
        "{first} to {last}, days with figures: {days}, of {stations} stations. Computed at {at}.",
        "{first} ~ {last}, 수치가 있는 날: {days}일, 지점: {stations}개. {at}에 계산했습니다.",
    ),
    "verification_glossary": Translation(
        "RMSE: root mean square error, smaller is better. Bias: forecast minus observation.",
        "RMSE: 평균 제곱근 오차, 작을수록 좋습니다. 편향: 예보에서 관측을 뺀 값.",
    ),
    "verification_glossary_persistence": Translation(
        "Persistence: the weather stays as it was observed when our forecast was issued.",
        "지속성 예보: 우리 예보를 발표할 때 관측된 값이 그대로 이어진다고 보는 예보.",
    ),
    "verification_tile_note": Translation(
        "bias {bias}, {within} within 1 {unit}", "편향 {bias}, 1 {unit} 이내 {within}"
    ),
    "verification_tile": Translation("RMSE of all leads: {name}", "전체 선행시간 RMSE: {name}"),
    "verification_by_lead": Translation("RMSE by lead", "선행시간별 RMSE"),
    "verification_by_hour": Translation("RMSE by hour of the day", "하루 중 시각별 RMSE"),
    "verification_by_day": Translation("RMSE by day, last 30 days", "최근 30일 일별 RMSE"),
    "verification_calibration": Translation(
        "Observations within our intervals", "우리 예보 구간 안의 관측 비율"
    ),
    "verification_calibration_note": Translation(
        "Dashed: the share that each interval promises.", "점선: 각 구간이 뜻하는 비율."
    ),
    "verification_cut": Translation(
        "Persistence is above the axis where it isn't drawn; its figures are in the table.",
        "지속성 예보가 축을 넘으면 그리지 않습니다. 수치는 표에 있습니다.",
    ),
    "verification_figures": Translation("Figures as a table", "수치를 표로 보기"),
    "verification_rmse_axis": Translation("RMSE, {unit}", "RMSE, {unit}"),
    "verification_share_axis": Translation("share, %", "비율, %"),
    "verification_lead_axis": Translation("lead, hours", "선행시간, 시간"),
    "verification_hour_axis": Translation("hour that is forecast (KST)", "예보한 시각(KST)"),
    "verification_day_axis": Translation("day (KST)", "날짜(KST)"),
    "verification_ahead": Translation("{lead} h ahead", "{lead}시간 후"),
    "verification_at_hour": Translation("{hour}:00", "{hour}시"),
    "verification_interval": Translation("{percent} % interval", "{percent} % 구간"),
    "verification_rmse_of": Translation("RMSE {name} ({unit})", "RMSE {name}({unit})"),
    "verification_bias_of": Translation("bias {name} ({unit})", "편향 {name}({unit})"),
    "verification_gain": Translation("ours closer by ({unit})", "RMSE 차이({unit})"),
    "verification_gain_note": Translation(
        "Closer by: RMSE of {other} minus RMSE of ours; negative where ours was further off.",
        "RMSE 차이: {other}의 RMSE에서 우리 예보의 RMSE를 뺀 값. 음수면 우리 예보가 더 멀었습니다.",
    ),
    "verification_n": Translation("forecasts", "예보 수"),
    "verification_lead_column": Translation("lead", "선행시간"),
    "verification_hour_column": Translation("hour (KST)", "시각(KST)"),
    "verification_day_column": Translation("day (KST)", "날짜(KST)"),
    "verification_station": Translation("station", "지점"),
    "verification_missing": Translation("no figure", "수치 없음"),
    "verification_stations": Translation("By station", "지점별"),
    "verification_stations_answer": Translation(
        "Ours was closer than {other} at {better} of {stations} stations.",
        "우리 예보는 {stations}개 지점 가운데 {better}개 지점에서 {other}보다 관측에 가까웠습니다.",
    ),
    "verification_stations_caption": Translation(
        "Errors by station, all leads", "지점별 오차, 모든 선행시간"
    ),
    "verification_sort": Translation("Sort by", "정렬"),
    "verification_sort_gain": Translation("difference", "RMSE 차이"),
    "verification_sort_rmse": Translation("RMSE {name}", "RMSE {name}"),
    "verification_sort_n": Translation("number of forecasts", "예보 수"),
    "verification_extremes": Translation("Daily maximum and minimum", "일 최고·최저기온"),
    "verification_extremes_caption": Translation(
        "Errors of the daily values, as forecast at 23:00 of the day before; persistence: those of the day "
        "before",
        "전날 23시에 알려져 있던 예보의 오차. 지속성 예보는 전날의 값입니다.",
    ),
    "verification_extremes_none": Translation(
        "No day was forecast and observed whole yet: the first figures follow once such a day is over.",
        "하루 전체를 예보하고 관측한 날이 아직 없습니다. 그런 날이 지나면 첫 수치가 나옵니다.",
    ),
    "verification_extreme": Translation("value of the day", "하루의 값"),
    "verification_maximum": Translation("maximum", "최고기온"),
    "verification_minimum": Translation("minimum", "최저기온"),
    "verification_rows": Translation("The rows behind these figures", "수치의 바탕이 되는 행"),
    "verification_rows_how": Translation(
        "They are in the table weather.verification, by day. In the project's folder, this shows those of "
        "the chart by lead; docs/data.md describes the columns.",
        "테이블 weather.verification에 날짜별로 있습니다. 프로젝트 폴더에서 다음 명령이 선행시간별 그래프의 "
        "행을 보여 줍니다. 열의 설명은 docs/data.md에 있습니다.",
    ),
}
