"""Texts on pages are escaped, wherever they come from."""

from weather_mlops.pages.markup import escape


def test_markup_bidi_controls_and_api_keys_are_removed():
    shown = escape('"><script>\u202egnp.exe\u2066 authKey%3Dabc123')

    assert shown == "&quot;&gt;&lt;script&gt;\ufffdgnp.exe\ufffd authKey%3D***"
    assert escape("지점 서울 −3.1 °C") == "지점 서울 −3.1 °C"
