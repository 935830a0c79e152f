"""Part "Do the inputs drift?": each variable's distribution against the reference, with thresholds."""

from weather_mlops.monitoring.checks import Section
from weather_mlops.monitoring.figures.data import DriftedVariable, DriftFigures
from weather_mlops.monitoring.report.components import foreign, gap
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages import charts
from weather_mlops.pages.markup import MISSING, cell, escape, kst, number, table


def body(figures: DriftFigures, section: Section, words: Translator) -> str:
    """The part of the page."""
    variables = figures.get("variables") or []
    if not variables:
        return gap(section, "drift", words("drift"), words)
    window = figures["window"]
    text = words(
        "drift_summary",
        first=kst(window["first"]),
        last=kst(window["last"]),
        n=number(figures.get("stations"), digits=0),
        reference=foreign(figures.get("reference") or ""),
    )
    reason = figures.get("why_no_threshold")
    text += f" {words('no_threshold', reason=foreign(reason))}" if reason else ""
    names = (
        "variable",
        "mean_now",
        "mean_reference",
        "psi",
        "threshold",
        "threshold_against",
        "wasserstein",
        "threshold",
        "threshold_against",
        "n_effective",
    )
    rows = [(escape(words.variable(row["name"])), _cells(row)) for row in variables]
    return f"<p>{text}</p>" + table(
        words("drift_caption"), [words(name) for name in names], rows, words("dash")
    )


def _cells(row: DriftedVariable) -> list[str]:
    unit = row.get("unit") or ""
    n, effective = number(row.get("n"), digits=0), number(row.get("n_effective"), digits=0)
    return [
        cell(number(row.get("mean"), unit)),
        cell(number(row.get("reference_mean"), unit)),
        *_against(row.get("psi"), row.get("psi_threshold"), ""),
        *_against(row.get("wasserstein"), row.get("wasserstein_threshold"), unit),
        cell(f"{n} ({effective})"),
    ]


def _against(value: float | None, threshold: float | None, unit: str) -> list[str]:
    drawn = MISSING
    beyond = False
    if value is not None and threshold is not None:
        beyond = value > threshold
        drawn = ("▲ " if beyond else "") + charts.bullet(value, threshold, "warn" if beyond else "model")
    return [cell(number(value, unit), "drifts" if beyond else ""), cell(number(threshold, unit)), cell(drawn)]
