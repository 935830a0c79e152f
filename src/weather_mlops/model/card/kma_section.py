"""The model card's section on the KMA's own forecast: on which rows, how good each is, and where."""

from typing import Final

from markupsafe import Markup

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.model.card import cells, plots
from weather_mlops.model.card.lead_curves import MODEL, OURS
from weather_mlops.model.card.markup import hours
from weather_mlops.model.card.summary import BASELINES, against, leads_of, sampled
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Curve, legend
from weather_mlops.pages.markup import NBSP, cell, escape, figure, folded, kst, number, percent, table

KMA: Final = charts.KMA_FORECAST
NAME: Final = BASELINES[KMA_FORECAST]


def section(e: EvaluationDocument) -> str:
    """The comparison, or the reason why there is none."""
    compared = e["kma_forecast"]
    if not compared["leads"]:
        return f"<p>Not compared: {escape(compared['reason'] or 'no common rows')}.</p>"
    return f"<p>{_rows(e)}</p><p>{_verdict(e)}</p>{_curves(e)}{folded('By lead', _table(e))}"


def _rows(e: EvaluationDocument) -> str:
    """Which rows are compared, and how many."""
    compared, held = e["kma_forecast"], e["holdout"]
    share = percent(compared["rows"] / held["rows"]) if held["rows"] else ""
    first, last = compared["first"], compared["last"]
    span = f", issued from {kst(first)} to {kst(last)}" if first and last else ""
    return (
        f"Compared on {number(compared['rows'], digits=0)} of {number(held['rows'], digits=0)} held-out rows "
        f"({share}){span}: those where a forecast of the KMA had been received when the model's was issued. "
        "Of these the newest counts; hours between its 3-hourly values are interpolated."
    )


def _verdict(e: EvaluationDocument) -> str:
    """How good the model is against the KMA's forecast, and at which leads it is better."""
    compared, leads = e["kma_forecast"], leads_of(e)
    gain, low, high, certainty = (compared[name] for name in ("improvement", "low", "high", "certainty"))
    text = ""
    if gain is not None and low is not None and high is not None and certainty is not None:
        days = number(compared["days"], "days", digits=0)
        text = f"Over {days}, the model's RMSE is {sampled(gain, low, high, certainty)} "
    skills = dict(zip(leads, against(e, KMA_FORECAST, "skill"), strict=True))
    known = {lead: skill for lead, skill in skills.items() if skill is not None}
    better = [lead for lead, skill in known.items() if skill >= 0]
    worse = [lead for lead, skill in known.items() if skill < 0]
    parts = []
    if better:
        parts.append(f"The model is better at {hours(better)}.")
    if worse:
        parts.append(f"The KMA's forecast is better at {hours(worse)}.")
    if missing := [lead for lead in leads if lead not in known]:
        parts.append(f"At {hours(missing)} there is nothing to compare.")
    return text + " ".join(parts)


def _table(e: EvaluationDocument) -> str:
    unit = escape(e["unit"])
    rows = [
        (
            f"{lead}{NBSP}h",
            [
                cell(number(one["n"], digits=0)),
                cell(number(one["model_rmse"])),
                cell(number(one["rmse"])),
                cell(number(one["bias"], signed=True)),
                cells.skill(one["skill"]),
            ],
        )
        for lead, one in ((lead, e["kma_forecast"]["leads"].get(str(lead))) for lead in leads_of(e))
        if one
    ]
    return table(
        "On the common rows of each lead; bias is the KMA's forecast minus the observation.",
        [
            "lead",
            "pairs",
            f"RMSE of<br>this model ({unit})",
            f"RMSE of<br>the KMA's ({unit})",
            f"bias of<br>the KMA's ({unit})",
            "skill",
        ],
        rows,
        cells.NO_FIGURE,
    )


def _curves(e: EvaluationDocument) -> str:
    leads, unit = leads_of(e), e["unit"]
    by_lead = e["kma_forecast"]["leads"]
    ours = [by_lead[str(lead)]["model_rmse"] if str(lead) in by_lead else None for lead in leads]
    skill = [None if share is None else 100 * share for share in against(e, KMA_FORECAST, "skill")]
    names = legend([(Markup("<b>this model</b>"), MODEL), (NAME, KMA)])
    return (
        f'{names}<div class="plots">'
        + figure(
            f"RMSE ({escape(unit)}) by lead, on the common rows.",
            "Lower is better.",
            plots.by_lead(
                leads,
                [Curve(against(e, KMA_FORECAST, "rmse"), KMA, NAME), Curve(ours, MODEL, OURS)],
                label="RMSE of the model and of the KMA's forecast by lead, on the common rows",
                axis="RMSE",
                unit=unit,
                span=(0,),
            ),
        )
        + figure(
            "Skill (%) over the KMA's forecast by lead.",
            "1 − RMSE / RMSE of the KMA's forecast; below 0 that one is better.",
            plots.by_lead(
                leads,
                [Curve(skill, KMA, "skill")],
                label="Skill over the KMA's forecast by lead",
                axis="skill",
                unit="%",
                span=(-5, 5),
                level=0,
            ),
        )
        + "</div>"
    )
