"""The forecast pages show what was published, escape external texts, and say where something is missing."""

import json
import re
from copy import deepcopy
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.browsing import forecast_world as world
from tests.browsing.forecast_world import LAST, NOW, TARGET
from weather_mlops.browsing.forecasts import site
from weather_mlops.browsing.forecasts.published import Present, QuantileSeries

REASON = "its newest air_temperature_c is 7.2 h old; at most 2 h are allowed"
EVIL = '<script>alert("1")</script>\'&'


class Outline(HTMLParser):
    """Elements of a page: their attributes, and the text in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data.replace("\u00a0", " ")

    def of(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


def body(document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


@pytest.fixture(scope="module")
def document():
    return world.document(skipped={"90": REASON})


@pytest.fixture
def overview(document):
    return Outline(site.overview(body(document), None, None, old=False))


def station_page(document, number="108", *, old=False):
    return Outline(site.station(body(document), TARGET, number, old=old))


def test_map_and_tables_lead_to_a_page_of_every_station(overview):
    links = [link["href"] for link in overview.of("a") if link["href"].startswith("forecasts/")]

    assert len(links) == 2 * 97
    assert set(links) == {f"forecasts/{TARGET}/{number}" for number in world.ALL}
    points = [link["aria-label"] for link in overview.of("a") if "aria-label" in link]
    assert len(points) == 97
    assert "Sokcho 속초 (90): no forecast" in points
    assert any(re.fullmatch(r"Seoul 서울 \(108\): −?\d+\.\d °C", point) for point in points)


def test_the_overview_names_unit_zone_hour_and_model(overview):
    assert "Made 2026-11-27 05:10 KST by model 20261126T1700-1a2b3c4d" in overview.text
    assert "Air temperature forecast for 2026-11-27 06:00 KST, p50, °C" in overview.text


def test_the_overview_has_the_reason_of_a_skipped_station(overview):
    assert f"11-27 05:00{REASON}" in overview.text


@pytest.mark.parametrize(("ahead", "day"), [(24, 28), (48, 29)])
def test_the_map_shows_the_requested_hour(document, ahead, day):
    page = Outline(site.overview(body(document), TARGET, str(ahead), old=False))
    seoul = document["targets"][TARGET]["stations"]["108"]["forecast"]["p50"][ahead - 1]
    shown = f"{seoul:.1f}".replace("-", "−")

    assert f"Air temperature forecast for 2026-11-{day} 05:00 KST" in page.text
    assert f"Seoul 서울 (108): {shown} °C" in [link.get("aria-label") for link in page.of("a")]


def test_the_table_shows_lowest_highest_and_last_hour(document, overview):
    forecast = document["targets"][TARGET]["stations"]["108"]["forecast"]
    low, high = min(forecast["p50"]), max(forecast["p50"])
    last = [forecast[name][-1] for name in ("p50", "p10", "p90")]
    row = f"{low:.1f}{high:.1f}{last[0]:.1f} ({last[1]:.1f} to {last[2]:.1f})".replace("-", "−")

    assert f"11-27 05:00{row}" in overview.text


def test_a_station_s_page_shows_observation_forecast_and_errors(document):
    seoul = document["targets"][TARGET]["stations"]["108"]
    page = station_page(document)
    newest = f"{seoul['observed'][-1]:.1f} °C, 2026-11-27 05:00 KST".replace("-", "−", 1)
    past = seoul["past"]["24"]

    assert f"Newest observation: {newest}" in page.text
    assert f"24 h ahead{past['n']}{past['rmse']:.2f}{100 * past['coverage_80']:.0f} %" in page.text
    plots = [svg for svg in page.of("svg") if svg.get("role") == "img"]
    assert len(plots) == 5
    assert all("Air temperature in °C" in plot["aria-label"] for plot in plots)
    assert page.of("a")[0]["href"] == f"../../forecasts?target={TARGET}"


def test_every_hour_can_be_read_as_a_figure(document):
    seoul = document["targets"][TARGET]["stations"]["108"]
    page = station_page(document)
    index = 70  # 04:00 KST
    quantiles = [seoul["past"]["6"][name][index] for name in ("p50", "p10", "p90")]
    row = f"{seoul['observed'][index]:.1f}".replace("-", "−")

    assert f"11-27 04:00{row}" in page.text
    assert "{:.1f} ({:.1f} to {:.1f})".format(*quantiles).replace("-", "−") in page.text


def test_a_station_without_a_forecast_has_a_page_with_the_reason(document):
    page = station_page(document, "90")

    assert f"No forecast: {REASON}." in page.text
    assert "Newest observation:" in page.text


def test_a_silent_station_has_a_page_without_any_figure(document):
    silent = json.loads(body(document))
    seoul = silent["targets"][TARGET]["stations"]["108"]
    seoul |= {"observed": [None] * 72, "forecast": None, "why_none": "silent"}
    for past in seoul["past"].values():
        past |= {"p10": [None] * 72, "p50": [None] * 72, "p90": [None] * 72}
        past |= {"n": 0, "rmse": None, "coverage_80": None}
    page = station_page(silent)

    assert "Nothing was observed in the last 72 h." in page.text
    assert "no hour has both yet" in page.text
    assert "none of the last 72 h was forecast at this lead" in page.text


def test_old_forecasts_are_marked_as_old(document):
    assert "These forecasts are old." in station_page(document, old=True).text
    assert "These forecasts are old." not in station_page(document).text
    assert not site.is_old(body(document), NOW + timedelta(hours=2))
    assert site.is_old(body(document), NOW + timedelta(hours=4))


def test_before_the_first_forecast_a_page_says_what_to_do():
    for html in (
        site.overview(None, None, None, old=False),
        site.station(None, TARGET, "108", old=False),
    ):
        assert "No forecast was published yet." in html
        assert "model_training" in html


@pytest.mark.parametrize("stored", [b'{"schema": 0}', b"{}", b"[" * 10_000, b"\xff", b'{"schema": 1}'])
def test_a_damaged_document_is_named_with_the_fix(stored):
    for html in (
        site.overview(stored, None, None, old=False),
        site.station(stored, TARGET, "108", old=False),
    ):
        assert "forecasts/stations.json" in html
        assert "The next run of the DAG forecast rewrites it" in html


@pytest.mark.parametrize("series", [("forecast",), ("past", "1")])
@pytest.mark.parametrize("change", [lambda p10: [None, *p10[1:]], lambda p10: p10[:-1]])
def test_quantiles_of_different_hours_are_damage(document, series, change):
    stored = deepcopy(document)
    quantiles = stored["targets"][TARGET]["stations"]["108"]
    for name in series:
        quantiles = quantiles[name]
    assert quantiles["p10"][0] is not None
    quantiles["p10"] = change(quantiles["p10"])

    html = site.station(body(stored), TARGET, "108", old=False)

    assert "The next run of the DAG forecast rewrites it" in html


@pytest.mark.parametrize(
    ("target", "station"),
    [("gold_price", "108"), (TARGET, "1"), (TARGET, "0108"), (TARGET, "١٠٨"), (TARGET, "")],
)
def test_an_unknown_target_or_station_has_no_page(document, target, station):
    with pytest.raises(LookupError):
        site.station(body(document), target, station, old=False)


@pytest.mark.parametrize(
    ("target", "ahead"), [("gold_price", None), (TARGET, "25"), (TARGET, "x"), (TARGET, "")]
)
def test_an_unknown_target_or_hour_has_no_overview(document, target, ahead):
    with pytest.raises(LookupError):
        site.overview(body(document), target, ahead, old=False)


def test_external_texts_are_escaped(document):
    wicked = json.loads(body(document))
    target = wicked["targets"][TARGET]
    target |= {"label": EVIL, "korean": EVIL, "unit": EVIL, "model_version": EVIL}
    for number in ("90", "108"):
        target["stations"][number] |= {"name": EVIL, "korean": EVIL}
    target["stations"]["90"]["why_none"] = EVIL
    for html in (
        site.overview(body(wicked), None, None, old=True),
        site.station(body(wicked), TARGET, "108", old=True),
        site.station(body(wicked), TARGET, "90", old=True),
    ):
        page = Outline(html)
        assert not page.of("script", "link", "iframe", "object", "form")
        assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
        assert EVIL in page.text


@given(st.integers(1, 24), st.integers(-48, 48))
def test_a_forecast_is_looked_up_by_its_valid_time(length, hour):
    values = [float(n) for n in range(length)]
    present = Present(LAST, QuantileSeries([v - 1 for v in values], values, [v + 1 for v in values]))
    quantiles = present.at(LAST + timedelta(hours=hour))
    inside = 1 <= hour <= length

    assert quantiles == ((hour - 2.0, hour - 1.0, float(hour)) if inside else (None, None, None))
    assert present.hours[-1] == LAST + timedelta(hours=length)
