"""The first page answers in a look whether all is well, who was right, and what the weather is."""

from datetime import timedelta

from tests.browsing import overview_world as world
from tests.browsing.memory import Memory
from tests.monitoring.reported import NOW
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.documents import forecast_pages, verification_windows
from weather_mlops.monitoring.alert_run import KEY

LATEST = "reports/monitoring/latest.json"


def test_a_healthy_system_says_so_first():
    page = Page(world.page(world.store(), ENGLISH))

    assert "✓ Well Report of 2026-11-26 08:30 KST." in page.text
    for section in ("System", "Data", "Model", "KMA's forecast"):
        assert f"{section} ✓ Well" in page.text
    assert "✓ No open alerts." in page.text


def test_problems_are_named_with_their_section_and_since_when():
    page = Page(world.page(world.troubled(), ENGLISH))

    assert "✕ Act now" in page.text
    assert "✕ Age of the newest observations since 11-26 05:30" in page.text
    assert "▲ Silence of a station, Seoul (108) since 11-23 20:30" in page.text
    assert page.links["Alerts"] == "alerts"


def test_it_tells_the_newest_hour_and_when_the_next_one_comes():
    page = Page(world.page(world.store(), ENGLISH))

    assert "Newest hour 2026-11-27 05:00 KST next collection 11-26 09:10" in page.text


def test_our_error_stands_next_to_the_kmas():
    page = Page(world.page(world.store(), ENGLISH))

    assert "RMSE 24 h ahead, last 30 days 1.48 °C the KMA's 1.58 °C" in page.text
    assert "RMSE by day, all leads, °C" in page.links


def test_the_map_shows_all_stations_and_leads_to_them():
    html = world.page(world.store(), ENGLISH)

    assert html.count('href="forecasts/air_temperature/') == 97
    assert Page(html).links["Observed 2026-11-27 05:00 KST"] == "forecasts"


def test_a_korean_reader_gets_a_korean_page():
    page = Page(world.page(world.troubled(), KOREAN))

    for text in ("✕ 즉시 조치", "최신 시각", "24시간 후 RMSE, 최근 30일", "기상청 1.58 °C", "경보"):
        assert text in page.text
    assert "Report of" not in page.text


def test_a_new_system_says_what_will_come():
    page = Page(world.page(Memory(), ENGLISH))

    assert "▷ No report yet Monitoring writes the first one within half an hour." in page.text
    assert "no figures yet from the first forecasts whose hours are over" in page.text
    assert "The map appears with the first forecast" in page.text
    assert "✓ No open alerts." in page.text


def test_a_report_that_is_not_renewed_is_noticed():
    page = Page(world.page(world.store(), ENGLISH, now=NOW + timedelta(hours=5)))

    assert "It is 5 h old, a new one is due each half hour." in page.text


def test_damaged_objects_leave_the_rest_of_the_page():
    store = world.store()
    for key in (LATEST, KEY, forecast_pages.KEY, verification_windows.KEY):
        store.put(key, b"{")
    page = Page(world.page(store, ENGLISH))

    for text in (
        "▲ The latest report can't be read.",
        "The alerts can't be read.",
        "The published forecasts can't be read.",
        "no figures yet",
    ):
        assert text in page.text


def test_readers_see_only_what_they_may_read():
    forecaster = Page(world.page(world.troubled(), ENGLISH, may_read=("forecast",)))

    assert "Act now" not in forecaster.text
    assert "Alerts" not in forecaster.text.replace("Monitoring Alerts Models", "")
    assert "RMSE 24 h ahead" in forecaster.text
