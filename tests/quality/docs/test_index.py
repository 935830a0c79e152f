"""The indexes: grades in colours and words, and names that can't inject markup."""

import pytest

from weather_mlops.quality.docs.index import Calendar, day_index, loads_index, word
from weather_mlops.quality.docs.names import pages

FOLDER = "quality/docs/2026/11/23"


@pytest.mark.parametrize(
    ("score", "grade"),
    [(None, "unscored"), (1.0, "good"), (0.97, "good"), (0.9699, "fair"), (0.9, "fair"), (0.8999, "poor")],
)
def test_a_score_has_a_grade(score, grade):
    assert word(score) == grade


def test_the_index_of_a_day_has_hour_audit_score_and_run():
    names = [
        "09h_20261123T0912_0.9900_1.0000_run_a.html",
        "index.html",
        "10h_20261123T1012_none_0.9876_b.html",
    ]
    page = day_index("2026/11/23", [f"{FOLDER}/{name}" for name in names])

    assert page.index(">10:00<") < page.index(">09:00<")
    assert "<td>11-23 09:12</td>" in page
    assert '<td class="good">0.9900 good</td>' in page
    assert '<td class="unscored">– unscored</td>' in page
    assert "98.76\u00a0%" in page
    assert f'<a href="{names[0]}">09:00</a>' in page
    assert "<td>run_a</td>" in page
    assert 'href="../../../index.html#d2026-11-23"' in page


def test_the_index_of_a_day_names_no_load_of_other_readers():
    keys = [
        f"{FOLDER}/{name}"
        for name in (
            "09h_20261123T0912_0.9900_1.0000_run_a.html",
            "load_20261123T0913_0.9900_1.0000_history_manual-secret.html",
            "0914_0.9900_1.0000_history_manual_part-0001-1a2b3c4d.html",
        )
    ]
    day, loads = day_index("2026/11/23", keys), loads_index("2026/11/23", keys)

    assert "history_manual" not in day
    assert '<h2 id="loads">' in day
    assert '<a href="loads.html">All 2</a>' in day
    assert "history_manual-secret" in loads
    assert "run_a" not in loads
    assert loads_index("2026/11/23", keys[:1]) == ""


def test_a_calendar_is_read_as_it_was_written():
    calendar = Calendar("style.css")
    calendar.take(
        [
            f"quality/docs/2026/{1 + day // 28:02d}/{1 + day % 28:02d}/09h_20261123T0912_1_1_a.html"
            for day in range(40)
        ]
    )
    page = calendar.page()
    again = Calendar.read(page)

    assert again == calendar
    assert again.page() == page


def test_html_in_a_name_does_not_become_markup():
    name = '09h_20261123T0912_1_1_"><script>alert(1)</script>\n<tr id="d2026-01-01">x</tr>.html'
    key = f"{FOLDER}/{name}"
    calendar = Calendar("style.css")
    calendar.take([key])

    assert "<script" not in day_index("2026/11/23", [key])
    assert "<script" not in calendar.page()
    assert len(Calendar.read(calendar.page()).lines) <= 1


@pytest.mark.parametrize(
    "name",
    ["index.html", "24h_20261123T0912_1_1_a.html", "09h_20261323T0912_1_1_a.html", "9999_1_1_a.html", "a"],
)
def test_other_objects_are_no_pages(name):
    assert pages([f"{FOLDER}/{name}"]) == []
