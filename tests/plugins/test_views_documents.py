"""The documents of a run, a task and a DAG: listed by what the tasks returned."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.browsing import made
from tests.lake.conftest import new_bucket
from tests.pages.reading import Page
from weather_mlops.lake.object_store import ObjectStore

pytestmark = pytest.mark.integration
RUN = "manual__2026-11-26T08:05:00+09:00/<b>"
RUN_QUERY = f"dag_id=data_collection&run_id={quote(RUN, safe='')}"
PAGE = "quality/docs/2026/11/26/08h_20261126T0805_0.9876_1.0000_data_collection_x.html"


@pytest.fixture(scope="module")
def responses(server):
    """A bucket with raw responses, and their keys; nothing here writes to it."""
    store = ObjectStore(new_bucket(server))
    return store, made.responses(store, 30)


@pytest.fixture
def store(responses):
    return responses[0]


@pytest.fixture
def filled(responses, runs):
    runs.add("data_collection", RUN, made.collection(responses[1], PAGE))


def test_a_run_s_page_lists_each_task_s_documents_or_the_reason(visit, filled):
    html = visit(f"documents?{RUN_QUERY}").text
    page = Page(html)

    assert page.links["Data Docs"] == f"pages/{PAGE}"
    assert "Raw responses (30)" in page.links
    assert "Not run yet." in page.text  # health_check
    assert RUN in page.text
    assert "+09:00/<b>" not in html


def test_a_run_s_page_is_in_the_language_of_the_reader(visit, filled):
    assert "data_collection의 문서" in visit(f"documents?{RUN_QUERY}&language=ko").text
    assert "data_collection의 문서" in visit("documents?dag_id=data_collection&language=ko").text
    assert "data_collection의 원본 응답" in visit(f"raw?{RUN_QUERY}&language=ko").text


@pytest.mark.parametrize("map_index", ["", "&map_index=-1", "&map_index={MAP_INDEX}"])
def test_a_task_with_one_document_opens_it_at_once(visit, filled, map_index):
    response = visit(f"documents?{RUN_QUERY}&task_id=validate_data_quality{map_index}")

    assert (response.status_code, response.headers["Location"]) == (307, f"pages/{PAGE}")


def test_a_mapped_task_lists_only_its_own_documents(visit, runs):
    pages = [PAGE.replace("x.html", f"{n}.html") for n in range(3)]
    tasks = [
        (("validate_history", 0, "success"), {"return_value": {"docs_keys": pages[:2]}}),
        (("validate_history", 1, "success"), {"return_value": {"docs_keys": pages[2:]}}),
    ]
    runs.add("history", "r", tasks)
    task = "documents?dag_id=history&run_id=r&task_id=validate_history"

    assert "Data Docs 2 of 2" in visit(f"{task}&map_index=0").text
    assert visit(f"{task}&map_index=1").headers["Location"] == f"pages/{pages[2]}"
    assert all(page in visit(task).text for page in pages)


def test_a_failed_task_still_leads_to_the_page_it_wrote(visit, runs):
    runs.add("data_collection", "r", made.collection((), PAGE, failed=True), state="failed")

    response = visit("documents?dag_id=data_collection&run_id=r&task_id=validate_data_quality")
    assert response.headers["Location"] == f"pages/{PAGE}"
    assert "Not run: a task before it failed." in visit("documents?dag_id=data_collection&run_id=r").text


def test_a_skipped_task_says_why(visit, runs):
    xcoms = {"skipped": f"air_temperature: not trained: {made.EVIL}"}
    runs.add("model_training", "r", [(("check_data_readiness", -1, "skipped"), xcoms)])
    page = visit("documents?dag_id=model_training&run_id=r&task_id=check_data_readiness").text

    assert "Skipped: air_temperature: not trained: <img" in Page(page).text
    assert "<img" not in page


@pytest.mark.parametrize(
    "key",
    [
        "https://evil.example/",
        "//evil.example/x",
        "javascript:alert(1)",
        "../../../logout",
        "warehouse/a.parquet",
        made.EVIL,
        "models/../versions/v1/card.html",
    ],
)
def test_a_returned_key_that_is_no_page_becomes_no_link(visit, runs, key):
    several, one = {"card_key": key, "docs_keys": [key, 1, None]}, {"card_key": key}
    runs.add("history", "several", [(("t", -1, "success"), {"return_value": several})])
    runs.add("history", "one", [(("t", -1, "success"), {"return_value": one})], at=made.NOW + made.DAY)

    for run in ("several", "one"):
        response = visit(f"documents?dag_id=history&run_id={run}&task_id=t")
        assert response.status_code == 200
        assert 'href="pages' not in response.text
        assert 'evil.example"' not in response.text
        assert "<img" not in response.text


def test_an_xcom_that_cannot_be_read_as_json_hides_no_page(visit, runs):
    deep = "[" * 100_000
    runs.add("data_collection", RUN, [(("t", -1, "success"), {"return_value": deep, "docs_key": PAGE})])

    assert Page(visit(f"documents?{RUN_QUERY}").text).links["Data Docs"] == f"pages/{PAGE}"


def test_the_page_of_a_dag_lists_its_latest_runs_newest_first(visit, runs):
    for number in range(12):
        at = made.NOW + number * timedelta(hours=1)
        runs.add("data_collection", f"run {number}", made.collection((), PAGE), at=at)
    page = visit("documents?dag_id=data_collection").text

    assert page.index("run+11") < page.index("run+10") < page.index("run+2")
    assert "run+1&" not in page
    assert page.count(f"pages/{PAGE}") == 10
    only = visit("documents?dag_id=data_collection&task_id=update_data_catalog").text
    assert PAGE not in only


def test_a_dag_that_has_not_run_says_so(visit):
    assert "It has not run yet." in visit("documents?dag_id=forecast").text


@pytest.mark.parametrize(
    "query",
    [
        "dag_id=data_collection&run_id=none",
        f"{RUN_QUERY}&task_id=none",
        f"{RUN_QUERY}&task_id=validate_data_quality&map_index=3",
        f"{RUN_QUERY}&task_id=validate_data_quality&map_index=x",
        f"{RUN_QUERY}&task_id=validate_data_quality&map_index=-2",
        "dag_id=",
        "dag_id=~",
        "",
    ],
)
def test_a_run_or_task_that_does_not_exist_has_no_page(visit, filled, query):
    assert visit(f"documents?{query}").status_code == 404


def test_raw_responses_are_listed_by_page_with_their_sidecars(visit, filled):
    first, second = visit(f"raw?{RUN_QUERY}").text, visit(f"raw?{RUN_QUERY}&page=2").text

    assert first.count('href="pages/raw/') == 25
    assert second.count('href="pages/raw/') == 5
    assert "2026-11-26 08:05" in first
    assert "291" in first
    assert "apihub" not in first
    for page in ("0", "3", "x", "", "999999999"):
        assert visit(f"raw?{RUN_QUERY}&page={page}").status_code == 404


def test_a_run_without_raw_responses_says_so(visit, runs):
    runs.add("data_collection", "r", [(("collect_weather_data", -1, "failed"), {})])

    assert "This run stored no response" in visit("raw?dag_id=data_collection&run_id=r").text
    assert visit("raw?dag_id=data_collection").status_code == 404
