"""What forecasts were made from, in the report's section on the model."""

from typing import Final

from weather_mlops.lake.schemas import FORECAST_INPUTS
from weather_mlops.monitoring.figures.model import TargetFigures
from weather_mlops.monitoring.report.translations import Translator
from weather_mlops.pages.markup import cell, escape, number, percent, table

KINDS: Final = dict(zip(FORECAST_INPUTS, ("inputs_observations", "inputs_with_kma"), strict=True))


def sentences(target: TargetFigures, words: Translator) -> str:
    """What the champion learned from, and the newest forecasts were made from; empty where it isn't known."""
    parts = []
    champion = target.get("champion")
    if champion and "kma_archive_days" in champion:
        days = champion["kma_archive_days"]
        parts.append(
            words("champion_alone")
            if days is None
            else words("champion_with_kma", days=number(days, digits=0))
        )
    if newest := target.get("inputs"):
        parts.append(
            words(
                "newest_inputs",
                n=number(newest["with_kma"], digits=0),
                stations=number(newest["stations"], digits=0),
                share=percent(newest["share_of_hours"]),
            )
        )
    return f"<p>{' '.join(parts)}</p>" if parts else ""


def errors(target: TargetFigures, unit: str, words: Translator) -> str:
    """A table of the errors by what forecasts were made from; empty without such figures."""
    by_inputs = target.get("by_inputs")
    if not by_inputs:
        return ""
    rows = [
        (
            words(KINDS[kind]),
            [
                cell(number(errors.get("n"), digits=0)),
                cell(number(errors.get("rmse"))),
                cell(number(errors.get("persistence_rmse"))),
                cell(percent(errors.get("skill_persistence"), digits=1)),
                cell(number(errors.get("bias"), signed=True)),
                cell(percent(errors.get("coverage_80"), digits=1)),
            ],
        )
        for kind, errors in by_inputs.items()
        if kind in KINDS
    ]
    names = ("inputs", "pairs", "rmse", "persistence", "skill", "mean_bias", "coverage")
    return table(words("inputs_caption", unit=escape(unit)), [*map(words, names)], rows, words("dash"))
