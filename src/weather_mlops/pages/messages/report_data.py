"""Messages of the section about the data."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

DATA: Final = {
    "data_newest": Translation(
        "The newest observations are of {at}: {lag} before the figures were measured.",
        "최신 관측은 {at}, 측정 시각보다 {lag} 전입니다.",
    ),
    "data_in": Translation("Are they in?", "들어왔는가?"),
    "data_right": Translation("Are they right?", "올바른가?"),
    "data_window_24h": Translation("24 h", "24시간"),
    "data_window_7d": Translation("7 days", "7일"),
    "data_window_30d": Translation("30 days", "30일"),
    "data_windows": Translation("windows", "기간별 값"),
    "data_windows_caption": Translation(
        "Station-hours expected and present; the share of their values within the physical limits; rows in "
        "quarantine, rows corrected later, and the mean quality score of the validations.",
        "예상한 지점·시간 수와 수집한 수, 물리 한계 안에 든 값의 비율, "
        "격리된 행, 나중에 정정된 행, 검증 품질 점수 평균.",
    ),
    "data_window": Translation("last", "최근"),
    "data_stations_n": Translation("stations", "지점"),
    "data_expected": Translation("expected", "예상"),
    "data_present": Translation("present", "수집"),
    "data_completeness": Translation("complete", "완전성"),
    "data_validity": Translation("valid", "유효성"),
    "data_quarantined": Translation("quarantined", "격리"),
    "data_corrected": Translation("corrected", "정정"),
    "data_quality_score": Translation("quality score", "품질 점수"),
    "data_by_hour": Translation(
        "completeness by hour",
        "시간별 완전성",
    ),
    "data_by_hour_figures": Translation(
        "Station-hours by hour, newest first (KST).",
        "시간별 지점 수, 최신순(KST).",
    ),
    "data_hour": Translation(
        "hour (KST)",
        "시각(KST)",
    ),
    "data_by_hour_title": Translation(
        "Completeness by hour, last 7 days (%).", "시간별 완전성, 최근 7일(%)."
    ),
    "data_by_hour_note": Translation(
        "Broad bar: received; narrow bar above it: missing. Lowest: {least} at {at}.",
        "넓은 막대: 수집된 비율, 위의 좁은 막대: 누락된 비율. 최저 {least}, {at}.",
    ),
    "data_nothing_expected": Translation(
        "Nothing was expected in the last 7 days.", "최근 7일간 예상된 관측이 없습니다."
    ),
    "data_no_runs": Translation("No validation in the last 7 days.", "최근 7일간 검증이 없습니다."),
    "data_no_corrections": Translation("No corrections were counted yet.", "아직 집계된 정정이 없습니다."),
    "data_by_run": Translation(
        "quality by run",
        "실행별 품질",
    ),
    "data_by_run_figures": Translation(
        "Validation by run, newest first (KST).",
        "실행별 검증, 최신순(KST).",
    ),
    "data_run_at": Translation(
        "run (KST)",
        "실행(KST)",
    ),
    "data_by_run_title": Translation("Validation by run, last 7 days (%).", "실행별 검증, 최근 7일(%)."),
    "data_score": Translation("quality score", "품질 점수"),
    "data_fit_share": Translation("rows fit to publish", "발행 가능 행"),
    "data_score_parts": Translation("Components of the newest score: {parts}.", "최근 점수 구성: {parts}."),
    "data_part_completeness": Translation("completeness {share}", "완전성 {share}"),
    "data_part_validity": Translation("validity {share}", "유효성 {share}"),
    "data_part_consistency": Translation("consistency {share}", "일관성 {share}"),
    "data_part_timeliness": Translation("timeliness {share}", "적시성 {share}"),
    "data_stations": Translation("stations", "지점"),
    "data_map_title": Translation("Where?", "어디인가?"),
    "data_map_note": Translation(
        "Dot: nothing is wrong; triangle: a check is beyond its limit; cross: the station is silent.",
        "점: 이상 없음, 삼각형: 한계를 넘은 점검 있음, ×: 무보고.",
    ),
    "data_map_label": Translation(
        "Stations with problems: {n}, silent: {silent}", "문제 지점 {n}곳, 무보고 {silent}곳"
    ),
    "data_station": Translation("station", "지점"),
    "data_stations_caption": Translation(
        "Stations, the worst first: completeness (%), hours since the "
        "newest observation, rows quarantined in 30 days, "
        "open gaps.",
        "지점, 나쁜 순: 완전성(%), 최신 관측 이후 시간, 30일간 격리 행, 열린 결측.",
    ),
    "data_silent_hours": Translation("silent", "무보고"),
    "data_open_gaps": Translation("gaps", "결측"),
    "data_other_stations": Translation("The other {n} stations", "나머지 지점 {n}곳"),
    "data_bias": Translation("bias against neighbours", "이웃 지점 대비 편차"),
    "data_bias_title": Translation(
        "Does a sensor stand out from its neighbours?", "이웃과 다른 센서가 있는가?"
    ),
    "data_bias_note": Translation(
        "Accumulated bias beyond the typical range, in % of the limit: "
        "left is too low, right too high; "
        "triangles are beyond the limit.",
        "평소 범위를 벗어난 편차의 누적값, 한계 대비(%). 왼쪽은 낮음, 오른쪽은 높음, 삼각형은 한계 초과.",
    ),
    "data_bias_axis": Translation(
        "of the limit (%)",
        "한계 대비(%)",
    ),
    "data_bias_value": Translation(
        "bias",
        "편차",
    ),
    "data_bias_figures_title": Translation(
        "The {n} furthest sensors as a table",
        "편차가 큰 센서 {n}개를 표로 보기",
    ),
    "data_bias_figures": Translation(
        "Sensors by their accumulated bias, the furthest first.",
        "누적 편차가 큰 순의 센서.",
    ),
    "data_variables": Translation("variables", "요소"),
    "data_variables_caption": Translation(
        "Variables, the greatest decline against 30 days first: the share of the "
        "rows that have a value; in 7 days, values outside the "
        "physical limits and the share within.",
        "요소, 30일 대비 많이 줄어든 순: 값이 있는 행의 비율, 7일간 물리 한계를 벗어난 값과 한계 안의 비율.",
    ),
    "data_variable": Translation("variable", "요소"),
    "data_outside": Translation("outside", "한계 밖"),
    "data_other_variables": Translation("The other {n} variables", "나머지 요소 {n}개"),
    "data_quarantine": Translation("quarantine", "격리"),
    "data_quarantine_caption": Translation(
        "Rows in quarantine by the rule that refused them.", "격리된 행, 거부한 규칙별."
    ),
    "data_no_quarantine": Translation("No row was quarantined in 30 days.", "30일간 격리된 행이 없습니다."),
    "data_rule": Translation("rule", "규칙"),
    "data_gaps": Translation("gaps", "결측"),
    "data_gaps_open": Translation("Open gaps, station-hours: {n}", "열린 결측(지점·시간): {n}"),
    "data_gaps_oldest": Translation("the oldest of {at}", "가장 오래된 것 {at}"),
    "data_by_age": Translation("by age: {parts}", "기간별: {parts}"),
    "data_by_reason": Translation("by reason: {parts}", "이유별: {parts}"),
    "data_gap_up to 6 h": Translation("up to 6 h", "6시간 이내"),
    "data_gap_6 to 24 h": Translation("6 to 24 h", "6–24시간"),
    "data_gap_1 to 7 d": Translation("1 to 7 days", "1–7일"),
    "data_gap_7 to 31 d": Translation("7 to 31 days", "7–31일"),
    "data_gap_missing": Translation("the KMA has none", "기상청에 없음"),
    "data_gap_quarantined": Translation("quarantined", "격리됨"),
    "data_gap_not_requested": Translation("not requested yet", "아직 요청하지 않음"),
    "data_corrections": Translation("corrections", "정정"),
    "data_corrections_summary": Translation(
        "Rows corrected, counted since {since}: {n} in {days} days, {today} of them on the last day.",
        "정정된 행, {since}부터 집계: {days}일 동안 {n}행, 마지막 날 {today}행.",
    ),
    "data_drift": Translation("drift", "드리프트"),
    "data_drift_title": Translation("Do the inputs drift?", "입력이 변하고 있는가?"),
    "data_drift_summary": Translation(
        "Observations of {first} to {last} at {n} stations against the reference. The thresholds are "
        "the range of years without faults. Input drift is shown but raises no alert by itself: "
        "weather alone can cause it.",
        "지점 {n}곳의 {first}–{last} 관측을 기준과 비교한 값입니다. 임계값은 이상이 없던 해들이 "
        "보인 범위입니다. 입력 드리프트는 표시만 하고 경보를 보내지 "
        "않습니다. 날씨만으로도 생기기 때문입니다.",
    ),
    "data_drift_reference": Translation(
        "Reference:",
        "기준:",
    ),
    "data_no_threshold": Translation(
        "There is no threshold:",
        "임계값 없음:",
    ),
    "data_mean_now": Translation("mean", "평균"),
    "data_mean_reference": Translation("reference", "기준"),
    "data_psi": Translation("PSI", "PSI"),
    "data_wasserstein": Translation("Wasserstein", "Wasserstein"),
    "data_threshold": Translation("threshold", "임계값"),
    "data_threshold_against": Translation("against it", "임계값 대비"),
    "data_n_effective": Translation("n (effective)", "n(유효)"),
    "data_drift_caption": Translation(
        "Bar: PSI or Wasserstein distance; mark: its threshold. The effective sample size is corrected for "
        "autocorrelation.",
        "막대: PSI 또는 Wasserstein 거리, 세로선: 임계값. 유효 표본 수는 자기상관을 보정한 값.",
    ),
}
