"""The KMA's own forecast as a baseline: on the rows where one was known when ours was issued.

It isn't among the baselines that all rows must have: archives begin late and have holes, so these rows are
fewer, and the model's errors are given on the same ones.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from pyiceberg.catalog import Catalog

from weather_mlops.documents.evaluation import KmaForecastScores, KmaLeadScores
from weather_mlops.lake.panel import Panel, korean_days
from weather_mlops.lake.schemas import KMA_FORECASTS
from weather_mlops.model.holdout import Holdout, at_lead
from weather_mlops.model.targets import Target
from weather_mlops.verification import resampling, scores
from weather_mlops.verification.official import INTERPOLATED
from weather_mlops.verification.official_reader import read_known
from weather_mlops.verification.scores import QuantileForecast

COMPARABLE: Final = INTERPOLATED
"""Columns that both observe and forecast as a value at a moment."""


def with_kma_forecast(
    catalog: Catalog, target: Target, holdout: Holdout, panel: Panel, snapshot_id: int | None = None
) -> tuple[Holdout, str | None]:
    """A holdout with the KMA's forecast as it was known at its issue times.

    Args:
        catalog: catalog of the tables.
        target: what is forecast.
        holdout: observed outcomes and forecasts.
        panel: stations and hours of the holdout.
        snapshot_id: the state of the table of the KMA's forecasts; None = the current one.

    Returns:
        The holdout; and the reason why it is without one, None where it has one.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    if target.column not in COMPARABLE:
        return holdout, f"the KMA's forecast has no {target.label.lower()} to compare with"
    known = read_known(
        catalog,
        target.column,
        station_ids=panel.stations,
        moments=panel.hours[holdout.issue_times],
        lead_hours=range(1, holdout.truth.shape[2] + 1),
        snapshot_id=snapshot_id,
    )
    if not np.isfinite(known).any():
        return (
            holdout,
            f"{KMA_FORECASTS.identifier} has no forecast that was known at an issue time of the holdout",
        )
    return replace(holdout, kma_forecast=known), None


def figures(holdout: Holdout, panel: Panel, reason: str | None = None) -> KmaForecastScores:
    """Figures of the rows that have an outcome, a forecast of the model and one of the KMA.

    Args:
        holdout: observed outcomes and forecasts.
        panel: stations and hours of the holdout.
        reason: why the holdout is without the KMA's forecast.
    """
    known = holdout.kma_forecast
    if known is None:
        return without_figures(reason or "the KMA's forecast was not read")
    truth = np.where(np.isfinite(known), holdout.truth, np.nan)
    common = np.isfinite(truth)
    at_issue_time = np.flatnonzero(common.any(axis=(0, 2)))
    if at_issue_time.size == 0:
        return without_figures(
            "no hour of the holdout with a forecast of the KMA has an outcome to compare with"
        )
    indices = holdout.issue_times[at_issue_time]
    # Days without a common row are cut out, so that each block of the bootstrap has some.
    days = np.unique(korean_days(panel.hours[indices]), return_inverse=True)[1]
    paired = resampling.paired(
        truth[:, at_issue_time], holdout.forecast.p50[:, at_issue_time], known[:, at_issue_time], days
    )
    return {
        **paired,
        "reason": None,
        "rows": int(common.any(axis=2).sum()),
        "first": panel.time_at(int(indices[0])).isoformat(),
        "last": panel.time_at(int(indices[-1])).isoformat(),
        "leads": {
            str(lead): _at(lead, truth, holdout.forecast, known)
            for lead in range(1, truth.shape[2] + 1)
            if common[..., lead - 1].any()
        },
    }


def _at(lead: int, truth: np.ndarray, forecast: QuantileForecast, known: np.ndarray) -> KmaLeadScores:
    """Figures of one lead; the outcome is NaN outside of the common rows."""
    observed, ours = truth[..., lead - 1], at_lead(forecast, lead)
    of_model = scores.figures(observed, ours)
    of_kma = scores.against(observed, ours.p50, known[..., lead - 1])
    return {"n": of_model["n"], **of_kma, "model_rmse": of_model["rmse"]}


def without_figures(reason: str) -> KmaForecastScores:
    """The comparison where there is none: why."""
    return {
        "improvement": None,
        "low": None,
        "high": None,
        "certainty": None,
        "days": 0,
        "reason": reason,
        "rows": 0,
        "first": None,
        "last": None,
        "leads": {},
    }
