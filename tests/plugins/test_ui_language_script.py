"""The UI's page keeps a cookie with the language of the UI, for our pages and texts."""

import pytest

from tests.browser import needs_browser, new_context, running_browser
from ui_timezone_plugin import SCRIPT

pytestmark = [pytest.mark.integration, needs_browser]
PAGE = b'<!doctype html><html lang="en"><head><title>UI</title></head><body></body></html>'
UI = "http://localhost/dags/history"
CHOOSE = """language => {
  localStorage.setItem("i18nextLng", language);
  document.documentElement.lang = language;
}"""


@pytest.fixture(scope="module")
def browser():
    with running_browser() as running:
        yield running


@pytest.fixture
def ui(browser):
    """A page with the script, and the number of times that it was loaded."""
    context, loads = new_context(browser), []

    def load(route):
        loads.append(route.request.url)
        route.fulfill(body=PAGE.replace(b"</head>", SCRIPT), content_type="text/html")

    context.route(f"{UI}**", load)
    page = context.new_page()
    page.goto(UI)
    yield page, loads
    context.close()


def cookies(page):
    return {cookie["name"]: cookie for cookie in page.context.cookies()}


def test_the_first_language_does_not_load_the_page_again(ui):
    page, loads = ui
    assert cookies(page) == {}

    page.evaluate(CHOOSE, "ko")
    page.wait_for_function("document.cookie.includes('weather_ui_language=ko')")

    cookie = cookies(page)["weather_ui_language"]
    assert (cookie["value"], cookie["path"], cookie["sameSite"]) == ("ko", "/", "Lax")
    assert len(loads) == 1


def test_another_language_loads_the_page_once_again(ui):
    page, loads = ui
    page.evaluate(CHOOSE, "ko")
    page.goto(UI)
    assert len(loads) == 2

    with page.expect_navigation():
        page.evaluate(CHOOSE, "en")
    page.evaluate(CHOOSE, "en")
    page.wait_for_timeout(200)

    assert cookies(page)["weather_ui_language"]["value"] == "en"
    assert len(loads) == 3


def test_a_language_chosen_before_counts_at_once(ui):
    page, _ = ui
    page.evaluate("localStorage.setItem('i18nextLng', 'ko')")
    page.goto(UI)

    assert page.evaluate("document.cookie") == "weather_ui_language=ko"
