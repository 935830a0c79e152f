"""Data Docs on S3: each run's page and the indexes, at a cost that doesn't grow with history."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.quality.staged import HOUR, NOON, audit, row
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.quality import docs
from weather_mlops.quality.docs.index import DAYS_SHOWN

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

    def get(self, key):
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


def line(store, day="2026-11-23"):
    """The line of a day in the calendar."""
    return next(line for line in store.text(INDEX).splitlines() if line.startswith(f'<tr id="d{day}"'))


def cells(store, day="2026-11-23"):
    return line(store, day).split("<td")[1:]


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
    assert f'href="2026/11/23/{name}"' in cells(store)[13]


def test_data_docs_of_simulated_weather_say_so(store, result, monkeypatch):
    monkeypatch.setenv("WEATHER_SIMULATED", "True")

    keys = docs.publish(store, result)

    assert "Simulated weather" in store.text(keys.page)


def test_a_page_belongs_to_the_hour_of_its_data_not_of_the_audit(store, result, blank):
    docs.publish(store, replace(of_hour(result, NOON), audited_at=NOON + timedelta(days=3)))

    assert "href" in cells(store)[12]
    assert [cell for cell in cells(store) if "href" in cell] == [cells(store)[12]]
    assert "11-26 12:00" in store.text(f"{FOLDER}/index.html")


def test_midnight_belongs_to_the_day_that_begins(store, result, blank):
    docs.publish(store, of_hour(result, NOON + 12 * HOUR))
    assert "href" in cells(store, "2026-11-24")[0]


def test_each_of_several_runs_of_an_hour_can_be_reached(store, result, blank):
    for number in range(3):
        docs.publish(store, of_hour(result, NOON, run=f"run {number}"))
    assert 'href="2026/11/23/index.html#h12">3 runs' in cells(store)[12]
    day = store.text(f"{FOLDER}/index.html")
    assert day.count('<tr id="h12">') == 1
    assert day.count('href="12h_') == 3


def test_batches_of_a_load_are_listed_and_fill_no_hour(store, result):
    for part in range(2):
        part_audited = replace(result, window=(NOON - 700 * HOUR, NOON), run=f"history/x/part-{part:04d}")
        page = docs.publish(store, part_audited, load=True).page
    assert "href" not in "".join(cells(store)[:24])
    assert 'href="2026/11/23/index.html#loads">2<' in cells(store)[24]
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

    assert hourly.removeprefix("quality/docs/") in cells(store)[9]
    assert ">1<" in cells(store)[24]
    assert "unscored" in cells(store, "2026-05-01")[9]
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
    before = store.objects[INDEX]
    docs.publish(store, of_hour(result, NOON))
    store.objects[INDEX] = before
    docs.publish(store, of_hour(result, NOON + timedelta(days=1)))

    assert "href" in cells(store)[12]


def test_a_damaged_index_is_rebuilt(store, result, blank):
    docs.publish(store, of_hour(result, NOON))
    store.objects[INDEX] = b"\xff\xfe"
    docs.publish(store, of_hour(result, NOON + HOUR))

    assert "href" in cells(store)[12]
    assert "href" in cells(store)[13]


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
    store.objects[INDEX] = b""
    docs.publish(store, of_hour(result, NOON + 10 * HOUR))
    before = len(store.requests)
    docs.publish(store, of_hour(result, NOON + 10 * HOUR))

    assert [kind for kind, _ in store.requests[before:]] == [kind for kind, _ in young]
    assert len(young) == 6


def test_the_bucket_in_memory_has_methods_of_the_real_one_only():
    assert all(hasattr(ObjectStore, name) for name in ("put", "get", "exists", "list"))
