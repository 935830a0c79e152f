"""How good is a new model? On a holdout that it has never seen, against honest opponents on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from weather_mlops.clock import KST
from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import baselines, scores
from weather_mlops.model.forecaster import Forecaster
from weather_mlops.model.panel import HOUR_STEP, Panel
from weather_mlops.model.scores import QuantileForecast

EVALUATION: Final = "evaluation.json"
SMOKE: Final = "smoke.json"
CARD: Final = "card.html"
SHOWN_LEADS: Final = (1, 3, 6, 12, 24)
WORST: Final = 6
SEASONS: Final = {"DJF": (12, 1, 2), "MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11)}
_HOURS_EAST: Final = 9


@dataclass(frozen=True)
class ChampionForecast:
    """The model that is deployed now, forecasting again.

    Attributes:
        version: its name.
        forecast: point forecasts of the holdout, shape (stations, issue times, leads) of the new model; NaN
            where it makes none, and for issue times that it was trained on.
    """

    version: str
    forecast: np.ndarray


@dataclass(frozen=True)
class Holdout:
    """What came, and what was forecast: arrays of shape (stations, issue times, leads), in the target's unit.

    Attributes:
        origins: the issue times, as indices of the grid.
        truth: what came; NaN where it isn't known, or where the model or an opponent makes no forecast: all
            are compared on the same rows.
        forecast: the model's.
        others: point forecasts of the opponents, by name.
        champion: version that is among them as ``champion``.
    """

    origins: np.ndarray
    truth: np.ndarray
    forecast: QuantileForecast
    others: Mapping[str, np.ndarray]
    champion: str | None = None


def compare(
    forecaster: Forecaster,
    grid: Panel,
    holdout: int,
    champion: ChampionForecast | None = None,
    end: int | None = None,
) -> Holdout:
    """Forecast the hours of a grid from an index on, by a model and by its opponents.

    Args:
        forecaster: learned from nothing at or after that hour; its climatology is the opponents' too.
        grid: of its stations; the hours before the holdout fit the damping.
        holdout: index of the first issue time.
        champion: one more opponent.
        end: index after the last issue time; None = all that have an outcome.

    Raises:
        TrainingImpossible: nothing can be compared.
    """
    horizon = forecaster.horizon
    values = grid.values[forecaster.target.column]
    origins = np.arange(holdout, grid.length - 1 if end is None else end)
    truth = baselines.observed(values, origins, horizon)
    forecast, ridge = forecaster.predict_beside_line(grid, origins)
    others = {**_fitted(forecaster, grid, holdout, origins), "ridge": ridge}
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
    return Holdout(origins, truth, forecast, others, champion.version if champion else None)


def joined(parts: Sequence[Holdout]) -> Holdout:
    """Holdouts one after the other, each forecast by a model of its own."""

    def along(arrays: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays, axis=1)

    return Holdout(
        np.concatenate([part.origins for part in parts]),
        along([part.truth for part in parts]),
        QuantileForecast(
            *(along([getattr(part.forecast, name) for part in parts]) for name in ("p10", "p50", "p90"))
        ),
        {name: along([part.others[name] for part in parts]) for name in parts[0].others},
    )


def figures(found: Holdout, grid: Panel, importance: Mapping[str, Any]) -> dict[str, Any]:
    """All figures of a holdout, as the model card and the gates read them.

    Args:
        found: what came, and what was forecast.
        grid: its stations and hours.
        importance: of the features, by lead.
    """
    truth, forecast, hours = found.truth, found.forecast, grid.hours[found.origins]
    days = _days(hours)
    return {
        "opponents": list(found.others),
        "holdout": {
            "first": grid.moment(int(found.origins[0])).isoformat(),
            "last": grid.moment(int(found.origins[-1])).isoformat(),
            "rows": int(np.isfinite(truth).any(axis=2).sum()),
        },
        "champion": _compared(found, days),
        "leads": _leads(truth, forecast, found.others, days),
        "seasons": _seasons(truth, forecast, hours),
        "stations": _stations(truth, forecast, found.others["persistence"], grid.stations),
        "reliability": {
            str(lead): scores.reliability(truth[..., lead - 1], _at(forecast, lead))
            for lead in _range(truth.shape[2])
        },
        "importance": importance,
        "worst": _worst(truth, forecast, grid, found.origins),
    }


def _fitted(forecaster: Forecaster, grid: Panel, holdout: int, origins: np.ndarray) -> dict[str, np.ndarray]:
    """The opponents' forecasts, fitted on the hours before the holdout."""
    values, horizon = grid.values[forecaster.target.column], forecaster.horizon
    usual = forecaster.usual
    damping = baselines.damping(values[:, :holdout], usual, grid.hours[:holdout], horizon)
    return {
        "persistence": baselines.persistence(values, origins, horizon),
        "persistence_24h": baselines.persistence_24h(values, origins, horizon),
        "climatology": baselines.climatology(usual, grid.hours, origins, horizon),
        "damped_anomaly": baselines.damped_anomaly(values, usual, grid.hours, origins, damping),
    }


def _days(hours: np.ndarray) -> np.ndarray:
    """Number of the day in Korea."""
    return np.asarray((hours + _HOURS_EAST * HOUR_STEP).astype("datetime64[D]").astype(np.int64))


def _leads(
    truth: np.ndarray, forecast: QuantileForecast, others: Mapping[str, np.ndarray], days: np.ndarray
) -> dict[str, Any]:
    found = {}
    for lead in _range(truth.shape[2]):
        observed, ours = truth[..., lead - 1], _at(forecast, lead)
        found[str(lead)] = {
            **scores.figures(observed, ours),
            "coverage_80_range": scores.coverage_range(observed, ours, days),
            "opponents": {
                name: scores.against(observed, ours.p50, other[..., lead - 1])
                for name, other in others.items()
            },
        }
    return found


def _seasons(truth: np.ndarray, forecast: QuantileForecast, hours: np.ndarray) -> dict[str, Any]:
    """By the season of the issue time, in Korea's months."""
    months = (hours + _HOURS_EAST * HOUR_STEP).astype("datetime64[M]").astype(int) % 12 + 1
    found = {}
    for season, members in SEASONS.items():
        chosen = np.isin(months, members)
        if chosen.any():
            found[season] = {
                str(lead): scores.figures(truth[:, chosen, lead - 1], _at(forecast, lead, chosen))
                for lead in _range(truth.shape[2])
            }
    return found


def _stations(
    truth: np.ndarray, forecast: QuantileForecast, persistence: np.ndarray, stations: np.ndarray
) -> dict[str, Any]:
    """By station; one without any outcome in the holdout isn't there."""
    found = {}
    for place, station in enumerate(stations):
        if not np.isfinite(truth[place]).any():
            continue
        one = QuantileForecast(forecast.p10[place], forecast.p50[place], forecast.p90[place])
        found[str(station)] = {
            str(lead): {
                **scores.figures(truth[place, :, lead - 1], _at(one, lead)),
                "skill_persistence": scores.against(
                    truth[place, :, lead - 1], one.p50[..., lead - 1], persistence[place, :, lead - 1]
                )["skill"],
            }
            for lead in _range(truth.shape[2])
        }
    return found


def _compared(found: Holdout, days: np.ndarray) -> dict[str, Any] | None:
    if found.champion is None:
        return None
    against = scores.paired(found.truth, found.forecast.p50, found.others["champion"], days)
    return {"version": found.champion, **against}


def _worst(
    truth: np.ndarray, forecast: QuantileForecast, grid: Panel, origins: np.ndarray
) -> list[dict[str, Any]]:
    """The forecasts with the largest errors over all leads, at most one a day."""
    whole = np.isfinite(truth).mean(axis=2) > 0.9  # noqa: PLR2004  a few hours without an outcome don't matter
    with np.errstate(invalid="ignore"):
        error = np.where(whole, np.nansum((forecast.p50 - truth) ** 2, axis=2), -1)
    found: list[dict[str, Any]] = []
    days: set[Any] = set()
    for place in np.argsort(error, axis=None)[::-1]:
        station, issue = np.unravel_index(place, error.shape)
        day = grid.moment(int(origins[issue])).astimezone(KST).date()
        if error[station, issue] < 0 or len(found) == WORST:
            break
        if day in days:
            continue
        days.add(day)
        found.append(
            {
                "station_id": int(grid.stations[station]),
                "issued_at": grid.moment(int(origins[issue])).isoformat(),
                "leads": list(_range(truth.shape[2])),
                "observed": _listed(truth[station, issue]),
                **{name: _listed(getattr(forecast, name)[station, issue]) for name in ("p10", "p50", "p90")},
            }
        )
    return found


def _at(forecast: QuantileForecast, lead: int, chosen: np.ndarray | slice = slice(None)) -> QuantileForecast:
    """One lead, and of the issue times those that are chosen."""
    return QuantileForecast(
        *(values[..., chosen, lead - 1] for values in (forecast.p10, forecast.p50, forecast.p90))
    )


def _range(horizon: int) -> range:
    return range(1, horizon + 1)


def _listed(values: Sequence[float] | np.ndarray) -> list[float | None]:
    return [round(float(value), 2) if np.isfinite(value) else None for value in values]
