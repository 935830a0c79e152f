"""Reports as pages, for tests."""

from dataclasses import replace
from datetime import timedelta

from tests.monitoring import reported
from tests.monitoring.reported import NOW
from weather_mlops.monitoring.report.content import Earlier, Report, WhyNot
from weather_mlops.monitoring.report.links import PageLinks
from weather_mlops.monitoring.report.page import render
from weather_mlops.monitoring.report.reasons import reasons
from weather_mlops.monitoring.report.starting import beginning
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.monitoring.report.verdict import complete
from weather_mlops.pages.languages import Language
from weather_mlops.pages.visit import Visit

KEY = "reports/monitoring/2026/11/26/0830.json"
RUNBOOK = "https://example.org/docs/runbook.md"
LINKS = PageLinks("../../../", RUNBOOK)
HALF_HOUR = timedelta(minutes=30)


def drawn(sections, language="en", earlier=None, links=LINKS):
    """The page as a task writes it."""
    of = earlier or Earlier(why_not=WhyNot.FIRST)
    return render(Report(KEY, NOW, "run", complete(sections), of), Visit(Language(language)), links)


def before(sections, at=NOW - HALF_HOUR):
    """The previous report."""
    return Earlier("reports/monitoring/2026/11/26/0800.json", None, at, "before", sections)


def sections_with(*checks):
    """A healthy system and these."""
    health, *others = reported.healthy(3)
    return [replace(health, checks=[*health.checks, *checks]), *others]


def reasons_of(sections, language="en"):
    """The sentences of the verdict."""
    return [reason.sentence for reason in reasons(sections, Translator(language), beginning(sections, NOW))]
