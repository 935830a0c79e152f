"""What holds for any issue of getVilageFcst: order, pages, spelling, counts, and any text as a value."""

import json
import re
from contextlib import suppress
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kma_village import answer, item, joined, parsed, read, table
from weather_mlops.errors import FormatChanged, Retryable, WeatherError
from weather_mlops.kma.forecast.rows import BY_CATEGORY, TEXT_COLUMNS

NUMERIC = tuple(category for category in BY_CATEGORY if category not in TEXT_COLUMNS)
DECIMAL = tuple(category for category in NUMERIC if BY_CATEGORY[category].kind == "decimal")
CATEGORIES = ("TMP", "TMX", "TMN", "REH", "VEC", "SKY", "POP", "PTY", "PCP", "SNO", "UUU", "WAV")
AMOUNTS = ("강수없음", "1mm 미만", "2.5mm", "30.0~50.0mm", "약한 비", "-999", "")

wire_values = st.integers(-40, 40).map(str) | st.sampled_from(["-999", "-50", ""])


@st.composite
def issues(draw):
    """Items with different keys."""
    keys = draw(
        st.lists(st.tuples(st.sampled_from(CATEGORIES), st.integers(0, 103)), unique=True, min_size=1)
    )
    return [
        item(category, draw(st.sampled_from(AMOUNTS) if category in TEXT_COLUMNS else wire_values), lead)
        for category, lead in keys
    ]


@settings(max_examples=60)
@given(data=st.data(), items=issues())
def test_order_and_pages_change_nothing(data, items):
    expected = parsed(items)
    shuffled = data.draw(st.permutations(items))
    cuts = data.draw(st.sets(st.integers(1, len(items) - 1), max_size=3) if len(items) > 1 else st.just([]))
    bounds = [0, *sorted(cuts), len(items)]
    forecast = parsed(*(shuffled[first:last] for first, last in pairwise(bounds)))

    assert table(forecast) == table(expected)
    assert (forecast.used, forecast.missing, forecast.left_out) == (
        expected.used, expected.missing, expected.left_out,
    )  # fmt: skip


SPELLINGS = {
    "nx": (60, "60", "060", " 60 "),
    "ny": (127, "127", "0127"),
    "baseDate": ("20241201", 20241201),
    "baseTime": ("1700", 1700, "1700 "),
    "fcstDate": ("20241202", 20241202),
    "fcstTime": ("0600", 600, "600", " 0600"),
    "fcstValue": ("5", 5, 5.0, "5.0", "05", "+5", " 5\n"),
    "category": ("TMP", " TMP"),
}


@given(st.fixed_dictionaries({name: st.sampled_from(options) for name, options in SPELLINGS.items()}))
def test_numbers_texts_and_leading_zeros_are_the_same(spelling):
    plain = item(value="5", fcstDate="20241202", fcstTime="0600")

    assert table(parsed([spelling])) == table(parsed([plain]))


def test_midnight_may_lose_all_of_its_zeros_but_one():
    plain = item(fcstDate="20241202", fcstTime="0000")

    for midnight in (0, "0", "000"):
        assert table(parsed([{**plain, "fcstTime": midnight}])) == table(parsed([plain]))


scalars = st.none() | st.booleans() | st.integers(-(10**7), 10**7) | st.floats() | st.text(max_size=8)
fields = st.sampled_from(["category", "fcstDate", "fcstTime", "fcstValue"])
odd_items = st.builds(lambda good, name, value: {**good, name: value}, st.just(item()), fields, scalars)
near_items = st.builds(item, st.sampled_from(CATEGORIES), wire_values, st.integers(0, 3))
soup = st.lists(near_items | near_items | odd_items | scalars | st.lists(scalars, max_size=2), min_size=1)


@settings(max_examples=100)
@given(soup)
def test_each_item_is_counted_exactly_once(items):
    try:
        forecast = parsed(items)
    except FormatChanged:
        return
    counted = forecast.used + forecast.missing + forecast.left_out + forecast.duplicates

    assert forecast.items == len(items) == counted + len(forecast.rejected)
    assert forecast.used <= len(forecast.readings) <= 2 * forecast.used
    assert table(forecast).num_rows == len(forecast.valid_times)


pieces = st.sampled_from([
    "1", "30.0", "0.5", "999", "-", "+", ".", "~", "～", "mm", "cm", "미만", "이상", "강수", "없음",
    "약한 비", "e5", "_0", "٣", "１", "nan", "inf", " ", "\u3000", "\n", "\x00", "\ud800",
])  # fmt: skip
any_text = st.lists(pieces, max_size=6).map("".join) | st.text(st.characters(exclude_categories=()))
NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@settings(max_examples=300)
@given(category=st.sampled_from(NUMERIC), text=any_text)
def test_no_text_is_taken_for_a_number_that_it_is_not(category, text):
    forecast = parsed([item(category, text)])

    assert pa.array([each.text + each.reason for each in forecast.rejected], pa.string()).null_count == 0
    for row in table(forecast).to_pylist():
        value = row[BY_CATEGORY[category].name]
        assert re.fullmatch(rf"[+-]?{NUMBERS.pattern}", text.strip())
        assert value == float(text)


@settings(max_examples=300)
@given(category=st.sampled_from(sorted(TEXT_COLUMNS)), text=any_text)
def test_no_text_is_taken_for_an_amount_that_it_is_not(category, text):
    forecast = parsed([item(category, text)])

    for row in table(forecast).to_pylist():
        value, words = row[BY_CATEGORY[category].name], row[TEXT_COLUMNS[category]]
        assert words in {None, text.strip()}
        if value is None:
            assert words
        elif value == 0:
            assert "없음" in text or "미만" in text or float(NUMBERS.findall(text)[0]) == 0
        else:
            # The number stands in the text in one piece, and is the first one there.
            assert abs(value) == float(NUMBERS.findall(text)[0])


zeros = st.sampled_from(["0", "0.0", "0.00", "-0", "+0", "00", " 0 ", 0, 0.0, -0.0])
large = st.decimals(900, 999_999, places=1) | st.integers(900, 999_999)
signed = st.tuples(st.sampled_from(["", "-", "+"]), large).map(lambda pair: f"{pair[0]}{pair[1]}")
blanks = st.sampled_from(["", " ", "\t", "-", "null", "None", "NaN", float("nan")])
markers = signed | blanks | st.sampled_from(["-99", "-99.0", -99, "-50", "-50.00", -50.0, " -999.9 ", -999])


@given(category=st.sampled_from(sorted(BY_CATEGORY)), zero=zeros)
def test_zero_is_a_value_of_every_variable(category, zero):
    (row,) = table(parsed([item(category, zero)])).to_pylist()

    assert row[BY_CATEGORY[category].name] == 0
    assert row["precipitation_text"] is row["snow_text"] is None


@given(category=st.sampled_from(sorted(BY_CATEGORY)), marker=markers)
def test_a_marker_is_missing_in_every_variable(category, marker):
    forecast = parsed([item(lead=2), item(category, marker)])

    assert (forecast.used, forecast.missing, forecast.rejected) == (1, 1, [])
    assert table(forecast).num_rows == 1


@given(category=st.sampled_from(DECIMAL), tenths=st.integers(-8999, 8999))
def test_any_other_number_is_a_value(category, tenths):
    text = f"{tenths / 10:.1f}"
    rows = table(parsed([item(category, text)])).to_pylist()

    assert [row[BY_CATEGORY[category].name] for row in rows] == (
        [] if text in {"-99.0", "-50.0"} else [tenths / 10]
    )


WHOLE = answer([item(), item("PCP", "1mm 미만", lead=2)])


@given(st.integers(0, len(WHOLE) - 1), st.booleans())
def test_an_answer_that_breaks_off_is_requested_again(length, escaped):
    body = WHOLE if escaped else json.dumps(json.loads(WHOLE), ensure_ascii=False).encode()

    with pytest.raises(Retryable):
        read(body[:length])


@settings(max_examples=200)
@given(st.binary(max_size=60), st.integers(0, len(WHOLE)), st.integers(0, 20))
def test_damage_anywhere_gives_an_error_of_ours_or_a_forecast(damage, start, length):
    body = WHOLE[:start] + damage + WHOLE[start + length :]

    with suppress(WeatherError):
        assert table(joined(read(body))).num_rows <= 2
