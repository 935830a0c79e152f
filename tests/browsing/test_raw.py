"""The page of raw responses."""

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.browsing import raw
from weather_mlops.browsing.raw import RawObject, Sidecar
from weather_mlops.browsing.runs import RunView

RUN = RunView("data_collection", "r", "success", made.NOW)
KEY = made.raw_key()


def test_a_response_has_a_link_to_itself_and_its_checksum():
    about = Sidecar(made.NOW, 1234, 56789, "ab12")
    page = Page(raw.render(RUN, [RawObject(KEY, about)], 1, 1, ENGLISH))

    assert page.links[KEY] == f"pages/{KEY}"
    assert f"2026-11-26 08:30 KST 1,234 56,789 {KEY} SHA-256 ab12" in page.text


def test_a_korean_reader_gets_a_korean_page_of_responses():
    page = Page(raw.render(RUN, [RawObject(KEY, None)], 2, 3, KOREAN))

    assert "data_collection의 원본 응답, 2026-11-26 08:30 KST" in page.text
    assert "사이드카 파일이 없거나 읽을 수 없음" in page.text
    assert page.links["이 실행의 모든 문서"] == "documents?dag_id=data_collection&run_id=r"
    assert page.links["3"] == "raw?dag_id=data_collection&run_id=r&page=3"
    assert "이 실행이 저장한 응답이 없습니다." in Page(raw.render(RUN, [], 1, 1, KOREAN)).text


def test_a_response_without_a_sidecar_is_marked():
    page = raw.render(RUN, [RawObject(KEY, None)], 1, 1, ENGLISH)

    assert "its sidecar is missing, or can't be read" in Page(page).text


def test_texts_of_a_sidecar_are_escaped():
    page = raw.render(
        RUN, [RawObject(made.EVIL, Sidecar(made.NOW, 1, 1, made.EVIL), made.EVIL)], 1, 1, ENGLISH
    )

    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.integration
def test_only_sidecars_are_read_and_a_missing_one_hides_none(store):  # noqa: F811
    first, second = made.responses(store, 2)
    store.delete(first.replace(".txt.gz", ".json"))
    store.put("secrets.json", b'{"rows": 1}')
    objects = raw.read(store, [first, second, "secrets.txt.gz"])

    assert [each.about and each.about.rows for each in objects] == [None, 291, None]


def test_of_very_many_pages_only_the_nearest_are_linked():
    page = raw.render(RUN, [RawObject(KEY, None)], 1000, 2000, ENGLISH)

    assert len(page) < 20_000
    assert {"1", "995", "1005", "2000"} <= set(Page(page).links)
    assert "994" not in Page(page).links
