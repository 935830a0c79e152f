"""No spelling of a key gets through to where people read."""

import html
import json
from urllib.parse import quote

import pytest

from weather_mlops.kma.masking import masked

SECRET = "abcDEF123_-%2Bxyz%3D%3D"


def spellings():
    for name in ("authKey", "serviceKey", "ServiceKey", "AUTHKEY", "auth_key"):
        url = f"https://kma/x.php?tm=1&{name}={SECRET}&stn=0"
        yield from (url, quote(url), quote(quote(url)), quote(quote(quote(url))), html.escape(url))
        body = json.dumps({"a": 1, name: SECRET, "b": 2})
        yield from (body, body.replace(" ", ""), json.dumps(body), json.dumps(json.dumps(body)))
        yield from (html.escape(body), quote(body), str({name: SECRET}))
        yield f"<{name}>{SECRET}</{name}>"
        yield html.escape(f"<{name}>{SECRET}</{name}>")
        yield f"{name}: {SECRET}"
        yield f"{name}\\u003d{SECRET}"
        yield f"{name}&#61;{SECRET}"


@pytest.mark.parametrize("text", list(spellings()))
def test_a_key_is_masked_in_every_spelling(text):
    assert "***" in masked(text)
    assert "abcDEF123" not in masked(text)


@pytest.mark.parametrize("text", ["authKey is missing", "the authKey가 없습니다", "monkey=1", "key=value"])
def test_what_names_no_key_stays(text):
    assert masked(text) == text


def test_what_stands_behind_a_key_stays():
    assert masked("x?authKey=abc&stn=0 and more") == "x?authKey=***&stn=0 and more"
    assert masked(quote("x?authKey=abc&stn=0", safe="")) == "x%3FauthKey%3D***%26stn%3D0"


def test_a_long_text_takes_no_longer_than_its_length():
    assert len(masked("authkey" * 300_000)) == 2_100_000
    assert masked("authKey" + '"' * 1_000_000).startswith('authKey"')
