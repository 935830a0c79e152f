"""Components of a lead's model, each fitted on a sample: boosted trees, a ridge regression, their blend."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weather_mlops.errors import TrainingImpossible
from weather_mlops.model.feature_names import WAVES
from weather_mlops.model.lead_model import damped_anomaly, reference
from weather_mlops.model.ridge import Ridge
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
        num_boost_round: upper limit of boosting rounds.
        parameters: XGBoost's parameters.
        early_stopping_rounds: rounds without a gain on the rows held out, after which boosting stops.
    """

    num_boost_round: int
    parameters: BoosterParameters
    early_stopping_rounds: int | None = None


def boost(sample: Sample, boosting: Boosting, held_out: Sample | None = None) -> "Booster":
    """Train boosted trees that predict the change of the target.

    Args:
        sample: rows to train on.
        boosting: settings.
        held_out: rows that decide when boosting stops; None = all rounds.

    Raises:
        TrainingImpossible: XGBoost refuses the data or the parameters.
    """
    from xgboost.core import XGBoostError

    try:
        return _boosted(sample, boosting, held_out)
    except XGBoostError as error:
        raise TrainingImpossible(f"XGBoost: {error}") from error


def _boosted(sample: Sample, boosting: Boosting, held_out: Sample | None) -> "Booster":
    import xgboost

    class Progress(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        """A line in the log every few rounds."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
            if (epoch + 1) % LOGGED_EVERY == 0:
                error = f" rmse={evals_log['held_out']['rmse'][-1]:.4f}" if evals_log else ""
                log.info(
                    "boosting: rows=%d round=%d limit=%d%s",
                    len(sample.change),
                    epoch + 1,
                    boosting.num_boost_round,
                    error,
                )
            return False

    bins = {"max_bin": boosting.parameters["max_bin"], "nthread": 1}
    learned = xgboost.QuantileDMatrix(sample.values, sample.change, **bins)
    num_boost_round, parameters = boosting.num_boost_round, dict(boosting.parameters)
    if held_out is None:
        return xgboost.train(parameters, learned, num_boost_round, callbacks=[Progress()])
    judged = xgboost.QuantileDMatrix(held_out.values, held_out.change, **bins, ref=learned)
    booster = xgboost.train(
        parameters,
        learned,
        num_boost_round,
        evals=[(judged, "held_out")],
        early_stopping_rounds=boosting.early_stopping_rounds,
        verbose_eval=False,
        callbacks=[Progress()],
    )
    return booster[: booster.best_iteration + 1]


def fit_ridge(sample: Sample, penalty: float) -> tuple[Ridge, float]:
    """Fit a ridge on what remains of the change after the damped anomaly.

    Args:
        sample: rows to train on.
        penalty: see ``Ridge.fit``.

    Returns:
        The ridge, and the share of the present anomaly that remains at the lead.
    """
    anomaly_name, _ = reference(sample.names)
    anomaly = np.nan_to_num(sample.values[:, sample.names.index(anomaly_name)].astype(np.float64))
    remaining = sample.change - damped_anomaly(sample.names, sample.values, 0)
    damping = float(anomaly @ remaining / max(anomaly @ anomaly, 1e-9))
    waves = [sample.names.index(name) for name in WAVES if name in sample.names]
    outcome = sample.change - damped_anomaly(sample.names, sample.values, damping)
    return Ridge.fit(sample.values, outcome, waves, penalty), damping


def best_ridge_weight(change: np.ndarray, trees: np.ndarray, ridge: np.ndarray) -> float:
    """Share of the ridge (0 to 1) in the blend that makes the squared error smallest.

    Args:
        change: of the target, shape (n,).
        trees: forecasts of it by trees, shape (n,).
        ridge: and by the ridge, shape (n,).
    """
    difference = ridge - trees
    return float(np.clip(difference @ (change - trees) / max(difference @ difference, 1e-9), 0, 1))
