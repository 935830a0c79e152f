"""The table of a model card by lead: every figure at some leads, and at all of them where it is opened."""

from collections.abc import Sequence

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card.cells import skill
from weather_mlops.model.card.figures import baselines_of, leads_of, share_with_kma, skill_at, table_leads
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import CardPart, Folded
from weather_mlops.pages.components import Table, TableRow
from weather_mlops.pages.figures import number, percent


def view(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """Every figure by lead."""
    leads = leads_of(e)
    shown = table_leads(leads)
    has_kma = bool(share_with_kma(e))
    some = _table(e, shown, words("card_leads_caption_with_kma" if has_kma else "card_leads_caption"), words)
    if len(shown) == len(leads):
        return [some]
    title = words("card_every_lead", n=len(leads))
    return [some, Folded(title, _table(e, leads, title, words))]


def _table(e: EvaluationDocument, leads: Sequence[int], caption: str, words: CardTranslator) -> Table:
    compared, has_kma = baselines_of(e), bool(share_with_kma(e))
    rows = []
    for lead in leads:
        one = e["leads"][str(lead)]
        figures = [
            number(one["n"], digits=0),
            number(one["rmse"]),
            number(one["mae"]),
            number(one["crps"]),
            number(one["bias"], signed=True),
            number(one["pinball"], digits=3),
            number(one["width_80"]),
            percent(one["coverage_80"], digits=1),
            *([percent(one.get("with_kma_forecast"), digits=1)] if has_kma else []),
        ]
        skills = [skill(skill_at(e, lead, name)) for name in compared]
        rows.append(TableRow(words.lead(lead), [*figures, *skills]))
    with_unit = ["card_rmse", "card_mae_column", "card_crps", "card_bias_column"]
    with_unit += ["card_pinball_column", "card_width_column"]
    head = [
        words("card_lead_column"),
        words("card_pairs"),
        *(words(key, unit=e["unit"]) for key in with_unit),
        words("card_coverage"),
        *([words("card_with_kma")] if has_kma else []),
        *(words("card_skill_over", baseline=words.baseline(name)) for name in compared),
    ]
    return Table(caption, head, rows, words("card_no_figure"))
