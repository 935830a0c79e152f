"""Messages of alerts, and texts of their page."""

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
    "alerts_title": Translation("Alerts", "경보"),
    "alerts_lead": Translation(
        "What is wrong, since when, and what to do; and what is over.",
        "무엇이 언제부터 잘못되었는지, 무엇을 해야 하는지, 그리고 지난 경보입니다.",
    ),
    "alerts_none": Translation("There are no alerts yet.", "아직 경보가 없습니다."),
    "alerts_none_when": Translation(
        "The DAG monitoring checks all limits at :00 and :30 of each hour. An alert opens after two breaches "
        "in a row, unless pipelines/monitoring.yml says otherwise.",
        "DAG monitoring이 매시 0분과 30분에 모든 한계를 점검합니다. pipelines/monitoring.yml에서 바꾸지 "
        "않았다면 두 번 연속 한계를 넘을 때 경보가 발생합니다.",
    ),
    "alerts_unreadable": Translation("The alerts can't be read.", "경보를 읽을 수 없습니다."),
    "alerts_stale": Translation(
        "Nothing was checked since {at}: does the DAG monitoring run?",
        "{at} 이후 점검하지 않았습니다. DAG monitoring이 실행되고 있는지 확인하세요.",
    ),
    "alerts_open": Translation("Open", "발생 중"),
    "alerts_watched": Translation("Watched", "관찰 중"),
    "alerts_checked": Translation("Last check", "마지막 점검"),
    "alerts_critical": Translation("{n} critical", "심각 {n}건"),
    "alerts_open_caption": Translation(
        "Open alerts, critical ones first; each links to what to do. Bar: the figure; mark: its limit.",
        "발생 중인 경보, 심각한 것부터. 이름을 누르면 조치 방법이 열립니다. 막대: 값, 세로선: 한계.",
    ),
    "alerts_watched_caption": Translation(
        "Beyond their limit, but not often enough in a row for an alert yet.",
        "한계를 넘었으나 아직 경보가 될 만큼 연속되지 않은 점검.",
    ),
    "alerts_past_caption": Translation(
        "Past alerts of the last {days} days, newest first. Figure: the furthest from its limit.",
        "최근 {days}일의 지난 경보, 최신순. 값: 한계에서 가장 멀었던 값.",
    ),
    "alerts_nothing_open": Translation("No alert is open.", "발생 중인 경보가 없습니다."),
    "alerts_nothing_watched": Translation(
        "Nothing else is beyond its limit.", "그 밖에 한계를 넘은 것이 없습니다."
    ),
    "alerts_nothing_past": Translation(
        "No alert was resolved in the last {days} days.", "최근 {days}일 동안 해소된 경보가 없습니다."
    ),
    "alerts_past": Translation("Past", "지난 경보"),
    "alerts_more_past": Translation("Older past alerts: {n}", "더 오래된 경보 {n}건"),
    "alerts_alert": Translation("alert", "경보"),
    "alerts_since": Translation("since (KST)", "시작(KST)"),
    "alerts_until": Translation("until (KST)", "해소(KST)"),
    "alerts_since_for": Translation("{at} ({time})", "{at}({time})"),
    "alerts_in_a_row": Translation("breaches in a row", "연속 초과"),
    "alerts_message": Translation("last message (KST)", "마지막 메시지(KST)"),
    "alerts_no_message": Translation("none yet", "아직 없음"),
    "alerts_days": Translation("{n} days", "{n}일"),
    "alert_more": Translation("… and {n} more: see the report.", "… 그 밖에 {n}건: 보고서 참조."),
}
