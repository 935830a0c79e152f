"""What goes wrong with the simulator's forecast on request: each fault, where it is named, has its answer."""

from datetime import UTC, datetime

import pytest

from simulator.forecast.faults import NAMES, ForecastFault
from tests.simulator.forecast_calls import CELLS, MISSING, NO_DATA, get, is_missing_everywhere, values

pytestmark = pytest.mark.integration

GATEWAY = (
    "<OpenAPI_ServiceResponse>\n\t<cmmMsgHeader>\n\t\t<errMsg>SERVICE ERROR</errMsg>\n"
    "\t\t<returnAuthMsg>{}</returnAuthMsg>\n\t\t<returnReasonCode>{}</returnReasonCode>\n"
    "\t</cmmMsgHeader>\n</OpenAPI_ServiceResponse>\n"
)
WRONG_KEY = '{\n  "result" : {\n    "status" : 401,\n    "message" : "유효한 인증키가 아닙니다."\n  }\n}\n'
QUOTA = '{"result":{"status":403,"message":"일일 최대 호출 건수 제한에 도달하였습니다."}}\n'
UNAPPROVED = '{"result":{"status":403,"message":"활용신청이 필요한 API 입니다."}}\n'
ENDPOINTS = ("api_hub", "data_go_kr", "grid")


def ask(calls, endpoint: str, issue: str = "202607011100"):
    return calls.grid(issue[:10]) if endpoint == "grid" else calls.village(endpoint, issue)


def is_data(answer) -> bool:
    if answer.content_type.startswith("text/plain"):
        return answer.status == 200 and not is_missing_everywhere(answer.body)
    return b'"resultCode":"00"' in answer.body


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize(("hour", "minute", "out"), [(11, 20, False), (13, 9, False), (13, 15, True)])
def test_a_late_issue_is_out_two_hours_later(serve_forecasts, endpoint, hour, minute, out):
    now = datetime(2026, 7, 1, hour - 9, minute, tzinfo=UTC)
    with serve_forecasts("forecast-late", now=now) as calls:
        assert is_data(ask(calls, endpoint)) == out
        assert is_data(ask(calls, endpoint, "202607010800"))


def test_a_missing_issue_is_never_out(serve_forecasts):
    with serve_forecasts("forecast-missing:issue=2026070108") as calls:
        for provider in ("api_hub", "data_go_kr"):
            absent = ask(calls, provider, "202607010800")
            assert (absent.status, absent.body.decode()) == (200, NO_DATA)
        assert is_missing_everywhere(ask(calls, "grid", "202607010800").body)
        assert all(is_data(ask(calls, endpoint)) for endpoint in ENDPOINTS)


def test_a_partial_issue_has_half_of_its_hours_or_cells(serve_forecasts):
    with serve_forecasts() as calls:
        whole, grid = calls.village(), values(calls.grid().body)
    with serve_forecasts("forecast-partial") as calls:
        partial, half = calls.village(), values(calls.grid().body)

    assert partial.items == whole.items[: len(whole.items) // 2]
    assert partial.response["body"]["totalCount"] == len(partial.items)
    assert half == [MISSING] * (CELLS // 2) + grid[CELLS // 2 :]


def test_a_shrinking_issue_loses_hours_between_its_pages(serve_forecasts):
    with serve_forecasts() as calls:
        whole = calls.village().items
    with serve_forecasts("forecast-shrinking") as calls:
        first, second = (calls.village(pageNo=page, numOfRows="500") for page in ("1", "2"))

    assert first.items == whole[:500]
    assert second.items == whole[512:]
    assert [each.response["body"]["totalCount"] for each in (first, second)] == [len(whole), len(whole) - 12]


@pytest.mark.parametrize(
    ("fault", "endpoint", "status", "body"),
    [
        *(("forecast-429", endpoint, 429, "Too Many Requests\n") for endpoint in ENDPOINTS),
        *(("forecast-xml", each, 200, GATEWAY.format("APPLICATION_ERROR", "01")) for each in ENDPOINTS),
        *(("forecast-empty", endpoint, 200, "") for endpoint in ENDPOINTS),
        ("forecast-quota", "api_hub", 403, QUOTA),
        ("forecast-quota", "grid", 403, QUOTA),
        (
            "forecast-quota", "data_go_kr", 200,
            GATEWAY.format("LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR", "22"),
        ),
        ("forecast-wrong-key", "api_hub", 401, WRONG_KEY),
        ("forecast-wrong-key", "grid", 200, WRONG_KEY),
        (
            "forecast-wrong-key", "data_go_kr", 200,
            GATEWAY.format("SERVICE_KEY_IS_NOT_REGISTERED_ERROR", "30"),
        ),
        ("forecast-unapproved", "api_hub", 403, UNAPPROVED),
        ("forecast-unapproved", "grid", 403, UNAPPROVED),
        ("forecast-unapproved", "data_go_kr", 200, GATEWAY.format("SERVICE_ACCESS_DENIED_ERROR", "20")),
    ],
)  # fmt: skip
def test_an_error_is_answered_as_its_provider_does(serve_forecasts, fault, endpoint, status, body):
    with serve_forecasts(f"{fault}@{endpoint}:call=1") as calls:
        answer = ask(calls, endpoint)
        assert is_data(ask(calls, endpoint))

    assert (answer.status, answer.body.decode()) == (status, body)


@pytest.mark.parametrize("struck", ENDPOINTS)
def test_a_fault_strikes_only_the_endpoint_that_it_names(serve_forecasts, struck):
    with serve_forecasts(f"forecast-429@{struck}") as calls:
        statuses = {endpoint: ask(calls, endpoint).status for endpoint in ENDPOINTS}

    assert statuses == {**dict.fromkeys(ENDPOINTS, 200), struck: 429}


def test_a_fault_of_some_calls_strikes_these_alone(serve_forecasts):
    with serve_forecasts("forecast-empty:call=2-3") as calls:
        assert [is_data(ask(calls, "api_hub")) for _ in range(4)] == [True, False, False, True]


def test_a_fault_of_the_forecast_strikes_no_observation(serve_forecasts):
    with serve_forecasts("forecast-429") as calls:
        answer = get(f"{calls.url}/api/typ01/url/kma_sfctm2.php?tm=202607011100&stn=108&authKey=any")

    assert answer.status == 200
    assert b"\n202607011100 108" in answer.body


def test_a_rate_strikes_its_share_of_calls_and_always_the_same():
    fault = ForecastFault.parse("forecast-empty:rate=0.3")
    struck = [fault.hits("api_hub", None, call, seed=1) for call in range(1, 1001)]

    assert 250 < sum(struck) < 350
    assert struck == [fault.hits("grid", None, call, seed=1) for call in range(1, 1001)]
    assert struck != [fault.hits("api_hub", None, call, seed=2) for call in range(1, 1001)]


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_of_the_list_changes_an_answer(serve_forecasts, name):
    now = datetime(2026, 7, 1, 2, 20, tzinfo=UTC)
    with serve_forecasts(now=now) as calls:
        good = calls.village(numOfRows="500", pageNo="2")
    with serve_forecasts(name, now=now) as calls:
        assert calls.village(numOfRows="500", pageNo="2") != good


@pytest.mark.parametrize(
    "text",
    [
        "forecast-nonsense", "forecast-429@portal", "forecast-429:rate=2", "forecast-late:issue=20260701",
        "forecast-late:call=x", "forecast-late:every=3",
    ],
)  # fmt: skip
def test_an_unknown_fault_of_the_forecast_is_refused(text):
    with pytest.raises(ValueError, match=r"write one of forecast-late, .*@api_hub or @data_go_kr or @grid"):
        ForecastFault.parse(text)
