"""Messages of alerts."""

from typing import Final

from weather_mlops.pages.messages.translation import Translation

ALERTS: Final = {
    "alert_opened": Translation("opened", "발생"),
    "alert_still_open": Translation("still open", "계속됨"),
    "alert_resolved": Translation("resolved", "해소"),
    "alert_opened_and_resolved": Translation("opened and resolved", "발생 후 해소"),
    "alert_test_title": Translation("[weather] TEST: this is no alert", "[weather] 시험: 경보가 아닙니다"),
    "alert_test_body": Translation(
        "A test of the channel of the alerts, sent at {at} KST by {run}. Nothing is wrong, and there is "
        "nothing to do. An alert says here what is wrong, since when, the figure against its limit, and what "
        "to do.",
        "경보 채널의 시험 메시지입니다. {at} KST, {run}. 문제가 없으며 할 일도 없습니다. 실제 경보는 여기에 "
        "무엇이 잘못됐는지, 언제부터인지, 한계와 비교한 수치, 할 일을 적습니다.",
    ),
    "alert_figure": Translation("{label}: {figure}, limit {limit}", "{label}: {figure}, 한계 {limit}"),
    "alert_since": Translation("since {since} KST", "{since} KST부터"),
    "alert_lasted": Translation("from {since} to {until} KST", "{since}부터 {until} KST까지"),
    "alert_do": Translation("What to do: {link}", "할 일: {link}"),
    "alert_report": Translation("Report: {link}", "보고서: {link}"),
    "alert_more": Translation("… and {n} more: see the report.", "… 그 밖에 {n}건: 보고서 참조."),
}
