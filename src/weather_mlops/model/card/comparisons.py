"""The model card's sections on the champion and on the KMA's own forecast: how good each is, and where."""

from dataclasses import replace
from typing import Final

from weather_mlops.documents.evaluation import ChampionScores, EvaluationDocument, PairedScores
from weather_mlops.lake.schemas import OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.model.baselines import KMA_FORECAST
from weather_mlops.model.card import cells, plots
from weather_mlops.model.card.figures import against, hundredfold, leads_of
from weather_mlops.model.card.lead_curves import MODEL, by_lead
from weather_mlops.model.card.plots import Texts
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import CardPart, Plots
from weather_mlops.pages import charts
from weather_mlops.pages.charts import Curve, Range, legend
from weather_mlops.pages.components import Chart, Table, TableCell, TableRow, Text
from weather_mlops.pages.figures import kst, number, percent

KINDS: Final = {
    WITH_KMA_FORECAST: "card_inputs_with_kma",
    OBSERVATIONS_ONLY: "card_inputs_observations",
}
Shares = tuple[float | None, float | None, float | None, float | None]
"""An improvement, the ends of its bootstrap range, and the certainty that it is one."""


def champion(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """The comparison with the champion, or the reason why there is none."""
    rival = e["champion"]
    if rival is None:
        return [Text(words("card_no_champion"))]
    rmse = (rival["improvement"], rival["low"], rival["high"], rival["certainty"])
    crps = (
        rival["crps_improvement"],
        rival["crps_low"],
        rival["crps_high"],
        rival["crps_certainty"],
    )
    days = words("card_days", n=number(rival["days"], digits=0))
    of_rmse = _sampled("card_champion", rmse, words, version=rival["version"], days=days)
    if not of_rmse:
        return [Text(words("card_not_comparable", version=rival["version"]))]
    parts: list[CardPart] = [Text(of_rmse)]
    if rmse[1] is not None and rmse[2] is not None and rmse[1] <= 0 <= rmse[2]:
        parts.append(Text(words("card_over_zero")))
    of_crps = _sampled("card_crps", crps, words)
    parts.append(Text(of_crps or words("card_no_crps")))
    parts.append(Plots([_intervals({"RMSE": rmse} | ({"CRPS": crps} if of_crps else {}), words)]))
    return [*parts, *_by_inputs(rival, words)]


def _sampled(name: str, shares: Shares, words: CardTranslator, **values: str) -> str:
    """An improvement of a score and its bootstrap range in a sentence; empty where it wasn't measured."""
    gain, low, high, certainty = shares
    if gain is None or low is None or high is None or certainty is None:
        return ""
    return words(
        f"{name}_lower" if gain >= 0 else f"{name}_higher",
        gain=percent(abs(gain), digits=1),
        low=percent(low, digits=1, signed=True),
        high=percent(high, digits=1, signed=True),
        likelihood=words.likelihood(certainty),
        certainty=percent(certainty),
        **values,
    )


def _intervals(scores: dict[str, Shares], words: CardTranslator) -> Chart:
    title = words("card_improvement")
    ranges = [
        Range(name, 100 * (low or 0), 100 * (gain or 0), 100 * (high or 0))
        for name, (gain, low, high, _) in scores.items()
    ]
    rows = [
        TableRow(name, [*(percent(share, digits=1, signed=True) for share in shares[:3]), percent(shares[3])])
        for name, shares in scores.items()
    ]
    columns = ["card_score_column", "card_improvement_column", "card_from", "card_to", "card_certainty"]
    return Chart(
        title,
        plots.intervals(ranges, label=title, axis=words("card_improvement_axis")),
        words("card_improvement_note"),
        figures=Table(title, [words(key) for key in columns], rows),
        figures_title=words("card_as_table"),
    )


def _by_inputs(rival: ChampionScores, words: CardTranslator) -> list[Table]:
    """A table by what the new model's forecasts were made from; none in an evaluation that lacks it."""
    by_inputs = rival.get("by_inputs")
    if not by_inputs:
        return []
    rows = [
        TableRow(words(KINDS[kind]) if kind in KINDS else kind, _improvement(scores))
        for kind, scores in by_inputs.items()
    ]
    columns = ["card_made_from", "card_days_column", "card_improvement_column"]
    columns += ["card_from", "card_to", "card_certainty"]
    head = [words(key) for key in columns]
    return [Table(words("card_by_inputs"), head, rows, words("card_no_inputs"))]


def _improvement(scores: PairedScores) -> list[TableCell | str]:
    gain = scores["improvement"]
    text, low, high = (
        percent(share, digits=1, signed=True) for share in (gain, scores["low"], scores["high"])
    )
    return [
        number(scores["days"], digits=0),
        TableCell(text, "bad") if gain is not None and gain < 0 else text,
        low,
        high,
        percent(scores["certainty"]),
    ]


def kma(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """The comparison with the KMA's forecast, or the reason why there is none."""
    compared = e["kma_forecast"]
    if compared["leads"]:
        return [Text(_rows(e, words)), Text(_verdict(e, words)), _curves(e, words)]
    if compared["reason"]:
        return [Text(words("card_kma_not_compared"), f"{compared['reason']}.")]
    return [Text(words("card_kma_no_rows"))]


def _rows(e: EvaluationDocument, words: CardTranslator) -> str:
    """Which rows are compared, and how many."""
    compared, held = e["kma_forecast"], e["holdout"]
    first, last = compared["first"], compared["last"]
    return words(
        "card_kma_span" if first and last else "card_kma_rows",
        n=number(compared["rows"], digits=0),
        rows=number(held["rows"], digits=0),
        share=percent(compared["rows"] / held["rows"] if held["rows"] else None),
        first=kst(first) if first else "",
        last=kst(last) if last else "",
    )


def _verdict(e: EvaluationDocument, words: CardTranslator) -> str:
    """How good the model is against the KMA's forecast, and at which leads it is better."""
    compared, leads = e["kma_forecast"], leads_of(e)
    shares = (compared["improvement"], compared["low"], compared["high"], compared["certainty"])
    days = words("card_days", n=number(compared["days"], digits=0))
    skills = dict(zip(leads, against(e, KMA_FORECAST, "skill"), strict=True))
    groups = {
        "card_kma_better": [lead for lead, skill in skills.items() if skill is not None and skill >= 0],
        "card_kma_worse": [lead for lead, skill in skills.items() if skill is not None and skill < 0],
        "card_kma_missing": [lead for lead, skill in skills.items() if skill is None],
    }
    sentences = [words(key, leads=words.leads(group)) for key, group in groups.items() if group]
    return " ".join(filter(None, [_sampled("card_kma", shares, words, days=days), *sentences]))


def _curves(e: EvaluationDocument, words: CardTranslator) -> Plots:
    unit, leads, compared = e["unit"], leads_of(e), e["kma_forecast"]["leads"]
    name, ours = words.baseline(KMA_FORECAST), words("card_this_model")
    model = [compared[str(lead)]["model_rmse"] if str(lead) in compared else None for lead in leads]
    errors = [
        Curve(against(e, KMA_FORECAST, "rmse"), charts.KMA_FORECAST, name),
        Curve(model, MODEL, ours),
    ]
    skills = hundredfold(against(e, KMA_FORECAST, "skill"))
    skill = Curve(skills, charts.KMA_FORECAST, words("card_skill"))
    text = Texts(
        words("card_kma_rmse", unit=unit),
        words("card_lower_is_better"),
        words("card_rmse", unit=unit),
        unit,
    )
    of_skill = Texts(words("card_kma_skill"), words("card_kma_skill_note"), words("card_skill_axis"), "%")
    both = by_lead(e, errors, words, text, span=(0,))
    return Plots(
        [
            replace(both, figures=_table(e, words)),
            by_lead(e, [skill], words, of_skill, span=(-5, 5), level=0),
        ],
        legend([(ours, MODEL), (name, charts.KMA_FORECAST)]),
    )


def _table(e: EvaluationDocument, words: CardTranslator) -> Table:
    unit = e["unit"]
    rows = [
        TableRow(
            words.lead(lead),
            [
                number(one["n"], digits=0),
                number(one["model_rmse"]),
                number(one["rmse"]),
                number(one["bias"], signed=True),
                cells.skill(one["skill"]),
            ],
        )
        for lead, one in ((lead, e["kma_forecast"]["leads"].get(str(lead))) for lead in leads_of(e))
        if one
    ]
    head = [
        words("card_lead_column"),
        words("card_pairs"),
        words("card_kma_rmse_ours", unit=unit),
        words("card_kma_rmse_theirs", unit=unit),
        words("card_kma_bias", unit=unit),
        words("card_skill"),
    ]
    return Table(words("card_kma_table"), head, rows, words("card_no_figure"))
