"""The curves of a model card: errors by lead."""

from collections.abc import Sequence
from typing import Final

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import plots
from weather_mlops.model.card.cells import behind
from weather_mlops.model.card.figures import against, hundredfold, leads_of, series
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import Plots
from weather_mlops.pages.charts import Curve, Look, legend
from weather_mlops.pages.components import Chart

CHAMPION: Final = "champion"
MODEL: Final = Look("model", width=2.6)
LOOKS: Final = {
    "persistence": Look("persistence", (4, 2)),
    "persistence_24h": Look("yesterday", (1, 1.5)),
    "climatology": Look("climatology", (6, 1.5, 1, 1.5)),
    "damped_anomaly": Look("damped", (3, 1)),
    "ridge": Look("ridge"),
    CHAMPION: Look("champion", (8, 2)),
}
OTHER: Final = Look("other")


def view(e: EvaluationDocument, words: CardTranslator) -> Plots:
    """RMSE and CRPS of the model and the baselines, and the skill over each of them, by lead."""
    looks = [(words.baseline(name), look_of(name)) for name in e["opponents"]]
    names = legend([(words("card_this_model"), MODEL), *looks])
    return Plots([_rmse(e, words), _crps(e, words), _skill(e, words)], names)


def look_of(baseline: str) -> Look:
    """How the curve of a baseline is drawn."""
    return LOOKS.get(baseline, OTHER)


def by_lead(  # noqa: PLR0913  # what a chart can show is its arguments
    e: EvaluationDocument,
    curves: Sequence[Curve],
    words: CardTranslator,
    text: plots.Texts,
    *,
    span: tuple[float, ...],
    level: float | None = None,
    aim: tuple[float, float] | None = None,
    is_in_all_leads: bool = False,
) -> Chart:
    """A chart of curves over the lead, with its table.

    The arguments are those of ``plots.by_lead``, and whether the table of all leads has the figures: then the
    chart has none of its own.
    """
    leads = leads_of(e)
    titles = [words.lead(lead) for lead in leads]
    drawing = plots.by_lead(leads, curves, text, words, span=span, level=level, aim=aim)
    if is_in_all_leads:
        return Chart(text.title, drawing, f"{text.note} {words('card_in_all_leads')}", text.legend)
    return Chart(
        text.title,
        drawing,
        text.note,
        text.legend,
        behind(text.title, words("card_lead_column"), titles, curves, words("card_no_figure")),
        words("card_as_table"),
    )


def _rmse(e: EvaluationDocument, words: CardTranslator) -> Chart:
    unit = e["unit"]
    curves = [Curve(against(e, name, "rmse"), look_of(name), words.baseline(name)) for name in e["opponents"]]
    ours = Curve(series(e["leads"], leads_of(e), "rmse"), MODEL, words("card_this_model"))
    text = plots.Texts(
        words("card_rmse_by_lead", unit=unit),
        words("card_lower_is_better"),
        words("card_rmse", unit=unit),
        unit,
    )
    return by_lead(e, [*curves, ours], words, text, span=(0,))


def _crps(e: EvaluationDocument, words: CardTranslator) -> Chart:
    """The champion forecasts a distribution too, of which only the middle is among the baselines."""
    unit = e["unit"]
    points = [name for name in e["opponents"] if name != CHAMPION]
    curves = [Curve(against(e, name, "mae"), look_of(name), words.baseline(name)) for name in points]
    ours = Curve(series(e["leads"], leads_of(e), "crps"), MODEL, words("card_this_model"))
    text = plots.Texts(
        words("card_crps_by_lead", unit=unit),
        words("card_crps_note"),
        words("card_crps", unit=unit),
        unit,
    )
    return by_lead(e, [*curves, ours], words, text, span=(0,))


def _skill(e: EvaluationDocument, words: CardTranslator) -> Chart:
    curves = [
        Curve(hundredfold(against(e, name, "skill")), look_of(name), words.baseline(name))
        for name in e["opponents"]
    ]
    text = plots.Texts(words("card_skill_by_lead"), words("card_skill_note"), words("card_skill_axis"), "%")
    return by_lead(e, curves, words, text, span=(-5, 5), level=0, is_in_all_leads=True)
