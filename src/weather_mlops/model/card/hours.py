"""The model card's figures by hour of the day: the model, the baselines, and the KMA's forecast."""

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.baselines import KMA_FORECAST as KMA
from weather_mlops.model.card import plots
from weather_mlops.model.card.lead_curves import MODEL, look_of
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import CardPart, Plots
from weather_mlops.pages.charts import KMA_FORECAST, Curve, Look, legend
from weather_mlops.pages.components import Chart, Table, TableRow, Text
from weather_mlops.pages.figures import number

OURS_ON_COMMON_ROWS = Look("model", (2, 1.5))


def view(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """A chart for each of some leads."""
    if not e["hours"]:
        return [Text(words("card_no_hours"))]
    looks = [(words.baseline(name), look_of(name)) for name in _plotted(e)]
    of_kma = [
        (words.baseline(KMA), KMA_FORECAST),
        (words("card_on_common_rows"), OURS_ON_COMMON_ROWS),
    ]
    names = legend([(words("card_this_model"), MODEL), *looks, *(of_kma if _with_kma(e) else [])])
    return [Plots([_chart(e, lead, words) for lead in sorted(e["hours"], key=int)], names, is_wide=True)]


def _plotted(e: EvaluationDocument) -> list[str]:
    """The baselines of the plots: persistence would leave the others a narrow strip."""
    return [name for name in e["opponents"] if name != "persistence"]


def _with_kma(e: EvaluationDocument) -> bool:
    return any(
        one["rmse_kma_forecast"] is not None for by_hour in e["hours"].values() for one in by_hour.values()
    )


def _chart(e: EvaluationDocument, lead: str, words: CardTranslator) -> Chart:
    by_hour = e["hours"][lead]
    hours = sorted(map(int, by_hour))
    at = [by_hour[str(hour)] for hour in hours]
    curves = [
        Curve([one["opponents"].get(name) for one in at], look_of(name), words.baseline(name))
        for name in _plotted(e)
    ]
    if _with_kma(e):
        ours = [one["rmse_on_common_rows"] for one in at]
        theirs = [one["rmse_kma_forecast"] for one in at]
        curves += [
            Curve(ours, OURS_ON_COMMON_ROWS, words("card_on_common_rows")),
            Curve(theirs, KMA_FORECAST, words.baseline(KMA)),
        ]
    curves.append(Curve([one["rmse"] for one in at], MODEL, words("card_this_model")))
    title = words("card_by_hour", unit=e["unit"], lead=lead)
    text = plots.Texts(title, "", words("card_rmse", unit=e["unit"]), e["unit"])
    return Chart(
        title,
        plots.by_hour(hours, curves, text, words),
        figures=_table(e, lead, title, words),
        figures_title=words("card_as_table"),
    )


def _table(e: EvaluationDocument, lead: str, caption: str, words: CardTranslator) -> Table:
    """The figures of a chart, and those of persistence."""
    by_hour, with_kma = e["hours"][lead], _with_kma(e)
    head = [
        words("card_hour_column"),
        words("card_pairs"),
        words("card_this_model"),
        *map(words.baseline, e["opponents"]),
        *([words.baseline(KMA), words("card_on_common_rows")] if with_kma else []),
    ]
    rows = []
    for hour in sorted(by_hour, key=int):
        one = by_hour[hour]
        errors = [
            one["rmse"],
            *(one["opponents"].get(name) for name in e["opponents"]),
            *([one["rmse_kma_forecast"], one["rmse_on_common_rows"]] if with_kma else []),
        ]
        rows.append(TableRow(hour, [number(one["n"], digits=0), *map(number, errors)]))
    return Table(caption, head, rows, words("card_no_pairs"))
