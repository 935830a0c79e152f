"""The model card in both languages: nothing of the other one, and texts from outside that stay texts."""

import copy
import re

import pytest

from tests.model.card_page import Page, section
from tests.model.evaluations import evaluation, kma_forecast, on_common_rows
from tests.pages.reading import ENGLISH, KOREAN
from weather_mlops.model.card.page import render
from weather_mlops.model.card.views import VersionOutcome
from weather_mlops.pages.messages import MESSAGES

EVIL = '<script>alert("1")</script>\'&\u202e\u200f'
HARMLESS = EVIL.replace("\u202e", "\ufffd").replace("\u200f", "\ufffd")
HANGUL = re.compile("[가-힣]")
INPUTS = "observations and the KMA's forecast (trees; archive of 354 days)"
NAMES = {
    *("RMSE", "CRPS", "MAE", "KST", "UTC", "MB", "h", "s", "C", "p"),
    *("xgboost", "numpy", "pyarrow", "air", "temperature", "English", "model", "training"),
}
"""Words that both languages write alike."""


def whole(**changes):
    """An evaluation with everything that a card can show."""
    e = on_common_rows(
        evaluation(kma_forecast=kma_forecast(), target="air_temperature", inputs=INPUTS, **changes)
    )
    gain = {"improvement": 0.204, "low": 0.15, "high": 0.26, "certainty": 0.98, "days": 91}
    e["champion"]["by_inputs"] = {"observations and KMA forecast": gain, "observations": gain}
    return e


def foreign(page):
    """Words of English on a Korean page: without quoted texts, names of inputs, and ids."""
    own = re.sub(r'<(\w+)[^>]* lang="en">.*?</\1>', " ", page, flags=re.DOTALL)
    own = re.sub(r'<section id="importance">.*?</section>', " ", own, flags=re.DOTALL)
    words = re.findall(r"[A-Za-z]+", re.sub(r"\S*[0-9_]\S*", " ", Page(own).text))
    return sorted(set(words) - NAMES)


def test_a_korean_reader_gets_a_korean_card():
    text = Page(render(whole(), KOREAN)).text

    for part in (
        "모델 카드: 기온, 1–48시간 후 예보",
        "국내 12개 지점의 기온, 1–48시간 후 예보: RMSE는 1시간 후 0.78 °C, 6시간 후 1.56 °C",
        "지속성보다 64 % 낮음, 감쇠 편차보다 27 % 낮음, 릿지 회귀보다 2 % 낮음",
        "24–48시간 후에는 릿지 회귀 쪽이 낫습니다. 모델의 RMSE가 최대 1.6 % 높습니다.",
        "여름(6–8월)",
        "속초 (90)",
        "새 모델이 더 나을 가능성이 매우 높습니다(재표본의 91 %에서 더 나음).",
        "1–5시간 후에는 모델이 낫습니다. 6–48시간 후에는 기상청 예보가 낫습니다.",
        "관측값과 기상청 예보 91 +20.4 %",
    ):
        assert part in text


def test_a_korean_card_has_no_english_but_quotes_and_names():
    assert foreign(render(whole(), KOREAN)) == []


def test_an_english_card_has_no_korean():
    page = render(whole(), ENGLISH)

    assert HANGUL.findall(Page(page).text.replace(MESSAGES["in_other_language"].en, "")) == []


@pytest.mark.parametrize(
    "gone", ["champion", "kma_forecast", "seasons", "stations", "hours", "worst", "importance"]
)
def test_what_is_missing_is_missing_in_korean_too(gone):
    empty = {"champion": None, "worst": [], "kma_forecast": evaluation()["kma_forecast"]}
    page = render(whole() | {gone: empty.get(gone, {})}, KOREAN)

    assert foreign(page) == []


def test_the_reason_of_no_comparison_is_marked_as_english():
    page = section(render(evaluation(), KOREAN), "kma")

    assert '<span lang="en">there is no forecast of the KMA.</span>' in page
    assert "비교하지 않았습니다:" in page


@pytest.mark.parametrize("visit", [ENGLISH, KOREAN])
def test_texts_from_outside_stay_texts_in_every_field(visit):
    e = whole(unit=EVIL, label=EVIL, version=EVIL, recipe=EVIL, code_revision=EVIL, libraries={EVIL: EVIL})
    e |= {"target": EVIL, "inputs": EVIL}
    e["champion"]["version"] = EVIL
    e["champion"]["by_inputs"] = {EVIL: e["champion"]["by_inputs"]["observations"]}
    e["importance"]["1"] = {EVIL: 0.5}
    e["seasons"][EVIL] = copy.deepcopy(e["seasons"]["DJF"])
    e["opponents"].append(EVIL)
    for figures in e["leads"].values():
        figures["opponents"][EVIL] = {"rmse": 1.0, "mae": 1.0, "bias": 0.0, "skill": -0.1}
    outcome = VersionOutcome(EVIL, "warn", EVIL, EVIL, [EVIL], (EVIL, EVIL), EVIL)

    for shown in (
        render(e, visit, outcome),
        render(e | {"kma_forecast": evaluation()["kma_forecast"]}, visit),
    ):
        page = Page(shown)
        assert "script" not in page.tags
        assert HARMLESS in page.text
        assert not re.search("[\u202e\u200f]", shown)


def test_a_reason_of_the_kma_s_section_stays_text():
    e = evaluation()
    e["kma_forecast"]["reason"] = EVIL

    assert HARMLESS in Page(render(e, KOREAN)).text


def test_a_refused_version_says_so_at_the_top():
    reasons = ["coverage: outside 77% to 83%", "min_skill: none"]
    outcome = VersionOutcome("refused", "warn", "It was refused.", "yesterday", reasons, None, "models")
    page = render(whole(), ENGLISH, outcome)

    assert Page(page).text.index("min_skill: none") < Page(page).text.index("RMSE 0.78 °C at 1 h")
    assert '<ul lang="en">' in page
    assert Page(page).links["All decisions about this target"] == "models"
    assert "refused" not in render(whole(), ENGLISH)
