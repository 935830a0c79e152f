"""How good is a new model? Compared with baselines, on the same rows of a holdout that it has never seen."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from weather_mlops.documents.evaluation import (
    ChampionScores,
    HoldoutFigures,
    LeadScores,
    PairedScores,
    RankHistogram,
)
from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake.panel import Panel, korean_days
from weather_mlops.lake.schemas import OBSERVATIONS_ONLY, WITH_KMA_FORECAST
from weather_mlops.model import baselines, breakdowns
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.holdout import ChampionForecast, Holdout, at_lead
from weather_mlops.model.kma_inputs import KmaInputs
from weather_mlops.verification import resampling, scores

EVALUATION: Final = "evaluation.json"
SMOKE: Final = "smoke.json"
CARD: Final = "card.html"
SHOWN_LEADS: Final = (1, 3, 6, 12, 24, 36, 48)
RANK_LEADS: Final = (1, 6, 24, 48)
"""Leads whose outcomes are ranked among the quantiles."""


def compare(  # noqa: PLR0913, PLR0917  what is compared, on which hours
    forecaster: Forecaster,
    panel: Panel,
    holdout: int,
    champion: ChampionForecast | None = None,
    end: int | None = None,
    kma: KmaInputs | None = None,
) -> Holdout:
    """Forecast the hours of a panel from an index on, by a model and by the baselines.

    Args:
        forecaster: not trained on any hour from that index on; the baselines use its climatology, too.
        panel: of its stations; the damping is fitted on the hours before the holdout.
        holdout: index of the first issue time.
        champion: compared like a baseline.
        end: index after the last issue time; None = all that have an outcome.
        kma: the KMA's forecast, gathered for these issue times; None = observations alone.

    Raises:
        TrainingImpossible: nothing can be compared.
    """
    horizon = forecaster.horizon
    values = panel.values[forecaster.target.column]
    issue_times = np.arange(holdout, panel.length - 1 if end is None else end)
    truth = baselines.observed(values, issue_times, horizon)
    predicted = forecaster.forecast(panel, issue_times, kma)
    forecast = predicted.quantiles
    others = {**_fitted(forecaster, panel, holdout, issue_times), "ridge": predicted.ridge}
    common = np.isfinite(forecast.p50) & np.isfinite(truth)
    for other in others.values():
        common &= np.isfinite(other)
    if not common.any():
        raise TrainingImpossible(
            f"{forecaster.target.name}: nothing in the holdout can be compared: no issue time has an outcome"
        )
    if champion is not None:
        others["champion"] = champion.forecast.p50
    return Holdout(
        issue_times,
        np.where(common, truth, np.nan),
        forecast,
        others,
        champion,
        uses_kma=None if kma is None else predicted.uses_kma,
    )


def figures(holdout: Holdout, panel: Panel, importance: Mapping[str, Mapping[str, float]]) -> HoldoutFigures:
    """All figures of a holdout, as the model card and the gates read them.

    Args:
        holdout: observed outcomes and forecasts.
        panel: stations and hours of the holdout.
        importance: importance of the features, by lead.
    """
    truth, forecast = holdout.truth, holdout.forecast
    days = korean_days(panel.hours[holdout.issue_times])
    return {
        "opponents": list(holdout.others),
        "holdout": {
            "first": panel.time_at(int(holdout.issue_times[0])).isoformat(),
            "last": panel.time_at(int(holdout.issue_times[-1])).isoformat(),
            "rows": int(np.isfinite(truth).any(axis=2).sum()),
        },
        "champion": _compared(holdout, days),
        "leads": _leads(holdout, days),
        "seasons": breakdowns.seasons(holdout, panel),
        "stations": breakdowns.stations(holdout, panel),
        "hours": breakdowns.hours_of_day(holdout, panel),
        "reliability": {
            str(lead): scores.reliability(truth[..., lead - 1], at_lead(forecast, lead))
            for lead in holdout.leads
        },
        "ranks": _ranks(holdout, days),
        "importance": importance,
        "worst": breakdowns.worst(holdout, panel),
    }


def _fitted(
    forecaster: Forecaster, panel: Panel, holdout: int, issue_times: np.ndarray
) -> dict[str, np.ndarray]:
    """Forecasts of the baselines, which are fitted on the hours before the holdout."""
    values, horizon = panel.values[forecaster.target.column], forecaster.horizon
    climatology = forecaster.climatology
    damping = baselines.damping(values[:, :holdout], climatology, panel.hours[:holdout], horizon)
    return {
        "persistence": baselines.persistence(values, issue_times, horizon),
        "persistence_24h": baselines.persistence_24h(values, issue_times, horizon),
        "climatology": baselines.climatology_forecast(climatology, panel.hours, issue_times, horizon),
        "damped_anomaly": baselines.damped_anomaly(values, climatology, panel.hours, issue_times, damping),
    }


def _leads(holdout: Holdout, days: np.ndarray) -> dict[str, LeadScores]:
    by_lead: dict[str, LeadScores] = {}
    for lead in holdout.leads:
        observed, ours = holdout.truth[..., lead - 1], at_lead(holdout.forecast, lead)
        by_lead[str(lead)] = {
            **scores.figures(observed, ours),
            "with_kma_forecast": holdout.share_with_kma(lead),
            "coverage_80_range": resampling.coverage_range(observed, ours, days),
            "opponents": {
                name: scores.against(observed, ours.p50, other[..., lead - 1])
                for name, other in holdout.others.items()
            },
        }
    return by_lead


def _ranks(holdout: Holdout, days: np.ndarray) -> dict[str, RankHistogram]:
    by_lead = {}
    for lead in RANK_LEADS:
        if lead in holdout.leads:
            ranks = resampling.rank_histogram(
                holdout.truth[..., lead - 1], at_lead(holdout.forecast, lead), days
            )
            if ranks is not None:
                by_lead[str(lead)] = ranks
    return by_lead


def _compared(holdout: Holdout, days: np.ndarray) -> ChampionScores | None:
    champion = holdout.champion
    if champion is None:
        return None
    of_crps = resampling.paired_crps(holdout.truth, holdout.forecast, champion.forecast, days)
    return {
        "version": champion.version,
        **resampling.paired(holdout.truth, holdout.forecast.p50, champion.forecast.p50, days),
        "crps_improvement": of_crps["improvement"],
        "crps_low": of_crps["low"],
        "crps_high": of_crps["high"],
        "crps_certainty": of_crps["certainty"],
        "by_inputs": _by_inputs(holdout, champion.forecast.p50, days),
    }


def _by_inputs(holdout: Holdout, champion: np.ndarray, days: np.ndarray) -> dict[str, PairedScores]:
    """The comparison on the rows where the new model began with the KMA's forecast, and on the others."""
    uses_kma = np.zeros(holdout.truth.shape, bool) if holdout.uses_kma is None else holdout.uses_kma
    return {
        inputs: resampling.paired(
            np.where(chosen, holdout.truth, np.nan), holdout.forecast.p50, champion, days
        )
        for inputs, chosen in ((WITH_KMA_FORECAST, uses_kma), (OBSERVATIONS_ONLY, ~uses_kma))
    }
