"""Train post-processing for all leads, from observations and the KMA's forecast at the same issue times."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake.panel import Panel
from weather_mlops.model import features, kma_inputs, post_processing
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import Forecaster, PostProcessing
from weather_mlops.model.kma_inputs import KmaInputs
from weather_mlops.model.kma_plausibility import FAR_OFF
from weather_mlops.model.plan import Plan
from weather_mlops.model.sample import Sample, sampled
from weather_mlops.model.targets import target_named
from weather_mlops.model.training import train_leads
from weather_mlops.model.training_progress import Report, TrainedPart, unreported

if TYPE_CHECKING:
    from weather_mlops.model.lead_model import LeadModel

log = logging.getLogger(__name__)

LEAST_SOUND: Final = 2 / 3
"""Of the days of an archive: of one in another unit only some seasons come near the observations."""
WIDEST: Final = 1.15
"""Where an interval is more times as wide as that of observations alone, these forecast better. At Ulsan, 1 h
ahead, it is 1.09 times as wide, and the error still 3 % smaller."""
JUDGED_HOURS, EVERY_HOURS = 300, 7  # two months; 7 h meet every hour of the day

SETTINGS: Final = post_processing.stored_settings()
"""As stored with a model of a target that the KMA forecasts."""


def train(  # noqa: PLR0913, PLR0917  all inputs of a training
    panel: Panel,
    plan: Plan,
    forecaster: Forecaster,
    base: Features,
    kma: KmaInputs,
    report: Report = unreported,
) -> PostProcessing | None:
    """Train the models that begin with the KMA's forecast, as many at a time as there are cores.

    Args:
        panel: of the plan's stations.
        plan: plan of the run.
        forecaster: the model from observations alone.
        base: features from observations that are the same for all leads, at the issue times of ``kma``.
        kma: the KMA's forecast.
        report: takes the progress.

    Returns:
        The models; None if too little of the KMA's forecast is known, or if they are no better.
    """
    target = target_named(plan.target)
    value, limit = panel.values[target.column], FAR_OFF[target.column]
    observed = value[:, kma.first : kma.first + kma.target.shape[1]]
    days = kma_inputs.archive_days(kma, observed, limit)
    if days < LEAST_SOUND * (all_days := kma_inputs.archive_days(kma, observed, np.inf)):
        text = "post-processing: target=%s archive_days=%.1f: left out: only %.1f of them are plausible"
        log.warning(text, plan.target, all_days, days)
        return None
    step = post_processing.step_for(days)
    if step is None:
        log.info("post-processing: target=%s archive_days=%.1f: too few", plan.target, days)
        return None
    of_station = base.select(tuple(name for name in base.names if step.uses(name)))
    now = of_station.concat(features.kma_features_now(panel, target, kma, step.uses))
    names: tuple[str, ...] = ()

    def sample_of(lead: int) -> Sample:
        nonlocal names
        own = features.lead_features(panel, kma.issue_times, target, forecaster.climatology, lead, step.uses)
        own = own.concat(features.kma_features(panel, target, kma, lead, step.uses))
        sample = sampled(
            value, kma.issue_times, now, own, lead, kma_inputs.learnable(kma, value, lead, limit)
        )
        names = sample.names
        return sample

    log.info("post-processing: target=%s archive_days=%.1f step=%s", plan.target, days, step.name)
    part = TrainedPart(f"{plan.target}+kma_forecast", "training_with_kma", report)
    try:
        models = train_leads(post_processing.recipe_of(step), sample_of, plan.horizon_hours, plan.seed, part)
    except TrainingImpossible as reason:
        log.warning("post-processing: target=%s: left out: %s", plan.target, reason)
        return None
    leads = [model if lead >= step.from_lead else None for lead, model in enumerate(models, start=1)]
    trained = PostProcessing(step.name, round(days, 1), names, leads)
    return _without_worse(replace(forecaster, post_processing=trained), trained, panel, kma)


def _without_worse(
    forecaster: Forecaster, trained: PostProcessing, panel: Panel, kma: KmaInputs
) -> PostProcessing | None:
    """Leave out leads at which observations alone forecast better: an archive may be of another place.

    Each model's interval is as wide as its errors in forecasts of hours that it was not trained on.
    """
    at = np.flatnonzero(kma.usable.any(axis=0))[::-EVERY_HOURS][:JUDGED_HOURS][::-1]
    if not at.size:
        return None
    past = panel.between(0, int(kma.issue_times[at[-1]]) + 1)
    with_kma = forecaster.forecast(past, kma.issue_times[at], kma.at(at))
    alone = forecaster.forecast(past, kma.issue_times[at])
    leads: list[LeadModel | None] = []
    for lead, model in enumerate(trained.leads, start=1):
        rows = with_kma.uses_kma[..., lead - 1] & np.isfinite(alone.quantiles.p50[..., lead - 1])
        ours, theirs = (
            float((each.quantiles.p90 - each.quantiles.p10)[rows, lead - 1].mean()) if rows.any() else np.nan
            for each in (with_kma, alone)
        )
        leads.append(model if ours <= WIDEST * theirs else None)
        if model is not None and leads[-1] is None:
            log.warning(
                "post-processing: target=%s lead=%d: left out: its interval is %.2f wide, that of "
                "observations alone %.2f",
                *(forecaster.target.name, lead, ours, theirs),
            )
    return replace(trained, leads=leads) if any(leads) else None
