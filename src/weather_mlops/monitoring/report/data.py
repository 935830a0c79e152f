"""Section "Are the data in, and right?": windows, hours, runs, quarantine, gaps, corrections, drift."""

from collections.abc import Callable, Mapping, Sequence
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
from weather_mlops.monitoring.report.components import check_tables, foreign, gap, gap_kind, hundredfold
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Curve, Look, legend
from weather_mlops.pages.markup import (
    cell,
    escape,
    folded,
    kst,
    number,
    percent,
    table,
    to_kst,
)
from weather_mlops.pages.markup import figure as drawing

ROWS_OPEN: Final = 10  # longer tables fold the rest: on a phone they would bury what follows
Part = TypeVar("Part")
SCORE: Final = Look("model", width=2.2)
FIT: Final = Look("persistence", (4, 2))


def body(section: Section, words: Translator) -> str:
    """The section."""
    figures = section.data

    def part(name: str, label: str, value: Part | None, draw: Callable[[Part], str]) -> str:
        return draw(value) if value else gap(section, name, words(label), words)

    rows, rules = figures.get("stations"), figures.get("quarantine")

    return (
        check_tables(section.checks, words)
        + _newest(figures, words)
        + f"<h3>{words('in')}</h3>"
        + part("windows", "windows", figures.get("windows"), lambda windows: _windows(windows, words))
        + '<div class="plots">'
        + part(
            "completeness_by_hour",
            "by_hour",
            figures.get("completeness_by_hour"),
            lambda hours: _by_hour(hours, words),
        )
        + part("stations", "stations", rows, lambda rows: stations.where(rows, section.checks, words))
        + "</div>"
        + part("stations", "stations", rows, lambda rows: stations.listed(rows, section.checks, words))
        + part("gaps", "gaps", figures.get("gaps"), lambda gaps: _gaps(gaps, words))
        + f"<h3>{words('right')}</h3>"
        + '<div class="plots">'
        + part(
            "quality_by_run",
            "by_run",
            figures.get("quality_by_run"),
            lambda runs: _by_run(runs, figures.get("score_parts"), words),
        )
        + part("stations", "bias", rows, lambda rows: stations.neighbour_bias(rows, section, words))
        + "</div>"
        + part("variables", "variables", figures.get("variables"), lambda each: _variables(each, words))
        + (
            _quarantine(rules, words)
            if rules is not None
            else gap(section, "quarantine", words("quarantine"), words)
        )
        + part(
            "corrections", "corrections", figures.get("corrections"), lambda days: _corrections(days, words)
        )
        + f"<h3>{words('drift_title')}</h3>"
        + part("drift", "drift", figures.get("drift"), lambda drifts: drift.body(drifts, section, words))
    )


def _newest(figures: DataQualityFigures, words: Translator) -> str:
    at, lag = figures.get("newest_observed_at"), figures.get("lag_hours")
    if at is None or lag is None:
        return ""
    return f'<p class="lead">{words("newest", at=kst(at), lag=figure(lag, "h"))}</p>'


def _windows(windows: Mapping[WindowName, DataWindow], words: Translator) -> str:
    rows = []
    for name in WINDOWS:
        window = windows.get(name) or {}
        cells = [
            cell(number(window.get("stations"), digits=0)),
            cell(number(window.get("expected"), digits=0)),
            cell(number(window.get("present"), digits=0)),
            cell(percent(window.get("completeness"), digits=2)),
            cell(percent(window.get("validity"), digits=2)),
            cell(number(window.get("quarantined"), digits=0)),
            cell(number(window.get("corrected"), digits=0)),
            cell(percent(window.get("quality_score"), digits=1)),
        ]
        rows.append((words(f"window_{name}"), cells))
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
    return table(words("windows_caption"), [words(name) for name in names], rows, words("dash"))


def _by_hour(series: HourlyCompleteness, words: Translator) -> str:
    hours = [to_kst(hour) for hour in series["hours"]]
    shares = [
        100 * present / expected if expected else None
        for expected, present in zip(series["expected"], series["present"], strict=True)
    ]
    known = [(share, hour) for share, hour in zip(shares, series["hours"], strict=True) if share is not None]
    if not known:
        return f"<p>{words('nothing_expected')}</p>"
    least, at = min(known)
    x = charts.by_time(hours[0], hours[-1] + HOUR, words("day"))
    y = charts.vertical([], "%", span=(0, 100))
    note = words("by_hour_note", least=percent(least / 100, digits=1), at=kst(at))
    return drawing(
        words("by_hour_title"), note, charts.columns(hours, shares, x, y, label=words("by_hour_title"))
    )


def _by_run(runs: RunQuality, parts: Mapping[str, float | None] | None, words: Translator) -> str:
    at = [to_kst(time) for time in runs["at"]]
    if not at:
        return f"<p>{words('no_runs')}</p>"
    curves = [
        Curve(hundredfold(runs["fit_share"]), FIT),
        Curve(hundredfold(runs["score"]), SCORE),
    ]
    y = charts.vertical([value for curve in curves for value in curve.values], "%", span=(95, 100))
    x = charts.by_time(at[0], at[-1], words("day"))
    known = {name: share for name, share in (parts or {}).items() if share is not None}
    listed = ", ".join(words(f"part_{name}", share=percent(share, digits=1)) for name, share in known.items())
    note = words("score_parts", parts=listed) if listed else ""
    keys = legend([(words("score"), SCORE), (words("fit_share"), FIT)])
    seconds = [time.timestamp() for time in at]
    svg = charts.lines(seconds, curves, x, y, label=words("by_run_title"))
    return drawing(words("by_run_title"), f"{note}{keys}", svg)


def _variables(variables: Sequence[ObservedVariable], words: Translator) -> str:
    def fall(row: ObservedVariable) -> float:
        observed = row.get("observed") or {}
        day, month = observed.get("24h"), observed.get("30d")
        return 0.0 if day is None or month is None else month - day

    rows = []
    for row in sorted(variables, key=fall, reverse=True):
        observed = [(row.get("observed") or {}).get(name) for name in WINDOWS]
        rows.append(
            (
                escape(words.variable(row["name"])),
                [
                    *(
                        cell(percent(value, digits=1), "bar", value)
                        if value is not None
                        else cell(percent(None))
                        for value in observed
                    ),
                    cell(number(row.get("outside_7d"), digits=0)),
                    cell(percent(row.get("validity_7d"), digits=2)),
                ],
            )
        )
    names = ["variable", *(f"window_{name}" for name in WINDOWS), "outside", "validity"]
    head = [words(name) for name in names]
    caption, dash, rest = words("variables_caption"), words("dash"), rows[ROWS_OPEN:]
    more = folded(words("other_variables", n=len(rest)), table(caption, head, rest, dash)) if rest else ""
    return table(caption, head, rows[:ROWS_OPEN], dash) + more


def _quarantine(rules: Sequence[RuleCounts], words: Translator) -> str:
    if not rules:
        return f"<p>{words('no_quarantine')}</p>"
    rows = [
        (foreign(str(rule["rule"])), [cell(number(rule.get(name), digits=0)) for name in WINDOWS])
        for rule in rules
    ]
    head = [words("rule"), *(words(f"window_{name}") for name in WINDOWS)]
    return table(words("quarantine_caption"), head, rows, words("dash"))


def _gaps(gaps: GapCounts, words: Translator) -> str:
    phrases = [f"<b>{words('gaps_open', n=number(gaps.get('open'), digits=0))}</b>"]
    if oldest := gaps.get("oldest"):
        phrases.append(words("gaps_oldest", at=kst(oldest)))
    for name, counts in (("by_age", gaps.get("by_age")), ("by_reason", gaps.get("by_reason"))):
        parts = ", ".join(
            f"{gap_kind(key, words)}: {number(n, digits=0)}" for key, n in (counts or {}).items() if n
        )
        phrases += [words(name, parts=parts)] if parts else []
    return f"<p>{'; '.join(phrases)}.</p>"


def _corrections(figures: CorrectionFigures, words: Translator) -> str:
    counts, since = figures.get("corrected"), figures.get("counted_since")
    if not counts or not since:
        return f"<p>{words('no_corrections')}</p>"
    text = words(
        "corrections_summary",
        since=kst(since),
        n=number(sum(counts), digits=0),
        days=len(counts),
        today=number(counts[-1], digits=0),
    )
    return f"<p>{text}</p>"
