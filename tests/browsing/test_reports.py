"""A monitoring report in the API server: in the reader's language, else as its task stored it."""

import json

import pytest

from tests.browsing.memory import Memory
from tests.monitoring import reported
from tests.monitoring.report_pages import HALF_HOUR, sections_with
from tests.monitoring.reported import NOW, held
from tests.pages.reading import Page
from weather_mlops.browsing.reports import draw
from weather_mlops.monitoring.report import LATEST_HTML, publish
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit

PAGE = "reports/monitoring/2026/11/26/0830.html"
DOCUMENT = PAGE.replace(".html", ".json")
KOREAN = Visit(Language("ko"), "../../../../../../", "?language=en")
RUNBOOK = "https://example.org/runbook.md"


@pytest.fixture
def store():
    store = Memory()
    first = sections_with(held("kma_errors", 60, 50, "%"))  # a problem that nobody measures afterwards
    publish(store, first, now=NOW - HALF_HOUR, language="en", run="a", runbook=RUNBOOK)
    publish(store, reported.troubled(3), now=NOW, language="en", run="b", runbook=RUNBOOK)
    return store


def changed(store, **fields):
    store.objects[DOCUMENT] = json.dumps({**json.loads(store.objects[DOCUMENT]), **fields}).encode()


def test_a_korean_reader_gets_an_english_task_s_report_in_korean(store):
    page = Page(draw(store, PAGE, KOREAN))

    assert "✕ 즉시 조치 심각 연속 실패" in page.text
    assert page.links["모니터링"] == "../../../../../../monitoring"
    assert page.links["English"] == "?language=en"
    assert page.links["직전 보고서: 2026-11-26 08:00 KST"] == "../../../2026/11/26/0800.html"
    assert f"{RUNBOOK}#memory_full" in page.addresses


def test_it_says_the_same_as_the_page_that_the_task_stored(store):
    visit = Visit(Language("en"))

    assert draw(store, PAGE, visit) == store.objects[PAGE].decode()
    assert draw(store, LATEST_HTML, visit) == store.objects[LATEST_HTML].decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"schema": 1},
        {"schema": 99},
        {"key": ""},
        {"changes": None},
        {"verdict": "splendid"},
        {"sections": [{"name": "system_health", "figures": {"airflow": 7}, "checks": [], "missing": []}]},
        {"sections": [{"name": "data_quality", "figures": {"drift": {"variables": [1]}}, "checks": [],
                       "missing": []}]},
    ],
)  # fmt: skip
def test_a_report_that_this_version_cannot_draw_is_left_as_stored(store, fields):
    changed(store, **fields)

    assert draw(store, PAGE, KOREAN) is None


def test_a_report_without_its_json_is_left_as_stored(store):
    del store.objects[DOCUMENT]

    assert draw(store, PAGE, KOREAN) is None


def test_the_verdict_of_a_report_stays_what_it_was(store):
    changed(store, verdict="watch")

    assert Page(draw(store, PAGE, KOREAN)).text.startswith("주의: 기상 모니터링")
