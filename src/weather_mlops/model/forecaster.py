"""A trained model: boosted trees and a ridge for each lead, and what turns their predictions into quantiles.

Files: ``model.json`` (everything but the trees, as JSON), ``lead_01_0.ubj``, … (XGBoost's own format, one for
each booster of each lead) and ``lead_01_spread.ubj``, … (error scales of a long history). Nothing is pickled.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

import numpy as np

from weather_mlops.documents.model_file import LeadDocument, ModelDocument
from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.panel import Panel
from weather_mlops.model import features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.feature_names import HISTORY_HOURS
from weather_mlops.model.lead_model import ERROR_SCALE, ErrorDistribution, LeadModel, RecentErrors
from weather_mlops.model.ridge import Ridge
from weather_mlops.model.targets import Target, target_named
from weather_mlops.verification.scores import INTERVAL_LEVELS, QuantileForecast

MODEL: Final = "model.json"
IMPORTANT: Final = 15
_CONFIG_HASH_DIGITS: Final = 12


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
    settings: Mapping[str, int | float]
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
        return HISTORY_HOURS

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
        levels = self.leads[0].errors.levels
        quantiles = np.empty((len(levels), *value.shape, self.horizon), np.float32)
        ridge = np.empty(quantiles.shape[1:], np.float32)
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
            changes, ridge_change = model.changes(joined.names, rows)
            quantiles[..., lead - 1] = value + changes.reshape(len(levels), *value.shape)
            ridge[..., lead - 1] = value + ridge_change.reshape(value.shape)
        low, high = self.target.low, self.target.high
        return QuantileForecast(levels, np.clip(quantiles, low, high)), np.clip(ridge, low, high)

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
        content: ModelDocument = {
            "target": self.target.name,
            "stations": list(self.stations),
            "features": list(self.features),
            "fingerprint": self.feature_hash,
            "usual": self.climatology.as_lists(),
            "settings": dict(self.settings),
            "rows": self.rows,
            "leads": [_lead_document(model) for model in self.leads],
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
            content: ModelDocument = json.loads(files[MODEL])
            _require_same_features(content)
            leads = []
            for lead, stored in enumerate(content["leads"], start=1):
                trees = [
                    Booster({"nthread": 1}, model_file=bytearray(files[_file(lead, name)]))
                    for name in _tree_names(stored)
                ]
                error_scale = (
                    RecentErrors(stored["typical_error"]) if "typical_error" in stored else trees.pop()
                )
                leads.append(
                    LeadModel(
                        boosters=trees,
                        ridge=Ridge.from_dict(stored["line"]),
                        damping=stored["damping"],
                        ridge_weight=stored["ridge_share"],
                        error_scale=error_scale,
                        min_error_scale=stored["least_spread"],
                        errors=_errors(stored),
                    )
                )
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


def _require_same_features(content: ModelDocument) -> None:
    names = tuple(content["features"])
    if content["fingerprint"] != features.feature_hash(names):
        raise ModelUnusable(
            f"the model was made for features {content['fingerprint']}, and the code computes "
            f"{features.feature_hash(names)}: train a new model (run model_training), or go back to the "
            "code that made it"
        )


def _lead_document(model: LeadModel) -> LeadDocument:
    document: LeadDocument = {
        "boosters": len(model.boosters),
        "line": model.ridge.as_dict(),
        "damping": model.damping,
        "ridge_share": model.ridge_weight,
        "least_spread": model.min_error_scale,
        "low": model.errors.errors[model.errors.levels.index(0.1)],
        "high": model.errors.errors[model.errors.levels.index(0.9)],
        "levels": list(model.errors.levels),
        "scaled_errors": list(model.errors.errors),
    }
    if isinstance(model.error_scale, RecentErrors):
        document["typical_error"] = model.error_scale.typical
    return document


def _errors(stored: LeadDocument) -> ErrorDistribution:
    """The distribution of a lead's errors; models from before they had one have an interval."""
    if "levels" not in stored:
        return ErrorDistribution(INTERVAL_LEVELS, (stored["low"], 0.0, stored["high"]))
    return ErrorDistribution(tuple(stored["levels"]), tuple(stored["scaled_errors"]))


def _tree_names(stored: LeadDocument) -> list[str]:
    """Names of a lead's trees: those that predict the change, then those of the error scale."""
    names = [str(index) for index in range(stored["boosters"])]
    return names if "typical_error" in stored else [*names, ERROR_SCALE]


def _file(lead: int, name: str) -> str:
    return f"lead_{lead:02d}_{name}.ubj"
