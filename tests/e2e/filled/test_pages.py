"""A page on S3 opens from its task in the Airflow UI, only for users who may read the DAG."""

import http.client
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
import requests

from embedded.airflow_api import Run
from embedded.components import USER
from tests.browser import needs_browser, new_context
from tests.e2e.systems import CARD_KEY, E2E_PATIENCE, STRANGER, Shown, token

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(2400)]
CARD = b"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Card</title>
<style>h1{color:rgb(0,128,0)}</style></head><body><h1>Model card</h1>
<svg width="100" height="20"><rect width="100" height="20" style="fill:rgb(0,0,255)"/></svg>
<script>document.title = "the page's script ran"</script></body></html>"""


@pytest.fixture(scope="module")
def stack(shown: Shown) -> Iterator[Shown]:
    """The filled system, with a card that links of tasks name."""
    shown.store.put(CARD_KEY, CARD, "text/html")
    yield shown
    shown.store.delete(CARD_KEY)


@pytest.fixture(scope="module")
def run(stack) -> Run:
    stack.api.unpause("cards")
    return stack.api.wait("cards", stack.api.trigger("cards"), E2E_PATIENCE)


def address(stack: Shown, key: str = CARD_KEY) -> str:
    return f"{stack.system.ui_url}/weather/pages/{key}"


def links(stack: Shown, run: Run, task_id: str, map_index: int = -1) -> dict[str, str | None]:
    path = f"dags/cards/dagRuns/{quote(run.run_id, safe='')}/taskInstances/{task_id}/links"
    return stack.api.call("GET", path, params={"map_index": map_index})["extra_links"]


def test_without_a_valid_login_nothing_is_shown(stack):
    for headers in ({}, {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}, {"Cookie": "_token=none"}):
        response = requests.get(address(stack), headers=headers, timeout=30)
        assert response.status_code in {401, 403}
        assert b"Model card" not in response.content


def test_a_page_is_shown_to_a_reader_and_to_no_stranger(stack):
    reader, stranger = ({"Authorization": token(stack, user)} for user in (USER, STRANGER))

    response = requests.get(address(stack), headers=reader, timeout=30)
    assert (response.status_code, response.content) == (200, CARD)
    response = requests.get(
        address(stack), headers={**reader, "If-None-Match": response.headers["ETag"]}, timeout=30
    )
    assert response.status_code == 304
    assert requests.get(address(stack), headers=stranger, timeout=30).status_code == 403


@pytest.mark.parametrize("key", ["models/../versions/v1/card.html", "models/../../keys", "raw/kma/a.txt.gz"])
def test_paths_that_no_client_would_send_are_no_pages_either(stack, key):
    with closing(http.client.HTTPConnection("localhost", stack.system.ports.ui, timeout=30)) as server:
        server.request("GET", f"/weather/pages/{key}", headers={"Authorization": token(stack, USER)})

        assert server.getresponse().status == 404


@pytest.mark.parametrize(
    ("task_id", "map_index", "link"),
    [
        ("plain", -1, f"weather/pages/{CARD_KEY}"),
        ("mapped", 0, f"weather/pages/{CARD_KEY}"),
        ("mapped", 1, None),
        ("mapped", 2, None),
        ("never_ran", -1, None),
    ],
    ids=["written", "mapped: written", "skipped", "failed", "never ran"],
)
def test_a_task_links_to_its_page_and_none_where_there_is_none(stack, run, task_id, map_index, link):
    assert links(stack, run, task_id, map_index) == {"Model card": link}


@needs_browser
def test_a_person_logs_in_and_opens_a_page_from_its_task(stack, run, browser):
    page = new_context(browser).new_page()
    console = []
    page.on("console", lambda message: console.append(message.text))

    page.goto(address(stack))
    page.fill("input[name=username]", USER)
    page.fill("input[name=password]", stack.system.keys.password)
    page.click("button[type=submit]")
    page.wait_for_url(address(stack))
    assert page.inner_text("h1") == "Model card"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(0, 128, 0)"
    assert page.evaluate("getComputedStyle(document.querySelector('rect')).fill") == "rgb(0, 0, 255)"
    assert page.title() == "Card"
    assert sum("Content Security Policy" in text for text in console) == 1  # the card's script, and no other

    task = f"{stack.system.ui_url}/dags/cards/runs/{quote(run.run_id, safe='')}/tasks/mapped/mapped"
    with page.expect_response(lambda response: "/links" in response.url):
        page.goto(f"{task}/2/details")
    page.wait_for_selector("text=Try Number")
    assert page.locator("a", has_text="Model card").count() == 0

    page.goto(f"{task}/0/details")
    page.click("a:has-text('Model card')")
    page.wait_for_url(address(stack))
    assert page.inner_text("h1") == "Model card"
    assert stack.system.keys.s3_secret not in stack.logs()
