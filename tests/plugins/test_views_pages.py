"""How pages from the bucket are served."""

import gzip

import pytest

from tests.browsing import made
from tests.pages.reading import Page

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("key", "media_type"),
    [
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


PAGE = "quality/docs/2026/11/26/07h_20261126T0705_0.9876_1.0000_data_collection_x.html"
STORED = """<!doctype html><html lang="en"><head>
<link rel="stylesheet" href="../../../assets/data-docs-0123456789ab.css"></head><body>
<main><h1>Data quality of 2026-11-26 07:00 KST</h1>
<div class="framed" lang="en">
<div>values must never be null</div>
</div>
</main>
</body></html>"""


def test_data_docs_have_a_frame_in_the_language_of_the_reader(visit, store):
    store.put(PAGE, STORED.encode())
    page = Page(visit(f"pages/{PAGE}", **{"Accept-Language": "ko"}).text)

    assert "2026-11-26 07:00 KST 자료 품질" in page.text
    assert "values must never be null" in page.text
    assert page.links["이 날짜"] == "../../../../../../quality/2026-11-26"
    assert page.links["모델"] == "../../../../../../models"
    assert page.links["English"] == "?language=en"


def test_the_files_of_the_indexes_lead_to_their_views(visit):
    for key, address in (
        ("quality/docs/index.html", "../../../quality"),
        ("quality/docs/2026/11/26/index.html", "../../../../../../quality/2026-11-26"),
    ):
        response = visit(f"pages/{key}")
        assert (response.status_code, response.headers["Location"]) == (307, address)


def test_loads_and_forecasts_of_a_day_are_listed_for_the_reader(visit_as, store):
    visit = visit_as({"reader": {"history", "kma_forecast"}})
    names = ("load_20261126T0913_0.99_1.0000_history_x.html", "forecast_05h_20261126T0530_1_1_kma.html")
    for name in names:
        store.put(f"quality/docs/2026/11/26/{name}", b"")
    folder = "pages/quality/docs/2026/11/26"
    loads = Page(visit(f"{folder}/loads.html?language=ko").text)
    issues = Page(visit(f"{folder}/forecasts.html?language=ko").text)

    assert "2026-11-26에 검사한 적재 묶음" in loads.text
    assert names[0] in loads.links["1"]
    assert "기상청 예보, 2026-11-26 발표" in issues.text
    assert names[1] in issues.links["05:00"]
    assert visit("pages/quality/docs/2026/11/25/loads.html").status_code == 404


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
