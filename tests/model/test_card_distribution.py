"""The model card on the whole distribution, the hours of the day, and the KMA's forecast next to ours."""

import re

import pytest

from tests.model.card_page import NOT_A_FIGURE, Page, without_style
from tests.model.evaluations import evaluation, kma_forecast, on_common_rows
from weather_mlops.model.card import hours, lead_curves, plots, quantile_plots
from weather_mlops.model.card.page import render


def with_kma(count=12):
    return on_common_rows(evaluation(count, kma_forecast=kma_forecast()))


def test_the_crps_stands_next_to_the_rmse():
    e = evaluation()
    text = Page(render(e)).text

    one = e["leads"]["36"]
    assert f"36 h 70,000 {one['rmse']:.2f} {one['mae']:.2f} {one['crps']:.2f} " in text
    assert "lead RMSE CRPS coverage of the" in text
    assert "CRPS (°C) by lead." in text
    assert "pairs RMSE (°C) MAE (°C) CRPS (°C)" in text
    assert "all leads CRPS bias coverage" in text
    assert "all leads CRPS skill" in text


def test_a_baseline_s_crps_is_its_mean_error_but_not_a_champion_s(monkeypatch):
    curves = {}
    monkeypatch.setattr(plots, "by_lead", lambda _, drawn, axis, **__: curves.setdefault(axis, drawn) and "")
    e = evaluation()
    lead_curves.errors(e)

    assert len(curves["CRPS"]) == len(curves["RMSE"]) - 1
    persistence, ours = curves["CRPS"][0], curves["CRPS"][-1]
    assert persistence.values[0] == e["leads"]["1"]["opponents"]["persistence"]["mae"]
    assert ours.values[0] == e["leads"]["1"]["crps"]


def test_the_champion_is_compared_by_rmse_and_crps():
    text = Page(render(evaluation())).text

    assert "The CRPS, the error of all nine quantiles, is 1.5 % lower" in text
    assert "between +0.2 % and +2.9 %" in text
    e = evaluation()
    e["champion"] |= dict.fromkeys(("crps_improvement", "crps_low", "crps_high", "crps_certainty"))
    text = Page(render(e)).text
    assert "The CRPS is not compared: one of the two forecasts an interval only." in text


def test_each_of_nine_quantiles_has_a_curve_and_a_legend():
    html = quantile_plots.section(evaluation())

    for level in (5, 10, 25, 40, 50, 60, 75, 90, 95):
        assert f"</svg>p{level}</li>" in html
    e = evaluation()
    for shares in e["reliability"].values():
        for name in ("p5", "p25", "p40", "p60", "p75", "p95"):
            del shares[name]
    assert re.findall(r"</svg>(p\d+)</li>", quantile_plots.section(e)) == ["p10", "p50", "p90"]


def test_ranks_are_drawn_with_the_band_of_chance():
    html = quantile_plots.section(evaluation())

    (drawing,) = re.findall(
        '<svg[^>]*aria-label="Observations between[^"]* 6 h ahead".*?</svg>', html, re.DOTALL
    )
    assert drawing.count('class="aim"') == 1
    assert "share / promised" in drawing
    assert "Where observations fall" not in quantile_plots.section(evaluation(ranks={}))


def test_the_hours_of_the_day_are_compared():
    page = Page(hours.section(with_kma()))

    assert "RMSE (°C) by hour of the day, 6 h ahead." in page.text
    assert "this model on the same rows" in page.text
    e = with_kma()
    figures = e["hours"]["24"]["15"]
    row = f"15 14,600 {figures['rmse']:.2f} {figures['opponents']['persistence']:.2f}"
    assert row in page.text.split("24 h ahead.")[-1]
    assert "this model on the same rows" not in Page(hours.section(evaluation())).text


def test_persistence_is_in_the_table_of_hours_and_not_drawn():
    html = hours.section(evaluation())

    assert "--persistence" not in html
    assert "persistence</th>" in html


def test_where_the_kma_s_forecast_is_better_is_red():
    html = render(with_kma())

    seasons = html.split("When is it worse?")[1].split("Where is it worse?")[0]
    summer = re.findall(r'<th scope="row">summer.*?</tr>', seasons)[1]
    assert re.findall(r'<td( class="bad")?>([\d.]+) / ([\d.]+)', summer)[0][0] == ""
    assert all((float(ours) > float(kma)) == bool(bad) for bad, ours, kma in re.findall(
        r'<td( class="bad")?>([\d.]+) / ([\d.]+)', summer
    ))  # fmt: skip


def test_stations_without_common_rows_are_named_with_dashes():
    text = Page(render(with_kma())).text

    table = text.split("Against the KMA's forecast, by station")[1].split("Against the champion")[0]
    assert table.count(" / ") > 6
    assert "– – – –" in table
    assert "–: no common rows." in table
    assert "on the rows that both have; in red" not in Page(render(evaluation())).text


def test_without_figures_by_hour_the_card_says_so():
    text = Page(render(evaluation(hours={}))).text

    assert re.search("– ?: the evaluation has no figures by hour of the day", text)


@pytest.mark.parametrize("lacking", [{"hours": {}}, {"ranks": {}}, {"reliability": {}}])
def test_an_evaluation_without_it_still_has_a_card(lacking):
    html = render(evaluation(**lacking))

    assert Page(html).open == []
    assert not NOT_A_FIGURE.search(without_style(html))
