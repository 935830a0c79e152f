"""What forecasts were made from, in the report's section on the model."""

from typing import Final

from weather_mlops.lake.schemas import FORECAST_INPUTS
from weather_mlops.monitoring.figures.model import TargetFigures
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages.components import Table, TableRow
from weather_mlops.pages.figures import number, percent

KINDS: Final = dict(zip(FORECAST_INPUTS, ("inputs_observations", "inputs_with_kma"), strict=True))


def sentences(target: TargetFigures, words: Translator) -> list[str]:
    """What the champion learned from, and the newest forecasts were made from; none where it isn't known."""
    parts = []
    champion = target.get("champion")
    if champion and "kma_archive_days" in champion:
        days = champion["kma_archive_days"]
        parts.append(
            words("model_champion_alone")
            if days is None
            else words("model_champion_with_kma", days=number(days, digits=0))
        )
    if newest := target.get("inputs"):
        parts.append(
            words(
                "model_newest_inputs",
                n=number(newest["with_kma"], digits=0),
                stations=number(newest["stations"], digits=0),
                share=percent(newest["share_of_hours"]),
            )
        )
    return parts


def errors(target: TargetFigures, label: str, words: Translator) -> Table | None:
    """A table of the errors by what forecasts were made from; None without such figures."""
    by_inputs = target.get("by_inputs")
    if not by_inputs:
        return None
    rows = [
        TableRow(
            words(f"model_{KINDS[kind]}"),
            [
                number(errors.get("n"), digits=0),
                number(errors.get("rmse")),
                number(errors.get("persistence_rmse")),
                percent(errors.get("skill_persistence"), digits=1),
                number(errors.get("bias"), signed=True),
                percent(errors.get("coverage_80"), digits=1),
            ],
        )
        for kind, errors in by_inputs.items()
        if kind in KINDS
    ]
    names = ("inputs", "pairs", "rmse", "persistence", "skill", "mean_bias", "coverage")
    caption = words("model_inputs_caption", label=label, unit=target.get("unit") or "")
    return Table(caption, [words(f"model_{name}") for name in names], rows, words("report_dash"))
