"""A Korean reader of Airflow's UI reads our texts in Korean, until they choose English there."""

import re

import pytest
from playwright.sync_api import Page

from embedded.components import USER
from tests.browser import needs_browser, new_context
from tests.e2e.systems import Shown

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2400), needs_browser]
ENTRIES = "a[href*='/plugin/']"
IN_KOREAN = {"자료 품질", "모니터링", "예보", "모델"}
IN_ENGLISH = {"Data quality", "Monitoring", "Forecasts", "Models"}


@pytest.fixture
def page(shown: Shown, browser):
    """The UI in a Korean browser that has just logged in; fails at the end if a page had errors."""
    context, errors = new_context(browser, locale="ko-KR", viewport={"width": 1280, "height": 900}), []
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(shown.address("auth/login"))
    page.fill("input[name=username]", USER)
    page.fill("input[name=password]", shown.system.keys.password)
    page.click("button[type=submit]")
    page.wait_for_selector(ENTRIES)
    errors.clear()  # of the visit without a login
    yield page
    context.close()
    assert errors == []


def entries(page: Page) -> set[str]:
    page.wait_for_selector(ENTRIES)
    return {text.strip() for text in page.locator(ENTRIES).all_inner_texts()}


def language_of_models(shown: Shown, page: Page) -> str | None:
    page.goto(shown.address("plugin/models"))
    frame = page.frame_locator("iframe")
    frame.locator("h1").wait_for()
    return frame.locator("html").get_attribute("lang")


def test_the_navigation_and_its_pages_are_in_korean(shown, page):
    assert entries(page) >= IN_KOREAN
    assert not entries(page) & IN_ENGLISH
    assert language_of_models(shown, page) == "ko"


def test_a_pipeline_its_notes_and_its_form_are_in_korean(shown, page):
    page.goto(shown.address("dags/history/details"))
    page.locator("[data-testid=description-row]", has_text="여러 해의 관측을 검사하고 게시").wait_for()

    page.get_by_role("button", name="Dag 문서").first.click()
    notes = page.get_by_role("dialog").inner_text()
    assert re.search("[가-힣]", notes.partition("Started by hand")[0].partition("\n")[2])
    page.keyboard.press("Escape")

    page.get_by_role("button", name="트리거").first.click()
    form = page.get_by_role("dialog")
    form.locator("text=첫날(KST)").wait_for()
    assert "The first day" not in form.inner_text()


def test_a_task_has_its_buttons_and_notes_in_korean(shown, page):
    page.goto(f"{shown.of_run('data_collection', 'collect_weather_data')}/details")
    page.click("a:text-is('원본 응답')")
    page.wait_for_url("**/weather/raw?**")

    page.goto(shown.address("dags/data_collection/tasks/collect_weather_data"))
    page.locator("button[aria-label='문서']").nth(1).click()  # the first one is Airflow's, in the navigation
    notes = page.get_by_role("dialog").filter(has_text="태스크 문서").inner_text()
    assert notes.index("기상청에 최신 시각과") < notes.index("Requests the newest")


def test_english_chosen_in_airflow_is_the_language_of_all(shown, page):
    page.get_by_role("button", name="사용자").click()
    page.locator("[role=menuitem]", has_text="언어 선택").click()
    page.locator("[role=dialog] input").first.click()
    with page.expect_navigation(wait_until="load"):
        page.locator("text=English").first.click()

    page.wait_for_selector("text=Models")
    assert entries(page) >= IN_ENGLISH
    assert language_of_models(shown, page) == "en"
    page.goto(shown.address("dags/history/details"))
    page.locator("[data-testid=description-row]", has_text="Years of observations").wait_for()
