"""Train a model: for each lead boosted trees and a ridge regression, their blend, and how far off it is.

The training span is cut into fortnights, dealt out in turn to a few blocks. Models of the other blocks
forecast each block, with an embargo of a day and the lead on either side of its fortnights: an outcome of
the one is in no feature of the other. These forecasts say when to stop boosting, how much the ridge weighs
in the blend, and how wide the interval must be, over all seasons that there are. The models that are kept
then learn from the whole span.
"""

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model import blocks, features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.features import Features
from weather_mlops.model.forecaster import Forecaster, LeadModel, damped
from weather_mlops.model.grid import Grid
from weather_mlops.model.linear import Ridge
from weather_mlops.model.plan import Plan
from weather_mlops.model.targets import target_named

if TYPE_CHECKING:
    from xgboost import Booster

log = logging.getLogger(__name__)

LEAST_ROWS: Final = 500
MANY_ROWS: Final = 100_000
TOLD_EVERY: Final = 100
_LEAST_SPREAD: Final = 1e-3


@dataclass(frozen=True)
class Settings:
    """How a lead is trained. The defaults were chosen on folds of years before the holdout.

    Attributes:
        rounds: of boosting a model of blocks, at most.
        patience: rounds without a gain on the block that is held out, after which boosting stops.
        block_rate: learning rate of these models.
        rate: learning rate of the models that are kept; they get as many more rounds as it is slower.
        depth: of a tree.
        leaf_rows: least rows in a leaf.
        columns: share of the features that a tree may use.
        rows: share of the rows that a tree sees.
        seeds: boosters whose forecasts are averaged.
        bins: of a feature's histogram.
        near_leads: leads up to this one gain by slower learning.
        near_slowness: by which their rates are divided, and rounds and patience multiplied.
        near_seeds: boosters that they average.
        blocks: of time.
        block_rows: rows, of hours drawn by lot, that blocks are forecast with, at most.
        ridge_rows: rows, of hours drawn by lot, that the ridge learns from, at most.
        ridge_penalty: see ``Ridge.fit``.
    """

    rounds: int = 120
    patience: int = 12
    block_rate: float = 0.15
    rate: float = 0.06
    depth: int = 8
    leaf_rows: int = 10
    columns: float = 0.3
    rows: float = 0.8
    seeds: int = 2
    bins: int = 32
    near_leads: int = 3
    near_slowness: float = 2.5
    near_seeds: int = 3
    blocks: int = 4
    block_rows: int = 60_000
    ridge_rows: int = 150_000
    ridge_penalty: float = 0.5

    def of_lead(self, lead: int, rows: int) -> "Settings":
        """Near leads learn slowly; where rows are plenty, one booster of few large steps is affordable."""
        if rows > MANY_ROWS:
            return replace(self, seeds=1, rate=self.block_rate)
        if lead > self.near_leads:
            return self
        return replace(
            self,
            rounds=round(self.rounds * self.near_slowness),
            patience=round(self.patience * self.near_slowness),
            block_rate=self.block_rate / self.near_slowness,
            rate=self.rate / self.near_slowness,
            seeds=self.near_seeds,
        )

    def parameters(self, seed: int) -> dict[str, Any]:
        """XGBoost's; one thread: two on busy cores wait for each other, two leads at a time don't."""
        return {
            "tree_method": "hist",
            "objective": "reg:squarederror",
            "eta": self.rate,
            "max_depth": self.depth,
            "min_child_weight": self.leaf_rows,
            "subsample": self.rows,
            "colsample_bytree": self.columns,
            "lambda": 5,
            "max_bin": self.bins,
            "nthread": 1,
            "seed": seed,
        }


SETTINGS: Final = Settings()


@dataclass(frozen=True)
class Sample:
    """Rows to learn one lead from.

    Attributes:
        names: of the features.
        values: features, float32, shape (n, F).
        change: of the target from issue to valid time, its unit, shape (n,).
        origin: index of the issue time, shape (n,).
    """

    names: tuple[str, ...]
    values: np.ndarray
    change: np.ndarray
    origin: np.ndarray

    def of(self, chosen: np.ndarray) -> "Sample":
        """Some of the rows."""
        return Sample(self.names, self.values[chosen], self.change[chosen], self.origin[chosen])


def train(grid: Grid, plan: Plan, usual: Climatology, base: Features, origins: np.ndarray) -> Forecaster:
    """Train a model of all leads, as many at a time as there are cores.

    Args:
        grid: of the plan's stations.
        plan: what the run is about.
        usual: climatology of the target, fitted before the holdout.
        base: features that are the same for all leads, of the origins.
        origins: indices of the issue times to learn from; all their outcomes lie before the holdout.

    Raises:
        TrainingImpossible: too few rows with an outcome.
    """
    target, begun = target_named(plan.target), time.monotonic()

    def one(lead: int) -> tuple[LeadModel, tuple[str, ...], int]:
        own = features.lead_features(grid, origins, target, usual, lead)
        sample = sampled(grid.values[target.column], origins, base, own, lead)
        if len(sample.change) < LEAST_ROWS:
            raise TrainingImpossible(
                f"{plan.target}: {len(sample.change)} rows known after {lead} h; {LEAST_ROWS} needed"
            )
        return train_lead(sample, lead, plan.seed), sample.names, len(sample.change)

    trained = []
    with ThreadPoolExecutor(min(os.cpu_count() or 1, plan.horizon_hours)) as pool:
        for model, names, rows in pool.map(one, range(1, plan.horizon_hours + 1)):
            trained.append((model, names, rows))
            spent = time.monotonic() - begun
            log.info(
                "trained: target=%s lead=%d/%d rows=%d rounds=%d ridge=%.2f seconds=%.0f seconds_left=%.0f",
                plan.target,
                len(trained),
                plan.horizon_hours,
                rows,
                model.boosters[0].num_boosted_rounds(),
                model.ridge_share,
                spent,
                spent / len(trained) * (plan.horizon_hours - len(trained)),
            )
    models = [model for model, _, _ in trained]
    return Forecaster(
        target,
        plan.stations,
        trained[-1][1],
        usual,
        models,
        asdict(SETTINGS),
        max(rows for _, _, rows in trained),
    )


def sampled(value: np.ndarray, origins: np.ndarray, base: Features, own: Features, lead: int) -> Sample:
    """The rows of a lead whose issue time and outcome were observed.

    Args:
        value: of the target, shape (stations, hours).
        origins: indices of the issue times.
        base: features that are the same for all leads, of the origins.
        own: those of the lead.
        lead: hours.
    """
    change = value[:, origins + lead] - value[:, origins]
    known = np.isfinite(change)
    shared = len(base.names)
    values = np.empty((int(known.sum()), shared + len(own.names)), np.float32)
    # One station after the other: the rows are most of the memory, and are not to be there twice.
    ends = np.cumsum(known.sum(axis=1))
    for rows, there, ours, theirs in zip(
        np.split(values, ends[:-1]), known, base.values, own.values, strict=True
    ):
        rows[:, :shared], rows[:, shared:] = ours[there], theirs[there]
    return Sample(
        base.names + own.names, values, change[known], np.broadcast_to(origins, change.shape)[known]
    )


def train_lead(sample: Sample, lead: int, seed: int) -> LeadModel:
    """Train trees, ridge, blend and interval of one lead.

    Args:
        sample: what to learn from.
        lead: hours.
        seed: of all randomness.

    Raises:
        TrainingImpossible: the span is too short to hold a part of it out.
    """
    settings, seed = SETTINGS.of_lead(lead, len(sample.change)), 1000 * lead + seed
    part = sample.of(blocks.drawn(sample.origin, settings.block_rows, seed))
    block = blocks.dealt(part.origin, settings.blocks)
    rounds, trees, ridge = _forecast_blocks(part, block, lead, settings, seed)
    judged = np.isfinite(trees)
    share = _best_share(part.change[judged], trees[judged], ridge[judged])
    off = part.change - (trees + share * (ridge - trees))
    spread, least, low, high = _calibrate(part.of(judged), off[judged], block[judged], settings, seed)
    settings = replace(settings, rounds=round(rounds * settings.block_rate / settings.rate))
    boosters = [_booster(sample, settings, seed + each) for each in range(settings.seeds)]
    line, damping = _line(sample.of(blocks.drawn(sample.origin, settings.ridge_rows, seed)), settings)
    return LeadModel(boosters, line, damping, share, spread, least, low, high)


def _forecast_blocks(
    sample: Sample, block: np.ndarray, lead: int, settings: Settings, seed: int
) -> tuple[int, np.ndarray, np.ndarray]:
    """Rounds of boosting, and forecasts of each block, by trees and by ridge, from models of the others.

    NaN where there is none.
    """
    trees, ridge = np.full((2, len(block)), np.nan)
    found, quick = [], replace(settings, rate=settings.block_rate)
    for number in np.unique(block):
        inside = block == number
        kept = ~blocks.within_embargo(sample.origin, inside, lead)
        if not kept.any():
            continue
        learned, held = sample.of(kept), sample.of(inside)
        booster = _booster(learned, quick, seed, held)
        found.append(booster.num_boosted_rounds())
        line, damping = _line(learned, settings)
        trees[inside] = booster.inplace_predict(held.values)
        ridge[inside] = damped(held.names, held.values, damping) + line.predict(held.values)
    if not found:
        hours = int(np.ptp(sample.origin)) + 1
        raise TrainingImpossible(
            f"{hours} h to learn from, with {lead} h ahead: too short to hold a part out"
        )
    return round(float(np.median(found))), trees, ridge


def _line(sample: Sample, settings: Settings) -> tuple[Ridge, float]:
    """A ridge of what the damped anomaly leaves, and the share of the anomaly that is left at the lead."""
    anomaly = np.nan_to_num(sample.values[:, sample.names.index(features.ANOMALY)].astype(np.float64))
    left = sample.change - damped(sample.names, sample.values, 0)
    damping = float(anomaly @ left / max(anomaly @ anomaly, 1e-9))
    waves = [sample.names.index(name) for name in features.WAVES]
    outcome = sample.change - damped(sample.names, sample.values, damping)
    return Ridge.fit(sample.values, outcome, waves, settings.ridge_penalty), damping


def _booster(sample: Sample, settings: Settings, seed: int, held: Sample | None = None) -> "Booster":
    """Boosted trees of the change; with rows held out, they stop when these gain no more."""
    import xgboost

    class Progress(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        """Tells the log every few rounds."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            if (epoch + 1) % TOLD_EVERY == 0:
                off = f" rmse={evals_log['held_out']['rmse'][-1]:.4f}" if evals_log else ""
                log.info(
                    "boosting: rows=%d round=%d most=%d%s",
                    len(sample.change),
                    epoch + 1,
                    settings.rounds,
                    off,
                )
            return False

    given = xgboost.QuantileDMatrix(sample.values, sample.change, max_bin=settings.bins, nthread=1)
    if held is None:
        return xgboost.train(settings.parameters(seed), given, settings.rounds, callbacks=[Progress()])
    tested = xgboost.QuantileDMatrix(held.values, held.change, max_bin=settings.bins, nthread=1, ref=given)
    booster = xgboost.train(
        settings.parameters(seed),
        given,
        settings.rounds,
        evals=[(tested, "held_out")],
        early_stopping_rounds=settings.patience,
        verbose_eval=False,
        callbacks=[Progress()],
    )
    return booster[: booster.best_iteration + 1]


def _best_share(change: np.ndarray, trees: np.ndarray, ridge: np.ndarray) -> float:
    """Share of the ridge that makes the squared error smallest, 0 to 1."""
    apart = ridge - trees
    return float(np.clip(apart @ (change - trees) / max(apart @ apart, 1e-9), 0, 1))


def _calibrate(
    sample: Sample, off: np.ndarray, block: np.ndarray, settings: Settings, seed: int
) -> tuple["Booster", float, float, float]:
    """Trees of the size of an error, its lower bound, and p10 and p90 of the errors in such sizes.

    Normalised split conformal prediction: each block is scaled by what the others tell, as a forecast is.
    """
    sizes = replace(sample, change=np.abs(off))
    least = max(float(sizes.change.mean()) / 4, _LEAST_SPREAD)
    # Few and shallow trees: the size of an error is mostly noise.
    coarse = replace(settings, rounds=60, rate=0.1, depth=4, leaf_rows=100, columns=0.5, rows=0.5)

    def spread(chosen: np.ndarray) -> "Booster":
        return _booster(sizes.of(chosen), coarse, seed)

    scaled = np.empty_like(off)
    for number in np.unique(block):
        inside = block == number
        model = spread(inside if inside.all() else ~inside)
        scaled[inside] = off[inside] / np.maximum(model.inplace_predict(sample.values[inside]), least)
    low, high = np.quantile(scaled, (0.1, 0.9))
    return spread(np.ones(len(off), bool)), least, float(min(low, 0)), float(max(high, 0))
