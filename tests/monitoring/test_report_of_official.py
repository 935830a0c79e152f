"""The report's section about the KMA's forecast: the sentence and the figures, in both languages."""

import json
from dataclasses import replace

import pytest

from tests.monitoring import reported
from tests.monitoring.report_pages import KEY, drawn, reasons_of
from tests.monitoring.reported import NOW
from tests.pages.reading import Page
from weather_mlops.monitoring.checks import Missing
from weather_mlops.monitoring.report.content import Report
from weather_mlops.monitoring.report.document import write
from weather_mlops.monitoring.report.official import sentence
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages.messages import MESSAGES

SENTENCES = {
    "en": "24 h ahead: ours 1.53 °C, KMA 1.61 °C, last 30 days.",
    "ko": "24시간 앞: 우리 예보 1.53 °C, 기상청 예보 1.61 °C, 최근 30일.",
}
SIMULATED = {"en": "The weather is simulated", "ko": "모의 날씨의 값입니다"}


def text_of(language="en", **state) -> str:
    others = reported.healthy(3)[:3]
    return Page(drawn([*others, reported.official(stations=5, **state)], language)).text


@pytest.mark.parametrize("language", SENTENCES)
def test_the_page_and_the_json_say_whose_forecast_is_better(language):
    sections = reported.healthy(5)
    page = drawn(sections, language)
    document = json.loads(write(Report(KEY, NOW, "run", sections), [], language))

    assert SENTENCES[language] in Page(page).text
    assert document["comparison"].replace("\u00a0", " ") == SENTENCES[language]
    assert page.count('<svg class="plot"') > 3
    assert SIMULATED[language] not in page


@pytest.mark.parametrize("language", SIMULATED)
def test_figures_of_the_simulator_are_said_to_be_simulated(language, monkeypatch):
    monkeypatch.setenv("WEATHER_SIMULATED", "1")
    sections = [*reported.healthy(3)[:3], reported.official(stations=5, simulated=True)]

    assert SIMULATED[language] in sentence(sections, Translator(language))
    assert MESSAGES["simulated"]._asdict()[language] in Page(drawn(sections, language)).text


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ["2 of 5 stations have it whole", "of the last 50 hours: 20 of 80 (the KMA has none 20)",
                "Changed bias of the KMA's forecast: Sokcho (90) +0.1 °C → +0.8 °C",
                "elsewhere than stations.csv: Sokcho (90) 5.3 km", "daily maximum", "48 h ahead, ours"]),
        ("ko", ["지점 5곳 중 2곳에 온전히", "80건 중 20건", "속초 (90) +0.1 °C → +0.8 °C", "속초 (90) 5.3 km",
                "일최고기온", "48시간 앞, 우리"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_language_of_the_page(language, texts):
    text = text_of(language, present=2, missing=20, changed=[90], moved=[90])
    for expected in texts:
        assert expected in text, expected


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "The KMA's forecast is not collected."), ("ko", "기상청 예보를 수집하지 않습니다.")],
)
def test_a_system_without_the_forecast_says_so_and_is_well(language, text):
    absent = replace(reported.official(), figures={"collected": False}, checks=[], missing=[])
    sections = [*reported.healthy(3)[:3], absent]

    assert text in Page(drawn(sections, language)).text
    assert len(reasons_of(sections)) == 1
    assert reasons_of(sections)[0].startswith("All ")
    assert json.loads(write(Report(KEY, NOW, "run", sections), [], language))["comparison"] is None


def test_a_pipeline_without_the_task_has_a_whole_report():
    sections = reported.healthy(3)[:3]
    assert reasons_of(sections)[0].startswith("All ")
    assert "official_forecast" not in drawn(sections)


def test_a_comparison_without_rows_gives_its_reason():
    section = reported.official(stations=3)
    comparison = {**section.figures["comparison"], "leads": {}, "reason": "not enough yet (no common rows)"}
    without = replace(section, figures={**section.figures, "comparison": comparison})
    gone = replace(
        section,
        figures={"collected": True},
        checks=[],
        missing=[Missing("comparison", "S3 is down")],
    )

    assert "not enough yet (no common rows)" in Page(drawn([without])).text
    assert "S3 is down" in Page(drawn([gone])).text
    assert sentence([without, gone], Translator("en")) is None
