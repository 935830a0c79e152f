"""The page of an audit: what it says first, and nothing that a value could smuggle in."""

import copy
import re
from dataclasses import replace

import pytest

from tests.quality.staged import HOUR, NOON, audit, row
from weather_mlops.quality.docs import page as pages
from weather_mlops.quality.docs.page import render, style_sheet

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def found():
    return replace(audit(row(wind_speed_ms=99.0), row(159)), window=(NOON - 2 * HOUR, NOON))


def test_it_says_first_which_hour_which_run_and_the_score(found):
    page = render(found)
    score = f"{found.score.overall:.4f}"

    assert re.search(
        rf"<title>Data quality of 2026-11-23 12:00 KST: {score}, \w+ – data_collection/test</title>", page
    )
    assert '<h1 class="h3">Data quality of 2026-11-23 12:00 KST</h1>' in page
    assert "audited at 2026-11-23 12:00 KST" in page


def test_it_leads_back_to_its_day_and_to_all_days(found):
    links = set(re.findall(r'<a [^>]*href="([^"#]+)"', render(found)))
    assert links == {"../../../index.html", "index.html"}


def test_it_runs_no_script_and_takes_nothing_from_elsewhere(found):
    page = render(found)
    sheet = style_sheet()

    assert not re.search(r"<script|\son\w+=|https?://", page)
    assert re.findall(r'<link [^>]*href="([^"]+)"', page) == [f"../../../assets/{sheet.name}"]
    assert {url[:5] for url in re.findall(rb"url\([\"']?([^)]+)", sheet.body)} == {b"data:"}


def test_a_style_sheet_of_another_content_has_another_name(monkeypatch, tmp_path):
    before = style_sheet()
    (tmp_path / "style.css").write_text("p{}")
    monkeypatch.setattr(pages, "HERE", tmp_path)
    pages.style_sheet.cache_clear()
    try:
        assert pages.style_sheet().name != before.name
    finally:
        pages.style_sheet.cache_clear()


def test_pictures_have_words(found):
    page = render(found)
    assert 'aria-label="passed"' in page
    assert 'aria-label="failed"' in page
    assert re.findall(r'<i class="fas', page) == []


@pytest.mark.parametrize(
    "place",
    ["observed_value", "partial_unexpected_list", "partial_unexpected_counts", "unexpected_list", "details"],
)
def test_markup_in_a_result_does_not_become_markup(found, place):
    value = {
        "observed_value": MARKUP,
        "partial_unexpected_list": [MARKUP],
        "partial_unexpected_counts": [{"value": MARKUP, "count": 1}],
        "unexpected_list": [MARKUP],
        "details": {"observed_partition": {"values": [MARKUP], "weights": [1.0]}},
    }[place]
    result = copy.deepcopy(found.result)
    for entry in result.results:
        entry.result |= {place: value, "unexpected_count": 1}
    page = render(replace(found, result=result))

    assert "<script" not in page
    assert "<img" not in page


def test_markup_in_the_name_of_a_run_does_not_become_markup(found):
    page = render(replace(found, run=MARKUP))

    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page.split("</title>")[0]
