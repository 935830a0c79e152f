"""The pages about data quality: was a station complete yesterday, and why not?"""

import json
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta

import pytest

from tests.browsing import made
from tests.pages.reading import ENGLISH, KOREAN, Page
from tests.quality.test_docs import Memory
from weather_mlops.browsing import quality
from weather_mlops.browsing.quality_days import ranges
from weather_mlops.clock import KST
from weather_mlops.documents.quality_day import OpenGap, QualityDay, RefusedHour, key_of
from weather_mlops.lake.gaps import HORIZON
from weather_mlops.stations import stations_by_id

DAY = date(2026, 11, 25)
MIDNIGHT = datetime(2026, 11, 25, tzinfo=KST)
NOW = MIDNIGHT + timedelta(days=1, hours=8, minutes=30)
COMPLETE = "1" * 24


def gap(hour, reason, *, tries=1, tried=NOW - timedelta(hours=3)):
    return OpenGap(159, MIDNIGHT + timedelta(hours=hour), tried, tried, tries, reason)


def stored(hours, gaps=(), refused=(), day=DAY):
    document = QualityDay(day.isoformat(), NOW, hours, list(gaps), list(refused))
    store = Memory()
    store.put(key_of(day), json.dumps(asdict(document), default=datetime.isoformat).encode())
    return store


def day_page(store, visit=ENGLISH, now=NOW):
    return Page(quality.render_day(store, DAY, replace(visit, root="../"), now))


BUSAN = {108: COMPLETE, 159: "1" * 5 + "000" + "1" * 16}
GAPS = [gap(5, "missing"), gap(6, "missing"), gap(7, "quarantined", tries=4)]
REFUSED = [RefusedHour(159, 7, "wind_speed_ms_physical")]


def test_a_day_says_which_hours_a_station_lacks_and_why():
    page = day_page(stored(BUSAN, GAPS, REFUSED))

    assert "Busan (159) 21 of 24 ✕ 05–06 h: the KMA has no row. Requested again by the next run." in page.text
    assert "07 h: its row was quarantined. Requested again 11-26 21:30." in page.text
    assert "07 h: wind_speed_ms_physical" in page.text
    assert page.text.index("Busan") < page.text.index("Seoul (108) 24 of 24 ✓")
    assert "complete 93.8 % 45 of 48 station-hours" in page.text


def test_a_korean_reader_gets_a_korean_day():
    page = day_page(stored(BUSAN, GAPS, REFUSED), KOREAN)

    assert (
        "부산 (159) 24 중 21 ✕ 05–06시: 기상청에 자료가 없습니다. 다음 실행에서 다시 요청합니다." in page.text
    )
    assert page.links["부산 (159)"] == "../quality/stations/159?month=2026-11"


def test_an_error_of_a_request_is_quoted_as_it_is():
    evil = f"{made.EVIL}<script>"
    refused = [RefusedHour(159, 7, f"{evil}\u202e")]
    page = day_page(stored(BUSAN, [gap(5, f"HTTP 503 {evil}")], refused), KOREAN)

    assert f"05시: HTTP 503 {evil}" in page.text
    assert f"07시: {evil}" in page.text
    assert "\u202e" not in page.text
    assert "script" not in page.tags
    assert "img" not in page.tags


def test_gaps_too_old_to_request_again_are_marked():
    assert "Not requested any more." in day_page(stored(BUSAN, GAPS), now=NOW + HORIZON).text


def test_hours_to_come_are_not_missing():
    now = MIDNIGHT + timedelta(hours=10, minutes=40)
    page = day_page(stored({108: "1" * 10 + "." * 14}), now=now)

    assert "Seoul (108) 10 of 10 ✓" in page.text
    assert "not requested" not in page.text


def test_hours_that_passed_without_a_request_are_missing():
    assert "Seoul (108) 23 of 24 ! 23 h: not requested." in day_page(stored({108: "1" * 23 + "."})).text


def test_a_day_that_was_not_counted_says_so():
    store = Memory()
    store.put(key_of(DAY), b"{")

    assert "The stations of this day were not counted" in day_page(store).text
    assert "지점별 집계가 없습니다" in day_page(Memory(), KOREAN).text


def test_all_days_show_completeness_and_quarantined_rows():
    store = stored(BUSAN, GAPS, REFUSED)
    store.put("quality/docs/2026/11/25/09h_20261125T0912_0.9900_1.0000_run_a.html", b"")
    store.put("quality/docs/2026/11/24/09h_20261124T0912_0.9900_1.0000_run_a.html", b"")
    page = Page(quality.render_days(store, ENGLISH, NOW))

    assert "2026-11-25 Wed 93.8 % 1 0.99 ✓ good" in page.text
    assert "2026-11-24 Tue – – 0.99 ✓ good" in page.text
    assert page.links["2026-11-25"] == "quality/2026-11-25"
    assert page.links["Busan"] == "quality/stations/159"


@pytest.mark.parametrize(("visit", "words"), [(ENGLISH, "Wed"), (KOREAN, "수")])
def test_a_station_s_month_is_a_calendar_that_leads_to_its_days(visit, words):
    store = stored(BUSAN, GAPS, REFUSED)
    month = replace(visit, root="../../")
    page = Page(quality.render_station(store, stations_by_id()[159], date(2026, 11, 1), month, NOW))

    assert words in page.text
    assert "25 21/24 ✕ 1 refused" in page.text or "25 21/24 ✕ 격리 1" in page.text
    assert page.links["25"] == "../../quality/2026-11-25#s159"
    assert page.links["2026-10"] == "?month=2026-10"
    assert "27" not in page.links  # a day to come


@pytest.mark.parametrize(
    ("hours", "text"),
    [([], ""), ([3], "03"), ([5, 3, 4], "03–05"), ([0, 1, 11, 23], "00–01, 11, 23"), (range(24), "00–23")],
)
def test_hours_are_written_as_ranges(hours, text):
    assert ranges(hours) == text
