"""Amounts of rain and snow: what the KMA writes, the number that it means, and the text that is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.kma.forecast.amounts import Amount, amount, is_missing, missing


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("강수없음", 0.0),
        ("적설없음", 0.0),
        ("없음", 0.0),
        ("0", 0.0),
        ("0.0mm", 0.0),
        ("2.5mm", 2.5),
        ("29.9mm", 29.9),
        ("0.5cm", 0.5),
        ("4.9 cm", 4.9),
        ("7", 7.0),
        ("0.1", 0.1),
    ],
)
def test_a_plain_amount_is_a_number_without_a_text(text, value):
    assert amount(text) == Amount(value, None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1mm 미만", 0.0),
        ("1.0mm 미만", 0.0),
        ("1cm 미만", 0.0),
        ("0.5cm 미만", 0.0),
        ("1.0mm 이하", 0.0),
        ("30.0~50.0mm", 30.0),
        ("30.0mm~50.0mm", 30.0),
        ("30~50mm", 30.0),
        ("30-50mm", 30.0),
        ("1.0~5.0cm", 1.0),
        ("50.0mm 이상", 50.0),
        ("50.0mm 초과", 50.0),
        ("5.0cm 이상", 5.0),
    ],
)
@pytest.mark.parametrize("tilde", ["~", "～", "∼"], ids=["~", "full width", "operator"])
@pytest.mark.parametrize("space", [" ", "", "  ", "\t", "\u3000", "\u00a0"], ids=ascii)
def test_a_range_is_its_lower_bound_and_keeps_its_text(text, value, tilde, space):
    written = text.replace("~", f"{space}{tilde}{space}").replace(" ", space)

    assert amount(written) == Amount(value, written)
    assert amount(f" {written}\n") == Amount(value, written)


@pytest.mark.parametrize(
    "text",
    [
        "약한 비", "보통 비", "강한 비", "보통 눈", "많은 눈",  # in the last days of an issue
        "1 2", "1  2mm", "3 0.0mm", "1. 5mm", "30.0 50.0mm",
        "mm", "미만", "이상", "~", "30.0~", "~50.0mm", "30.0~약한 비",
        "1,5mm", "1e3", "٣mm", "１mm", ".5mm", "5.mm", "5 inch", "--5", "1/2", "30.0~50.0~70.0mm", "비 1mm",
    ],
)  # fmt: skip
def test_words_without_an_amount_are_kept_without_a_number(text):
    assert amount(text) == amount(f"  {text} ") == Amount(None, text)


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "-", "null", "NULL", "None", "nan", "-999", "-999.0", "-998.9", "999", "900", "-99999.9",
        "-99", "-99.0", "-50", "-50.00", "-999mm", "999 mm",
    ],
)  # fmt: skip
def test_a_marker_is_neither_a_number_nor_a_text(text):
    assert amount(text) == Amount(None, None)


@pytest.mark.parametrize("text", ["899.9", "-899.9", "99", "50", "50.0mm", "-98.9", "-49.9", "9", "-9"])
def test_a_number_near_a_marker_is_a_number(text):
    assert amount(text).value == float(text.removesuffix("mm"))


def test_zero_is_never_missing():
    assert not is_missing(0.0)
    assert not is_missing(-0.0)
    assert missing(np.array([0.0, -0.0])).tolist() == [False, False]


@given(st.lists(st.floats(-2000, 2000) | st.sampled_from([-99.0, -50.0, 900.0, -900.0, 899.9])))
def test_single_numbers_and_arrays_have_the_same_markers(numbers):
    assert missing(np.array(numbers, np.float64)).tolist() == [is_missing(number) for number in numbers]


def test_no_number_at_all_is_missing_in_an_array():
    assert missing(np.array([np.nan, np.inf, -np.inf])).all()


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["1" + " " * 10**5 + "2", "9" * 10**6, "1 " * 10**5, "30~" * 10**5])
def test_a_long_text_is_judged_at_once(text):
    assert amount(text).value is None
