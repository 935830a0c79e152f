"""Components of a lead's model, each fitted on a sample: boosted trees, a ridge regression, their blend."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model.feature_names import WAVES
from weather_mlops.model.lead_model import damped_anomaly, reference
from weather_mlops.model.ridge import Block, Ridge
from weather_mlops.model.sample import Sample

if TYPE_CHECKING:
    from xgboost import Booster

log = logging.getLogger(__name__)

BoosterParameters = Mapping[str, str | int | float]
"""Parameters under XGBoost's own names."""
LOGGED_EVERY: Final = 100
"""Rounds of boosting."""
COMMON: Final[BoosterParameters] = {
    "tree_method": "hist",
    "objective": "reg:squarederror",
    "lambda": 5,
    "nthread": 1,
}
"""XGBoost's parameters that all recipes share. One thread: on busy cores two threads wait for each other, but
two leads trained at a time don't."""


@dataclass(frozen=True)
class Boosting:
    """How trees are boosted; the names are XGBoost's.

    Attributes:
        num_boost_round: boosting rounds.
        parameters: XGBoost's parameters.
    """

    num_boost_round: int
    parameters: BoosterParameters


def boost(sample: Sample, boosting: Boosting) -> "Booster":
    """Train boosted trees that predict the change of the target.

    Args:
        sample: rows to train on.
        boosting: settings.

    Raises:
        TrainingImpossible: XGBoost refuses the data or the parameters.
    """
    from xgboost.core import XGBoostError

    try:
        return _boosted(sample, boosting)
    except XGBoostError as error:
        raise TrainingImpossible(f"XGBoost: {error}") from error


def _boosted(sample: Sample, boosting: Boosting) -> "Booster":
    import xgboost

    class Progress(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        """A line in the log every few rounds."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            if (epoch + 1) % LOGGED_EVERY == 0:
                log.info(
                    "boosting: rows=%d round=%d of=%d",
                    len(sample.change),
                    epoch + 1,
                    boosting.num_boost_round,
                )
            return False

    learned = xgboost.QuantileDMatrix(
        sample.values, sample.change, max_bin=boosting.parameters["max_bin"], nthread=1
    )
    return xgboost.train(dict(boosting.parameters), learned, boosting.num_boost_round, callbacks=[Progress()])


def fit_ridge(sample: Sample, penalty: float) -> tuple[Ridge, float]:
    """Fit a ridge on what remains of the change after the damped anomaly.

    Args:
        sample: rows to train on.
        penalty: see ``Ridge.fit``.

    Returns:
        The ridge, and the share of the present anomaly that remains at the lead.
    """
    damping, outcome = _without_damped_anomaly(sample)
    return Ridge.fit(sample.values, outcome, _waves(sample), penalty), damping


def fit_ridge_blocks(
    sample: Sample, penalty: float, blocks: Sequence[Block]
) -> tuple[Ridge, float, list[Ridge]]:
    """Fit a ridge as ``fit_ridge`` does, and one without each block.

    Args:
        sample: rows to train on.
        penalty: see ``Ridge.fit``.
        blocks: see ``Ridge.fit_blocks``.

    Returns:
        The ridge, the share of the present anomaly that remains at the lead, and a ridge without each block.
    """
    damping, outcome = _without_damped_anomaly(sample)
    ridge, others = Ridge.fit_blocks(sample.values, outcome, _waves(sample), penalty, blocks)
    return ridge, damping, others


def _without_damped_anomaly(sample: Sample) -> tuple[float, np.ndarray]:
    """The damping that fits best, and what remains of the change, shape (n,)."""
    anomaly_name, _ = reference(sample.names)
    anomaly = np.nan_to_num(sample.values[:, sample.names.index(anomaly_name)].astype(np.float64))
    remaining = sample.change - damped_anomaly(sample.names, sample.values, 0)
    damping = float(anomaly @ remaining / max(anomaly @ anomaly, 1e-9))
    return damping, sample.change - damped_anomaly(sample.names, sample.values, damping)


def _waves(sample: Sample) -> list[int]:
    return [sample.names.index(name) for name in WAVES if name in sample.names]


def best_ridge_weight(change: np.ndarray, trees: np.ndarray, ridge: np.ndarray) -> float:
    """Share of the ridge (0 to 1) in the blend that makes the squared error smallest.

    Args:
        change: of the target, shape (n,).
        trees: forecasts of it by trees, shape (n,).
        ridge: and by the ridge, shape (n,).
    """
    difference = ridge - trees
    return float(np.clip(difference @ (change - trees) / max(difference @ difference, 1e-9), 0, 1))
