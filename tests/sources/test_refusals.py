"""What holds no observations is refused by its name; whatever it is, no other error comes out."""

import bz2
import gzip
import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources import files
from weather_mlops import limits
from weather_mlops.errors import FileRefused
from weather_mlops.sources import archives
from weather_mlops.sources.reading import Source, replayed, source, sources
from weather_mlops.variables import VARIABLES

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases"
DAILY = "20240102 108 1.7 1464 290 4.0 " + "0.5 " * 50
WHOLE = files.hub(*files.hub_rows(range(24))).encode()


def refusal(body: bytes | str) -> str:
    with pytest.raises(FileRefused) as refused:
        source("a file", body.encode() if isinstance(body, str) else body).parsed(files.NOW)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n \n", "nothing but white space"),
        (
            files.hub("202601011500 42 0 53 0.1", header="# YYMMDDHHMI STN RE RE RN MI QCM"),
            "not kma_sfctm2/3: hourly observations of AWS (awsh), its columns are YYMMDDHHMI STN RE",
        ),
        (files.hub(DAILY, header="# TM STN WS_AVG WR_DAY TA_AVG"), "not kma_sfctm2/3: daily observations"),
        (files.hub(*[DAILY] * 3, header="#"), "daily observations (kma_sfcdd), its rows have 56 fields"),
        (
            files.hub("202401020000 108 126.9 37.5 85.67 -0.7", header="#"),
            "its rows have 6 fields instead of 46",
        ),
        (files.hub(*files.hub_rows([1])).replace(" 108 ", ",108,"), "comma format (disp=1)"),
        (files.hub(*files.hub_rows([1]))[:-10], "cut off: no end marker #7777END"),
        ("\n".join(files.hub_rows([1, 2])), "rows without markers"),
        ("202401020000,108,2,1.7,=", "comma format (disp=1) without markers"),
        (files.HEADER + "\n" + "\n".join(files.hub_rows([1])), "without its first line #START7777"),
        ("<!DOCTYPE html><html><body>점검 중</body></html>", "an HTML page"),
        ("<head><title>로그인</title></head><body>id</body>", "an HTML page"),
        (
            '{"result":{"status":403,"message":"활용신청이 필요한 API 입니다."}}',
            "the API Hub: 403 활용신청이",
        ),
        (
            '{"response":{"header":{"resultCode":"99","resultMsg":"전날 자료까지 제공됩니다."}}}',
            "an error of data.go.kr: 99 전날 자료까지 제공됩니다.",
        ),
        (
            (
                "<OpenAPI_ServiceResponse><cmmMsgHeader><returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR"
                "</returnAuthMsg></cmmMsgHeader></OpenAPI_ServiceResponse>"
            ),
            "an error of data.go.kr: SERVICE_KEY_IS_NOT_REGISTERED_ERROR",
        ),
        (
            (
                '{"response":{"header":{"resultCode":"00"},"body":{"items":{"item":[{"tm":"2024-01-02",'
                '"stnId":"108","avgTa":"0.5"}]}}}}'
            ),
            "daily observations (AsosDalyInfoService)",
        ),
        ('{"a": 1}', "no response of getWthrDataList"),
        ('{"response": {"header"', "damaged JSON, or cut off"),
        ("[" * 100_000, "damaged JSON"),
        ("<response><header>", "damaged XML, or cut off"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><response/>', "XML with a DOCTYPE"),
        ("일일 최대 호출 건수를 초과하였습니다.", "begins '일일 최대 호출 건수를 초과하였습니다.'"),
        ("지점,지점명,일시,평균기온(°C)\n108,서울,2024-01-02,0.5", "a file of the portal by day or month"),
        ("지점,지점명,일시,기온(°C)\n108,서울,2024-01-02,0.5", "a file of the portal by day or month"),
        ("지점,지점명,일시,기온(°C)\n108,서울,2024-01-02 03:07,0.5", "a file of the portal by minute"),
        (
            files.portal(*files.portal_rows([1], "0.5", station=400)),
            "none of its stations (400) is an open ASOS",
        ),
        (files.portal(*files.portal_rows([1], "?")), "1 of 1 rows can't be read, the first at line 2"),
        ("지점,일시,지점명\n108,2024-01-02 03:00,서울", "no column of an observation"),
        ("a,b,c\n1,2,3", "a table without a station"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "an image"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook of Excel"),
        (bz2.compress(WHOLE), "a bzip2 archive"),
        (bytes(range(256)) * 9, "not text"),
    ],
)
def test_what_is_something_else_is_refused_by_its_name(text, message):
    assert message in refusal(text)


def test_a_message_quotes_the_first_words_and_masks_a_key():
    message = refusal(
        "Forbidden\r\nfor https://apihub.kma.go.kr/?authKey=abcDEF123456&tm=1, sorry" + "!" * 999
    )

    assert "it begins 'Forbidden for https://apihub.kma.go.kr/?authKey=***" in message
    assert "abcDEF" not in message
    assert len(message) < 200
    assert "\n" not in message


def contents(path: Path) -> dict[str, str]:
    return {
        name.removeprefix(f"{path.parent}/"): str(each) if isinstance(each, FileRefused) else "taken"
        for name, each in sources(path)
    }


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


def test_each_file_of_a_zip_is_one(tmp_path):
    inner = zipped(tmp_path / "inner.zip", {"a.txt": WHOLE})
    members = {
        "a.txt": WHOLE,
        "월/b.txt.gz": gzip.compress(WHOLE),
        "page.html": b"<html></html>",
        "inner.zip": inner.read_bytes(),
        "__MACOSX/._a.txt": b"\0\0",
        "folder/": b"",
    }
    by_name = contents(zipped(tmp_path / "months.zip", members))

    assert [name for name, message in by_name.items() if message == "taken"] == [
        "months.zip:a.txt",
        "months.zip:월/b.txt.gz",
    ]
    assert "an HTML page" in by_name["months.zip:page.html"]
    assert by_name["months.zip:inner.zip"] == "a zip in a zip: unpack it first"
    assert len(by_name) == 4


def test_a_zip_of_korean_windows_has_its_names(tmp_path):
    body = zipped(tmp_path / "a.zip", {"AAAA.txt": WHOLE}).read_bytes()
    (tmp_path / "a.zip").write_bytes(body.replace(b"AAAA.txt", "서울".encode("cp949") + b".txt"))

    assert contents(tmp_path / "a.zip") == {"a.zip:서울.txt": "taken"}


def test_a_gzip_of_several_members_is_whole(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(WHOLE[:500]) + gzip.compress(WHOLE[500:]))

    assert contents(path) == {"a.gz": "taken"}


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(WHOLE)[:60],
        gzip.compress(WHOLE)[:20] + b"\xff" * 80,
        gzip.compress(WHOLE)[:-8] + b"\0" * 8,
        gzip.compress(WHOLE) + b"garbage",
        b"\x1f\x8b",
    ],
    ids=["cut", "flipped", "checksum", "garbage", "head"],
)
def test_a_damaged_gzip_is_refused(tmp_path, body):
    (tmp_path / "a.txt.gz").write_bytes(body)

    assert contents(tmp_path / "a.txt.gz")["a.txt.gz"].startswith("a damaged gzip: ")


@settings(max_examples=150)
@given(st.data())
def test_damage_anywhere_in_an_archive_stops_nothing(tmp_path_factory, data):
    packed = io.BytesIO()
    method = data.draw(
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    )
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("a.txt", WHOLE)
        archive.writestr("b.txt", WHOLE)
    body = bytearray(data.draw(st.sampled_from([packed.getvalue(), gzip.compress(WHOLE)])))
    for place in data.draw(st.lists(st.integers(4, len(body) - 1), max_size=6)):
        body[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(body[: data.draw(st.integers(4, len(body)))])

    for _, each in sources(path):
        assert isinstance(each, Source | FileRefused)


WORDS = ("response", "header", "resultCode", "body", "items", "item", "tm", "stnId", "ta", "result")
CELLS = ("지점", "일시", "기온(°C)", ",", "\n", '"', "108", "2024-01-02 03:00", "\0", "\r")
TAGS = ("<response>", "<item>", "</item>", "<header>", "</response>", "a", "<?xml?>", "&b;")
documents = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda each: (
        st.lists(each, max_size=4) | st.dictionaries(st.sampled_from(WORDS), each | st.just("00"), max_size=4)
    ),
    max_leaves=12,
)


def joined(words: tuple[str, ...]) -> st.SearchStrategy[bytes]:
    return st.lists(st.sampled_from(words), max_size=30).map("".join).map(str.encode)


@settings(max_examples=300)
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | documents.map(json.dumps).map(str.encode)
    | joined(CELLS)
    | joined(TAGS),
    st.sampled_from([b"", b"#START7777\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1f\x8b"]),
)
def test_whatever_a_file_holds_no_other_error_comes_out(body, start):
    with suppress(FileRefused):
        source("a file", archives.ungzipped(start + body)).parsed(files.NOW)


SEEDS = {
    "hub": WHOLE,
    "portal": files.portal(
        *files.portal_rows(range(9), "0.5", "Sc"), header="지점,지점명,일시,기온(°C),운형"
    ).encode("cp949"),
    "json": files.as_json(*(files.item(hour, ta="1.0", clfmAbbrCd="Sc") for hour in range(3))).encode(),
    "xml": files.as_xml(*(files.item(hour, ta="1.0") for hour in range(3))).encode(),
}
DAMAGE = (
    b"\xff", b"\x00", b'"', b"\n", b"\r", b",", b"\xed\xa0\x80", b"\\ud800", b"1e999", b"NaN", b"{", b"]",
    b"<", b"&#xD800;", b"9" * 5000, b"\xe2\x80\xa8", b"\x85", b"\x1d", b"\xef\xbb\xbf", b"null", b"[]",
    b"8" * 5000 + b",", b"2024-02-30 00:00", b"\xa4", b"+", b"24:00", b"9999-12-31 24:00",
)  # fmt: skip


@settings(max_examples=300)
@given(st.data())
def test_damage_anywhere_in_a_file_costs_its_row_or_the_file(data):
    body = bytearray(SEEDS[data.draw(st.sampled_from(sorted(SEEDS)))])
    for _ in range(data.draw(st.integers(1, 4))):
        place, length = data.draw(st.integers(0, len(body))), data.draw(st.integers(0, 12))
        body[place : place + length] = data.draw(st.sampled_from(DAMAGE) | st.binary(max_size=3))
    with suppress(FileRefused):
        original = source("a file", bytes(body))
        parsed = original.parsed(files.NOW)
        again = replayed(original.body, {"params": dict(original.notes)}).until(files.NOW)

        assert (again.rows.num_rows, again.rejected.num_rows) == (
            parsed.rows.num_rows,
            parsed.rejected.num_rows,
        )
        str(original).encode()


def test_a_small_bomb_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "IMPORTED_FILE", limits.IMPORTED_FILE._replace(size=5_000_000))
    monkeypatch.setattr(limits, "IMPORTED_ARCHIVE", limits.IMPORTED_ARCHIVE._replace(size=12_000_000))
    zeros = bytes(6_000_000)
    (tmp_path / "a.gz").write_bytes(gzip.compress(zeros))
    bomb = zipped(tmp_path / "b.zip", {f"{n}.txt": zeros for n in range(9)})
    (tmp_path / "c.txt").write_bytes(zeros)

    for path in (tmp_path / "a.gz", tmp_path / "c.txt"):
        assert contents(path)[path.name].startswith("over 4 MiB, the limit of a file of observations")
    by_name = contents(bomb)
    assert len(by_name) == 4  # three that were unpacked up to the limit, and one line for the rest
    assert "Unpack it first" in by_name["b.zip:3.txt"]


def test_the_longest_response_is_far_below_the_limit():
    month = 97 * 744 * (len(files.hub_rows([1])[0]) + 1)

    assert 3 * month < limits.IMPORTED_FILE.size


@pytest.mark.parametrize(
    ("name", "message"),
    [("absent.txt", "can't be opened: No such file"), ("folder", "a folder: name the files in it")],
)
def test_what_is_no_file_is_refused(tmp_path, name, message):
    (tmp_path / "folder").mkdir()

    assert message in contents(tmp_path / name)[name]


def test_many_refused_files_of_a_zip_are_refused_one_by_one(tmp_path):
    folder = zipped(tmp_path / "many.zip", {f"{n}.txt": WHOLE for n in range(40)})
    body = folder.read_bytes().replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01")
    folder.write_bytes(body.replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"))

    assert list(contents(folder).values()) == ["in a zip with a password: unpack it first"] * 40


def test_workbooks_and_unreadable_zips_are_refused_with_a_fix(tmp_path):
    book = zipped(tmp_path / "book.xlsx", {"[Content_Types].xml": b"", "xl/sheet1.xml": b"<a/>"})
    locked = zipped(tmp_path / "locked.zip", {"a.txt": WHOLE})
    body = bytearray(locked.read_bytes())
    body[6] |= 1
    body[body.index(b"PK\x01\x02") + 8] |= 1
    locked.write_bytes(body)

    assert contents(book) == {"book.xlsx": "a workbook of Excel: save its sheet as CSV"}
    assert contents(locked) == {"locked.zip:a.txt": "in a zip with a password: unpack it first"}
    assert contents(zipped(tmp_path / "none.zip", {})) == {"none.zip": "a zip without a file in it"}


@pytest.mark.skipif(not CASES.is_dir(), reason=f"NO CASES at {CASES}: files that others met are not tried")
def test_files_that_others_met():
    taken = {"02": 1, "05": 5, "06": 0, "09": 3, "10": 2, "29": 1}
    for case, count in taken.items():
        (folder,) = CASES.glob(f"{case}-*")
        results = [
            each
            for path in sorted(folder.iterdir())
            if path.name != "EXPECT.txt"
            for _, each in sources(path)
        ]

        assert sum(isinstance(each, Source) for each in results) == count, folder
        for each in results:
            if isinstance(each, Source):
                assert_plausible(each.parsed(files.NOW).rows)


def assert_plausible(rows: pa.Table) -> None:
    for variable in VARIABLES:
        lowest = pc.min(rows[variable.name]).as_py() if variable.physical else None
        assert lowest is None or lowest >= variable.physical.low, variable.name


NAMED = "지점,지점명,일시,기온(°C),운형(운형약어)"
DAMAGED = {
    "cut inside a letter": (
        files.portal(*files.portal_rows(range(3), "0.5", "Sc"), header=NAMED).encode("cp949")
        + b"108,\xbc\xad\xbf",
        3,
    ),
    "a bad byte in a number": (
        files.portal(*files.portal_rows(range(4), "0.5", "Sc"), header=NAMED)
        .encode("cp949")
        .replace(b",0.5,", b",0\xff.5,", 1),
        3,
    ),
    "a bad byte in a text": (
        files.portal(*files.portal_rows(range(4), "0.5", "Sc"), header=NAMED)
        .encode("cp949")
        .replace(b",Sc", b",\xff\xfe", 1),
        3,
    ),
    "a bad byte in a number of UTF-8": (
        files.portal(*files.portal_rows(range(4), "0.5", "Sc"), header=NAMED)
        .encode()
        .replace(b",0.5,", b",0\xff.5,", 1),
        3,
    ),
    "UTF-8 cut inside a letter": (
        files.portal(*files.portal_rows(range(3), "0.5", "Sc"), header=NAMED).encode()
        + "108,서".encode()[:-1],
        3,
    ),
    "half a letter in JSON": (
        files.as_json(*(files.item(hour, ta="1.0") for hour in range(4)))
        .replace('"1.0"', '"\\ud800"', 1)
        .encode(),
        3,
    ),
    "a stray quote": (
        files.portal(*files.portal_rows(range(4), "0.5", "Sc"), header=NAMED)
        .replace("서울", '"서울', 1)
        .encode(),
        3,
    ),
    "a control character after a station": (
        files.portal(*files.portal_rows(range(4), "0.5", "Sc"), header=NAMED)
        .replace("108,", "1x\x1d,", 1)
        .encode(),
        3,
    ),
}


@pytest.mark.parametrize(("body", "rows"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_row_is_set_aside_alone_and_lines_are_counted(body, rows):
    parsed = source("a file", body).parsed(files.NOW)

    assert (parsed.rows.num_rows, parsed.rejected.num_rows) == (rows, 1)
    str(parsed.rejected.to_pylist()).encode()


@pytest.mark.parametrize("station", ["108\x1d", "\x1f108", "108\x85"])
def test_any_white_space_around_a_station_does_not_matter(station):
    text = files.portal(*files.portal_rows(range(2), "0.5")).replace("108,", f"{station},", 1)

    assert source("a file", text.encode()).parsed(files.NOW).rows["station_id"].to_pylist() == [108, 108]


def test_names_of_files_are_shown_on_one_line(tmp_path):
    path = Path(f"{tmp_path}/a\n\x1b[31m\udcff.txt")
    path.write_bytes(WHOLE)
    packed = zipped(tmp_path / "b.zip", {"c\nd.txt": WHOLE})
    names = [name for each in (path, packed) for name, _ in sources(each)]

    assert names[0] == f"{tmp_path}/a\\n\\x1b[31m\\xff.txt"
    assert names[1] == f"{packed}:c\\nd.txt"


def test_a_file_without_a_name_in_a_zip_is_no_other_error(tmp_path):
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        info = zipfile.ZipInfo("x")
        info.filename = ""
        archive.writestr(info, WHOLE)
    (tmp_path / "a.zip").write_bytes(body.getvalue())

    assert list(contents(tmp_path / "a.zip").values()) == ["taken"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (gzip.compress(WHOLE)[:1], "a gzip cut off after its first byte"),
        (gzip.compress(gzip.compress(gzip.compress(WHOLE))), "gzipped more than 2 times: unpack it first"),
    ],
)
def test_gzip_that_cant_be_unpacked_is_refused_by_name(tmp_path, body, message):
    (tmp_path / "a.gz").write_bytes(body)

    assert message in contents(tmp_path / "a.gz")["a.gz"]
