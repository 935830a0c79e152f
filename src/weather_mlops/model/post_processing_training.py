"""Train post-processing for all leads, from observations and the KMA's forecast at the same issue times."""

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake.panel import Panel
from weather_mlops.model import features, kma_inputs, post_processing
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import PostProcessing
from weather_mlops.model.kma_inputs import KmaInputs
from weather_mlops.model.lead_model import LeadModel
from weather_mlops.model.plan import Plan
from weather_mlops.model.sample import sampled
from weather_mlops.model.targets import target_named

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
    target, begun = target_named(plan.target), time.monotonic()
    value = panel.values[target.column]
    days = kma_inputs.archive_days(kma, value[:, kma.first : kma.first + kma.target.shape[1]])
    step = post_processing.step_for(days)
    if step is None:
        log.info("post-processing: target=%s archive_days=%.1f: too few", plan.target, days)
        return None
    observed = base.select(tuple(name for name in base.names if step.uses(name)))

    def one(lead: int) -> tuple[LeadModel | None, tuple[str, ...]]:
        own = features.lead_features(panel, kma.issue_times, target, climatology, lead, step.uses)
        own = own.concat(features.kma_features(panel, target, kma, lead, step.uses))
        sample = sampled(value, kma.issue_times, observed, own, lead)
        if lead < step.from_lead:
            return None, sample.names
        try:
            return post_processing.train_lead(sample, lead, step, plan.seed), sample.names
        except TrainingImpossible as reason:
            log.warning("post-processing: target=%s lead=%d: left out: %s", plan.target, lead, reason)
            return None, sample.names

    leads: list[LeadModel | None] = []
    names: tuple[str, ...] = ()
    with ThreadPoolExecutor(min(os.cpu_count() or 1, plan.horizon_hours)) as pool:
        for model, names in pool.map(one, range(1, plan.horizon_hours + 1)):  # noqa: B007  equal for all leads
            leads.append(model)
            log.info(
                "post-processing: target=%s lead=%d/%d archive_days=%.0f ridge=%.2f seconds=%.0f",
                plan.target,
                len(leads),
                plan.horizon_hours,
                days,
                model.ridge_weight if model else 0,
                time.monotonic() - begun,
            )
    return PostProcessing(step.name, round(days, 1), names, leads)
