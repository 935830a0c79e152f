"""The KMA's forecast on the forecast pages: its line, figures and age; a sentence where there is none."""

import json
from copy import deepcopy
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.browsing import forecast_world as world
from tests.browsing.forecast_reading import EVIL, TURNED, overview_page, shown, station_of, station_page
from tests.browsing.forecast_world import FIRST, HOUR, KMA_ISSUE, LAST, NOW, TARGET
from tests.pages.reading import KOREAN
from weather_mlops.lake.schemas import FORECASTS_SCHEMA
from weather_mlops.model import recent_forecasts

STATIONS = (90, 108, 143)
REASON = "no model was deployed yet"
ISSUED = "The KMA's forecast, issued 2026-11-27 02:00 KST"
NO_MODEL = {"made_at": NOW.isoformat(), "targets": {}, "without_model": {TARGET: REASON}}


@pytest.fixture(scope="module")
def official():
    return world.kma(STATIONS, 120)


@pytest.fixture
def document(official):
    return world.document(STATIONS, {"90": "silent"}, official=official)


@pytest.fixture
def without_model(official):
    observed, none = world.observed(STATIONS), FORECASTS_SCHEMA.empty_table()
    return recent_forecasts.document(NO_MODEL, observed, none, FIRST, NOW, kma=official)


def kma_of(document, number="108"):
    return station_of(document, number)["kma"]


def names_of(page):
    """The points of the maps."""
    return [name.replace("\u00a0", " ") for name in page.points]


def dashes_of(path):
    """How many lengths of dashes and gaps a line repeats."""
    return len(path["style"].rpartition("stroke-dasharray:")[2].split())


def test_the_kma_s_line_is_in_each_plot_and_the_legend(document):
    page = station_page(document)
    kma, ours = page.strokes("kma"), page.strokes("model")

    assert len(kma) >= 4 + 2  # plots and legends
    assert {dashes_of(path) for path in kma} == {4}  # a dash, a gap, a dot, a gap
    assert {dashes_of(path) for path in ours} == {2}
    assert (
        page.text.count("observed forecast, p50 80 % of observations: p10 to p90 50 %: p25 to p75 KMA") == 2
    )


def test_a_sentence_names_issue_lowest_and_highest_hour(document):
    values = kma_of(document)["forecast"]["values"]
    low, high = min(values), max(values)
    low_at = LAST + (values.index(low) + 1) * HOUR

    text = station_page(document).text
    assert f"{ISSUED}: lowest {shown(low)} °C, {low_at + 9 * HOUR:%Y-%m-%d %H:%M} KST; highest" in text
    assert f"{shown(high)} °C" in text
    assert "h old" not in text
    assert "기상청 예보: 2026-11-27 02:00 KST 발표." in station_page(document, visit=KOREAN).text


def test_each_hour_has_the_kma_s_figure_next_to_ours(document):
    seoul = station_of(document)
    ours = [seoul["forecast"][name][2] for name in ("p10", "p25", "p50", "p75", "p90")]
    row = " ".join(map(shown, [*ours, kma_of(document)["forecast"]["values"][2]]))
    past = [kma_of(document)["past"][lead]["values"][70] for lead in ("1", "6", "12", "24", "48")]
    text = station_page(document).text

    assert f"11-27 08:00 {row}" in text
    assert f"{' '.join(map(shown, past))} 11-27 03:00" in text
    assert "KMA, °C" in text
    assert "KMA 48 h before, °C" in text


def test_the_pointer_shows_all_figures_of_an_hour(document):
    p10, p50, p90 = (station_of(document)["forecast"][name][0] for name in ("p10", "p50", "p90"))
    kma = kma_of(document)["forecast"]["values"][0]
    note = f"forecast {shown(p50)} °C ({shown(p10)} to {shown(p90)}) KMA {shown(kma)} °C"

    assert f"11-27 06:00 KST {note}" in station_page(document).text


def test_the_errors_of_both_are_compared_with_the_better_one(document):
    scores = document["targets"][TARGET]["kma_past"]["6"]
    assert scores["rmse_ours"] < scores["rmse"]
    row = f"6 h ahead {scores['rmse_ours']:.2f} {scores['rmse']:.2f} ours {scores['n']}"
    assert row in overview_page(document).text

    other = deepcopy(document)
    other["targets"][TARGET]["kma_past"]["6"] |= {"rmse": 0.4, "rmse_ours": 0.5}
    assert "6 h ahead 0.50 0.40 the KMA's" in overview_page(other).text


def test_map_and_table_have_the_kma_s_value_of_their_hour(document):
    page = overview_page(document, "6")
    seoul, values = station_of(document), kma_of(document)["forecast"]["values"]
    low, ours, high = (shown(seoul["forecast"][name][5]) for name in ("p10", "p50", "p90"))

    assert f"Seoul (108): {ours} °C; KMA {shown(values[5])} °C" in names_of(page)
    silent = shown(kma_of(document, "90")["forecast"]["values"][5])
    assert f"Sokcho (90): no value; KMA {silent} °C" in names_of(page)
    assert f"{ours} ({low} to {high}) {shown(values[5])}" in page.text
    assert f"{ISSUED}, for 3 stations." in page.text
    assert f"11-27 05:00 {silent}" in page.text


def test_an_old_issue_is_shown_with_its_age(official):
    before = pa.scalar(KMA_ISSUE - timedelta(hours=3))
    older = official.filter(pc.less_equal(official["issued_at"], before))
    document = world.document(STATIONS, official=older)
    for page in (station_page(document), overview_page(document)):
        assert "issued 2026-11-26 23:00 KST" in page.text
        assert "It is 6 h old: a newer issue was not received." in page.text


def test_without_an_archive_a_sentence_says_why():
    document = world.document(STATIONS)
    for page in (station_page(document), overview_page(document)):
        assert "No forecast of the KMA was received for these hours." in page.text
        assert "KMA, °C" not in page.text
        assert not page.strokes("kma")


def test_a_station_without_it_says_so_among_others(document):
    del station_of(document)["kma"]

    assert "of this station was not received for these hours." in station_page(document).text
    assert f"{ISSUED}, for 2 stations." in overview_page(document).text


def test_a_variable_that_the_kma_does_not_forecast_is_named():
    document = world.document(STATIONS)
    document["targets"]["dew_point"] = document["targets"][TARGET] | {
        "label": "Dew point",
        "korean": "이슬점",
    }

    text = station_page(document, target="dew_point").text
    assert "The KMA does not forecast dew point by the hour." in text


def test_without_a_model_the_kma_s_forecast_is_on_all_pages(without_model):
    values = kma_of(without_model)["forecast"]["values"]
    page, overview = station_page(without_model), overview_page(without_model, "12")

    assert "There is no forecast of our own yet." in page.text
    assert f"{ISSUED}: lowest {shown(min(values))} °C" in page.text
    assert f"11-27 08:00 {shown(values[2])}" in page.text
    assert len(page.strokes("kma")) >= 4
    assert "No hour has an observation, a forecast of ours and the KMA's yet." in page.text
    assert "The KMA's forecast, 12 h later 2026-11-27 17:00 KST" in overview.text
    assert f"Seoul (108): {shown(values[11])} °C" in names_of(overview)
    assert f"11-27 05:00 {shown(min(values))} {shown(max(values))}" in overview.text


@pytest.mark.parametrize(
    "change",
    [
        lambda kma: kma["forecast"].update(values=[None] * 24),
        lambda kma: kma["forecast"].update(values=[]),
        lambda kma: kma["forecast"].update(issued_at="yesterday"),
        lambda kma: kma["past"]["1"]["values"].pop(),
        lambda kma: kma["past"]["1"].update(n=-1),
    ],
)
def test_a_damaged_forecast_of_the_kma_is_named_with_the_fix(document, change):
    stored = json.loads(json.dumps(document))
    change(kma_of(stored))

    assert "The next run of the DAG forecast rewrites it" in station_page(stored).text


def test_unit_and_label_are_escaped_next_to_the_kma_s_figures(document):
    wicked = json.loads(json.dumps(document))
    wicked["targets"][TARGET] |= {"label": EVIL + TURNED, "unit": EVIL + TURNED}
    for page in (station_page(wicked), overview_page(wicked)):
        assert not page.of("script")
        assert EVIL in page.text
        assert TURNED not in page.text
