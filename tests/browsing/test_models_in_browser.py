"""The page of the models in a browser: accessible, and on a phone nothing is hidden."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser import needs_browser, new_context, running_browser
from tests.browsing.test_models import MODELS
from tests.browsing.test_training import AT, SEVEN
from tests.pages.reading import ENGLISH
from weather_mlops.browsing import models
from weather_mlops.browsing.models import Models
from weather_mlops.browsing.training import Training

pytestmark = [pytest.mark.integration, needs_browser]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def html():
    training = Training(SEVEN, AT)
    first = Models("wind_speed", training=training)
    return models.render([replace(MODELS, training=training), first, Models("dew_point")], ENGLISH)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_the_page_of_the_models_is_accessible_and_fits(browser, html, width, scheme):
    page = new_context(browser, viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.set_content(html)

    violations = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    reason = page.get_by_text("min_skill: none").bounding_box()
    assert reason["x"] + reason["width"] <= width
    page.close()
