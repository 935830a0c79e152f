"""The simulator writes the same bytes as the API Hub."""

import gzip
import re

import pytest

from simulator import wire


def values_of(line: bytes) -> list[object]:
    """Return the values of a real line, in their types."""
    readers = {"s": str, "d": int, "f": float}
    tokens = line.decode().split()
    return [readers[form[-1]](token) for token, (_, form) in zip(tokens, wire.COLUMNS, strict=True)]


def real_rows(folder):
    for file in sorted(folder.glob("samples/kma_sfctm[23]_*.txt")):
        yield from file.read_bytes().splitlines(keepends=True)
    for file in sorted(folder.glob("observed/*_2018.txt.gz")):
        yield from gzip.decompress(file.read_bytes()).splitlines(keepends=True)[:1500]


def test_real_values_are_written_as_the_real_bytes(kma):
    real = [line for line in real_rows(kma) if not line.startswith(b"#")]
    assert len(real) > 4000
    for line in real:
        assert wire.row(values_of(line)) == line


def test_a_response_begins_and_ends_as_a_real_one(kma):
    sample = (kma / "samples/kma_sfctm3_stn108_202401_head.txt").read_bytes()
    lines = sample.splitlines(keepends=True)
    rows = [line for line in lines if not line.startswith(b"#")]
    assert wire.observations(rows).body.removesuffix(b"#7777END\n") == sample


def test_help_explains_the_46_columns_as_the_real_one(kma):
    explained = (kma / "samples/kma_sfctm_help1_columns.txt").read_text()
    body = wire.observations([], explained=True).body.decode("euc-kr")
    assert [line for line in body.splitlines() if re.match(r"# {1,2}\d+\. ", line)] == explained.splitlines()


def test_a_response_without_rows_has_markers_and_header():
    lines = wire.observations([]).body.splitlines()
    assert lines[0] == b"#START7777"
    assert lines[-1] == b"#7777END"
    assert len(lines) == 5


def test_the_station_list_is_laid_out_as_the_real_one():
    class Sokcho:
        id, korean, english = 90, "속초", "Sokcho"
        latitude, longitude, elevation_m = 38.25085, 128.56473, 17.53

    body = wire.station_list([Sokcho()]).body.decode("euc-kr").splitlines()
    # A real line of the list, quoted from other projects; heights and codes are KMA's.
    real = (
        "   90  128.56473000   38.25085000 35100        17.53     18.73      1.70     10.00      1.40  90"
        " 속초                 Sokcho               11D20401 4282033035 ----"
    )
    assert body[3][:33] == real[:33]
    ends = [match.end() for match in re.finditer(r"\S+", real)]
    assert [match.end() for match in re.finditer(r"\S+", body[3])][4:12] == ends[4:12]
    assert body[1].split().count("STN") == 2
    assert body[1].index("LON") < body[1].index("LAT")
    assert body[3].split()[-1] == "속초"


@pytest.mark.parametrize("name", ["TA", "PS", "RN"])
def test_rounding_never_writes_a_negative_zero(rows, name):
    at = wire.NAMES.index(name)
    assert "-0.0" not in {row[at] for row in rows("202401010100", "202401030000")}
