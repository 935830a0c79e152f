"""What an answer of the forecast's endpoints means: its code, its words, its status."""

import pytest

from tests.kma_village import HUB, answer, item, request
from weather_mlops.errors import (
    EndpointNotApproved,
    FormatChanged,
    KeyRefused,
    KmaMaintenance,
    KmaUnavailable,
    Misconfigured,
    NothingYet,
    Permanent,
    QuotaExhausted,
    Retryable,
)
from weather_mlops.kma.forecast.endpoints import API_HUB, DATA_GO_KR, DATA_GO_KR_URL, classify

PROVIDERS = [(API_HUB, HUB), (DATA_GO_KR, DATA_GO_KR_URL)]
# data.go.kr, guide of the open API's errors.
CODES = [
    ("01", "APPLICATION_ERROR", KmaUnavailable),
    ("02", "DB_ERROR", KmaUnavailable),
    ("03", "NODATA_ERROR", NothingYet),
    ("04", "HTTP_ERROR", KmaUnavailable),
    ("05", "SERVICETIME_OUT", KmaUnavailable),
    ("10", "INVALID_REQUEST_PARAMETER_ERROR", Misconfigured),
    ("11", "NO_MANDATORY_REQUEST_PARAMETERS_ERROR", Misconfigured),
    ("12", "NO_OPENAPI_SERVICE_ERROR", Misconfigured),
    ("20", "SERVICE_ACCESS_DENIED_ERROR", EndpointNotApproved),
    ("21", "TEMPORARILY_DISABLE_THE_SERVICEKEY_ERROR", KeyRefused),
    ("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", QuotaExhausted),
    ("23", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_PER_SECOND_EXCEEDS_ERROR", KmaUnavailable),
    ("30", "SERVICE_KEY_IS_NOT_REGISTERED_ERROR", KeyRefused),
    ("31", "DEADLINE_HAS_EXPIRED_ERROR", KeyRefused),
    ("32", "UNREGISTERED_IP_ERROR", KeyRefused),
    ("33", "UNSIGNED_CALL_ERROR", KeyRefused),
]
LASTING = {"10", "11", "12", "20", "21", "22", "30", "31", "32", "33"}


def gateway(name: str, code: str = "") -> bytes:
    """An error of data.go.kr's gateway: XML, whatever dataType says."""
    reason = f"<returnReasonCode>{code}</returnReasonCode>" if code else ""
    return (
        "<OpenAPI_ServiceResponse>\n\t<cmmMsgHeader>\n\t\t<errMsg>SERVICE ERROR</errMsg>\n"
        f"\t\t<returnAuthMsg>{name}</returnAuthMsg>\n\t\t{reason}\n\t</cmmMsgHeader>\n"
        "</OpenAPI_ServiceResponse>\n"
    ).encode()


def refusal(code: str, message: str) -> bytes:
    """An error of the service itself."""
    return f'{{"response":{{"header":{{"resultCode":"{code}","resultMsg":"{message}"}}}}}}'.encode()


FORMS = {
    "XML": lambda code, name: gateway(name, code),
    "XML without code": lambda _, name: gateway(name),
    "XML with blanks": lambda code, name: gateway(name.replace("_", " "), code),
    "JSON": refusal,
    "JSON without name": lambda code, _: refusal(code, ""),
    "JSON with items": lambda code, _: answer([item()], code=code),
    "JSON number": lambda code, _: refusal(code, "").replace(
        b'"%s"' % code.encode(), code.lstrip("0").encode()
    ),
}


@pytest.mark.parametrize("provider", PROVIDERS, ids=["API Hub", "data.go.kr"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(("code", "name", "error"), CODES, ids=[code for code, *_ in CODES])
def test_each_documented_error_is_known_in_each_form(code, name, error, form, provider):
    with pytest.raises(error) as raised:
        classify(request(*provider), 200, form(code, name))

    assert type(raised.value) is error
    assert isinstance(raised.value, Permanent if code in LASTING else Retryable)
    assert str(raised.value).startswith(request(*provider).shown)


@pytest.mark.parametrize("code", ["00", "0", "000"])
def test_code_zero_has_data_whatever_its_items_say(code):
    words = [item("PCP", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR"), item("PCP", "인증 실패")]

    classify(request(), 200, answer(words, code=code))
    classify(request(), 200, answer([], 0, code).replace(b":", b" : ").replace(b"{", b"{\n"))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b"", KeyRefused),
        (403, b"", EndpointNotApproved),
        (429, b"", KmaUnavailable),
        (429, b"Too Many Requests\n", KmaUnavailable),
        (404, b"", Misconfigured),
        (500, b"Unexpected errors", KmaUnavailable),
        (502, b"<html><body>Bad Gateway</body></html>", KmaUnavailable),
        (503, b"", KmaUnavailable),
        (200, b"", KmaUnavailable),
        (200, b" \r\n", KmaUnavailable),
        (200, b"<html><body>404</body></html>", KmaMaintenance),
        (200, refusal("77", "SOMETHING_NEW"), FormatChanged),
        (200, refusal("99", "UNKNOWN_ERROR"), KmaUnavailable),
        (200, gateway("SOMETHING_NEW", "77"), FormatChanged),
        (200, b"7.00, 7.00\n", FormatChanged),
        (200, b'{"response":{"header":{"resultCo', KmaUnavailable),
    ],
)
def test_a_status_or_an_unknown_answer_has_its_error(status, body, error):
    with pytest.raises(error) as raised:
        classify(request(), status, body)

    assert type(raised.value) is error


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("03", "has no such issue (03: NODATA_ERROR): it isn't out yet, or too old for this endpoint"),
        ("22", "the day's requests to data.go.kr are used up (22: LIMITED_NUMBER"),
        ("30", "(30: SERVICE_KEY_IS_NOT_REGISTERED_ERROR). Check data_go_kr_default."),
        (
            "20",
            "no approval for this endpoint (20: SERVICE_ACCESS_DENIED_ERROR). Apply for it at www.data.go.kr",
        ),
        ("01", "data.go.kr answers with an error, status 200 (01: APPLICATION_ERROR). It passes; try again"),
    ],
)
def test_an_error_says_what_to_do_at_which_provider(code, message):
    name = next(name for each, name, _ in CODES if each == code)

    with pytest.raises(Exception, match=r"^https://apis\.data\.go\.kr/1360000/.*&nx=60&ny=127: ") as raised:
        classify(request(DATA_GO_KR, DATA_GO_KR_URL), 200, refusal(code, name))
    assert message in str(raised.value)


def test_a_request_names_issue_and_cell_as_the_kma_documents_them():
    folder = "https://apihub.kma.go.kr/api/typ02/openApi/VilageFcstInfoService_2.0/getVilageFcst"
    query = "pageNo=1&numOfRows=1000&dataType=JSON&base_date=20241201&base_time=1700&nx=60&ny=127"

    assert request().shown == f"{folder}?{query}"
    assert request(DATA_GO_KR, DATA_GO_KR_URL + "/").shown == f"{DATA_GO_KR_URL}/getVilageFcst?{query}"
