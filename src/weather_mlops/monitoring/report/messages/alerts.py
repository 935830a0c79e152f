"""What alerts say."""

from typing import Final

from weather_mlops.monitoring.report.messages import Message

ALERTS: Final = {
    "alert_opened": Message("opened", "발생"),
    "alert_still_open": Message("still open", "계속됨"),
    "alert_resolved": Message("resolved", "해소"),
    "alert_came_and_went": Message("opened and resolved", "발생 후 해소"),
    "alert_figure": Message("{label}: {figure}, limit {limit}", "{label}: {figure}, 한계 {limit}"),
    "alert_since": Message("since {since} KST", "{since} KST부터"),
    "alert_lasted": Message("from {since} to {until} KST", "{since}부터 {until} KST까지"),
    "alert_do": Message("What to do: {link}", "할 일: {link}"),
    "alert_report": Message("Report: {link}", "보고서: {link}"),
    "alert_more": Message("… and {n} more: see the report.", "… 그 밖에 {n}건: 보고서 참조."),
}
