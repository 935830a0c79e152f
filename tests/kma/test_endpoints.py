"""What is asked of the API, and what its answers mean: no HTTP here."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mlops.clock import HOUR
from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    NothingYet,
    QuotaExhausted,
    ResponseMismatch,
    ResponseTruncated,
    WeatherError,
)
from weather_mlops.kma.endpoints import (
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
def test_a_period_is_split_so_that_each_hour_is_requested_once(start, hours):
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


CASE_QUOTA = Path(__file__).resolve().parents[3] / "shared" / "cases" / "01-quota-wording"


def in_json(message: str, status: int = 403) -> str:
    return f'{{"result":{{"status":{status},"message":"{message}"}}}}'


def in_html(message: str) -> str:
    return f"<html><body><h1>{message}</h1></body></html>"


def in_list(message: str) -> str:
    return f'{{"errors":[{{"message":"{message}"}}]}}'


def in_detail(message: str) -> str:
    return f'{{"detail":"{message}"}}'


def in_result(message: str) -> str:
    return f'{{"result":"{message}"}}'


def in_problem(message: str) -> str:
    return f'{{"status":403,"error":"Forbidden","info":{{"path":"/api/stations","reasons":["{message}"]}}}}'


def in_xml(code: str, name: str = "") -> str:
    fields = f"<returnReasonCode>{code}</returnReasonCode><returnAuthMsg>{name}</returnAuthMsg>"
    return f"<OpenAPI_ServiceResponse><cmmMsgHeader>{fields}</cmmMsgHeader></OpenAPI_ServiceResponse>"


def in_data(code: str, message: str) -> str:
    return f'{{"response":{{"header":{{"resultCode":"{code}","resultMsg":"{message}"}}}}}}'


@pytest.mark.skipif(not CASE_QUOTA.exists(), reason=f"NO CASES at {CASE_QUOTA}: their words are not tried")
@pytest.mark.parametrize("status", [200, 403, 429])
def test_the_words_of_the_case_are_the_quota(status):
    bodies = [file.read_bytes() for file in CASE_QUOTA.iterdir() if file.name != "EXPECT.txt"]

    assert bodies
    for body in bodies:
        with pytest.raises(QuotaExhausted, match="00:00 KST"):
            classify("u", status, body)


@pytest.mark.parametrize(
    "words",
    [
        "일일 최대 호출 건수 제한에 도달하였습니다.",
        "일일 최대 호출 건수 제한",
        "일일 API 사용 용량을 모두 소진하였습니다.",
        "사용 가능한 용량을 초과",
        "API 호출 한도를 초과했습니다.",
        "최대 호출건수를 초과하였습니다. (20000)",
        "하루 허용 트래픽을 모두 사용하였습니다",
        "활용신청한 일일 호출 건수를 초과하였습니다",
        "일일 최대 호출 건수 제한: 활용신청을 통해 증량하세요",
        "일 최대 호출 건수 제한. 추가 호출은 활용신청이 필요합니다.",
        "호출 건수 제한: 활용신청으로 늘리세요",
        "Daily call limit: request approval for an increase",
        "Daily Maximum Number of Calls, Limit",
        "DAILY MAXIMUM NUMBER OF CALLS, LIMIT",
        "Limit exceeded",
        "You have exceeded your daily quota.",
        "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR",
    ],
)
@pytest.mark.parametrize(
    ("form", "status"),
    [
        (in_json, 200), (in_json, 403), (in_json, 429), (str, 200), (str, 403), (str, 429),
        (in_html, 200), (in_html, 403),
        *((form, status) for form in (in_list, in_detail, in_result, in_problem) for status in (200, 403)),
    ],
)  # fmt: skip
def test_a_used_up_quota_is_known_by_its_words(form, words, status):
    with pytest.raises(QuotaExhausted):
        classify("u", status, form(words).encode())


@pytest.mark.parametrize(
    ("form", "encoding"),
    [
        *((form, name) for form in (in_json, in_html, str) for name in ("utf-8-sig", "euc-kr", "utf-16")),
        *((form, name) for form in (in_json, in_html) for name in ("utf-16-le", "utf-16-be")),
    ],
)
@pytest.mark.parametrize("status", [200, 403, 429])
def test_a_used_up_quota_is_known_in_each_encoding(form, encoding, status):
    words = "일일 최대 호출 건수 제한: 활용신청을 통해 증량하세요"

    with pytest.raises(QuotaExhausted, match=words):
        classify("u", status, form(words).encode(encoding))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, "활용신청이 필요한 API 입니다.", EndpointNotApproved),
        (403, "해당 API에 대한 권한이 없습니다.", EndpointNotApproved),
        (403, "Access is limited to subscribers", EndpointNotApproved),
        (403, '{"detail":"활용신청이 필요한 API 입니다."}', EndpointNotApproved),
        (403, "활용신청이 필요한 API 입니다. 일일 최대 20,000건 호출할 수 있습니다.", EndpointNotApproved),
        (429, "초당 호출 건수 제한: 활용신청을 통해 증량하세요", KmaUnavailable),
        (403, in_html("활용신청이 필요한 API 입니다."), EndpointNotApproved),
        (403, "<html><head><title>403</title></head><body>Forbidden</body></html>", Misconfigured),
        (403, "<html><body><h1>403 Forbidden</h1><hr>nginx</body></html>", Misconfigured),
        (403, in_html("You don't have permission to access / on this server."), Misconfigured),
        (401, "<html><body><h1>401 Authorization Required</h1><hr>nginx</body></html>", Misconfigured),
        (407, in_html("Proxy authentication required"), Misconfigured),
        (200, in_html("로그인 " + "인증키 호출 건수 제한 안내 " * 20), KmaMaintenance),
        *((200, form("인증에 실패하였습니다."), KeyRefused) for form in (str, in_json, in_detail, in_html)),
        *((403, form("인증에 실패하였습니다."), KeyRefused) for form in (str, in_json, in_detail, in_html)),
        (403, in_json("인증되지 않은 사용자입니다."), KeyRefused),
        (200, "인증값이 올바르지 않습니다.", KeyRefused),
        (200, "시스템 교체 작업으로 이용할 수 없습니다.", KmaMaintenance),
        (403, "<html><head><title>일일 호출 한도 초과</title></head></html>", QuotaExhausted),
        (403, "<result><code>1</code><message>?</message></result>", EndpointNotApproved),
        (429, '{"error":"Too Many Requests","detail":"일일 최대 호출 건수 제한"}', QuotaExhausted),
        (401, '{"title":"Unauthorized","error":"Unauthorized","detail":"일일 호출 제한"}', QuotaExhausted),
        (429, '{"error":"Too Many Requests","path":"/api"}', KmaUnavailable),
        (403, '{"code":"E1","errors":[{"message":"일일 호출 제한"}]}', QuotaExhausted),
        (403, "Authentication failed", KeyRefused),
        (200, "시스템 작업으로 인해 서비스가 중단됩니다", KmaMaintenance),
        (403, in_json("시스템 작업으로 인해 서비스가 중단됩니다"), KmaMaintenance),
        (503, in_json("서비스 이용이 일시 중지되었습니다.", 503), KmaMaintenance),
        (200, "유효한 인증키가 아닙니다.", KeyRefused),
        (400, in_json("authKey가 필요합니다.", 400), KeyRefused),
        (429, "Too Many Requests: limit of calls per second exceeded", KmaUnavailable),
        (429, "<html><body><h1>429 Too Many Requests</h1></body></html>", KmaUnavailable),
        (403, in_json("동시 호출 제한을 초과하였습니다. 잠시 후 다시 시도하십시오."), KmaUnavailable),
        (408, "", KmaUnavailable),
        (503, "서버 용량 초과", KmaUnavailable),
        (504, in_json("time limit exceeded", 504), KmaUnavailable),
        (200, "시스템 점검 중입니다.", KmaMaintenance),
        (200, "<html><body>점검: 하루 최대 호출 건수</body></html>", KmaMaintenance),
        (400, in_json("조회 기간은 최대 31일을 초과할 수 없습니다.", 400), FormatChanged),
        (200, in_xml("22"), QuotaExhausted),
        (200, in_xml("LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR"), QuotaExhausted),
        (200, in_xml("23", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR"), KmaUnavailable),
        (200, in_xml("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR"), KeyRefused),
        (200, in_xml("31"), KeyRefused),
        (200, in_xml("32"), KeyRefused),
        (200, in_xml("20"), EndpointNotApproved),
        (200, in_xml("12", "NO_OPENAPI_SERVICE_ERROR"), Misconfigured),
        (200, in_xml("01"), KmaUnavailable),
        (200, in_xml("3", "NODATA_ERROR"), NothingYet),
        (200, in_xml("77", "SOMETHING_NEW"), FormatChanged),
        (200, in_xml("00", "NORMAL_SERVICE"), FormatChanged),
        (500, in_xml("22"), QuotaExhausted),
        (200, in_data("22", "X"), QuotaExhausted),
        (200, in_data("99", "전날 자료까지 제공됩니다."), NothingYet),
        (200, in_data("99", "일일 최대 호출 건수 제한"), QuotaExhausted),
        (200, in_data("9" * 5_000, "?"), FormatChanged),
        (200, f'{{"code":{"9" * 5_000}}}', ResponseTruncated),
        (200, in_xml("２２"), FormatChanged),
        (200, '{"code":429,"msg":"일일 호출 제한"}', QuotaExhausted),
    ],
)  # fmt: skip
def test_what_an_error_means_is_read_from_its_code_or_its_words(status, body, error):
    with pytest.raises(error) as raised:
        classify("u", status, body.encode())

    assert type(raised.value) is error


def test_words_in_the_data_are_not_read_as_an_error():
    classify("u", 200, "#START7777\n# 일일 최대 호출 건수 제한\n#7777END\n".encode("euc-kr"))


def test_a_page_of_a_server_in_between_is_not_taken_for_the_api():
    with pytest.raises(Misconfigured, match=r"status 403 \(nginx\).*isn't from the API.*HTTPS_PROXY"):
        classify("u", 403, in_html("nginx").encode())


def test_the_text_that_says_what_an_error_is_is_quoted():
    body = '{"error":"Forbidden","path":"/api","detail":"일일 호출 제한"}'

    with pytest.raises(QuotaExhausted, match=r"\(Forbidden; 일일 호출 제한\)"):
        classify("u", 403, body.encode())


@pytest.mark.timeout(5)  # it takes some hundredths of a second
@pytest.mark.parametrize("piece", ["<", "<script", "<!--", "<title>", '{"a":', "서비스"])
def test_a_long_response_of_nothing_is_read_in_no_time(piece):
    with pytest.raises(WeatherError):
        classify("u", 403, (piece * (99_999 // len(piece.encode()))).encode())


def test_a_code_of_any_length_is_quoted_in_part():
    with pytest.raises(FormatChanged) as raised:
        classify("u", 200, in_data("9" * 5_000, "?").encode())

    assert len(str(raised.value)) < 400


def test_a_sentence_that_is_not_known_is_quoted():
    with pytest.raises(ResponseTruncated, match="Hello from the proxy"):
        classify("u", 200, b"Hello from\r\nthe proxy")


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
        (b"202601011200\n202601011300 108", False),
        (b"#202601011300 108", True),
        (b"garbage", True),
    ],
)
def test_rows_outside_of_the_requested_hours_are_refused(row, inside):
    body = b"#START7777\n" + row + b"\n#7777END\n"
    if inside:
        check_range("u", body, NOON, NOON)
    else:
        with pytest.raises(ResponseMismatch, match=r"a row of 202601011[13]00 KST"):
            check_range("u", body, NOON, NOON)
