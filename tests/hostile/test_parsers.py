"""Random damage to good samples, and random bytes: no parser lets out any error but ours."""

import contextlib
import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import kma_village
from tests.hostile.observation_files import ZIP, encrypted
from tests.sources import files
from weather_mlops.browsing import documents
from weather_mlops.errors import WeatherError
from weather_mlops.kma import api_errors, endpoints, refresh, wire
from weather_mlops.sources import archives, reading
from weather_mlops.sources.recognition import FORMATS

TESTS = Path(__file__).parents[1]
SAMPLES = {
    "hub": files.hub(*files.hub_rows(range(4))).encode(),
    "portal": files.portal(*files.portal_rows(range(4), "1.0")).encode("cp949"),
    "all_columns": (TESTS / "sources/golden/portal_all_columns.csv").read_bytes(),
    "json": files.as_json(*[files.item(hour, ta="1.0", taQcflg="") for hour in range(3)]).encode(),
    "xml": files.as_xml(*[files.item(hour, ta="1.0") for hour in range(3)]).encode(),
    "refused": b'{"result": {"status": 401, "message": "\xec\x9d\xb8\xec\xa6\x9d"}}',
    "gateway": b"<OpenAPI_ServiceResponse><cmmMsgHeader>"
    b"<returnReasonCode>30</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>",
    "stations": (
        "#START7777\n# STN LON LAT STN_SP HT HT_PA HT_TA HT_WD HT_RN STN_AD STN_KO STN_EN\n"
        "108 126.9658 37.5714 11110 85.5 85.8 1.5 10.0 0.6 109 서울 Seoul 1111051500\n#7777END\n"
    ).encode("euc-kr"),
    "forecast": kma_village.answer([kma_village.item(), kma_village.item("PCP", "1mm 미만")]),
    "zip": ZIP,
    "zip_with_a_password": encrypted(),
    "gzip": gzip.compress(files.hub(*files.hub_rows(range(4))).encode()),
}
FRAGMENTS = [
    *(bytes([code]) for code in (0, 9, 10, 13, 28, 34, 44, 59, 92, 128, 133, 255)),
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b"<",
        b">",
        b"[" * 900,
        b'{"a":' * 900,
        b"<a>" * 900,
        b"9" * 400,
        b"-9",
        b"1e999",
    ),
    *(b"00010101", b"99991231"),
    *(b"NaN", b"null", b"true", b"[]", b"{}", b'""', b"\\ud800", b"\xb0\xa1", b"\xe2\x80\xa8", "٣²".encode()),
    *(
        b"#START7777",
        b"#7777END",
        b"<!DOCTYPE x>",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"sep=;\n",
        b"PK\x03\x04",
        b"\x1f\x8b\x08",
    ),
]
ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp949")


@st.composite
def damaged(draw) -> bytes:
    """A good sample with some of its bytes cut, doubled, replaced, or in another encoding."""
    body = draw(st.sampled_from(sorted(SAMPLES.values())))
    for _ in range(draw(st.integers(1, 6))):
        begin = draw(st.integers(0, len(body)))
        end = min(len(body), begin + draw(st.sampled_from([0, 0, 1, 2, 8, 200])))
        middle = draw(
            st.one_of(
                st.sampled_from(FRAGMENTS),
                st.binary(max_size=6),
                st.just(b""),
                st.just(body[begin : end + 40]),
            )
        )
        body = body[:begin] + middle + body[end:]
    if draw(st.integers(0, 7)) == 0:
        body = body.decode("utf-8", "ignore").encode(draw(st.sampled_from(ENCODINGS)), "ignore")
    return gzip.compress(body) if draw(st.integers(0, 9)) == 0 else body


def imported(body: bytes, folder: Path) -> None:
    path = folder / "file"
    path.write_bytes(body)
    for _, source in reading.sources(path):
        if not isinstance(source, WeatherError):
            assert str(source)
            source.parsed(files.NOW)


def replayed(body: bytes, _: Path) -> None:
    for name in FORMATS:
        try:
            reading.replayed(body, {"params": {"format": name}})
        except WeatherError:
            continue


WAYS = {
    "import": imported,
    "replay": replayed,
    "unpack": lambda body, _: archives.ungzipped(body),
    "kma": lambda body, _: wire.parse(body),
    "forecast": lambda body, _: kma_village.table(kma_village.joined(kma_village.read(body))),
    "error": lambda body, _: api_errors.kind_of(200, api_errors.read(body)),
    "classify": lambda body, _: endpoints.classify("url", 200, body),
    "range": lambda body, _: endpoints.check_range(
        "url", body, datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)
    ),
    "stations": lambda body, _: refresh.parse_station_info(body, date(2024, 1, 1)),
    "page": lambda body, _: documents.response(body),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@settings(
    max_examples=60,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.one_of(damaged(), damaged(), damaged(), st.binary(max_size=300)))
def test_only_errors_of_ours_come_out(tmp_path, way, body):
    with contextlib.suppress(WeatherError):
        way(body, tmp_path)
