"""Section "Is the model still good?": forecasts against observations, the promised errors and persistence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from weather_mlops.clock import KST
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.figures import WINDOWS, WindowName
from weather_mlops.monitoring.figures.model import ErrorWindow, LeadFigure, TargetFigures
from weather_mlops.monitoring.report import model_inputs
from weather_mlops.monitoring.report.components import check_tables, foreign, gap, hundredfold
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Curve, Look, legend
from weather_mlops.pages.markup import cell, escape, folded, kst, number, percent, table
from weather_mlops.pages.markup import figure as drawing

MEASURED: Final = Look("model", width=2.6)
PROMISED: Final = Look("damped", (3, 1))
PERSISTENCE: Final = Look("persistence", (4, 2))
AIM: Final = 80.0
"""%: share of the observations that an 80 % interval should contain."""
PLOTTED: Final[WindowName] = "7d"


def body(section: Section, words: Translator) -> str:
    """The section."""
    targets = section.model.get("targets")
    html = check_tables(section.checks, words)
    if not targets:
        return html + gap(section, "targets", words("targets"), words)
    for name, figures in targets.items():
        target = figures or {}
        label = words.variable(target.get("column") or name)
        html += f"<h3>{escape(label)}</h3>{_target(name, target, section, words)}"
    return html


def _target(name: str, target: TargetFigures, section: Section, words: Translator) -> str:
    unit = target.get("unit") or ""
    plotted = _leads(target, unit, words) + _daily(target, unit, words)
    reason = _window(target, PLOTTED).get("why") or ""
    plots_or_gap = (
        f'{_legend(words)}<div class="plots">{plotted}</div>'
        if plotted
        else gap(section, f"targets.{name}", words("by_lead"), words, reason)
    )
    return (
        f"{_champion(target, words)}{model_inputs.sentences(target, words)}"
        f"{_windows(target, unit, words)}{model_inputs.errors(target, unit, words)}{plots_or_gap}"
        f"{_residuals(target, unit, words)}{_stations(target, unit, words)}"
    )


def _champion(target: TargetFigures, words: Translator) -> str:
    champion, issued = target.get("champion"), target.get("newest_issued_at")
    sentences = [words("no_champion")]
    if champion:
        since = champion.get("since")
        sentences = [
            words(
                "champion_summary",
                version=f"<b>{escape(champion['version'])}</b>",
                since=kst(since) if since else words("unmeasured"),
                age=words("days_old", days=number(champion.get("age_days"), digits=1)),
            )
        ]
        if verified_at := champion.get("verified_at"):
            verified: bool | None = champion.get("verified")
            key = "verified" if verified else "not_verified"
            sentences.append(words(key, at=kst(verified_at)))
    sentences.append(words("newest_forecast", at=kst(issued)) if issued else words("no_forecast"))
    return f"<p>{' '.join(sentences)}</p>"


def _windows(target: TargetFigures, unit: str, words: Translator) -> str:
    rows = []
    for name in WINDOWS:
        window, hours = _window(target, name), (target.get("hours") or {}).get(name) or {}
        entry, reason = window.get("all") or {}, window.get("why")
        title = words(f"window_{name}") + (
            f'<br><span class="soft">{foreign(reason)}</span>' if reason else ""
        )
        rows.append(
            (
                title,
                [
                    cell(number(window.get("n"), digits=0)),
                    cell(number(entry.get("rmse"))),
                    cell(number(entry.get("promised_rmse"))),
                    cell(number(entry.get("persistence_rmse"))),
                    cell(percent(entry.get("skill_persistence"), digits=1)),
                    cell(percent(entry.get("skill_damped_anomaly"), digits=1)),
                    cell(number(entry.get("mae"))),
                    cell(number(entry.get("bias"), signed=True)),
                    cell(percent(entry.get("coverage_80"), digits=1)),
                    cell(percent(hours.get("share_without"), digits=1)),
                ],
            )
        )
    of_unit = f"<br>({escape(unit)})" if unit else ""
    head = [
        words("window"),
        words("pairs"),
        *(words(name) + of_unit for name in ("rmse", "promised", "persistence")),
        words("skill"),
        words("skill_damped"),
        *(words(name) + of_unit for name in ("mae", "mean_bias")),
        words("coverage"),
        words("without"),
    ]
    return table(words("model_caption"), head, rows, words("dash"))


def _window(target: TargetFigures, name: WindowName) -> ErrorWindow:
    return (target.get("windows") or {}).get(name) or {}


def _leads(target: TargetFigures, unit: str, words: Translator) -> str:
    """Plots of RMSE, bias and coverage by lead; empty where there are no pairs."""
    entries = _window(target, PLOTTED).get("leads") or {}
    leads = sorted(map(int, entries))

    def series(name: LeadFigure) -> list[float | None]:
        return [(entries.get(str(lead)) or {}).get(name) for lead in leads]

    if all(value is None for value in series("rmse")):
        return ""
    plots: tuple[tuple[str, str, list[Curve], tuple[float, ...], float | None, str], ...] = (
        (
            "rmse_by_lead",
            "rmse_note",
            [
                Curve(series("persistence_rmse"), PERSISTENCE),
                Curve(series("promised_rmse"), PROMISED),
                Curve(series("rmse"), MEASURED),
            ],
            (0,),
            None,
            unit,
        ),
        ("bias_by_lead", "bias_by_lead_note", [Curve(series("bias"), MEASURED)], (-0.5, 0.5), 0, unit),
        (
            "coverage_by_lead",
            "coverage_note",
            [
                Curve(hundredfold(series("promised_coverage_80")), PROMISED),
                Curve(hundredfold(series("coverage_80")), MEASURED),
            ],
            (70, 90),
            AIM,
            "%",
        ),
    )
    x = charts.by_lead(leads, words("lead"))
    return "".join(
        _plot(words(title, unit=unit), words(note), curves, leads, x, span, level, axis)
        for title, note, curves, span, level, axis in plots
    )


def _daily(target: TargetFigures, unit: str, words: Translator) -> str:
    daily = target.get("daily")
    if not daily or not daily["days"]:
        return ""
    days = [datetime.fromisoformat(day).replace(tzinfo=KST) for day in daily["days"]]
    curves = [
        Curve(daily["persistence_rmse"], PERSISTENCE),
        Curve(daily["promised_rmse"], PROMISED),
        Curve(daily["rmse"], MEASURED),
    ]
    x = charts.by_time(days[0], days[-1], words("day"))
    seconds = [day.timestamp() for day in days]
    return _plot(words("rmse_by_day", unit=unit), words("rmse_note"), curves, seconds, x, (0,), None, unit)


def _plot(  # noqa: PLR0913, PLR0917  # the parts of a plot
    title: str,
    note: str,
    curves: Sequence[Curve],
    across: Sequence[float],
    x: charts.Axis,
    span: Sequence[float],
    level: float | None,
    axis: str,
) -> str:
    y = charts.vertical([value for curve in curves for value in curve.values], axis, span=span)
    svg = charts.lines(across, curves, x, y, label=title, level=level)
    return drawing(escape(title), note, svg)


def _legend(words: Translator) -> str:
    looks = {"measured": MEASURED, "promised": PROMISED, "persistence": PERSISTENCE}
    return legend([(words(name), look) for name, look in looks.items()])


def _residuals(target: TargetFigures, unit: str, words: Translator) -> str:
    residuals = target.get("residuals")
    if not residuals:
        return ""
    text = words(
        "residuals_summary",
        bias=number(residuals.get("bias"), unit, signed=True),
        error=number(residuals.get("standard_error"), unit),
        n=number(residuals.get("n_effective"), digits=0),
        scaled=number(residuals.get("scaled_bias"), signed=True),
        ratio=number(residuals.get("spread_ratio")),
    )
    return f"<p>{text}</p>"


def _stations(target: TargetFigures, unit: str, words: Translator) -> str:
    stations = target.get("stations") or []
    if not stations:
        return ""
    rows = [
        (
            escape(words.station(row["id"], row["english"], row["korean"])),
            [
                cell(number(row.get("rmse"))),
                cell(number(row.get("n"), digits=0)),
                cell(number(row.get("bias"), signed=True)),
                cell(percent(row.get("coverage_80"), digits=1)),
            ],
        )
        for row in sorted(stations, key=lambda row: -(row.get("rmse") or 0))
    ]
    head = [words(name) for name in ("station", "rmse", "pairs", "mean_bias", "coverage")]
    caption = words("model_stations_caption", unit=escape(unit))
    return folded(words("model_stations_title", n=len(rows)), table(caption, head, rows, words("dash")))
