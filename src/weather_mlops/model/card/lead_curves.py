"""The curves of a model card: errors by lead."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from weather_mlops.documents.evaluation import EvaluationDocument
from weather_mlops.model.card import plots
from weather_mlops.model.card.summary import against, baseline_name, leads_of, series
from weather_mlops.pages.charts import Curve, Look, legend
from weather_mlops.pages.markup import escape, figure

CHAMPION: Final = "champion"
MODEL: Final = Look("model", width=2.6)
OURS: Final = "this model"
LOOKS: Final = {
    "persistence": Look("persistence", (4, 2)),
    "persistence_24h": Look("yesterday", (1, 1.5)),
    "climatology": Look("climatology", (6, 1.5, 1, 1.5)),
    "damped_anomaly": Look("damped", (3, 1)),
    "ridge": Look("ridge"),
    CHAMPION: Look("champion", (8, 2)),
}
OTHER: Final = Look("other")


def errors(e: EvaluationDocument) -> str:
    """RMSE and CRPS of the model and the baselines, and the skill over each of them, by lead."""
    looks = [(baseline_name(name), look_of(name)) for name in e["opponents"]]
    names = legend([(Markup("<b>this model</b>"), MODEL), *looks])
    return f'{names}<div class="plots">{_rmse(e)}{_crps(e)}{_skill(e)}</div>'


def look_of(baseline: str) -> Look:
    """How the curve of a baseline is drawn."""
    return LOOKS.get(baseline, OTHER)


def _rmse(e: EvaluationDocument) -> str:
    leads, unit = leads_of(e), e["unit"]
    curves = [Curve(against(e, name, "rmse"), look_of(name), baseline_name(name)) for name in e["opponents"]]
    return figure(
        f"RMSE ({escape(unit)}) by lead.",
        "Lower is better.",
        plots.by_lead(
            leads,
            [*curves, Curve(series(e["leads"], leads, "rmse"), MODEL, OURS)],
            label="RMSE of the model and the baselines by lead",
            axis="RMSE",
            unit=unit,
            span=(0,),
        ),
    )


def _crps(e: EvaluationDocument) -> str:
    """The champion forecasts a distribution too, of which only the middle is among the baselines."""
    leads, unit = leads_of(e), e["unit"]
    points = [name for name in e["opponents"] if name != CHAMPION]
    curves = [Curve(against(e, name, "mae"), look_of(name), baseline_name(name)) for name in points]
    return figure(
        f"CRPS ({escape(unit)}) by lead.",
        "The error of the whole distribution; lower is better. That of a baseline, which forecasts one "
        "value, is its mean absolute error.",
        plots.by_lead(
            leads,
            [*curves, Curve(series(e["leads"], leads, "crps"), MODEL, OURS)],
            label="CRPS of the model and the baselines by lead",
            axis="CRPS",
            unit=unit,
            span=(0,),
        ),
    )


def _skill(e: EvaluationDocument) -> str:
    curves = [
        Curve(hundredfold(against(e, name, "skill")), look_of(name), baseline_name(name))
        for name in e["opponents"]
    ]
    return figure(
        "Skill (%) over each baseline by lead.",
        "1 − RMSE / RMSE of the baseline; below 0 the baseline is better.",
        plots.by_lead(
            leads_of(e),
            curves,
            label="Skill over each baseline by lead",
            axis="skill",
            unit="%",
            span=(-5, 5),
            level=0,
        ),
    )


def hundredfold(shares: Sequence[float | None]) -> list[float | None]:
    """Shares as percent."""
    return [None if share is None else 100 * share for share in shares]
