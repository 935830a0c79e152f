"""What is asked of the API, and what its answers mean: no HTTP here."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.errors import (
    EndpointNotApproved,
    KeyRefused,
    Misconfigured,
    QuotaExhausted,
    ReplyMismatch,
    WeatherError,
)
from weather_mlops.kma.endpoints import (
    HOUR,
    LONGEST_SPAN,
    check_range,
    classify,
    kst,
    spans,
    stations_asked,
)

NOON = datetime(2026, 1, 1, 3, tzinfo=UTC)
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "kma" / "samples"


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_period_is_cut_so_that_each_hour_is_asked_for_once_and_no_span_is_cut_silently(start, hours):
    begin = datetime(2020, 1, 1, tzinfo=UTC) + start * HOUR
    end = begin + hours * HOUR
    pieces = spans(begin, end)

    assert pieces[0][0] == begin
    assert pieces[-1][1] == end
    assert all(last - first <= LONGEST_SPAN for first, last in pieces)
    assert all(following[0] - piece[1] == HOUR for piece, following in pairwise(pieces))
    assert timedelta(days=31) > LONGEST_SPAN


def test_a_period_that_ends_before_it_begins_is_a_mistake():
    with pytest.raises(Misconfigured, match="ends"):
        spans(NOON, NOON - HOUR)


def test_times_are_asked_for_in_kst():
    assert kst(datetime(2025, 12, 31, 15, tzinfo=UTC)) == "202601010000"


def test_all_stations_are_asked_for_when_none_is_named():
    assert (stations_asked(()), stations_asked([108, 159])) == ("0", "108:159")


@pytest.mark.skipif(not SAMPLES.exists(), reason=f"NO SAMPLES at {SAMPLES}: their errors are not tried")
@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("apihub_error_401.json", 401, KeyRefused),
        ("apihub_error_401.json", 200, KeyRefused),
        ("apihub_error_403_unapproved.json", 403, EndpointNotApproved),
        ("apihub_error_403_unapproved.json", 200, EndpointNotApproved),
        ("apihub_error_quota_UNVERIFIED_from_test.json", 403, QuotaExhausted),
        ("apihub_error_quota_UNVERIFIED_from_test.json", 200, QuotaExhausted),
    ],
)
def test_recorded_errors_are_known_whatever_their_status(name, status, error):
    with pytest.raises(error):
        classify("u", status, (SAMPLES / name).read_bytes())


def test_an_error_in_euc_kr_is_read_as_well():
    body = '{"result":{"status":403,"message":"호출 한도 초과"}}'.encode("euc-kr")

    with pytest.raises(QuotaExhausted, match="호출 한도 초과"):
        classify("u", 200, body)


starts = st.sampled_from([b"", b"{", b'{"result":', b'{"result":{"status":', b"<html>", b"#START7777\n"])


@given(st.integers(100, 599), starts, st.binary(max_size=200))
def test_whatever_comes_is_data_or_a_typed_error(status, start, rest):
    body = start + rest
    try:
        classify("https://u", status, body)
    except WeatherError as error:
        assert str(error).startswith("https://u: ")  # noqa: PT017  either outcome is fine
    else:
        assert status == 200
        assert body.strip().endswith(b"#7777END")


@pytest.mark.parametrize(
    ("row", "inside"),
    [
        (b"202601011200 108", True),
        (b"202601011100 108", False),
        (b"202601011300 108", False),
        (b"  202601011300 108", False),
        (b"#202601011300 108", True),
        (b"garbage", True),
    ],
)
def test_rows_of_other_hours_than_asked_for_are_told(row, inside):
    body = b"#START7777\n" + row + b"\n#7777END\n"
    if inside:
        check_range("u", body, NOON, NOON)
    else:
        with pytest.raises(ReplyMismatch, match=r"a row of 202601011[13]00 KST"):
            check_range("u", body, NOON, NOON)
