"""The curves of a model card: errors and intervals by lead."""

from collections.abc import Sequence
from typing import Final, Literal

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import plots
from weather_mlops.model.card.summary import COVERED, against, leads_of, named, series
from weather_mlops.pages.curves import Curve, Look, legend
from weather_mlops.pages.markup import escape, figure

QuantileName = Literal["p10", "p50", "p90"]
MODEL: Final = Look("model", width=2.6)
LOOKS: Final = {
    "persistence": Look("persistence", (4, 2)),
    "persistence_24h": Look("yesterday", (1, 1.5)),
    "climatology": Look("climatology", (6, 1.5, 1, 1.5)),
    "damped_anomaly": Look("damped", (3, 1)),
    "ridge": Look("ridge"),
    "champion": Look("champion", (8, 2)),
}
OTHER: Final = Look("other")
QUANTILES: Final[dict[QuantileName, Look]] = {
    "p10": Look("damped", (3, 1)),
    "p50": Look("model", width=2.6),
    "p90": Look("yesterday"),
}


def errors(e: EvaluationDocument) -> str:
    """RMSE of the model and the baselines, and the skill over each of them, by lead."""
    leads, unit = leads_of(e), e["unit"]
    names = e["opponents"]
    looks = [(named(name), LOOKS.get(name, OTHER)) for name in names]
    rmse = [Curve(against(e, name, "rmse"), LOOKS.get(name, OTHER)) for name in names]
    skill = [Curve(_hundredfold(against(e, name, "skill")), LOOKS.get(name, OTHER)) for name in names]
    return (
        legend([("<b>this model</b>", MODEL), *looks])
        + '<div class="plots">'
        + figure(
            f"RMSE ({escape(unit)}) by lead.",
            "Lower is better.",
            plots.by_lead(
                leads,
                [*rmse, Curve(series(e["leads"], leads, "rmse"), MODEL)],
                name="rmse",
                label="RMSE of the model and the baselines by lead",
                axis=f"RMSE ({unit})",
                span=(0, 0),
            ),
        )
        + figure(
            "Skill (%) over each baseline by lead.",
            "1 − RMSE / RMSE of the baseline; below 0 the baseline is better.",
            plots.by_lead(
                leads,
                skill,
                name="skill",
                label="Skill over each baseline by lead",
                axis="skill (%)",
                span=(-5, 5),
                level=0,
            ),
        )
        + "</div>"
    )


def intervals(e: EvaluationDocument) -> str:
    """Coverage and width of the 80 % interval, and reliability of the quantiles, by lead."""
    leads, unit = leads_of(e), e["unit"]
    low, high = (100 * share for share in COVERED)
    # Plotted as shares, the three would be straight lines far apart; what matters is how far each is off.
    off = [
        Curve(
            [
                None if share is None else 100 * share - int(name[1:])
                for share in _share_below(e, leads, name)
            ],
            look,
        )
        for name, look in QUANTILES.items()
    ]
    return (
        '<div class="plots">'
        + figure(
            "Coverage (%) of the 80 % interval by lead.",
            f"Aim: 80 %; shaded: {low:.0f}–{high:.0f} %, good enough.",
            plots.by_lead(
                leads,
                [Curve(_hundredfold(series(e["leads"], leads, "coverage_80")), MODEL)],
                name="coverage",
                label="Coverage of the 80 % interval by lead",
                axis="coverage (%)",
                span=(70, 90),
                level=80,
                band=(low, high),
            ),
        )
        + figure(
            f"Mean width ({escape(unit)}) of the 80 % interval by lead.",
            "At equal coverage, narrower is better.",
            plots.by_lead(
                leads,
                [Curve(series(e["leads"], leads, "width_80"), MODEL)],
                name="width",
                label="Mean width of the 80 % interval by lead",
                axis=f"width ({unit})",
                span=(0, 0),
            ),
        )
        + figure(
            "Reliability of the quantiles (percentage points) by lead.",
            "Share of observations below p10, p50, p90, minus 10, 50, 90 %. Above 0 the quantile is too high."
            + legend(list(QUANTILES.items())),
            plots.by_lead(
                leads,
                off,
                name="reliability",
                label="Share of observations below each quantile minus its nominal share, by lead",
                axis="off by (% points)",
                span=(-5, 5),
                level=0,
            ),
        )
        + "</div>"
    )


def _share_below(e: EvaluationDocument, leads: Sequence[int], name: QuantileName) -> list[float | None]:
    """Share of the observations below a quantile at each lead, None where there is none."""
    by_lead = e["reliability"]
    return [by_lead[str(lead)][name] if str(lead) in by_lead else None for lead in leads]


def _hundredfold(shares: Sequence[float | None]) -> list[float | None]:
    return [None if share is None else 100 * share for share in shares]
