"""The model card's answer whether the interval and the other quantiles can be trusted."""

from collections.abc import Sequence
from typing import Final

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import plots
from weather_mlops.model.card.lead_curves import MODEL, hundredfold
from weather_mlops.model.card.summary import COVERED, leads_of, series
from weather_mlops.pages.charts import Curve, Look, legend
from weather_mlops.pages.markup import NBSP, escape, figure

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


def section(e: EvaluationDocument) -> str:
    """Coverage and width of the 80 % interval, reliability of the quantiles, and ranks of the outcomes."""
    return f'<div class="plots">{_coverage(e)}{_width(e)}{_reliability(e)}</div>{_ranks(e)}'


def _coverage(e: EvaluationDocument) -> str:
    leads = leads_of(e)
    low, high = (100 * share for share in COVERED)
    return figure(
        "Coverage (%) of the 80 % interval by lead.",
        f"Aim: 80 %; shaded: {low:.0f}–{high:.0f} %, good enough.",
        plots.by_lead(
            leads,
            [Curve(hundredfold(series(e["leads"], leads, "coverage_80")), MODEL, "coverage")],
            label="Coverage of the 80 % interval by lead",
            axis="coverage",
            unit="%",
            span=(70, 90),
            level=80,
            aim=(low, high),
        ),
    )


def _width(e: EvaluationDocument) -> str:
    leads, unit = leads_of(e), e["unit"]
    return figure(
        f"Mean width ({escape(unit)}) of the 80 % interval by lead.",
        "At equal coverage, narrower is better.",
        plots.by_lead(
            leads,
            [Curve(series(e["leads"], leads, "width_80"), MODEL, "width")],
            label="Mean width of the 80 % interval by lead",
            axis="width",
            unit=unit,
            span=(0,),
        ),
    )


def _reliability(e: EvaluationDocument) -> str:
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
    return figure(
        "Reliability of the quantiles (percentage points) by lead.",
        "Share of observations below each quantile, minus the share that it promises: below p10, 10 %. Above "
        f"0 the quantile is too high.{legend([(name, QUANTILES[name]) for name in names])}",
        plots.by_lead(
            leads,
            off,
            label="Share of observations below each quantile minus its nominal share, by lead",
            axis="off by",
            unit="% points",
            span=(-4, 4),
            level=0,
        ),
    )


def _ranks(e: EvaluationDocument) -> str:
    if not e["ranks"]:
        return ""
    drawings = "".join(
        figure(
            f"Where observations fall, {lead}{NBSP}h ahead.",
            "",
            plots.ranks(
                e["ranks"][lead],
                label=f"Observations between neighbouring quantiles, {lead} h ahead",
            ),
        )
        for lead in sorted(e["ranks"], key=int)
    )
    return (
        "<p>How many observations fall between two neighbouring quantiles, divided by the number that "
        "should: 1 is right. Higher at both ends, the forecast is too narrow; higher in the middle, too "
        "wide; higher at one end, off to the other side. Shaded: what chance allows a right forecast, nine "
        "times in ten.</p>"
        f'<div class="plots two">{drawings}</div>'
    )


def _share_below(e: EvaluationDocument, leads: Sequence[int], name: str) -> list[float | None]:
    """Share of the observations below a quantile at each lead, None where there is none."""
    by_lead = e["reliability"]
    return [by_lead[str(lead)].get(name) if str(lead) in by_lead else None for lead in leads]
