"""The model card: what it says is in the evaluation, with units, escaped, and needs nothing but the page."""

import copy
import json
import re

import pytest

from tests.model.card_page import NOT_A_FIGURE, Page, section, table, without_style
from tests.model.evaluations import evaluation, kma_forecast
from weather_mlops.model.card import summary
from weather_mlops.model.card.page import render
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.pages.figures import kst, number
from weather_mlops.pages.rendering import TEMPLATES

ENGLISH = CardTranslator("en")


@pytest.fixture(scope="module")
def html():
    return render(evaluation())


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def without_figures(value):
    """An evaluation none of whose figures is known."""
    if isinstance(value, dict):
        return {name: without_figures(inner) for name, inner in value.items()}
    return None if isinstance(value, float) else value


def beaten_by(baseline, leads, skill=-0.05):
    e = evaluation()
    for lead, figures in e["leads"].items():
        for name, theirs in figures["opponents"].items():
            theirs["skill"] = skill if name == baseline and int(lead) in leads else 0.1
    return e


def test_an_evaluation_is_json():
    e = evaluation(97)
    assert json.loads(json.dumps(e)) == e


def test_the_summary_has_its_figures_with_units(page):
    assert (
        "RMSE 0.78 °C at 1 h, 1.56 °C at 6 h, 2.24 °C at 24 h and 2.30 °C at 48 h, on 35,040 rows"
        in page.text
    )
    assert "from 2025-11-02 09:00 KST to 2026-11-02 08:00 KST" in page.text
    assert "64 % below persistence, 27 % below damped anomaly and 2 % below ridge regression" in page.text
    assert "80 % interval holds 78.9 % of the observations; at 1 h it is outside 77–83 %" in page.text


def test_columns_axes_and_facts_carry_units(page):
    for text in (
        "RMSE (°C)", "MAE (°C)", "bias (°C)", "pinball (°C)", "width (°C)", "lead (h)", "skill (%)",
        "valid time (KST)", "413 s", "2,514 MB", "air_temperature_c (°C)",
    ):  # fmt: skip
        assert text in page.text


def test_every_time_is_kst(page, html):
    outside = re.sub(r"<tbody>.*?</tbody>|<title>\d.*?</title>", "", html, flags=re.DOTALL)
    clocks = re.findall(r"\d\d:\d\d(?! KST)", Page(outside).text)
    assert clocks == []
    assert "valid time (KST)" in page.text  # the column of the clocks in tables


def test_the_unit_is_that_of_the_target():
    text = Page(render(evaluation(unit="hPa", label="Pressure"))).text
    assert "RMSE 0.78 hPa at 1 h" in text
    assert "°C" not in text.replace("air_temperature_c (°C)", "")


def test_sections_come_in_the_order_of_the_questions(page):
    order = [
        "Air temperature, 1–48 h ahead",
        "How good, by lead",
        "Can the interval be trusted?",
        "When is it worse?",
        "Where is it worse?",
        "Against the champion",
        "Against the KMA's forecast",
        "Its worst cases",
        "Which inputs matter",
        "How it was made",
        "All leads",
    ]
    places = [page.text.index(title) for title in order]
    assert places == sorted(places)


def test_a_missing_figure_is_a_dash_and_says_why():
    e = without_figures(evaluation())
    e["code_revision"] = None
    e["champion"] = None
    html = render(e)
    text = Page(html).text
    assert "RMSE – at 1 h" in text
    assert "– (not recorded)" in text
    assert "–: no figure in the evaluation" in text
    assert "There is no baseline to compare with." in text
    assert "no figures to compare with persistence" in text
    assert not NOT_A_FIGURE.search(without_style(html))


def test_one_missing_figure_leaves_the_others_and_a_gap():
    e = evaluation()
    e["leads"]["6"]["rmse"] = None
    e["leads"]["7"]["coverage_80"] = float("nan")
    html = render(e)
    text = Page(html).text
    assert "RMSE 0.78 °C at 1 h, – at 6 h, 2.24 °C at 24 h and 2.30 °C at 48 h" in text
    assert not NOT_A_FIGURE.search(without_style(html))


def test_tables_show_some_of_48_leads_and_fold_the_others(html):
    shown, folded = section(html, "all_leads").split("<summary>All 48 leads</summary>")

    some = ["1 h", "3 h", "6 h", "12 h", "24 h", "36 h", "48 h"]
    assert list(table(shown, "Pairs of forecast")) == some
    assert list(table(folded, "All 48 leads")) == [f"{lead} h" for lead in range(1, 49)]
    assert f"season {' '.join(some)} all leads" in Page(html).text


def test_an_hour_of_the_second_day_has_its_date():
    e = evaluation()
    case = e["worst"][0]  # issued on 5 January 2026, 15:00 KST
    case["observed"] = [10.0, *case["p50"][1:]]
    case["p50"][0], case["observed"][40] = 11.0, case["p50"][40] - 20
    assert "at 01-07 08:00 KST" in Page(render(e)).text
    case["observed"][40] = case["p50"][40]
    assert "at 16:00 KST" in Page(render(e)).text


def test_no_reason_is_given_where_nothing_is_missing(page):
    assert "–: no figure in the evaluation" not in page.text


def test_nothing_but_the_leads_is_needed():
    e = evaluation(seasons={}, stations={}, importance={}, worst=[], champion=None, opponents=[])
    for figures in e["leads"].values():
        figures["opponents"] = {}
    text = Page(render(e)).text
    for lack in ("by season", "by station", "single cases", "of inputs"):
        assert re.search(f"– ?: the evaluation has no [a-z ]*{lack}", text)


def test_a_baseline_that_is_better_is_named_with_its_leads():
    text = Page(render(beaten_by("ridge", {1, 2, 3, 24}))).text
    assert "Ridge regression is better at 1–3 and 24 h: there the model's RMSE is up to 5.0 % higher." in text
    assert "No baseline is better" not in text


def test_the_champion_counts_as_a_baseline():
    assert summary.losses(beaten_by("champion", {5}), ENGLISH) == [
        "The champion is better at 5\u00a0h: there the model's RMSE is 5.0\u00a0% higher."
    ]


def test_no_better_baseline_is_mentioned_too():
    assert "No baseline is better at any lead." in Page(render(beaten_by("ridge", set()))).text


def test_a_model_worse_on_average_is_above():
    text = Page(render(beaten_by("damped_anomaly", range(1, 49)))).text
    assert "5 % above damped anomaly" in text


def test_held_out_hours_inside_the_training_span_are_a_doubt():
    e = evaluation()
    assert summary.doubts(e, ENGLISH) == []
    e["training"]["last"] = e["holdout"]["first"]
    assert "begins before the training span ends" in summary.doubts(e, ENGLISH)[0]


def test_seasons_that_were_not_held_out_are_a_doubt():
    e = evaluation()
    del e["seasons"]["JJA"]
    assert "nothing of summer (Jun–Aug)" in summary.doubts(e, ENGLISH)[0]


@pytest.mark.parametrize(
    ("certainty", "words"),
    [
        (1.0, "virtually certain"),
        (0.91, "very likely"),
        (0.5, "about as likely as not"),
        (0.0, "exceptionally unlikely"),
    ],
)
def test_certainty_in_words(certainty, words):
    e = evaluation()
    e["champion"]["certainty"] = certainty
    assert f"{words}: it is in {100 * certainty:.0f} %" in Page(render(e)).text.replace(" :", ":")


def test_a_range_over_zero_is_no_proof(page):
    assert "RMSE is 1.2 % lower" in page.text
    assert "between −0.3 % and +2.8 %" in page.text
    assert "not excluded" in page.text


def with_kma(**changes):
    return evaluation(kma_forecast={**kma_forecast(), **changes})


def test_the_kma_s_forecast_is_compared_on_named_rows():
    text = Page(render(with_kma())).text

    assert "Compared on 8,760 of 35,040 held-out rows (25 %), issued from 2026-08-03 09:00 KST" in text
    assert "the model's RMSE is 29.1 % higher" in text
    assert "The model is better at 1–5 h. The KMA's forecast is better at 6–48 h." in text
    assert "and 29 % above the KMA's forecast, on the rows of both." in text
    assert "The KMA's forecast is better at 6–48 h: there the model's RMSE is up to 41.5 % higher." in text


def test_each_table_has_the_skill_over_the_kma_s_forecast():
    text = Page(render(with_kma())).text

    assert text.count("skill over the KMA's forecast") == 3  # at a glance, some leads, and all leads
    assert "skill over the KMA's forecast" not in Page(render(evaluation())).text


def test_the_kma_s_curve_is_drawn_on_the_common_rows():
    html = render(with_kma())

    assert "RMSE (°C) by lead, on the common rows." in Page(html).text
    assert "var(--kma)" in "".join(re.findall('<svg class="plot".*?</svg>', html, flags=re.DOTALL))
    assert not NOT_A_FIGURE.search(without_style(html))
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))


def test_leads_without_the_kma_s_forecast_are_gaps():
    some = kma_forecast(leads=range(1, 7))["leads"]
    text = Page(render(with_kma(leads=some))).text

    assert "At 7–48 h there is nothing to compare." in text


def test_without_the_kma_s_forecast_the_reason_stands_there():
    html = render(evaluation())

    assert "Not compared: there is no forecast of the KMA." in Page(html).text


def test_the_worst_station_is_first():
    e = evaluation()
    total = {station: sum(one["rmse"] for one in leads.values()) for station, leads in e["stations"].items()}
    worst = max(total, key=total.__getitem__)
    first = next(iter(table(render(e), "by station and lead")))
    assert first.endswith(f"({worst})")


def test_each_of_97_stations_is_there_by_name():
    text = Page(render(evaluation(97))).text
    assert "The other 85 stations" in text
    assert "Seoul (108)" in text
    assert "Ulleungdo (115)" in text


def test_values_bring_no_markup():
    evil = '<img src=x onerror="1">&$x$'
    e = evaluation(unit=evil, label=evil, version=evil, target=evil, recipe=evil, code_revision=evil)
    e["libraries"] = {evil: evil}
    e["champion"]["version"] = evil
    e["importance"]["1"] = {evil: 0.5}
    e["seasons"][evil] = copy.deepcopy(e["seasons"]["DJF"])
    e["opponents"].append(evil)
    for figures in e["leads"].values():
        figures["opponents"][evil] = {"rmse": 1.0, "mae": 1.0, "bias": 0.0, "skill": -0.1}
    html = render(e)
    assert "<img" not in html
    assert "img" not in Page(html).tags
    assert evil in Page(html).text
    drawings = "".join(re.findall("<svg.*?</svg>", html, flags=re.DOTALL))
    assert "°C" not in drawings.replace("air_temperature_c (°C)", "")  # the unit of a drawing is the target's


def test_the_page_needs_nothing_else(page, html):
    assert "://" not in html
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    assert re.findall(r'href="(?!#)', html) == []


def test_the_markup_is_sound(page):
    assert len(page.ids) == len(set(page.ids))


def test_colours_are_the_page_s(html):
    drawings = "".join(re.findall("<svg.*?</svg>", html, flags=re.DOTALL))
    assert not re.search(r"#\d", drawings)
    used = set(re.findall(r"var\(--([\w-]+)\)", html)) - {"s"}
    defined = set(re.findall(r"--([\w-]+):", (TEMPLATES / "style.css").read_text()))
    assert used <= defined


def test_the_same_evaluation_gives_the_same_bytes(html):
    assert render(evaluation()) == html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "–"),
        (float("inf"), "–"),
        (-0.001, "0.00"),
        (-1.5, "−1.50"),
        (1234.5, "1,234.50"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


def test_leads_as_ranges():
    assert [ENGLISH.leads(leads) for leads in ([1], [3, 1, 2], [1, 2, 4])] == [
        "1\u00a0h", "1–3\u00a0h", "1–2 and 4\u00a0h",
    ]  # fmt: skip


def test_times_are_kst_also_without_a_zone():
    for same in ("2026-01-01T16:00:00Z", "2026-01-01T16:00:00", "2026-01-02T01:00:00+09:00"):
        assert kst(same) == "2026-01-02 01:00\u00a0KST"
