"""Boosted trees: how they are grown, and when they stop."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from xgboost import Booster

log = logging.getLogger(__name__)

MANY_ROWS: Final = 200_000
TOLD_EVERY: Final = 25


@dataclass(frozen=True)
class Settings:
    """How a lead is trained. The defaults were chosen on days of 2019; they serve all leads and targets.

    Half the rate, twice the rounds and bins are twice as slow, and forecast up to 0.6 % (at 6 h) better.

    Attributes:
        rounds: of boosting, at most.
        patience: rounds without a better forecast of the held-out block after which boosting stops.
        rate: learning rate.
        depth: of a tree.
        leaf_rows: least rows in a leaf.
        leaf_penalty: on the square of a leaf's value.
        columns: share of the features that a tree may use.
        rows: share of the rows that a tree sees.
        bins: of a feature's histogram.
        members: boosters whose forecasts are averaged; they differ by their randomness.
        blocks: of time, each forecast by models of the others.
        block_rows: of these models, together, at most.
        ridge_penalty: per row.
    """

    rounds: int = 100
    patience: int = 12
    rate: float = 0.1
    depth: int = 8
    leaf_rows: int = 10
    leaf_penalty: float = 5
    columns: float = 0.4
    rows: float = 0.6
    bins: int = 32
    members: int = 3
    blocks: int = 4
    block_rows: int = 60_000
    ridge_penalty: float = 0.5

    def for_rows(self, rows: int) -> "Settings":
        """Where rows are plenty, one booster of fewer and larger steps is nearly as good, and affordable."""
        if rows <= MANY_ROWS:
            return self
        return replace(self, members=1, rounds=self.rounds // 2, rate=self.rate * 2)

    def for_spread(self) -> "Settings":
        """Few and shallow trees: the size of an error is mostly noise."""
        rounds = min(self.rounds, 30)
        return replace(self, rounds=rounds, rate=0.2, depth=4, leaf_rows=100, columns=0.5, rows=0.5)

    def parameters(self, seed: int) -> Mapping[str, Any]:
        """For XGBoost. One thread: on busy cores two wait for each other. Leads run beside instead."""
        return {
            "tree_method": "hist",
            "objective": "reg:squarederror",
            "eta": self.rate,
            "max_depth": self.depth,
            "min_child_weight": self.leaf_rows,
            "lambda": self.leaf_penalty,
            "colsample_bytree": self.columns,
            "subsample": self.rows,
            "max_bin": self.bins,
            "nthread": 1,
            "seed": seed,
        }


@dataclass(frozen=True)
class Rows:
    """What to learn from.

    Attributes:
        values: features, float32, shape (n, F); NaN = missing.
        outcome: finite, shape (n,).
    """

    values: np.ndarray
    outcome: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Rows":
        """Some of them: a mask, shape (n,)."""
        return Rows(self.values[chosen], self.outcome[chosen])


def boost(given: Rows, settings: Settings, seed: int) -> "Booster":
    """Grow as many trees as the settings say."""
    import xgboost

    matrix = _matrix(given, settings)
    return xgboost.train(settings.parameters(seed), matrix, settings.rounds)


def boost_until_best(given: Rows, held_out: Rows, settings: Settings, seed: int, title: str) -> "Booster":
    """Grow trees as long as they better the forecast of rows that are held out.

    Args:
        given: to learn from.
        held_out: to stop by.
        settings: how.
        seed: of the randomness.
        title: for the log.
    """
    import xgboost

    class Progress(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        """Tells the log every few rounds."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            if (epoch + 1) % TOLD_EVERY == 0:
                reached = evals_log["held_out"]["rmse"][-1]
                log.info("boosting: %s round=%d rmse_held_out=%.4f", title, epoch + 1, reached)
            return False

    matrix = _matrix(given, settings)
    booster = xgboost.train(
        settings.parameters(seed),
        matrix,
        settings.rounds,
        evals=[(_matrix(held_out, settings, ref=matrix), "held_out")],
        early_stopping_rounds=settings.patience,
        verbose_eval=False,
        callbacks=[Progress()],
    )
    return booster[: booster.best_iteration + 1]


def _matrix(rows: Rows, settings: Settings, ref: Any = None) -> Any:
    import xgboost

    return xgboost.QuantileDMatrix(rows.values, rows.outcome, max_bin=settings.bins, nthread=1, ref=ref)
