"""The model card's answer whether the interval and the other quantiles can be trusted."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from weather_mlops.documents.evaluation import EvaluationDocument, RankHistogram
from weather_mlops.model.card import plots
from weather_mlops.model.card.figures import COVERED, hundredfold, leads_of, series
from weather_mlops.model.card.lead_curves import MODEL, by_lead
from weather_mlops.model.card.plots import Texts
from weather_mlops.model.card.summary import covered_band
from weather_mlops.model.card.translations import CardTranslator
from weather_mlops.model.card.views import CardPart, Plots
from weather_mlops.pages.charts import Curve, Look, legend
from weather_mlops.pages.components import Chart, Table, TableRow, Text
from weather_mlops.pages.figures import number, percent

# Two quantiles that are as far from the median have one colour, and the lower one is dashed.
QUANTILES: Final = {
    "p5": Look("yesterday", (3, 1)),
    "p10": Look("damped", (3, 1)),
    "p25": Look("champion", (3, 1)),
    "p40": Look("ridge", (3, 1)),
    "p50": Look("model", width=2.6),
    "p60": Look("ridge"),
    "p75": Look("champion"),
    "p90": Look("damped"),
    "p95": Look("yesterday"),
}


def view(e: EvaluationDocument, words: CardTranslator) -> list[CardPart]:
    """Coverage and width of the 80 % interval, reliability of the quantiles, and ranks of the outcomes."""
    parts: list[CardPart] = [Plots([_coverage(e, words), _width(e, words), _reliability(e, words)])]
    if e["ranks"]:
        histograms = [_ranks(e["ranks"][lead], lead, words) for lead in sorted(e["ranks"], key=int)]
        parts += [Text(words("card_ranks")), Plots(histograms, is_wide=True)]
    return parts


def _coverage(e: EvaluationDocument, words: CardTranslator) -> Chart:
    low, high = (100 * share for share in COVERED)
    shares = hundredfold(series(e["leads"], leads_of(e), "coverage_80"))
    text = Texts(
        words("card_coverage_by_lead"),
        words("card_coverage_note", band=covered_band()),
        words("card_coverage_axis"),
        "%",
    )
    curve = Curve(shares, MODEL, words("card_coverage"))
    return by_lead(e, [curve], words, text, span=(70, 90), level=80, aim=(low, high), is_in_all_leads=True)


def _width(e: EvaluationDocument, words: CardTranslator) -> Chart:
    unit = e["unit"]
    text = Texts(
        words("card_width_by_lead", unit=unit),
        words("card_width_note"),
        words("card_width_axis", unit=unit),
        unit,
    )
    curve = Curve(series(e["leads"], leads_of(e), "width_80"), MODEL, words("card_width"))
    return by_lead(e, [curve], words, text, span=(0,), is_in_all_leads=True)


def _reliability(e: EvaluationDocument, words: CardTranslator) -> Chart:
    leads = leads_of(e)
    names = [name for name in QUANTILES if any(name in shares for shares in e["reliability"].values())]
    # Plotted as shares, they would be straight lines far apart; what matters is how far each is off.
    off = [
        Curve(
            [
                None if share is None else 100 * share - int(name[1:])
                for share in _share_below(e, leads, name)
            ],
            QUANTILES[name],
            name,
        )
        for name in names
    ]
    text = Texts(
        words("card_reliability"),
        words("card_reliability_note"),
        words("card_off_axis"),
        words("card_points"),
        legend([(name, QUANTILES[name]) for name in names]),
    )
    return by_lead(e, off, words, text, span=(-4, 4), level=0)


def _ranks(histogram: RankHistogram, lead: str, words: CardTranslator) -> Chart:
    title = words("card_ranks_at", lead=lead)
    rows = [
        TableRow(
            words("card_range", low=f"{100 * left:g}", high=f"{100 * right:g}\u00a0%"),
            [
                percent(share, digits=1),
                number(share / (right - left)),
                words("card_range", low=number(low / (right - left)), high=number(high / (right - left))),
            ],
        )
        for (left, right), share, low, high in zip(
            pairwise([0.0, *histogram["levels"], 1.0]),
            histogram["shares"],
            histogram["low"],
            histogram["high"],
            strict=True,
        )
    ]
    columns = ["card_between", "card_ranks_share", "card_ranks_promised", "card_ranks_chance"]
    return Chart(
        title,
        plots.ranks(histogram, title, words),
        figures=Table(title, [words(key) for key in columns], rows),
        figures_title=words("card_as_table"),
    )


def _share_below(e: EvaluationDocument, leads: Sequence[int], name: str) -> list[float | None]:
    """Share of the observations below a quantile at each lead, None where there is none."""
    by_lead_hours = e["reliability"]
    return [by_lead_hours[str(lead)].get(name) if str(lead) in by_lead_hours else None for lead in leads]
