"""A trained model: boosted trees and a ridge for each lead, and what turns their answers into quantiles.

Files: ``model.json`` (everything but the trees, as JSON), ``lead_01_0.ubj``, … (XGBoost's own format, one for
each booster of each lead) and ``lead_01_spread.ubj``, … (of a long history). There is no pickle.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weather_mlops.errors import ModelUnusable
from weather_mlops.model import features
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.panel import Panel
from weather_mlops.model.ridge import Ridge
from weather_mlops.model.scores import QuantileForecast
from weather_mlops.model.targets import Target, target_named

if TYPE_CHECKING:
    from xgboost import Booster

MODEL: Final = "model.json"
IMPORTANT: Final = 15
_RECIPE_DIGITS: Final = 12
LARGEST_SCALE: Final = 3.0
"""A week may widen or narrow the interval by this factor at most."""
ERROR_SCALE: Final = "spread"
_TYPICAL: Final = "typical_error"
_FIGURES: Final = ("damping", "ridge_share", "least_spread", "low", "high")


@dataclass(frozen=True)
class RecentErrors:
    """Scale of the errors of a short history: 1 where the last week was as hard to forecast as most weeks.

    How hard it was is measured by a forecast that every station has: that a day repeats the one before. The
    scale goes with the square root of its error.

    Attributes:
        typical: median of the feature ``WEEK_ERROR`` in the training span, the target's unit.
    """

    typical: float

    @classmethod
    def of(cls, names: tuple[str, ...], values: np.ndarray) -> "RecentErrors":
        """Of a training span: features of shape (n, F)."""
        week = values[:, names.index(features.WEEK_ERROR)]
        known = week[np.isfinite(week) & (week > 0)]
        return cls(float(np.median(known)) if known.size else 1.0)

    def predict(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        """The scale, shape (n,); 1 where the last week is not known."""
        ratio = values[:, names.index(features.WEEK_ERROR)] / self.typical
        return np.minimum(np.sqrt(np.nan_to_num(ratio, nan=1.0)), LARGEST_SCALE)


@dataclass(frozen=True)
class LeadModel:
    """The model of one lead. It tells the change of the target from the issue time on, in the target's unit.

    Attributes:
        boosters: trees of the change, averaged.
        line: ridge of what the damped anomaly leaves.
        damping: share of the present anomaly that is left at the lead.
        ridge_share: share (0 to 1) of the ridge in the blend.
        spread: scale of the blend's error: trees, or of a short history the errors of the last week.
        least_spread: its lower bound.
        low: p10 of the error, in spreads; at most 0.
        high: p90; at least 0.
    """

    boosters: Sequence["Booster"]
    line: Ridge
    damping: float
    ridge_share: float
    spread: "Booster | RecentErrors"
    least_spread: float
    low: float
    high: float

    def changes(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        """p10, p50 and p90 of the change, and what the ridge alone says: shape (4, n).

        Args:
            names: of the features.
            values: features, shape (n, F).
        """
        trees = np.mean([booster.inplace_predict(values) for booster in self.boosters], axis=0)
        ridge = damped_anomaly(names, values, self.damping) + self.line.predict(values)
        middle = trees + self.ridge_share * (ridge - trees)
        spread = np.maximum(self._scale(names, values), self.least_spread)
        return np.stack([middle + self.low * spread, middle, middle + self.high * spread, ridge])

    def trees(self) -> dict[str, "Booster"]:
        """All of its trees, by the name that their file bears."""
        boosters = {str(place): booster for place, booster in enumerate(self.boosters)}
        return boosters if isinstance(self.spread, RecentErrors) else {**boosters, ERROR_SCALE: self.spread}

    def _scale(self, names: tuple[str, ...], values: np.ndarray) -> np.ndarray:
        if isinstance(self.spread, RecentErrors):
            return self.spread.predict(names, values)
        return np.asarray(self.spread.inplace_predict(values))


@dataclass(frozen=True)
class Forecaster:
    """A trained model of one target.

    Attributes:
        target: what it forecasts.
        stations: that it knows.
        features: names of the features, in their order, those of a lead last.
        usual: climatology of the target, of the stations.
        leads: models, of lead 1, 2, …
        settings: of the training; with the features they make the recipe.
        rows: station-hours that it was trained on.
    """

    target: Target
    stations: tuple[int, ...]
    features: tuple[str, ...]
    usual: Climatology
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
    def fingerprint(self) -> str:
        """Of its features: the code must have the same."""
        return features.feature_hash(self.features)

    @cached_property
    def recipe(self) -> str:
        """Of features and settings: two models of one recipe differ by their data only."""
        told = [self.fingerprint, self.horizon, dict(self.settings)]
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:_RECIPE_DIGITS]

    def predict(self, grid: Panel, origins: np.ndarray) -> QuantileForecast:
        """Forecast.

        Args:
            grid: of the model's stations, with ``history_hours`` before each issue time.
            origins: indices of the issue times.

        Returns:
            Quantiles of shape (stations, issue times, leads), float32, in the target's unit; NaN where the
            target was not observed at the issue time.

        Raises:
            ModelUnusable: the grid has other stations, or the code lacks a feature.
        """
        return self.predict_beside_line(grid, origins)[0]

    def predict_beside_line(self, grid: Panel, origins: np.ndarray) -> tuple[QuantileForecast, np.ndarray]:
        """Forecast; and what its ridge alone forecasts: an opponent."""
        if tuple(grid.stations.tolist()) != self.stations:
            raise ModelUnusable(f"the model is of stations {self.stations}, and the data of {grid.stations}")
        uses = set(self.features).__contains__
        base = features.features(grid, origins, self.target, self.usual, uses)
        value = grid.values[self.target.column][:, origins]
        found = np.empty((4, *value.shape, self.horizon), np.float32)
        for lead, model in enumerate(self.leads, start=1):
            own = features.lead_features(grid, origins, self.target, self.usual, lead, uses)
            seen = base.beside(own)
            if seen.names != self.features:
                missing = sorted(set(self.features) - set(seen.names))
                raise ModelUnusable(
                    f"the model needs features {', '.join(missing)}, which the code does not compute: run "
                    "model_training, or go back to the code that made it"
                )
            rows = seen.values.reshape(-1, len(seen.names))
            found[..., lead - 1] = value + model.changes(seen.names, rows).reshape(4, *value.shape)
        low, middle, high, ridge = np.clip(found, self.target.low, self.target.high)
        return QuantileForecast(low, middle, high), ridge

    def importance(self, leads: Iterable[int]) -> dict[str, dict[str, float]]:
        """Share of the trees' gain by feature, the largest ones, by lead; none beyond the horizon."""
        found = {}
        for lead in leads:
            if lead <= self.horizon:
                gains = np.zeros(len(self.features))
                for booster in self.leads[lead - 1].boosters:
                    for name, gain in booster.get_score(importance_type="total_gain").items():
                        gains[int(name.removeprefix("f"))] += gain
                shares = gains / (gains.sum() or 1)
                largest = np.argsort(shares)[::-1][:IMPORTANT]
                found[str(lead)] = {self.features[place]: float(shares[place]) for place in largest}
        return found

    def files(self) -> dict[str, bytes]:
        """What it is kept as."""
        told = {
            "target": self.target.name,
            "stations": list(self.stations),
            "features": list(self.features),
            "fingerprint": self.fingerprint,
            "usual": self.usual.as_lists(),
            "settings": dict(self.settings),
            "rows": self.rows,
            "leads": [
                {
                    "boosters": len(model.boosters),
                    "line": model.line.as_dict(),
                    **{name: getattr(model, name) for name in _FIGURES},
                    **({_TYPICAL: model.spread.typical} if isinstance(model.spread, RecentErrors) else {}),
                }
                for model in self.leads
            ],
        }
        trees = {
            _file(lead, name): bytes(booster.save_raw("ubj"))
            for lead, model in enumerate(self.leads, start=1)
            for name, booster in model.trees().items()
        }
        return {MODEL: json.dumps(told).encode(), **trees}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Forecaster":
        """From what it is kept as.

        Raises:
            ModelUnusable: a file is missing or can't be read, or its features are not the code's.
        """
        from xgboost import Booster
        from xgboost.core import XGBoostError

        try:
            told = json.loads(files[MODEL])
            _require_same_features(told)
            leads = []
            for lead, kept in enumerate(told["leads"], start=1):
                names = [*map(str, range(kept["boosters"])), *([] if _TYPICAL in kept else [ERROR_SCALE])]
                trees = [
                    Booster({"nthread": 1}, model_file=bytearray(files[_file(lead, name)])) for name in names
                ]
                spread = RecentErrors(kept[_TYPICAL]) if _TYPICAL in kept else trees.pop()
                figures = {name: kept[name] for name in _FIGURES}
                line = Ridge.from_dict(kept["line"])
                leads.append(LeadModel(boosters=trees, line=line, spread=spread, **figures))
            return cls(
                target_named(told["target"]),
                tuple(told["stations"]),
                tuple(told["features"]),
                Climatology.from_lists(told["usual"]),
                leads,
                told["settings"],
                told["rows"],
            )
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError, XGBoostError) as error:
            if isinstance(error, ModelUnusable):
                raise
            told = f"{type(error).__name__}: {error}"
            raise ModelUnusable(f"{MODEL} or a booster can't be read: {told}") from error


def damped_anomaly(names: tuple[str, ...], values: np.ndarray, damping: float) -> np.ndarray:
    """Change of the target if a share of its anomaly is left at the valid time; float64, shape (n,).

    0 where the climatology is not known: of a station that was never observed.
    """
    anomaly, above = (values[:, names.index(name)] for name in reference(names))
    return np.nan_to_num(above.astype(np.float64) + damping * anomaly)


def reference(names: tuple[str, ...]) -> tuple[str, str]:
    """The features that measure an anomaly: T above the climatology; the climatology ahead above T.

    Of a short history the last week stands for the climatology.
    """
    if features.CLIMATOLOGY in names:
        return features.ANOMALY, features.CLIMATOLOGY
    return features.WEEK_ANOMALY, features.WEEK_ABOVE


def _require_same_features(told: Mapping[str, Any]) -> None:
    names = tuple(told["features"])
    if told["fingerprint"] != features.feature_hash(names):
        raise ModelUnusable(
            f"the model was made for features {told['fingerprint']}, the code makes "
            f"{features.feature_hash(names)}: train anew (run model_training), or go back to the code that "
            "made it"
        )


def _file(lead: int, name: str) -> str:
    return f"lead_{lead:02d}_{name}.ubj"
