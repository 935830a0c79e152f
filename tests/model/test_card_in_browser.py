"""The model card in a browser: nothing cut off on a phone or a desktop, and letters of a readable size."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import needs_browser, new_context, running_browser
from tests.model.evaluations import evaluation, kma_forecast, on_common_rows
from tests.monitoring.test_report_in_browser import CUT_OFF
from weather_mlops.model.card.page import render

pytestmark = [pytest.mark.integration, needs_browser]

SMALLEST = """() => Math.min(...[...document.querySelectorAll("svg.plot text")].map(text => {
  const svg = text.ownerSVGElement, scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return scale * parseFloat(getComputedStyle(text).fontSize);
}))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="module")
def html():
    return render(on_common_rows(evaluation(kma_forecast=kma_forecast())))


@pytest.mark.parametrize("width", [390, 1280])
def test_no_part_of_a_plot_is_cut_off_or_too_small(browser, html, width):
    page = new_context(browser, viewport={"width": width, "height": 900}).new_page()
    page.set_content(html)

    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate(SMALLEST) >= (11 if width < 600 else 10)
    page.close()
