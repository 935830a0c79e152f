"""Section "Are the data in, and right?": windows, hours, runs, quarantine, gaps, corrections, drift."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from weather_mlops.clock import HOUR
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.figures import WINDOWS, WindowName
from weather_mlops.monitoring.figures.data import (
    CorrectionFigures,
    DataQualityFigures,
    DataWindow,
    GapCounts,
    HourlyCompleteness,
    ObservedVariable,
    RuleCounts,
    RunQuality,
)
from weather_mlops.monitoring.report import drift, stations
from weather_mlops.monitoring.report.check_tables import gap, gap_kind, hundredfold
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Curve, Look
from weather_mlops.pages.components import Chart, Part, Table, TableCell, TableRow, Text, share_bar
from weather_mlops.pages.figures import kst, number, percent, short_kst, to_kst

ROWS_OPEN: Final = 10  # longer tables fold the rest: on a phone they would bury what follows
SCORE: Final = Look("model", width=2.2)
FIT: Final = Look("persistence", (4, 2))

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class DataView:
    """What the section shows, in its order; parts that are None have nothing to show."""

    newest: Part | None
    windows: Part
    by_hour: Part
    station_map: Part
    stations: Part
    gaps: Part
    by_run: Part
    sensor_bias: Part
    variables: Part
    quarantine: Part
    corrections: Part
    drift: Sequence[Part]


def view(section: Section, words: Translator) -> DataView:
    """The section."""
    figures = section.data
    rows, rules, checks = figures.get("stations"), figures.get("quarantine"), section.checks

    def part(name: str, label: str, value: Value | None, shown: Callable[[Value], Part]) -> Part:
        return shown(value) if value else gap(section, name, words(f"data_{label}"), words)

    drifts = figures.get("drift")
    return DataView(
        _newest(figures, words),
        part("windows", "windows", figures.get("windows"), lambda each: _windows(each, words)),
        part(
            "completeness_by_hour",
            "by_hour",
            figures.get("completeness_by_hour"),
            lambda hours: _by_hour(hours, words),
        ),
        part("stations", "stations", rows, lambda each: stations.where(each, checks, words)),
        part("stations", "stations", rows, lambda each: stations.listed(each, checks, words)),
        part("gaps", "gaps", figures.get("gaps"), lambda gaps: _gaps(gaps, words)),
        part(
            "quality_by_run",
            "by_run",
            figures.get("quality_by_run"),
            lambda runs: _by_run(runs, figures.get("score_parts"), words),
        ),
        part("stations", "bias", rows, lambda each: stations.neighbour_bias(each, section, words)),
        part("variables", "variables", figures.get("variables"), lambda each: _variables(each, words)),
        gap(section, "quarantine", words("data_quarantine"), words)
        if rules is None
        else _quarantine(rules, words),
        part(
            "corrections", "corrections", figures.get("corrections"), lambda days: _corrections(days, words)
        ),
        drift.parts(drifts, words)
        if drifts and drifts.get("variables")
        else [gap(section, "drift", words("data_drift"), words)],
    )


def _newest(figures: DataQualityFigures, words: Translator) -> Text | None:
    at, lag = figures.get("newest_observed_at"), figures.get("lag_hours")
    if at is None or lag is None:
        return None
    return Text(words("data_newest", at=kst(at), lag=figure(lag, "h")), is_lead=True)


def _windows(windows: Mapping[WindowName, DataWindow], words: Translator) -> Table:
    rows = []
    for name in WINDOWS:
        window = windows.get(name) or {}
        cells = [
            number(window.get("stations"), digits=0),
            number(window.get("expected"), digits=0),
            number(window.get("present"), digits=0),
            percent(window.get("completeness"), digits=2),
            percent(window.get("validity"), digits=2),
            number(window.get("quarantined"), digits=0),
            number(window.get("corrected"), digits=0),
            percent(window.get("quality_score"), digits=1),
        ]
        rows.append(TableRow(words(f"data_window_{name}"), cells))
    names = (
        "window",
        "stations_n",
        "expected",
        "present",
        "completeness",
        "validity",
        "quarantined",
        "corrected",
        "quality_score",
    )
    columns = [words(f"data_{name}") for name in names]
    return Table(words("data_windows_caption"), columns, rows, words("report_dash"))


def _by_hour(series: HourlyCompleteness, words: Translator) -> Part:
    shares = [
        100 * present / expected if expected else None
        for expected, present in zip(series["expected"], series["present"], strict=True)
    ]
    known = [(share, hour) for share, hour in zip(shares, series["hours"], strict=True) if share is not None]
    if not known:
        return Text(words("data_nothing_expected"))
    least, at = min(known)
    hours = [to_kst(hour) for hour in series["hours"]]
    x = charts.by_time(hours[0], hours[-1] + HOUR, words("report_day"))
    y = charts.vertical([], "%", span=(0, 100))
    title = words("data_by_hour_title")
    rows = [
        TableRow(short_kst(hour), [number(expected, digits=0), number(present, digits=0)])
        for hour, expected, present in zip(hours, series["expected"], series["present"], strict=True)
    ]
    columns = [words("data_hour"), words("data_expected"), words("data_present")]
    return Chart(
        title,
        charts.columns(hours, shares, x, y, label=title),
        words("data_by_hour_note", least=percent(least / 100, digits=1), at=kst(at)),
        figures=Table(words("data_by_hour_figures"), columns, rows[::-1]),
        figures_title=words("report_figures"),
    )


def _by_run(runs: RunQuality, parts: Mapping[str, float | None] | None, words: Translator) -> Part:
    at = [to_kst(time) for time in runs["at"]]
    if not at:
        return Text(words("data_no_runs"))
    curves = [
        Curve(hundredfold(runs["fit_share"]), FIT),
        Curve(hundredfold(runs["score"]), SCORE),
    ]
    y = charts.vertical([value for curve in curves for value in curve.values], "%", span=(95, 100))
    x = charts.by_time(at[0], at[-1], words("report_day"))
    known = {name: share for name, share in (parts or {}).items() if share is not None}
    listed = ", ".join(
        words(f"data_part_{name}", share=percent(share, digits=1)) for name, share in known.items()
    )
    title, names = words("data_by_run_title"), (words("data_score"), words("data_fit_share"))
    rows = [
        TableRow(short_kst(time), [percent(score, digits=1), percent(fit, digits=1)])
        for time, score, fit in zip(at, runs["score"], runs["fit_share"], strict=True)
    ]
    return Chart(
        title,
        charts.lines([time.timestamp() for time in at], curves, x, y, label=title),
        words("data_score_parts", parts=listed) if listed else "",
        charts.legend([(names[0], SCORE), (names[1], FIT)]),
        Table(words("data_by_run_figures"), [words("data_run_at"), *names], rows[::-1]),
        words("report_figures"),
    )


def _variables(variables: Sequence[ObservedVariable], words: Translator) -> Table:
    def fall(row: ObservedVariable) -> float:
        observed = row.get("observed") or {}
        day, month = observed.get("24h"), observed.get("30d")
        return 0.0 if day is None or month is None else month - day

    rows = [
        TableRow(
            words.variable(row["name"]),
            [
                *(share_bar((row.get("observed") or {}).get(name)) for name in WINDOWS),
                number(row.get("outside_7d"), digits=0),
                percent(row.get("validity_7d"), digits=2),
            ],
        )
        for row in sorted(variables, key=fall, reverse=True)
    ]
    names = ["variable", *(f"window_{name}" for name in WINDOWS), "outside", "validity"]
    return Table(
        words("data_variables_caption"),
        [words(f"data_{name}") for name in names],
        rows,
        words("report_dash"),
        ROWS_OPEN,
        words("data_other_variables", n=len(rows) - ROWS_OPEN),
    )


def _quarantine(rules: Sequence[RuleCounts], words: Translator) -> Part:
    if not rules:
        return Text(words("data_no_quarantine"))
    rows = [
        TableRow(
            TableCell(str(rule["rule"]), language="en"),
            [number(rule.get(name), digits=0) for name in WINDOWS],
        )
        for rule in rules
    ]
    columns = [words("data_rule"), *(words(f"data_window_{name}") for name in WINDOWS)]
    return Table(words("data_quarantine_caption"), columns, rows, words("report_dash"))


def _gaps(gaps: GapCounts, words: Translator) -> Text:
    phrases = [words("data_gaps_open", n=number(gaps.get("open"), digits=0))]
    if oldest := gaps.get("oldest"):
        phrases.append(words("data_gaps_oldest", at=kst(oldest)))
    for name, counts in (("by_age", gaps.get("by_age")), ("by_reason", gaps.get("by_reason"))):
        parts = ", ".join(
            f"{gap_kind(key, words)}: {number(n, digits=0)}" for key, n in (counts or {}).items() if n
        )
        phrases += [words(f"data_{name}", parts=parts)] if parts else []
    return Text(f"{'; '.join(phrases)}.")


def _corrections(figures: CorrectionFigures, words: Translator) -> Text:
    counts, since = figures.get("corrected"), figures.get("counted_since")
    if not counts or not since:
        return Text(words("data_no_corrections"))
    return Text(
        words(
            "data_corrections_summary",
            since=kst(since),
            n=number(sum(counts), digits=0),
            days=len(counts),
            today=number(counts[-1], digits=0),
        )
    )
