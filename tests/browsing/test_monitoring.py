"""The page of monitoring: the latest report, and the reports of a day."""

from dataclasses import replace
from datetime import date

import pytest

from tests.browsing import made
from tests.lake.conftest import access, server, store  # noqa: F401  fixtures
from tests.monitoring import reported
from tests.pages.reading import ENGLISH, KOREAN, Page
from weather_mlops.browsing import monitoring
from weather_mlops.browsing.monitoring import Archive, Latest, UnreadableReport
from weather_mlops.monitoring.report import ReportVerdict
from weather_mlops.monitoring.report.content import EarlierReport, Report
from weather_mlops.monitoring.report.document import write
from weather_mlops.monitoring.report.stored import parse
from weather_mlops.monitoring.report.verdict import complete

DAY = date(2026, 11, 26)
KEY = "reports/monitoring/2026/11/26/0830.json"
KEYS = [f"reports/monitoring/2026/11/26/{clock}.html" for clock in ("0830", "0800")]
NONE = Archive(DAY, [], {}, [])


def latest(sections=None, reasons=(), language="en"):
    """A report as it is read; of a troubled system."""
    report = Report(KEY, made.NOW, "run", complete(sections or reported.troubled(3)))
    return Latest(parse(write(report, reasons, language), KEY))


def test_the_latest_verdict_with_its_reasons_is_on_top():
    page = Page(monitoring.render(latest(), NONE, ENGLISH))

    assert "✕ Act now critical Failed runs in a row" in page.text
    assert page.links["Open the report of 2026-11-26 08:30 KST"] == "pages/reports/monitoring/latest.html"


def test_reasons_are_in_the_reader_s_language_not_the_report_s():
    page = Page(monitoring.render(latest(reasons=["Memory is full."]), NONE, KOREAN))

    assert "✕ 즉시 조치 심각 연속 실패" in page.text
    assert "Memory is full." not in page.text


def test_stored_reasons_of_an_older_report_are_shown_as_they_are():
    old = latest(reasons=[made.EVIL])
    old = Latest(replace(old.stored, key=""))
    page = monitoring.render(old, NONE, KOREAN)

    assert "즉시 조치" in Page(page).text
    assert '<span lang="en">&lt;' in page
    assert "<img" not in page


def test_each_report_of_the_day_is_listed_with_its_known_verdict():
    summaries = {KEYS[1].replace(".html", ".json"): EarlierReport(made.NOW, "", ReportVerdict.WATCH, 3)}
    page = Page(monitoring.render(None, Archive(DAY, KEYS, summaries, [DAY, date(2026, 11, 25)]), ENGLISH))

    assert page.links["08:00 KST"] == "pages/reports/monitoring/2026/11/26/0800.html"
    assert "08:30 KST – – 08:00 KST ▲ Watch 3" in page.text
    assert "the day's last report has no summary of it" in page.text  # of the other one
    assert page.links["2026-11-25"] == "monitoring?day=2026-11-25"


@pytest.mark.parametrize(
    ("latest_report", "text"),
    [
        (None, "There is no report yet."),
        (UnreadableReport("It is damaged"), "It is damaged"),
        (UnreadableReport(), "Another version of this software wrote it."),
    ],
)
def test_without_a_report_the_page_says_so(latest_report, text):
    page = Page(monitoring.render(latest_report, NONE, ENGLISH))

    assert text in page.text
    assert "There is no report of this day" in page.text


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
        assert isinstance(monitoring.read_latest(store), UnreadableReport)

    def test_the_latest_report_is_read_as_it_was_published(self, store):  # noqa: F811
        made.reports(store, days=0)
        latest_report = monitoring.read_latest(store)

        assert (latest_report.at, latest_report.stored.verdict) == (made.NOW, ReportVerdict.WELL)
        assert latest_report.stored.key == KEY

    def test_folders_that_are_no_days_are_left_out(self, store):  # noqa: F811
        for name in ("26", "31", "x", "9"):
            store.put(f"reports/monitoring/2026/11/{name}/0000.html", b"")
        archive = monitoring.read_archive(store, DAY)

        assert archive.days == [DAY]
        assert archive.summaries == {}

    def test_of_the_latest_report_s_day_nothing_is_read_twice(self, store, monkeypatch):  # noqa: F811
        made.reports(store, days=1)
        latest_report = monitoring.read_latest(store)
        monkeypatch.setattr(type(store), "get", lambda *_: pytest.fail("S3 was read"))
        archive = monitoring.read_archive(store, DAY, latest_report)

        assert set(archive.summaries) >= {key.replace(".html", ".json") for key in archive.keys}
        assert len(archive.keys) == 18
