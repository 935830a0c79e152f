"""The page of all stations shows what was published, escapes texts, and says where something is missing."""

import json
import re
from copy import deepcopy
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browsing import forecast_world as world
from tests.browsing.forecast_reading import (
    EVIL,
    TURNED,
    Outline,
    body,
    overview_page,
    shown,
    station_of,
    station_page,
)
from tests.browsing.forecast_world import COLUMN, LAST, NOW, TARGET
from tests.pages.reading import ENGLISH, KOREAN
from weather_mlops.browsing.forecasts import reasons, site
from weather_mlops.browsing.forecasts.document import Present, QuantileSeries
from weather_mlops.lake.panel import to_panel
from weather_mlops.model import forecasting, recent_forecasts

REASON = "its newest air_temperature_c is 7.2 h old; at most 2 h are allowed"


@pytest.fixture(scope="module")
def document():
    return world.document(skipped={"90": REASON})


@pytest.fixture(scope="module")
def overview(document):
    return overview_page(document)


def test_maps_and_tables_lead_to_a_page_of_every_station(overview):
    links = [link["href"] for link in overview.of("a") if link["href"].startswith("forecasts/")]

    assert len(links) == 3 * 97  # what was observed, what is forecast, and the tables
    assert set(links) == {f"forecasts/{TARGET}/{number}" for number in world.ALL}
    assert "Sokcho (90): no value" in overview.points
    assert any(re.fullmatch(r"Seoul \(108\): −?\d+\.\d °C", name) for name in _plain(overview.points))


def _plain(names):
    return [name.replace("\u00a0", " ") for name in names]


def test_the_overview_names_unit_zone_hour_and_model(overview):
    assert "Made 2026-11-27 05:10 KST by model 20261126T1700-1a2b3c4d. All times are KST" in overview.text
    assert "Observed 2026-11-27 05:00 KST" in overview.text
    assert "Forecast, 1 h later 2026-11-27 06:00 KST" in overview.text
    assert "Air temperature, °C; figures on the map may be rounded" in overview.text


def test_stations_without_a_forecast_are_counted_with_the_reason(overview):
    assert "96 stations; small rings: 1 without a value" in overview.text
    assert "1 stations: the newest observation is older than 2 h" in overview.text


def test_stations_without_a_forecast_are_listed_by_the_reason():
    ages = {str(number): REASON.replace("7.2", f"{number / 10}") for number in (90, 93, 95)}
    unknown = {"98": "the weather is too nice"}
    page = overview_page(world.document((90, 93, 95, 98, 108), ages | unknown))

    assert "3 stations: the newest observation is older than 2 h" in page.text
    assert "1 stations: the weather is too nice" in page.text


def test_every_reason_that_the_forecast_gives_is_in_korean():
    observed = world.observed((90, 108), missing=0)
    of_seoul = pc.equal(observed["station_id"], 108)
    early = pc.less(observed["observed_at"], pa.scalar(LAST - timedelta(hours=7)))
    panel = to_panel(observed.filter(pc.and_(of_seoul, early)), [COLUMN], stations=(90, 108), last=LAST)
    _, skipped = forecasting._newest(panel, COLUMN, 2, NOW)
    unusable = "the model makes no forecast from what was observed here"
    stored = [*skipped.values(), unusable, recent_forecasts.NO_MODEL_OF_STATION]

    korean = KOREAN.language
    assert [reasons.of_station(each, korean).text for each in stored] == [
        "2026-11-24 06:00\u00a0KST 이후 관측 없음",
        "최근 관측이 8.2시간 전이며 2시간까지만 허용",
        "이 지점의 관측으로는 예보를 만들 수 없음",
        "이 지점 없이 학습한 모델",
    ]
    assert not any(reasons.of_several(each, korean).language for each in stored)


@pytest.mark.parametrize(("ahead", "day"), [(24, 28), (48, 29)])
def test_map_and_table_show_the_requested_hour(document, ahead, day):
    page = overview_page(document, str(ahead))
    forecast = station_of(document)["forecast"]
    low, middle, high = (shown(forecast[name][ahead - 1]) for name in ("p10", "p50", "p90"))

    assert f"Forecast, {ahead} h later 2026-11-{day} 05:00 KST" in page.text
    assert f"Seoul (108): {middle} °C" in _plain(page.points)
    assert f"{middle} ({low} to {high})" in page.text


def test_the_table_shows_the_lowest_and_the_highest_hour(document, overview):
    forecast = station_of(document)["forecast"]

    assert f"11-27 05:00 {shown(min(forecast['p50']))} {shown(max(forecast['p50']))}" in overview.text


def test_a_korean_reader_gets_a_korean_overview(document):
    page = overview_page(document, visit=KOREAN)

    for text in ("예보: 기온", "1시간 후 예보", "서울 (108)", "96개 지점, 작은 고리: 값이 없는 1개 지점"):
        assert text in page.text
    assert english_words(page) <= {"Natural", "Earth"}


def english_words(page):
    """What is English on a page, apart from units, quantiles and names of models."""
    text = page.text.replace("English", "").replace("kma_forecast", "")
    return set(re.findall(r"[A-Za-z]{2,}", text)) - {"KST", "UTC", "RMSE"}


def test_without_a_model_the_page_says_when_there_will_be_one(document):
    without = deepcopy(document)
    target = without["targets"][TARGET]
    target["model_version"] = None
    for station in target["stations"].values():
        station |= {"forecast": None, "why_none": "no model was deployed yet"}
    page = overview_page(without)

    assert "There is no forecast of our own yet." in page.text
    assert "one is trained each night" in page.text
    assert page.links["Decisions about models"] == "models"
    assert len(page.of("svg")) == 1  # what was observed
    assert "Without a forecast" not in page.text  # the same reason 97 times


def test_old_forecasts_are_marked_as_old(document):
    page = station_page(document, old=True)

    assert "These forecasts are old." in page.text
    assert page.links["Newest runs of the forecast"] == "documents?dag_id=forecast"
    assert "These forecasts are old." not in station_page(document).text
    assert not site.is_old(body(document), NOW + timedelta(hours=2))
    assert site.is_old(body(document), NOW + timedelta(hours=4))


@pytest.mark.parametrize(
    ("visit", "texts"),
    [
        (ENGLISH, ("There is no forecast yet.", "There is an issue every three hours.", "each night")),
        (KOREAN, ("아직 예보가 없습니다.", "발표는 3시간마다 있습니다.", "매일 밤 학습합니다.")),
    ],
)
def test_before_the_first_forecast_pages_say_when_it_comes(visit, texts):
    for html in (
        site.overview(None, None, None, visit, old=False),
        site.station(None, TARGET, "108", visit, old=False),
    ):
        page = Outline(html)
        assert all(text in page.text for text in texts)
        assert {"models", "documents?dag_id=model_training"} <= set(page.links.values())
        assert "XCom" not in page.text


@pytest.mark.parametrize("stored", [b'{"schema": 0}', b"{}", b"[" * 10_000, b"\xff", b'{"schema": 1}'])
def test_a_damaged_document_is_named_with_the_fix(stored):
    for html in (
        site.overview(stored, None, None, ENGLISH, old=False),
        site.station(stored, TARGET, "108", KOREAN, old=False),
    ):
        assert "forecasts/stations.json" in html
        assert "The next run of the DAG forecast rewrites it" in html


@pytest.mark.parametrize(
    ("series", "name"), [(("forecast",), "p10"), (("forecast",), "p25"), (("past", "1"), "p10")]
)
@pytest.mark.parametrize("change", [lambda low: [None, *low[1:]], lambda low: low[:-1]])
def test_quantiles_of_different_hours_are_damage(document, series, name, change):
    stored = deepcopy(document)
    quantiles = station_of(stored)
    for key in series:
        quantiles = quantiles[key]
    assert quantiles[name][0] is not None
    quantiles[name] = change(quantiles[name])

    assert "The next run of the DAG forecast rewrites it" in station_page(stored).text


def test_one_quartile_without_the_other_is_damage(document):
    stored = deepcopy(document)
    del station_of(stored)["forecast"]["p75"]

    assert "The next run of the DAG forecast rewrites it" in station_page(stored).text


@pytest.mark.parametrize(
    ("target", "station"),
    [("gold_price", "108"), (TARGET, "1"), (TARGET, "0108"), (TARGET, "١٠٨"), (TARGET, "")],
)
def test_an_unknown_target_or_station_has_no_page(document, target, station):
    with pytest.raises(LookupError):
        site.station(body(document), target, station, ENGLISH, old=False)


@pytest.mark.parametrize(
    ("target", "ahead"), [("gold_price", None), (TARGET, "25"), (TARGET, "x"), (TARGET, "")]
)
def test_an_unknown_target_or_hour_has_no_overview(document, target, ahead):
    with pytest.raises(LookupError):
        site.overview(body(document), target, ahead, ENGLISH, old=False)


def test_external_texts_are_shown_as_text(document):
    wicked = json.loads(body(document))
    target = wicked["targets"][TARGET]
    evil = EVIL + TURNED
    target |= {"label": evil, "korean": evil, "unit": evil, "model_version": evil}
    for number in ("90", "108"):
        target["stations"][number] |= {"name": evil, "korean": evil}
    target["stations"]["90"]["why_none"] = evil
    target["stations"]["108"]["forecast"] |= {"inputs_note": evil, "inputs_note_korean": evil}
    for visit in (ENGLISH, KOREAN):
        for page in (
            overview_page(wicked, visit=visit),
            station_page(wicked, visit=visit),
            station_page(wicked, "90", visit=visit),
        ):
            assert not page.of("script", "link", "iframe", "object", "form")
            assert not [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]
            assert EVIL in page.text
            assert TURNED not in page.text


@given(st.integers(1, 24), st.integers(-48, 48))
def test_a_forecast_is_looked_up_by_its_valid_time(length, hour):
    values = [float(n) for n in range(length)]
    present = Present(LAST, QuantileSeries([v - 1 for v in values], values, [v + 1 for v in values]))
    quantiles = present.at(LAST + timedelta(hours=hour))
    inside = 1 <= hour <= length

    assert quantiles == ((hour - 2.0, hour - 1.0, float(hour)) if inside else (None, None, None))
    assert present.hours[-1] == LAST + timedelta(hours=length)
