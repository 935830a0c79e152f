"""The page of a station: both intervals, past forecasts, the extremes of each day, who was right."""

import json
from copy import deepcopy
from datetime import timedelta

import pytest

from tests.browsing import forecast_world as world
from tests.browsing.forecast_reading import shown, station_of, station_page
from tests.browsing.forecast_world import FIRST, HOUR, LAST, TARGET
from tests.browsing.test_forecasts import REASON, english_words
from tests.pages.reading import KOREAN

KST_H = 9


@pytest.fixture(scope="module")
def document():
    stations = (90, 108, 143)
    return world.verified(world.document(stations, {"90": REASON}, official=world.kma(stations, 120)))


def test_the_page_shows_observation_forecast_and_errors(document):
    seoul, page = station_of(document), station_page(document)
    past = seoul["past"]["24"]

    assert f"Newest observation {shown(seoul['observed'][-1])} °C 2026-11-27 05:00 KST" in page.text
    assert f"Lowest of the next 48 h {shown(min(seoul['forecast']['p50']))} °C" in page.text
    assert f"24 h ahead {past['n']} {past['rmse']:.2f} {100 * past['coverage_80']:.0f} %" in page.text
    plots = [svg for svg in page.of("svg") if svg.get("role") == "img"]
    assert len(plots) == 4  # now, and 6, 12 and 24 h ahead
    assert all("Air temperature" in plot["aria-label"] for plot in plots)
    assert page.links["All stations"] == f"forecasts?target={TARGET}"


def test_both_intervals_are_drawn_and_in_the_table(document):
    page, forecast = station_page(document), station_of(document)["forecast"]
    row = " ".join(shown(forecast[name][0]) for name in ("p10", "p25", "p50", "p75", "p90"))

    assert f"11-27 06:00 {row}" in page.text
    drawn = {each.get("style") for each in page.of("path")}
    assert {"fill:var(--model-band)", "fill:var(--model-band-50)"} <= drawn
    assert "50 %: p25 to p75" in page.text


def test_a_forecast_of_an_older_model_has_one_interval(document):
    older = deepcopy(document)
    forecast = station_of(older)["forecast"]
    del forecast["p25"], forecast["p75"]
    page = station_page(older)

    assert "p25" not in page.text
    assert f"11-27 06:00 {shown(forecast['p10'][0])} {shown(forecast['p50'][0])}" in page.text


def test_an_object_of_before_the_lead_of_12_h_is_shown(document):
    older = deepcopy(document)
    target = older["targets"][TARGET]
    for each in (target, *target["stations"].values()):
        del each["past"]["12"], each["verified"]
    page = station_page(older)

    assert "6 h ahead, °C" in page.text
    assert "12 h ahead, °C" not in page.text
    assert "Not compared yet" in page.text


def test_every_hour_can_be_read_as_a_figure(document):
    seoul = station_of(document)
    index = 70  # 04:00 KST
    middle, low, high = (shown(seoul["past"]["6"][name][index]) for name in ("p50", "p10", "p90"))
    text = station_page(document).text

    assert f"11-27 04:00 {shown(seoul['observed'][index])}" in text
    assert f"{middle} ({low} to {high})" in text


def hours_of(day, values, begin):
    """Values of the hours of a day of November, KST."""
    times = [(begin + n * HOUR + timedelta(hours=KST_H)) for n in range(len(values))]
    return [value for time, value in zip(times, values, strict=True) if time.day == day and value is not None]


def test_a_past_day_has_its_extremes_as_forecast_a_day_before(document):
    seoul = station_of(document)
    observed = hours_of(26, seoul["observed"], FIRST)
    ours = hours_of(26, seoul["past"]["24"]["p50"], FIRST)
    kma = hours_of(26, seoul["kma"]["past"]["24"]["values"], FIRST)
    figures = " ".join(shown(end(each)) for each in (observed, ours, kma) for end in (max, min))

    assert f"11-26 (Thu) {figures}" in station_page(document).text


def test_a_coming_day_has_the_extremes_of_both_forecasts(document):
    seoul = station_of(document)
    ours = hours_of(28, seoul["forecast"]["p50"], LAST + HOUR)
    kma = hours_of(28, seoul["kma"]["forecast"]["values"], LAST + HOUR)
    figures = " ".join(shown(end(each)) for each in (ours, kma) for end in (max, min))

    assert f"11-28 (Sat) – – {figures}" in station_page(document).text


def test_today_s_extremes_say_until_when_it_was_observed(document):
    seoul = station_of(document)
    today = hours_of(27, seoul["observed"], FIRST)

    assert f"11-27 (Fri), until 05:00 {shown(max(today))} {shown(min(today))}" in station_page(document).text


def test_a_day_of_which_too_few_hours_are_known_has_no_extreme(document):
    gaps = deepcopy(document)
    observed = station_of(gaps)["observed"]
    for index in range(72):
        if (FIRST + index * HOUR + timedelta(hours=KST_H)).day == 26 and index % 8 == 0:
            observed[index] = None

    assert "11-26 (Thu) – –" in station_page(gaps).text


def test_the_page_says_who_was_right_in_the_last_days(document):
    text = station_page(document).text

    assert "last 7 days 1.51 1.62 ours 8,000" in text
    assert "last 30 days 1.60 1.58 the KMA's 34,000" in text


def test_a_station_without_a_forecast_has_a_page_with_the_reason(document):
    page = station_page(document, "90")

    assert "No forecast: the newest observation is 7.2 h old; at most 2 h are allowed" in page.text
    assert "Newest observation" in page.text


def test_a_silent_station_has_a_page_without_any_figure(document):
    silent = json.loads(json.dumps(document))
    seoul = station_of(silent)
    del seoul["kma"]
    seoul |= {"observed": [None] * 72, "forecast": None, "why_none": "silent"}
    for past in seoul["past"].values():
        past |= {"p10": [None] * 72, "p50": [None] * 72, "p90": [None] * 72}
        past |= {"n": 0, "rmse": None, "coverage_80": None}
    page = station_page(silent)

    assert "Nothing was observed in the last 72 h." in page.text
    assert "no hour has both yet" in page.text
    assert "none of the last 72 h was forecast at this lead" in page.text


def test_a_korean_reader_gets_a_korean_page_of_a_station(document):
    for number in ("90", "108"):
        page = station_page(document, number, visit=KOREAN)

        for text in ("최근 관측", "일 최고와 최저", "11-28(토)", "이 지점의 예보 검증", "최근 7일"):
            assert text in page.text
        assert english_words(page) == set()
