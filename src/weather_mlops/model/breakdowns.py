"""When and where a model is worse: its figures by season, station and hour of the day, and its worst cases.

The KMA's forecast stands next to it, on the rows that both have.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from weather_mlops.clock import HOURS_PER_DAY, KST
from weather_mlops.documents.evaluation import (
    CommonRows,
    HourScores,
    SeasonScores,
    StationScores,
    WorstForecast,
)
from weather_mlops.lake.panel import Panel, in_kst
from weather_mlops.model.holdout import Holdout, at_lead
from weather_mlops.verification import scores

if TYPE_CHECKING:
    from datetime import date

WORST: Final = 6
SEASONS: Final = {"DJF": (12, 1, 2), "MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11)}
HOUR_LEADS: Final = (6, 12, 24, 48)
"""Leads whose errors are measured by the hour of the day."""


def seasons(holdout: Holdout, panel: Panel) -> dict[str, dict[str, SeasonScores]]:
    """Figures by the season of the issue time, by the month in Korea."""
    months = in_kst(panel.hours[holdout.issue_times]).astype("datetime64[M]").astype(int) % 12 + 1
    by_season: dict[str, dict[str, SeasonScores]] = {}
    for season, members in SEASONS.items():
        chosen = np.isin(months, members)
        if chosen.any():
            by_season[season] = {
                str(lead): {
                    **scores.figures(
                        holdout.truth[:, chosen, lead - 1], at_lead(holdout.forecast, lead, chosen)
                    ),
                    **_common(holdout, lead, (slice(None), chosen)),
                }
                for lead in holdout.leads
            }
    return by_season


def stations(holdout: Holdout, panel: Panel) -> dict[str, dict[str, StationScores]]:
    """Figures by station; one without any outcome in the holdout is left out."""
    by_station: dict[str, dict[str, StationScores]] = {}
    for row, station in enumerate(panel.stations):
        truth, persistence = holdout.truth[row], holdout.others["persistence"][row]
        if not np.isfinite(truth).any():
            continue
        one = holdout.forecast[row]
        by_station[str(station)] = {
            str(lead): {
                **scores.figures(truth[:, lead - 1], at_lead(one, lead)),
                **_common(holdout, lead, (row,)),
                "skill_persistence": scores.against(
                    truth[:, lead - 1], one.p50[..., lead - 1], persistence[:, lead - 1]
                )["skill"],
            }
            for lead in holdout.leads
        }
    return by_station


def hours_of_day(holdout: Holdout, panel: Panel) -> dict[str, dict[str, HourScores]]:
    """Errors by lead and the hour of the day (KST) of the valid time, at the leads of HOUR_LEADS."""
    issued = in_kst(panel.hours[holdout.issue_times]).astype(np.int64) % HOURS_PER_DAY
    return {
        str(lead): _by_hour(holdout, lead, (issued + lead) % HOURS_PER_DAY)
        for lead in HOUR_LEADS
        if lead in holdout.leads
    }


def _by_hour(holdout: Holdout, lead: int, hours: np.ndarray) -> dict[str, HourScores]:
    by_hour: dict[str, HourScores] = {}
    for hour in np.unique(hours):
        chosen = hours == hour
        truth = holdout.truth[:, chosen, lead - 1]
        ours = scores.figures(truth, at_lead(holdout.forecast, lead, chosen))
        by_hour[str(hour)] = {
            "n": ours["n"],
            "rmse": ours["rmse"],
            "opponents": {
                name: scores.against(truth, truth, other[:, chosen, lead - 1])["rmse"]
                for name, other in holdout.others.items()
            },
            **_common(holdout, lead, (slice(None), chosen)),
        }
    return by_hour


def _common(holdout: Holdout, lead: int, chosen: tuple[slice | int | np.ndarray, ...]) -> CommonRows:
    """Errors of the KMA's forecast and of the model on common rows: some stations and issue times."""
    if holdout.kma_forecast is None:
        return {"rmse_kma_forecast": None, "rmse_on_common_rows": None}
    truth, known, ours = (
        array[..., lead - 1][chosen] for array in (holdout.truth, holdout.kma_forecast, holdout.forecast.p50)
    )
    return {
        "rmse_kma_forecast": scores.against(truth, ours, known)["rmse"],
        "rmse_on_common_rows": scores.against(truth, known, ours)["rmse"],
    }


def worst(holdout: Holdout, panel: Panel) -> list[WorstForecast]:
    """The forecasts with the largest errors over all leads, at most one a day."""
    truth, forecast, issue_times = holdout.truth, holdout.forecast, holdout.issue_times
    whole = np.isfinite(truth).mean(axis=2) > 0.9  # noqa: PLR2004  a few hours without an outcome don't matter
    with np.errstate(invalid="ignore"):
        error = np.where(whole, np.nansum((forecast.p50 - truth) ** 2, axis=2), -1)
    cases: list[WorstForecast] = []
    days: set[date] = set()
    # All forecasts from the largest error down, as indices into the flattened (stations, issue times); those
    # that are not compared have an error of -1, so they come last.
    for flat_index in np.argsort(error, axis=None)[::-1]:
        station, issue = np.unravel_index(flat_index, error.shape)
        day = panel.time_at(int(issue_times[issue])).astimezone(KST).date()
        if error[station, issue] < 0 or len(cases) == WORST:
            break
        if day in days:
            continue
        days.add(day)
        cases.append(
            {
                "station_id": int(panel.stations[station]),
                "issued_at": panel.time_at(int(issue_times[issue])).isoformat(),
                "leads": list(holdout.leads),
                "observed": _listed(truth[station, issue]),
                "p10": _listed(forecast.p10[station, issue]),
                "p50": _listed(forecast.p50[station, issue]),
                "p90": _listed(forecast.p90[station, issue]),
            }
        )
    return cases


def _listed(values: Sequence[float] | np.ndarray) -> list[float | None]:
    return [round(float(value), 2) if np.isfinite(value) else None for value in values]
