"""The page of monitoring: the latest report, and the reports of a day."""

import json
from datetime import date

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from weather_mlops.browsing import monitoring
from weather_mlops.browsing.monitoring import Archive, Latest
from weather_mlops.monitoring.report import ReportVerdict
from weather_mlops.monitoring.report.content import EarlierReport

DAY = date(2026, 11, 26)
KEYS = [f"reports/monitoring/2026/11/26/{clock}.html" for clock in ("0830", "0800")]
NONE = Archive(DAY, [], {}, [])


def test_the_latest_verdict_with_its_reasons_is_on_top():
    page = monitoring.render(Latest(made.NOW, ReportVerdict.ACT, ["S3 is full", made.EVIL], "en"), NONE)

    assert "Act now" in page
    assert "<li>S3 is full</li>" in page
    assert "<img" not in page
    assert (
        'href="pages/reports/monitoring/latest.html">Open the report of 2026-11-26 08:30\u00a0KST</a>' in page
    )


def test_reasons_in_korean_are_marked_as_such():
    assert '<ul lang="ko">' in monitoring.render(Latest(made.NOW, ReportVerdict.WELL, ["정상"], "ko"), NONE)


def test_each_report_of_the_day_is_listed_with_its_known_verdict():
    summaries = {KEYS[1].replace(".html", ".json"): EarlierReport(made.NOW, "", ReportVerdict.WATCH, 3)}
    page = monitoring.render(None, Archive(DAY, KEYS, summaries, [DAY, date(2026, 11, 25)]))

    assert (
        'href="pages/reports/monitoring/2026/11/26/0800.html">08:00\u00a0KST</a></th><td class="name">'
        in page
    )
    assert "Watch" in page
    assert "the day's last report has no summary of it" in page  # of the other one
    assert "<b>2026-11-26</b>" in page
    assert 'href="monitoring?day=2026-11-25"' in page


@pytest.mark.parametrize(
    ("latest", "text"),
    [(None, "There is no report yet."), ("It is damaged", "It is damaged")],
)
def test_without_a_report_the_page_says_so(latest, text):
    page = monitoring.render(latest, NONE)

    assert text in page
    assert "There is no report of this day" in page


@pytest.mark.integration
class TestRead:
    def test_the_verdicts_of_a_day_take_one_object_and_four_listings(self, store):  # noqa: F811
        made.reports(store, days=2)
        requests = []
        store._client.meta.events.register("before-send.s3", lambda **_: requests.append(1))
        archive = monitoring.read_archive(store, date(2026, 11, 25))

        assert len(requests) == 5
        assert len(archive.keys) == 48
        assert {archive.summaries[key.replace(".html", ".json")].verdict for key in archive.keys[:12]} >= {
            ReportVerdict.WELL
        }
        assert len(archive.summaries) >= 48
        assert archive.days == [date(2026, 11, day) for day in (26, 25, 24)]

    @pytest.mark.parametrize("body", [b"{", b"[]", b'{"schema": 1}', b'{"schema": 99}', b"null"])
    def test_an_unreadable_report_differs_from_none(self, store, body):  # noqa: F811
        assert monitoring.read_latest(store) is None

        store.put("reports/monitoring/latest.json", body)
        assert isinstance(monitoring.read_latest(store), str)

    def test_the_latest_report_is_read_as_it_was_published(self, store):  # noqa: F811
        made.reports(store, days=0)
        latest = monitoring.read_latest(store)

        assert (latest.at, latest.verdict, latest.language) == (made.NOW, ReportVerdict.WELL, "en")
        assert latest.reasons == json.loads(store.get("reports/monitoring/latest.json"))["reasons"]

    def test_folders_that_are_no_days_are_left_out(self, store):  # noqa: F811
        for name in ("26", "31", "x", "9"):
            store.put(f"reports/monitoring/2026/11/{name}/0000.html", b"")
        archive = monitoring.read_archive(store, DAY)

        assert archive.days == [DAY]
        assert archive.summaries == {}

    def test_of_the_latest_report_s_day_nothing_is_read_twice(self, store, monkeypatch):  # noqa: F811
        made.reports(store, days=1)
        latest = monitoring.read_latest(store)
        monkeypatch.setattr(type(store), "get", lambda *_: pytest.fail("S3 was read"))
        archive = monitoring.read_archive(store, DAY, latest)

        assert set(archive.summaries) >= {key.replace(".html", ".json") for key in archive.keys}
        assert len(archive.keys) == 18
