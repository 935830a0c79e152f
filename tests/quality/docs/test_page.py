"""The page of an audit: its head, and values that can't inject markup."""

import copy
import re
from dataclasses import replace

import pytest

from tests.pages.reading import KOREAN, Page
from tests.quality.staged import HOUR, NOON, audit, row
from weather_mlops.quality.docs import page as pages
from weather_mlops.quality.docs.framing import Result, framed
from weather_mlops.quality.docs.names import page_of
from weather_mlops.quality.docs.page import render, style_sheet

FORMER = """<!doctype html>
<html lang="en"><head><link rel="stylesheet" href="../../../assets/data-docs-0123456789ab.css"></head><body>
<header class="navbar border-bottom"><a href="../../../index.html">All days</a></header>
<div class="container-fluid pt-4 pb-4"><div class="row"><aside><nav></nav></aside>
<main class="col-lg-10"><h1 class="h3">Data quality of 2026-11-23 12:00 KST</h1>
<p class="lead">Quality score 0.99. Run data_collection/&lt;b&gt;, audited at 2026-11-23 12:09 KST.</p>
<table><tr><td>Expectation</td></tr></table></main></div></div>
</body>
</html>
"""
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def result():
    return replace(audit(row(wind_speed_ms=99.0), row(159)), window=(NOON - 2 * HOUR, NOON))


def test_the_head_has_hour_run_and_score(result):
    page = Page(render(result))
    score = f"{result.score.overall:.4f}"

    assert f"Data quality of 2026-11-23 12:00 KST: {score}, poor – data_collection/test" in page.text
    assert f"Quality score (0 to 1): {score} ✕ poor" in page.text
    assert "Run data_collection/test, audited at 2026-11-23 12:00 KST." in page.text


def test_it_links_to_its_day_and_to_all_days(result):
    links = set(re.findall(r'<a [^>]*href="([^"#]+)', render(result)))
    assert links == {"../../../index.html", "index.html"}


def test_a_korean_reader_gets_a_korean_frame(result):
    about = page_of(result, load=False)
    stored = Result.of_stored(render(result), about)
    page = framed(stored, replace(KOREAN, root="../../../../../../"))

    assert "2026-11-23 12:00 KST 자료 품질" in Page(page).text
    assert "영어로만 제공됩니다" in Page(page).text
    assert "실행 data_collection/test, 2026-11-23 12:00 KST에 검사." in Page(page).text
    assert Page(page).links["이 날짜"] == "../../../../../../quality/2026-11-23"
    assert stored.content in page
    assert stored.content in render(result)


def test_a_page_of_an_earlier_version_gets_a_frame_too(result):
    about = page_of(result, load=False)
    stored = Result.of_stored(FORMER, about)
    page = Page(framed(stored, KOREAN))

    assert page.text.count("2026-11-23 12:00") == 3  # title, heading, time of the audit
    assert "실행 data_collection/<b>" in page.text
    assert "Expectation" in page.text
    assert "All days" not in page.text
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert 'assets/data-docs-0123456789ab.css"' in framed(stored, KOREAN)


def test_what_is_no_page_of_ours_gets_no_frame(result):
    assert Result.of_stored("<!doctype html><title>x</title>", page_of(result, load=False)) is None


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
    assert "<script" not in framed(Result.of_stored(page, page_of(result, load=False)), KOREAN)
