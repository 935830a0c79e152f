"""The reports before this one: the verdict of each, and links to them."""

from collections.abc import Callable
from datetime import timedelta
from itertools import groupby
from typing import Final

from markupsafe import Markup

from weather_mlops.clock import KST
from weather_mlops.monitoring.report.content import EarlierReport, Report
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.monitoring.report.verdict import ReportVerdict
from weather_mlops.pages import charts
from weather_mlops.pages.markup import figure as drawing
from weather_mlops.pages.markup import folded, kst

SHOWN: Final = timedelta(hours=24)
BAR: Final = timedelta(minutes=22)
"""Width of a bar; there is a report each half hour."""
HEIGHT: Final = 60  # units of the drawing
TONES: Final = {
    ReportVerdict.WELL: "good",
    ReportVerdict.STARTING: "model",
    ReportVerdict.WATCH: "warn",
    ReportVerdict.ACT: "bad",
}

Link = Callable[[str], str]
"""From the key of a report's JSON to its page."""


def strip(report: Report, words: Translator, link: Link) -> str:
    """The verdicts of the last day including this one, as bars that link to their reports."""
    now = EarlierReport(report.at, report.key, report.verdict, report.problems)
    shown = [past for past in [*report.history, now] if past.at > report.at - SHOWN]
    x = charts.by_time(report.at - SHOWN, report.at + BAR, words("time"))
    y = charts.Axis(0, len(ReportVerdict), charts.TOP + HEIGHT, charts.TOP, (), "")
    bars = charts.joined(_bar(past, x, y, words, link) for past in shown)
    svg = charts.framed(x, y, bars, label=words("strip_label"))
    return drawing(words("strip_title"), words("strip_note"), svg)


def earlier(report: Report, words: Translator, link: Link) -> str:
    """Links to the earlier reports of the last 7 days, a line for each day."""
    if not report.history:
        return f"<p>{words('no_earlier')}</p>"
    newest_first = sorted(report.history, key=lambda past: past.at, reverse=True)
    days = groupby(newest_first, key=lambda past: past.at.astimezone(KST).date())
    lines = "".join(
        f"<li><b>{day} KST</b> {' '.join(_link(past, words, link) for past in pasts)}</li>"
        for day, pasts in days
    )
    return folded(words("earlier_reports", n=len(newest_first)), f'<ul class="days">{lines}</ul>')


def _bar(past: EarlierReport, x: charts.Axis, y: charts.Axis, words: Translator, link: Link) -> Markup:
    start, end = x.at(past.at.timestamp()), x.at((past.at + BAR).timestamp())
    top = y.at(list(ReportVerdict).index(past.verdict) + 1)
    title = f"{kst(past.at)}: {words(past.verdict)}"
    body = charts.bar(start, top, end, y.start, f"fill-{TONES[past.verdict]}")
    return charts.link(charts.raw(link(past.key)), title, body)


def _link(past: EarlierReport, words: Translator, link: Link) -> str:
    text = f"{past.at.astimezone(KST):%H:%M}"
    text += "" if past.verdict is ReportVerdict.WELL else f" {words(past.verdict)}"
    return f'<a href="{link(past.key)}">{text}</a>'
