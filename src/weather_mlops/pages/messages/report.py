"""Messages around the sections: the verdict, the checks, what changed, what is missing."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

REPORT: Final = {
    # The frame
    "report_title": Translation("Weather monitoring", "기상 모니터링"),
    "report_created": Translation(
        "{at}, run {run}.",
        "{at}, 실행 {run}.",
    ),
    "verdict_well": Translation("Well", "정상"),
    "verdict_starting": Translation("Starting", "시작 중"),
    "verdict_watch": Translation("Watch", "주의"),
    "verdict_act": Translation("Act now", "즉시 조치"),
    "severity_critical": Translation("critical", "심각"),
    "severity_warning": Translation("warning", "경고"),
    "report_unmeasured": Translation("not measured", "측정 안 됨"),
    "status_ok": Translation("within its limit", "한계 이내"),
    "status_breach": Translation("beyond its limit", "한계 초과"),
    "status_unknown": Translation("not measured", "측정 안 됨"),
    "report_what_to_do": Translation("what to do", "조치 방법"),
    "section_system_health": Translation("Is it up?", "시스템이 살아 있는가?"),
    "section_data_quality": Translation("Are the data in, and right?", "자료가 들어왔고 올바른가?"),
    "section_model_performance": Translation("Is the model still good?", "모델이 여전히 좋은가?"),
    "section_official_forecast": Translation(
        "Is the KMA's forecast in, and is ours better?", "기상청 예보가 들어왔고 우리 예보가 더 나은가?"
    ),
    "section_short_system_health": Translation("System", "시스템"),
    "section_short_data_quality": Translation("Data", "자료"),
    "section_short_model_performance": Translation("Model", "모델"),
    "section_short_official_forecast": Translation("KMA's forecast", "기상청 예보"),
    "report_changed": Translation(
        "What changed since the last report?", "지난 보고서 이후 무엇이 달라졌는가?"
    ),
    "report_missing": Translation("What could not be measured, and why", "측정하지 못한 것과 그 이유"),
    "report_earlier": Translation("Earlier reports", "이전 보고서"),
    "report_footer": Translation(
        "This report as JSON, schema {schema}: {key}", "이 보고서의 JSON(스키마 {schema}): {key}"
    ),
    # Reasons
    "report_all_well": Translation(
        "All {n} measured checks are within their limits.", "측정한 점검 {n}개가 모두 한계 이내입니다."
    ),
    "report_some_unmeasured": Translation(
        "{n} checks that only warn could not be measured yet.",
        "경고용 점검 {n}개는 아직 측정하지 못했습니다.",
    ),
    "report_one": Translation("{label}: {figure}, limit {limit}.", "{label}: {figure}, 한계 {limit}."),
    "report_many": Translation(
        "{label}: {n} of them; furthest {subject}: {figure}, limit {limit}.",
        "{label}: {n}건, 가장 심한 {subject}: {figure}, 한계 {limit}.",
    ),
    "report_many_bare": Translation("{label}: {n} of them: {subjects}.", "{label}: {n}건: {subjects}."),
    "report_unseen": Translation(
        "Critical, and not measured: {labels}.", "측정하지 못한 심각 점검: {labels}."
    ),
    "report_silent": Translation(
        "{section}: nothing could be compared with a limit.", "{section}: 한계와 비교한 값이 하나도 없습니다."
    ),
    # Reasons of a new system
    "report_began": Translation("The system began at {at}.", "시스템 시작: {at}."),
    "report_to_come": Translation(
        "Still to come: {step} ({when}). Not measured until then: {labels}. The verdict becomes Watch "
        "if it is not done by {by}.",
        "아직 남은 일: {step}({when}). 그때까지 측정하지 못하는 점검: {labels}. {by}까지 완료되지 않으면 "
        "주의로 바뀝니다.",
    ),
    "report_step_first_collection": Translation("the first collection", "첫 자료 수집"),
    "report_step_first_model": Translation(
        "the first model that passes every gate", "모든 관문을 통과한 첫 모델"
    ),
    "report_step_next": Translation("{pipeline}, next run {at}", "{pipeline}, 다음 실행 {at}"),
    "report_step_runs": Translation("{pipeline} runs now", "{pipeline} 실행 중"),
    "report_step_paused": Translation(
        "{pipeline} is paused: unpause it in Airflow", "{pipeline}이(가) 일시 중지됨: Airflow에서 해제하세요"
    ),
    # Checks, tiles
    "report_tile_checks": Translation(
        "{breaches} of {n} checks beyond their limit", "점검 {n}개 중 {breaches}개 한계 초과"
    ),
    "report_tile_unknown": Translation("{n} not measured", "{n}개 측정 안 됨"),
    "report_tile_absent": Translation("not collected", "수집하지 않음"),
    "report_tile_silent": Translation("nothing measured", "측정한 것 없음"),
    "report_check": Translation("check", "점검"),
    "report_state": Translation("state", "상태"),
    "report_figure": Translation("figure", "값"),
    "report_limit": Translation("limit", "한계"),
    "report_against": Translation("figure against limit", "한계 대비"),
    "report_measured_on": Translation("measured on", "근거"),
    "report_beyond_caption": Translation(
        "{section}: checks beyond their limit. Bar: the figure; mark: its limit.",
        "{section}: 한계를 넘은 점검. 막대: 값, 세로선: 한계.",
    ),
    "report_bare": Translation("not measured, or no single figure.", "측정 안 됨, 또는 단일 값이 아님."),
    "report_within_caption": Translation(
        "{section}: checks within their limit. Bar: the figure; mark: its limit. Of more than {n} "
        "checks of one kind, only the one nearest to its limit.",
        "{section}: 한계 이내인 점검. 막대: 값, 세로선: 한계. 같은 점검이 {n}개를 넘으면 한계에 "
        "가장 가까운 것만.",
    ),
    "report_checks_within": Translation("Checks within their limit: {n}", "한계 이내 점검 {n}개"),
    "report_unknown_caption": Translation(
        "{section}: checks that were not measured.",
        "{section}: 측정하지 못한 점검.",
    ),
    "report_figures": Translation(
        "Figures as a table",
        "표로 보기",
    ),
    "report_checks_unknown": Translation("Checks not measured: {n}", "측정하지 못한 점검 {n}개"),
    "report_no_checks": Translation("No figure was compared with a limit.", "한계와 비교한 값이 없습니다."),
    # History
    "report_strip_title": Translation("The last 24 hours.", "최근 24시간."),
    "report_strip_note": Translation(
        "A bar for each report, its height is the severity of the verdict: "
        "a quarter is well, half starting, three quarters watch, full act. "
        "No bar: no report.",
        "보고서마다 막대 하나. 높이는 심각도: 1/4 정상, 1/2 시작 중, 3/4 주의, "
        "전체 즉시 조치. 막대가 없으면 보고서가 없음.",
    ),
    "report_strip_label": Translation("Verdicts of the last 24 hours", "최근 24시간 판정"),
    "report_time": Translation("time (KST)", "시각(KST)"),
    "report_day": Translation("day (KST)", "날짜(KST)"),
    "report_no_earlier": Translation(
        "There is no earlier report of the last 7 days.", "최근 7일 안의 이전 보고서가 없습니다."
    ),
    "report_earlier_reports": Translation("Reports of the last 7 days: {n}", "최근 7일 보고서 {n}개"),
    "report_previous": Translation("Previous report: {at}", "직전 보고서: {at}"),
    "report_latest": Translation("Newest report", "최신 보고서"),
    # Changes
    "report_since": Translation("Since the report of {at}.", "{at} 보고서 이후."),
    "report_why_first": Translation(
        "There is no earlier report of the last 7 days to compare with.",
        "비교할 최근 7일 안의 이전 보고서가 없습니다.",
    ),
    "report_why_schema": Translation(
        "The previous report has another schema version and can't be compared.",
        "직전 보고서의 스키마 버전이 달라 비교할 수 없습니다.",
    ),
    "report_why_broken": Translation(
        "The previous report can't be read, so there is no comparison.",
        "직전 보고서를 읽을 수 없어 비교할 수 없습니다.",
    ),
    "report_opened": Translation("New problems", "새 문제"),
    "report_closed": Translation("Resolved", "해결됨"),
    "report_lost": Translation("In breach before, not measured now", "이전에 초과, 지금은 측정 안 됨"),
    "report_gaps_new": Translation(
        "Newly missing figures",
        "새로 빠진 값",
    ),
    "report_gaps_over": Translation("Figures measured again", "다시 측정된 값"),
    "report_none": Translation("none", "없음"),
    "report_moved": Translation(
        "Figures that moved by a tenth of their limit or more, the furthest first.",
        "한계의 10\u00a0% 이상 움직인 값, 많이 움직인 순.",
    ),
    "report_nothing_moved": Translation(
        "No figure moved by a tenth of its limit or more.", "한계의 10\u00a0% 이상 움직인 값이 없습니다."
    ),
    "report_no_limit": Translation("it has no limit.", "한계 없음."),
    "report_others": Translation("{n} more", "{n}개 더"),
    "report_before": Translation("before", "이전"),
    "report_now": Translation("now", "현재"),
    "report_change": Translation("change", "변화"),
    # Missing
    "report_nothing_missing": Translation(
        "Nothing: every figure was measured.", "없음: 모든 값을 측정했습니다."
    ),
    "report_gap": Translation("{what}: not measured.", "{what}: 측정하지 못했습니다."),
    "report_reasons_below": Translation(
        "What is missing, and why, is listed below.", "빠진 것과 그 이유는 아래 목록에 있습니다."
    ),
    "report_dash": Translation(
        "not measured, as listed below, or there was nothing to measure.",
        "측정 안 됨(아래 목록 참조), 또는 측정할 것이 없음.",
    ),
}
