"""Texts of the model card's sections: titles, charts, tables, and facts."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

SECTIONS: Final = {
    "card_by_lead": Translation("How good, by lead", "선행시간별 정확도"),
    "card_quantiles": Translation("Can the interval be trusted?", "구간을 믿을 수 있는가?"),
    "card_when": Translation("When is it worse?", "언제 더 나쁜가?"),
    "card_where": Translation("Where is it worse?", "어디에서 더 나쁜가?"),
    "card_rival": Translation("Against the champion", "챔피언과 비교"),
    "card_kma": Translation("Against the KMA's forecast", "기상청 예보와 비교"),
    "card_worst": Translation("Its worst cases", "가장 크게 빗나간 예보"),
    "card_importance": Translation("Which inputs matter", "중요한 입력"),
    "card_making": Translation("How it was made", "만든 방법"),
    "card_all_leads": Translation("All leads", "모든 선행시간"),
    "card_as_table": Translation("As a table", "표로 보기"),
    "card_in_all_leads": Translation(
        "Its figures are in the table of all leads.", "수치는 모든 선행시간의 표에 있습니다."
    ),
    "card_this_model": Translation("this model", "이 모델"),
    "card_axis_lead": Translation("lead (h)", "선행시간(h)"),
    "card_ahead": Translation("{lead} h ahead", "{lead}시간 후"),
    "card_rmse": Translation("RMSE ({unit})", "RMSE({unit})"),
    "card_crps": Translation("CRPS ({unit})", "CRPS({unit})"),
    "card_skill": Translation("skill", "기술점수"),
    "card_skill_axis": Translation("skill (%)", "기술점수(%)"),
    "card_rmse_by_lead": Translation("RMSE ({unit}) by lead.", "선행시간별 RMSE({unit})."),
    "card_lower_is_better": Translation("Lower is better.", "낮을수록 좋습니다."),
    "card_crps_by_lead": Translation("CRPS ({unit}) by lead.", "선행시간별 CRPS({unit})."),
    "card_crps_note": Translation(
        "The error of the whole distribution; lower is better. That of a baseline, which forecasts one "
        "value, is its mean absolute error.",
        "분포 전체의 오차로, 낮을수록 좋습니다. 값 하나만 예보하는 비교 대상은 평균 절대 오차입니다.",
    ),
    "card_skill_by_lead": Translation(
        "Skill (%) over each baseline by lead.", "비교 대상별, 선행시간별 기술점수(%)."
    ),
    "card_skill_note": Translation(
        "1 − RMSE / RMSE of the baseline; below 0 the baseline is better.",
        "1 − RMSE / 비교 대상의 RMSE. 0보다 작으면 비교 대상이 낫습니다.",
    ),
    "card_coverage": Translation("coverage", "포함률"),
    "card_coverage_axis": Translation("coverage (%)", "포함률(%)"),
    "card_coverage_by_lead": Translation(
        "Coverage (%) of the 80\u00a0% interval by lead.", "선행시간별 80\u00a0% 구간 포함률(%)."
    ),
    "card_coverage_note": Translation(
        "Aim: 80\u00a0%; shaded: {band}, good enough.", "목표는 80\u00a0%, 음영은 충분한 범위({band})입니다."
    ),
    "card_width": Translation("width", "너비"),
    "card_width_axis": Translation("width ({unit})", "너비({unit})"),
    "card_width_by_lead": Translation(
        "Mean width ({unit}) of the 80\u00a0% interval by lead.",
        "선행시간별 80\u00a0% 구간의 평균 너비({unit}).",
    ),
    "card_width_note": Translation(
        "At equal coverage, narrower is better.", "포함률이 같으면 좁을수록 좋습니다."
    ),
    "card_reliability": Translation(
        "Reliability of the quantiles (percentage points) by lead.", "선행시간별 분위수의 신뢰도(%p)."
    ),
    "card_reliability_note": Translation(
        "Share of observations below each quantile, minus the share that it promises: below p10, 10\u00a0%. "
        "Above 0 the quantile is too high.",
        "각 분위수보다 낮은 관측의 비율에서 기대 비율(p10은 10\u00a0%)을 뺀 값입니다. 0보다 크면 분위수가 "
        "너무 높습니다.",
    ),
    "card_off_axis": Translation("off by (% points)", "차이(%p)"),
    "card_points": Translation("% points", "%p"),
    "card_ranks": Translation(
        "How many observations fall between two neighbouring quantiles, divided by the number that should: 1 "
        "is right. Higher at both ends, the forecast is too narrow; higher in the middle, too wide; higher "
        "at one end, off to the other side. Shaded: what chance allows a right forecast, nine times in ten.",
        "이웃한 두 분위수 사이에 든 관측의 수를 기대한 수로 나눈 값이며, 1이면 맞습니다. 양 끝이 높으면 "
        "구간이 너무 좁고, 가운데가 높으면 너무 넓고, 한쪽 끝이 높으면 반대쪽으로 치우친 예보입니다. "
        "음영은 맞는 예보에서도 우연히 생기는 범위(열에 아홉)입니다.",
    ),
    "card_ranks_at": Translation(
        "Where observations fall, {lead}\u00a0h ahead.", "{lead}시간 후 예보에서 관측이 든 자리."
    ),
    "card_ranks_axis": Translation("share / promised", "비율 / 기대 비율"),
    "card_ranks_promised": Translation("of the promised share", "기대 비율 대비"),
    "card_ranks_share": Translation("of the observations", "관측 비율"),
    "card_ranks_chance": Translation("what chance allows", "우연의 범위"),
    "card_quantile_axis": Translation("quantile (%)", "분위수(%)"),
    "card_between": Translation("between quantiles", "분위수 사이"),
    "card_range": Translation("{low} to {high}", "{low}–{high}"),
    "card_ranks_hover": Translation(
        "{share} of the observations; {ratio} of the promised share", "관측의 {share}, 기대 비율의 {ratio}배"
    ),
    "card_by_season": Translation(
        "RMSE ({unit}) by season and lead, shaded in each column from best to worst; CRPS ({unit}), bias "
        "({unit}, forecast minus observation) and coverage of the 80\u00a0% interval are means over all "
        "leads.",
        "계절별, 선행시간별 RMSE({unit}). 열마다 나쁠수록 진합니다. CRPS({unit}), 편향({unit}, 예보−관측), "
        "80\u00a0% 구간 포함률은 모든 선행시간의 평균입니다.",
    ),
    "card_season_column": Translation("season", "계절"),
    "card_mean_of_leads": Translation("all leads", "전체 평균"),
    "card_bias": Translation("bias", "편향"),
    "card_station_column": Translation("station", "지점"),
    "card_by_station": Translation(
        "RMSE ({unit}) by station and lead, worst station first, shaded in each column from best to worst; "
        "CRPS ({unit}) and skill over persistence are means over all leads.",
        "지점별, 선행시간별 RMSE({unit}), 나쁜 지점부터. 열마다 나쁠수록 진합니다. CRPS({unit})와 "
        "기술점수(지속성)는 모든 선행시간의 평균입니다.",
    ),
    "card_range_of_stations": Translation(
        "RMSE averaged over the leads runs from {low} to {high}, with half of the {n} stations below "
        "{median}.",
        "선행시간 평균 RMSE는 {low}에서 {high}까지이며, {n}개 지점의 절반은 {median}보다 낮습니다.",
    ),
    "card_other_stations": Translation("The other {n} stations", "나머지 {n}개 지점"),
    "card_by_hour": Translation(
        "RMSE ({unit}) by hour of the day, {lead}\u00a0h ahead.",
        "하루 중 시각별 RMSE({unit}), {lead}시간 후 예보.",
    ),
    "card_hour_axis": Translation("hour of the valid time (KST)", "예보 대상 시각(KST, 시)"),
    "card_hour_column": Translation("hour (KST)", "시각(KST)"),
    "card_hour": Translation("{hour} h KST", "{hour}시 KST"),
    "card_pairs": Translation("pairs", "쌍"),
    "card_no_pairs": Translation("no pairs at that hour.", "그 시각의 쌍이 없음."),
    "card_observed": Translation("observed", "관측"),
    "card_p10_to_p90": Translation("p10 to p90", "p10–p90"),
    "card_case": Translation("{rank}. {station},", "{rank}. {station},"),
    "card_case_silent": Translation("issued {at}; nothing observed.", "{at} 발표, 관측 없음."),
    "card_case_note": Translation(
        "issued {at}; RMSE {rmse}, furthest off {miss} at {clock}\u00a0KST.",
        "{at} 발표. RMSE {rmse}, 가장 큰 차이 {miss}({clock}\u00a0KST).",
    ),
    "card_case_label": Translation(
        "Case {rank}: forecast and observation at {station}", "사례 {rank}: {station}의 예보와 관측"
    ),
    "card_case_table": Translation(
        "Case {rank}, {station}: forecast and observation ({unit}), every three hours.",
        "사례 {rank}, {station}: 3시간 간격의 예보와 관측({unit}).",
    ),
    "card_not_observed": Translation("nothing was observed.", "관측이 없음."),
    "card_case_axis": Translation(
        "valid time ({zone}), hours and dates", "예보 대상 시각({zone}), 시와 날짜"
    ),
    "card_case_time": Translation("valid time (KST)", "예보 대상 시각(KST)"),
    "card_gain": Translation(
        "Share (%) of the gain of all splits, at {n} leads; the most used input first.",
        "모든 분기의 이득에서 차지하는 비율(%), 선행시간 {n}개, 많이 쓴 입력부터.",
    ),
    "card_input": Translation("input", "입력"),
    "card_other_inputs": Translation("The other {n} inputs", "나머지 입력 {n}개"),
    "card_no_share": Translation(
        "not among the inputs listed for this lead, which are those with the largest shares.",
        "이 선행시간의 목록에 없음(비율이 큰 입력만 기록).",
    ),
    "card_fact_target": Translation("Target", "예보 대상"),
    "card_fact_inputs": Translation("Inputs", "입력"),
    "card_fact_training": Translation("Training span", "학습 기간"),
    "card_fact_training_rows": Translation("Training rows", "학습 행"),
    "card_fact_holdout": Translation("Held-out span", "시험 기간"),
    "card_fact_holdout_rows": Translation("Held-out rows", "시험 행"),
    "card_fact_share": Translation(
        "Held-out forecasts that began with the KMA's", "기상청 예보에서 출발한 시험 예보"
    ),
    "card_fact_seconds": Translation("Training time", "학습 시간"),
    "card_fact_memory": Translation("Peak memory", "최대 메모리"),
    "card_fact_snapshot": Translation("Snapshot of the data", "관측 자료의 스냅샷"),
    "card_fact_kma_snapshot": Translation("Snapshot of the KMA's forecasts", "기상청 예보의 스냅샷"),
    "card_fact_revision": Translation("Code revision", "코드 버전"),
    "card_fact_libraries": Translation("Libraries", "라이브러리"),
    "card_fact_stations": Translation("Stations", "지점"),
    "card_n_stations": Translation("{n} stations", "{n}개 지점"),
    "card_span": Translation("{first} to {last}", "{first} – {last}"),
    "card_files": Translation("– (files)", "–(파일)"),
    "card_files_or_none": Translation("– (files, or not used)", "–(파일이거나 쓰지 않음)"),
    "card_not_recorded": Translation("– (not recorded)", "–(기록 없음)"),
    "card_alone": Translation("observations alone", "관측값만"),
    "card_leads_caption": Translation(
        "Pairs of forecast and observation; CRPS is the error of all nine quantiles; bias is forecast minus "
        "observation; pinball is the loss of p10, p50 and p90; width and coverage are those of the 80\u00a0% "
        "interval.",
        "예보와 관측의 쌍. CRPS는 아홉 분위수 전체의 오차, 편향은 예보−관측, 핀볼은 p10, p50, p90의 손실, "
        "너비와 포함률은 80\u00a0% 구간의 값.",
    ),
    "card_leads_caption_with_kma": Translation(
        "Pairs of forecast and observation; CRPS is the error of all nine quantiles; bias is forecast minus "
        "observation; pinball is the loss of p10, p50 and p90; width and coverage are those of the 80\u00a0% "
        "interval. With the KMA's forecast: share of the pairs whose forecast began with it.",
        "예보와 관측의 쌍. CRPS는 아홉 분위수 전체의 오차, 편향은 예보−관측, 핀볼은 p10, p50, p90의 손실, "
        "너비와 포함률은 80\u00a0% 구간의 값. 기상청 예보 사용은 예보가 기상청 예보에서 출발한 쌍의 비율.",
    ),
    "card_every_lead": Translation("All {n} leads", "모든 선행시간 {n}개"),
    "card_mae_column": Translation("MAE ({unit})", "MAE({unit})"),
    "card_bias_column": Translation("bias ({unit})", "편향({unit})"),
    "card_pinball_column": Translation("pinball ({unit})", "핀볼({unit})"),
    "card_width_column": Translation("width ({unit})", "너비({unit})"),
    "card_with_kma": Translation("with the KMA's forecast", "기상청 예보 사용"),
}
