"""Figures of a target's forecasts, computed from the sums of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import numpy as np

from weather_mlops.lake.schemas import FORECAST_INPUTS
from weather_mlops.model.targets import Target
from weather_mlops.monitoring.champion import DeployedModel
from weather_mlops.monitoring.checks import share
from weather_mlops.monitoring.daily_sums import DailySums
from weather_mlops.monitoring.drift import independent
from weather_mlops.monitoring.figures import WindowName
from weather_mlops.monitoring.figures.model import (
    DailyErrors,
    ErrorWindow,
    IssuedHours,
    PromisedErrors,
    ResidualFigures,
    ScoredErrors,
    TargetErrors,
)
from weather_mlops.stations import stations_by_id
from weather_mlops.verification import error_sums
from weather_mlops.verification.error_figures import ErrorFigures
from weather_mlops.verification.error_sums import Sums

DAYS: Final[dict[WindowName, int]] = {"7d": 7, "30d": 30}
HOURS: Final[dict[WindowName, int]] = {"24h": 24, "7d": 168, "30d": 720}


@dataclass(frozen=True)
class TargetEvidence:
    """Data that the figures and checks of a target are computed from.

    Attributes:
        target: the target.
        champion: its deployed model; None = none was deployed yet, or its files are damaged.
        stored: sums of days.
        recent: sums by lead of the last 24 h.
    """

    target: Target
    champion: DeployedModel | None
    stored: DailySums
    recent: Sums

    def days(self, before: int) -> list[str]:
        """List the newest day and a number of days before it."""
        return list(self.stored.days)[-before - 1 :]

    def sums(self, kind: str, before: int) -> Sums:
        """Add up the sums of these days by ``leads``, ``stations``, ``hours`` or ``inputs``."""
        return error_sums.add(self.stored.days[day].get(kind, {}) for day in self.days(before))

    def promise(self, lead: str, figure: Literal["rmse", "coverage_80"]) -> float | None:
        """Return a figure of a lead from the champion's evaluation."""
        promised = self.champion.promised.get(lead) if self.champion else None
        return promised[figure] if promised else None

    def scaled(self, leads: Sums) -> tuple[float, float] | None:
        """Return mean and RMS of the errors, each divided by its lead's promised RMSE; None without one."""
        known = [(sums, rmse) for lead, sums in leads.items() if (rmse := self.promise(lead, "rmse"))]
        n = sum(sums[0] for sums, _ in known)
        if not n:
            return None
        error, squared = error_sums.SUMS.index("error"), error_sums.SUMS.index("squared")
        mean = sum(sums[error] / rmse for sums, rmse in known) / n
        return mean, float(np.sqrt(sum(sums[squared] / rmse**2 for sums, rmse in known) / n))


def figures(evidence: TargetEvidence, *, min_pairs: int, due: datetime) -> TargetErrors:
    """Compute the figures of a target.

    Args:
        evidence: data that they are computed from.
        min_pairs: smallest number of pairs for the figures of a window.
        due: the newest hour that should have a forecast.
    """
    issued = sorted({hour for hours in evidence.stored.issued.values() for hour in hours})
    windows: dict[WindowName, Sums] = {"24h": evidence.recent}
    windows |= {name: evidence.sums("leads", days) for name, days in DAYS.items()}
    return {
        "hours": _hours(evidence, issued, due),
        "newest_issued_at": datetime.fromtimestamp(issued[-1] * 3600, UTC).isoformat() if issued else None,
        "windows": {name: _window(evidence, leads, min_pairs) for name, leads in windows.items()},
        "by_inputs": _by_inputs(evidence),
        "daily": _daily(evidence),
        "residuals": _residuals(evidence, min_pairs),
        "stations": [
            {"id": int(station_id), "english": station.english, "korean": station.korean, **errors}
            for station_id, sums in evidence.sums("stations", DAYS["7d"]).items()
            if (station := stations_by_id().get(int(station_id))) and (errors := error_sums.figures(sums))
        ],
    }


def _hours(
    evidence: TargetEvidence, issued: Sequence[int], due: datetime
) -> dict[WindowName, IssuedHours] | None:
    """Count hours with and without a forecast since the first deployment; None without a champion."""
    if evidence.champion is None:
        return None
    last = int(due.timestamp()) // 3600
    since = int(evidence.champion.decision.at.timestamp()) // 3600 + 1
    # Forecasts of an earlier champion count: hours are due from the first of them on.
    first_due = min([since, *issued])
    counts: dict[WindowName, IssuedHours] = {}
    for name, hours in HOURS.items():
        expected = set(range(max(first_due, last - hours + 1), last + 1))
        without = len(expected.difference(issued))
        counts[name] = {
            "expected": len(expected),
            "without": without,
            "share_without": share(without, len(expected)),
        }
    return counts


def _window(evidence: TargetEvidence, leads: Sums, min_pairs: int) -> ErrorWindow:
    everything = error_sums.total(leads)
    n = int(everything[0])
    if n < min_pairs:
        return {"n": n, "why": f"not enough yet ({n} pairs)", "all": None, "leads": {}}
    return {
        "n": n,
        "why": None,
        "all": {**_entry(everything), **_promised(evidence, leads)},
        "leads": {
            lead: {
                **_entry(sums),
                "promised_rmse": evidence.promise(lead, "rmse"),
                "promised_coverage_80": evidence.promise(lead, "coverage_80"),
            }
            for lead, sums in leads.items()
        },
    }


def _by_inputs(evidence: TargetEvidence) -> dict[str, ScoredErrors]:
    """Errors by what forecasts were made from; each kind has its own leads, so skill tells more than RMSE."""
    sums = evidence.sums("inputs", DAYS["7d"])
    return {FORECAST_INPUTS[int(index)]: _entry(of_inputs) for index, of_inputs in sums.items()}


def _entry(sums: Sequence[float]) -> ScoredErrors:
    errors = error_sums.figures(sums) or ErrorFigures()
    named = dict(zip(error_sums.SUMS, sums, strict=True))
    return {
        **errors,
        "skill_persistence": error_sums.skill(named["squared"], named["persistence"]),
        "skill_damped_anomaly": error_sums.skill_damped(sums),
    }


def _promised(evidence: TargetEvidence, leads: Sums) -> PromisedErrors:
    """Return the evaluated RMSE and coverage, weighted by the pairs of each lead; None if one is unknown."""
    rows = [
        (sums[0], evidence.promise(lead, "rmse"), evidence.promise(lead, "coverage_80"))
        for lead, sums in leads.items()
    ]
    n = sum(count for count, _, _ in rows)
    known = [(count, rmse, inside) for count, rmse, inside in rows if rmse and inside is not None]
    if not n or len(known) < len(rows):
        return {"promised_rmse": None, "promised_coverage_80": None}
    squared = sum(count * rmse**2 for count, rmse, _ in known) / n
    return {
        "promised_rmse": float(np.sqrt(squared)),
        "promised_coverage_80": sum(count * inside for count, _, inside in known) / n,
    }


def _daily(evidence: TargetEvidence) -> DailyErrors:
    rows = []
    for day in evidence.days(DAYS["30d"]):
        leads = evidence.stored.days[day].get("leads", {})
        errors = error_sums.figures(error_sums.total(leads))
        if errors is not None:
            rows.append((day, errors, _promised(evidence, leads)["promised_rmse"]))
    return {
        "days": [day for day, _, _ in rows],
        "n": [errors["n"] for _, errors, _ in rows],
        "rmse": [errors["rmse"] for _, errors, _ in rows],
        "bias": [errors["bias"] for _, errors, _ in rows],
        "coverage_80": [errors["coverage_80"] for _, errors, _ in rows],
        "persistence_rmse": [errors["persistence_rmse"] for _, errors, _ in rows],
        "promised_rmse": [promised for _, _, promised in rows],
    }


def _residuals(evidence: TargetEvidence, min_pairs: int) -> ResidualFigures | None:
    """Return the mean error of the last 7 d, with the standard error of correlated hours."""
    hours = evidence.sums("hours", DAYS["7d"])
    everything = error_sums.total(hours)
    if everything[0] < min_pairs:
        return None
    means = np.array([sums[1] / sums[0] for sums in hours.values()])
    n_effective = independent(means)
    scaled = evidence.scaled(evidence.sums("leads", DAYS["7d"]))
    return {
        "bias": everything[1] / everything[0],
        "n_effective": n_effective,
        "standard_error": float(means.std() / np.sqrt(n_effective)),
        "scaled_bias": scaled and scaled[0],
        "spread_ratio": scaled and scaled[1],
        "hours": len(hours),
    }
