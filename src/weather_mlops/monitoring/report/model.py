"""Is the model still good: what was forecast beside what came, what was promised, and persistence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from weather_mlops.clock import KST
from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.report import plots
from weather_mlops.monitoring.report.components import WINDOWS, check_tables, foreign, gap, hundredfold, pick
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages.curves import Curve, Look, legend
from weather_mlops.pages.markup import cell, escape, folded, kst, number, percent, table
from weather_mlops.pages.markup import figure as drawing

MEASURED: Final = Look("model", width=2.6)
PROMISED: Final = Look("damped", (3, 1))
PERSISTENCE: Final = Look("persistence", (4, 2))
AIM: Final = 80.0
"""%, of the observations: what an 80 % interval should hold."""
PLOTTED: Final = "7d"
RIVALS: Final = ("persistence", "damped_anomaly")

Told = Mapping[str, Any]


def body(section: Section, words: Translator) -> str:
    """The section."""
    targets = pick(section.figures, "targets")
    told = check_tables(section.checks, words)
    if not targets:
        return told + gap(section, "targets", words("targets"), words)
    for name, figures in targets.items():
        target = figures or {}
        label = words.variable(target.get("column") or name)
        told += f"<h3>{escape(label)}</h3>{_target(name, target, section, words)}"
    return told


def _target(name: str, target: Told, section: Section, words: Translator) -> str:
    unit = target.get("unit") or ""
    drawn = _leads(target, unit, words) + _daily(target, unit, words)
    why = pick(target, "windows", PLOTTED, "why") or ""
    plotted = (
        f'{_legend(words)}<div class="plots">{drawn}</div>'
        if drawn
        else gap(section, f"targets.{name}", words("by_lead"), words, why)
    )
    return (
        f"{_champion(target, words)}{_windows(target, unit, words)}{plotted}"
        f"{_residuals(target, unit, words)}{_stations(target, unit, words)}"
    )


def _champion(target: Told, words: Translator) -> str:
    champion, issued = target.get("champion"), target.get("newest_issued_at")
    told = [words("no_champion")]
    if champion:
        since = champion.get("since")
        told = [
            words(
                "champion_told",
                version=f"<b>{escape(champion['version'])}</b>",
                since=kst(since) if since else words("unmeasured"),
                age=words("days_old", days=number(champion.get("age_days"), digits=1)),
            )
        ]
        if champion.get("verified_at"):
            key = "verified" if champion.get("verified") else "not_verified"
            told.append(words(key, at=kst(champion["verified_at"])))
    told.append(words("newest_forecast", at=kst(issued)) if issued else words("no_forecast"))
    return f"<p>{' '.join(told)}</p>"


def _windows(target: Told, unit: str, words: Translator) -> str:
    rows = []
    for name in WINDOWS:
        told, without = pick(target, "windows", name), pick(target, "hours", name, "share_without")
        entry = pick(told, "all") or {}
        why = pick(told, "why")
        title = words(f"window_{name}") + (f'<br><span class="soft">{foreign(why)}</span>' if why else "")
        rows.append(
            (
                title,
                [
                    cell(number(pick(told, "n"), digits=0)),
                    *(cell(number(entry.get(key))) for key in ("rmse", "promised_rmse", "persistence_rmse")),
                    *(cell(percent(entry.get(f"skill_{name}"), digits=1)) for name in RIVALS),
                    cell(number(entry.get("mae"))),
                    cell(number(entry.get("bias"), signed=True)),
                    cell(percent(entry.get("coverage_80"), digits=1)),
                    cell(percent(without, digits=1)),
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


def _leads(target: Told, unit: str, words: Translator) -> str:
    """RMSE, bias and coverage by lead; nothing where there are no pairs."""
    entries = pick(target, "windows", PLOTTED, "leads") or {}
    leads = sorted(map(int, entries))

    def series(name: str) -> list[float | None]:
        return [pick(entries, str(lead), name) for lead in leads]

    if all(value is None for value in series("rmse")):
        return ""
    plain: tuple[tuple[str, str, list[Curve], tuple[float, ...], float | None], ...] = (
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
        ),
        ("bias_by_lead", "bias_by_lead_note", [Curve(series("bias"), MEASURED)], (-0.5, 0.5), 0),
        (
            "coverage_by_lead",
            "coverage_note",
            [
                Curve(hundredfold(series("promised_coverage_80")), PROMISED),
                Curve(hundredfold(series("coverage_80")), MEASURED),
            ],
            (70, 90),
            AIM,
        ),
    )
    x = plots.by_lead(leads, words("lead"))
    return "".join(
        _plot(words(title, unit=unit), words(note), curves, leads, x, span, level)
        for title, note, curves, span, level in plain
    )


def _daily(target: Told, unit: str, words: Translator) -> str:
    daily = target.get("daily") or {}
    days = [datetime.fromisoformat(day).replace(tzinfo=KST) for day in daily.get("days") or []]
    if not days:
        return ""
    curves = [
        Curve(daily["persistence_rmse"], PERSISTENCE),
        Curve(daily["promised_rmse"], PROMISED),
        Curve(daily["rmse"], MEASURED),
    ]
    x = plots.by_time(days[0], days[-1], words("day"))
    places = [day.timestamp() for day in days]
    return _plot(words("rmse_by_day", unit=unit), words("rmse_note"), curves, places, x, (0,), None)


def _plot(  # noqa: PLR0913, PLR0917  # what a plot is made of
    title: str,
    note: str,
    curves: Sequence[Curve],
    across: Sequence[float],
    x: plots.Axis,
    span: Sequence[float],
    level: float | None,
) -> str:
    y = plots.upright([value for curve in curves for value in curve.values], "", span=span)
    svg = plots.lines(across, curves, x, y, label=title, level=level)
    return drawing(escape(title), note, svg)


def _legend(words: Translator) -> str:
    looks = {"measured": MEASURED, "promised": PROMISED, "persistence": PERSISTENCE}
    return legend([(words(name), look) for name, look in looks.items()])


def _residuals(target: Told, unit: str, words: Translator) -> str:
    told = target.get("residuals")
    if not told:
        return ""
    text = words(
        "residuals_told",
        bias=number(told.get("bias"), unit, signed=True),
        error=number(told.get("standard_error"), unit),
        n=number(told.get("n_effective"), digits=0),
        scaled=number(told.get("scaled_bias"), signed=True),
        ratio=number(told.get("spread_ratio")),
    )
    return f"<p>{text}</p>"


def _stations(target: Told, unit: str, words: Translator) -> str:
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
