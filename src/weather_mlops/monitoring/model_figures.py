"""Figures of a deployed model, told from the sums of days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from weather_mlops.model.targets import Target
from weather_mlops.monitoring import pairs
from weather_mlops.monitoring.champion import DeployedModel
from weather_mlops.monitoring.drift import independent
from weather_mlops.monitoring.pairs import Sums
from weather_mlops.monitoring.scored import DailySums
from weather_mlops.monitoring.stations import by_id
from weather_mlops.monitoring.window import share

DAYS: Final = {"7d": 7, "30d": 30}
HOURS: Final = {"24h": 24, "7d": 168, "30d": 720}


@dataclass(frozen=True)
class TargetEvidence:
    """What a target is judged by.

    Attributes:
        target: what is forecast.
        champion: None = none was deployed yet, or it can't be used.
        kept: sums of days.
        recent: sums by lead of the last 24 h.
    """

    target: Target
    champion: DeployedModel | None
    kept: DailySums
    recent: Sums

    def days(self, number: int) -> list[str]:
        """The newest day and so many before it."""
        return list(self.kept.days)[-number - 1 :]

    def sums(self, kind: str, number: int) -> Sums:
        """Sums of these days, by ``leads``, ``stations`` or ``hours``."""
        return pairs.added(self.kept.days[day].get(kind, {}) for day in self.days(number))

    def promise(self, lead: str, figure: str) -> float | None:
        """What the champion's evaluation says of a lead."""
        return self.champion.promised.get(lead, {}).get(figure) if self.champion else None

    def scaled(self, leads: Sums) -> tuple[float, float] | None:
        """Mean and root mean square of the errors, each lead's in its promised RMSE; None without one."""
        known = [(told, rmse) for lead, told in leads.items() if (rmse := self.promise(lead, "rmse"))]
        n = sum(told[0] for told, _ in known)
        if not n:
            return None
        places = pairs.SUMS.index("error"), pairs.SUMS.index("squared")
        mean = sum(told[places[0]] / rmse for told, rmse in known) / n
        return mean, float(np.sqrt(sum(told[places[1]] / rmse**2 for told, rmse in known) / n))


def figures(found: TargetEvidence, *, min_pairs: int, due: datetime) -> dict[str, Any]:
    """The figures of a target, as ``performance`` documents them.

    Args:
        found: what they are told from.
        min_pairs: for a window.
        due: the newest hour that should have a forecast.
    """
    issued = sorted({hour for hours in found.kept.issued.values() for hour in hours})
    windows = {"24h": found.recent, **{name: found.sums("leads", days) for name, days in DAYS.items()}}
    return {
        "hours": _hours(found, issued, due),
        "newest_issued_at": datetime.fromtimestamp(issued[-1] * 3600, UTC).isoformat() if issued else None,
        "windows": {name: _window(found, leads, min_pairs) for name, leads in windows.items()},
        "daily": _daily(found),
        "residuals": _residuals(found, min_pairs),
        "stations": [
            {"id": int(number), "english": station.english, "korean": station.korean, **told}
            for number, sums in found.sums("stations", DAYS["7d"]).items()
            if (station := by_id().get(int(number))) and (told := pairs.figures(sums))
        ],
    }


def _hours(found: TargetEvidence, issued: Sequence[int], due: datetime) -> dict[str, Any] | None:
    """Hours with and without a forecast since there is a champion; None without one."""
    if found.champion is None:
        return None
    last = int(due.timestamp()) // 3600
    since = int(found.champion.decision.at.timestamp()) // 3600 + 1
    # Forecasts of an earlier champion count: what was due is told from the first of them on.
    first_due = min([since, *issued])
    told = {}
    for name, hours in HOURS.items():
        wanted = set(range(max(first_due, last - hours + 1), last + 1))
        without = len(wanted.difference(issued))
        told[name] = {
            "expected": len(wanted),
            "without": without,
            "share_without": share(without, len(wanted)),
        }
    return told


def _window(found: TargetEvidence, leads: Sums, min_pairs: int) -> dict[str, Any]:
    everything = pairs.whole(leads)
    n = int(everything[0])
    if n < min_pairs:
        return {"n": n, "why": f"not enough yet ({n} pairs)", "all": None, "leads": {}}
    return {
        "n": n,
        "why": None,
        "all": {**_entry(everything), **_promised(found, leads)},
        "leads": {
            lead: {
                **_entry(sums),
                "promised_rmse": found.promise(lead, "rmse"),
                "promised_coverage_80": found.promise(lead, "coverage_80"),
            }
            for lead, sums in leads.items()
        },
    }


def _entry(sums: Sequence[float]) -> dict[str, Any]:
    told = pairs.figures(sums) or {}
    named = dict(zip(pairs.SUMS, sums, strict=True))
    return {
        **told,
        "skill_persistence": pairs.skill(named["squared"], named["persistence"]),
        "skill_damped_anomaly": pairs.skill(named["damped_ours"], named["damped"]),
    }


def _promised(found: TargetEvidence, leads: Sums) -> dict[str, float | None]:
    """What the evaluation promised of pairs of these leads; None where it doesn't tell of one."""
    rows = [
        (sums[0], found.promise(lead, "rmse"), found.promise(lead, "coverage_80"))
        for lead, sums in leads.items()
    ]
    n = sum(number for number, _, _ in rows)
    known = [(number, rmse, inside) for number, rmse, inside in rows if rmse and inside is not None]
    if not n or len(known) < len(rows):
        return {"promised_rmse": None, "promised_coverage_80": None}
    squared = sum(number * rmse**2 for number, rmse, _ in known) / n
    return {
        "promised_rmse": float(np.sqrt(squared)),
        "promised_coverage_80": sum(number * inside for number, _, inside in known) / n,
    }


def _daily(found: TargetEvidence) -> dict[str, list[Any]]:
    names = ("n", "rmse", "bias", "coverage_80", "persistence_rmse")
    told: dict[str, list[Any]] = {name: [] for name in ("days", *names, "promised_rmse")}
    for day in found.days(DAYS["30d"]):
        leads = found.kept.days[day].get("leads", {})
        of_day: dict[str, Any] | None = pairs.figures(pairs.whole(leads))
        if of_day is not None:
            told["days"].append(day)
            told["promised_rmse"].append(_promised(found, leads)["promised_rmse"])
            for name in names:
                told[name].append(of_day[name])
    return told


def _residuals(found: TargetEvidence, min_pairs: int) -> dict[str, Any] | None:
    """Errors of the last 7 d: their mean beside what chance makes of correlated errors."""
    hours = found.sums("hours", DAYS["7d"])
    everything = pairs.whole(hours)
    if everything[0] < min_pairs:
        return None
    means = np.array([sums[1] / sums[0] for sums in hours.values()])
    worth = independent(means)
    scaled = found.scaled(found.sums("leads", DAYS["7d"]))
    return {
        "bias": everything[1] / everything[0],
        "n_effective": worth,
        "standard_error": float(means.std() / np.sqrt(worth)),
        "scaled_bias": scaled and scaled[0],
        "spread_ratio": scaled and scaled[1],
        "hours": len(hours),
    }
