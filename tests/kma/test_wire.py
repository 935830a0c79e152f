"""The parser: from the bytes of the KMA to rows with names, units and types."""

import gzip
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import wire as peer
from weather_mlops.errors import FormatChanged, KmaMaintenance, ResponseTruncated, WeatherError
from weather_mlops.kma import wire
from weather_mlops.variables import TOKENS_PER_ROW, VARIABLES

SHARED = Path(__file__).resolve().parents[3] / "shared" / "kma"
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.txt"))
OBSERVED = sorted((SHARED / "observed").glob("*.txt.gz"))
# Seoul in winter, Sokcho in summer.
WINTER = (
    "202401010300 108   2  1.7  -9 -9.0   -9 1016.6 1027.5  2   1.2  -0.1  -0.3  98.0   6.0   -9.0   -9.0"
    "   -9.0   -9.0   -9.0   -9.0    2.4 10  0 19                       1   1   13 Sc         0   0   5"
    "   571 -9.0 -9.00 -9  -0.3  -0.1  -0.2   0.0   1.0  -9 -9.0 -9  3  1"
)
SUMMER = (
    "202608031500  90   2  2.1  -9 -9.0   -9 1010.1 1012.1  7  -0.2  28.4  25.6  85.0  32.8   -9.0   -9.0"
    "   -9.0   -9.0   -9.0   -9.0   -9.0 -9 -9 -                        6   6    4 -         -9  -9  -9"
    "  3300  0.0  1.20 -9  36.6 -99.0 -99.0 -99.0 -99.0  -9 -9.0 -9  3 -9"
)
POSITIONS = {variable.name: variable.position for variable in VARIABLES}


def response(*rows: str | bytes) -> bytes:
    lines = [row.encode() if isinstance(row, str) else row for row in rows]
    return b"\n".join([b"#START7777", b"# a comment", *lines, b"#7777END", b""])


def with_tokens(row: str = WINTER, time: str | None = None, **tokens: str) -> str:
    parts = row.split()
    parts[0] = time or parts[0]
    for name, token in tokens.items():
        parts[POSITIONS[name]] = token
    return " ".join(parts)


def only(row: str) -> dict:
    (values,) = wire.parse(response(row)).rows.to_pylist()
    return values


def test_a_row_of_winter_is_read_as_documented():
    row = {name: value for name, value in only(WINTER).items() if value is not None}

    assert row == {
        "station_id": 108,
        "observed_at": datetime(2023, 12, 31, 18, tzinfo=UTC),
        "wind_direction_deg": 20,
        "wind_speed_ms": 1.7,
        "station_pressure_hpa": 1016.6,
        "sea_level_pressure_hpa": 1027.5,
        "pressure_tendency_code": 2,
        "pressure_change_hpa": 1.2,
        "air_temperature_c": -0.1,
        "dew_point_c": -0.3,
        "relative_humidity_pct": 98.0,
        "vapour_pressure_hpa": 6.0,
        "snow_depth_cm": 2.4,
        "present_weather_code": 10,
        "past_weather_code": 0,
        "present_weather_text": "19",
        "cloud_total_tenths": 1,
        "cloud_mid_low_tenths": 1,
        "cloud_base_m": 1300,
        "cloud_type_text": "Sc",
        "cloud_high_code": 0,
        "cloud_mid_code": 0,
        "cloud_low_code": 5,
        "visibility_m": 5710,
        "ground_temperature_c": -0.3,
        "soil_temperature_5cm_c": -0.1,
        "soil_temperature_10cm_c": -0.2,
        "soil_temperature_20cm_c": 0.0,
        "soil_temperature_30cm_c": 1.0,
        "rain_data_code": 3,
        "station_type_code": 1,
        "precipitation_period_h": 3,
        "line": 3,
    }


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_real_rows_read_as_they_were_checked_by_hand(path):
    rows = [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in wire.parse(path.read_bytes()).rows.to_pylist()
    ]
    read = [{name: value for name, value in row.items() if value is not None} for row in rows]

    assert read == json.loads(path.with_suffix(".json").read_text("utf-8"))


def test_missing_soil_temperatures_are_null():
    assert only(SUMMER)["soil_temperature_5cm_c"] is None


def test_minus_nine_degrees_is_a_temperature_minus_99_is_missing():
    row = only(with_tokens(air_temperature_c="-9.0", dew_point_c="-99.0", ground_temperature_c="-9.0"))

    assert row["air_temperature_c"] == -9.0
    assert row["ground_temperature_c"] == -9.0
    assert row["dew_point_c"] is None


def test_a_field_that_runs_wide_does_not_shift_the_others():
    row = only(with_tokens(cloud_total_tenths="10", visibility_m="5000"))

    assert (row["cloud_total_tenths"], row["visibility_m"]) == (10, 50_000)


@pytest.mark.parametrize(
    ("time", "period"),
    [
        ("202604010000", 3),  # the hour from 23:00 on 31 March
        ("202604010100", 1),
        ("202610312300", 1),
        ("202611010000", 1),  # the hour from 23:00 on 31 October
        ("202611010100", None),
        ("202611010300", 3),
        ("202601010200", None),
    ],
)
def test_the_hours_that_rain_is_a_sum_of_follow_the_season(time, period):
    assert only(with_tokens(time=time))["precipitation_period_h"] == period


@pytest.mark.parametrize(
    ("time", "clock", "expected"),
    [
        ("202601020100", "35", datetime(2026, 1, 1, 15, 35, tzinfo=UTC)),
        ("202601020000", "2345", datetime(2026, 1, 1, 14, 45, tzinfo=UTC)),
        ("202601020100", "100", datetime(2026, 1, 1, 16, 0, tzinfo=UTC)),
        ("202601020100", "-9", None),
    ],
)
def test_a_gust_s_time_is_the_latest_before_the_observation(time, clock, expected):
    assert only(with_tokens(time=time, gust_at=clock))["gust_at"] == expected


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (WINTER.rsplit(" ", 1)[0], "45 tokens, expected 46"),
        (WINTER + " 1", "47 tokens, expected 46"),
        (with_tokens(air_temperature_c="abc"), "TA: not a number: 'abc'"),
        (with_tokens(air_temperature_c="nan"), "TA: not a number: 'nan'"),
        (with_tokens(air_temperature_c="inf"), "TA: not a number: 'inf'"),
        (with_tokens(wind_direction_deg="2.5"), "WD: not a whole number: '2.5'"),
        (with_tokens(gust_at="2575"), "GST_TM: not a time of day: '2575'"),
        (with_tokens(time="202613010000"), "TM: not a time: '202613010000'"),
        (with_tokens(time="202602300000"), "TM: not a time: '202602300000'"),
        (with_tokens(time="2026"), "TM: not a time: '2026'"),
        (with_tokens(time="0202401010300"), "TM: not a time: '0202401010300'"),
        (with_tokens(time="302401010300"), "TM: not a time: '302401010300'"),
        (WINTER.replace(" 108 ", " x08 "), "STN: not a station id: 'x08'"),
        (WINTER.replace(" 108 ", " -108 "), "STN: not a station id: '-108'"),
        (WINTER.replace(" 108 ", " 3000000000 "), "STN: not a station id: '3000000000'"),
        (with_tokens(air_temperature_c="1e1"), "TA: not a number: '1e1'"),
        (with_tokens(air_temperature_c="9" * 400), f"TA: too large: '{'9' * 400}'"),
        (with_tokens(visibility_m="0x10"), "VS: not a whole number: '0x10'"),
        (with_tokens(visibility_m="+5"), "VS: not a whole number: '+5'"),
        (with_tokens(visibility_m="999999999"), "VS: too large: '999999999'"),
        (with_tokens(gust_at="-5"), "GST_TM: not a time of day: '-5'"),
        (with_tokens(cloud_type_text="?").encode().replace(b"?", b"\xff"), "CT: not text: '�'"),
        (with_tokens(air_temperature_c="１.0").encode("euc-kr"), "TA: not a number: '１.0'"),
        (b"\xff\xfe\x00garbage", "1 tokens, expected 46"),
    ],
)
def test_a_bad_row_alone_is_set_aside_with_line_and_reason(bad, reason):
    parsed = wire.parse(response(WINTER, bad, SUMMER))

    assert parsed.rows["line"].to_pylist() == [3, 5]
    (rejected,) = parsed.rejected.to_pylist()
    assert (rejected["line"], rejected["reason"]) == (4, reason)


@pytest.mark.parametrize(
    "same",
    [
        WINTER.replace(" ", "\t", 1),
        WINTER + "  \r",
        "   " + WINTER,
        WINTER.replace(" 1016.6", "\x0c1016.6"),
    ],
    ids=["tab", "CRLF", "indented", "form feed"],
)
@pytest.mark.parametrize("neighbour", [WINTER, "bad"])
def test_any_white_space_separates_tokens(same, neighbour):
    assert with_line(3, wire.parse(response(same, neighbour))) == only(WINTER)


def with_line(number, parsed):
    return next(row for row in parsed.rows.to_pylist() if row["line"] == number)


def test_korean_text_is_kept_and_a_rejected_line_shows_it():
    korean = with_tokens(cloud_type_text="안개").encode("euc-kr")

    assert wire.parse(response(korean)).rows["cloud_type_text"].to_pylist() == ["안개"]
    assert "안개" in wire.parse(response(WINTER, korean + b" 1")).rejected["text"][0].as_py()


@pytest.mark.timeout(10)
@pytest.mark.parametrize("end", ["x", "9" * 300_000 + "x"])
def test_a_damaged_row_of_many_digits_is_judged_at_once(end):
    whole = {variable.name: "1016" for variable in VARIABLES if variable.kind == "decimal"}
    row = with_tokens(**whole).rsplit(" ", 1)[0]

    (reason,) = wire.parse(response(f"{row} {end}", WINTER)).rejected["reason"].to_pylist()
    assert reason.startswith("IX: not a whole number")


def test_the_oldest_records_are_read():
    row = only(with_tokens(time="190710010900"))

    assert row["observed_at"] == datetime(1907, 10, 1, tzinfo=UTC)


def test_duplicates_are_kept_for_the_audit():
    assert wire.parse(response(WINTER, WINTER)).rows.num_rows == 2


def test_an_empty_response_is_an_empty_table_of_all_columns():
    parsed = wire.parse(response())

    assert parsed.rows.schema == wire.PARSED_SCHEMA
    assert parsed.rejected.schema == wire.REJECTED_SCHEMA
    assert parsed.rows.num_rows == parsed.rejected.num_rows == 0


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (response(WINTER).replace(b"#7777END\n", b""), ResponseTruncated),
        (response(WINTER)[:-60], ResponseTruncated),
        (b"", ResponseTruncated),
        (WINTER.encode(), ResponseTruncated),
        (b"<!DOCTYPE html><html><body>\xec\xa0\x90\xea\xb2\x80</body></html>", KmaMaintenance),
        (b"\n  <html>", KmaMaintenance),
        (response(*[with_tokens(air_temperature_c="?")] * 10), FormatChanged),
    ],
)
def test_a_response_without_data_is_classified(body, error):
    with pytest.raises(error):
        wire.parse(body)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["YYMMDDHHMI", "STN", "WD", "WSPD", *wire.HEADER_NAMES[4:]],
            "column 4 is named 'WSPD', known is 'WS'",
        ),
        (["TM", *wire.HEADER_NAMES[1:]], "column 1 is named 'TM', known is 'YYMMDDHHMI'"),
        (wire.HEADER_NAMES[:5] + wire.HEADER_NAMES[7:], "column 6 is named 'PA', known is 'GST'"),
        ([*wire.HEADER_NAMES, "NEW"], "47 columns are named, known are 46"),
    ],
)
def test_other_columns_are_named_with_their_position(names, message):
    with pytest.raises(FormatChanged, match=message):
        wire.parse(response("# " + " ".join(names), WINTER))


def test_a_column_that_vanished_from_every_row_is_another_format():
    with pytest.raises(FormatChanged, match="10 of 10 rows can't be read, the first at line 3: 45 tokens"):
        wire.parse(response(*[WINTER.replace(" 108 ", " ")] * 10))


def test_half_of_the_rows_may_be_damaged():
    parsed = wire.parse(response(*[WINTER, "bad"] * 5))

    assert (parsed.rows.num_rows, parsed.rejected.num_rows) == (5, 5)


tenths = st.integers(-400, 400).map(lambda n: f"{n / 10:.1f}")
token_of = {
    "decimal": tenths,
    "integer": st.integers(-9, 360).map(str),
    "text": st.text("ABCDsctu0123456789", min_size=1, max_size=20) | st.just("-"),
    "clock": st.just("-9")
    | st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda t: str(100 * t[0] + t[1])),
}
times = st.integers(0, 400_000).map(
    lambda n: (datetime(1980, 1, 1, tzinfo=UTC) + timedelta(hours=n)).strftime("%Y%m%d%H%M")
)
row_tokens = st.tuples(
    times, st.integers(1, 999).map(str), *(token_of[variable.kind] for variable in VARIABLES)
)


@settings(max_examples=60)
@given(st.lists(row_tokens, max_size=8), st.lists(st.integers(1, 5), min_size=1, max_size=5))
def test_any_row_of_the_format_gives_its_values_back(rows, spaces):
    gaps = [" " * n for n in spaces]
    text = ["".join(token + gaps[n % len(gaps)] for n, token in enumerate(tokens)) for tokens in rows]
    parsed = wire.parse(response(*text))

    assert parsed.rejected.num_rows == 0
    for tokens, row in zip(rows, parsed.rows.to_pylist(), strict=True):
        local = datetime.strptime(tokens[0], "%Y%m%d%H%M").replace(tzinfo=UTC)
        assert row["observed_at"] == local - timedelta(hours=9)
        assert row["station_id"] == int(tokens[1])
        for variable in VARIABLES:
            assert_same(variable, tokens[variable.position], row)


def assert_same(variable, token, row):
    value = row[variable.name]
    if variable.kind == "clock":
        if token == "-9":
            assert value is None
        else:
            local = value + timedelta(hours=9)
            assert 100 * local.hour + local.minute == int(token)
            assert timedelta(0) <= row["observed_at"] - value < timedelta(days=1)
    elif variable.kind == "text":
        assert value == (None if token in variable.missing else token)
    elif float(token) in {float(marker) for marker in variable.missing}:
        assert value is None
    else:
        assert value == float(token) * variable.scale


odd_tokens = st.text("+-.0123456789eExXinfaN_\"'#\\", min_size=1, max_size=6).map(
    str.encode
) | st.sampled_from(
    [b"\xb0\xa1", b"\xa1\xa1", b"\xff", b"\x00", b"2400", b"60", b"2147483647", b"2147483648", b"-2147483648"]
)


@settings(max_examples=150)
@given(st.integers(1, TOKENS_PER_ROW - 1), odd_tokens)
def test_a_row_is_not_judged_by_its_neighbours(position, token):
    tokens = WINTER.encode().split()
    tokens[position] = token
    row = b" ".join(tokens)
    alone, with_bad_row = wire.parse(response(row)), wire.parse(response(row, "bad"))

    assert repr(alone.rows.to_pylist()) == repr(with_bad_row.rows.to_pylist())
    assert alone.rejected.to_pylist() == with_bad_row.rejected.to_pylist()[:-1]


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=300).filter(lambda b: b"\n" not in b), max_size=5))
def test_garbage_between_good_rows_costs_none_of_them(garbage):
    good = [with_tokens(time=f"2026010{day}0300") for day in range(1, 10)]
    parsed = wire.parse(response(*good, *garbage))

    assert parsed.rows.num_rows == len(good)
    assert parsed.rejected.num_rows == sum(
        not line.startswith(b"#") and not line.isspace() and line != b"" for line in garbage
    )


@settings(max_examples=200)
@given(st.binary(max_size=2000), st.booleans())
def test_whatever_comes_only_typed_errors_are_raised(body, marked):
    try:
        wire.parse(b"#START7777\n" + body + b"\n#7777END\n" if marked else body)
    except WeatherError as error:
        assert str(error)  # noqa: PT017  either outcome is fine


def test_the_simulator_and_the_parser_agree_on_the_header():
    assert wire.parse(peer.observations([]).body).rows.num_rows == 0


@pytest.mark.skipif(not OBSERVED, reason=f"NO REAL OBSERVATIONS at {SHARED}: the parser is not tried on them")
@pytest.mark.parametrize("path", OBSERVED, ids=lambda path: path.name)
def test_real_files_are_read_whole_and_exactly(path):
    body = gzip.decompress(path.read_bytes())
    parsed = wire.parse(body)
    lines = [line.split() for line in body.decode("ascii").splitlines() if line and not line.startswith("#")]

    assert parsed.rejected.num_rows == 0
    assert parsed.rows.num_rows == len(lines)
    columns = list(zip(*lines, strict=True))
    assert len(columns) == TOKENS_PER_ROW
    for variable in VARIABLES:
        values = parsed.rows[variable.name].to_pylist()
        if variable.kind == "text":
            assert values == [None if t in variable.missing else t for t in columns[variable.position]]
        elif variable.kind == "clock":
            times = [value and (value + timedelta(hours=9)).strftime("%H%M") for value in values]
            assert times == [None if t == "-9" else t.zfill(4) for t in columns[variable.position]]
        else:
            missing = {float(marker) for marker in variable.missing}
            expected = [
                None if float(t) in missing else float(t) * variable.scale for t in columns[variable.position]
            ]
            assert values == expected, variable.name
    temperatures = parsed.rows["air_temperature_c"]
    assert -30 < pc.min(temperatures).as_py() < pc.max(temperatures).as_py() < 45


def test_values_survive_as_the_nearest_double():
    assert only(with_tokens(air_temperature_c="28.4"))["air_temperature_c"] == 28.4
    assert not math.isnan(pa.scalar(28.4).as_py())


# What the KMA's other endpoints and other programs write where nothing was observed.
SENTINELS = ("-99", "-99.0", "-99.7", "-99.9", "-990", "-999", "-999.0", "-999.9", "-9999", "-9999.0")


@pytest.mark.parametrize("neighbours", [(), (WINTER,), (SUMMER, WINTER, SUMMER)], ids=len)
@pytest.mark.parametrize("sentinel", SENTINELS)
def test_a_sentinel_of_any_endpoint_is_missing_in_every_column(sentinel, neighbours):
    lines = [with_tokens(**{variable.name: sentinel}) for variable in VARIABLES]
    parsed = wire.parse(response(*(text for line in lines for text in (line, *neighbours))))
    rows, clean = parsed.rows.to_pylist()[:: 1 + len(neighbours)], only(WINTER)

    assert parsed.rejected.num_rows == 0
    for variable, row in zip(VARIABLES, rows, strict=True):
        assert row[variable.name] is None
        assert {**row, variable.name: clean[variable.name], "line": clean["line"]} == clean


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_a_sentinel_is_missing_in_a_response_of_one_row(variable):
    assert only(with_tokens(**{variable.name: SENTINELS[0]}))[variable.name] is None


@pytest.mark.parametrize("marker", ["-90", "-900", "-9.0"])
def test_a_marker_in_another_unit_or_notation_is_missing_as_well(marker):
    row = only(with_tokens(visibility_m=marker, cloud_base_m=marker, cloud_total_tenths=marker))

    assert (row["visibility_m"], row["cloud_base_m"], row["cloud_total_tenths"]) == (None, None, None)


def test_no_physical_value_is_taken_for_a_sentinel():
    for variable in VARIABLES:
        if variable.physical:
            assert variable.physical.low > max(high for _, high in variable.sentinel_bands)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("YYMMDDHHMI STN LON LAT HT VAL", "column 3 is named 'LON', known is 'WD'"),
        ("TM STN WS_AVG WR_DAY", "column 1 is named 'TM', known is 'YYMMDDHHMI'"),
        ("YYMMDDHHMI STN", "2 columns are named, known are 46"),
    ],
)
def test_a_header_of_few_names_is_checked_as_well(names, expected):
    with pytest.raises(FormatChanged, match=expected):
        wire.parse(response("# " + names, WINTER))


def test_rows_of_the_future_are_set_aside_with_the_reason():
    parsed = wire.parse(response(WINTER, with_tokens(air_temperature_c="1.0"), "garbled"))
    at = parsed.rows["observed_at"][0].as_py()

    assert parsed.until(at) is parsed
    assert parsed.until(at - wire.CLOCK_TOLERANCE) is parsed
    early = parsed.until(at - wire.CLOCK_TOLERANCE - timedelta(minutes=1))
    assert early.rows.num_rows == 0
    assert early.rejected["line"].to_pylist() == sorted(early.rejected["line"].to_pylist())
    assert early.rejected["reason"].to_pylist() == [wire.STILL_TO_COME] * 2 + ["1 tokens, expected 46"]


@pytest.mark.parametrize("year", ["1800", "1903", "2100"])
def test_a_year_without_any_station_is_no_time(year):
    parsed = wire.parse(response(WINTER, year + WINTER[4:]))

    assert (parsed.rows.num_rows, parsed.rejected.num_rows) == (1, 1)
    assert "TM: not a time" in parsed.rejected["reason"][0].as_py()
