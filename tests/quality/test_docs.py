"""Data Docs on S3: each run's page and the indexes, at a cost that doesn't grow with history."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.quality.staged import HOUR, NOON, audit, row
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.quality import docs
from weather_mlops.quality.docs.calendar import DAYS_SHOWN
from weather_mlops.quality.docs.calendar import KEY as CALENDAR

FOLDER = "quality/docs/2026/11/23"
INDEX = "quality/docs/index.html"


class Memory:
    """A bucket in memory that records its requests."""

    def __init__(self):
        self.objects = {}
        self.requests = []

    def put(self, key, body, content_type="x"):
        self.requests.append(("PUT", key))
        self.objects[key] = body

    def where(self, key):
        return f"s3://weather/{key}"

    def get(self, key, at_most=None):
        self.requests.append(("GET", key))
        try:
            return self.objects[key]
        except KeyError:
            raise FileNotFoundError(key) from None

    def exists(self, key):
        self.requests.append(("HEAD", key))
        return key in self.objects

    def list(self, prefix):
        self.requests.append(("LIST", prefix))
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        return iter([type("Entry", (), {"key": key}) for key in keys])

    def text(self, key):
        return self.objects[key].decode()


@pytest.fixture(scope="module")
def result():
    """An audit of the hours up to 13:00 KST, made at 12:00."""
    return audit(row(wind_speed_ms=99.0), row(159))


@pytest.fixture
def store():
    return Memory()


@pytest.fixture
def blank(monkeypatch):
    """Empty pages, for tests that only count or list them: rendering one is slow."""
    monkeypatch.setattr(docs, "render", lambda *_, **__: "")


def of_hour(result, at, **more):
    """An audit of another hour, made nine minutes after it."""
    return replace(
        result,
        window=(at - 2 * HOUR, at),
        audited_at=at + timedelta(minutes=9),
        **{"run": f"run {at}", **more},
    )


def hours(store, day="2026-11-23"):
    """What the calendar's file shows of a day: links of its hours, by hour."""
    (line,) = re.findall(rf'<tr id="d{day}">.*?</tr>', store.text(INDEX), re.DOTALL)
    return {
        int(hour): (href, title)
        for href, title, hour in re.findall(r'href="([^"]+)" title="([^"]+)"[^>]*><small>(\d\d)<', line)
    }


def loads(store, day="2026-11-23"):
    """What the calendar's file links of a day's loads: address, and their number."""
    return re.findall(r'<a href="([^"]+#loads)">(\d+)</a>', store.text(INDEX))


def test_a_run_publishes_its_result_its_page_and_the_indexes(store, result):
    keys = docs.publish(store, result)

    assert keys.page.startswith(f"{FOLDER}/13h_20261123T1200_")
    assert keys.validation.startswith("quality/validations/2026/11/23/1200_")
    stored = json.loads(store.objects[keys.validation])
    assert stored["counts"]["quarantined"] == 1
    assert stored["score"]["overall"] is not None
    assert "wind_speed_ms" in store.text(keys.page)
    name = keys.page.rsplit("/", 1)[1]
    assert f'href="{name}"' in store.text(f"{FOLDER}/index.html")
    assert hours(store)[13][0] == f"2026/11/23/{name}"


def test_data_docs_of_simulated_weather_say_so(store, result, monkeypatch):
    monkeypatch.setenv("WEATHER_SIMULATED", "True")

    keys = docs.publish(store, result)

    assert "Simulated weather" in store.text(keys.page)


def test_a_page_belongs_to_the_hour_of_its_data_not_of_the_audit(store, result, blank):
    docs.publish(store, replace(of_hour(result, NOON), audited_at=NOON + timedelta(days=3)))

    assert list(hours(store)) == [12]
    assert "11-26 12:00" in store.text(f"{FOLDER}/index.html")


def test_midnight_belongs_to_the_day_that_begins(store, result, blank):
    docs.publish(store, of_hour(result, NOON + 12 * HOUR))
    assert list(hours(store, "2026-11-24")) == [0]


def test_each_of_several_runs_of_an_hour_can_be_reached(store, result, blank):
    for number in range(3):
        docs.publish(store, of_hour(result, NOON, run=f"run {number}"))
    assert "newest of 3 runs" in hours(store)[12][1]
    day = store.text(f"{FOLDER}/index.html")
    assert day.count('<tr id="h12">') == 1
    assert day.count('href="12h_') == 3


def test_batches_of_a_load_are_listed_and_fill_no_hour(store, result):
    for part in range(2):
        part_audited = replace(result, window=(NOON - 700 * HOUR, NOON), run=f"history/x/part-{part:04d}")
        page = docs.publish(store, part_audited, load=True).page
    assert hours(store) == {}
    assert loads(store) == [("2026/11/23/index.html#loads", "2")]
    assert f'href="{page.rsplit("/", 1)[1]}"' in store.text(f"{FOLDER}/loads.html")
    assert 'id="loads"' in store.text(f"{FOLDER}/index.html")
    assert "2026-10-25 08:00 to 2026-11-23 12:00 KST" in store.text(page)


def test_pages_of_earlier_versions_stay_reachable(store, result, blank):
    hourly = f"{FOLDER}/0907_0.9900_1.0000_data_collection_scheduled-ab12cd34.html"
    part = f"{FOLDER}/0907_0.9900_1.0000_history_manual_part-0003-ab12cd34.html"
    long_ago = "quality/docs/2026/05/01/0907_none_1.0000_data_collection_scheduled-ab12cd34.html"
    for key in (hourly, part, long_ago, f"{FOLDER}/notes.txt", "quality/docs/2026/02/31/0907_1_1_a.html"):
        store.objects[key] = b""
    store.objects[INDEX] = b"<!doctype html><h1>Data quality by day (KST)</h1>"
    docs.publish(store, result)

    assert hours(store)[9][0] == hourly.removeprefix("quality/docs/")
    assert loads(store) == [("2026/11/23/index.html#loads", "1")]
    assert "unscored" in hours(store, "2026-05-01")[9][1]
    assert "hour of the audit" in store.text(f"{FOLDER}/index.html")


def test_the_days_before_are_listed_until_cleanup_removes_them(store, result, blank):
    for day in range(40):
        docs.publish(store, of_hour(result, NOON - timedelta(days=40 - day)))
    index = store.text(INDEX)
    assert index.count('<tr id="d') == DAYS_SHOWN
    assert 'href="2026/10/14/index.html">2026-10-14' in index
    for key in [key for key in store.objects if key.startswith("quality/docs/2026/10/1")]:
        del store.objects[key]
    docs.publish(store, of_hour(result, NOON))

    index = store.text(INDEX)
    assert "2026/10/19" not in index
    assert 'href="2026/10/20/index.html"' in index


def test_an_overwritten_index_is_complete_again_the_next_day(store, result, blank):
    docs.publish(store, of_hour(result, NOON - HOUR))
    before = store.objects[CALENDAR]
    docs.publish(store, of_hour(result, NOON))
    store.objects[CALENDAR] = before
    docs.publish(store, of_hour(result, NOON + timedelta(days=1)))

    assert set(hours(store)) == {11, 12}


@pytest.mark.parametrize(
    "damaged", [b"\xff\xfe", b"[]", b'{"style": "a.css", "days": {"x": {}}, "earlier": []}']
)
def test_a_damaged_calendar_is_rebuilt(store, result, blank, damaged):
    docs.publish(store, of_hour(result, NOON))
    store.objects[CALENDAR] = damaged
    docs.publish(store, of_hour(result, NOON + HOUR))

    assert set(hours(store)) == {12, 13}


def test_the_calendar_of_an_earlier_version_is_continued_once(store, result, blank):
    docs.publish(store, of_hour(result, NOON))
    del store.objects[CALENDAR]
    docs.publish(store, of_hour(result, NOON + HOUR))
    listed = len([request for request in store.requests if request == ("LIST", "quality/docs/")])
    docs.publish(store, of_hour(result, NOON + 2 * HOUR))

    assert set(hours(store)) == {12, 13, 14}
    assert [request for request in store.requests if request == ("LIST", "quality/docs/")][listed:] == []


def test_the_style_is_published_once_and_after_a_change(store, result, monkeypatch):
    page = docs.publish(store, of_hour(result, NOON)).page
    sheet = next(key for key in store.objects if key.startswith(docs.ASSETS))
    assert f'href="../../../assets/{sheet.rsplit("/", 1)[1]}"' in store.text(page)
    before = len(store.requests)
    monkeypatch.setattr(docs, "render", lambda *_, **__: "")
    docs.publish(store, of_hour(result, NOON + HOUR))
    assert not any(sheet in request for request in store.requests[before:])
    monkeypatch.setattr(docs, "style_sheet", lambda: type("Sheet", (), {"name": "new.css", "body": b"p{}"}))
    docs.publish(store, of_hour(result, NOON + 2 * HOUR))

    assert {sheet, f"{docs.ASSETS}/new.css"} <= set(store.objects)


def test_the_cost_of_a_run_does_not_grow_with_history(store, result, blank):
    for hour in range(10):
        docs.publish(store, of_hour(result, NOON + hour * HOUR))
    young = len(store.requests)
    docs.publish(store, of_hour(result, NOON + 10 * HOUR))
    young = store.requests[young:]
    for hour in range(10_000):
        at = (NOON - (hour + 24) * HOUR).astimezone(docs.KST)
        store.objects[
            f"quality/docs/{at:%Y/%m/%d}/{at:%H}h_{at:%Y%m%dT%H%M}_1.0000_1.0000_r-ab12cd34.html"
        ] = b""
    del store.objects[CALENDAR]
    docs.publish(store, of_hour(result, NOON + 10 * HOUR))
    before = len(store.requests)
    docs.publish(store, of_hour(result, NOON + 10 * HOUR))

    assert [kind for kind, _ in store.requests[before:]] == [kind for kind, _ in young]
    assert len(young) == 7


def test_the_bucket_in_memory_has_methods_of_the_real_one_only():
    assert all(hasattr(ObjectStore, name) for name in ("put", "get", "where", "exists", "list"))
