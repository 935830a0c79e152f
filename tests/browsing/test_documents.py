"""Which keys are pages, and what is shown of a raw response."""

import gzip

import pytest

from weather_mlops.browsing.documents import address, page_of, response
from weather_mlops.errors import FormatChanged


@pytest.mark.parametrize(
    "key",
    [
        "",
        "quality/docs/../index.html",
        "quality/docs/2026/11/26/../../../index.html",
        "quality/docs/2026/11/26/x.html\n",
        "quality/docs/assets/../page.css",
        "quality/docs/assets/page.css?x",
        "models/a/versions/../card.html",
        "raw/kma/kma_sfctm3/2026/11/26/x.json",
        "/quality/docs/index.html",
        "QUALITY/docs/index.html",
    ],
)
def test_what_is_no_page_has_no_address(key):
    assert page_of(key) is None
    assert address(key) == ""


def test_a_page_s_address_is_its_key_below_the_views():
    key = "quality/docs/2026/11/26/08h_x=1.html"

    assert address(key) == f"pages/{key}"


def test_a_response_is_shown_as_utf_8_and_without_the_key():
    text = "# 지점 authKey=Geheimnis&stn=0"

    for body in (text.encode("euc-kr"), gzip.compress(text.encode("euc-kr"))):
        assert response(body).decode() == "# 지점 authKey=***&stn=0"


@pytest.mark.parametrize("body", [b"\x1f\x8bno", gzip.compress(b"x" * 99)[:-9]], ids=["no gzip", "cut off"])
def test_a_damaged_response_is_reported(body):
    with pytest.raises(FormatChanged, match="Restore it"):
        response(body)
