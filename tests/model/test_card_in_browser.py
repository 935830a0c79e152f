"""The model card in a browser: accessible, nothing cut off on a phone or a desktop, readable letters."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from tests.browser import needs_browser, new_context, running_browser
from tests.browsing.test_cards import KOREAN, MODELS
from tests.browsing.test_monitoring_in_browser import OPENED
from tests.model.evaluations import evaluation, kma_forecast, on_common_rows
from tests.monitoring.test_report_in_browser import CUT_OFF
from weather_mlops.browsing import cards
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


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
def test_a_refused_version_s_card_is_accessible_and_fits(browser, width, scheme):
    page = new_context(browser, viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.set_content(render(short(), KOREAN, cards.outcome(MODELS, "v3", KOREAN)))
    page.evaluate(OPENED)

    violations = Axe().run(page).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def short():
    """An evaluation of three leads: with 48, axe takes half a minute."""
    e = on_common_rows(evaluation(3, kma_forecast=kma_forecast(range(1, 4))))
    for name in ("leads", "reliability", "ranks", "importance"):
        e[name] = {lead: one for lead, one in e[name].items() if int(lead) <= 3}
    for name in ("seasons", "stations"):
        e[name] = {group: {lead: by_lead[lead] for lead in "123"} for group, by_lead in e[name].items()}
    e["hours"] = {"3": {hour: e["hours"]["6"][hour] for hour in ("9", "15")}}
    case = e["worst"][0]
    lists = {name: case[name][:3] for name in ("leads", "observed", "p10", "p50", "p90")}
    return e | {"worst": [case | lists]}
