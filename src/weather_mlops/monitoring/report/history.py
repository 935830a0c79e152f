"""The reports before this one: the verdict of each, and links to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final

from markupsafe import Markup

from weather_mlops.clock import KST
from weather_mlops.monitoring.report.content import EarlierReport, Report
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.monitoring.report.verdict import ReportVerdict
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Axis
from weather_mlops.pages.components import Chart
from weather_mlops.pages.figures import kst

SHOWN: Final = timedelta(hours=24)
BAR: Final = timedelta(minutes=22)
"""Width of a bar; there is a report each half hour."""
HEIGHT: Final = 60  # units of the drawing
FILLS: Final = {
    ReportVerdict.WELL: "good",
    ReportVerdict.STARTING: "model",
    ReportVerdict.WATCH: "warn",
    ReportVerdict.ACT: "bad",
}

Link = Callable[[str], str]
"""From the key of a report's JSON to its page."""


@dataclass(frozen=True, slots=True)
class DayOfReports:
    """A day in Korea, and its reports: address, time and verdict; no verdict where all is well."""

    day: str
    reports: Sequence[tuple[str, str, str]]


def strip(report: Report, words: Translator, link: Link) -> Chart:
    """The verdicts of the last day including this one, as bars that link to their reports."""
    now = EarlierReport(report.at, report.key, report.verdict, report.problems)
    shown = [past for past in [*report.history, now] if past.at > report.at - SHOWN]
    x = charts.by_time(report.at - SHOWN, report.at + BAR, words("report_time"))
    y = Axis(0, len(ReportVerdict), charts.TOP + HEIGHT, charts.TOP, (), "")
    bars = charts.joined(_bar(past, x, y, words, link) for past in shown)
    svg = charts.framed(x, y, bars, label=words("report_strip_label"))
    return Chart(words("report_strip_title"), svg, words("report_strip_note"))


def earlier(report: Report, words: Translator, link: Link) -> list[DayOfReports]:
    """The earlier reports of the last 7 days, newest first."""
    newest_first = sorted(report.history, key=lambda past: past.at, reverse=True)
    days = groupby(newest_first, key=lambda past: past.at.astimezone(KST).date())
    return [DayOfReports(str(day), [_entry(past, words, link) for past in pasts]) for day, pasts in days]


def _bar(past: EarlierReport, x: Axis, y: Axis, words: Translator, link: Link) -> Markup:
    start, end = x.at(past.at.timestamp()), x.at((past.at + BAR).timestamp())
    top = y.at(list(ReportVerdict).index(past.verdict) + 1)
    title = f"{kst(past.at)}: {words(f'verdict_{past.verdict}')}"
    return charts.link(
        link(past.key), title, charts.bar(start, top, end, y.start, f"fill-{FILLS[past.verdict]}")
    )


def _entry(past: EarlierReport, words: Translator, link: Link) -> tuple[str, str, str]:
    verdict = "" if past.verdict is ReportVerdict.WELL else words(f"verdict_{past.verdict}")
    return link(past.key), f"{past.at.astimezone(KST):%H:%M}", verdict
