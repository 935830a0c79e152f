"""The client of the forecast: its connection is checked, and no key gets out."""

from datetime import UTC, datetime

import pytest

from tests import kma_village
from weather_mlops.errors import KeyRefused, Misconfigured
from weather_mlops.kma.client import UncountedCalls
from weather_mlops.kma.forecast.client import ForecastClient
from weather_mlops.kma.forecast.endpoints import API_HUB, DATA_GO_KR, DATA_GO_KR_URL, grid_request
from weather_mlops.kma.forecast.issues import newest_issue

HUB = "https://apihub.kma.go.kr/api/typ01/url"
SECRET = "Geheimnis/with+signs=="


def client(provider=DATA_GO_KR, url=DATA_GO_KR_URL, key=SECRET):
    return ForecastClient(provider, url, key, budget=UncountedCalls())


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("", SECRET),
        (DATA_GO_KR_URL, ""),
        (f"{DATA_GO_KR_URL}?serviceKey={SECRET}", SECRET),
        (DATA_GO_KR_URL, f"serviceKey={SECRET}&pageNo=1"),
        ("data.go.kr", SECRET),
    ],
)
def test_a_wrong_connection_is_named_without_its_key(url, key):
    with pytest.raises(Misconfigured, match="data_go_kr_default") as raised:
        client(url=url, key=key)
    assert "Geheimnis" not in str(raised.value)


@pytest.mark.parametrize("key", [SECRET, "Geheimnis%2Fwith%2Bsigns%3D%3D"])
def test_both_spellings_of_the_key_are_one(key):
    assert client(key=key)._key.get_secret_value() == SECRET


def test_the_key_shows_nowhere():
    assert "Geheimnis" not in repr(client())
    assert "Geheimnis" not in repr(client(API_HUB, HUB))


@pytest.mark.parametrize(("provider", "url"), [(API_HUB, HUB), (DATA_GO_KR, DATA_GO_KR_URL)])
@pytest.mark.parametrize(
    "spelling", [SECRET, "Geheimnis%2Fwith%2Bsigns%3D%3D", "Geheimnis%2fwith%2bsigns%3d%3d"]
)
@pytest.mark.parametrize("status", [200, 401, 403, 429, 500])
def test_an_error_that_repeats_the_key_is_shown_without_it(provider, url, spelling, status, caplog):
    answer = (
        "<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>"
        f"SERVICE_KEY_IS_NOT_REGISTERED_ERROR {spelling}</returnAuthMsg><returnReasonCode>30"
        "</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>"
    )

    class Answered(ForecastClient):
        def _get(self, *_):
            return status, answer.encode()

    with pytest.raises(KeyRefused, match=r"30: .*SERVICE_KEY_IS_NOT_REGISTERED_ERROR \*\*\*") as raised:
        Answered(provider, url, SECRET, budget=UncountedCalls()).ask(kma_village.request(provider, url))
    assert "Geheimnis" not in f"{raised.value!r}{caplog.text}"
    assert raised.value.__context__ is None


def test_a_request_for_the_other_provider_is_refused():
    issue = newest_issue(datetime(2026, 12, 1, tzinfo=UTC))
    request = grid_request(HUB, issued_at=issue, valid_at=issue, category="TMP")

    with pytest.raises(ValueError, match="was given to"):
        client().ask(request)
