"""What all pages share: texts are escaped, and simulated weather is called so."""

import pytest

from weather_mlops.pages.markup import escape, page


def test_markup_bidi_controls_and_api_keys_are_removed():
    shown = escape('"><script>\u202egnp.exe\u2066 authKey%3Dabc123')

    assert shown == "&quot;&gt;&lt;script&gt;\ufffdgnp.exe\ufffd authKey%3D***"
    assert escape("지점 서울 −3.1 °C") == "지점 서울 −3.1 °C"


@pytest.mark.parametrize(("language", "words"), [("en", "Simulated weather"), ("ko", "모의 날씨")])
def test_a_page_of_simulated_weather_says_so(monkeypatch, language, words):
    assert words not in page("Title", "<p>Body</p>", language=language)

    monkeypatch.setenv("WEATHER_SIMULATED", "True")

    assert words in page("Title", "<p>Body</p>", language=language)
