"""The page of an audit: its head, and values that can't inject markup."""

import copy
import re
from dataclasses import replace

import pytest

from tests.quality.staged import HOUR, NOON, audit, row
from weather_mlops.quality.docs import page as pages
from weather_mlops.quality.docs.page import render, style_sheet

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def result():
    return replace(audit(row(wind_speed_ms=99.0), row(159)), window=(NOON - 2 * HOUR, NOON))


def test_the_head_has_hour_run_and_score(result):
    page = render(result)
    score = f"{result.score.overall:.4f}"

    assert re.search(
        rf"<title>Data quality of 2026-11-23 12:00 KST: {score}, \w+ – data_collection/test</title>", page
    )
    assert '<h1 class="h3">Data quality of 2026-11-23 12:00 KST</h1>' in page
    assert "audited at 2026-11-23 12:00 KST" in page


def test_it_links_to_its_day_and_to_all_days(result):
    links = set(re.findall(r'<a [^>]*href="([^"#]+)"', render(result)))
    assert links == {"../../../index.html", "index.html"}


def test_it_has_no_scripts_and_loads_nothing_from_elsewhere(result):
    page = render(result)
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


def test_icons_have_labels(result):
    page = render(result)
    assert 'aria-label="passed"' in page
    assert 'aria-label="failed"' in page
    assert re.findall(r'<i class="fas', page) == []


@pytest.mark.parametrize(
    "field",
    ["observed_value", "partial_unexpected_list", "partial_unexpected_counts", "unexpected_list", "details"],
)
def test_markup_in_a_result_does_not_become_markup(result, field):
    value = {
        "observed_value": MARKUP,
        "partial_unexpected_list": [MARKUP],
        "partial_unexpected_counts": [{"value": MARKUP, "count": 1}],
        "unexpected_list": [MARKUP],
        "details": {"observed_partition": {"values": [MARKUP], "weights": [1.0]}},
    }[field]
    validation = copy.deepcopy(result.result)
    for entry in validation.results:
        entry.result |= {field: value, "unexpected_count": 1}
    page = render(replace(result, result=validation))

    assert "<script" not in page
    assert "<img" not in page


def test_markup_in_the_name_of_a_run_does_not_become_markup(result):
    page = render(replace(result, run=MARKUP))

    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page.split("</title>")[0]
