"""The model card on the whole distribution, the hours of the day, and the KMA's forecast next to ours."""

import re

import pytest

from tests.model.card_page import NOT_A_FIGURE, Page, section, table, without_style
from tests.model.evaluations import evaluation, kma_forecast, on_common_rows
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


def test_a_baseline_s_crps_is_its_mean_error_but_not_a_champion_s():
    e = evaluation()
    html = section(render(e), "by_lead")

    first = table(html, "CRPS (°C) by lead.")["1 h"]
    assert len(first) == len(table(html, "RMSE (°C) by lead.")["1 h"]) - 1
    assert first[0] == f"{e['leads']['1']['crps']:.2f}"
    assert first[-1] == f"{e['leads']['1']['opponents']['persistence']['mae']:.2f}"


def test_the_champion_is_compared_by_rmse_and_crps():
    text = Page(render(evaluation())).text

    assert "The CRPS, the error of all nine quantiles, is 1.5 % lower" in text
    assert "between +0.2 % and +2.9 %" in text
    e = evaluation()
    e["champion"] |= dict.fromkeys(("crps_improvement", "crps_low", "crps_high", "crps_certainty"))
    text = Page(render(e)).text
    assert "The CRPS is not compared: one of the two forecasts an interval only." in text


def test_each_of_nine_quantiles_has_a_curve_and_a_legend():
    html = section(render(evaluation()), "quantiles")

    levels = [f"p{level}" for level in (5, 10, 25, 40, 50, 60, 75, 90, 95)]
    assert re.findall(r"</svg>(p\d+)</li>", html) == levels
    e = evaluation()
    for shares in e["reliability"].values():
        for name in ("p5", "p25", "p40", "p60", "p75", "p95"):
            del shares[name]
    assert re.findall(r"</svg>(p\d+)</li>", section(render(e), "quantiles")) == ["p10", "p50", "p90"]


def test_ranks_are_drawn_with_the_band_of_chance():
    html = section(render(evaluation()), "quantiles")

    (drawing,) = re.findall(
        '<svg[^>]*aria-label="Where observations fall, 6\u00a0h ahead.".*?</svg>', html, re.DOTALL
    )
    assert drawing.count('class="aim"') == 1
    assert "share / promised" in drawing
    assert "Where observations fall" not in Page(render(evaluation(ranks={}))).text


def test_the_figures_behind_a_chart_are_in_a_table():
    e = evaluation()
    html = render(e)

    share = e["ranks"]["6"]["shares"][0]
    first = table(html, "Where observations fall, 6 h ahead.")["0 to 5 %"]
    assert first[:2] == [f"{100 * share:.1f} %", f"{share / 0.05:.2f}"]
    p95 = e["reliability"]["1"]["p95"]
    assert table(html, "Reliability of the quantiles")["1 h"][0] == f"{100 * p95 - 95:.2f}".replace("-", "−")
    case = e["worst"][0]
    row = table(html, "Case 1, ")["01-05 18:00"]  # 3 h after it was issued
    assert row == [f"{case[name][2]:.1f}".replace("-", "−") for name in ("p90", "observed", "p50", "p10")]


def test_the_hours_of_the_day_are_compared():
    e = with_kma()
    html = section(render(e), "when")

    assert "RMSE (°C) by hour of the day, 6 h ahead." in Page(html).text
    assert "this model on the same rows" in Page(html).text
    figures = e["hours"]["24"]["15"]
    row = table(html, "by hour of the day, 24 h ahead.")["15"]
    assert row[:3] == ["14,600", f"{figures['rmse']:.2f}", f"{figures['opponents']['persistence']:.2f}"]
    assert "this model on the same rows" not in Page(section(render(evaluation()), "when")).text


def test_persistence_is_in_the_table_of_hours_and_not_drawn():
    html = section(render(evaluation()), "when")

    assert "--persistence" not in html
    assert '<th scope="col">persistence</th>' in html


def test_where_the_kma_s_forecast_is_better_is_red():
    html = render(with_kma())

    summer = re.findall(r'<th scope="row">summer.*?</tr>', section(html, "when"))[1]
    assert re.findall(r'<td( class="bad")?>([\d.]+) / ([\d.]+)', summer)[0][0] == ""
    assert all((float(ours) > float(kma)) == bool(bad) for bad, ours, kma in re.findall(
        r'<td( class="bad")?>([\d.]+) / ([\d.]+)', summer
    ))  # fmt: skip


def test_stations_without_common_rows_are_named_with_dashes():
    html = section(render(with_kma()), "where")

    rows = list(table(html, "by station of this model / of the KMA's forecast").values())
    assert sum(" / " in row[0] for row in rows) == 6
    assert sum(row == ["–"] * 8 for row in rows) == 6
    assert "–: no common rows." in Page(html).text
    assert "on the rows that both have; in bold" not in Page(render(evaluation())).text


def test_without_figures_by_hour_the_card_says_so():
    text = Page(render(evaluation(hours={}))).text

    assert re.search("– ?: the evaluation has no figures by hour of the day", text)


@pytest.mark.parametrize("lacking", [{"hours": {}}, {"ranks": {}}, {"reliability": {}}])
def test_an_evaluation_without_it_still_has_a_card(lacking):
    html = render(evaluation(**lacking))

    assert Page(html)
    assert not NOT_A_FIGURE.search(without_style(html))
