"""Train a model: for each lead an ensemble of boosters and a line, and how far off they are.

The weeks of the training span are dealt out to MEMBERS parts. Each booster learns from all parts but one,
stops early on that one, and forecasts it: so every hour is forecast by a booster that has not seen it. From
these forecasts come the weight of the line and the intervals, over all seasons that there are. Around a part
that is held out, an embargo of the lead keeps its outcomes from the learners.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import features
from weather_mlops.model.features import Features, Usual
from weather_mlops.model.forecaster import Forecaster, LeadModel
from weather_mlops.model.grid import Grid
from weather_mlops.model.linear import Ridge
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named

if TYPE_CHECKING:
    from xgboost import Booster

log = logging.getLogger(__name__)

MEMBERS: Final = 4
PART_DAYS: Final = 10
"""Days in a row that go to one part: longer than the weather remembers."""
ROWS_PER_MEMBER: Final = 200_000
"""A booster learns from so many rows at most, drawn at random: others draw others."""
ROUNDS: Final = 1500
PATIENCE: Final = 40
TOLD_EVERY: Final = 100
LEAST_ROWS: Final = 500
PARAMETERS: Final[Mapping[str, Any]] = {
    "tree_method": "hist",
    "objective": "reg:squarederror",
    "eta": 0.04,
    "max_depth": 7,
    "min_child_weight": 20,
    "subsample": 0.6,
    "colsample_bytree": 0.4,
    "lambda": 5,
    "max_bin": 128,
}


@dataclass(frozen=True)
class Sample:
    """Rows to learn one lead from.

    Attributes:
        values: features, float32, shape (n, F).
        change: of the target from issue to valid time, its unit, shape (n,).
        origin: index of the issue time, shape (n,).
    """

    values: np.ndarray
    change: np.ndarray
    origin: np.ndarray


def train(grid: Grid, plan: Plan, usual: Usual, base: Features, origins: np.ndarray) -> Forecaster:
    """Train a model of all leads.

    Args:
        grid: of the plan's stations.
        plan: what the run is about.
        usual: climatologies, fitted before the holdout.
        base: features that are the same for all leads, of the origins.
        origins: indices of the issue times to learn from; all their outcomes lie before the holdout.

    Raises:
        TrainingImpossible: too few rows with an outcome.
    """
    target = target_named(plan.target)
    leads, names, rows = [], base.names, 0
    begun = time.monotonic()
    for lead in range(1, plan.horizon_hours + 1):
        seen = base.beside(features.lead_features(grid, origins, target, usual, lead))
        sample = sampled(grid, target.column, origins, seen, lead)
        if len(sample.change) < LEAST_ROWS:
            raise TrainingImpossible(
                f"{plan.target}: {len(sample.change)} rows known after {lead} h; {LEAST_ROWS} needed"
            )
        leads.append(train_lead(sample, lead, plan.seed))
        names, rows = seen.names, max(rows, len(sample.change))
        spent = time.monotonic() - begun
        log.info(
            "trained: target=%s lead=%d/%d rows=%d seconds=%.0f seconds_left=%.0f",
            plan.target,
            lead,
            plan.horizon_hours,
            len(sample.change),
            spent,
            spent / lead * (plan.horizon_hours - lead),
        )
    settings = {
        **PARAMETERS,
        "members": MEMBERS,
        "part_days": PART_DAYS,
        "rows_per_member": ROWS_PER_MEMBER,
        "rounds": ROUNDS,
        "patience": PATIENCE,
    }
    return Forecaster(target, plan.stations, names, usual, leads, settings, rows)


def sampled(grid: Grid, column: str, origins: np.ndarray, seen: Features, lead: int) -> Sample:
    """The rows of a lead whose issue time and outcome were observed."""
    value = grid.values[column]
    change = value[:, origins + lead] - value[:, origins]
    known = np.isfinite(change)
    origin = np.broadcast_to(origins, change.shape)
    return Sample(seen.values[known], change[known], origin[known])


def train_lead(sample: Sample, lead: int, seed: int) -> LeadModel:
    """Train the ensemble and the line of one lead.

    Args:
        sample: what to learn from.
        lead: hours.
        seed: of all randomness.
    """
    part = (sample.origin // (24 * PART_DAYS)) % MEMBERS
    trees, lines = (np.full(len(part), np.nan) for _ in range(2))
    members = []
    for number in range(MEMBERS):
        out = part == number
        # No outcome of the part that is held out, and none that overlaps its first hours, is learned from.
        near = (_part_after(sample.origin, lead) == number) | (_part_after(sample.origin, -lead) == number)
        kept = ~out & ~near
        if not out.any() or not kept.any():
            continue
        member = _booster(sample, _drawn(kept, seed + number), out, seed=1000 * lead + seed + number)
        members.append(member)
        trees[out] = member.inplace_predict(sample.values[out])
        lines[out] = _line(sample, _drawn(kept, seed + number)).predict(sample.values[out])
    if not members:
        raise TrainingImpossible(f"less than {PART_DAYS} days to learn from")
    weight = _weight(sample.change, trees, lines)
    off = sample.change - ((1 - weight) * trees + weight * lines)
    low, high = np.nanquantile(off, (0.1, 0.9))
    line = _line(sample, _drawn(np.ones(len(part), bool), seed))
    return LeadModel(members, line, weight, float(min(low, 0)), float(max(high, 0)))


def _part_after(origin: np.ndarray, hours: int) -> np.ndarray:
    return np.asarray(((origin + hours) // (24 * PART_DAYS)) % MEMBERS)


def _drawn(kept: np.ndarray, seed: int) -> np.ndarray:
    """Places of the rows that a member learns from, in their order."""
    places = np.flatnonzero(kept)
    if len(places) > ROWS_PER_MEMBER:
        places = np.sort(np.random.default_rng(seed).choice(places, ROWS_PER_MEMBER, replace=False))
    return places


def _line(sample: Sample, learn: np.ndarray) -> Ridge:
    return Ridge.fit(sample.values[learn], sample.change[learn])


def _booster(sample: Sample, learn: np.ndarray, out: np.ndarray, seed: int) -> "Booster":
    import xgboost

    class Progress(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        """Tells the log every few rounds."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            if (epoch + 1) % TOLD_EVERY == 0:
                log.info(
                    "boosting: round=%d rmse_held_out=%.4f", epoch + 1, evals_log["held_out"]["rmse"][-1]
                )
            return False

    bins = PARAMETERS["max_bin"]
    given = xgboost.QuantileDMatrix(sample.values[learn], sample.change[learn], max_bin=bins)
    held = xgboost.QuantileDMatrix(sample.values[out], sample.change[out], max_bin=bins, ref=given)
    booster = xgboost.train(
        {**PARAMETERS, "seed": seed},
        given,
        ROUNDS,
        evals=[(held, "held_out")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
        callbacks=[Progress()],
    )
    return booster[: booster.best_iteration + 1]


def _weight(change: np.ndarray, trees: np.ndarray, lines: np.ndarray) -> float:
    """Share of the line that makes the squared error smallest, 0 to 1."""
    known = np.isfinite(trees) & np.isfinite(lines)
    gap = lines[known] - trees[known]
    power = float(np.sum(gap**2))
    if not power:
        return 0.0
    return float(np.clip(np.sum(gap * (change[known] - trees[known])) / power, 0, 1))
