"""The page of the alerts: what is open, watched and over, for whom it is new, and when it is damaged."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.browsing import made
from tests.browsing.memory import Memory
from tests.monitoring.reported import NOW, held
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.browsing import alerts
from weather_mlops.monitoring.alert_run import KEY, State
from weather_mlops.monitoring.alert_state import Alert

HOUR = timedelta(hours=1)
RUNBOOK = "https://example.org/runbook.md"
SILENT = held("station_silent", 31, 10, "h", "108", detail="newest of 2026-11-24 17:00 KST")
STALE = held("observations_stale", 4.25, 3, "h", critical=True)
LATE = held("dag_late", 42, 15, "min", "forecast")
OPEN = [
    Alert("data_quality", SILENT, NOW - 60 * HOUR, NOW, 9, 0, NOW - 59 * HOUR, None, NOW - HOUR, SILENT),
    Alert("data_quality", STALE, NOW - 3 * HOUR, NOW, 2, 0, NOW - HOUR),
]
WATCHED = Alert("system_health", LATE, NOW - HOUR, NOW)
FINE = replace(held("disk_full", 60, 90, "%", "/d"), detail="60 % in use")
PAST = Alert(
    "system_health", FINE, NOW - 9 * HOUR, NOW, 0, 3, NOW - 8 * HOUR, NOW - 4 * HOUR, NOW,
    held("disk_full", 97, 90, "%", "/d"),
)  # fmt: skip


def state(*current, past=(), runbook=RUNBOOK):
    return State({each.check.problem: each for each in current}, "run", NOW, past, runbook)


def shown(alerts_state, visit=ENGLISH, now=NOW):
    return Page(alerts.render(alerts_state, now, visit))


def test_open_alerts_show_since_when_and_figure_against_limit():
    page = shown(state(*OPEN))

    assert "Open 2 1 critical" in page.text
    assert "▲ Silence of a station, Seoul (108) warning 11-23 20:30 (2.5 days) 31 h 10 h" in page.text
    assert "11-26 07:30 newest of 2026-11-24 17:00 KST" in page.text
    assert page.text.index("Age of the newest observations critical") < page.text.index(
        "Silence of a station"
    )
    assert page.links["Silence of a station, Seoul (108)"] == f"{RUNBOOK}#station_silent"


def test_a_problem_that_is_only_watched_is_no_alert_yet():
    page = shown(state(WATCHED))

    assert "Open 0" in page.text
    assert "Watched 1" in page.text
    assert "No alert is open." in page.text
    assert "▲ Delay of a run, forecast warning 11-26 07:30 (1.0 h) 42 min 15 min 1" in page.text


def test_a_past_alert_shows_how_bad_it_was():
    for alerts_state in (state(past=[PAST]), state(PAST)):  # sent, or not yet
        page = shown(alerts_state)
        assert "Disk in use, /d warning 11-25 23:30 (5.0 h) 11-26 04:30 97 % 90 %" in page.text
        assert "Open 0" in page.text


def test_old_past_alerts_are_folded_newest_first():
    past = [replace(PAST, resolved_at=NOW - hours * HOUR) for hours in range(40, 0, -1)]
    page = shown(state(past=past))

    assert "Older past alerts: 20" in page.text
    assert page.text.index("11-26 07:30") < page.text.index("11-26 06:30")


def test_a_korean_reader_gets_korean_names():
    page = shown(state(*OPEN, WATCHED, past=[PAST]), KOREAN)

    assert "▲ 지점 무보고, 서울 (108) 경고 11-23 20:30(2.5일) 31 h 10 h" in page.text
    assert "심각 1건" in page.text
    assert page.links["모니터링"] == "monitoring"


def test_a_runbook_without_an_address_is_named_not_linked():
    page = shown(state(*OPEN, runbook="javascript:alert(1)"))

    assert "javascript:alert(1)#station_silent" in page.text
    assert not any(address.startswith("javascript") for address in page.addresses)


@pytest.mark.parametrize(
    ("alerts_state", "text"),
    [
        (None, "There are no alerts yet."),
        ("alerts.json: damaged", "The alerts can't be read. alerts.json: damaged"),
        (state(), "No alert was resolved in the last 90 days."),
    ],
)
def test_without_alerts_the_page_says_why(alerts_state, text):
    assert text in shown(alerts_state).text


def test_alerts_that_nobody_updates_are_said_to_be_old():
    question = "Nothing was checked since 2026-11-26 08:30 KST: does the DAG monitoring run?"

    assert question in shown(state(), now=NOW + 3 * HOUR).text
    assert question not in shown(state(), now=NOW + HOUR).text


def test_stored_texts_are_escaped():
    evil = replace(SILENT, name=made.EVIL, subject=made.EVIL, unit=made.EVIL, detail=made.EVIL)
    bad = [replace(each, check=evil, worst=evil) for each in (*OPEN, WATCHED, PAST)]
    for each in bad:
        html = alerts.render(replace(state(each), run=made.EVIL, runbook=made.EVIL), NOW, KOREAN)
        assert "<img" not in html
        assert "\u202e" not in html
    assert "<img" not in alerts.render(made.EVIL, NOW, ENGLISH)


def test_alerts_are_read_as_the_task_stored_them():
    store = Memory()
    assert alerts.read(store) is None

    store.put(KEY, state(*OPEN, WATCHED, past=[PAST]).as_json())
    assert alerts.read(store) == state(*OPEN, WATCHED, past=(PAST,))
    store.put(KEY, b"{")
    assert "damaged" in alerts.read(store)
