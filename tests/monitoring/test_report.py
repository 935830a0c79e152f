"""The monitoring report: its verdict, reasons and changes, its JSON, and where it is published."""

import json
import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.monitoring import reported
from tests.monitoring.report_pages import HALF_HOUR, KEY, before, drawn, reasons_of, sections_with
from tests.monitoring.reported import NOW, held, unknown
from tests.pages.reading import Page
from weather_mlops.errors import Misconfigured
from weather_mlops.monitoring.checks import Section, Status
from weather_mlops.monitoring.report import LATEST_HTML, ReportVerdict, publish
from weather_mlops.monitoring.report.comparison import compare
from weather_mlops.monitoring.report.content import Report, WhyNot
from weather_mlops.monitoring.report.document import write
from weather_mlops.monitoring.report.starting import beginning
from weather_mlops.monitoring.report.stored import read
from weather_mlops.monitoring.report.translations import figure
from weather_mlops.monitoring.report.verdict import complete, judge
from weather_mlops.pages.messages.checks import CHECKS


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([], ReportVerdict.WELL),
        ([held("dag_late", 42, 15, "min", "forecast")], ReportVerdict.WATCH),
        ([held("kma_silent", 5, 3, "h", critical=True)], ReportVerdict.ACT),
        ([held("dag_late", 42, 15), held("kma_silent", 5, 3, critical=True)], ReportVerdict.ACT),
        ([unknown("kma_silent", "S3 is down", critical=True)], ReportVerdict.WATCH),
        ([unknown("dag_slow", "not enough yet (2)")], ReportVerdict.WELL),
    ],
    ids=["nothing", "a warning", "a critical one", "both", "critical, not measured", "warning, not measured"],
)
def test_the_verdict_is_that_of_the_gravest_check(checks, verdict):
    assert judge(sections_with(*checks), beginning([], NOW)) is verdict


def test_a_section_without_any_figure_is_not_well():
    health, data, *_ = reported.healthy(3)
    sections = complete([health, data])

    assert judge(sections, beginning(sections, NOW)) is ReportVerdict.WATCH
    assert reasons_of(sections) == ["Model: nothing could be compared with a limit."]


def test_reasons_show_figure_against_limit_gravest_first():
    late = held("dag_late", 42, 15, "min", "forecast")
    silent = [
        held("station_silent", hours, 10, "h", str(station)) for station, hours in ((90, 12), (108, 31))
    ]
    stale = held("observations_stale", 4.25, 3, "h", critical=True)
    sections = sections_with(late, *silent, stale)

    assert [text.replace("\u00a0", " ") for text in reasons_of(sections)] == [
        "Age of the newest observations: 4.25 h, limit 3 h.",
        "Delay of a run, forecast: 42 min, limit 15 min.",
        "Silence of a station: 2 of them; furthest Seoul (108): 31 h, limit 10 h.",
    ]
    assert (
        reasons_of(sections, "ko")[-1].replace("\u00a0", " ")
        == "지점 무보고: 2건, 가장 심한 서울 (108): 31 h, 한계 10 h."
    )


def test_a_healthy_system_counts_measured_and_unmeasured_checks():
    sections = sections_with(unknown("dag_slow", "not enough yet (2)"))
    measured = sum(check.status is Status.OK for section in sections for check in section.checks)

    assert reasons_of(sections) == [
        f"All {measured} measured checks are within their limits.",
        "1 checks that only warn could not be measured yet.",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.9995, "0.9995"), (95.0, "95"), (1234567.8, "1,234,568"), (-2.1, "−2.1"), (0, "0"), (None, "–")],
)
def test_a_figure_keeps_the_digits_that_tell_it_from_its_limit(value, text):
    assert figure(value) == text


def test_changes_are_opened_closed_and_no_longer_measured():
    old = sections_with(
        held("dag_late", 42, 15, "min", "a"),
        held("dag_late", 42, 15, "min", "b"),
        held("disk_full", 95, 90, "%", "/d"),
    )
    new = sections_with(
        held("dag_late", 0, 15, "min", "a"),
        unknown("dag_late", "Airflow is down", "b"),
        held("dag_slow", 4, 3, "×", "c"),
    )
    changes = compare(new, old)

    assert [check.problem for check in changes.opened] == ["dag_slow:c"]
    assert [check.problem for check in changes.closed] == ["dag_late:a"]
    assert changes.lost == ["dag_late:b", "disk_full:/d"]
    assert [(move.check.problem, move.before) for move in changes.moved] == [("dag_late:a", 42)]


def test_a_report_that_is_like_the_one_before_has_no_changes():
    for sections in (reported.healthy(5), reported.troubled(5), reported.young()):
        changes = compare(sections, sections)
        assert not any(
            (changes.opened, changes.closed, changes.lost, changes.moved, changes.missing, changes.recovered)
        )


def test_a_report_reads_what_it_wrote():
    report = Report(KEY, NOW, "run", complete(reported.troubled(5)), before(reported.healthy(5)))
    back = read(KEY, write(report, ["why"], "en"))

    assert (back.why_not, back.at, back.run) == (None, NOW, "run")
    assert [section.as_dict() for section in back.sections] == [
        section.as_dict() for section in report.sections
    ]
    assert (back.history[-1].key, back.history[-1].verdict) == (KEY, ReportVerdict.ACT)
    document = json.loads(write(report, ["why"], "en"))
    assert set(document) == {
        "schema",
        "key",
        "runbook",
        "at",
        "run",
        "language",
        "comparison",
        "verdict",
        "reasons",
        "began_at",
        "to_come",
        "sections",
        "changes",
        "history",
    }


def test_what_is_no_number_is_null_in_json():
    section = Section("system_health", {"a": float("nan")}, [held("cpu_busy", float("inf"), 95.0)])
    body = write(Report(KEY, NOW, "run", [section]), [], "en")

    assert json.loads(body, parse_constant=pytest.fail)["sections"][0]["figures"] == {"a": None}


@pytest.mark.parametrize(
    ("change", "why_not", "words"),
    [
        ({"schema": 3}, WhyNot.SCHEMA, "another schema version"),
        ({"schema": 99, "sections": None}, WhyNot.SCHEMA, "another schema version"),
        ({"sections": [{"name": "x"}]}, WhyNot.BROKEN, "can't be read"),
        ({"verdict": "splendid"}, WhyNot.BROKEN, "can't be read"),
    ],
)
def test_a_report_of_another_schema_is_not_compared(change, why_not, words):
    body = write(Report(KEY, NOW, "run", complete(reported.healthy(3))), [], "en")
    earlier = read(KEY, json.dumps({**json.loads(body), **change}).encode())

    assert earlier.why_not is why_not
    assert words in Page(drawn(reported.healthy(3), earlier=earlier)).text


@given(cut=st.integers(min_value=0), junk=st.binary(max_size=5))
def test_a_damaged_report_breaks_nothing(cut, junk):
    body = write(Report(KEY, NOW, "run", complete(reported.young())), [], "en")

    assert read(KEY, body[: cut % len(body)] + junk).why_not in set(WhyNot)


def test_each_alert_of_the_runbook_has_a_label_and_no_other():
    runbook = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()

    assert set(CHECKS) == set(re.findall(r"^### (\w+)$", runbook, re.MULTILINE))


def test_an_unknown_language_is_refused(store):
    with pytest.raises(Misconfigured, match="language 'fr' is not known; use one of en, ko"):
        publish(store, reported.healthy(2), now=NOW, language="fr", run="a")


@pytest.mark.integration
class TestPublishing:
    @pytest.fixture
    def published(self, store):
        """Two runs, half an hour apart."""
        first = publish(store, reported.healthy(3), now=NOW - HALF_HOUR, language="en", run="a")
        return SimpleNamespace(
            first=first, second=publish(store, reported.troubled(3), now=NOW, language="ko", run="b")
        )

    def keys(self, store):
        return [entry.key for entry in store.list("reports/")]

    def test_a_report_lies_under_its_time_in_kst_and_as_the_latest(self, store, published):
        assert published.second.html_key == "reports/monitoring/2026/11/26/0830.html"
        assert published.second.json_key == "reports/monitoring/2026/11/26/0830.json"
        assert self.keys(store) == [
            *(
                f"reports/monitoring/2026/11/26/{name}"
                for name in ("0800.html", "0800.json", "0830.html", "0830.json")
            ),
            LATEST_HTML,
            "reports/monitoring/latest.json",
        ]
        assert store.get("reports/monitoring/latest.json") == store.get(published.second.json_key)
        document = json.loads(store.get(published.second.json_key))
        assert (document["verdict"], document["reasons"]) == (
            ReportVerdict.ACT,
            list(published.second.reasons),
        )
        assert document["changes"]["since"]["key"] == published.first.json_key
        assert "memory_full" in document["changes"]["opened"]

    def test_links_between_reports_lead_to_reports(self, store, published):
        for key in (published.second.html_key, LATEST_HTML):
            addresses = Page(store.get(key).decode()).addresses
            assert {urljoin(key, each) for each in addresses if not each.startswith("#")} == {
                published.first.html_key,
                published.second.html_key,
                LATEST_HTML,
            }

    def test_a_run_that_is_tried_again_replaces_its_own_report(self, store, published):
        again = publish(store, reported.troubled(3), now=NOW + timedelta(minutes=2), language="ko", run="b")

        assert again == published.second
        assert len(self.keys(store)) == 6
        assert json.loads(store.get(again.json_key))["changes"]["since"]["key"] == published.first.json_key
        same = store.get(again.html_key)
        publish(store, reported.troubled(3), now=NOW + timedelta(minutes=2), language="ko", run="b")
        assert store.get(again.html_key) == same

    def test_the_report_before_may_be_days_ago_or_of_another_schema(self, store, published):
        later = publish(store, reported.healthy(3), now=NOW + timedelta(days=3), language="en", run="c")
        document = json.loads(store.get(later.json_key))
        assert document["changes"]["since"]["key"] == published.second.json_key
        assert [past["key"] for past in document["history"]] == [
            published.first.json_key,
            published.second.json_key,
        ]

        store.put(later.json_key, b'{"schema": 7}')
        last = publish(
            store, reported.healthy(3), now=NOW + timedelta(days=3, hours=1), language="en", run="d"
        )
        assert json.loads(store.get(last.json_key))["changes"]["why_not"] == "schema"
        assert "another schema version" in store.get(last.html_key).decode()

    def test_what_is_older_than_a_week_is_forgotten(self, store, published):
        later = publish(store, reported.healthy(3), now=NOW + timedelta(days=9), language="en", run="c")

        assert json.loads(store.get(later.json_key))["changes"]["why_not"] == "first"
