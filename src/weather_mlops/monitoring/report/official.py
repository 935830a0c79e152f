"""Section "Is the KMA's forecast in, and is ours better?": issues, errors of both, bias, coordinates."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final, TypeVar

from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.figures.official import (
    BiasFigures,
    ComparedErrors,
    ForecastComparison,
    IssueFigures,
    IssueGaps,
    MoveFigures,
    PooledErrors,
)
from weather_mlops.monitoring.report.components import check_tables, gap, gap_kind
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages import charts
from weather_mlops.pages.charts import KMA_FORECAST, Curve, Look, legend
from weather_mlops.pages.markup import cell, escape, kst, number, percent, table
from weather_mlops.pages.markup import figure as drawing
from weather_mlops.stations import stations_by_id

OURS: Final = Look("model", width=2.6)
DAY_AHEAD: Final = "24"
SHOWN_LEADS: Final = ("1", "6", "12", "24", "36", "48")
Part = TypeVar("Part")


def body(section: Section, words: Translator) -> str:
    """The section."""
    figures = section.official
    if section.is_absent:
        return f"<p>{words('not_collected')}</p>"

    def part(name: str, label: str, value: Part | None, draw: Callable[[Part, Translator], str]) -> str:
        return draw(value, words) if value else gap(section, name, words(label), words)

    comparison = figures.get("comparison")
    reason = (comparison["reason"] if comparison else None) or ""
    compared = (
        _comparison(comparison, words)
        if comparison and comparison.get("leads")
        else gap(section, "comparison", words("comparison"), words, reason)
    )
    return (
        f"{check_tables(section.checks, words)}{compared}"
        + part("newest_issue", "newest_issue", figures.get("newest_issue"), _newest)
        + (_gaps(gaps, words) if (gaps := figures.get("gaps")) else "")
        + part("bias", "bias_changes", figures.get("bias"), _bias)
        + part("moves", "station_moves", figures.get("moves"), _moves)
    )


def sentence(sections: Iterable[Section], words: Translator) -> str | None:
    """The errors of both forecasts 24 hours ahead in a sentence; None where there are none.

    Those of a simulator are followed by a sentence that says so; on the page, its own notice does.
    """
    for section in sections:
        comparison, simulated = section.official.get("comparison"), section.official.get("simulated")
        if comparison and (errors := (comparison.get("leads") or {}).get(DAY_AHEAD)):
            text = _day_ahead(comparison, errors, words)
            return f"{text} {words('simulated_figures')}" if simulated else text
    return None


def _day_ahead(comparison: ForecastComparison, errors: ComparedErrors, words: Translator) -> str:
    ours, kma = (number(each["rmse"], "°C") for each in (errors["ours"], errors["kma"]))
    return words("compared_24h", ours=ours, kma=kma, days=_days(comparison))


def _days(comparison: ForecastComparison) -> int:
    """Whole days before the last one, which is today."""
    return (date.fromisoformat(comparison["last_day"]) - date.fromisoformat(comparison["first_day"])).days


def _comparison(comparison: ForecastComparison, words: Translator) -> str:
    leads = comparison["leads"]
    html = ""
    if day_ahead := leads.get(DAY_AHEAD):
        n = number(day_ahead["ours"]["n"], digits=0)
        html = (
            f'<p class="lead"><b>{_day_ahead(comparison, day_ahead, words)}</b></p>'
            f'<p class="soft">{words("compared_how", n=n)}</p>'
        )
    key = legend([(words("ours"), OURS), (words("kma_forecast"), KMA_FORECAST)])
    return f"{html}{key}{_plot(comparison, words)}{_table(comparison, words)}"


def _plot(comparison: ForecastComparison, words: Translator) -> str:
    by_lead = {int(lead): errors for lead, errors in comparison["leads"].items()}
    leads = sorted(by_lead)
    curves = [
        Curve([by_lead[lead]["kma"]["rmse"] for lead in leads], KMA_FORECAST),
        Curve([by_lead[lead]["ours"]["rmse"] for lead in leads], OURS),
    ]
    title = words("compared_by_lead", days=_days(comparison))
    y = charts.vertical([value for curve in curves for value in curve.values], "°C", span=(0,))
    svg = charts.lines(leads, curves, charts.by_lead(leads, words("lead")), y, label=title)
    return drawing(escape(title), words("rmse_note"), svg)


def _table(comparison: ForecastComparison, words: Translator) -> str:
    shown: dict[str, ComparedErrors | None] = {
        words("compared_lead", lead=lead): comparison["leads"].get(lead) for lead in SHOWN_LEADS
    }
    shown[words("compared_maximum")] = comparison.get("maximum")
    shown[words("compared_minimum")] = comparison.get("minimum")
    rows = [
        (f"{title}, {words(name)}", _cells(pooled))
        for title, errors in shown.items()
        if errors
        for name, pooled in (("ours", errors["ours"]), ("kma_forecast", errors["kma"]))
    ]
    names = ("rmse", "mae", "mean_bias", "within_1", "within_2", "compared_rows")
    return table(words("compared_caption"), ["", *(words(name) for name in names)], rows)


def _cells(errors: PooledErrors) -> list[str]:
    return [
        cell(number(errors["rmse"])),
        cell(number(errors["mae"])),
        cell(number(errors["bias"], signed=True)),
        cell(percent(errors["within_1"], digits=1)),
        cell(percent(errors["within_2"], digits=1)),
        cell(number(errors["n"], digits=0)),
    ]


def _newest(issue: IssueFigures, words: Translator) -> str:
    text = words(
        "newest_issue_of",
        at=kst(issue["issued_at"]),
        age=figure(issue["age_hours"], "h"),
        stations=issue["stations"],
        expected=issue["stations_expected"],
    )
    return f"<p>{text}</p>"


def _gaps(gaps: IssueGaps, words: Translator) -> str:
    parts = ", ".join(f"{gap_kind(reason, words)} {n}" for reason, n in gaps["by_reason"].items())
    reasons = f" ({parts})" if parts else ""
    return f"<p>{words('missing_issues', open=gaps['open'], expected=gaps['expected'], reasons=reasons)}</p>"


def _bias(bias: BiasFigures, words: Translator) -> str:
    measured = [row for row in bias["stations"] if row["change_c"] is not None]
    changed = [
        f"{_station(row['station_id'], words)} {number(row['before_c'], '°C', digits=1, signed=True)} → "
        f"{number((row['before_c'] or 0) + (row['change_c'] or 0), '°C', digits=1, signed=True)}"
        for row in measured
        if row["since"]
    ]
    if changed:
        return f"<p>{words('bias_changed', stations=', '.join(changed))}</p>"
    if measured:
        return f"<p>{words('bias_unchanged', n=len(measured), day=bias['last_day'])}</p>"
    return f"<p>{words('bias_unmeasured', days=bias['days'])}</p>"


def _moves(moves: MoveFigures, words: Translator) -> str:
    moved = [
        f"{escape(words.station(row['id'], row['english'], row['korean']))} "
        f"{number(row['moved_km'], 'km', digits=1)}"
        for row in moves["moved"]
    ]
    if moved:
        return f"<p>{words('moved_stations', stations=', '.join(moved))}</p>"
    return f"<p>{words('no_moved_stations', n=moves['compared'], at=kst(moves['asked_at']))}</p>"


def _station(station_id: int, words: Translator) -> str:
    known = stations_by_id().get(station_id)
    return escape(words.station(known.id, known.english, known.korean) if known else str(station_id))
