"""Files of each format, in each encoding: the same values, in the canonical units."""

import gzip
import json
import math
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources import files
from weather_mlops.errors import FileRefused
from weather_mlops.kma import wire
from weather_mlops.sources import fields
from weather_mlops.sources.archives import ungzipped
from weather_mlops.sources.reading import source
from weather_mlops.variables import BY_NAME

GOLDEN = sorted(
    path for path in (Path(__file__).parent / "golden").glob("*.*") if not path.name.endswith(".rows.json")
)
HOUR = datetime(2024, 1, 1, 18, tzinfo=UTC)  # 03:00 KST of the 2nd
PORTAL_UNITS = {
    "wind_direction_deg": "16방위", "cloud_base_m": "100m ", "visibility_m": "10m", "sunshine_h": "hr",
    "solar_radiation_mjm2": "MJ/m2", "cloud_total_tenths": "10분위", "cloud_mid_low_tenths": "10분위",
}  # fmt: skip
SENTINELS = ("-99", "-99.0", "-99.9", "-990", "-999", "-999.0", "-9999")


def read(text: str | bytes, encoding: str = "utf-8") -> wire.Parsed:
    return source("a file", text.encode(encoding) if isinstance(text, str) else text).parsed(files.NOW)


def values(text: str | bytes, encoding: str = "utf-8") -> list[dict]:
    rows = read(text, encoding).rows.drop_columns(["line"]).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.name)
def test_files_read_as_they_were_checked_by_hand(path):
    rows = [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in source(path.name, path.read_bytes()).parsed(files.NOW).rows.to_pylist()
    ]
    present = [{name: value for name, value in row.items() if value is not None} for row in rows]

    assert present == json.loads(path.with_name(f"{path.name}.rows.json").read_text("utf-8"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp949"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r\r\n"])
def test_the_encoding_and_the_line_ends_change_no_value(encoding, newline):
    lines = files.hub_rows([3, 4])
    texts = {
        "hub": files.hub(*lines).replace("\n", "\n#  1. TM : 관측시각 (KST)\n", 1),
        "portal": files.portal(*files.portal_rows([3, 4], "-0.1")).replace("\r\n", "\n"),
        "json": files.as_json(files.item(3, ta="-0.1"), files.item(4, ta="-0.1")),
        "xml": files.as_xml(files.item(3, ta="-0.1"), files.item(4, ta="-0.1")),
    }
    for text in texts.values():
        rows = values("\n\n" + text.replace("\n", newline), encoding)

        assert [(row["station_id"], row["air_temperature_c"]) for row in rows] == [(108, -0.1)] * 2
        assert rows[0]["observed_at"] == HOUR


def test_the_three_sources_agree_on_every_unit():
    (expected,) = values(files.hub(*files.hub_rows([3])))
    names = {"wd": "20", "ws": "1.7", "pa": "1016.6", "ps": "1027.5", "ta": "-0.1", "td": "-0.3", "hm": "98",
             "pv": "6.0", "dsnw": "2.4", "dmstMtphNo": "19", "dc10Tca": "1", "dc10LmcsCa": "1", "lcsCh": "13",
             "clfmAbbrCd": "Sc", "vs": "571", "ts": "-0.3", "m005Te": "-0.1", "m01Te": "-0.2", "m02Te": "0.0",
             "m03Te": "1.0", "rn": ""}  # fmt: skip
    labels = []
    for name in names:
        field = fields.BY_SERVICE[name]
        unit = PORTAL_UNITS.get(field.name, BY_NAME[field.name].unit)
        labels.append(f"{field.portal[0]}({unit})" if unit else field.portal[0])
    table = files.portal(
        ",".join(["108,서울,2024-01-02 03:00", *names.values()]),
        header=",".join(["지점,지점명,일시", *labels]),
    )

    for text in (files.as_json(files.item(3, **names)), files.as_xml(files.item(3, **names)), table):
        (row,) = values(text)
        assert row == {name: expected[name] for name in row}
        assert expected.keys() - row.keys() == {
            "pressure_tendency_code", "pressure_change_hpa", "present_weather_code", "past_weather_code",
            "cloud_high_code", "cloud_mid_code", "cloud_low_code", "rain_data_code", "station_type_code",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("header", "cell", "name", "value"),
    [
        ("시정(10m)", "571", "visibility_m", 5710),
        ("시정(m)", "5710", "visibility_m", 5710),
        ("시정(km)", "5.71", "visibility_m", 5710),
        ("최저운고(100m )", "13", "cloud_base_m", 1300),
        ("풍향(16방위)", "290", "wind_direction_deg", 290),
        ("풍향(16방위)", "290.0", "wind_direction_deg", 290),
        ("기온(℃)", "-9.0", "air_temperature_c", -9.0),
        ("Temperature(°C)", "-9.0", "air_temperature_c", -9.0),
        ("일사(MJ/m^2)", "1.22", "solar_radiation_mjm2", 1.22),
        ("5cm 지중온도(°C)", "0.1", "soil_temperature_5cm_c", 0.1),
    ],
)
def test_a_column_is_in_the_unit_that_its_header_says(header, cell, name, value):
    (row,) = values(files.portal(*files.portal_rows([3], cell), header=f"지점,지점명,일시,{header}"))

    assert row[name] == value


def test_a_unit_that_is_not_known_is_refused_rather_than_guessed():
    with pytest.raises(FileRefused, match=r"기온\(°F\).*unit that isn't known"):
        read(files.portal(*files.portal_rows([3], "31"), header="지점,지점명,일시,기온(°F)"))


@pytest.mark.parametrize("flag", ["1", "9", "1.0"])
def test_a_value_that_quality_control_refused_is_missing(flag):
    table = files.portal(
        *files.portal_rows([3], "5.0", flag), header="지점,지점명,일시,기온(°C),기온 QC플래그"
    )

    assert "air_temperature_c" not in values(table)[0]
    assert "air_temperature_c" not in values(files.as_json(files.item(3, ta="5.0", taQcflg=flag)))[0]
    assert values(files.as_json(files.item(3, ta="5.0", taQcflg="")))[0]["air_temperature_c"] == 5.0


def test_a_variable_wind_has_no_direction():
    (row,) = values(files.as_json(files.item(3, wd="99", ws="0.5")))

    assert "wind_direction_deg" not in row


@pytest.mark.parametrize(
    ("hour", "cell", "period"), [(3, "0.3", 3), (4, "0.3", 1), (4, "", None), (3, "", 3)]
)
def test_the_hours_of_precipitation_in_winter(hour, cell, period):
    (row,) = values(files.portal(*files.portal_rows([hour], cell), header="지점,지점명,일시,강수량(mm)"))

    assert row.get("precipitation_period_h") == period
    assert row.get("precipitation_mm") == (0.3 if cell else None)


def test_only_the_columns_that_were_ticked_are_said_to_be_there():
    parsed = read(files.portal(*files.portal_rows([3], "0.5")))

    assert parsed.columns == {"air_temperature_c"}


@pytest.mark.parametrize("time", ["2024-01-02 3:00", "2024-01-02 03:00:00", "2024/01/02 03:00", "2024010203"])
def test_times_as_other_programs_write_them(time):
    assert values(files.portal(f"108,서울,{time},0.5"))[0]["observed_at"] == HOUR


def test_a_row_with_an_unreadable_cell_is_set_aside_with_reason():
    rows = files.portal_rows([1, 2], "0.5")
    parsed = read(files.portal(*rows, "108,서울,2024-01-02 03:00,?", "108,서울,2024-01-02 04:00"))

    assert parsed.rows.num_rows == 2
    assert parsed.rejected.to_pylist() == [
        {"line": 4, "text": "108,서울,2024-01-02 03:00,?", "reason": "air_temperature_c: can't be read: '?'"},
        {"line": 5, "text": "108,서울,2024-01-02 04:00", "reason": "3 cells, expected 4"},
    ]


def test_tabs_and_quotes_and_unknown_columns_are_no_hindrance():
    text = '지점\t지점명\t일시\t"기온(°C)"\t지진\n108\t"서울"\t"2024-01-02 03:00"\t"0.5"\t3\n'
    read = source("a.txt", text.encode("utf-16"))

    assert read.parsed(files.NOW).rows["air_temperature_c"].to_pylist() == [0.5]
    assert str(read) == "the portal's hourly CSV, UTF-16, left out: 지진"


def test_pages_in_one_file_are_read_one_after_the_other():
    pages = [files.item(hour, ta=f"{hour}.5") for hour in range(3)]

    for text in (
        "\n".join(files.as_json(page) for page in pages),
        f"[{', '.join(files.as_json(page) for page in pages)}]",
        "\n".join(files.as_xml(page) for page in pages),
    ):
        assert [row["air_temperature_c"] for row in values(text)] == [0.5, 1.5, 2.5]


@pytest.mark.parametrize("items", ['{"item": []}', '""', "null", '{"item": ""}'])
def test_a_page_without_items_has_no_rows(items):
    text = f'{{"response": {{"header": {{"resultCode": "00"}}, "body": {{"items": {items}}}}}}}'

    assert read(text).rows.num_rows == 0


numbers = (
    st.integers(-8999, 100_000).map(lambda n: f"{n / 10:.1f}").filter(lambda cell: not cell.startswith("-9"))
)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(fields.FIELDS), numbers), min_size=1, max_size=8, unique_by=lambda t: t[0]
    )
)
def test_any_cells_are_read_the_same_in_the_three_formats(cells):
    cells = [(field, cell) for field, cell in cells if BY_NAME[field.name].kind == "decimal"]
    if not cells:
        return
    item = files.item(3, **{field.service: cell for field, cell in cells})
    labels = ",".join(field.portal[0] for field, _ in cells)
    table = files.portal(
        *files.portal_rows([3], *(cell for _, cell in cells)), header=f"지점,지점명,일시,{labels}"
    )
    formats = [values(files.as_json(item)), values(files.as_xml(item)), values(table)]

    assert formats[0] == formats[1] == formats[2]
    for field, cell in cells:
        assert math.isclose(formats[0][0][field.name], float(cell))


@settings(max_examples=100)
@given(st.sampled_from(fields.FIELDS), st.sampled_from(SENTINELS), st.booleans())
def test_a_sentinel_is_missing_in_every_column(field, sentinel, in_table):
    header = f"지점,지점명,일시,{field.portal[0]}"
    table = files.portal(*files.portal_rows([3], sentinel), header=header)
    (row,) = values(table if in_table else files.as_json(files.item(3, **{field.service: sentinel})))

    assert row.keys() <= {"station_id", "observed_at", "precipitation_period_h"}


@pytest.mark.parametrize(
    "time",
    [
        "2024-01-02 03:00:00.000", "2024-01-02T03:00:00+09:00", "2024-01-01T18:00:00Z",
        "2024-01-01 18:00+0000", "2024. 1. 2. 3:00", "2024/1/2 3:00", "2024-01-02 오전 3:00:00",
        "202401020300",
    ],
)  # fmt: skip
def test_a_time_is_read_however_a_program_writes_it(time):
    rows = values(files.portal(f"108,서울,{time},+10.0"))

    assert [(row["observed_at"], row["air_temperature_c"]) for row in rows] == [(HOUR, 10.0)]


@pytest.mark.parametrize(
    ("time", "hour"),
    [
        ("2024-01-01 24:00", "2024-01-02 00:00"),
        ("2024-02-29 24", "2024-03-01 00:00"),
        ("2024-01-02 오후 12:00", "2024-01-02 12:00"),
        ("2024-01-02 오전 12:00", "2024-01-02 00:00"),
        ("2024-01-02 오후 11:00", "2024-01-02 23:00"),
    ],
)
def test_midnight_and_noon_are_of_the_right_day(time, hour):
    assert values(files.portal(f"108,서울,{time},1.0")) == values(files.portal(f"108,서울,{hour},1.0"))


@pytest.mark.parametrize(
    "time", ["2024-01-02 24:30", "2024-01-02 25:00", "2024-01-02 오후 13:00", "2024-01-02 03:00:07"]
)
def test_a_time_that_is_none_is_unreadable(time):
    parsed = read(files.portal(*files.portal_rows([1, 2, 3], "1.0"), f"108,서울,{time},1.0"))

    assert parsed.rejected["reason"].to_pylist() == [f"not a time: '{time}'"]


TABLE = files.portal(*files.portal_rows([3, 4], "-0.1"))
RESPONSE = files.hub(*files.hub_rows([3, 4]))
HELP = RESPONSE.replace(
    "\n", "\n#  기상청 지상관측 시간자료 관측시각과 지점번호와 기온과 강수량과 풍향과 풍속의 설명\n" * 40, 1
)
XML = files.as_xml(files.item(3, ta="-0.1"), files.item(4, ta="-0.1"))
WRITTEN_AGAIN = {
    "a table with the line ends of an old Mac": TABLE.replace("\r\n", "\r").encode("cp949"),
    "a response with the line ends of an old Mac": RESPONSE.replace("\n", "\r").encode(),
    "Excel's first line": f"sep=,\r\n{TABLE}".encode(),
    "a quoted name with a comma": TABLE.replace("서울", '"서울, 종로"').encode("utf-8-sig"),
    "a header from macOS": unicodedata.normalize("NFD", TABLE).encode(),
    "names of stations alone": TABLE.replace("108,", "").replace("지점,", "").encode("cp949"),
    "a name in place of the number": TABLE.replace("108,", "서울,").encode("cp949"),
    "UTF-16 without a mark": HELP.encode("utf-16-le"),
    "big-endian UTF-16 without a mark": HELP.encode("utf-16-be"),
    "UTF-32": HELP.encode("utf-32"),
    "UTF-32 without a mark": HELP.encode("utf-32-le"),
    "XML with a namespace": XML.replace("<response>", '<response xmlns="http://example.org/a">').encode(),
    "gzip in gzip": gzip.compress(gzip.compress(RESPONSE.encode())),
}


@pytest.mark.parametrize("body", WRITTEN_AGAIN.values(), ids=WRITTEN_AGAIN)
def test_a_file_that_a_program_wrote_again_has_the_same_values(body):
    rows = values(ungzipped(body))

    assert [(row["station_id"], row["air_temperature_c"]) for row in rows] == [(108, -0.1)] * 2
    assert rows[0]["observed_at"] == HOUR


def test_a_name_that_is_no_station_is_an_unreadable_row():
    names = ("서울", "Seoul", "서울시", "없는곳", "9" * 5000, "")
    rows = [f"{name},2024-01-02 03:00,1" for name in ("서울", *names)]
    parsed = read(files.portal(*rows, header="지점명,일시,기온(°C)"))

    assert parsed.rows["station_id"].to_pylist() == [108] * 4
    assert parsed.rejected["reason"].to_pylist() == [f"not a station id: {name!r}" for name in names[3:]]
