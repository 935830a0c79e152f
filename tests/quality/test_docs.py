"""Data Docs: each run's page and the indexes, and nothing that a value could smuggle in."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.quality.staged import NOON, audit, row
from weather_mlops.quality import docs


class Memory:
    """A bucket in memory that counts its requests."""

    def __init__(self):
        self.objects = {}
        self.requests = 0

    def put(self, key, body, content_type="x"):
        self.requests += 1
        self.objects[key] = body

    def list(self, prefix):
        self.requests += 1
        found = sorted(key for key in self.objects if key.startswith(prefix))
        return iter([type("Entry", (), {"key": key}) for key in found])


def test_a_run_publishes_its_result_its_page_and_the_indexes():
    store = Memory()
    keys = docs.publish(store, audit(row(wind_speed_ms=99.0), row(159)))

    assert keys.page.startswith("quality/docs/2026/11/23/1200_")
    result = json.loads(store.objects[keys.validation])
    assert result["counts"]["quarantined"] == 1
    assert result["score"]["overall"] is not None
    page = store.objects[keys.page].decode()
    assert "wind_speed_ms" in page
    assert keys.page.rsplit("/", 1)[1] in store.objects["quality/docs/2026/11/23/index.html"].decode()
    assert "2026/11/23/index.html" in store.objects["quality/docs/index.html"].decode()


def test_the_cost_of_a_run_does_not_grow_with_history():
    store = Memory()
    found = audit(row())
    docs.publish(store, found)
    for hour in range(700):
        at = NOON - timedelta(hours=hour + 24)
        store.objects[f"quality/docs/{at:%Y/%m/%d}/{at:%H%M}_1.0_1.0_run.html"] = b""
    before = store.requests
    docs.publish(store, found)

    assert store.requests - before <= 4


def test_the_index_of_a_day_tells_time_score_and_run():
    day = datetime(2026, 11, 23, tzinfo=UTC)
    folder = "quality/docs/2026/11/23"
    names = ["0900_0.9900_1.0000_run_a.html", "index.html", "1000_none_1.0000_b.html"]
    page = docs.day_index(day, [f"{folder}/{name}" for name in names])

    assert page.index("10:00 KST") < page.index("09:00 KST")
    assert "<td>0.9900</td>" in page
    assert ">run_a</a>" in page


def test_html_in_a_name_does_not_become_markup():
    day = datetime(2026, 11, 23, tzinfo=UTC)

    assert "<script" not in docs.day_index(
        day, ["quality/docs/2026/11/23/0900_1_1_<script>alert(1)</script>.html"]
    )
    assert "<script" not in docs.top_index(["q/d/<script>/a/b"])


def test_html_in_an_observed_value_does_not_become_markup():
    found = audit(row())
    found.result.results[0].result["observed_value"] = "<script>alert(1)</script>"
    page = docs.render(replace(found, run="<script>alert(2)</script>"))

    assert "<script>alert(1)" not in page
    assert "<script>alert(2)" not in page
