"""What the page of raw replies says of each."""

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from weather_mlops.browsing import raw
from weather_mlops.browsing.raw import Kept
from weather_mlops.browsing.runs import Run

RUN = Run("data_collection", "r", "success", made.NOW)
KEY = made.raw_key()


def test_a_reply_leads_to_itself_and_is_told_with_its_checksum():
    about = {
        "fetched_at": "2026-11-25T23:05:00+00:00",
        "rows": 1234,
        "bytes": 56789,
        "sha256": "ab12",
        "url": "u?x",
    }
    page = raw.render(RUN, [Kept(KEY, about)], 1, 1)

    for shown in (f'<a href="pages/{KEY}">', "2026-11-26 08:05\u00a0KST", "1,234", "56,789", "ab12"):
        assert shown in page
    assert "u?x" not in page


def test_what_is_not_known_of_a_reply_is_told_as_that():
    page = raw.render(RUN, [Kept(KEY, {"rows": "x", "fetched_at": "x", "sha256": None})], 1, 1)

    assert "its sidecar is gone, or does not tell" in page


def test_nothing_of_a_sidecar_is_taken_for_html():
    page = raw.render(RUN, [Kept(made.EVIL, {"sha256": made.EVIL})], 1, 1)

    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.integration
def test_sidecars_are_read_of_raw_replies_only_and_one_that_is_gone_hides_no_other(store):  # noqa: F811
    first, second = made.replies(store, 2)
    store.delete(first.replace(".txt.gz", ".json"))
    store.put("secrets.json", b'{"rows": 1}')
    found = raw.read(store, [first, second, "secrets.txt.gz"])

    assert [kept.about.get("rows") for kept in found] == [None, 291, None]
