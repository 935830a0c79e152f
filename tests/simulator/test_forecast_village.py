"""getVilageFcst of the simulator over HTTP, byte for byte in the form that is documented."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from simulator.forecast import wire
from tests.simulator.forecast_calls import NO_DATA
from weather_mlops.clock import KST
from weather_mlops.kma.forecast.issues import valid_times

pytestmark = pytest.mark.integration

# As documented: {"baseDate":"20211018","baseTime":"0500","category":"TMP","fcstDate":"20211018",
# "fcstTime":"0600","fcstValue":"5","nx":61,"ny":126}
ITEM = (
    '{"baseDate":"20260701","baseTime":"1100","category":"[A-Z]{3}","fcstDate":"2026070[1-5]",'
    '"fcstTime":"[0-2][0-9]00","fcstValue":"[^"]+","nx":60,"ny":127}'
)
HEADER = '{"response":{"header":{"resultCode":"00","resultMsg":"NORMAL_SERVICE"},"body":{"dataType":"JSON",'
CATEGORIES = {
    "TMP", "TMX", "TMN", "REH", "WSD", "VEC", "UUU", "VVV", "SKY", "PTY", "POP", "PCP", "SNO", "WAV"
}  # fmt: skip
VALUES = {
    "TMP": r"-?\d{1,2}", "TMX": r"-?\d{1,2}\.0", "TMN": r"-?\d{1,2}\.0", "REH": r"\d?[05]|100",
    "WSD": r"\d{1,2}\.\d", "UUU": r"-?\d{1,2}\.\d", "VVV": r"-?\d{1,2}\.\d", "VEC": r"\d{1,3}",
    "SKY": "[134]", "PTY": "[0-4]", "POP": r"\d?0|100", "WAV": "-999",
    "PCP": r"강수없음|1mm 미만|\d{1,2}\.\dmm|30\.0~50\.0mm|50\.0mm 이상",
    "SNO": r"적설없음|0\.5cm 미만|\d\.\dcm|5\.0cm 이상",
}  # fmt: skip
INVALID = '{"response":{"header":{"resultCode":"10","resultMsg":"INVALID_REQUEST_PARAMETER_ERROR"}}}'
NOON = datetime(2026, 7, 1, 12, tzinfo=KST)


@pytest.mark.parametrize("provider", ["api_hub", "data_go_kr"])
def test_an_issue_is_written_as_the_documented_one(kma_forecasts, provider):
    answer = kma_forecasts.village(provider)
    text = answer.body.decode()

    assert (answer.status, answer.content_type) == (200, "application/json;charset=UTF-8")
    total = len(answer.items)
    assert 800 <= total <= 1100
    begin, end = f'{HEADER}"items":{{"item":[', f']}},"pageNo":1,"numOfRows":1000,"totalCount":{total}}}}}}}'
    assert text.startswith(begin)
    assert text.endswith(end)
    inside = text.removeprefix(begin).removesuffix(end)
    assert re.fullmatch(f"{ITEM}(?:,{ITEM})*", inside)
    assert '"category":"SNO","fcstDate":"20260701","fcstTime":"1200","fcstValue":"적설없음"' in inside


def test_each_hour_has_every_variable_in_the_form_of_the_kma(kma_forecasts):
    items = kma_forecasts.village().items

    assert {item["category"] for item in items} == CATEGORIES
    for item in items:
        assert re.fullmatch(VALUES[item["category"]], item["fcstValue"]), item
    hours = Counter(item["fcstDate"] + item["fcstTime"] for item in items)
    assert list(hours) == sorted(hours)
    daily = {hour: count for hour, count in hours.items() if hour[8:] in {"0600", "1500"}}
    assert set(daily.values()) == {13}
    assert {count for hour, count in hours.items() if hour not in daily} == {12}


@pytest.mark.parametrize(
    ("category", "amount", "text"),
    [
        ("PCP", 0.0, "강수없음"), ("PCP", 0.1, "1mm 미만"), ("PCP", 0.9, "1mm 미만"), ("PCP", 1.0, "1.0mm"),
        ("PCP", 29.9, "29.9mm"), ("PCP", 30.0, "30.0~50.0mm"), ("PCP", 49.9, "30.0~50.0mm"),
        ("PCP", 50.0, "50.0mm 이상"), ("SNO", 0.0, "적설없음"), ("SNO", 0.4, "0.5cm 미만"),
        ("SNO", 0.5, "0.5cm"), ("SNO", 4.9, "4.9cm"), ("SNO", 5.0, "5.0cm 이상"),
    ],
)  # fmt: skip
def test_amounts_of_rain_and_snow_are_words_or_numbers(category, amount, text):
    assert wire.text(category, amount) == text


@pytest.mark.parametrize(
    ("issue", "first", "end"),
    [
        ("202607010200", "0300", "0705"),
        ("202607011100", "1200", "0705"),
        ("202606301400", "1500", "0704"),
        ("202606301700", "1800", "0705"),
        ("202606302300", "0000", "0705"),
    ],
)
def test_an_issue_is_hourly_until_its_last_day_of_3_hour_steps(kma_forecasts, issue, first, end):
    items = kma_forecasts.whole(issue)
    hours = [
        datetime.strptime(item["fcstDate"] + item["fcstTime"], "%Y%m%d%H%M").replace(tzinfo=KST)
        for item in items
        if item["category"] == "TMP"
    ]
    steps = [(later - earlier) // timedelta(hours=1) for earlier, later in pairwise(hours)]

    assert steps == [1] * (len(steps) - 8) + [3] * 8
    assert f"{hours[0]:%H%M}" == first
    assert f"{hours[-1]:%m%d%H%M}" == f"{end}0000"


@pytest.mark.parametrize("hours_ago", range(1, 48, 3))
def test_every_issue_has_the_hours_that_the_kma_states(kma_forecasts, hours_ago):
    issued = NOON - timedelta(hours=hours_ago)
    items = kma_forecasts.whole(f"{issued:%Y%m%d%H%M}")

    assert 790 <= len(items) <= 1100
    expected = [f"{hour.astimezone(KST):%Y%m%d%H%M}" for hour in valid_times(issued)]
    assert list(dict.fromkeys(item["fcstDate"] + item["fcstTime"] for item in items)) == expected


@pytest.mark.parametrize(
    ("issue", "maximum", "minimum"),
    [
        ("202607010200", "0701", "0701"),
        ("202607010500", "0701", "0702"),
        ("202607011100", "0701", "0702"),
        ("202606301400", "0701", "0701"),
        ("202606302300", "0701", "0701"),
    ],
)
def test_an_issue_begins_with_the_extremes_still_to_come(kma_forecasts, issue, maximum, minimum):
    items = kma_forecasts.whole(issue)

    for category, day, hour in (("TMX", maximum, "1500"), ("TMN", minimum, "0600")):
        of_category = [item for item in items if item["category"] == category]
        assert of_category[0]["fcstDate"][4:] == day
        assert {item["fcstTime"] for item in of_category} == {hour}


def test_pages_together_are_the_whole_issue(kma_forecasts):
    whole = kma_forecasts.village()
    total = whole.response["body"]["totalCount"]
    pages = [
        kma_forecasts.village(pageNo=str(page), numOfRows="300").response["body"] for page in range(1, 5)
    ]

    assert [item for page in pages for item in page["items"]["item"]] == whole.items
    assert [len(page["items"]["item"]) for page in pages] == [300, 300, total - 600, 0]
    assert {(page["totalCount"], page["numOfRows"]) for page in pages} == {(total, 300)}
    assert [page["pageNo"] for page in pages] == [1, 2, 3, 4]


def test_a_page_has_no_more_than_1000_items(kma_forecasts):
    body = kma_forecasts.village(issue="202606301700", numOfRows="99999").response["body"]

    assert body["numOfRows"] == len(body["items"]["item"]) == 1000
    assert body["totalCount"] > 1000


@pytest.mark.parametrize(
    "query",
    [
        {"issue": "202607011400"},  # not yet
        {"issue": "202606290800"},  # older than 50 hours
        {"issue": "202607011000"},  # no issue
        {"nx": "1", "ny": "1"},  # the sea
    ],
)
@pytest.mark.parametrize("provider", ["api_hub", "data_go_kr"])
def test_what_the_kma_does_not_have_is_no_data(kma_forecasts, provider, query):
    answer = kma_forecasts.village(provider, **query)

    assert (answer.status, answer.body.decode()) == (200, NO_DATA)


@pytest.mark.parametrize(
    "params",
    [
        {"base_date": "today"}, {"base_time": "2500"}, {"nx": "0"}, {"nx": "150"},
        {"ny": "254"}, {"nx": "x"}, {"pageNo": "0"}, {"numOfRows": ""},
    ],
)  # fmt: skip
def test_a_mistyped_queryof_the_forecast_is_refused(kma_forecasts, params):
    answer = kma_forecasts.village(**params)

    assert (answer.status, answer.body.decode()) == (200, INVALID)


@pytest.mark.parametrize(("minute", "out"), [(9, False), (15, True)])
def test_an_issue_is_out_ten_to_fourteen_minutes_later(serve_forecasts, minute, out):
    now = datetime(2026, 7, 1, 2, minute, tzinfo=UTC)
    with serve_forecasts(now=now) as calls:
        answers = [calls.village(), calls.grid()]

    assert (answers[0].response["header"]["resultCode"] == "00") == out
    assert (answers[1].body.strip(b"-90.,\n") != b"") == out


def test_a_wrong_key_is_refused_as_each_provider_does(serve_forecasts):
    with serve_forecasts(key="secret") as calls:
        assert calls.village(authKey="secret").items
        assert calls.village("data_go_kr", serviceKey="secret").items
        hub = calls.village()
        # The parameter of the other provider.
        portal = calls.village("data_go_kr", serviceKey="", authKey="secret")
        grid = calls.grid()

    assert (hub.status, hub.content_type) == (401, "application/json;charset=UTF-8")
    assert '"message" : "유효한 인증키가 아닙니다."' in hub.body.decode()
    assert (portal.status, portal.content_type) == (200, "text/xml;charset=UTF-8")
    assert b"<returnAuthMsg>SERVICE_KEY_IS_NOT_REGISTERED_ERROR</returnAuthMsg>" in portal.body
    assert b"<returnReasonCode>30</returnReasonCode>" in portal.body
    assert grid.status == 200
    assert "유효한 인증키가 아닙니다." in grid.body.decode()
