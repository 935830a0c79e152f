"""Section "Is the model still good?": forecasts against observations, the promised errors and persistence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from weather_mlops.clock import KST
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.figures import WINDOWS, WindowName
from weather_mlops.monitoring.figures.model import ErrorWindow, LeadErrors, LeadFigure, TargetFigures
from weather_mlops.monitoring.report import model_inputs
from weather_mlops.monitoring.report.check_tables import gap, hundredfold
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Axis, Curve, Look
from weather_mlops.pages.components import Chart, Gap, Table, TableCell, TableRow, Text
from weather_mlops.pages.figures import kst, number, percent

MEASURED: Final = Look("model", width=2.6)
PROMISED: Final = Look("damped", (3, 1))
PERSISTENCE: Final = Look("persistence", (4, 2))
LOOKS: Final = {"persistence": PERSISTENCE, "promised": PROMISED, "measured": MEASURED}
AIM: Final = 80.0
"""%: share of the observations that an 80 % interval should contain."""
PLOTTED: Final[WindowName] = "7d"


@dataclass(frozen=True, slots=True)
class TargetView:
    """What the section shows of a target.

    Attributes:
        label: its name.
        sentences: about its champion and its forecasts.
        windows: its errors of the last day, week and month.
        by_inputs: its errors by what forecasts were made from.
        charts: its errors by lead and by day.
        by_lead: the figures of the charts by lead.
        gap: why there are no charts; None where there are some.
        residuals: what its errors add up to.
        stations: its errors by station; None = not known.
    """

    label: str
    sentences: Sequence[str]
    windows: Table
    by_inputs: Table | None
    charts: Sequence[Chart]
    by_lead: Table | None
    gap: Gap | None
    residuals: Text | None
    stations: Table | None


class _Plot(NamedTuple):
    """Curves that share a drawing, by the names of their looks; without a unit, they are in the target's."""

    title: str
    note: str
    curves: dict[str, Sequence[float | None]]
    span: Sequence[float]
    level: float | None = None
    unit: str = ""


def view(section: Section, words: Translator) -> list[TargetView] | Gap:
    """The section; a note where it has no targets."""
    targets = section.model.get("targets")
    if not targets:
        return gap(section, "targets", words("model_targets"), words)
    return [_target(name, figures or {}, section, words) for name, figures in targets.items()]


def _target(name: str, target: TargetFigures, section: Section, words: Translator) -> TargetView:
    label = words.variable(target.get("column") or name)
    entries = _window(target, PLOTTED).get("leads") or {}
    leads = {lead: entries.get(str(lead)) or {} for lead in sorted(map(int, entries))}
    if all(entry.get("rmse") is None for entry in leads.values()):
        leads = {}
    plotted = [*_by_lead(leads, target, label, words), *_by_day(target, label, words)]
    reason = _window(target, PLOTTED).get("why") or ""
    return TargetView(
        label,
        [*_champion(target, words), *model_inputs.sentences(target, words)],
        _windows(target, label, words),
        model_inputs.errors(target, label, words),
        plotted,
        _lead_table(leads, target, label, words) if leads else None,
        None if plotted else gap(section, f"targets.{name}", words("model_by_lead"), words, reason),
        _residuals(target, words),
        _stations(target, label, words),
    )


def _champion(target: TargetFigures, words: Translator) -> list[str]:
    champion, issued = target.get("champion"), target.get("newest_issued_at")
    sentences = [words("model_no_champion")]
    if champion:
        since = champion.get("since")
        sentences = [
            words(
                "model_champion_summary",
                version=champion["version"],
                since=kst(since) if since else words("report_unmeasured"),
                age=words("model_days_old", days=number(champion.get("age_days"), digits=1)),
            )
        ]
        if verified_at := champion.get("verified_at"):
            verified: bool | None = champion.get("verified")
            key = "model_verified" if verified else "model_not_verified"
            sentences.append(words(key, at=kst(verified_at)))
    newest = words("model_newest_forecast", at=kst(issued)) if issued else words("model_no_forecast")
    return [*sentences, newest]


def _windows(target: TargetFigures, label: str, words: Translator) -> Table:
    rows = []
    for name in WINDOWS:
        window, hours = _window(target, name), (target.get("hours") or {}).get(name) or {}
        entry = window.get("all") or {}
        cells = [
            number(window.get("n"), digits=0),
            number(entry.get("rmse")),
            number(entry.get("promised_rmse")),
            number(entry.get("persistence_rmse")),
            percent(entry.get("skill_persistence"), digits=1),
            percent(entry.get("skill_damped_anomaly"), digits=1),
            number(entry.get("mae")),
            number(entry.get("bias"), signed=True),
            percent(entry.get("coverage_80"), digits=1),
            percent(hours.get("share_without"), digits=1),
        ]
        rows.append(TableRow(TableCell(words(f"data_window_{name}"), note=window.get("why") or ""), cells))
    unit = target.get("unit")
    of_unit = f" ({unit})" if unit else ""
    columns = [
        words("data_window"),
        words("model_pairs"),
        *(words(f"model_{name}") + of_unit for name in ("rmse", "promised", "persistence")),
        words("model_skill"),
        words("model_skill_damped"),
        *(words(f"model_{name}") + of_unit for name in ("mae", "mean_bias")),
        words("model_coverage"),
        words("model_without"),
    ]
    return Table(words("model_caption", label=label), columns, rows, words("report_dash"))


def _window(target: TargetFigures, name: WindowName) -> ErrorWindow:
    return (target.get("windows") or {}).get(name) or {}


def _by_lead(
    entries: dict[int, LeadErrors], target: TargetFigures, label: str, words: Translator
) -> list[Chart]:
    """Charts of RMSE, bias and coverage by lead; none where there are no pairs."""
    if not entries:
        return []

    def series(name: LeadFigure) -> list[float | None]:
        return [entry.get(name) for entry in entries.values()]

    plots = (
        _Plot(
            "model_rmse_by_lead",
            "model_rmse_note",
            {
                "persistence": series("persistence_rmse"),
                "promised": series("promised_rmse"),
                "measured": series("rmse"),
            },
            (0,),
        ),
        _Plot("model_bias_by_lead", "model_bias_by_lead_note", {"measured": series("bias")}, (-0.5, 0.5), 0),
        _Plot(
            "model_coverage_by_lead",
            "model_coverage_note",
            {
                "promised": hundredfold(series("promised_coverage_80")),
                "measured": hundredfold(series("coverage_80")),
            },
            (70, 90),
            AIM,
            "%",
        ),
    )
    leads = list(entries)
    x = charts.by_lead(leads, words("model_lead"))
    return [_chart(plot, leads, x, target, label, words) for plot in plots]


def _by_day(target: TargetFigures, label: str, words: Translator) -> list[Chart]:
    daily = target.get("daily")
    if not daily or not daily["days"]:
        return []
    days = [datetime.fromisoformat(day).replace(tzinfo=KST) for day in daily["days"]]
    series: dict[str, Sequence[float | None]] = {
        "persistence": daily["persistence_rmse"],
        "promised": daily["promised_rmse"],
        "measured": daily["rmse"],
    }
    x = charts.by_time(days[0], days[-1], words("report_day"))
    plot = _Plot("model_rmse_by_day", "model_rmse_note", series, (0,))
    rows = [
        TableRow(day, [number(curve[n]) for curve in reversed(series.values())])
        for n, day in enumerate(daily["days"])
    ]
    columns = [words("report_day"), *(words(f"model_{name}") for name in reversed(series))]
    caption = words("model_rmse_by_day_of", label=label, unit=target.get("unit") or "")
    figures = Table(caption, columns, rows[::-1], words("report_dash"))
    return [_chart(plot, [day.timestamp() for day in days], x, target, label, words, figures)]


def _chart(  # noqa: PLR0913, PLR0917  # the parts of a chart
    plot: _Plot,
    across: Sequence[float],
    x: Axis,
    target: TargetFigures,
    label: str,
    words: Translator,
    figures: Table | None = None,
) -> Chart:
    unit = target.get("unit") or ""
    title = words(plot.title, unit=unit)
    curves = [Curve(values, LOOKS[name]) for name, values in plot.curves.items()]
    values = [value for curve in curves for value in curve.values]
    y = charts.vertical(values, plot.unit or unit, span=plot.span)
    return Chart(
        title,
        charts.lines(across, curves, x, y, label=f"{label}: {title}", level=plot.level),
        words(plot.note),
        charts.legend([(words(f"model_{name}"), LOOKS[name]) for name in reversed(plot.curves)]),
        figures,
        words("report_figures") if figures else "",
    )


def _lead_table(
    entries: dict[int, LeadErrors], target: TargetFigures, label: str, words: Translator
) -> Table:
    """The figures of the charts by lead."""
    rows = [
        TableRow(
            str(lead),
            [
                number(entry.get("rmse")),
                number(entry.get("promised_rmse")),
                number(entry.get("persistence_rmse")),
                number(entry.get("bias"), signed=True),
                percent(entry.get("coverage_80"), digits=1),
                percent(entry.get("promised_coverage_80"), digits=1),
            ],
        )
        for lead, entry in entries.items()
    ]
    names = ("lead", "rmse", "promised", "persistence", "mean_bias", "coverage", "promised_coverage")
    caption = words("model_lead_caption", label=label, unit=target.get("unit") or "")
    return Table(caption, [words(f"model_{name}") for name in names], rows, words("report_dash"))


def _residuals(target: TargetFigures, words: Translator) -> Text | None:
    residuals, unit = target.get("residuals"), target.get("unit") or ""
    if not residuals:
        return None
    return Text(
        words(
            "model_residuals_summary",
            bias=number(residuals.get("bias"), unit, signed=True),
            error=number(residuals.get("standard_error"), unit),
            n=number(residuals.get("n_effective"), digits=0),
            scaled=number(residuals.get("scaled_bias"), signed=True),
            ratio=number(residuals.get("spread_ratio")),
        )
    )


def _stations(target: TargetFigures, label: str, words: Translator) -> Table | None:
    stations = target.get("stations") or []
    if not stations:
        return None
    rows = [
        TableRow(
            words.station(row["id"], row["english"], row["korean"]),
            [
                number(row.get("rmse")),
                number(row.get("n"), digits=0),
                number(row.get("bias"), signed=True),
                percent(row.get("coverage_80"), digits=1),
            ],
        )
        for row in sorted(stations, key=lambda row: -(row.get("rmse") or 0))
    ]
    columns = [
        words("data_station"),
        *(words(f"model_{name}") for name in ("rmse", "pairs", "mean_bias", "coverage")),
    ]
    caption = words("model_stations_caption", label=label, unit=target.get("unit") or "")
    more = words("model_stations_title", n=len(rows))
    return Table(caption, columns, rows, words("report_dash"), more=more)
