"""The pages of a filled system in the Airflow UI: in a browser, wide and narrow, light and dark."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState

from embedded.components import PROJECT, USER
from tests.browser import needs_browser, new_context
from tests.e2e.systems import STATION, STRANGER, TARGET, Shown, token
from weather_mlops.model.registry import Registry

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2400), needs_browser]
SCREENSHOTS = PROJECT / ".screenshots"
NARROW, WIDE = 390, 1280
LOOKS = [(width, scheme) for width in (WIDE, NARROW) for scheme in ("light", "dark")]
SHUT_OUT = """() => [...document.querySelectorAll("a[href], summary, button, input")]
  .filter(each => each.tabIndex < 0 && each.getBoundingClientRect().width).map(each => each.outerHTML)"""
NAVIGATION = {
    "Data quality": "quality",
    "Monitoring": "monitoring",
    "Forecasts": "forecasts",
    "Verification": "verification",
    "Models": "models",
}


@pytest.fixture(scope="module")
def login(shown: Shown, browser: Browser) -> StorageState:
    """The state that a browser stores after a login."""
    context = new_context(browser)
    page = context.new_page()
    page.goto(shown.address("auth/login"))
    page.fill("input[name=username]", USER)
    page.fill("input[name=password]", shown.system.keys.password)
    page.click("button[type=submit]")
    page.wait_for_selector("text=Dags")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def visit(browser: Browser, login: StorageState) -> Iterator[Callable[..., Page]]:
    """Opens pages of a browser that is logged in, in Berlin; fails at the end if a page had errors."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.location.get('url')}: {message.text}")

    def visitor(width: int = WIDE, scheme: str = "light") -> Page:
        context = new_context(
            browser,
            storage_state=login,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            timezone_id="Europe/Berlin",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield visitor
    for context in contexts:
        context.close()
    assert errors == []


def picture(page: Page, name: str, *, whole: bool = False) -> Path:
    """Keep what is seen, for people."""
    SCREENSHOTS.mkdir(exist_ok=True)
    file = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=file, full_page=whole)
    return file


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_accessible_and_fits_the_window(shown, visit, width, scheme):
    page = visit(width, scheme)
    problems_by_page = {}
    for name, path in shown.pages().items():
        response = page.goto(shown.address(path))
        assert response is not None
        assert response.status == 200, name
        picture(page, f"{name}-{width}-{scheme}", whole=True)
        page_is, window_is = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        broken = Axe().run(page).response["violations"]
        problems = [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:3]]}" for one in broken]
        problems_by_page[name] = problems + ([f"{page_is} px wide"] if page_is > window_is else [])

    assert problems_by_page == {name: [] for name in problems_by_page}


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_each_navigation_entry_shows_its_page_inside_airflow(shown, visit, width, scheme):
    page = visit(width, scheme)
    page.goto(shown.address("dags"))
    for name, route in NAVIGATION.items():
        page.click(f"a[href*='/plugin/{route}']")
        page.frame_locator("iframe").locator("h1", has_text=name.split()[-1]).wait_for()
        page.frames[-1].wait_for_load_state()
        picture(page, f"airflow-{route}-{width}-{scheme}")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_yesterdays_data_quality_is_found_within_three_clicks(shown, visit, width):
    page = visit(width)
    page.goto(shown.address(""))
    page.click("a[href*='/plugin/quality']")
    table = page.frame_locator("iframe").locator("table")
    row = table.locator("tr", has=page.locator(f"text={shown.yesterday:%Y-%m-%d}"))
    row.locator("a[href*='/15h_'], a[href*='15h_']").first.click()

    page.frame_locator("iframe").locator(f"h1:has-text('{shown.yesterday:%Y-%m-%d} 15:00')").wait_for()
    validation = json.loads(shown.store.get(shown.returned("data_collection", "validation_key")))
    text = page.frame_locator("iframe").locator("body").inner_text()
    assert f"{validation['score']['overall']:.4f}" in text
    assert validation["run"] in text
    picture(page, f"airflow-yesterday-15-00-{width}")


def test_times_are_those_of_seoul_wherever_the_browser_is(shown, visit):
    page = visit()
    page.goto(shown.address("dags"))
    page.wait_for_selector("text=data_collection")

    page.locator("text=+09:00").first.wait_for()
    picture(page, "airflow-dags")


@pytest.mark.parametrize(
    ("task", "link", "entry"),
    [
        ("data_collection.validate_data_quality", "Data Docs", "docs_key"),
        ("data_collection.collect_weather_data", "Raw responses", "raw_keys"),
        ("monitoring.generate_report", "Report", "report_key"),
        ("model_training.evaluate_model", "Model card", "card_key"),
    ],
)
def test_a_run_leads_to_what_its_tasks_made(shown, visit, task, link, entry):
    dag_id, task_id = task.split(".")
    page = visit()
    page.goto(shown.of_run(dag_id))
    page.wait_for_selector(f"text={task_id}")
    picture(page, f"airflow-run-{dag_id}")
    mapped = "/mapped/0" if dag_id == "model_training" else ""
    page.goto(f"{shown.of_run(dag_id, task_id)}{mapped}/details")
    page.click(f"a:text-is('{link}')")
    page.wait_for_url("**/weather/**")

    results = shown.api.results(shown.runs[dag_id])
    key = results[entry][0] if isinstance(results[entry], list) else results[entry]
    assert page.url.endswith(key) or key in page.content()
    assert shown.store.exists(key)

    page.goto(f"{shown.of_run(dag_id, task_id)}{mapped}/plugin/documents-task-instance")
    page.frame_locator("iframe").locator("h1").first.wait_for()
    frame = page.frames[-1]
    assert frame.url.endswith(key) or key in frame.content()
    picture(page, f"airflow-documents-{task_id}")


def figure(value: float) -> str:
    """A figure as pages write it, with a real minus sign."""
    return f"{value:z.1f}".replace("-", "−")


def test_pages_say_what_is_on_s3(shown, visit):
    page = visit()
    latest = json.loads(shown.store.get("forecasts/latest.json"))["targets"][TARGET]
    forecast = latest["stations"][str(STATION)]
    page.goto(shown.address(f"weather/forecasts/{TARGET}/{STATION}"))
    text = page.locator("body").inner_text()
    assert latest["model_version"] in text
    assert figure(max(forecast["p50"])) in text
    assert figure(min(forecast["p50"])) in text

    page.goto(shown.address("weather/forecasts"))
    row = page.locator("tr", has=page.locator(f"text=({STATION})")).inner_text()
    p10, p50, p90 = (figure(forecast[name][0]) for name in ("p10", "p50", "p90"))  # in 1 h
    assert f"{p50} ({p10} to {p90})" in row

    page.goto(shown.address("weather/models"))
    champion = Registry(shown.store, TARGET).champion()
    assert champion is not None
    text = page.locator("body").inner_text()
    assert champion.version in text
    assert champion.reason in text

    page.goto(shown.address("weather/monitoring"))
    report = json.loads(shown.store.get("reports/monitoring/latest.json"))
    text = page.locator("main").inner_text()
    assert all(reason in text for reason in report["reasons"])
    page.click("a:has-text('Open the report')")
    page.wait_for_url("**/latest.html")


def test_all_of_it_can_be_reached_by_keyboard(shown, visit):
    for path in ("weather/forecasts", "weather/models", "weather/pages/quality/docs/index.html"):
        page = visit()
        page.goto(shown.address(path))
        assert page.evaluate(SHUT_OUT) == []
        for _ in range(4):  # a table that may scroll is reached, too, and the link to this very page
            page.keyboard.press("Tab")
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            if page.evaluate("document.activeElement.matches('a:not([aria-current])')"):
                break
        before = page.url
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url, before=before: url != before)


def test_a_stranger_is_refused_everywhere(shown):
    for headers in ({}, {"Authorization": token(shown, STRANGER)}):
        for name, path in shown.pages().items():
            response = requests.get(shown.address(path), headers=headers, timeout=30, allow_redirects=False)
            assert response.status_code in {401, 403}, name
            assert len(response.content) < 200, name
    own = {"Authorization": token(shown, USER)}
    for name, path in shown.pages().items():
        response = requests.get(shown.address(path), headers=own, timeout=30)
        assert response.status_code == 200, name
        again = requests.get(
            shown.address(path), headers={**own, "If-None-Match": response.headers["ETag"]}, timeout=30
        )
        assert again.status_code == 304, name
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'"), name
        assert "script-src" not in policy, name


@pytest.mark.parametrize(
    "path",
    [
        "/weather/pages/quality/docs/../../raw/kma/a.txt.gz",
        "/weather/pages/quality/docs/%2e%2e/%2e%2e/models/air_temperature/champion.json",
        "/weather/pages/quality%2fdocs%2findex.html",
        "/weather/pages/reports/monitoring/..%2f..%2fkeys.json",
        "/weather/forecasts/air_temperature/..%2f..%2fmodels",
        "/weather/forecasts/..%2fmodels/108",
        "/weather/forecasts/air_temperature/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
        "/weather/models?target=../../raw",
        "/weather/monitoring?day=../../raw",
        "/weather/raw?dag_id=data_collection&run_id=../../raw",
        "/weather/documents?dag_id=data_collection&run_id=%3Cscript%3E",
    ],
)
def test_crafted_addresses_lead_nowhere(shown, path):
    with closing(http.client.HTTPConnection("localhost", shown.system.ports.ui, timeout=30)) as server:
        server.request("GET", path, headers={"Authorization": token(shown, USER)})
        response = server.getresponse()

        assert response.status == 404
        assert b"<script" not in response.read()


def test_markup_in_a_station_name_is_shown_and_not_run(shown, visit):
    evil = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
    page = visit()
    key = "forecasts/stations.json"
    original = shown.store.get(key)
    document = json.loads(original)
    document["targets"][TARGET]["stations"][str(STATION)]["name"] = evil
    try:
        shown.store.put(key, json.dumps(document).encode(), "application/json")
        for path in ("weather/forecasts", f"weather/forecasts/{TARGET}/{STATION}"):
            page.goto(shown.address(path))
            assert page.title() != "1"
            assert evil in page.locator("body").inner_text()
            assert page.locator("img[src=x]").count() == 0
    finally:
        shown.store.put(key, original, "application/json")
