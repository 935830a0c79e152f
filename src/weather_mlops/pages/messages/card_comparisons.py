"""Texts of the model card's comparisons with the champion and with the KMA's forecast."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

COMPARISONS: Final = {
    "card_common_seasons": Translation(
        "RMSE ({unit}) by season of this model / of the KMA's forecast on the rows that both have; in bold "
        "where the KMA's is better. Skill over the KMA's forecast is a mean over all leads.",
        "둘 다 있는 행의 계절별 RMSE({unit}), 이 모델 / 기상청 예보. 기상청 예보가 나은 곳은 굵은 "
        "글씨입니다. 기술점수(기상청 예보)는 모든 선행시간의 평균입니다.",
    ),
    "card_common_stations": Translation(
        "RMSE ({unit}) by station of this model / of the KMA's forecast on the rows that both have; in bold "
        "where the KMA's is better. Skill over the KMA's forecast is a mean over all leads.",
        "둘 다 있는 행의 지점별 RMSE({unit}), 이 모델 / 기상청 예보. 기상청 예보가 나은 곳은 굵은 "
        "글씨입니다. 기술점수(기상청 예보)는 모든 선행시간의 평균입니다.",
    ),
    "card_stations_against_kma": Translation(
        "Against the KMA's forecast, by station", "지점별 기상청 예보와 비교"
    ),
    "card_no_common_rows": Translation("no common rows.", "둘 다 있는 행이 없음."),
    "card_on_common_rows": Translation("this model on the same rows", "같은 행의 이 모델"),
    "card_no_champion": Translation("There is no champion to compare with.", "비교할 챔피언이 없습니다."),
    "card_not_comparable": Translation(
        "No station and hour can be compared with {version}.",
        "{version}: 비교할 수 있는 지점과 시각이 없습니다.",
    ),
    "card_champion_lower": Translation(
        "Against {version} over {days} RMSE is {gain} lower, mean over the leads; by paired block bootstrap "
        "the improvement is between {low} and {high}. That the new model is better is {likelihood}: it is in "
        "{certainty} of the resamples.",
        "{days} 동안 {version}보다 선행시간 평균 RMSE가 {gain} 낮습니다. 짝지은 블록 부트스트랩으로 본 개선 "
        "폭은 {low}에서 {high}까지입니다. 새 모델이 더 나을 {likelihood}(재표본의 {certainty}에서 더 나음).",
    ),
    "card_champion_higher": Translation(
        "Against {version} over {days} RMSE is {gain} higher, mean over the leads; by paired block bootstrap "
        "the improvement is between {low} and {high}. That the new model is better is {likelihood}: it is in "
        "{certainty} of the resamples.",
        "{days} 동안 {version}보다 선행시간 평균 RMSE가 {gain} 높습니다. 짝지은 블록 부트스트랩으로 본 개선 "
        "폭은 {low}에서 {high}까지입니다. 새 모델이 더 나을 {likelihood}(재표본의 {certainty}에서 더 나음).",
    ),
    "card_crps_lower": Translation(
        "The CRPS, the error of all nine quantiles, is {gain} lower, mean over the leads; the improvement is "
        "between {low} and {high}. That the new model is better is {likelihood}: it is in {certainty} of the "
        "resamples.",
        "아홉 분위수 전체의 오차인 CRPS는 선행시간 평균 {gain} 낮습니다. 개선 폭은 {low}에서 "
        "{high}까지입니다. 새 모델이 더 나을 {likelihood}(재표본의 {certainty}에서 더 나음).",
    ),
    "card_crps_higher": Translation(
        "The CRPS, the error of all nine quantiles, is {gain} higher, mean over the leads; the improvement "
        "is between {low} and {high}. That the new model is better is {likelihood}: it is in {certainty} of "
        "the resamples.",
        "아홉 분위수 전체의 오차인 CRPS는 선행시간 평균 {gain} 높습니다. 개선 폭은 {low}에서 "
        "{high}까지입니다. 새 모델이 더 나을 {likelihood}(재표본의 {certainty}에서 더 나음).",
    ),
    "card_over_zero": Translation(
        "The range includes zero: that the two are equally good is not excluded.",
        "범위에 0이 들어 있어, 둘이 똑같을 가능성을 배제할 수 없습니다.",
    ),
    "card_no_crps": Translation(
        "The CRPS is not compared: one of the two forecasts an interval only.",
        "CRPS는 비교하지 않았습니다. 둘 중 하나는 구간만 예보합니다.",
    ),
    "card_improvement": Translation("Improvement (%) over the champion.", "챔피언 대비 개선(%)."),
    "card_improvement_note": Translation(
        "With its bootstrap range; right of 0 the new model is better.",
        "부트스트랩 범위와 함께 표시합니다. 0보다 오른쪽이면 새 모델이 낫습니다.",
    ),
    "card_improvement_axis": Translation("improvement (%)", "개선(%)"),
    "card_improvement_column": Translation("improvement", "개선"),
    "card_score_column": Translation("score", "점수"),
    "card_from": Translation("from", "최소"),
    "card_to": Translation("to", "최대"),
    "card_certainty": Translation("certainty", "더 나은 재표본"),
    "card_days_column": Translation("days", "일수"),
    "card_by_inputs": Translation(
        "By what the new model's forecasts were made from: improvement of the RMSE over the champion on the "
        "same rows, its bootstrap range, and the share of the resamples in which the new model is better.",
        "새 모델의 입력별: 같은 행에서 챔피언 대비 RMSE 개선, 부트스트랩 범위, 새 모델이 더 나은 "
        "재표본의 비율.",
    ),
    "card_made_from": Translation("made from", "입력"),
    "card_inputs_observations": Translation("observations only", "관측값만"),
    "card_inputs_with_kma": Translation("observations and the KMA's forecast", "관측값과 기상청 예보"),
    "card_no_inputs": Translation(
        "no forecast of the new model was made from these, or the champion has none of the same hours.",
        "이 입력으로 만든 새 모델의 예보가 없거나, 챔피언에 같은 시각의 예보가 없음.",
    ),
    "card_kma_not_compared": Translation("Not compared:", "비교하지 않았습니다:"),
    "card_kma_no_rows": Translation(
        "Not compared: no common rows.", "비교하지 않았습니다: 둘 다 있는 행이 없습니다."
    ),
    "card_kma_rows": Translation(
        "Compared on {n} of {rows} held-out rows ({share}): those where a forecast of the KMA had been "
        "received when the model's was issued. Of these the newest counts; hours between its 3-hourly values "
        "are interpolated.",
        "시험 기간의 {rows}행 가운데 {n}행({share})에서 비교했습니다. 모델의 예보를 발표할 때 이미 받은 "
        "기상청 예보가 있는 행이며, 그중 최신 것과 비교합니다. 3시간 간격 사이의 시각은 보간합니다.",
    ),
    "card_kma_span": Translation(
        "Compared on {n} of {rows} held-out rows ({share}), issued from {first} to {last}: those where a "
        "forecast of the KMA had been received when the model's was issued. Of these the newest counts; "
        "hours between its 3-hourly values are interpolated.",
        "시험 기간의 {rows}행 가운데 {first}부터 {last}까지 발표한 {n}행({share})에서 비교했습니다. 모델의 "
        "예보를 발표할 때 이미 받은 기상청 예보가 있는 행이며, 그중 최신 것과 비교합니다. 3시간 간격 사이의 "
        "시각은 보간합니다.",
    ),
    "card_kma_lower": Translation(
        "Over {days}, the model's RMSE is {gain} lower, mean over the leads; by paired block bootstrap the "
        "improvement is between {low} and {high}. That the model is better is {likelihood}: it is in "
        "{certainty} of the resamples.",
        "{days} 동안 모델의 선행시간 평균 RMSE가 {gain} 낮습니다. 짝지은 블록 부트스트랩으로 본 개선 폭은 "
        "{low}에서 {high}까지입니다. 모델이 더 나을 {likelihood}(재표본의 {certainty}에서 더 나음).",
    ),
    "card_kma_higher": Translation(
        "Over {days}, the model's RMSE is {gain} higher, mean over the leads; by paired block bootstrap the "
        "improvement is between {low} and {high}. That the model is better is {likelihood}: it is in "
        "{certainty} of the resamples.",
        "{days} 동안 모델의 선행시간 평균 RMSE가 {gain} 높습니다. 짝지은 블록 부트스트랩으로 본 개선 폭은 "
        "{low}에서 {high}까지입니다. 모델이 더 나을 {likelihood}(재표본의 {certainty}에서 더 나음).",
    ),
    "card_kma_better": Translation("The model is better at {leads}.", "{leads} 후에는 모델이 낫습니다."),
    "card_kma_worse": Translation(
        "The KMA's forecast is better at {leads}.", "{leads} 후에는 기상청 예보가 낫습니다."
    ),
    "card_kma_missing": Translation(
        "At {leads} there is nothing to compare.", "{leads} 후에는 비교할 것이 없습니다."
    ),
    "card_kma_rmse": Translation(
        "RMSE ({unit}) by lead, on the common rows.", "둘 다 있는 행의 선행시간별 RMSE({unit})."
    ),
    "card_kma_skill": Translation(
        "Skill (%) over the KMA's forecast by lead.", "기상청 예보에 대한 선행시간별 기술점수(%)."
    ),
    "card_kma_skill_note": Translation(
        "1 − RMSE / RMSE of the KMA's forecast; below 0 that one is better.",
        "1 − RMSE / 기상청 예보의 RMSE. 0보다 작으면 기상청 예보가 낫습니다.",
    ),
    "card_kma_table": Translation(
        "On the common rows of each lead; bias is the KMA's forecast minus the observation.",
        "선행시간마다 둘 다 있는 행에서 비교. 편향은 기상청 예보−관측.",
    ),
    "card_kma_by_lead": Translation("By lead", "선행시간별"),
    "card_kma_rmse_ours": Translation("RMSE of this model ({unit})", "이 모델의 RMSE({unit})"),
    "card_kma_rmse_theirs": Translation("RMSE of the KMA's ({unit})", "기상청 예보의 RMSE({unit})"),
    "card_kma_bias": Translation("bias of the KMA's ({unit})", "기상청 예보의 편향({unit})"),
}
