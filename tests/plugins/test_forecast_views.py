"""The forecast pages in Airflow's API server: for whom, which, and what a browser may do with them."""

import json
from datetime import UTC, datetime

import pytest

from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import TARGET
from views.guard import HEADERS
from weather_mlops.documents import forecast_pages
from weather_mlops.model import recent_forecasts
from weather_mlops.model.training_progress import ProgressReport

pytestmark = pytest.mark.integration
OVERVIEW = "forecasts"
STATION = f"{OVERVIEW}/{TARGET}/108"
MAY_READ = {"reader": {"forecast"}, "stranger": {"monitoring", "model_training", "data_collection"}}
NO_PAGES = [
    f"{OVERVIEW}?target=gold_price",
    f"{OVERVIEW}?target=../../raw",
    f"{OVERVIEW}?target={TARGET}&ahead=25",
    f"{OVERVIEW}?ahead=<script>",
    f"{OVERVIEW}/{TARGET}",
    f"{OVERVIEW}/{TARGET}/",
    f"{OVERVIEW}/{TARGET}/1",
    f"{OVERVIEW}/{TARGET}/0108",
    f"{OVERVIEW}/{TARGET}/108%00",
    f"{OVERVIEW}/{TARGET}/108/..",
    f"{OVERVIEW}/{TARGET}/%2e%2e",
    f"{OVERVIEW}/{TARGET}/..%2f..%2fraw",
    f"{OVERVIEW}/gold_price/108",
    f"{OVERVIEW}/..%2flatest.json/108",
    f"{OVERVIEW}/{TARGET}/%3Cscript%3E",
]


@pytest.fixture
def visit(visit_as):
    """Visits by a user who may read only ``forecast``, and by one who may read everything else."""
    return visit_as(MAY_READ)


@pytest.fixture
def published(store):
    """Publishes a current forecast like make_forecast; gives a function that publishes another one."""

    def publish(**changes):
        stations = [90, 108]
        forecast = world.document(stations, {"90": "silent"}) | {"made_at": datetime.now(UTC).isoformat()}
        forecast["targets"][TARGET]["stations"]["108"] |= changes
        body = json.dumps(forecast, ensure_ascii=False).encode()
        store.put(forecast_pages.KEY, body, "application/json")

    publish()
    return publish


@pytest.mark.parametrize("path", [OVERVIEW, f"{OVERVIEW}?target={TARGET}&ahead=6", STATION])
def test_a_reader_sees_forecast_pages_that_run_and_load_nothing(visit, published, path):
    response = visit(path)

    assert response.status_code == 200
    assert "Seoul (108)" in response.text
    assert "서울 (108)" in visit(path, **{"Accept-Language": "ko-KR,ko;q=0.9"}).text
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()


@pytest.mark.parametrize("path", [OVERVIEW, STATION, *NO_PAGES[:4], f"{OVERVIEW}/gold_price/108"])
def test_without_permission_no_page_reveals_whether_it_exists(visit, published, path):
    response = visit(path, user="stranger")

    assert (response.status_code, response.text) == (403, "Forbidden")


@pytest.mark.parametrize("path", [OVERVIEW, STATION])
def test_without_login_programs_are_refused_people_redirected(visit, path):
    assert visit(path, user=None).status_code == 401

    response = visit(path, user=None, Accept="text/html,*/*;q=0.8")
    assert response.status_code == 307
    assert response.headers["Location"] == f"/auth/login?next=%2Fweather%2F{path.replace('/', '%2F')}"


@pytest.mark.parametrize("path", NO_PAGES)
def test_what_is_not_forecast_has_no_page_and_is_not_echoed(visit, published, path):
    response = visit(path)

    assert response.status_code == 404
    assert "script" not in response.text


@pytest.mark.parametrize("path", [OVERVIEW, STATION])
def test_before_the_first_forecast_a_page_says_so(visit, path):
    response = visit(path)

    assert response.status_code == 200
    assert "There is no forecast yet." in response.text


@pytest.mark.parametrize("path", [OVERVIEW, STATION])
def test_a_page_that_has_not_changed_is_not_sent_again(visit, published, path):
    tag = visit(path).headers["ETag"]
    again = visit(path, **{"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert visit(path, user="stranger", **{"If-None-Match": tag}).status_code == 403

    published(observed=[1.5] * recent_forecasts.HOURS)
    fresh = visit(path, **{"If-None-Match": tag})
    assert fresh.status_code == 200
    assert "1.5" in fresh.text


def test_two_pages_of_the_same_object_have_different_tags(visit, published):
    paths = (OVERVIEW, f"{OVERVIEW}?ahead=6", STATION, STATION.replace("108", "90"))
    assert len({visit(path).headers["ETag"] for path in paths}) == len(paths)


def test_html_in_a_station_s_name_stays_text(visit, published):
    published(name="<script>alert(1)</script>", korean='"><img src=x onerror=alert(1)>')

    for path in (OVERVIEW, STATION):
        assert "&lt;script&gt;" in visit(path).text
        assert "<script" not in visit(path).text
        assert "<img" not in visit(path).text


def test_people_who_wait_for_the_first_forecast_see_its_training(visit, store):
    ProgressReport(store, TARGET, "v1").trained("training", 7, 48, 130.0)

    assert "A model is being trained, lead 7 of 48" in visit(OVERVIEW).text
    assert "선행시간 48개 중 7개 완료" in visit(OVERVIEW, **{"Accept-Language": "ko"}).text
    assert "is being trained" not in visit(f"{OVERVIEW}?target=dew_point").text


def test_the_training_is_shown_next_to_the_kma_s_forecast_only(visit, store, published):
    ProgressReport(store, TARGET, "v1").trained("training", 7, 48, 130.0)
    assert "is being trained" not in visit(OVERVIEW).text  # it has a forecast already

    forecast = world.document([90, 108], {}) | {"made_at": datetime.now(UTC).isoformat()}
    forecast["targets"][TARGET] |= {"model_version": None}
    store.put(forecast_pages.KEY, json.dumps(forecast).encode(), "application/json")
    assert "A model is being trained, lead 7 of 48" in visit(OVERVIEW).text
