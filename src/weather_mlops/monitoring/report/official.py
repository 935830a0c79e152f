"""Section "Is the KMA's forecast in, and is ours better?": issues, errors of both, bias, coordinates."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

from weather_mlops.documents.verification import PooledErrors
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.figures.official import (
    BiasFigures,
    ComparedErrors,
    ForecastComparison,
    IssueFigures,
    IssueGaps,
    MoveFigures,
)
from weather_mlops.monitoring.report.check_tables import gap, gap_kind
from weather_mlops.monitoring.report.translations import Translator, figure
from weather_mlops.pages import charts
from weather_mlops.pages.charts import KMA_FORECAST, Curve, Look
from weather_mlops.pages.components import Chart, Gap, Part, Table, TableRow, Text
from weather_mlops.pages.figures import kst, number, percent

OURS: Final = Look("model", width=2.6)
DAY_AHEAD: Final = "24"
SHOWN_LEADS: Final = ("1", "6", "12", "24", "36", "48")

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class OfficialView:
    """What the section shows, in its order."""

    compared: str
    compared_how: str
    comparison: Sequence[Part]
    issues: Sequence[Part]


def view(section: Section, words: Translator) -> OfficialView | Text:
    """The section; a sentence where the KMA's forecast is not collected."""
    figures = section.official
    if section.is_absent:
        return Text(words("official_not_collected"))

    def part(name: str, label: str, value: Value | None, text: Callable[[Value, Translator], str]) -> Part:
        return Text(text(value, words)) if value else gap(section, name, words(f"official_{label}"), words)

    comparison = figures.get("comparison")
    issues = [part("newest_issue", "newest_issue", figures.get("newest_issue"), _newest)]
    if gaps := figures.get("gaps"):
        issues.append(Text(_gaps(gaps, words)))
    issues += [
        part("bias", "bias_changes", figures.get("bias"), _bias),
        part("moves", "station_moves", figures.get("moves"), _moves),
    ]
    if not comparison or not comparison.get("leads"):
        return OfficialView("", "", [_no_comparison(section, comparison, words)], issues)
    day_ahead = comparison["leads"].get(DAY_AHEAD)
    return OfficialView(
        _day_ahead(comparison, day_ahead, words) if day_ahead else "",
        words("official_compared_how", n=number(day_ahead["ours"]["n"], digits=0)) if day_ahead else "",
        [_chart(comparison, words), _table(comparison, words)],
        issues,
    )


def sentence(sections: Iterable[Section], words: Translator) -> str | None:
    """The errors of both forecasts 24 hours ahead in a sentence; None where there are none.

    Those of a simulator are followed by a sentence that says so; on the page, its own notice does.
    """
    for section in sections:
        comparison, simulated = section.official.get("comparison"), section.official.get("simulated")
        if comparison and (errors := (comparison.get("leads") or {}).get(DAY_AHEAD)):
            text = _day_ahead(comparison, errors, words)
            return f"{text} {words('official_simulated_figures')}" if simulated else text
    return None


def _no_comparison(section: Section, comparison: ForecastComparison | None, words: Translator) -> Gap:
    reason = (comparison["reason"] if comparison else None) or ""
    return gap(section, "comparison", words("official_comparison"), words, reason)


def _day_ahead(comparison: ForecastComparison, errors: ComparedErrors, words: Translator) -> str:
    ours, kma = (number(each["rmse"], "°C") for each in (errors["ours"], errors["kma"]))
    return words("official_compared_24h", ours=ours, kma=kma, days=_days(comparison))


def _days(comparison: ForecastComparison) -> int:
    """Whole days before the last one, which is today."""
    return (date.fromisoformat(comparison["last_day"]) - date.fromisoformat(comparison["first_day"])).days


def _chart(comparison: ForecastComparison, words: Translator) -> Chart:
    by_lead = {int(lead): errors for lead, errors in comparison["leads"].items()}
    leads = sorted(by_lead)
    ours = [by_lead[lead]["ours"]["rmse"] for lead in leads]
    kma = [by_lead[lead]["kma"]["rmse"] for lead in leads]
    title = words("official_compared_by_lead", days=_days(comparison))
    y = charts.vertical([*ours, *kma], "°C", span=(0,))
    x = charts.by_lead(leads, words("model_lead"))
    curves = [Curve(kma, KMA_FORECAST), Curve(ours, OURS)]
    names = (words("official_ours"), words("official_kma_forecast"))
    rows = [TableRow(str(lead), [number(ours[n]), number(kma[n])]) for n, lead in enumerate(leads)]
    return Chart(
        title,
        charts.lines(leads, curves, x, y, label=title),
        words("model_rmse_note"),
        charts.legend(list(zip(names, (OURS, KMA_FORECAST), strict=True))),
        Table(words("official_by_lead_figures"), [words("model_lead"), *names], rows),
        words("report_figures"),
    )


def _table(comparison: ForecastComparison, words: Translator) -> Table:
    shown: dict[str, ComparedErrors | None] = {
        words("official_compared_lead", lead=lead): comparison["leads"].get(lead) for lead in SHOWN_LEADS
    }
    shown[words("official_compared_maximum")] = comparison.get("maximum")
    shown[words("official_compared_minimum")] = comparison.get("minimum")
    rows = [
        TableRow(f"{title}, {words(name)}", _cells(pooled))
        for title, errors in shown.items()
        if errors
        for name, pooled in (
            ("official_ours", errors["ours"]),
            ("official_kma_forecast", errors["kma"]),
        )
    ]
    columns = [
        "official_forecast",
        "model_rmse",
        "model_mae",
        "model_mean_bias",
        "official_within_1",
        "official_within_2",
        "official_compared_rows",
    ]
    return Table(words("official_compared_caption"), [words(name) for name in columns], rows)


def _cells(errors: PooledErrors) -> list[str]:
    return [
        number(errors["rmse"]),
        number(errors["mae"]),
        number(errors["bias"], signed=True),
        percent(errors["within_1"], digits=1),
        percent(errors["within_2"], digits=1),
        number(errors["n"], digits=0),
    ]


def _newest(issue: IssueFigures, words: Translator) -> str:
    return words(
        "official_newest_issue_of",
        at=kst(issue["issued_at"]),
        age=figure(issue["age_hours"], "h"),
        stations=issue["stations"],
        expected=issue["stations_expected"],
    )


def _gaps(gaps: IssueGaps, words: Translator) -> str:
    parts = ", ".join(f"{gap_kind(reason, words)} {n}" for reason, n in gaps["by_reason"].items())
    reasons = f" ({parts})" if parts else ""
    return words("official_missing_issues", open=gaps["open"], expected=gaps["expected"], reasons=reasons)


def _bias(bias: BiasFigures, words: Translator) -> str:
    measured = [row for row in bias["stations"] if row["change_c"] is not None]
    changed = [
        f"{words.thing(str(row['station_id']))} {number(row['before_c'], '°C', digits=1, signed=True)} → "
        f"{number((row['before_c'] or 0) + (row['change_c'] or 0), '°C', digits=1, signed=True)}"
        for row in measured
        if row["since"]
    ]
    if changed:
        return words("official_bias_changed", stations=", ".join(changed))
    if measured:
        return words("official_bias_unchanged", n=len(measured), day=bias["last_day"])
    return words("official_bias_unmeasured", days=bias["days"])


def _moves(moves: MoveFigures, words: Translator) -> str:
    moved = [
        f"{words.station(row['id'], row['english'], row['korean'])} {number(row['moved_km'], 'km', digits=1)}"
        for row in moves["moved"]
    ]
    if moved:
        return words("official_moved_stations", stations=", ".join(moved))
    return words("official_no_moved_stations", n=moves["compared"], at=kst(moves["asked_at"]))
