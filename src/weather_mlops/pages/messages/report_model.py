"""Messages of the section about the model."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

MODEL: Final = {
    "model_targets": Translation("targets", "예측 대상"),
    "model_no_champion": Translation("There is no champion yet.", "아직 챔피언 모델이 없습니다."),
    "model_champion": Translation("champion", "챔피언"),
    "model_champion_summary": Translation(
        "Champion {version}, since {since}: {age}.", "챔피언 {version}, {since}부터: {age}."
    ),
    "model_days_old": Translation("{days} days old", "{days}일 됨"),
    "model_verified": Translation("Its files were verified at {at}.", "파일 검증 시각 {at}."),
    "model_not_verified": Translation("Its files failed verification at {at}.", "파일 검증 실패, {at}."),
    "model_newest_forecast": Translation("The newest forecast was issued at {at}.", "최신 예보 발표 {at}."),
    "model_no_forecast": Translation("No forecast was issued yet.", "아직 발표된 예보가 없습니다."),
    "model_champion_alone": Translation("It forecasts from observations alone.", "관측값만으로 예보합니다."),
    "model_champion_with_kma": Translation(
        "It learned from {days} days of the KMA's forecasts, and begins with the KMA's forecast where a "
        "recent one is known.",
        "기상청 예보 {days}일치를 학습했고, 최근 기상청 예보가 있으면 거기에서 출발합니다.",
    ),
    "model_newest_inputs": Translation(
        "At {n} of {stations} stations the newest forecast began with the KMA's: "
        "{share} of all forecast hours.",
        "최신 예보가 기상청 예보에서 출발한 지점: {stations}곳 중 {n}곳, 전체 예보 시간의 {share}.",
    ),
    "model_inputs": Translation("made from", "입력"),
    "model_inputs_observations": Translation("observations only", "관측값만"),
    "model_inputs_with_kma": Translation("observations and the KMA's forecast", "관측값과 기상청 예보"),
    "model_inputs_caption": Translation(
        "{label}: by what the forecasts were made from, last 7 days ({unit}). Each kind has its own "
        "hours and leads: compare the skill.",
        "{label}: 예보의 입력별, 최근 7일({unit}). 시각과 선행시간이 서로 다르므로 기술점수로 비교.",
    ),
    "model_caption": Translation(
        "{label}: all leads together, by valid time. Promised: from the champion's evaluation; "
        "persistence: on the same rows; bias: forecast minus observation; coverage: of the 80\u00a0% "
        "interval; without: hours without a forecast.",
        "{label}: 모든 선행시간 합계, 예보 대상 시각 기준. 약속: 챔피언 평가값, 지속성: 같은 행 "
        "기준, 편향: 예보−관측, 포함률: 80\u00a0% 구간, 예보 없음:"
        " 예보가 없던 시간.",
    ),
    "model_pairs": Translation("pairs", "쌍"),
    "model_rmse": Translation("RMSE", "RMSE"),
    "model_mae": Translation("MAE", "MAE"),
    "model_promised": Translation("promised", "약속"),
    "model_persistence": Translation("persistence", "지속성"),
    "model_skill": Translation("skill over persistence", "기술점수(지속성)"),
    "model_skill_damped": Translation("skill over damped anomaly", "기술점수(감쇠 편차)"),
    "model_mean_bias": Translation("bias", "편향"),
    "model_coverage": Translation(
        "coverage",
        "포함률",
    ),
    "model_promised_coverage": Translation(
        "promised coverage",
        "약속 포함률",
    ),
    "model_without": Translation("without", "예보 없음"),
    "model_lead": Translation("lead (h)", "선행시간(h)"),
    "model_by_lead": Translation(
        "by lead",
        "선행시간별",
    ),
    "model_lead_title": Translation(
        "Figures by lead as a table",
        "선행시간별 값을 표로 보기",
    ),
    "model_lead_caption": Translation(
        "{label}: errors by lead, last 7 days ({unit}).",
        "{label}: 선행시간별 오차, 최근 7일({unit}).",
    ),
    "model_measured": Translation("measured", "실측"),
    "model_rmse_by_lead": Translation(
        "RMSE by lead, last 7 days ({unit}).", "선행시간별 RMSE, 최근 7일({unit})."
    ),
    "model_rmse_note": Translation("Lower is better.", "낮을수록 좋음."),
    "model_bias_by_lead": Translation(
        "Bias by lead, last 7 days ({unit}).", "선행시간별 편향, 최근 7일({unit})."
    ),
    "model_bias_by_lead_note": Translation(
        "Forecast minus observation; 0 is unbiased.", "예보−관측. 0이면 치우침 없음."
    ),
    "model_coverage_by_lead": Translation(
        "Coverage of the 80\u00a0% interval by lead, last 7 days (%).",
        "선행시간별 80\u00a0% 구간 포함률, 최근 7일(%).",
    ),
    "model_coverage_note": Translation("Aim: 80\u00a0%.", "목표: 80\u00a0%."),
    "model_daily": Translation("daily figures", "일별 값"),
    "model_rmse_by_day": Translation(
        "RMSE by day ({unit}).",
        "일별 RMSE({unit}).",
    ),
    "model_rmse_by_day_of": Translation(
        "{label}: RMSE by day ({unit}), newest first.",
        "{label}: 일별 RMSE({unit}), 최신순.",
    ),
    "model_residuals": Translation("residuals", "잔차"),
    "model_residuals_summary": Translation(
        "Residuals of 7 days: bias {bias} ± {error} (standard error, "
        "on {n} effective samples), that is {scaled} "
        "promised RMSE; RMSE is {ratio} times the promised one.",
        "7일 잔차: 편향 {bias} ± {error}(표준오차, 유효 표본 {n}), 약속 "
        "RMSE의 {scaled}배. RMSE는 약속의 {ratio}배.",
    ),
    "model_stations_title": Translation("By station, last 7 days ({n})", "지점별, 최근 7일({n}곳)"),
    "model_stations_caption": Translation(
        "{label}: the greatest RMSE first ({unit}); pairs; bias; coverage of the 80\u00a0% interval.",
        "{label}: RMSE가 큰 순({unit}), 쌍, 편향, 80\u00a0% 구간 포함률.",
    ),
}
