"""The KMA's forecast next to the model's by season or station, on the rows that both have."""

from collections.abc import Mapping, Sequence

from weather_mlops.documents.evaluation import CommonRows, EvaluationDocument
from weather_mlops.model.card.cells import skill
from weather_mlops.model.card.summary import leads_of, mean, table_leads
from weather_mlops.pages import markup
from weather_mlops.pages.markup import MISSING, NBSP, cell, escape, number

Groups = Sequence[tuple[str, Mapping[str, CommonRows]]]
"""Names of the groups, as HTML, and their figures by lead."""


def table(e: EvaluationDocument, kind: str, groups: Groups) -> str:
    """Both errors of each group at some leads; empty where there are no common rows.

    Args:
        e: the evaluation.
        kind: what the groups are, as the title of their column.
        groups: the groups, in the order of the rows.
    """
    if all(skill_of(one) is None for _, by_lead in groups for one in by_lead.values()):
        return ""
    shown = table_leads(leads_of(e))
    rows = [
        (
            name,
            [
                *(_both(by_lead.get(str(lead))) for lead in shown),
                skill(mean([skill_of(one) for one in by_lead.values()])),
            ],
        )
        for name, by_lead in groups
    ]
    return markup.table(
        f"RMSE ({escape(e['unit'])}) of this model / of the KMA's forecast on the rows that both have; in "
        "red where the KMA's is better. Skill over the KMA's forecast is a mean over all leads.",
        [kind, *(f"{lead}{NBSP}h" for lead in shown), "skill"],
        rows,
        "no common rows.",
    )


def skill_of(one: CommonRows) -> float | None:
    """Skill over the KMA's forecast; None where there are no common rows, or it has no error at all."""
    ours, kma = one["rmse_on_common_rows"], one["rmse_kma_forecast"]
    return None if ours is None or not kma else 1 - ours / kma


def _both(one: CommonRows | None) -> str:
    if one is None or one["rmse_kma_forecast"] is None or one["rmse_on_common_rows"] is None:
        return cell(MISSING)
    ours, kma = one["rmse_on_common_rows"], one["rmse_kma_forecast"]
    return cell(f"{number(ours)} / {number(kma)}", "bad" if ours > kma else "")
