"""What the report says around its sections: the verdict, the checks, what changed, what is missing."""

from typing import Final

from weather_mlops.monitoring.report.messages import Message

FRAME: Final = {
    # The frame
    "title": Message("Weather monitoring", "기상 모니터링"),
    "made": Message(
        "{at}, run {run}. All times are KST (UTC+9).", "{at}, 실행 {run}. 모든 시각은 KST(UTC+9)."
    ),
    "well": Message("Well", "정상"),
    "watch": Message("Watch", "주의"),
    "act": Message("Act now", "즉시 조치"),
    "critical": Message("critical", "심각"),
    "warning": Message("warning", "경고"),
    "unmeasured": Message("not measured", "측정 안 됨"),
    "ok": Message("within its limit", "한계 이내"),
    "breach": Message("beyond its limit", "한계 초과"),
    "unknown": Message("not measured", "측정 안 됨"),
    "what_to_do": Message("what to do", "조치 방법"),
    "system_health": Message("Is it up?", "시스템이 살아 있는가?"),
    "data_quality": Message("Are the data in, and right?", "자료가 들어왔고 올바른가?"),
    "model_performance": Message("Is the model still good?", "모델이 여전히 좋은가?"),
    "of_system_health": Message("System", "시스템"),
    "of_data_quality": Message("Data", "자료"),
    "of_model_performance": Message("Model", "모델"),
    "changed": Message("What changed since the last report?", "지난 보고서 이후 무엇이 달라졌는가?"),
    "missing": Message("What could not be measured, and why", "측정하지 못한 것과 그 이유"),
    "earlier": Message("Earlier reports", "이전 보고서"),
    "footer": Message("The same for machines, schema {schema}: {key}", "기계용 JSON(스키마 {schema}): {key}"),
    # Reasons
    "all_well": Message(
        "All {n} measured checks are within their limits.", "측정한 점검 {n}개가 모두 한계 이내입니다."
    ),
    "some_unmeasured": Message(
        "{n} checks that only warn could not be measured yet.",
        "경고용 점검 {n}개는 아직 측정하지 못했습니다.",
    ),
    "one": Message("{label}: {figure}, limit {limit}.", "{label}: {figure}, 한계 {limit}."),
    "one_bare": Message("{label}: {detail}", "{label}: {detail}"),
    "many": Message(
        "{label}: {n} of them; furthest {subject}: {figure}, limit {limit}.",
        "{label}: {n}건, 가장 심한 {subject}: {figure}, 한계 {limit}.",
    ),
    "many_bare": Message("{label}: {n} of them: {subjects}.", "{label}: {n}건: {subjects}."),
    "unseen": Message("Critical, and not measured: {labels}.", "측정하지 못한 심각 점검: {labels}."),
    "silent": Message(
        "{section}: nothing could be held to a limit.", "{section}: 한계와 비교한 값이 하나도 없습니다."
    ),
    # Checks, tiles
    "tile_checks": Message(
        "{breaches} of {n} checks beyond their limit", "점검 {n}개 중 {breaches}개 한계 초과"
    ),
    "tile_unknown": Message("{n} not measured", "{n}개 측정 안 됨"),
    "tile_silent": Message("nothing measured", "측정한 것 없음"),
    "check": Message("check", "점검"),
    "state": Message("state", "상태"),
    "figure": Message("figure", "값"),
    "limit": Message("limit", "한계"),
    "against": Message("figure against limit", "한계 대비"),
    "found": Message("measured on", "근거"),
    "checks_caption": Message("Bar: the figure; mark: its limit.", "막대: 값, 세로선: 한계."),
    "bare": Message("not measured, or no single figure.", "측정 안 됨, 또는 단일 값이 아님."),
    "checks_beyond": Message("Beyond their limit.", "한계를 넘은 점검."),
    "checks_within": Message("Checks within their limit: {n}", "한계 이내 점검 {n}개"),
    "checks_nearest": Message(
        "Of more than {n} alike, the one nearest to its limit.",
        "같은 점검이 {n}개를 넘으면 한계에 가장 가까운 것만.",
    ),
    "checks_unknown": Message("Checks not measured: {n}", "측정하지 못한 점검 {n}개"),
    "no_checks": Message("Nothing was held to a limit.", "한계와 비교한 값이 없습니다."),
    # History
    "strip_title": Message("The last 24 hours.", "최근 24시간."),
    "strip_note": Message(
        "A bar for each report, as high as the verdict was grave: "
        "a third is well, two thirds watch, all act. "
        "No bar: no report.",
        "보고서마다 막대 하나. 높이는 심각도: 1/3 정상, 2/3 주의, "
        "전체 즉시 조치. 막대가 없으면 보고서가 없음.",
    ),
    "strip_label": Message("Verdicts of the last 24 hours", "최근 24시간 판정"),
    "time": Message("time (KST)", "시각(KST)"),
    "day": Message("day (KST)", "날짜(KST)"),
    "no_earlier": Message(
        "There is no earlier report of the last 7 days.", "최근 7일 안의 이전 보고서가 없습니다."
    ),
    "earlier_reports": Message("Reports of the last 7 days: {n}", "최근 7일 보고서 {n}개"),
    "previous": Message("the report before: {at}", "직전 보고서: {at}"),
    "latest": Message("the newest report", "최신 보고서"),
    # Changes
    "since": Message("Since the report of {at}.", "{at} 보고서 이후."),
    "why_first": Message(
        "There is no earlier report of the last 7 days to compare with.",
        "비교할 최근 7일 안의 이전 보고서가 없습니다.",
    ),
    "why_schema": Message(
        "The report before is of another version of the schema: it can't be compared with.",
        "직전 보고서의 스키마 버전이 달라 비교할 수 없습니다.",
    ),
    "why_broken": Message(
        "The report before can't be read: it can't be compared with.",
        "직전 보고서를 읽을 수 없어 비교할 수 없습니다.",
    ),
    "opened": Message("New problems", "새 문제"),
    "closed": Message("Solved", "해결됨"),
    "lost": Message("In breach before, not measured now", "이전에 초과, 지금은 측정 안 됨"),
    "gaps_new": Message("Newly missing figures", "새로 빠진 값"),
    "gaps_over": Message("Figures that are there again", "다시 측정된 값"),
    "none": Message("none", "없음"),
    "moved": Message(
        "Figures that moved by a tenth of their limit or more, the furthest first.",
        "한계의 10\u00a0% 이상 움직인 값, 많이 움직인 순.",
    ),
    "nothing_moved": Message(
        "No figure moved by a tenth of its limit or more.", "한계의 10\u00a0% 이상 움직인 값이 없습니다."
    ),
    "no_limit": Message("it has no limit.", "한계 없음."),
    "others": Message("{n} more", "{n}개 더"),
    "before": Message("before", "이전"),
    "now": Message("now", "현재"),
    "change": Message("change", "변화"),
    # Missing
    "nothing_missing": Message("Nothing: every figure was measured.", "없음: 모든 값을 측정했습니다."),
    "gap": Message("{what}: not measured.", "{what}: 측정하지 못했습니다."),
    "reasons_below": Message(
        "What is missing, and why, is listed below.", "빠진 것과 그 이유는 아래 목록에 있습니다."
    ),
    "dash": Message(
        "not measured, as listed below, or there was nothing to measure.",
        "측정 안 됨(아래 목록 참조), 또는 측정할 것이 없음.",
    ),
}
