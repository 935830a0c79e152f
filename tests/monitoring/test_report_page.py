"""The report as a page: complete, escaped, in one language, whatever figure is missing."""

import copy
import re
from dataclasses import replace

import pytest

from tests.monitoring import reported
from tests.monitoring.report_pages import KEY, RUNBOOK, before, drawn, sections_with
from tests.monitoring.reported import NOW, held
from tests.pages.reading import Page
from weather_mlops.monitoring.checks import Check, CheckSeverity, Missing, Status
from weather_mlops.monitoring.report.content import Report
from weather_mlops.monitoring.report.links import PageLinks
from weather_mlops.monitoring.report.page import render
from weather_mlops.monitoring.report.verdict import complete
from weather_mlops.pages.languages import Language
from weather_mlops.pages.messages import LANGUAGES, MESSAGES
from weather_mlops.pages.visit import Visit

EVIL = "<script>alert('x')</script>\"&\u202e"
NOT_A_FIGURE = re.compile(r"\b(nan|None|null|inf)\b")


def test_critical_and_warning_differ_without_colours():
    sections = sections_with(held("dag_late", 42, 15, "min"), held("kma_silent", 5, 3, "h", critical=True))
    text = Page(drawn(sections)).text

    assert "critical Since the last response of the KMA's API: 5 h, limit 3 h." in text
    assert "warning Delay of a run: 42 min, limit 15 min." in text
    assert "✕ Act now" in text


def test_the_page_tells_what_changed():
    text = Page(drawn(reported.troubled(5), earlier=before(reported.healthy(5)))).text

    assert "New problems Memory in use" in text
    assert "Newly missing figures System: storage.write_ms" in text
    assert "Failed runs in a row, model_training 0 3 +3 1" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["healthy", "troubled", "young"])
def test_a_page_is_complete_self_contained_and_without_none(name, language):
    html = drawn(getattr(reported, name)(), language, before(reported.healthy()))
    page = Page(html)

    assert len(html.encode()) < 400_000
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    assert "url(" not in html
    assert "@import" not in html
    assert all(address.startswith(("#", "../../../", RUNBOOK)) for address in page.addresses)
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
        links = PageLinks("", f"https://x/{EVIL}")
        html = render(Report(KEY, NOW, EVIL, sections, old), Visit(Language(language)), links)
        assert "script>alert('x')" in Page(html).text
        assert html.count("&lt;script&gt;") > 50
        assert "<script" not in html
        assert "\u202e" not in html


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


def test_a_korean_page_has_no_english_of_its_own():
    html = drawn(reported.healthy(3), "ko", before(reported.troubled(3)))
    quoted = r'<style.*?</style>|<(span|div|td)[^>]* lang="en">.*?</\1>'
    own = re.sub(r"<[^>]*>", " ", re.sub(quoted, " ", html, flags=re.DOTALL))
    english = {word for message in MESSAGES.values() for word in re.findall("[a-z]{5,}", message.en)}
    korean = {word for message in MESSAGES.values() for word in re.findall("[a-z]{5,}", message.ko)}
    given_names = {
        "scheduler",
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


def test_a_korean_verdict_quotes_english_only_for_want_of_figures():
    alone = held("memory_full", 95, 90, "%", detail="7.6 of 8.0 GB in use")
    failing = Check("s3_failing", "", Status.BREACH, CheckSeverity.WARNING, None, None, "", "no answer")
    english, korean = (Page(drawn(sections_with(alone, failing), language)).text for language in LANGUAGES)

    assert "limit 90 %. 7.6 of 8.0 GB in use · what to do" in english
    assert "한계 90 %. · 조치 방법" in korean
    assert "S3 응답: no answer" in korean


def test_without_an_address_the_runbook_is_named_and_not_linked():
    page = Page(drawn(reported.troubled(2), links=PageLinks("", "javascript:alert(1)")))

    assert "javascript:alert(1)#memory_full" in page.text
    assert not any(address.startswith("javascript") for address in page.addresses)
