"""What the navigation's entries Data quality, Monitoring and Models show."""

import pytest

from tests.browsing import made
from tests.pages.reading import Page

pytestmark = pytest.mark.integration


def test_data_quality_shows_all_days_or_says_there_are_none(visit, store):
    assert "There are no Data Docs yet." in visit("quality").text

    key = made.data_docs(store, days=2)
    page = visit("quality").text
    assert Page(page).links["2026-11-26"] == "quality/2026-11-26"
    assert f'href="pages/{key}"' in page
    assert "자료 품질" in visit("quality?language=ko").text


def test_a_day_of_data_quality_lists_its_audits(visit, store):
    key = made.data_docs(store, days=2)
    page = Page(visit("quality/2026-11-26").text)

    assert page.links["00:00"] == f"../pages/{key}"
    assert page.links["All days"] == "../quality#d2026-11-26"
    assert "No hour of this day was audited." in visit("quality/2020-01-01").text


@pytest.mark.parametrize("day", ["2026-02-30", "0001-01-01", "9999-12-31", "x", "２026-11-26"])
def test_what_is_no_day_has_no_data_quality(visit, day):
    assert visit(f"quality/{day}").status_code == 404


def test_a_station_has_a_page_of_each_month(visit):
    page = Page(visit("quality/stations/159?month=2026-10").text)

    assert "Data quality of Busan (159)" in page.text
    assert page.links["2026-11"] == "?month=2026-11"
    assert "부산(159) 자료 품질" in visit("quality/stations/159?language=ko").text


@pytest.mark.parametrize(
    "query", ["0", "x", "159?month=2026-13", "159?month=x", "159?month=2026-11-01", "99999999"]
)
def test_what_is_no_station_or_month_has_no_data_quality(visit, query):
    assert visit(f"quality/stations/{query}").status_code == 404


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
