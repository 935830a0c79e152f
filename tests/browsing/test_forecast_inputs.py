"""The forecast pages say what each forecast was made from, and mark those that lack the KMA's forecast."""

import re
from copy import deepcopy

import pytest

from tests.browsing import forecast_world as world
from tests.browsing.forecast_reading import EVIL, overview_page, station_page
from tests.browsing.forecast_world import TARGET
from tests.pages.reading import KOREAN


@pytest.fixture(scope="module")
def document():
    return world.document()


def with_inputs(document, number, english, korean):
    changed = deepcopy(document)
    changed["targets"][TARGET]["stations"][number]["forecast"] |= {
        "inputs_note": english,
        "inputs_note_korean": korean,
    }
    return changed


def test_pages_say_what_a_forecast_was_made_from(document):
    english, korean = f"observations only: {EVIL}", f"관측값만 사용: {EVIL}"
    given = with_inputs(document, "108", english, korean)

    assert f"Made from: {english}." in station_page(given).text
    assert f"{english}: 1 stations" in overview_page(given).text
    assert f"사용한 자료: {korean}." in station_page(given, visit=KOREAN).text
    assert f"{korean}: 1개 지점" in overview_page(given, visit=KOREAN).text
    assert "Made from" not in station_page(document).text  # an older document does not say


def made_without_kma(document, leads_by_station):
    changed = deepcopy(document)
    for number, leads in leads_by_station.items():
        changed["targets"][TARGET]["stations"][number]["forecast"]["leads_without_kma"] = list(leads)
    return changed


@pytest.mark.parametrize(("ahead", "marked"), [(1, {"105", "108"}), (24, {"105"})])
def test_the_map_marks_what_was_made_without_the_kma(document, ahead, marked):
    given = made_without_kma(document, {"105": range(1, 49), "108": [1, 2, 3], "112": []})
    page = overview_page(given, str(ahead))
    marks = {re.search(r"\((\d+)\)", name)[1] for name in page.points if "observations only" in name}
    dashed = [mark for mark in page.of("circle", "rect") if mark.get("class") == "alone"]

    assert marks == marked
    assert len(dashed) == len(marked)
    assert "A dashed edge: made from observations only" in page.text


def test_the_list_marks_stations_without_the_kma(document):
    given = made_without_kma(document, {"105": range(1, 49), "108": [1, 2, 3], "112": []})
    page = overview_page(given)

    assert "Gangneung (105)observations only" in page.text
    assert "Seoul (108)observations only" not in page.text


@pytest.mark.parametrize("leads", [range(1, 49), []])
def test_no_station_is_marked_where_all_are_alike(document, leads):
    given = made_without_kma(document, {"105": leads, "108": leads})

    assert "observations only" not in overview_page(given).text
    assert "made from" not in station_page(given).text


def test_far_leads_without_the_kma_are_distinguished(document):
    page = station_page(made_without_kma(document, {"108": [47, 48]}))
    table = page.text.split("The forecast in figures")[1]

    assert re.search(r"11-29 03:00[^:]*with the KMA's forecast", table)
    assert re.search(r"11-29 04:00[^:]*observations only", table)
    assert "made from" not in station_page(document).text  # an older document does not say


@pytest.mark.parametrize("leads", [[0], ["1"], [10_000]])
def test_a_lead_that_there_is_not_is_damage(document, leads):
    page = station_page(made_without_kma(document, {"108": leads}))

    assert "The next run of the DAG forecast rewrites it" in page.text
