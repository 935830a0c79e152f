"""What no text on a page can do, wherever it comes from."""

from weather_mlops.pages.markup import escape


def test_a_text_is_no_markup_turns_no_direction_and_holds_no_key():
    shown = escape('"><script>\u202egnp.exe\u2066 authKey%3Dabc123')

    assert shown == "&quot;&gt;&lt;script&gt;\ufffdgnp.exe\ufffd authKey%3D***"
    assert escape("지점 서울 −3.1 °C") == "지점 서울 −3.1 °C"
