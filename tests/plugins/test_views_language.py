"""Pages are in the language of the browser until a reader chooses another one."""

import pytest

from tests.browsing import made
from weather_mlops.monitoring.report import LATEST_HTML

pytestmark = pytest.mark.integration
KOREAN = {"Accept-Language": "ko-KR,ko;q=0.9"}


def test_a_korean_browser_gets_korean_pages(visit, store):
    response = visit("models", **KOREAN)

    assert '<html lang="ko">' in response.text
    assert '<html lang="en">' in visit("models").text
    assert response.headers["Vary"] == "Accept-Language, Cookie"
    assert "Set-Cookie" not in response.headers


def test_a_chosen_language_holds_for_the_next_pages(visit, store):
    chosen = visit("models?language=en", **KOREAN)

    assert '<html lang="en">' in chosen.text
    assert "HttpOnly; Max-Age=31536000; Path=/weather; SameSite=lax" in chosen.headers["Set-Cookie"]
    assert '<html lang="en">' in visit("models", **KOREAN).text


def test_pages_are_in_the_language_of_airflow_s_ui(visit, store):
    english = {"Cookie": "weather_ui_language=en", **KOREAN}

    assert '<html lang="en">' in visit("models", **english).text
    assert '<html lang="ko">' in visit("models", Cookie="weather_ui_language=ko").text
    assert '<html lang="ko">' in visit("models", **english | {"Cookie": "weather_ui_language=de"}).text


def test_a_choice_on_a_page_counts_before_airflow_s_ui(visit, store):
    both = {"Cookie": "weather_ui_language=ko; weather_language=en"}

    assert '<html lang="en">' in visit("models", **both).text
    assert '<html lang="ko">' in visit("models?language=ko", **both).text


def test_a_report_is_in_the_language_of_the_browser(visit, store):
    report = made.reports(store, days=0)

    for key in (report.html_key, LATEST_HTML):
        page = visit(f"pages/{key}", **KOREAN)
        assert '<html lang="ko">' in page.text
        assert 'aria-current="page">모니터링</a>' in page.text
    store.put(report.json_key, b"{")
    assert visit(f"pages/{report.html_key}", **KOREAN).content == store.get(report.html_key)


@pytest.mark.parametrize("language", ["fr", "<script>", ""])
def test_a_language_that_there_is_not_is_not_kept(visit, store, language):
    response = visit(f"models?language={language}", **KOREAN)

    assert '<html lang="ko">' in response.text
    assert "Set-Cookie" not in response.headers


def test_the_switch_keeps_what_the_page_shows(visit, store):
    page = visit("models?target=air_temperature&year=2026&language=en").text

    assert 'href="?target=air_temperature&amp;year=2026&amp;language=ko"' in page
