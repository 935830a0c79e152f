"""The pages of monitoring in a browser: accessible, and nothing beyond a phone's screen."""

from collections.abc import Iterator
from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser import needs_browser, new_context, running_browser
from tests.browsing.memory import Memory
from tests.browsing.test_alerts import OPEN, PAST, WATCHED, state
from tests.monitoring import reported
from tests.monitoring.report_pages import HALF_HOUR
from tests.monitoring.reported import NOW
from tests.pages.reading import ENGLISH, KOREAN
from weather_mlops.browsing import alerts, monitoring, reports
from weather_mlops.monitoring.report import LATEST_HTML, publish

pytestmark = [pytest.mark.integration, needs_browser]
OPENED = "document.querySelectorAll('details').forEach(folded => folded.open = true)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def pages():
    """Each page, by its name; of a system with everything wrong."""
    store = Memory()
    publish(store, reported.healthy(9), now=NOW - HALF_HOUR, language="en", run="a")
    publish(store, reported.troubled(9), now=NOW, language="en", run="b")
    latest = monitoring.read_latest(store)
    archive = monitoring.read_archive(store, date(2026, 11, 26), latest)
    return {
        "report": reports.draw(store, LATEST_HTML, KOREAN),
        "archive": monitoring.render(latest, archive, ENGLISH),
        "alerts": alerts.render(state(*OPEN, WATCHED, past=[PAST] * 30), NOW, ENGLISH),
        "no alerts": alerts.render(None, NOW, KOREAN),
    }


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", ["report", "archive", "alerts", "no alerts"])
def test_a_page_is_accessible_and_fits_the_screen(browser, pages, name, width, scheme):
    page = new_context(browser, viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.set_content(pages[name])
    page.evaluate(OPENED)

    violations = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
