"""Train a model: for each lead boosters and a line, how much to trust each, and how far off they are.

The training span is cut into a few blocks of time. Each is forecast by models of the others, with an embargo
around it: from there come the number of boosting rounds, the share of the line, and the interval. The models
that are kept learn from all rows. Leads are trained beside each other; the result is the same however many.
"""

import logging
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import features
from weather_mlops.model.boosting import Rows, Settings, boost, boost_until_best
from weather_mlops.model.features import Features, Usual
from weather_mlops.model.forecaster import Forecaster, LeadModel
from weather_mlops.model.grid import Grid
from weather_mlops.model.linear import Line
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named

if TYPE_CHECKING:
    from xgboost import Booster

log = logging.getLogger(__name__)

SETTINGS: Final = Settings()
LEAST_ROWS: Final = 500
MOST_WORKERS: Final = 4
"""Leads that are trained beside each other, at most: each holds a copy of the rows."""
EMBARGO_HOURS: Final = 24
"""Beyond the lead, around a block that is held out."""
_TINY: Final = 1e-6  # unit of the target


@dataclass(frozen=True)
class Sample(Rows):
    """Rows to learn one lead from; their outcome is the change of the target, its unit.

    Attributes:
        origin: index of the issue time, shape (n,).
    """

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

    def lead_of(lead: int) -> tuple[LeadModel, tuple[str, ...], int]:
        own = features.lead_features(grid, origins, target, usual, lead)
        names = base.names + own.names
        sample = sampled(grid.values[target.column], origins, base, own, lead)
        if len(sample.outcome) < LEAST_ROWS:
            raise TrainingImpossible(
                f"{plan.target}: {len(sample.outcome)} rows known after {lead} h; {LEAST_ROWS} needed"
            )
        return train_lead(sample, names, lead, plan.seed), names, len(sample.outcome)

    leads, names, rows = [], base.names, 0
    begun = time.monotonic()
    with ThreadPoolExecutor(workers(plan.horizon_hours)) as pool:
        trained = pool.map(lead_of, range(1, plan.horizon_hours + 1))
        for lead, (model, seen, count) in enumerate(trained, start=1):
            leads.append(model)
            names, rows = seen, max(rows, count)
            spent = time.monotonic() - begun
            log.info(
                "trained: target=%s lead=%d/%d rows=%d rounds=%d seconds=%.0f seconds_left=%.0f",
                plan.target,
                lead,
                plan.horizon_hours,
                count,
                model.members[0].num_boosted_rounds(),
                spent,
                spent / lead * (plan.horizon_hours - lead),
            )
    return Forecaster(target, plan.stations, names, usual, leads, asdict(SETTINGS), rows)


def workers(leads: int) -> int:
    """Leads to train beside each other."""
    return min(os.cpu_count() or 1, leads, MOST_WORKERS)


def sampled(value: np.ndarray, origins: np.ndarray, base: Features, own: Features, lead: int) -> Sample:
    """The rows of a lead whose issue time and outcome were observed.

    Args:
        value: of the target, shape (stations, hours).
        origins: indices of the issue times.
        base: features that are the same for all leads.
        own: those of the lead.
        lead: hours.
    """
    change = value[:, origins + lead] - value[:, origins]
    known = np.isfinite(change)
    shared = len(base.names)
    # Filled in place: the rows are most of the memory, and shouldn't be there twice.
    values = np.empty((int(known.sum()), shared + len(own.names)), np.float32)
    values[:, :shared], values[:, shared:] = base.values[known], own.values[known]
    return Sample(values, change[known], np.broadcast_to(origins, change.shape)[known])


def train_lead(sample: Sample, names: Sequence[str], lead: int, seed: int) -> LeadModel:
    """Train the boosters and the line of one lead.

    Args:
        sample: what to learn from.
        names: of the features.
        lead: hours.
        seed: of all randomness.

    Raises:
        TrainingImpossible: too few hours to hold any out.
    """
    settings = SETTINGS.for_rows(len(sample.outcome))
    block = blocks(sample.origin, settings.blocks)
    trees, lines, rounds = _cross_forecast(sample, block, names, lead, seed, settings)
    judged = np.isfinite(trees)
    weight = _weight(sample.outcome[judged], trees[judged], lines[judged])
    off = sample.outcome[judged] - (trees + weight * (lines - trees))[judged]
    spread, least, low, high = _calibrate(
        Rows(sample.values[judged], off), block[judged], settings.for_spread(), _seed(seed, lead, 0)
    )
    final = replace(settings, rounds=rounds)
    members = [boost(sample, final, _seed(seed, lead, 1, member)) for member in range(settings.members)]
    line = Line.fit(sample.values, sample.outcome, names, settings.ridge_penalty)
    return LeadModel(members, line, weight, spread, least, low, high)


def blocks(origin: np.ndarray, count: int) -> np.ndarray:
    """Block of time of each row, 0 to count − 1; they are equally long, and have no holes."""
    since = origin - origin.min()
    return np.asarray(since * count // (since.max() + 1))


def clear_of(origin: np.ndarray, held_out: np.ndarray, lead: int) -> np.ndarray:
    """Rows to learn from while a block is held out: no outcome of the one lies near a feature of the other.

    Args:
        origin: indices of the issue times, shape (n,).
        held_out: the rows of the block, a mask, shape (n,).
        lead: hours.
    """
    gap = lead + EMBARGO_HOURS
    inside = origin[held_out]
    return np.asarray((origin < inside.min() - gap) | (origin > inside.max() + gap))


def _cross_forecast(  # noqa: PLR0913, PLR0917  what a fold is made of
    sample: Sample, block: np.ndarray, names: Sequence[str], lead: int, seed: int, settings: Settings
) -> tuple[np.ndarray, np.ndarray, int]:
    """Each block by models of the others: changes by trees and by lines, NaN where none; rounds to keep."""
    trees, lines = np.full((2, len(block)), np.nan, np.float32)
    drawn = _drawn(sample.origin, settings.block_rows / len(block), _seed(seed, lead, 2))
    rounds = []
    for number in np.unique(block):
        inside = block == number
        learners, tested = clear_of(sample.origin, inside, lead) & drawn, inside & drawn
        if not learners.any() or not tested.any():
            continue
        title = f"lead={lead} block={number + 1}/{settings.blocks}"
        given, held_out = sample[learners], sample[tested]
        booster = boost_until_best(given, held_out, settings, _seed(seed, lead, 3, int(number)), title)
        rounds.append(booster.num_boosted_rounds())
        trees[tested] = booster.inplace_predict(held_out.values)
        line = Line.fit(given.values, given.outcome, names, settings.ridge_penalty)
        lines[tested] = line.predict(held_out.values)
    if not rounds:
        raise TrainingImpossible(
            f"the hours to learn from are too few: none is left when others, {lead} h ahead, are held out"
        )
    return trees, lines, int(np.median(rounds))


def _drawn(origin: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Rows of a share of the issue times, by lot: every n-th could be one and the same hour of the day."""
    distinct, place = np.unique(origin, return_inverse=True)
    return np.asarray((np.random.default_rng(seed).random(len(distinct)) < share)[place])


def _weight(change: np.ndarray, trees: np.ndarray, lines: np.ndarray) -> float:
    """Share of the line that makes the squared error smallest, 0 to 1."""
    gap = (lines - trees).astype(np.float64)
    return float(np.clip(np.sum(gap * (change - trees)) / max(np.sum(gap**2), _TINY), 0, 1))


def _calibrate(
    errors: Rows, block: np.ndarray, settings: Settings, seed: int
) -> tuple["Booster", float, float, float]:
    """Spread, its lower bound, and p10 and p90 of the errors in spreads (normalised split conformal).

    Each block is scaled by the spread that the others tell, as a forecast will be.
    """
    size = Rows(errors.values, np.abs(errors.outcome))
    least = max(float(size.outcome.mean()) / 4, _TINY)
    scaled = np.empty_like(errors.outcome)
    for number in np.unique(block):
        inside = block == number
        others = inside if inside.all() else ~inside
        told = boost(size[others], settings, seed).inplace_predict(errors.values[inside])
        scaled[inside] = errors.outcome[inside] / np.maximum(told, least)
    low, high = np.quantile(scaled, (0.1, 0.9))
    return boost(size, settings, seed), least, min(float(low), 0.0), max(float(high), 0.0)


def _seed(*parts: int) -> int:
    """For each use its own."""
    return int(np.random.SeedSequence(parts).generate_state(1)[0] >> 1)
