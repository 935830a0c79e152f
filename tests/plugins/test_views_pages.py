"""How pages from the bucket are served."""

import gzip

import pytest

from tests.browsing import made

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("key", "media_type"),
    [
        ("quality/docs/index.html", "text/html; charset=utf-8"),
        ("quality/docs/2026/11/26/index.html", "text/html; charset=utf-8"),
        (
            "quality/docs/2026/11/26/07h_20261126T0705_0.9876_1.0000_data_collection_x.html",
            "text/html; charset=utf-8",
        ),
        ("quality/docs/assets/page-1a2b.css", "text/css; charset=utf-8"),
        ("quality/docs/assets/font.woff2", "font/woff2"),
    ],
)
def test_a_page_and_its_assets_are_served_as_what_they_are(visit, store, key, media_type):
    store.put(key, b"content", "application/octet-stream")
    response = visit(f"pages/{key}")

    assert (response.status_code, response.content) == (200, b"content")
    assert response.headers["Content-Type"] == media_type


def test_a_raw_response_is_readable_korean_text_without_the_key(visit, store):
    (key,) = made.responses(store, 1)
    response = visit(f"pages/{key}")

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert response.text == "#START7777\n# 지점 서울\n202611260800 108 1.2\n#7777END\n"
    store.put(key, b"<b>see https://kma/x?tm=1&authKey=Geheimnis&stn=0</b>")
    assert visit(f"pages/{key}").text == "<b>see https://kma/x?tm=1&authKey=***&stn=0</b>"
    store.put(key, b'{"authKey": "Geheimnis", "url": "x%3FserviceKey%253DGeheimnis%2526stn"}')
    assert visit(f"pages/{key}").text == '{"authKey": "***", "url": "x%3FserviceKey%253D***%2526stn"}'


def test_damaged_and_missing_raw_responses_differ_in_status(visit, store):
    (key,) = made.responses(store, 1)
    store.put(key, b"\x1f\x8bno gzip")

    damaged = visit(f"pages/{key}")
    assert damaged.status_code == 502
    assert f"{key} at " in damaged.text
    assert "a damaged gzip" in damaged.text
    store.delete(key)
    assert visit(f"pages/{key}").status_code == 404


def test_a_raw_response_that_unpacks_to_too_much_is_cut_off(visit, store):
    (key,) = made.responses(store, 1)
    store.put(key, gzip.compress(bytes(200_000_000), 1))

    bomb = visit(f"pages/{key}")
    assert bomb.status_code == 502
    assert "over 32 MiB, the limit of a response shown in the browser" in bomb.text


@pytest.mark.parametrize(
    "key",
    [
        "quality/docs/assets/page.js",
        "quality/docs/assets/page.css/..",
        "quality/docs/assets/%2e%2e/index.html",
        "quality/docs/assets%2fpage.css",
        "quality/docs/2026/11/26/..%2f..%2f..%2findex.html",
        "quality/docs/2026/11/26/x.html%00",
        "quality/docs/2026/11/26/.html",
        "quality/docs/2026/index.html",
        "quality/validations/2026/11/26/x.json",
        "raw/kma/kma_sfctm3/2026/11/26/a.json",
        "raw/kma/kma_sfctm3/2026/11/26/..%2fa.txt.gz",
        "raw/kma/../2026/11/26/a.txt.gz",
        "forecasts/latest.json",
        "staging/x/collected.zip",
    ],
)
def test_nothing_else_of_the_bucket_is_shown(visit, store, monkeypatch, key):
    monkeypatch.setattr(type(store), "get", lambda *_: pytest.fail("S3 was asked"))

    assert visit(f"pages/{key}").status_code == 404
