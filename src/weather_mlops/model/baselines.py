"""Forecasts that cost nothing: what a model must beat to be worth its keep.

Each is a point forecast of shape (stations, issue times, leads), in the target's unit, NaN where its inputs
are missing. They are fitted on the hours that the model was trained on, and use nothing after the issue time.
"""

from typing import Final

import numpy as np

from weather_mlops.model.climatology import Climatology
from weather_mlops.model.panel import prolonged

HOURS_PER_DAY: Final = 24
NAMES: Final = ("persistence", "persistence_24h", "climatology", "damped_anomaly", "ridge")


def persistence(values: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """The newest observation, for all leads."""
    return np.repeat(values[:, origins, None], horizon, axis=2)


def persistence_24h(values: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """The newest observation of the same hour of the day."""
    leads = np.arange(1, horizon + 1)
    places = origins[:, None] + leads - HOURS_PER_DAY * ((leads + HOURS_PER_DAY - 1) // HOURS_PER_DAY)
    return np.asarray(np.where(places >= 0, values[:, np.maximum(places, 0)], np.nan))


def climatology(usual: Climatology, hours: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """What is usual at the hour and the day of the year."""
    return usual.at(prolonged(hours, horizon))[:, origins[:, None] + np.arange(1, horizon + 1)]


def damping(values: np.ndarray, usual: Climatology, hours: np.ndarray, horizon: int) -> np.ndarray:
    """How much of an anomaly is left after each lead: least squares over all stations; shape (horizon,)."""
    anomaly = values - usual.at(hours)
    kept = np.zeros(horizon)
    for lead in range(1, horizon + 1):
        now, then = anomaly[:, :-lead], anomaly[:, lead:]
        known = np.isfinite(now) & np.isfinite(then)
        if known.any() and (power := float(np.sum(now[known].astype(np.float64) ** 2))):
            kept[lead - 1] = np.sum(now[known].astype(np.float64) * then[known]) / power
    return kept


def damped_anomaly(
    values: np.ndarray, usual: Climatology, hours: np.ndarray, origins: np.ndarray, damping: np.ndarray
) -> np.ndarray:
    """What is usual, and what is left of the present anomaly."""
    anomaly = (values[:, origins] - usual.at(hours)[:, origins])[..., None]
    return np.asarray(climatology(usual, hours, origins, len(damping)) + np.float32(damping) * anomaly)


def observed(values: np.ndarray, origins: np.ndarray, horizon: int) -> np.ndarray:
    """What came: shape (stations, issue times, leads); NaN where it isn't known."""
    places = origins[:, None] + np.arange(1, horizon + 1)
    inside = places < values.shape[1]
    return np.asarray(np.where(inside, values[:, np.minimum(places, values.shape[1] - 1)], np.nan))
