"""Forecasts that cost nothing: a model is useful only if it beats them.

Each is a point forecast of shape (stations, issue times, leads), in the target's unit, NaN where its inputs
are missing. They are fitted on the hours that the model was trained on, and use nothing after the issue time.
Issue times are indices of hours.
"""

from typing import Final

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY
from weather_mlops.lake.panel import prolonged
from weather_mlops.model.climatology import Climatology

NAMES: Final = ("persistence", "persistence_24h", "climatology", "damped_anomaly", "ridge")
KMA_FORECAST: Final = "kma_forecast"
"""The KMA's own forecast: compared where one was known at the issue time (``model/kma_baseline.py``)."""


def persistence(values: np.ndarray, issue_times: np.ndarray, horizon: int) -> np.ndarray:
    """The newest observation, for all leads."""
    return np.repeat(values[:, issue_times, None], horizon, axis=2)


def persistence_24h(values: np.ndarray, issue_times: np.ndarray, horizon: int) -> np.ndarray:
    """The newest observation of the same hour of the day."""
    leads = np.arange(1, horizon + 1)
    indices = issue_times[:, None] + leads - HOURS_PER_DAY * ((leads + HOURS_PER_DAY - 1) // HOURS_PER_DAY)
    return np.asarray(np.where(indices >= 0, values[:, np.maximum(indices, 0)], np.nan))


def climatology_forecast(
    climatology: Climatology, hours: np.ndarray, issue_times: np.ndarray, horizon: int
) -> np.ndarray:
    """The climatology at each valid time."""
    return climatology.at(prolonged(hours, horizon))[:, issue_times[:, None] + np.arange(1, horizon + 1)]


def damping(values: np.ndarray, climatology: Climatology, hours: np.ndarray, horizon: int) -> np.ndarray:
    """Share of an anomaly that remains at each lead: least squares over all stations; shape (horizon,)."""
    anomaly = values - climatology.at(hours)
    factors = np.zeros(horizon)
    for lead in range(1, horizon + 1):
        now, then = anomaly[:, :-lead], anomaly[:, lead:]
        known = np.isfinite(now) & np.isfinite(then)
        if known.any() and (power := float(np.sum(now[known].astype(np.float64) ** 2))):
            factors[lead - 1] = np.sum(now[known].astype(np.float64) * then[known]) / power
    return factors


def damped_anomaly(
    values: np.ndarray,
    climatology: Climatology,
    hours: np.ndarray,
    issue_times: np.ndarray,
    damping: np.ndarray,
) -> np.ndarray:
    """The climatology at each valid time, plus what remains of the present anomaly."""
    anomaly = (values[:, issue_times] - climatology.at(hours)[:, issue_times])[..., None]
    return np.asarray(
        climatology_forecast(climatology, hours, issue_times, len(damping)) + np.float32(damping) * anomaly
    )


def observed(values: np.ndarray, issue_times: np.ndarray, horizon: int) -> np.ndarray:
    """The observed outcome: shape (stations, issue times, leads); NaN where it isn't known."""
    indices = issue_times[:, None] + np.arange(1, horizon + 1)
    inside = indices < values.shape[1]
    return np.asarray(np.where(inside, values[:, np.minimum(indices, values.shape[1] - 1)], np.nan))
