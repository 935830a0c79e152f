"""A trained model: boosted trees and a ridge for each lead, and what turns their predictions into quantiles.

Files: ``model.json`` (everything but the trees, as JSON), ``lead_01_0.ubj``, … (XGBoost's own format, one for
each booster of each lead) and ``lead_01_spread.ubj``, … (error scales of a long history). Nothing is pickled.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.panel import Panel
from weather_mlops.model import features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.ridge import Ridge
from weather_mlops.model.targets import Target, target_named
from weather_mlops.verification.scores import QuantileForecast

if TYPE_CHECKING:
    from xgboost import Booster

MODEL: Final = "model.json"
IMPORTANT: Final = 15
_CONFIG_HASH_DIGITS: Final = 12
LARGEST_SCALE: Final = 3.0
"""The last week may widen or narrow the interval by at most this factor."""
# Names in stored files stay as the first models have them, whatever the code calls the same thing today.
ERROR_SCALE: Final = "spread"
_TYPICAL: Final = "typical_error"
_STORED_FIGURES: Final = {
    "damping": "damping",
    "ridge_weight": "ridge_share",
    "min_error_scale": "least_spread",
    "low": "low",
    "high": "high",
}
"""Figures of a lead's model: field, and key in ``model.json``."""


@dataclass(frozen=True)
class RecentErrors:
    """Scale of the errors of a short history: 1 where the last week was as hard to forecast as most weeks.

    How hard it was is measured by a forecast that is available at every station: that a day repeats the one
    before. The scale is proportional to the square root of the error of that forecast.

    Attributes:
        typical: median of the feature ``WEEK_ERROR`` in the training span, the target's unit.
    """

    typical: float

    @classmethod
    def of(cls, names: tuple[str, ...], values: np.ndarray) -> "RecentErrors":
        """Measure a training span, by its features of shape (n, F)."""
        week = values[:, names.index(features.WEEK_ERROR)]
        known = week[np.isfinite(week) & (week > 0)]
        return cls(float(np.median(known)) if known.size else 1.0)

    def predict(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        """The scale, shape (n,); 1 where the last week is not known."""
        ratio = values[:, names.index(features.WEEK_ERROR)] / self.typical
        return np.minimum(np.sqrt(np.nan_to_num(ratio, nan=1.0)), LARGEST_SCALE)


@dataclass(frozen=True)
class LeadModel:
    """The model of one lead. It predicts the change of the target since the issue time, in the target's unit.

    Attributes:
        boosters: trees that predict the change; their predictions are averaged.
        ridge: predicts what remains of the change after the damped anomaly.
        damping: share of the present anomaly that remains at the lead.
        ridge_weight: share (0 to 1) of the ridge in the blend.
        error_scale: scale of the blend's error: trees; for a short history, the errors of the last week.
        min_error_scale: lower bound of the error scale.
        low: p10 of the error divided by its scale; at most 0.
        high: p90 of the same; at least 0.
    """

    boosters: Sequence["Booster"]
    ridge: Ridge
    damping: float
    ridge_weight: float
    error_scale: "Booster | RecentErrors"
    min_error_scale: float
    low: float
    high: float

    def changes(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        """p10, p50 and p90 of the change, and the prediction of the ridge alone: shape (4, n).

        Args:
            names: of the features.
            values: features, shape (n, F).
        """
        trees = np.mean([booster.inplace_predict(values) for booster in self.boosters], axis=0)
        ridge = damped_anomaly(names, values, self.damping) + self.ridge.predict(values)
        middle = trees + self.ridge_weight * (ridge - trees)
        scale = np.maximum(self._scale(names, values), self.min_error_scale)
        return np.stack([middle + self.low * scale, middle, middle + self.high * scale, ridge])

    def trees(self) -> dict[str, "Booster"]:
        """All of its boosters, by the name in their file names."""
        boosters = {str(index): booster for index, booster in enumerate(self.boosters)}
        if not isinstance(self.error_scale, RecentErrors):
            boosters[ERROR_SCALE] = self.error_scale
        return boosters

    def _scale(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        if isinstance(self.error_scale, RecentErrors):
            return self.error_scale.predict(names, values)
        return np.asarray(self.error_scale.inplace_predict(values))


@dataclass(frozen=True)
class Forecaster:
    """A trained model of one target.

    Attributes:
        target: what it forecasts.
        stations: ids of the stations that it was trained on.
        features: names of the features, in order; those of a lead come last.
        climatology: of the target, at the stations.
        leads: models of lead 1, 2, …
        settings: of the training; features and settings make the config hash.
        rows: station-hours that it was trained on.
    """

    target: Target
    stations: tuple[int, ...]
    features: tuple[str, ...]
    climatology: Climatology
    leads: Sequence[LeadModel]
    settings: Mapping[str, Any]
    rows: int

    @property
    def horizon(self) -> int:
        """Longest lead, hours."""
        return len(self.leads)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns of the observations that it needs."""
        return features.inputs(self.target)

    @property
    def history_hours(self) -> int:
        """Hours before an issue time that it needs."""
        return features.HISTORY_HOURS

    @property
    def feature_hash(self) -> str:
        """Hash of its features: the code must compute the same ones."""
        return features.feature_hash(self.features)

    @cached_property
    def config_hash(self) -> str:
        """Hash of features and settings: two models with the same hash differ only in their data."""
        identity = [self.feature_hash, self.horizon, dict(self.settings)]
        return sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:_CONFIG_HASH_DIGITS]

    def predict(self, panel: Panel, issue_times: np.ndarray) -> QuantileForecast:
        """Forecast.

        Args:
            panel: of the model's stations, with ``history_hours`` before each issue time.
            issue_times: indices of the issue times.

        Returns:
            Quantiles of shape (stations, issue times, leads), float32, in the target's unit; NaN where the
            target was not observed at the issue time.

        Raises:
            ModelUnusable: the panel has other stations, or the code lacks a feature.
        """
        return self.predict_with_ridge(panel, issue_times)[0]

    def predict_with_ridge(
        self, panel: Panel, issue_times: np.ndarray
    ) -> tuple[QuantileForecast, np.ndarray]:
        """Forecast with the model, and with its ridge alone, which is one of the baselines."""
        if tuple(panel.stations.tolist()) != self.stations:
            raise ModelUnusable(
                f"the model was trained on stations {self.stations}, and the data are of {panel.stations}"
            )
        uses = set(self.features).__contains__
        base = features.features(panel, issue_times, self.target, self.climatology, uses)
        value = panel.values[self.target.column][:, issue_times]
        outputs = np.empty((4, *value.shape, self.horizon), np.float32)
        for lead, model in enumerate(self.leads, start=1):
            own = features.lead_features(panel, issue_times, self.target, self.climatology, lead, uses)
            joined = base.concat(own)
            if joined.names != self.features:
                missing = sorted(set(self.features) - set(joined.names))
                raise ModelUnusable(
                    f"the model needs features {', '.join(missing)}, which the code does not compute: run "
                    "model_training, or go back to the code that made it"
                )
            rows = joined.values.reshape(-1, len(joined.names))
            outputs[..., lead - 1] = value + model.changes(joined.names, rows).reshape(4, *value.shape)
        low, middle, high, ridge = np.clip(outputs, self.target.low, self.target.high)
        return QuantileForecast(low, middle, high), ridge

    def importance(self, leads: Iterable[int]) -> dict[str, dict[str, float]]:
        """Largest shares of the trees' gain, by lead and feature; leads beyond the horizon are left out."""
        by_lead = {}
        for lead in leads:
            if lead <= self.horizon:
                gains = np.zeros(len(self.features))
                for booster in self.leads[lead - 1].boosters:
                    for name, gain in booster.get_score(importance_type="total_gain").items():
                        gains[int(name.removeprefix("f"))] += gain
                shares = gains / (gains.sum() or 1)
                largest = np.argsort(shares)[::-1][:IMPORTANT]
                by_lead[str(lead)] = {self.features[index]: float(shares[index]) for index in largest}
        return by_lead

    def files(self) -> dict[str, bytes]:
        """The model as files, by name."""
        content = {
            "target": self.target.name,
            "stations": list(self.stations),
            "features": list(self.features),
            "fingerprint": self.feature_hash,
            "usual": self.climatology.as_lists(),
            "settings": dict(self.settings),
            "rows": self.rows,
            "leads": [
                {
                    "boosters": len(model.boosters),
                    "line": model.ridge.as_dict(),
                    **{key: getattr(model, field) for field, key in _STORED_FIGURES.items()},
                    **({_TYPICAL: scale.typical} if isinstance(scale, RecentErrors) else {}),
                }
                for model, scale in ((model, model.error_scale) for model in self.leads)
            ],
        }
        trees = {
            _file(lead, name): bytes(booster.save_raw("ubj"))
            for lead, model in enumerate(self.leads, start=1)
            for name, booster in model.trees().items()
        }
        return {MODEL: json.dumps(content).encode(), **trees}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Forecaster":
        """Read a model from its files.

        Raises:
            ModelUnusable: a file is missing or can't be read, or its features are not the code's.
        """
        from xgboost import Booster
        from xgboost.core import XGBoostError

        try:
            content = json.loads(files[MODEL])
            _require_same_features(content)
            leads = []
            for lead, stored in enumerate(content["leads"], start=1):
                names = [*map(str, range(stored["boosters"])), *([] if _TYPICAL in stored else [ERROR_SCALE])]
                trees = [
                    Booster({"nthread": 1}, model_file=bytearray(files[_file(lead, name)])) for name in names
                ]
                error_scale = RecentErrors(stored[_TYPICAL]) if _TYPICAL in stored else trees.pop()
                figures = {field: stored[key] for field, key in _STORED_FIGURES.items()}
                ridge = Ridge.from_dict(stored["line"])
                leads.append(LeadModel(boosters=trees, ridge=ridge, error_scale=error_scale, **figures))
            return cls(
                target_named(content["target"]),
                tuple(content["stations"]),
                tuple(content["features"]),
                Climatology.from_lists(content["usual"]),
                leads,
                content["settings"],
                content["rows"],
            )
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError, XGBoostError) as error:
            if isinstance(error, ModelUnusable):
                raise
            cause = f"{type(error).__name__}: {error}"
            raise ModelUnusable(f"{MODEL} or a booster can't be read: {cause}") from error


def damped_anomaly(names: tuple[str, ...], values: np.ndarray, damping: float) -> np.ndarray:
    """Change of the target if a share of its anomaly remains at the valid time; float64, shape (n,).

    0 where the climatology is not known: at a station that was never observed.
    """
    anomaly, above = (values[:, names.index(name)] for name in reference(names))
    return np.nan_to_num(above.astype(np.float64) + damping * anomaly)


def reference(names: tuple[str, ...]) -> tuple[str, str]:
    """The features of an anomaly: T minus the climatology, and the climatology at the valid time minus T.

    With a short history, the last week takes the place of the climatology.
    """
    if features.CLIMATOLOGY in names:
        return features.ANOMALY, features.CLIMATOLOGY
    return features.WEEK_ANOMALY, features.WEEK_ABOVE


def _require_same_features(content: Mapping[str, Any]) -> None:
    names = tuple(content["features"])
    if content["fingerprint"] != features.feature_hash(names):
        raise ModelUnusable(
            f"the model was made for features {content['fingerprint']}, and the code computes "
            f"{features.feature_hash(names)}: train a new model (run model_training), or go back to the "
            "code that made it"
        )


def _file(lead: int, name: str) -> str:
    return f"lead_{lead:02d}_{name}.ubj"
