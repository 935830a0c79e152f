"""The forecast pages in a browser: accessible, without errors, and as wide as the screen."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser import needs_browser, new_context, running_browser
from tests.browsing import forecast_world as world
from tests.browsing.forecast_reading import body, station_of
from tests.browsing.forecast_world import TARGET
from tests.pages.reading import ENGLISH, KOREAN
from weather_mlops.browsing.forecasts import site

pytestmark = [pytest.mark.integration, needs_browser]
NARROW, WIDE = 390, 1280
LOOKS = [(WIDE, "light", ENGLISH), (NARROW, "dark", KOREAN)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def stored() -> bytes:
    document = world.document(skipped={"90": "silent"}, official=world.kma(hours=120))
    for number, leads in (("105", range(1, 49)), ("108", [48]), ("112", [])):
        station_of(document, number)["forecast"]["leads_without_kma"] = list(leads)
    return body(world.verified(document))


PAGES = {
    "all stations": lambda stored, visit: site.overview(stored, None, "12", visit, old=True),
    "a station": lambda stored, visit: site.station(stored, TARGET, "108", visit, old=False),
    "before the first forecast": lambda _stored, visit: site.overview(None, None, None, visit, old=False),
}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_accessible_and_fits_the_screen(browser, stored, name, look):
    width, scheme, visit = look
    context = new_context(browser, viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(PAGES[name](stored, visit))
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")

    violations = Axe().run(page).response["violations"]
    faults = [(each["id"], each["nodes"][0]["html"][:200], len(each["nodes"])) for each in violations]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []
    context.close()
