"""Messages of the section about the data."""

from typing import Final

from weather_mlops.monitoring.report.messages import Translation

DATA: Final = {
    "newest": Translation(
        "The newest observations are of {at}: {lag} before the figures were measured.",
        "최신 관측은 {at}, 측정 시각보다 {lag} 전입니다.",
    ),
    "in": Translation("Are they in?", "들어왔는가?"),
    "right": Translation("Are they right?", "올바른가?"),
    "window_24h": Translation("24 h", "24시간"),
    "window_7d": Translation("7 days", "7일"),
    "window_30d": Translation("30 days", "30일"),
    "windows": Translation("windows", "기간별 값"),
    "windows_caption": Translation(
        "Station-hours expected and present; the share of their values within the physical limits; rows in "
        "quarantine, rows corrected later, and the mean quality score of the validations.",
        "예상한 지점·시간 수와 수집한 수, 물리 한계 안에 든 값의 비율, "
        "격리된 행, 나중에 정정된 행, 검증 품질 점수 평균.",
    ),
    "window": Translation("last", "최근"),
    "stations_n": Translation("stations", "지점"),
    "expected": Translation("expected", "예상"),
    "present": Translation("present", "수집"),
    "completeness": Translation("complete", "완전성"),
    "validity": Translation("valid", "유효성"),
    "quarantined": Translation("quarantined", "격리"),
    "corrected": Translation("corrected", "정정"),
    "quality_score": Translation("quality score", "품질 점수"),
    "by_hour": Translation("completeness by hour", "시간별 완전성"),
    "by_hour_title": Translation("Completeness by hour, last 7 days (%).", "시간별 완전성, 최근 7일(%)."),
    "by_hour_note": Translation(
        "Broad bar: received; narrow bar above it: missing. Lowest: {least} at {at}.",
        "넓은 막대: 수집된 비율, 위의 좁은 막대: 누락된 비율. 최저 {least}, {at}.",
    ),
    "nothing_expected": Translation(
        "Nothing was expected in the last 7 days.", "최근 7일간 예상된 관측이 없습니다."
    ),
    "no_runs": Translation("No validation in the last 7 days.", "최근 7일간 검증이 없습니다."),
    "no_corrections": Translation("No corrections were counted yet.", "아직 집계된 정정이 없습니다."),
    "by_run": Translation("quality by run", "실행별 품질"),
    "by_run_title": Translation("Validation by run, last 7 days (%).", "실행별 검증, 최근 7일(%)."),
    "score": Translation("quality score", "품질 점수"),
    "fit_share": Translation("rows fit to publish", "발행 가능 행"),
    "score_parts": Translation("Components of the newest score: {parts}.", "최근 점수 구성: {parts}."),
    "part_completeness": Translation("completeness {share}", "완전성 {share}"),
    "part_validity": Translation("validity {share}", "유효성 {share}"),
    "part_consistency": Translation("consistency {share}", "일관성 {share}"),
    "part_timeliness": Translation("timeliness {share}", "적시성 {share}"),
    "stations": Translation("stations", "지점"),
    "map_title": Translation("Where?", "어디인가?"),
    "map_note": Translation(
        "Dot: nothing is wrong; triangle: a check is beyond its limit; cross: the station is silent.",
        "점: 이상 없음, 삼각형: 한계를 넘은 점검 있음, ×: 무보고.",
    ),
    "map_label": Translation(
        "Stations with problems: {n}, silent: {silent}", "문제 지점 {n}곳, 무보고 {silent}곳"
    ),
    "station": Translation("station", "지점"),
    "stations_caption": Translation(
        "Stations, the worst first: completeness (%), hours since the "
        "newest observation, rows quarantined in 30 days, "
        "open gaps.",
        "지점, 나쁜 순: 완전성(%), 최신 관측 이후 시간, 30일간 격리 행, 열린 결측.",
    ),
    "silent_hours": Translation("silent", "무보고"),
    "open_gaps": Translation("gaps", "결측"),
    "other_stations": Translation("The other {n} stations", "나머지 지점 {n}곳"),
    "bias": Translation("bias against neighbours", "이웃 지점 대비 편차"),
    "bias_title": Translation("Does a sensor stand out from its neighbours?", "이웃과 다른 센서가 있는가?"),
    "bias_note": Translation(
        "Accumulated bias beyond the typical range, in % of the limit: "
        "left is too low, right too high; "
        "triangles are beyond the limit.",
        "평소 범위를 벗어난 편차의 누적값, 한계 대비(%). 왼쪽은 낮음, 오른쪽은 높음, 삼각형은 한계 초과.",
    ),
    "bias_axis": Translation("of the limit (%)", "한계 대비(%)"),
    "variables": Translation("variables", "요소"),
    "variables_caption": Translation(
        "Variables, the greatest decline against 30 days first: the share of the "
        "rows that have a value; in 7 days, values outside the "
        "physical limits and the share within.",
        "요소, 30일 대비 많이 줄어든 순: 값이 있는 행의 비율, 7일간 물리 한계를 벗어난 값과 한계 안의 비율.",
    ),
    "variable": Translation("variable", "요소"),
    "outside": Translation("outside", "한계 밖"),
    "other_variables": Translation("The other {n} variables", "나머지 요소 {n}개"),
    "quarantine": Translation("quarantine", "격리"),
    "quarantine_caption": Translation(
        "Rows in quarantine by the rule that refused them.", "격리된 행, 거부한 규칙별."
    ),
    "no_quarantine": Translation("No row was quarantined in 30 days.", "30일간 격리된 행이 없습니다."),
    "rule": Translation("rule", "규칙"),
    "gaps": Translation("gaps", "결측"),
    "gaps_open": Translation("Open gaps, station-hours: {n}", "열린 결측(지점·시간): {n}"),
    "gaps_oldest": Translation("the oldest of {at}", "가장 오래된 것 {at}"),
    "by_age": Translation("by age: {parts}", "기간별: {parts}"),
    "by_reason": Translation("by reason: {parts}", "이유별: {parts}"),
    "gap_up to 6 h": Translation("up to 6 h", "6시간 이내"),
    "gap_6 to 24 h": Translation("6 to 24 h", "6–24시간"),
    "gap_1 to 7 d": Translation("1 to 7 days", "1–7일"),
    "gap_7 to 31 d": Translation("7 to 31 days", "7–31일"),
    "gap_missing": Translation("the KMA has none", "기상청에 없음"),
    "gap_quarantined": Translation("quarantined", "격리됨"),
    "gap_not_requested": Translation("not requested yet", "아직 요청하지 않음"),
    "corrections": Translation("corrections", "정정"),
    "corrections_summary": Translation(
        "Rows corrected, counted since {since}: {n} in {days} days, {today} of them on the last day.",
        "정정된 행, {since}부터 집계: {days}일 동안 {n}행, 마지막 날 {today}행.",
    ),
    "drift": Translation("drift", "드리프트"),
    "drift_title": Translation("Do the inputs drift?", "입력이 변하고 있는가?"),
    "drift_summary": Translation(
        "Observations of {first} to {last} at {n} stations against the "
        "reference: {reference}. The thresholds are the range of "
        "years without faults. Input drift is shown but raises no "
        "alert by itself: weather alone can cause it.",
        "지점 {n}곳의 {first}–{last} 관측과 기준({reference}) 비교. "
        "임계값은 이상이 없던 해들이 보인 범위입니다. "
        "입력 드리프트는 표시만 하고 경보를 보내지 않습니다. 날씨만으로도 생기기 때문입니다.",
    ),
    "no_threshold": Translation("There is no threshold: {reason}", "임계값 없음: {reason}"),
    "mean_now": Translation("mean", "평균"),
    "mean_reference": Translation("reference", "기준"),
    "psi": Translation("PSI", "PSI"),
    "wasserstein": Translation("Wasserstein", "Wasserstein"),
    "threshold": Translation("threshold", "임계값"),
    "threshold_against": Translation("against it", "임계값 대비"),
    "n_effective": Translation("n (effective)", "n(유효)"),
    "drift_caption": Translation(
        "Bar: PSI or Wasserstein distance; mark: its threshold. The effective sample size is corrected for "
        "autocorrelation.",
        "막대: PSI 또는 Wasserstein 거리, 세로선: 임계값. 유효 표본 수는 자기상관을 보정한 값.",
    ),
}
