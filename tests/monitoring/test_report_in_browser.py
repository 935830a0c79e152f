"""The report in a browser: nothing cut off, on a phone and a desktop, light and dark; readable colours."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser

from tests.browser import needs_browser, new_context, running_browser
from tests.monitoring import reported
from tests.monitoring.reported import NOW
from weather_mlops.monitoring.report.content import Earlier, EarlierReport, Report
from weather_mlops.monitoring.report.links import PageLinks
from weather_mlops.monitoring.report.page import render
from weather_mlops.monitoring.report.verdict import ReportVerdict, complete
from weather_mlops.pages.languages import Language
from weather_mlops.pages.messages import LANGUAGES
from weather_mlops.pages.visit import Visit

ADDRESS = "http://airflow.invalid/weather/pages/reports/monitoring/latest.html"
# As plugins/views/pages.py sends it.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:",
    "Content-Type": "text/html; charset=utf-8",
}
WIDTHS = (390, 1280)
READABLE = 4.5  # WCAG 2.2, 1.4.3, AA

pytestmark = [pytest.mark.integration, needs_browser]

CUT_OFF = """() => {
  const wide = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways");
  const report = (element, fault) => found.push(`${fault}: ${element.outerHTML.slice(0, 120)}`);
  for (const element of document.body.querySelectorAll("*:not(svg *)")) {
    const place = element.getBoundingClientRect();
    if (!place.width || element.closest("td, th, table")) continue;
    if (place.left < -0.5 || place.right > wide + 0.5) report(element, "beyond the page");
  }
  for (const svg of document.querySelectorAll("svg.plot:not(.bullet)")) {
    const frame = svg.getBoundingClientRect();
    if (frame.width)
      for (const text of svg.querySelectorAll("text, path, rect, circle")) {
        const place = text.getBoundingClientRect();
        if (text.closest("[aria-hidden]")) continue;  // the land, of which the frame shows a part
        if (place.left < frame.left - 1 || place.right > frame.right + 1 ||
            place.top < frame.top - 1 || place.bottom > frame.bottom + 1) report(text, "beyond its plot");
      }
  }
  return found;
}"""

FAINT = """least => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = colour => {
    const [r, g, b] = colour.map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    if (element.closest("title") || !element.getBoundingClientRect().width) continue;
    const style = getComputedStyle(element);
    const ink = light(rgba(element.closest("svg") ? style.fill : style.color)), page = light(behind(element));
    const contrast = (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
    if (contrast < least) found.push(`${contrast.toFixed(2)}: ${element.outerHTML.slice(0, 120)}`);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


def page_of(name, language):
    """A page as it is after a week of reports."""
    past = [
        EarlierReport(
            NOW - n * timedelta(minutes=30),
            f"reports/monitoring/2026/11/20/{n:04}.json",
            list(ReportVerdict)[n % 3],
            n % 3,
        )
        for n in range(336, 0, -1)
    ]
    earlier = Earlier(past[-1].key, None, past[-1].at, "before", reported.healthy(), past)
    sections = complete(getattr(reported, name)())
    report = Report(
        "reports/monitoring/2026/11/26/0830.json", NOW, "scheduled__2026-11-25", sections, earlier
    )
    return render(report, Visit(Language(language)), PageLinks("", "docs/runbook.md"))


def opened(browser, html, width, scheme="light"):
    page = new_context(browser, viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.complaints, page.requested = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("request", lambda request: page.requested.append(request.url))
    page.route("**/*", lambda route: route.fulfill(body=html, headers=HEADERS))
    page.goto(ADDRESS)
    return page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["healthy", "troubled", "young"])
def test_nothing_is_cut_off_on_phone_or_desktop(browser, name, language):
    html = page_of(name, language)
    for width in WIDTHS:
        page = opened(browser, html, width)
        assert page.evaluate(CUT_OFF) == []
        page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
        assert page.evaluate(CUT_OFF) == []
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(browser, scheme):
    page = opened(browser, page_of("troubled", "en"), 1280, scheme)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"

    assert dark is (scheme == "dark")
    page.evaluate("document.querySelectorAll('details').forEach(folded => folded.open = true)")
    assert page.evaluate(FAINT, READABLE) == []
    page.close()


def test_under_the_content_policy_the_page_requests_nothing(browser):
    page = opened(browser, page_of("troubled", "en"), 1280)

    assert page.complaints == []
    assert page.requested == [ADDRESS]
    assert page.evaluate("getComputedStyle(document.querySelector('.fill-bad')).fill") == "rgb(179, 38, 30)"
    page.click("#earlier summary")
    page.click("#earlier .days a >> nth=0")
    assert page.url == "http://airflow.invalid/weather/pages/reports/monitoring/2026/11/20/0001.html"
    page.close()
