"""What becomes of each item of getVilageFcst: a value, missing, left out, a duplicate, or rejected."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tests.kma_village import ISSUE, item, parsed, table, values
from weather_mlops.clock import HOUR
from weather_mlops.errors import FormatChanged


def fate(*items):
    """Items that are used, missing, left out, duplicates, rejected."""
    forecast = parsed(items)
    return (
        forecast.used, forecast.missing, forecast.left_out, forecast.duplicates, len(forecast.rejected),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("category", "value", "expected"),
    [
        ("TMP", "-7", {"air_temperature_c": -7.0}),
        ("TMX", "3.0", {"air_temperature_max_c": 3.0}),
        ("TMN", "-8.0", {"air_temperature_min_c": -8.0}),
        ("REH", "100", {"relative_humidity_pct": 100.0}),
        ("WSD", "0.7", {"wind_speed_ms": 0.7}),
        ("VEC", "360", {"wind_direction_deg": 360.0}),
        ("SKY", "3", {"sky_code": 3}),
        ("PTY", "4", {"precipitation_type_code": 4}),
        ("POP", "30", {"precipitation_probability_pct": 30.0}),
        ("PCP", "2.5mm", {"precipitation_mm": 2.5}),
        ("PCP", "1mm 미만", {"precipitation_mm": 0.0, "precipitation_text": "1mm 미만"}),
        ("PCP", "약한 비", {"precipitation_text": "약한 비"}),
        ("SNO", "0.5cm", {"snow_cm": 0.5}),
        ("SNO", "5.0cm 이상", {"snow_cm": 5.0, "snow_text": "5.0cm 이상"}),
    ],
)
def test_each_variable_has_its_column(category, value, expected):
    assert values(parsed([item(category, value)])) == [{"valid_at": ISSUE + HOUR, **expected}]
    assert fate(item(category, value)) == (1, 0, 0, 0, 0)


@pytest.mark.parametrize("category", ["UUU", "VVV", "WAV", "R06", "S06", "NEW", "tmp"])
@pytest.mark.parametrize("value", ["1.5", "-999", "", "?"])
def test_variables_that_no_row_has_are_left_out(category, value):
    assert fate(item(), item(category, value)) == (1, 0, 1, 0, 0)


def test_a_marker_makes_its_own_variable_null_and_no_other():
    forecast = parsed([item(), item("REH", "-999"), item("PCP", "-999")])

    assert values(forecast) == [{"valid_at": ISSUE + HOUR, "air_temperature_c": 5.0}]
    assert (forecast.used, forecast.missing) == (1, 2)


def test_an_hour_of_markers_alone_has_no_row():
    assert values(parsed([item(), item(value="-999", lead=2)])) == [
        {"valid_at": ISSUE + HOUR, "air_temperature_c": 5.0},
    ]


def test_an_item_that_stands_twice_counts_once():
    assert fate(item(), item("PCP", "1mm 미만"), item(), item("PCP", "1mm 미만")) == (2, 0, 0, 2, 0)
    assert fate(item(), item("WAV", "-999"), item("WAV", "-999")) == (1, 0, 1, 1, 0)


@pytest.mark.parametrize(
    "second",
    [item(value="7"), item("T3H", "7"), item(value="-999")],
    ids=["another value", "another name", "a marker"],
)
def test_of_two_values_for_an_hour_the_first_counts(second):
    forecast = parsed([item(), second])

    assert values(forecast) == [{"valid_at": ISSUE + HOUR, "air_temperature_c": 5.0}]
    (rejected,) = forecast.rejected
    assert (rejected.position, rejected.reason) == (2, "another item has '5' for the same hour")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_both_names_of_midnight_are_one_hour(order):
    names = (
        item(value="5", fcstDate="20241201", fcstTime="2400"),
        item(value="7", fcstDate="20241202", fcstTime="0000"),
    )
    forecast = parsed([names[at] for at in order])

    assert values(forecast) == [
        {"valid_at": datetime(2024, 12, 1, 15, tzinfo=UTC), "air_temperature_c": (5.0, 7.0)[order[0]]},
    ]
    assert len(forecast.rejected) == 1


NO_HOUR = "no whole hour of a day: "
NO_FIELDS = "no category, fcstDate, fcstTime and fcstValue"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (item(value="abc"), "not a number: 'abc'"),
        (item(value="1,5"), "not a number: '1,5'"),
        (item(value="1 2"), "not a number: '1 2'"),
        (item(value="1e3"), "not a number: '1e3'"),
        (item(value="1_000"), "not a number: '1_000'"),
        (item(value="１２"), "not a number: '１２'"),
        (item(value="inf"), "not a number: 'inf'"),
        (item(value="강수없음"), "not a number: '강수없음'"),
        (item("SKY", "1.5"), "not a code: '1.5'"),
        (item("PTY", "눈"), "not a number: '눈'"),
        (item("PCP", "\ud800"), "not text: '\\ud800'"),
        (item(fcstTime="1830"), NO_HOUR + "20241201 1830"),
        (item(fcstTime="2500"), NO_HOUR + "20241201 2500"),
        (item(fcstTime="6"), NO_HOUR + "20241201 0006"),
        (item(fcstTime="18:00"), NO_HOUR + "20241201 18:00"),
        (item(fcstDate="20241301"), NO_HOUR + "20241301 1800"),
        (item(fcstDate="20250229"), NO_HOUR + "20250229 1800"),
        (item(fcstDate="20241301", fcstTime="2400"), NO_HOUR + "20241301 2400"),
        (item(fcstDate="2024-12-01"), NO_HOUR + "2024-12-01 1800"),
        (item(fcstDate="00010101", fcstTime="0000"), NO_HOUR + "00010101 0000"),
        (item(fcstDate="99991231", fcstTime="2400"), NO_HOUR + "99991231 2400"),
        (item(lead=-1), "20241201 1600 KST is before the issue, or too long after it"),
        (item(lead=1024), "20250113 0900 KST is before the issue, or too long after it"),
        (item(fcstTime=""), NO_FIELDS),
        (item(fcstDate=" "), NO_FIELDS),
        (item(category=""), NO_FIELDS),
        (item(value=None), NO_FIELDS),
        (item(value=True), NO_FIELDS),
        (item(value=["5"]), NO_FIELDS),
        ({"category": "TMP"}, NO_FIELDS),
        ("TMP", NO_FIELDS),
        (None, NO_FIELDS),
    ],
)
def test_an_item_that_cannot_be_read_is_rejected_with_the_reason(bad, reason):
    forecast = parsed([item(lead=2), bad, item(lead=3)])

    (rejected,) = forecast.rejected
    assert (rejected.position, rejected.reason) == (2, reason)
    assert [row["valid_at"] for row in values(forecast)] == [ISSUE + 2 * HOUR, ISSUE + 3 * HOUR]


def test_a_rejected_item_is_shown_and_stored_in_part():
    long = item(value="\ud800" + "가" * 1000)
    (rejected,) = parsed([long]).rejected

    assert rejected.text.startswith('{"baseDate": "20241201", "baseTime": "1700", "category": "TMP"')
    assert "\\ud800가가" in rejected.text
    assert len(rejected.text) < 250
    assert len(rejected.reason) < 250
    assert pa.array([rejected.text, rejected.reason], pa.string()).is_valid().to_pylist() == [True, True]


@pytest.mark.parametrize(("good", "bad"), [(5, 5), (0, 9), (100, 3)])
def test_a_few_items_that_cannot_be_read_cost_no_others(good, bad):
    items = [item(lead=lead + 1, value="5" if lead < good else "?") for lead in range(good + bad)]
    forecast = parsed(items)

    assert (forecast.used, len(forecast.rejected)) == (good, bad)
    assert table(forecast).num_rows == good


def test_a_majority_that_cannot_be_read_is_another_format():
    items = [item(lead=lead + 1, value="5" if lead < 4 else "?") for lead in range(10)]

    with pytest.raises(FormatChanged, match=r"6 of 10 items can't be read, the first: not a number: '\?' in"):
        parsed(items)
