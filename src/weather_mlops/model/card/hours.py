"""The model card's figures by hour of the day: the model, the baselines, and the KMA's forecast."""

from markupsafe import Markup

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import plots
from weather_mlops.model.card.lead_curves import MODEL, OURS, look_of
from weather_mlops.model.card.summary import BASELINES, baseline_name, named
from weather_mlops.pages.charts import KMA_FORECAST, Curve, Look, legend
from weather_mlops.pages.markup import MISSING, NBSP, cell, escape, figure, folded, number, table

OURS_ON_COMMON_ROWS = Look("model", (2, 1.5))
ON_COMMON_ROWS = "this model on the same rows"


def section(e: EvaluationDocument) -> str:
    """A plot for each of some leads, and their tables where they are opened."""
    if not e["hours"]:
        return f"<p>{MISSING}: the evaluation has no figures by hour of the day.</p>"
    leads = sorted(e["hours"], key=int)
    looks = [(baseline_name(name), look_of(name)) for name in _plotted(e)]
    of_kma = [
        (BASELINES["kma_forecast"], KMA_FORECAST),
        (ON_COMMON_ROWS, OURS_ON_COMMON_ROWS),
    ]
    drawings = "".join(_drawing(e, lead) for lead in leads)
    tables = "".join(_table(e, lead) for lead in leads)
    names = legend([(Markup("<b>this model</b>"), MODEL), *looks, *(of_kma if _with_kma(e) else [])])
    return f'{names}<div class="plots two">{drawings}</div>{folded("By hour, with persistence", tables)}'


def _plotted(e: EvaluationDocument) -> list[str]:
    """The baselines of the plots: persistence would leave the others a narrow strip."""
    return [name for name in e["opponents"] if name != "persistence"]


def _with_kma(e: EvaluationDocument) -> bool:
    return any(
        one["rmse_kma_forecast"] is not None for by_hour in e["hours"].values() for one in by_hour.values()
    )


def _drawing(e: EvaluationDocument, lead: str) -> str:
    by_hour = e["hours"][lead]
    hours = sorted(map(int, by_hour))
    at = [by_hour[str(hour)] for hour in hours]
    curves = [
        Curve([one["opponents"].get(name) for one in at], look_of(name), baseline_name(name))
        for name in _plotted(e)
    ]
    if _with_kma(e):
        curves += [
            Curve([one["rmse_on_common_rows"] for one in at], OURS_ON_COMMON_ROWS, ON_COMMON_ROWS),
            Curve([one["rmse_kma_forecast"] for one in at], KMA_FORECAST, BASELINES["kma_forecast"]),
        ]
    return figure(
        f"RMSE ({escape(e['unit'])}) by hour of the day, {lead}{NBSP}h ahead.",
        "",
        plots.by_hour(
            hours,
            [*curves, Curve([one["rmse"] for one in at], MODEL, OURS)],
            label=f"RMSE of the model and the baselines by hour of the day, {lead} h ahead",
            axis="RMSE",
            unit=e["unit"],
        ),
    )


def _table(e: EvaluationDocument, lead: str) -> str:
    by_hour = e["hours"][lead]
    with_kma = _with_kma(e)
    head = [
        "hour (KST)",
        "pairs",
        "this model",
        *map(named, e["opponents"]),
        *([BASELINES["kma_forecast"], "this model on<br>the same rows"] if with_kma else []),
    ]
    rows = []
    for hour in sorted(by_hour, key=int):
        one = by_hour[hour]
        errors = [
            one["rmse"],
            *(one["opponents"].get(name) for name in e["opponents"]),
            *([one["rmse_kma_forecast"], one["rmse_on_common_rows"]] if with_kma else []),
        ]
        rows.append((hour, [cell(number(one["n"], digits=0)), *(cell(number(error)) for error in errors)]))
    return table(
        f"RMSE ({escape(e['unit'])}) by hour of the valid time, {lead}{NBSP}h ahead.",
        head,
        rows,
        "no pairs at that hour.",
    )
