"""The table of a model card by lead: every figure at some leads, and at all of them where it is opened."""

from collections.abc import Sequence

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card.cells import NO_FIGURE, skill
from weather_mlops.model.card.summary import (
    baselines_of,
    leads_of,
    named,
    share_with_kma,
    skill_at,
    table_leads,
)
from weather_mlops.pages.markup import NBSP, cell, escape, folded, number, percent, table


def section(e: EvaluationDocument) -> str:
    """Every figure by lead."""
    leads = leads_of(e)
    shown = table_leads(leads)
    more = folded(f"All {len(leads)} leads", _table(e, leads)) if len(shown) < len(leads) else ""
    return _table(e, shown) + more


def _table(e: EvaluationDocument, leads: Sequence[int]) -> str:
    unit, compared = escape(e["unit"]), baselines_of(e)
    has_kma = bool(share_with_kma(e))
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
        rows.append((f"{lead}{NBSP}h", [*map(cell, figures), *skills]))
    head = [
        "lead",
        "pairs",
        *(f"{name}<br>({unit})" for name in ("RMSE", "MAE", "CRPS", "bias", "pinball", "width")),
        "coverage",
        *(["with the<br>KMA's forecast"] if has_kma else []),
        *(f"skill over<br>{named(name)}" for name in compared),
    ]
    caption = (
        "Pairs of forecast and observation; CRPS is the error of all nine quantiles; bias is forecast minus "
        "observation; pinball is the loss of p10, p50 and p90; width and coverage are those of the 80 % "
        "interval."
    )
    if has_kma:
        caption += " With the KMA's forecast: share of the pairs whose forecast began with it."
    return table(caption, head, rows, NO_FIGURE)
