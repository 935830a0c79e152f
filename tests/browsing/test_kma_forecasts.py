"""The KMA's forecast on the forecast pages: its line, figures and age; a sentence where there is none."""

import json
import re
from copy import deepcopy
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import FIRST, HOUR, KMA_ISSUE, LAST, NOW, TARGET
from tests.browsing.test_forecasts import EVIL, Outline, body
from weather_mlops.browsing.forecasts import site
from weather_mlops.lake.schemas import FORECASTS_SCHEMA
from weather_mlops.model import recent_forecasts

STATIONS = (90, 108, 143)
REASON = "no model was deployed yet"
ISSUED = "The KMA's forecast 기상청 예보, issued 2026-11-27 02:00 KST"
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


def station_page(document, number="108", target=TARGET):
    return Outline(site.station(body(document), target, number, old=False))


def overview_page(document, ahead=None, target=TARGET):
    return Outline(site.overview(body(document), target, ahead, old=False))


def kma_of(document, number="108"):
    return document["targets"][TARGET]["stations"][number]["kma"]


def shown(value):
    return f"{value:.1f}".replace("-", "−")


def lines_of(page):
    """The strokes of the KMA's line, of the plots and of their legend."""
    return [path for path in page.of("path") if "stroke:var(--kma)" in path.get("style", "")]


def dashes_of(path):
    """How many lengths of dashes and gaps a line repeats."""
    return len(path["style"].rpartition("stroke-dasharray:")[2].split())


def test_the_kma_s_line_is_in_each_plot_and_the_legend(document):
    page = station_page(document)
    ours = [path for path in page.of("path") if "stroke:var(--model)" in path.get("style", "")]

    assert len(lines_of(page)) >= 5
    assert {dashes_of(path) for path in lines_of(page)} == {4}  # a dash, a gap, a dot, a gap
    assert {dashes_of(path) for path in ours} == {2}
    assert "KMA's forecast 기상청 예보" in page.text
    assert page.text.count("dash-dotted: the KMA's forecast") == 4


def test_both_colour_schemes_have_a_colour_for_the_line(document):
    style = site.station(body(document), TARGET, "108", old=False).partition("</style>")[0]
    light, dark = re.findall(r"--kma:(#\w+)", style)

    assert light != dark


def test_a_sentence_names_issue_lowest_and_highest_hour(document):
    values = kma_of(document)["forecast"]["values"]
    low, high = min(values), max(values)
    low_at = LAST + (values.index(low) + 1) * HOUR

    text = station_page(document).text
    assert f"{ISSUED}: lowest {shown(low)} °C, {low_at + 9 * HOUR:%Y-%m-%d %H:%M} KST; highest" in text
    assert f"{shown(high)} °C" in text
    assert "h old" not in text


def test_each_hour_has_the_kma_s_figure_next_to_ours(document):
    seoul = document["targets"][TARGET]["stations"]["108"]
    ours = [seoul["forecast"][name][2] for name in ("p10", "p50", "p90")]
    row = "".join(map(shown, [*ours, kma_of(document)["forecast"]["values"][2]]))
    past = [kma_of(document)["past"][lead]["values"][70] for lead in ("1", "6", "24", "48")]
    text = station_page(document).text

    assert f"11-27 08:00{row}" in text
    assert f"{''.join(map(shown, past))}11-27 03:00" in text
    assert "KMA, °C" in text
    assert "KMA 48 h before, °C" in text


def test_the_pointer_shows_all_figures_of_an_hour(document):
    html = site.station(body(document), TARGET, "108", old=False)
    p10, p50, p90 = (
        document["targets"][TARGET]["stations"]["108"]["forecast"][name][0] for name in ("p10", "p50", "p90")
    )
    kma = kma_of(document)["forecast"]["values"][0]
    note = f"forecast {shown(p50)} °C ({shown(p10)} to {shown(p90)})\nKMA {shown(kma)} °C"

    assert f"<title>11-27 06:00 KST\n{note}</title>" in html


def test_the_errors_of_both_are_compared_with_the_better_one(document):
    scores = document["targets"][TARGET]["kma_past"]["6"]
    assert scores["rmse_ours"] < scores["rmse"]
    row = f"6 h ahead{scores['rmse_ours']:.2f}{scores['rmse']:.2f}ours{scores['n']}"
    assert row in overview_page(document).text

    other = deepcopy(document)
    other["targets"][TARGET]["kma_past"]["6"] |= {"rmse": 0.4, "rmse_ours": 0.5}
    assert "6 h ahead0.500.40the KMA's" in overview_page(other).text


def test_map_and_table_have_the_kma_s_value_of_their_hour(document):
    page = overview_page(document, "6")
    seoul = document["targets"][TARGET]["stations"]["108"]
    values = kma_of(document)["forecast"]["values"]
    labels = [link.get("aria-label") for link in page.of("a")]
    last = [seoul["forecast"][name][-1] for name in ("p50", "p10", "p90")]

    ours = shown(seoul["forecast"]["p50"][5])
    assert f"Seoul 서울 (108): {ours} °C; KMA {shown(values[5])} °C" in labels
    silent = shown(kma_of(document, "90")["forecast"]["values"][5])
    assert f"Sokcho 속초 (90): no forecast; KMA {silent} °C" in labels
    assert "{} ({} to {}){}".format(*map(shown, last), shown(values[-1])) in page.text
    assert f"{ISSUED}, for 3 stations." in page.text
    assert f"{silent}silent" in page.text


def test_an_old_issue_is_shown_with_its_age(official):
    before = pa.scalar(KMA_ISSUE - timedelta(hours=3))
    older = official.filter(pc.less_equal(official["issued_at"], before))
    document = world.document(STATIONS, official=older)
    for text in (station_page(document).text, overview_page(document).text):
        assert "issued 2026-11-26 23:00 KST, 6 h old" in text
        assert "A newer issue is missing: see the newest runs of kma_forecast." in text


def test_without_an_archive_a_sentence_says_why():
    document = world.document(STATIONS)
    for page in (station_page(document), overview_page(document)):
        assert "is not shown: none of these hours was received. The pipeline kma_forecast" in page.text
        assert "KMA, °C" not in page.text
        assert not lines_of(page)


def test_a_station_without_it_says_so_among_others(document):
    del document["targets"][TARGET]["stations"]["108"]["kma"]

    assert "of this station: none of these hours was received." in station_page(document).text
    assert f"{ISSUED}, for 2 stations." in overview_page(document).text


def test_a_variable_that_the_kma_does_not_forecast_is_named():
    document = world.document(STATIONS)
    document["targets"]["dew_point"] = document["targets"][TARGET] | {
        "label": "Dew point",
        "korean": "이슬점",
    }

    assert "is not shown: it has no dew point by the hour." in station_page(document, target="dew_point").text


def test_without_a_model_the_kma_s_forecast_is_on_all_pages(without_model):
    values = kma_of(without_model)["forecast"]["values"]
    page, overview = station_page(without_model), overview_page(without_model, "12")

    assert f"No forecast: {REASON}." in page.text
    assert f"{ISSUED}: lowest {shown(min(values))} °C" in page.text
    assert f"11-27 08:00{shown(values[2])}" in page.text
    assert len(lines_of(page)) >= 5
    assert "No hour has an observation, a forecast of ours and the KMA's forecast" in page.text
    assert "Air temperature forecast by the KMA for 2026-11-27 17:00 KST" in overview.text
    label = f"Seoul 서울 (108): {shown(values[11])} °C"
    assert label in [link.get("aria-label") for link in overview.of("a")]
    assert f"11-27 05:00{shown(min(values))}{shown(max(values))}" in overview.text


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
    stored = json.loads(body(document))
    change(kma_of(stored))

    assert "The next run of the DAG forecast rewrites it" in station_page(stored).text


def test_unit_and_label_are_escaped_next_to_the_kma_s_figures(document):
    wicked = json.loads(body(document))
    wicked["targets"][TARGET] |= {"label": EVIL, "unit": EVIL}
    for page in (station_page(wicked), overview_page(wicked)):
        assert not page.of("script")
        assert EVIL in page.text
