"""The model card: one page that says what a model is, how good it is, where it is worse, and how it was made.

It is rendered from an evaluation, always to the same bytes. The plots are part of it, so it needs no
network.
"""

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import (
    cases,
    comparisons,
    groups,
    hours,
    lead_curves,
    lead_table,
    making,
    quantile_plots,
    summary,
)
from weather_mlops.model.card.figures import leads_of
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import CardPart, CardSection, CardView, VersionOutcome
from weather_mlops.pages import rendering
from weather_mlops.pages.figures import finite, kst
from weather_mlops.pages.visit import IN_FILE, Visit


def render(
    evaluation: EvaluationDocument, visit: Visit = IN_FILE, outcome: VersionOutcome | None = None
) -> str:
    """The card as HTML.

    Args:
        evaluation: of the version.
        visit: who opens it; by default it is written to a file.
        outcome: what became of the version; None = that is not decided yet.
    """
    words = CardTranslator(visit.language.name)
    return rendering.render("card/page.html", visit, view=view(evaluation, words, outcome))


def view(
    evaluation: EvaluationDocument, words: CardTranslator, outcome: VersionOutcome | None = None
) -> CardView:
    """What the card shows, in a language."""
    e: EvaluationDocument = finite(evaluation)
    sections: dict[str, list[CardPart]] = {
        "by_lead": [lead_curves.view(e, words)],
        "quantiles": quantile_plots.view(e, words),
        "when": [*groups.seasons(e, words), *hours.view(e, words)],
        "where": groups.stations(e, words),
        "rival": comparisons.champion(e, words),
        "kma": comparisons.kma(e, words),
        "worst": cases.view(e, words),
        "importance": [making.importance(e, words)],
        "making": [making.facts(e, words)],
        "all_leads": lead_table.view(e, words),
    }
    label = words.target(e)
    return CardView(
        label,
        words("card_heading", label=label, leads=words.leads(leads_of(e))),
        words("card_lead", version=e["version"], recipe=e["recipe"], at=kst(e["evaluated_at"])),
        summary.view(e, words),
        [CardSection(name, words(f"card_{name}"), parts) for name, parts in sections.items()],
        outcome,
    )
