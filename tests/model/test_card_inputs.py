"""The model card says what a model forecasts from, how often, and how it compares by that."""

from tests.model.card_page import Page, section, table
from tests.model.evaluations import evaluation
from weather_mlops.model.card.page import render

INPUTS = "observations and the KMA's forecast (trees; archive of 354 days)"
NOTHING = {"improvement": None, "low": None, "high": None, "certainty": None, "days": 0}
GAIN = {"improvement": 0.204, "low": 0.15, "high": 0.26, "certainty": 0.98, "days": 91}


def with_kma(share=0.75, **changes):
    e = evaluation(inputs=INPUTS, kma_snapshot_id=4711, **changes)
    for lead, one in e["leads"].items():
        one["with_kma_forecast"] = 0.0 if int(lead) > 24 else share
    return e


def test_facts_name_the_inputs_and_both_snapshots():
    text = Page(render(with_kma())).text

    assert f"Inputs {INPUTS}" in text
    assert "Snapshot of the data 6814320993421337012" in text
    assert "Snapshot of the KMA's forecasts 4711" in text
    assert "Held-out forecasts that began with the KMA's 37.5 %" in text


def test_the_table_of_leads_has_the_share_with_the_kma_s_forecast():
    html = render(with_kma())
    rows = table(html, "All 48 leads")

    assert "75.0 %" in rows["24 h"]
    assert "75.0 %" not in rows["36 h"]
    assert "with the KMA's forecast" in Page(section(html, "all_leads")).text
    assert "with the KMA's forecast" not in Page(section(render(with_kma(share=0.0)), "all_leads")).text


def test_the_champion_is_compared_by_inputs_on_the_card():
    e = with_kma()
    e["champion"]["by_inputs"] = {"observations and KMA forecast": GAIN, "observations": NOTHING}
    text = Page(render(e)).text

    assert "observations and the KMA's forecast 91 +20.4 % +15.0 % +26.0 % 98 %" in text
    assert "observations only 0 – – – –" in text
    assert "no forecast of the new model was made from these" in text


def test_the_card_of_an_older_evaluation_says_what_it_lacks():
    text = Page(render(evaluation())).text

    assert "Inputs – (not recorded)" in text
    assert "By what the new model's forecasts were made from" not in text
