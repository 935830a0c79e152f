"""What all pages share: texts are escaped, and simulated weather is called so."""

import pytest

from tests.pages.reading import ENGLISH, KOREAN
from weather_mlops.pages import rendering
from weather_mlops.pages.charts.elements import safe
from weather_mlops.pages.visit import IN_FILE


def test_markup_bidi_controls_and_api_keys_are_removed():
    shown = safe('"><script>\u202egnp.exe\u2066 authKey%3Dabc123')

    assert shown == "&quot;&gt;&lt;script&gt;\ufffdgnp.exe\ufffd authKey%3D***"
    assert safe("지점 서울 −3.1 °C") == "지점 서울 −3.1 °C"


@pytest.mark.parametrize(
    ("visit", "words"),
    [(ENGLISH, "Simulated weather"), (IN_FILE, "Simulated weather"), (KOREAN, "모의 날씨")],
)
def test_a_page_of_simulated_weather_says_so(monkeypatch, visit, words):
    def page():
        return rendering.render("models.html", visit, models=[], without=[])

    assert words not in page()

    monkeypatch.setenv("WEATHER_SIMULATED", "True")

    assert words in page()
