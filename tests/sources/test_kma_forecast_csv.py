"""The portal's forecast files: hours in UTC, months twice, numbers of days, markers, damage, names."""

import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.sources import files
from tests.sources.files import forecast, forecast_values
from weather_mlops.errors import FileRefused
from weather_mlops.sources import kma_forecast_csv
from weather_mlops.sources.kma_forecast_csv import parse
from weather_mlops.sources.kma_forecast_names import category_of

GOLDEN = sorted((Path(__file__).parent / "golden" / "kma_forecast").glob("*.csv"))
HOURLY, MAXIMUM, MINIMUM = "60_127_TMP.csv", "60_127_TMX.csv", "60_127_TMN.csv"
COLUMNS_2026 = "day(UTC),hour(UTC),forecast,value,day(KST),hour(KST)"


def triples(*lines: str, name: str = HOURLY, **head: str) -> list[tuple[str, str, float]]:
    return forecast_values(parse(name, forecast(*lines, **head)))


def reasons(read) -> list[tuple[int, str]]:
    return [(each.line, each.reason) for each in read.unreadable]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_forecasts_read_as_they_were_checked_by_hand(path):
    ((name, read),) = kma_forecast_csv.read(path)
    expected = json.loads(path.with_name(f"{path.name}.rows.json").read_text())

    values = [[f"{issued}:00Z", f"{valid}:00Z", value] for issued, valid, value in forecast_values(read)]
    assert values == expected.pop("values")
    assert name == str(path)
    assert expected == {
        "category": read.category, "cell": str(read.cell), "lines": read.lines, "missing": read.missing,
        "duplicates": read.duplicates, "corrected": read.corrected, "unreadable": len(read.unreadable),
    }  # fmt: skip


def test_days_and_hours_of_issues_are_in_utc():
    # The issue of 02:00 KST on 2 July.
    assert triples(" 1,1700,+4,21.500000 ") == [("2025-07-01T17", "2025-07-01T21", 21.5)]


@pytest.mark.parametrize("hour", ["1800", "0000", "0300", "0201", "2600", "2"])
def test_an_hour_at_which_the_kma_issues_nothing_is_unreadable(hour):
    read = parse(HOURLY, forecast(f" 1,{hour},+4,21.0 ", " 1,0200,+4,21.0 "))

    assert reasons(read) == [(2, "the KMA issues no forecast at this hour (UTC)")]
    assert len(read.values) == 1


def test_a_month_that_stands_twice_is_counted_as_duplicates():
    month = forecast(" 1,0200,+4,21.0 ", " 1,0200,+5,22.0 ", " 31,2300,+4,23.0 ")
    read = parse(HOURLY, month + month)

    assert read.values.tolist() == [21.0, 22.0, 23.0]
    assert (read.lines, read.duplicates, read.corrected) == (6, 3, 0)


def test_the_later_of_two_values_counts_and_is_a_correction():
    lines = [" 1,0200,+4,20.0 ", " 1,0200,+5,22.0 ", " 1,0200,+4,21.0 ", " 1,0200,+5,22.0 "]
    read = parse(HOURLY, forecast(*lines))

    assert read.values.tolist() == [21.0, 22.0]
    assert (read.duplicates, read.corrected) == (2, 1)


def test_a_marker_takes_no_value_away_that_stands_earlier():
    read = parse(HOURLY, forecast(" 1,0200,+4,20.0 ", " 1,0200,+4,-999.9 "))

    assert read.values.tolist() == [20.0]
    assert (read.missing, read.duplicates) == (1, 0)


@pytest.mark.parametrize("marker", ["-999.900000", "-999", "999.0", "-998.9", "-99.000000", "-50.000000"])
def test_a_marker_is_missing_and_a_zero_is_a_value(marker):
    read = parse(HOURLY, forecast(f" 1,0200,+4,{marker} ", " 1,0200,+5,0.000000 ", " 1,0200,+6,-0.000000 "))

    assert (read.values.tolist(), read.missing, read.lines) == ([0.0, 0.0], 1, 3)


@pytest.mark.parametrize(
    ("name", "row", "valid"),
    [
        # The maximum is of 15:00 KST; the issue of 11:00 KST is the last one with its own day's.
        (MAXIMUM, "1,0200,+6", "2025-07-01T06"),
        (MAXIMUM, "1,0500,+6", "2025-07-02T06"),
        (MAXIMUM, "1,1400,+6", "2025-07-02T06"),
        (MAXIMUM, "1,1700,+6", "2025-07-02T06"),
        (MAXIMUM, "1,1700,+9", "2025-07-05T06"),
        (MAXIMUM, "31,2000,+6", "2025-08-01T06"),
        # The minimum is of 06:00 KST; the issue of 02:00 KST is the only one with its own day's.
        (MINIMUM, "1,1400,+6", "2025-07-01T21"),
        (MINIMUM, "1,1700,+6", "2025-07-01T21"),
        (MINIMUM, "1,2000,+6", "2025-07-02T21"),
        (MINIMUM, "1,0200,+8", "2025-07-03T21"),
    ],
)
def test_day_six_is_the_first_one_still_to_come(name, row, valid):
    assert [each[1] for each in triples(f" {row},30.0 ", name=name)] == [valid]


@pytest.mark.parametrize("number", [0, 5, 17, 100])
def test_the_number_of_a_day_that_no_issue_has_is_unreadable(number):
    bad = [f" 1,0200,+{number},{value} " for value in ("30.0", "-999.9")]
    read = parse(MAXIMUM, forecast(*bad, " 1,0200,+6,31.0 ", " 1,0200,+7,32.0 "))

    assert (read.values.tolist(), read.missing, read.lines) == ([31.0, 32.0], 0, 4)
    assert reasons(read) == [(line, "not the number of a day for TMX") for line in (2, 3)]
    assert [each.text for each in read.unreadable] == [line.strip() for line in bad]


@pytest.mark.parametrize(
    ("name", "rows", "hour"),
    [
        (MAXIMUM, ["1,0200,+4", "1,0200,+28", "1,0500,+25"], "06"),
        (MINIMUM, ["1,1700,+4", "1,1700,+28", "1,2000,+25"], "21"),
    ],
)
def test_daily_values_that_have_leads_already_keep_them(name, rows, hour):
    valid = [each[1] for each in triples(*(f" {row},30.0 " for row in rows), name=name)]

    assert valid == [f"2025-07-{day}T{hour}" for day in ("01", "02", "02")]


@pytest.mark.parametrize(
    ("row", "good"),
    [
        ("1,1700,+6,20.0,2,0200", True),  # the issue
        ("1,1700,+6,20.0,2,0800", True),  # the valid time
        ("31,1700,+24,20.0,1,0200", True),
        ("1,1700,+6,20.0,1,0200", False),
        ("1,1700,+6,20.0,2,1700", False),
        ("1,1700,+6,20.0,1,1700", False),
    ],
)
def test_columns_in_kst_must_agree_with_issue_or_lead(row, good):
    text = forecast(f" {row} ", " 1,0200,+6,21.0,1,1100 ").replace("day,hour,forecast,value", COLUMNS_2026)
    read = parse(HOURLY, text)

    assert len(read.values) == 1 + good
    assert reasons(read) == (
        [] if good else [(2, "the day and hour in KST aren't those of the issue or lead")]
    )


def test_two_cells_in_one_file_are_refused_with_both():
    text = forecast(" 1,0200,+4,21.0 ") + forecast(" 1,0200,+4,21.0 ", cell="61_127")
    with pytest.raises(FileRefused, match=r"several cells \(60_127, 61_127\): cut it"):
        parse(HOURLY, text)


@pytest.mark.parametrize("cell", ["0_127", "150_127", "60_254"])
def test_a_cell_outside_of_the_grid_is_refused(cell):
    with pytest.raises(FileRefused, match="outside of the KMA's forecast grid"):
        parse(HOURLY, forecast(" 1,0200,+4,21.0 ", cell=cell))


KOREAN = {
    "남목1동_3시간기온_201601_201612.csv": "T3H", "남목1동_1시간기온_202507_202507.csv": "TMP",
    "남목1동_습도_201601_201612.csv": "REH", "남목1동_풍속_201601_201612.csv": "WSD",
    "남목1동_풍향_201601_201612.csv": "VEC", "남목1동_하늘상태_201601_201612.csv": "SKY",
    "남목1동_일최고기온_202507_202507.csv": "TMX", "남목1동_일최저기온_202507_202507.csv": "TMN",
    "남목1동_일 최저 기온_202507.csv": "TMN",
}  # fmt: skip


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", KOREAN)
def test_a_korean_name_says_the_variable_in_either_form(name, form):
    assert category_of(unicodedata.normalize(form, name)) == KOREAN[name]


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("102_83_T3H_2016.csv.gz", "T3H"),
        ("60_127_tmx_202507.csv", "TMX"),
        ("WSD.csv", "WSD"),
        ("C:\\TMX\\60_127_REH.csv", "REH"),
        ("/data/습도/60_127_SKY.csv", "SKY"),
        ("TMP.zip:서울_풍속_202507.csv", "WSD"),
        ("1시간기온_TMP.csv", "TMP"),
    ],
)
def test_only_the_last_part_of_a_name_says_the_variable(name, category):
    assert category_of(name) == category


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("60_127.csv", "has no variable"),
        ("습도/60_127.csv", "has no variable"),
        ("STMPX.csv", "has no variable"),
        ("60_127_TMX_TMN.csv", r"several variables \(TMN, TMX\)"),
        ("습도_풍속.csv", r"several variables \(REH, WSD\)"),
        ("습도_TMP.csv", r"several variables \(REH, TMP\)"),
    ],
)
def test_a_name_with_no_or_two_variables_is_refused(name, words):
    with pytest.raises(FileRefused, match=f"{words}.*name it as the portal does"):
        parse(name, forecast(" 1,0200,+4,21.0 "))


@pytest.mark.parametrize("order", [1, -1])
def test_an_hourly_temperature_wins_in_any_order_of_files(order):
    hourly = parse(HOURLY, forecast(" 1,0200,+4,21.0 "))
    coarse = parse("60_127_T3H.csv", forecast(" 1,0200,+4,19.0 ", " 1,0200,+7,18.0 "))
    rows = kma_forecast_csv.rows([hourly, coarse][::order], files.NOW)

    assert rows["air_temperature_c"].to_pylist() == [21.0, 18.0]
    assert rows["issued_at"].to_pylist() == [datetime(2025, 7, 1, 2, tzinfo=UTC)] * 2
    assert set(rows["station_id"].to_pylist()) == {108}


def test_files_of_two_cells_are_no_rows_of_one_station():
    own, near = parse(HOURLY, forecast()), parse(HOURLY, forecast(cell="61_127"))
    with pytest.raises(FileRefused, match="cell 61_127, another file has 60_127 for station 108"):
        kma_forecast_csv.rows([own, near], files.NOW, "108")


@pytest.mark.parametrize(
    "start", [" Start : 2025080 ", " Start  20250801 ", " St?rt : 20250801 ", " Start : 20251301 "]
)
def test_rows_below_a_damaged_start_line_are_unreadable(start):
    below = [start, " 1,0200,+4,25.0 ", " 1,0500,+4,26.0 "]
    above = [f" {day},0200,+4,{day}.0 " for day in range(1, 5)]
    read = parse(HOURLY, forecast(*above, *below, " Start : 20250901 ", " 1,0200,+4,11.0 "))

    assert [each[0] for each in forecast_values(read)][-2:] == ["2025-07-04T02", "2025-09-01T02"]
    assert read.values.tolist() == [1.0, 2.0, 3.0, 4.0, 11.0]
    assert reasons(read) == [(line, "the Start line 6 can't be read") for line in (6, 7, 8)]
    assert [each.text for each in read.unreadable] == [line.strip() for line in below]


def test_a_start_line_in_capitals_begins_its_month():
    text = forecast(" 1,0200,+4,21.0 ", " START : 20250801 ", " 1,0200,+4,25.0 ")
    for written in (text, text.replace("Start", "START"), text.replace("START", "start")):
        values = forecast_values(parse(HOURLY, written))
        assert [each[0] for each in values] == ["2025-07-01T02", "2025-08-01T02"]


@pytest.mark.parametrize("before", ["", "\n", " \r\n", "\n\ufeff\n"])
def test_files_joined_with_their_byte_order_marks_are_read(before):
    first, second = forecast(" 1,0200,+4,21.0 "), forecast(" 1,0200,+4,25.0 ", start="20250801")
    read = parse(HOURLY, f"{before}\ufeff{first}\ufeff{second}")

    assert (read.values.tolist(), read.lines) == ([21.0, 25.0], 2)


def test_a_file_is_refused_when_most_of_its_lines_are_bad():
    good, bad = [" 1,0200,+4,21.0 ", " 1,0200,+5,21.0 "], ["", "1,0200,+6", "1,0200,+7,x"]
    assert len(parse(HOURLY, forecast(*good, *bad)).unreadable) == 2

    with pytest.raises(FileRefused, match=r"3 of 5 lines.*first at line 5: not day,hour.*'1,0200,\+6'"):
        parse(HOURLY, forecast(*good, *bad, " 1,0100,+4,21.0 "))


@pytest.mark.parametrize(
    ("month", "day", "exists"),
    [
        ("202506", 30, True), ("202506", 31, False), ("202507", 31, True), ("202507", 32, False),
        ("201602", 29, True), ("201502", 29, False), ("202402", 30, False), ("202507", 0, False),
    ],
)  # fmt: skip
def test_a_day_that_its_month_lacks_is_unreadable(month, day, exists):
    read = parse(HOURLY, forecast(f" {day},0200,+4,21.0 ", " 1,0200,+4,20.0 ", start=f"{month}01"))

    assert len(read.values) == 1 + exists
    assert reasons(read) == ([] if exists else [(2, f"no day of {month[:4]}-{month[4:]}")])


def test_a_lead_beyond_any_issue_is_unreadable():
    read = parse(HOURLY, forecast(" 1,0200,+1023,20.0 ", " 1,0200,+1024,21.0 "))

    assert (read.values.tolist(), reasons(read)) == ([20.0], [(3, "a lead over 1023 hours")])
