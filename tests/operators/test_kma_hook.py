"""The KMA connection: each way to write it gives a working client, or the task fails at once."""

import json

import pytest

from hooks.kma import KmaHook
from weather_mlops.errors import Misconfigured
from weather_mlops.kma.client import UncountedCalls

HUB = "https://apihub.kma.go.kr/api/typ01/url"
JSON = {"conn_type": "http", "host": HUB, "password": "a-key/with+signs="}


def client(monkeypatch, connection: str):
    monkeypatch.setenv("AIRFLOW_CONN_KMA_DEFAULT", connection)
    return KmaHook().get_client(UncountedCalls())


@pytest.mark.parametrize(
    "connection",
    [
        json.dumps(JSON),
        json.dumps({**JSON, "host": "apihub.kma.go.kr/api/typ01/url", "schema": "https"}),
        json.dumps({**JSON, "host": "apihub.kma.go.kr", "conn_type": "https", "schema": "api/typ01/url"}),
        "https://:a-key%2Fwith%2Bsigns%3D@apihub.kma.go.kr/api/typ01/url",
        "http://:a-key%2Fwith%2Bsigns%3D@https%3A%2F%2Fapihub.kma.go.kr%2Fapi%2Ftyp01%2Furl",
    ],
    ids=["JSON", "scheme apart", "folders apart", "URI", "URL as the URI's host"],
)
def test_every_form_of_the_connection_leads_to_the_endpoints(monkeypatch, connection):
    kma = client(monkeypatch, connection)

    assert kma.base_url == HUB
    assert kma._key.get_secret_value() == JSON["password"]


def test_the_port_of_a_uri_is_kept(monkeypatch):
    kma = client(monkeypatch, "http://:simulated-weather@127.0.0.1:9100/api/typ01/url")

    assert kma.base_url == "http://127.0.0.1:9100/api/typ01/url"


@pytest.mark.parametrize(
    "connection",
    [
        "https://:SECRETKEY@apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php?stn=108&authKey=SECRET",
        "https://apihub.kma.go.kr/api/typ01/url/kma_sfctm3.php?stn=108&help=1&authKey=SECRET",
        json.dumps({**JSON, "host": f"{HUB}/kma_sfctm3.php?authKey=SECRET"}),
        json.dumps({**JSON, "host": f"{HUB}?authKey=SECRET"}),
        json.dumps({**JSON, "host": "apihub.kma.go.kr/api/typ01/url"}),
        "https://:SEC/RET@apihub.kma.go.kr/api/typ01/url",
        "https://:SEC#RET@apihub.kma.go.kr/api/typ01/url",
        "https://:SEC[RET@apihub.kma.go.kr/api/typ01/url",
        '{"conn_type": "http", "host": "' + HUB + '", "password": "SEC"RET"}',
    ],
)
def test_an_unusable_connection_ends_the_task_and_hides_the_key(monkeypatch, caplog, connection):
    with pytest.raises(Misconfigured, match="kma_default") as raised:
        client(monkeypatch, connection)

    assert "SEC" not in str(raised.value) + caplog.text
