"""Train post-processing for all leads, from observations and the KMA's forecast at the same issue times."""

import logging
from typing import Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake.panel import Panel
from weather_mlops.model import features, kma_inputs, post_processing
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import PostProcessing
from weather_mlops.model.kma_inputs import KmaInputs
from weather_mlops.model.plan import Plan
from weather_mlops.model.sample import Sample, sampled
from weather_mlops.model.targets import target_named
from weather_mlops.model.training import train_leads

log = logging.getLogger(__name__)

SETTINGS: Final = post_processing.stored_settings()
"""As stored with a model of a target that the KMA forecasts."""


def train(
    panel: Panel, plan: Plan, climatology: Climatology, base: Features, kma: KmaInputs
) -> PostProcessing | None:
    """Train the models that begin with the KMA's forecast, as many at a time as there are cores.

    Args:
        panel: of the plan's stations.
        plan: plan of the run.
        climatology: of the target, fitted before the holdout.
        base: features from observations that are the same for all leads, at the issue times of ``kma``.
        kma: the KMA's forecast.

    Returns:
        The models; None if too little of the KMA's forecast is known.
    """
    target = target_named(plan.target)
    value = panel.values[target.column]
    days = kma_inputs.archive_days(kma, value[:, kma.first : kma.first + kma.target.shape[1]])
    step = post_processing.step_for(days)
    if step is None:
        log.info("post-processing: target=%s archive_days=%.1f: too few", plan.target, days)
        return None
    observed = base.select(tuple(name for name in base.names if step.uses(name)))
    now = observed.concat(features.kma_features_now(panel, target, kma, step.uses))
    names: tuple[str, ...] = ()

    def sample_of(lead: int) -> Sample:
        nonlocal names
        own = features.lead_features(panel, kma.issue_times, target, climatology, lead, step.uses)
        own = own.concat(features.kma_features(panel, target, kma, lead, step.uses))
        # Hours beyond the end of an issue are forecast, but not learned from: RMSE at Ulsan −0.5 %.
        published = np.isfinite(kma.published(range(lead, lead + 1))[..., 0])
        sample = sampled(value, kma.issue_times, now, own, lead, published)
        names = sample.names
        return sample

    log.info("post-processing: target=%s archive_days=%.1f step=%s", plan.target, days, step.name)
    try:
        models = train_leads(
            post_processing.recipe_of(step),
            sample_of,
            plan.horizon_hours,
            plan.seed,
            f"{plan.target}+kma_forecast",
        )
    except TrainingImpossible as reason:
        log.warning("post-processing: target=%s: left out: %s", plan.target, reason)
        return None
    leads = [model if lead >= step.from_lead else None for lead, model in enumerate(models, start=1)]
    return PostProcessing(step.name, round(days, 1), names, leads)
