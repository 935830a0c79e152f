"""What the page of raw replies says of each."""

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from weather_mlops.browsing import raw
from weather_mlops.browsing.raw import RawObject, Sidecar
from weather_mlops.browsing.runs import RunView

RUN = RunView("data_collection", "r", "success", made.NOW)
KEY = made.raw_key()


def test_a_reply_leads_to_itself_and_is_told_with_its_checksum():
    about = Sidecar(made.NOW, 1234, 56789, "ab12")
    page = raw.render(RUN, [RawObject(KEY, about)], 1, 1)

    for shown in (f'<a href="pages/{KEY}">', "2026-11-26 08:30\u00a0KST", "1,234", "56,789", "ab12"):
        assert shown in page


def test_what_is_not_known_of_a_reply_is_told_as_that():
    page = raw.render(RUN, [RawObject(KEY, None)], 1, 1)

    assert "its sidecar is gone, or does not tell" in page


def test_nothing_of_a_sidecar_is_taken_for_html():
    page = raw.render(RUN, [RawObject(made.EVIL, Sidecar(made.NOW, 1, 1, made.EVIL), made.EVIL)], 1, 1)

    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.integration
def test_only_sidecars_of_raw_are_read_and_a_lost_one_hides_none(store):  # noqa: F811
    first, second = made.replies(store, 2)
    store.delete(first.replace(".txt.gz", ".json"))
    store.put("secrets.json", b'{"rows": 1}')
    found = raw.read(store, [first, second, "secrets.txt.gz"])

    assert [kept.about and kept.about.rows for kept in found] == [None, 291, None]


def test_of_very_many_pages_those_around_this_one_are_linked():
    page = raw.render(RUN, [RawObject(KEY, None)], 1000, 2000)

    assert len(page) < 20_000
    assert all(
        f"&amp;page={number}&quot;" in page or f'&amp;page={number}"' in page
        for number in (1, 995, 1005, 2000)
    )
    assert "page=994" not in page
