"""How good is a new model? Compared with baselines, on the same rows of a holdout that it has never seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from weather_mlops.clock import KST
from weather_mlops.documents.evaluation import (
    ChampionScores,
    HoldoutFigures,
    LeadScores,
    QuantileScores,
    StationScores,
    WorstForecast,
)
from weather_mlops.errors import TrainingImpossible
from weather_mlops.lake.panel import Panel, in_kst, korean_days
from weather_mlops.model import baselines
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.kma_inputs import KmaInputs
from weather_mlops.verification import scores
from weather_mlops.verification.scores import QuantileForecast

if TYPE_CHECKING:
    from datetime import date

EVALUATION: Final = "evaluation.json"
SMOKE: Final = "smoke.json"
CARD: Final = "card.html"
SHOWN_LEADS: Final = (1, 3, 6, 12, 24)
WORST: Final = 6
SEASONS: Final = {"DJF": (12, 1, 2), "MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11)}


@dataclass(frozen=True)
class ChampionForecast:
    """Forecasts of the holdout by the model that is deployed now.

    Attributes:
        version: name of that model.
        forecast: point forecasts, of the shape (stations, issue times, leads) of the new model's; NaN where
            the champion makes none, and for issue times that it was trained on.
    """

    version: str
    forecast: np.ndarray


@dataclass(frozen=True)
class Holdout:
    """Observed outcomes and forecasts: arrays of shape (stations, issue times, leads), in the target's unit.

    Attributes:
        issue_times: indices of the panel's hours.
        truth: observed outcome; NaN where it isn't known, or where the model or a baseline makes no forecast:
            all are compared on the same rows.
        forecast: the model's forecast.
        others: point forecasts of the baselines, by name.
        champion: version whose forecast is among them as ``champion``; None = there is none.
    """

    issue_times: np.ndarray
    truth: np.ndarray
    forecast: QuantileForecast
    others: Mapping[str, np.ndarray]
    champion: str | None = None


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
        others["champion"] = champion.forecast
    truth = np.where(common, truth, np.nan)
    return Holdout(issue_times, truth, forecast, others, champion.version if champion else None)


def joined(parts: Sequence[Holdout]) -> Holdout:
    """Join holdouts that follow each other, each forecast by its own model."""

    def along(arrays: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays, axis=1)

    return Holdout(
        np.concatenate([part.issue_times for part in parts]),
        along([part.truth for part in parts]),
        QuantileForecast(
            parts[0].forecast.levels, np.concatenate([part.forecast.values for part in parts], axis=2)
        ),
        {name: along([part.others[name] for part in parts]) for name in parts[0].others},
    )


def figures(holdout: Holdout, panel: Panel, importance: Mapping[str, Mapping[str, float]]) -> HoldoutFigures:
    """All figures of a holdout, as the model card and the gates read them.

    Args:
        holdout: observed outcomes and forecasts.
        panel: stations and hours of the holdout.
        importance: importance of the features, by lead.
    """
    truth, forecast, hours = holdout.truth, holdout.forecast, panel.hours[holdout.issue_times]
    days = korean_days(hours)
    return {
        "opponents": list(holdout.others),
        "holdout": {
            "first": panel.time_at(int(holdout.issue_times[0])).isoformat(),
            "last": panel.time_at(int(holdout.issue_times[-1])).isoformat(),
            "rows": int(np.isfinite(truth).any(axis=2).sum()),
        },
        "champion": _compared(holdout, days),
        "leads": _leads(truth, forecast, holdout.others, days),
        "seasons": _seasons(truth, forecast, hours),
        "stations": _stations(truth, forecast, holdout.others["persistence"], panel.stations),
        "reliability": {
            str(lead): scores.reliability(truth[..., lead - 1], at_lead(forecast, lead))
            for lead in _leads_up_to(truth.shape[2])
        },
        "importance": importance,
        "worst": _worst(truth, forecast, panel, holdout.issue_times),
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


def _leads(
    truth: np.ndarray, forecast: QuantileForecast, others: Mapping[str, np.ndarray], days: np.ndarray
) -> dict[str, LeadScores]:
    by_lead: dict[str, LeadScores] = {}
    for lead in _leads_up_to(truth.shape[2]):
        observed, ours = truth[..., lead - 1], at_lead(forecast, lead)
        by_lead[str(lead)] = {
            **scores.figures(observed, ours),
            "coverage_80_range": scores.coverage_range(observed, ours, days),
            "opponents": {
                name: scores.against(observed, ours.p50, other[..., lead - 1])
                for name, other in others.items()
            },
        }
    return by_lead


def _seasons(
    truth: np.ndarray, forecast: QuantileForecast, hours: np.ndarray
) -> dict[str, dict[str, QuantileScores]]:
    """Figures by the season of the issue time, by the month in Korea."""
    months = in_kst(hours).astype("datetime64[M]").astype(int) % 12 + 1
    by_season = {}
    for season, members in SEASONS.items():
        chosen = np.isin(months, members)
        if chosen.any():
            by_season[season] = {
                str(lead): scores.figures(truth[:, chosen, lead - 1], at_lead(forecast, lead, chosen))
                for lead in _leads_up_to(truth.shape[2])
            }
    return by_season


def _stations(
    truth: np.ndarray, forecast: QuantileForecast, persistence: np.ndarray, stations: np.ndarray
) -> dict[str, dict[str, StationScores]]:
    """Figures by station; one without any outcome in the holdout is left out."""
    by_station: dict[str, dict[str, StationScores]] = {}
    for row, station in enumerate(stations):
        if not np.isfinite(truth[row]).any():
            continue
        one = forecast[row]
        by_station[str(station)] = {
            str(lead): {
                **scores.figures(truth[row, :, lead - 1], at_lead(one, lead)),
                "skill_persistence": scores.against(
                    truth[row, :, lead - 1], one.p50[..., lead - 1], persistence[row, :, lead - 1]
                )["skill"],
            }
            for lead in _leads_up_to(truth.shape[2])
        }
    return by_station


def _compared(holdout: Holdout, days: np.ndarray) -> ChampionScores | None:
    if holdout.champion is None:
        return None
    against = scores.paired(holdout.truth, holdout.forecast.p50, holdout.others["champion"], days)
    return {"version": holdout.champion, **against}


def _worst(
    truth: np.ndarray, forecast: QuantileForecast, panel: Panel, issue_times: np.ndarray
) -> list[WorstForecast]:
    """The forecasts with the largest errors over all leads, at most one a day."""
    whole = np.isfinite(truth).mean(axis=2) > 0.9  # noqa: PLR2004  a few hours without an outcome don't matter
    with np.errstate(invalid="ignore"):
        error = np.where(whole, np.nansum((forecast.p50 - truth) ** 2, axis=2), -1)
    worst: list[WorstForecast] = []
    days: set[date] = set()
    # All forecasts from the largest error down, as indices into the flattened (stations, issue times); those
    # that are not compared have an error of -1, so they come last.
    for flat_index in np.argsort(error, axis=None)[::-1]:
        station, issue = np.unravel_index(flat_index, error.shape)
        day = panel.time_at(int(issue_times[issue])).astimezone(KST).date()
        if error[station, issue] < 0 or len(worst) == WORST:
            break
        if day in days:
            continue
        days.add(day)
        worst.append(
            {
                "station_id": int(panel.stations[station]),
                "issued_at": panel.time_at(int(issue_times[issue])).isoformat(),
                "leads": list(_leads_up_to(truth.shape[2])),
                "observed": _listed(truth[station, issue]),
                "p10": _listed(forecast.p10[station, issue]),
                "p50": _listed(forecast.p50[station, issue]),
                "p90": _listed(forecast.p90[station, issue]),
            }
        )
    return worst


def at_lead(
    forecast: QuantileForecast, lead: int, chosen: np.ndarray | slice = slice(None)
) -> QuantileForecast:
    """The forecast at one lead, of the chosen issue times."""
    return forecast[..., chosen, lead - 1]


def _leads_up_to(horizon: int) -> range:
    return range(1, horizon + 1)


def _listed(values: Sequence[float] | np.ndarray) -> list[float | None]:
    return [round(float(value), 2) if np.isfinite(value) else None for value in values]
