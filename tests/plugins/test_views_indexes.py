"""What the navigation's entries Data quality, Monitoring and Models show."""

import pytest

from tests.browsing import made

pytestmark = pytest.mark.integration


def test_data_quality_leads_to_the_index_or_says_there_is_none(visit, store):
    assert "There are no Data Docs yet." in visit("quality").text

    made.data_docs(store, days=1)
    response = visit("quality")
    assert (response.status_code, response.headers["Location"]) == (307, "pages/quality/docs/index.html")


def test_monitoring_shows_the_latest_report_and_those_of_a_day(visit, store):
    made.reports(store, days=1)
    page = visit("monitoring").text

    assert "Open the report of 2026-11-26 08:30" in page
    assert "<h2>Reports of 2026-11-26</h2>" in page
    assert "<h2>Reports of 2026-11-25</h2>" in visit("monitoring?day=2026-11-25").text
    assert "There is no report of this day" in visit("monitoring?day=2020-01-01").text


@pytest.mark.parametrize(
    "day", ["2026-02-30", "0001-01-01", "9999-12-31", "x", "2026-11-26/..", "２026-11-26"]
)
def test_what_is_no_day_is_no_page(visit, day):
    assert visit(f"monitoring?day={day}").status_code == 404


def test_models_shows_champions_and_all_decisions_of_a_target(visit, store):
    assert "There is no model yet." in visit("models").text

    decisions = made.models(store, files=2)
    assert "All decisions about air temperature (12)" in visit("models").text
    page = visit("models?target=air_temperature&year=2026").text
    assert all(f"models/air_temperature/versions/{one.version}/card.html" in page for one in decisions)
    assert "Nothing was decided then." in visit("models?target=air_temperature&year=2025").text


@pytest.mark.parametrize("query", ["target=none", "target=..", "target=air_temperature&year=x", "target=<b>"])
def test_what_is_no_target_or_no_year_is_no_page(visit, query):
    assert visit(f"models?{query}").status_code == 404


def test_the_overview_is_the_first_page_and_shows_what_a_reader_may_read(visit, visit_as, store):
    assert "No report yet" in visit("").text
    assert "No report yet" not in visit_as({"reader": {"forecast"}})("").text
    assert visit_as({"reader": set()})("").status_code == 403
