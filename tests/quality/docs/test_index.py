"""The indexes: grades in colours and words, and names that can't inject markup."""

import pytest

from tests.pages.reading import KOREAN, Page
from tests.quality.test_docs import Memory
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import IN_FILE, Visit
from weather_mlops.quality.docs.calendar import KEY, Calendar, read
from weather_mlops.quality.docs.grades import grade_of
from weather_mlops.quality.docs.index import render_calendar, render_day, render_forecasts, render_loads
from weather_mlops.quality.docs.names import pages

DAY = "2026-11-23"
ISSUE = "forecast_05h_20261123T0530_0.9900_1.0000_kma_forecast_x.html"
FOLDER = "quality/docs/2026/11/23"


@pytest.mark.parametrize(
    ("score", "grade"),
    [(None, "unscored"), (1.0, "good"), (0.97, "good"), (0.9699, "fair"), (0.9, "fair"), (0.8999, "poor")],
)
def test_a_score_has_a_grade(score, grade):
    assert grade_of(score) == grade


def test_the_index_of_a_day_has_hour_audit_score_and_run():
    names = [
        "09h_20261123T0912_0.9900_1.0000_run_a.html",
        "index.html",
        "10h_20261123T1012_none_0.9876_b.html",
    ]
    page = Page(render_day(DAY, [f"{FOLDER}/{name}" for name in names]))

    assert "10:00 11-23 10:12 – ? unscored 98.76 % b" in page.text
    assert "09:00 11-23 09:12 0.9900 ✓ good 100.00 % run_a" in page.text
    assert page.text.index("10:00 11-23") < page.text.index("09:00 11-23")
    assert page.links["09:00"] == names[0]
    assert page.links["All days"] == "../../../index.html#d2026-11-23"


def test_the_index_of_a_day_names_no_load_of_other_readers():
    keys = [
        f"{FOLDER}/{name}"
        for name in (
            "09h_20261123T0912_0.9900_1.0000_run_a.html",
            "load_20261123T0913_0.9900_1.0000_history_manual-secret.html",
            "0914_0.9900_1.0000_history_manual_part-0001-1a2b3c4d.html",
        )
    ]
    day, loads = Page(render_day(DAY, keys)), render_loads(DAY, keys)

    assert "history_manual" not in day.text
    assert "loads" in day.ids
    assert day.links["All 2"] == "loads.html"
    assert "history_manual-secret" in loads
    assert "run_a" not in loads
    assert render_loads(DAY, keys[:1]) == ""


def test_the_indexes_are_rendered_for_a_korean_reader():
    keys = [f"{FOLDER}/{name}" for name in ("09h_20261123T0912_0.9300_1.0000_run_a.html", ISSUE)]
    calendar = Calendar("style.css")
    calendar.take(keys)
    all_days = Page(render_calendar(calendar, KOREAN))
    below = Visit(Language("ko"), "../", "?language=en")
    day, issues = Page(render_day(DAY, keys, below)), Page(render_forecasts(DAY, keys, below))

    assert "2026-11-23 월" in all_days.text
    assert all_days.links["2026-11-23"] == "quality/2026-11-23"
    assert all_days.links["09!"] == f"pages/{keys[0]}"
    assert "09:00 11-23 09:12 0.9300 ! 보통 100.00 % run_a" in day.text
    assert day.links["09:00"] == f"../pages/{keys[0]}"
    assert day.links["모든 날짜"] == "../quality#d2026-11-23"
    assert day.links["모두 1건"] == "../pages/quality/docs/2026/11/23/forecasts.html"
    assert "기상청 예보, 2026-11-23 발표" in issues.text


def test_a_calendar_is_read_as_it_was_written():
    calendar = Calendar("style.css")
    calendar.take(
        [
            f"quality/docs/2026/{1 + day // 28:02d}/{1 + day % 28:02d}/09h_20261123T0912_1_1_a.html"
            for day in range(40)
        ]
    )
    store = Memory()
    store.put(KEY, calendar.as_json())

    assert len(calendar.earlier) == 9
    assert read(store) == calendar


def test_html_in_a_name_does_not_become_markup():
    name = '09h_20261123T0912_1_1_"><script>alert(1)</script>\u202e\n<tr id="d2026-01-01">x</tr>.html'
    key = f"{FOLDER}/{name}"
    calendar = Calendar("style.css")
    calendar.take([key])
    for visit in (IN_FILE, KOREAN):
        for page in (render_day(DAY, [key], visit), render_calendar(calendar, visit)):
            assert "<script" not in page
            assert "\u202e" not in page
            assert 'id="d2026-01-01"' not in page
            assert Page(page)


@pytest.mark.parametrize(
    "name",
    ["index.html", "24h_20261123T0912_1_1_a.html", "09h_20261323T0912_1_1_a.html", "9999_1_1_a.html", "a"],
)
def test_other_objects_are_no_pages(name):
    assert pages([f"{FOLDER}/{name}"]) == []
