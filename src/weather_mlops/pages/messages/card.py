"""Texts of the model card: its head, its summary, and what became of the version."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

CARD: Final = {
    "card_title": Translation("Model card: {label}", "모델 카드: {label}"),
    "card_heading": Translation("{label}, {leads} ahead", "{label}, {leads} 후 예보"),
    "card_lead": Translation(
        "Model {version}, recipe {recipe}, evaluated {at}.", "모델 {version}, 구성 {recipe}, 평가 {at}."
    ),
    "card_all_versions": Translation("All decisions about this target", "이 예보 대상에 대한 모든 결정"),
    "card_contents": Translation("Sections", "목차"),
    "card_champion": Translation(
        "It is the champion: it makes the forecasts.", "현재 챔피언입니다. 예보를 이 모델이 만듭니다."
    ),
    "card_deployed": Translation(
        "It was deployed, and is the champion no more. The champion now:",
        "배포되었으나 지금은 챔피언이 아닙니다. 현재 챔피언:",
    ),
    "card_refused": Translation(
        "It was refused, and makes no forecasts. The reasons:",
        "거부되었습니다. 이 모델로는 예보하지 않습니다. 이유:",
    ),
    "card_undecided": Translation(
        "It was evaluated, and no decision is recorded.", "평가를 마쳤으나 결정 기록이 없습니다."
    ),
    "card_undecided_badge": Translation("no decision", "결정 없음"),
    "card_decided": Translation("{at}, by {by}", "{at}, {by}"),
    "card_unknown_decision": Translation(
        "What was decided about it can't be read:", "이 버전에 대한 결정을 읽을 수 없습니다:"
    ),
    "card_and": Translation(" and ", ", "),
    "card_hours": Translation("{leads}\u00a0h", "{leads}시간"),
    "card_baseline_persistence": Translation("persistence", "지속성"),
    "card_baseline_persistence_24h": Translation("the same hour yesterday", "전날 같은 시각"),
    "card_baseline_climatology": Translation("climatology", "기후값"),
    "card_baseline_damped_anomaly": Translation("damped anomaly", "감쇠 편차"),
    "card_baseline_ridge": Translation("ridge regression", "릿지 회귀"),
    "card_baseline_champion": Translation("the champion", "챔피언"),
    "card_baseline_kma_forecast": Translation("the KMA's forecast", "기상청 예보"),
    "card_season_DJF": Translation("winter (Dec–Feb)", "겨울(12–2월)"),
    "card_season_MAM": Translation("spring (Mar–May)", "봄(3–5월)"),
    "card_season_JJA": Translation("summer (Jun–Aug)", "여름(6–8월)"),
    "card_season_SON": Translation("autumn (Sep–Nov)", "가을(9–11월)"),
    "card_station": Translation("station {id}", "지점 {id}"),
    "card_virtually_certain": Translation("virtually certain", "것이 거의 확실합니다"),
    "card_very_likely": Translation("very likely", "가능성이 매우 높습니다"),
    "card_likely": Translation("likely", "가능성이 높습니다"),
    "card_as_likely_as_not": Translation("about as likely as not", "가능성이 반반입니다"),
    "card_unlikely": Translation("unlikely", "가능성이 낮습니다"),
    "card_very_unlikely": Translation("very unlikely", "가능성이 매우 낮습니다"),
    "card_exceptionally_unlikely": Translation("exceptionally unlikely", "가능성이 거의 없습니다"),
    "card_quality": Translation(
        "{label} at {stations} Korean stations, {leads} ahead: RMSE {errors}, on {rows} rows held out from "
        "{first} to {last}.",
        "국내 {stations}개 지점의 {label}, {leads} 후 예보: RMSE는 {errors}. 학습에 쓰지 않은 {first}부터 "
        "{last}까지의 {rows}행에서 측정했습니다.",
    ),
    "card_error_at": Translation("{rmse} at {lead}\u00a0h", "{lead}시간 후 {rmse}"),
    "card_averaged": Translation(
        "Averaged over the leads, its RMSE is {parts}.", "선행시간 평균 RMSE 비교: {parts}."
    ),
    "card_below": Translation("{share} below {baseline}", "{baseline}보다 {share} 낮음"),
    "card_above": Translation("{share} above {baseline}", "{baseline}보다 {share} 높음"),
    "card_of_both": Translation("{part}, on the rows of both", "{part}(둘 다 있는 행)"),
    "card_covering": Translation(
        "Its 80\u00a0% interval holds {share} of the observations, and is within {band} at every lead.",
        "80\u00a0% 구간 안에 든 관측은 {share}이며, 모든 선행시간에서 {band} 범위입니다.",
    ),
    "card_covering_but": Translation(
        "Its 80\u00a0% interval holds {share} of the observations; at {leads} it is outside {band}.",
        "80\u00a0% 구간 안에 든 관측은 {share}이며, {leads} 후에는 {band} 범위를 벗어납니다.",
    ),
    "card_covering_unknown": Translation(
        "How often the 80\u00a0% interval holds the observation is not known.",
        "80\u00a0% 구간 안에 관측이 드는 비율을 알 수 없습니다.",
    ),
    "card_no_better": Translation(
        "No baseline is better at any lead.", "모든 선행시간에서 비교 대상보다 낫습니다."
    ),
    "card_no_baseline": Translation("There is no baseline to compare with.", "비교할 대상이 없습니다."),
    "card_loss": Translation(
        "{Baseline} is better at {leads}: there the model's RMSE is {worst} higher.",
        "{leads} 후에는 {Baseline} 쪽이 낫습니다. 모델의 RMSE가 {worst} 높습니다.",
    ),
    "card_losses": Translation(
        "{Baseline} is better at {leads}: there the model's RMSE is up to {worst} higher.",
        "{leads} 후에는 {Baseline} 쪽이 낫습니다. 모델의 RMSE가 최대 {worst} 높습니다.",
    ),
    "card_doubt_overlap": Translation(
        "The held-out span begins before the training span ends: the figures count only if each forecast "
        "came from a model that had not seen its hours.",
        "시험 기간이 학습 기간이 끝나기 전에 시작됩니다. 예보마다 그 시각을 학습하지 않은 모델로 "
        "만들었을 때만 이 수치가 유효합니다.",
    ),
    "card_doubt_seasons": Translation(
        "The held-out span, {days}, has nothing of {seasons}: how good the model is in that time is not "
        "known.",
        "시험 기간 {days}에 {seasons} 자료가 없습니다. 그때의 정확도는 알 수 없습니다.",
    ),
    "card_days": Translation("{n}\u00a0days", "{n}일"),
    "card_doubt_silent": Translation(
        "There are no figures to compare with {baselines}.", "{baselines}: 비교할 수치가 없습니다."
    ),
    "card_glance": Translation(
        "At a glance. CRPS: the error of the whole distribution. Skill: by how much the RMSE is lower than "
        "the baseline's.",
        "요약. CRPS: 분포 전체의 오차. 기술점수: RMSE가 비교 대상보다 낮은 비율.",
    ),
    "card_glance_with_kma": Translation(
        "At a glance. CRPS: the error of the whole distribution. Skill: by how much the RMSE is lower than "
        "the baseline's, against the KMA's forecast on the rows that both have.",
        "요약. CRPS: 분포 전체의 오차. 기술점수: RMSE가 비교 대상보다 낮은 비율(기상청 예보와는 둘 다 "
        "있는 행에서 비교).",
    ),
    "card_lead_column": Translation("lead", "선행시간"),
    "card_coverage_of_80": Translation("coverage of the 80\u00a0% interval", "80\u00a0% 구간 포함률"),
    "card_skill_over": Translation("skill over {baseline}", "기술점수({baseline})"),
    "card_no_figure": Translation(
        "no figure in the evaluation: too few held-out pairs of forecast and observation.",
        "평가에 수치가 없음(시험 기간의 예보와 관측 쌍이 부족).",
    ),
    "card_no_seasons": Translation(
        "–: the evaluation has no figures by season.", "–: 평가에 계절별 수치가 없습니다."
    ),
    "card_no_stations": Translation(
        "–: the evaluation has no figures by station.", "–: 평가에 지점별 수치가 없습니다."
    ),
    "card_no_importance": Translation(
        "–: the evaluation has no importance of inputs.", "–: 평가에 입력의 중요도가 없습니다."
    ),
    "card_no_hours": Translation(
        "–: the evaluation has no figures by hour of the day.", "–: 평가에 하루 중 시각별 수치가 없습니다."
    ),
    "card_no_cases": Translation("–: the evaluation has no single cases.", "–: 평가에 개별 사례가 없습니다."),
}
