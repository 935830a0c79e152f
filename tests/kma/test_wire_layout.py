"""The layout of a response: where its rows, comments and ends of lines stand changes no value."""

import pytest

from weather_mlops.kma import fields, wire

from .test_wire import SUMMER, WINTER, response

PLAIN = response(WINTER, SUMMER, WINTER.replace("0300 108", "0400 108"))


def values(body: bytes) -> list[dict]:
    return wire.parse(body).rows.drop_columns(["line"]).to_pylist()


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (PLAIN, [3, 4, 5]),
        (PLAIN.replace(b"\n2026", b"\n\n2026"), [3, 5, 6]),
        (PLAIN.replace(b"\n2026", b"\n \n \n2026"), [3, 6, 7]),
        (PLAIN.replace(b"\n2026", b"\n# of summer\n2026"), [3, 5, 6]),
        (PLAIN.replace(b"\n2026", b"\n   2026"), [3, 4, 5]),
        (PLAIN.replace(b"\n", b"   \n"), [3, 4, 5]),
        (PLAIN.replace(b"\n", b"\r\n"), [3, 4, 5]),
        (PLAIN.replace(b"  ", b"\t"), [3, 4, 5]),
        (PLAIN.replace(b"# a comment\n", b""), [2, 3, 4]),
        (PLAIN.removesuffix(b"\n"), [3, 4, 5]),
        (b"\n" + PLAIN, [4, 5, 6]),
    ],
    ids=[
        "plain",
        "blank",
        "spaces",
        "comment",
        "indented",
        "trailing",
        "crlf",
        "tabs",
        "headless",
        "unended",
        "late",
    ],
)
def test_the_layout_of_a_response_changes_no_value(body, lines):
    assert values(body) == values(PLAIN)
    assert wire.parse(body).rows["line"].to_pylist() == lines


def test_a_row_that_runs_into_the_end_marker_is_set_aside():
    parsed = wire.parse(PLAIN.replace(b"\n#7777END", b"#7777END"))

    assert parsed.rows["line"].to_pylist() == [3, 4]
    assert parsed.rejected["line"].to_pylist() == [5]


def test_rows_are_the_same_wherever_the_text_is_divided(monkeypatch):
    expected = values(PLAIN)
    for size in range(1, 50):
        monkeypatch.setattr(fields, "COMPACTED_BYTES", size)
        assert values(PLAIN) == expected
