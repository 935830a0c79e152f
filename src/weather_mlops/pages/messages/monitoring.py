"""Texts of the page of monitoring."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

MONITORING: Final = {
    "monitoring_title": Translation("Monitoring", "모니터링"),
    "monitoring_lead": Translation(
        "A report each half hour, and its verdict.", "30분마다 만드는 보고서와 그 판정입니다."
    ),
    "monitoring_latest": Translation("Latest report", "최신 보고서"),
    "monitoring_none": Translation("There is no report yet.", "아직 보고서가 없습니다."),
    "monitoring_none_when": Translation(
        "The DAG monitoring writes one at :00 and :30 of each hour.",
        "DAG monitoring이 매시 0분과 30분에 만듭니다.",
    ),
    "monitoring_unreadable": Translation(
        "The latest report can't be summarized here.", "최신 보고서를 여기에 요약할 수 없습니다."
    ),
    "monitoring_other_schema": Translation(
        "Another version of this software wrote it.", "이 소프트웨어의 다른 버전이 만든 보고서입니다."
    ),
    "monitoring_open": Translation("Open the report of {at}", "{at} 보고서 열기"),
    "monitoring_open_latest": Translation("Open the latest report", "최신 보고서 열기"),
    "monitoring_reports_of": Translation("Reports of {day}", "{day} 보고서"),
    "monitoring_newest_first": Translation("Reports of {day}, newest first", "{day} 보고서, 최신순"),
    "monitoring_days": Translation("Other days", "다른 날"),
    "monitoring_no_reports": Translation(
        "There is no report of this day: nothing was measured then, or its reports were deleted since.",
        "이 날의 보고서가 없습니다. 그날 측정하지 않았거나, 보고서가 삭제되었습니다.",
    ),
    "monitoring_report": Translation("report (KST)", "보고서(KST)"),
    "monitoring_verdict": Translation("verdict", "판정"),
    "monitoring_problems": Translation("checks beyond their limit", "한계를 넘은 점검"),
    "monitoring_no_summary": Translation(
        "the day's last report has no summary of it", "그날 마지막 보고서에 요약이 없음"
    ),
}
