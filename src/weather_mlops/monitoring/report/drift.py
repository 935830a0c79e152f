"""Part "Do the inputs drift?": each variable's distribution against the reference, with thresholds."""

from weather_mlops.monitoring.figures.data import DriftedVariable, DriftFigures
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages.charts import bullet
from weather_mlops.pages.components import Part, Table, TableCell, TableRow, Text
from weather_mlops.pages.figures import MISSING, kst, number


def parts(figures: DriftFigures, words: Translator) -> list[Part]:
    """The parts of the page."""
    window = figures["window"]
    summary = words(
        "data_drift_summary",
        first=kst(window["first"]),
        last=kst(window["last"]),
        n=number(figures.get("stations"), digits=0),
    )
    texts: list[Part] = [Text(summary), Text(words("data_drift_reference"), figures.get("reference") or "")]
    if reason := figures.get("why_no_threshold"):
        texts.append(Text(words("data_no_threshold"), reason))
    return [*texts, _table(figures, words)]


def _table(figures: DriftFigures, words: Translator) -> Table:
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
    rows = [TableRow(words.variable(row["name"]), _cells(row)) for row in figures.get("variables") or []]
    columns = [words(f"data_{name}") for name in names]
    return Table(words("data_drift_caption"), columns, rows, words("report_dash"))


def _cells(row: DriftedVariable) -> list[TableCell | str]:
    unit = row.get("unit") or ""
    n, effective = number(row.get("n"), digits=0), number(row.get("n_effective"), digits=0)
    return [
        number(row.get("mean"), unit),
        number(row.get("reference_mean"), unit),
        *_against(row.get("psi"), row.get("psi_threshold"), ""),
        *_against(row.get("wasserstein"), row.get("wasserstein_threshold"), unit),
        f"{n} ({effective})",
    ]


def _against(value: float | None, threshold: float | None, unit: str) -> list[TableCell | str]:
    figures: list[TableCell | str] = [number(value, unit), number(threshold, unit)]
    if value is None or threshold is None:
        return [*figures, MISSING]
    is_beyond = value > threshold
    return [
        *figures,
        TableCell(
            sign="breach" if is_beyond else "",
            chart=bullet(value, threshold, "warn" if is_beyond else "model"),
        ),
    ]
