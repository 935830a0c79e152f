"""Pages and indexes in a browser, as they are served: accessible, usable by keyboard, without errors."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from tests.browser import needs_browser, new_context, running_browser
from tests.quality.staged import HOUR, NOON, audit, row
from tests.quality.test_docs import FOLDER, INDEX, Memory
from tests.suites import critical_suites
from weather_mlops.quality import docs
from weather_mlops.quality.audit import Audit
from weather_mlops.quality.docs.page import render

SITE = "http://airflow.invalid/weather/pages/"
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

pytestmark = [pytest.mark.integration, needs_browser]


@pytest.fixture(scope="module")
def store() -> Memory:
    """A day and a half of runs, one of them bad, and a batch of a load.

    Only the pages that a test opens are rendered.
    """
    store, result = Memory(), audit(row(wind_speed_ms=99.0), row(159))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            docs, "render", lambda about, **more: render(about, **more) if opened_by_tests(about) else ""
        )
        fill(store, result)
    return store


def opened_by_tests(about: Audit) -> bool:
    """Whether a test opens the page of an audit: of yesterday 15:00, today 06:00, and of the load."""
    return about.window[1] in {NOON - 21 * HOUR, NOON - 6 * HOUR, NOON}


def fill(store: Memory, result: Audit) -> None:
    well = replace(result.score, completeness=1.0, validity=1.0, consistency=1.0, timeliness=1.0)
    for hour in range(36):
        at = NOON + (hour - 36) * HOUR
        about = replace(
            result, window=(at - 2 * HOUR, at), audited_at=at + timedelta(minutes=9), run=f"run/{at}"
        )
        docs.publish(store, about if hour % 7 == 0 else replace(about, score=well))
    # With the critical rules only: axe is slow for each rule, and the page of an hour has the others.
    part = audit(row(wind_speed_ms=99.0), row(159), suites_dir=critical_suites())
    docs.publish(store, replace(part, window=(NOON - 700 * HOUR, NOON), run="history/part-0001"), load=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture
def opened(browser, store):
    """Open a page as the API server would send it, and collect console messages and failed requests."""
    contexts = []

    def serve(route: Route) -> None:
        key = route.request.url.removeprefix(SITE).split("#")[0]
        if key not in store.objects:
            route.fulfill(status=404)
            return
        kind = "text/css" if key.endswith(".css") else "text/html; charset=utf-8"
        headers = {
            "Content-Type": kind,
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
        }
        route.fulfill(body=store.objects[key], headers=headers)

    def open_page(key: str, width: int = 1280, scheme: str = "light", **more) -> tuple[Page, list[str]]:
        context = new_context(browser, viewport={"width": width, "height": 900}, color_scheme=scheme, **more)
        contexts.append(context)
        page, messages = context.new_page(), []
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("requestfailed", lambda request: messages.append(request.url))
        page.route("**/*", serve)
        page.goto(f"{SITE}{key}")
        return page, messages

    yield open_page
    for context in contexts:
        context.close()


def keys(store: Memory) -> dict[str, str]:
    names = sorted(key for key in store.objects if key.startswith(f"{FOLDER}/"))
    return {
        "calendar": INDEX,
        "day": f"{FOLDER}/index.html",
        "page": next(key for key in names if "/06h_" in key),
        "load": next(key for key in names if "/load_" in key),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", ["calendar", "day", "page", "load"])
def test_pages_are_silent_fit_the_screen_and_are_accessible(opened, store, kind, width, scheme):
    page, messages = opened(keys(store)[kind], width, scheme)
    assert messages == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page, _ = opened(keys(store)[kind], width, scheme, bypass_csp=True)  # axe is a script
    violations = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []


def test_yesterday_15_00_is_one_click_from_the_calendar(opened):
    page, _ = opened(INDEX)
    page.locator("tr#d2026-11-22").get_by_role("link", name="15:00").click()

    assert page.title().startswith("Data quality of 2026-11-22 15:00 KST: ")
    page.get_by_role("link", name="The day").click()
    assert page.title() == "Data quality of 2026-11-22"
    page.get_by_role("link", name="All days").click()
    assert page.title() == "Data quality"


def test_the_style_comes_with_the_page(opened, store):
    page, _ = opened(keys(store)["page"])
    assert page.locator(".badge").first.evaluate("e => getComputedStyle(e).borderRadius") == "4px"


def test_failed_rules_only_can_be_shown_by_keyboard(opened, store):
    page, _ = opened(keys(store)["page"])
    passed = page.locator("main h2", has_text="soil_temperature_5cm_c").first
    failed = page.locator("main h2", has_text="wind_speed_ms").first
    assert passed.is_visible()
    page.locator("#show-all").focus()
    page.keyboard.press("ArrowRight")

    assert not passed.is_visible()
    assert failed.is_visible()
    assert not page.get_by_role("link", name="soil_temperature_5cm_c").is_visible()


def test_details_open_by_keyboard(opened, store):
    page, _ = opened(keys(store)["page"])
    more = page.locator(".result summary").first
    version = page.get_by_text("Great Expectations Version")
    assert not version.is_visible()
    more.focus()
    page.keyboard.press("Enter")
    assert version.is_visible()
