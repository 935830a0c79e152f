"""The monitoring report: its verdict, changes and missing figures; escaping; two languages."""

import copy
import json
import re
import string
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.monitoring import reported
from tests.monitoring.reported import NOW, held, unknown
from weather_mlops.errors import Misconfigured
from weather_mlops.monitoring import report as package
from weather_mlops.monitoring.checks import Missing, Section, Status
from weather_mlops.monitoring.report import LATEST_HTML, ReportVerdict, publish
from weather_mlops.monitoring.report.comparison import compare
from weather_mlops.monitoring.report.content import Earlier, Report, WhyNot
from weather_mlops.monitoring.report.document import read, write
from weather_mlops.monitoring.report.messages import LANGUAGES
from weather_mlops.monitoring.report.messages.checks import CHECKS
from weather_mlops.monitoring.report.page import PageLinks, render
from weather_mlops.monitoring.report.reasons import reasons
from weather_mlops.monitoring.report.starting import beginning
from weather_mlops.monitoring.report.translations import MESSAGES, Translator, figure
from weather_mlops.monitoring.report.verdict import complete, judge

KEY = "reports/monitoring/2026/11/26/0830.json"
RUNBOOK = "https://example.org/docs/runbook.md"
LINKS = PageLinks("../../../", RUNBOOK)
HALF_HOUR = timedelta(minutes=30)
VOID = {"meta", "br", "wbr"}
EVIL = "<script>alert('x')</script>\"&"
NOT_A_FIGURE = re.compile(r"\b(nan|None|null|inf)\b")
# What both languages call the same.
INTERNATIONAL = {"one_bare", "storage", "cores", "psi", "wasserstein", "rmse", "mae"}


class Page(HTMLParser):
    """What a reader sees, where it leads, and whether the markup closes what it opens."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.links, self.words = [], [], [], []
        self.feed(html)
        self.text = " ".join("".join(self.words).replace("\u00a0", " ").split())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)
            if self.open and self.open[-1] in {
                "td",
                "th",
                "p",
                "dd",
                "dt",
                "li",
                "text",
                "span",
                "b",
                "summary",
            }:
                self.words.append(" ")


def drawn(sections, language="en", earlier=None):
    of = earlier or Earlier(why_not=WhyNot.FIRST)
    return render(Report(KEY, NOW, "run", complete(sections), of), Translator(language), LINKS)


def before(sections, at=NOW - HALF_HOUR):
    return Earlier("reports/monitoring/2026/11/26/0800.json", None, at, "before", sections)


def sections_with(*checks):
    """A healthy system and these."""
    health, *others = reported.healthy(3)
    return [replace(health, checks=[*health.checks, *checks]), *others]


def reasons_of(sections, language="en"):
    return [reason.text for reason in reasons(sections, Translator(language), beginning(sections, NOW))]


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


def test_critical_and_warning_differ_without_colours():
    sections = sections_with(held("dag_late", 42, 15, "min"), held("kma_silent", 5, 3, "h", critical=True))
    text = Page(drawn(sections)).text

    assert "critical Since the last response of the KMA's API: 5 h, limit 3 h." in text
    assert "warning Delay of a run: 42 min, limit 15 min." in text
    assert "✕ Act now" in text


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


def test_the_page_tells_what_changed():
    text = Page(drawn(reported.troubled(5), earlier=before(reported.healthy(5)))).text

    assert "New problems Memory in use" in text
    assert "Newly missing figures system_health: storage.write_ms" in text
    assert "Failed runs in a row, model_training 0 3 +3 1" in text


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


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["healthy", "troubled", "young"])
def test_a_page_is_complete_self_contained_and_without_none(name, language):
    html = drawn(getattr(reported, name)(), language, before(reported.healthy()))
    page = Page(html)

    assert page.open == []
    assert len(html.encode()) < 1_000_000
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html
    assert all(link.startswith(("#", "../../../", RUNBOOK)) for link in page.links)
    assert NOT_A_FIGURE.findall(page.text) == []
    assert f'<html lang="{language}">' in html


def test_every_time_in_the_text_is_kst():
    text = Page(re.sub(r"<svg.*?</svg>|<ul class=\"days\">.*?</ul>", "", drawn(reported.troubled()))).text

    assert re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d(?! KST)", text) == []


def test_what_is_missing_is_listed_with_the_reason():
    sections = complete(reported.young())
    text = Page(drawn(sections)).text

    listed = text[text.index("What could not be measured, and why") :]
    for section in sections:
        for gap in section.missing:
            assert gap.what in listed
            assert gap.why in listed
        for check in section.checks:
            assert check.status is not Status.UNKNOWN or check.detail in listed
    assert "S3: not measured. s3://weather: no answer" in text
    assert "0.00" not in text


def test_all_that_comes_from_outside_is_escaped():
    def poisoned(value):
        if isinstance(value, dict):
            return {
                (name if name in own_names else name + EVIL): poisoned(inner) for name, inner in value.items()
            }
        if isinstance(value, list):
            return [poisoned(inner) for inner in value]
        return EVIL if value in texts else value

    own_names = {name for section in reported.troubled(2) for name in names(section.figures)}
    own_names -= {"data_collection", "missing", "scheduler"}
    texts = {
        "success", "healthy", reported.DUMB, "20261124T0200-1a2b3c4d", "not enough yet (3)", "°C", "Sokcho",
        "same season of 2023, 2024, 2025", "/opt/airflow", "속초",
    }  # fmt: skip
    sections = [
        replace(
            section,
            figures=poisoned(section.figures),
            checks=[replace(check, subject=EVIL, detail=EVIL, unit=EVIL) for check in section.checks]
            + [held(EVIL, 2, 1, EVIL, EVIL)],
            missing=[Missing(EVIL, EVIL)],
        )
        for section in reported.troubled(2)
    ]
    old = before([replace(section, missing=[Missing(EVIL + "!", EVIL)]) for section in reported.healthy(2)])
    for language in LANGUAGES:
        html = render(
            Report(KEY, NOW, EVIL, sections, old), Translator(language), PageLinks("", f"https://x/{EVIL}")
        )
        assert Page(html).open == []
        assert html.count("&lt;script&gt;") > 50
        assert "<script" not in html


def names(value):
    if isinstance(value, dict):
        return set(value) | set().union(*map(names, value.values()), set())
    return set().union(*map(names, value), set()) if isinstance(value, list) else set()


def holes(value, path=()):
    """Where a figure may be missing."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from holes(inner, (*path, name))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield from holes(value[0], (*path, 0))


@pytest.mark.parametrize("name", ["health", "data", "performance"])
def test_any_figure_may_be_none_and_the_page_still_comes_out(name):
    section = {
        "health": reported.health,
        "data": lambda: reported.data(stations=2),
        "performance": lambda: reported.performance(stations=2, leads=(1, 24)),
    }[name]()
    for path in holes(section.figures):
        if path[-1] in REQUIRED:
            continue
        figures = copy.deepcopy(section.figures)
        at = figures
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = None
        assert "</html>" in drawn([replace(section, figures=figures)]), path


# What makes a row of a list a row, and a plot a plot: without them there is no part of the page.
REQUIRED = {
    "id", "korean", "english", "latitude", "longitude", "name", "rule", "path", "used_share", "free_gb",
    "hours", "expected", "present", "at", "score", "fit_share", "days", "rmse", "persistence_rmse",
    "promised_rmse", "window", "first", "last", "reference", "version",
}  # fmt: skip


def test_each_alert_of_the_runbook_has_a_label_and_no_other():
    runbook = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()

    assert set(CHECKS) == set(re.findall(r"^### (\w+)$", runbook, re.MULTILINE))


def test_each_message_has_both_languages_and_equal_placeholders():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, message in {**MESSAGES, **CHECKS}.items():
        assert all(message), key
        assert len({frozenset(fields(text)) for text in message}) == 1, key
        assert key in INTERNATIONAL or re.search("[가-힣]", message.ko), key
        assert not re.search("[가-힣]", message.en), key


def test_messages_are_as_the_code_needs_them_no_more_no_less():
    folder = Path(package.__file__).parent
    files = [*folder.glob("*.py"), folder.parent / "alert_messages.py"]
    source = "".join(file.read_text() for file in files)
    # Names that are put together: window_7d, why_schema, part_validity, of_data_quality, alert_opened; and
    # those of enums.
    stems = {"window_", "why_", "part_", "of_", "gap_", "alert_", "step_", "watched_"}
    enums = {"well", "starting", "watch", "act", "critical", "warning", "ok", "breach", "unknown"}
    used = set(re.findall(r"[\"']([a-z0-9_]+)[\"']", source)) | enums

    assert {key for key in MESSAGES if key not in used and not key.startswith(tuple(stems))} == set()
    requested = set(re.findall(r"words\(\s*[\"']([a-z0-9_]+)[\"']", source))
    assert requested - set(MESSAGES) == set()


def test_a_korean_page_has_no_english_of_its_own():
    html = drawn(reported.healthy(3), "ko", before(reported.troubled(3)))
    own = re.sub(r'<style.*?</style>|<span lang="en">.*?</span>|<[^>]*>', " ", html, flags=re.DOTALL)
    english = {word for message in MESSAGES.values() for word in re.findall("[a-z]{5,}", message.en)}
    korean = {word for message in MESSAGES.values() for word in re.findall("[a-z]{5,}", message.ko)}
    given_names = {
        "healthy",
        "scheduler",
        "success",
        "forecast",
        "training",
        "model",
        "quality",
        "missing",
        "storage",
        "monitoring",
        "coverage",
    }

    words = set(re.findall(r"(?<![_./<\w])[a-z]{5,}(?![_./\w])", own))
    assert words & english - korean - given_names == set()


def test_an_unknown_language_is_refused(store):
    with pytest.raises(Misconfigured, match="language 'fr' is not known; use one of en, ko"):
        publish(store, reported.healthy(2), now=NOW, language="fr", run="a")


def test_without_an_address_the_runbook_is_named_and_not_linked():
    html = render(
        Report(KEY, NOW, "r", complete(reported.troubled(2))),
        Translator("en"),
        PageLinks("", "javascript:alert(1)"),
    )

    assert "javascript:alert(1)#memory_full" in Page(html).text
    assert not any(link.startswith("javascript") for link in Page(html).links)


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
            links = [link for link in Page(store.get(key).decode()).links if not link.startswith("#")]
            assert {urljoin(key, link) for link in links} == {
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
