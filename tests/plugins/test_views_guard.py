"""No view, present or future, reveals anything to users who may not read its DAG."""

import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute

from pages_plugin import PagesPlugin
from tests.browsing import forecast_world, made
from tests.plugins.visiting import DAG_IDS
from views.guard import HEADERS
from weather_mlops.documents import forecast_pages
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.s3_access import S3Access

pytestmark = pytest.mark.integration
RUN = "scheduled__2026-11-25T23:30:00+00:00"
CARD = "models/air_temperature/versions/v1/card.html"
DOCS_PAGE = "quality/docs/2026/11/26/07h_20261126T0705_0.9876_1.0000_data_collection_scheduled-0a1b2c3d.html"
QUERIES = {
    "/forecasts/{target}/{station_id}": f"forecasts/{forecast_world.TARGET}/108",
    "/pages/{key:path}": f"pages/{CARD}",
    "/pages/quality/docs/{name:path}": f"pages/{DOCS_PAGE}",
    "/quality/{day}": "quality/2026-11-26",
    "/quality/stations/{station_id}": "quality/stations/108",
    "/documents": f"documents?dag_id=data_collection&run_id={quote(RUN)}",
    "/raw": f"raw?dag_id=data_collection&run_id={quote(RUN)}",
}
"""Addresses of the routes that need a query or a key to show something; the others need only their path."""


def routes():
    (mounted,) = PagesPlugin().fastapi_apps
    known, waiting = set(), list(mounted["app"].routes)
    while waiting:
        route = waiting.pop()
        waiting += getattr(getattr(route, "original_router", None), "routes", [])
        if isinstance(route, APIRoute):
            known.add((route.path, tuple(sorted(route.methods))))
        elif path := getattr(route, "path", None):
            known.add((path, ("?",)))
    return sorted(known)


def addresses():
    return [QUERIES.get(path, path.removeprefix("/")) for path, _ in routes()]


@pytest.fixture(scope="module")
def filled(server):
    """A bucket with something at every address, and the XComs of a run; nothing here writes to it."""
    store = ObjectStore(S3Access("views-guard", f"http://127.0.0.1:{server}", "somebody", "Geheimnis"))
    store.ensure_bucket()
    keys = made.responses(store)
    page = made.data_docs(store, days=1)
    made.models(store, days=1, files=0)
    made.reports(store, days=0)
    store.put(CARD, b"<p>Card</p>")
    forecasts = forecast_world.document([90, 108], {"90": "silent"}) | {
        "made_at": datetime.now(UTC).isoformat()
    }
    store.put(forecast_pages.KEY, json.dumps(forecasts).encode(), "application/json")
    return store, made.collection(keys, page)


@pytest.fixture
def store(filled):
    return filled[0]


@pytest.fixture(autouse=True)
def ran(filled, runs):
    runs.add("data_collection", RUN, filled[1])


def test_all_routes_are_known_here_and_only_show():
    paths = {path for path, _ in routes()}

    assert {
        "/pages/{key:path}",
        "/quality",
        "/quality/{day}",
        "/monitoring",
        "/models",
        "/documents",
        "/raw",
    } <= paths
    assert {methods for _, methods in routes()} == {("GET",)}


@pytest.mark.parametrize("address", addresses())
def test_a_reader_sees_the_page_and_all_others_are_refused(visit, address):
    response = visit(address)
    assert response.status_code in {200, 307}, response.text

    for user, code in ((None, 401), ("stranger", 403)):
        refused = visit(address, user=user)
        assert refused.status_code == code
        assert refused.text in {"Not authenticated", "Forbidden"}


@pytest.mark.parametrize("address", addresses())
def test_without_login_no_address_reveals_more_than_the_login(visit, address):
    plain = address.partition("?")[0]
    for path in (plain, f"{plain}?dag_id=", f"{plain}?dag_id=~&day=x&target=x&year=x&map_index=x&page=x"):
        assert visit(path, user=None).status_code in {401, 404}
        assert visit(path, user="stranger").status_code in {403, 404}


@pytest.mark.parametrize("address", addresses())
def test_no_page_may_run_anything_or_be_cached_for_others(visit, address):
    for response in (visit(address), visit(address, user="stranger"), visit(f"{address}/none")):
        assert response.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("address", addresses())
def test_an_unchanged_page_is_not_resent_nor_shown_to_strangers(visit, address):
    response = visit(address)
    if response.status_code == 307:  # leads to a page that has a tag
        response = visit(response.headers["Location"])
        address = response.url.path.removeprefix("/weather/")
    known = {"If-None-Match": response.headers["ETag"]}

    again = visit(address, **known)
    assert (again.status_code, again.content) == (304, b"")
    assert visit(address, user="stranger", **known).status_code == 403


@pytest.mark.parametrize("address", addresses())
def test_a_person_returns_from_the_login_to_their_page(visit, address):
    response = visit(address, user=None, Accept="text/html")

    assert response.status_code == 307
    assert response.headers["Location"].startswith("/auth/login?next=%2Fweather%2F")
    if "run_id" in address:
        assert "run_id%3Dscheduled" in response.headers["Location"]


@pytest.mark.parametrize(
    ("address", "dag_id"),
    [
        ("quality", "data_collection"),
        ("monitoring", "monitoring"),
        ("verification", "forecast"),
        ("models", "model_training"),
        (f"pages/{CARD}", "model_training"),
        ("pages/reports/monitoring/latest.html", "monitoring"),
        ("pages/quality/docs/index.html", "data_collection"),
        ("pages/quality/docs/assets/font.woff2", "data_collection"),
        ("pages/quality/docs/2026/11/26/index.html", "data_collection"),
        ("pages/quality/docs/2026/11/26/loads.html", "history"),
        ("pages/quality/docs/2026/11/26/load_20261126T0005_0.98_1.0_history_manual-1a.html", "history"),
        ("pages/quality/docs/2026/11/26/0005_0.9812_1.0000_history_manual__1-1a2b3c4d.html", "history"),
        (
            "pages/quality/docs/2026/11/26/0005_none_1.0000_data_collection_manual_history_1.html",
            "data_collection",
        ),
        (f"pages/{made.raw_key()}", "data_collection"),
    ],
)
def test_each_page_is_for_readers_of_its_own_dag(visit_as, address, dag_id):
    visit = visit_as({"one": {dag_id}, "others": DAG_IDS - {dag_id}})

    assert visit(address, user="one").status_code in {200, 307, 404}
    assert visit(address, user="others").status_code == 403


@pytest.mark.parametrize("entity", ["RUN", "TASK_INSTANCE", "XCOM"])
@pytest.mark.parametrize(
    "address", ["documents?dag_id=data_collection", QUERIES["/documents"], QUERIES["/raw"]]
)
def test_results_of_tasks_need_access_to_runs_tasks_and_xcoms(visit_as, address, entity):
    visit = visit_as({"reader": DAG_IDS}, hidden={entity})

    assert visit(address).status_code == 403


def test_another_dag_gives_no_access_to_raw_responses(visit_as, runs):
    runs.add("mine", "r", [(("t", -1, "success"), {"return_value": {"raw_keys": [made.raw_key()]}})])
    visit = visit_as({"reader": {"mine"}})

    assert visit("documents?dag_id=mine&run_id=r").status_code == 200
    assert visit("raw?dag_id=mine&run_id=r").status_code == 403
