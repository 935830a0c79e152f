"""A trained model: boosters and lines for each lead, and what turns their answers into quantiles.

Files: ``model.json`` (everything but the trees, as JSON), ``lead_01_0.ubj``, … (XGBoost's own format, one for
each member of the ensemble of each lead) and ``lead_01_spread.ubj``, … There is no pickle.
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
from weather_mlops.model.features import Usual
from weather_mlops.model.grid import Grid
from weather_mlops.model.linear import Line
from weather_mlops.model.scores import Quantiles
from weather_mlops.model.targets import Target, target_named

if TYPE_CHECKING:
    from xgboost import Booster

MODEL: Final = "model.json"
SPREAD: Final = "spread"
IMPORTANT: Final = 15
_RECIPE_DIGITS: Final = 12


@dataclass(frozen=True)
class LeadModel:
    """The model of one lead. Its answer is the change of the target from the issue time on.

    Attributes:
        members: boosters, averaged.
        line: of the same features.
        line_weight: share (0 to 1) of the line in the answer.
        spread: booster of the size of the answer's error, unit of the target.
        least_spread: its lower bound.
        low: p10 minus p50, in spreads; 0 or less.
        high: p90 minus p50, in spreads; 0 or more.
    """

    members: Sequence["Booster"]
    line: Line
    line_weight: float
    spread: "Booster"
    least_spread: float
    low: float
    high: float

    @property
    def boosters(self) -> Sequence[tuple[str, "Booster"]]:
        """All of them, each with the name of its part."""
        return [*((str(number), member) for number, member in enumerate(self.members)), (SPREAD, self.spread)]

    def answer(self, values: np.ndarray) -> np.ndarray:
        """Changes at p10, p50, p90, and by the line alone, shape (4, n), of features of shape (n, F)."""
        trees = np.mean([member.inplace_predict(values) for member in self.members], axis=0)
        line = self.line.predict(values)
        middle = trees + self.line_weight * (line - trees)
        spread = np.maximum(self.spread.inplace_predict(values), self.least_spread)
        return np.stack([middle + self.low * spread, middle, middle + self.high * spread, line])


@dataclass(frozen=True)
class Forecaster:
    """A trained model of one target.

    Attributes:
        target: what it forecasts.
        stations: that it knows.
        features: names of the features, in their order, those of a lead last.
        usual: climatologies of the stations, by column.
        leads: models, of lead 1, 2, …
        settings: of the training; with the features they make the recipe.
        rows: station-hours that it was trained on.
    """

    target: Target
    stations: tuple[int, ...]
    features: tuple[str, ...]
    usual: Usual
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
        return features.fingerprint(self.features)

    @cached_property
    def recipe(self) -> str:
        """Of features and settings: two models of one recipe differ by their data only."""
        told = [self.fingerprint, self.horizon, dict(self.settings)]
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:_RECIPE_DIGITS]

    def predict(self, grid: Grid, origins: np.ndarray) -> Quantiles:
        """Forecast.

        Args:
            grid: of the model's stations, with ``history_hours`` before each issue time.
            origins: indices of the issue times.

        Returns:
            Quantiles of shape (stations, issue times, leads), float32, in the target's unit; NaN where the
            target was not observed at the issue time.

        Raises:
            ModelUnusable: the grid has other stations.
        """
        return self.predict_beside_line(grid, origins)[0]

    def predict_beside_line(self, grid: Grid, origins: np.ndarray) -> tuple[Quantiles, np.ndarray]:
        """Forecast; and what its lines alone forecast: ridge regression, an opponent."""
        if tuple(grid.stations.tolist()) != self.stations:
            raise ModelUnusable(f"the model is of stations {self.stations}, and the data of {grid.stations}")
        base = features.features(grid, origins, self.target, self.usual)
        value = grid.values[self.target.column][:, origins]
        found = np.empty((4, *value.shape, self.horizon), np.float32)
        for lead, model in enumerate(self.leads, start=1):
            seen = base.beside(features.lead_features(grid, origins, self.target, self.usual, lead))
            change = model.answer(seen.values.reshape(-1, len(seen.names)))
            found[..., lead - 1] = value + change.reshape(4, *value.shape)
        # No forecast beyond the target's limits.
        low, middle, high, line = np.clip(found, self.target.low, self.target.high)
        return Quantiles(low, middle, high), line

    def importance(self, leads: Iterable[int]) -> dict[str, dict[str, float]]:
        """Share of the trees' gain by feature, the largest ones, by lead; none beyond the horizon."""
        found = {}
        for lead in leads:
            if lead <= self.horizon:
                gains = np.zeros(len(self.features))
                for member in self.leads[lead - 1].members:
                    for name, gain in member.get_score(importance_type="total_gain").items():
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
            "usual": {column: curves.as_lists() for column, curves in self.usual.items()},
            "settings": dict(self.settings),
            "rows": self.rows,
            "leads": [
                {
                    "members": len(model.members),
                    "line": model.line.as_dict(),
                    "line_weight": model.line_weight,
                    "least_spread": model.least_spread,
                    "low": model.low,
                    "high": model.high,
                }
                for model in self.leads
            ],
        }
        trees = {
            _file(lead, part): bytes(booster.save_raw("ubj"))
            for lead, model in enumerate(self.leads, start=1)
            for part, booster in model.boosters
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
                *members, spread = (
                    Booster({"nthread": 1}, model_file=bytearray(files[_file(lead, part)]))
                    for part in [*map(str, range(kept["members"])), SPREAD]
                )
                numbers = (kept[name] for name in ("least_spread", "low", "high"))
                line = Line.from_dict(kept["line"])
                leads.append(LeadModel(members, line, kept["line_weight"], spread, *numbers))
            return cls(
                target_named(told["target"]),
                tuple(told["stations"]),
                tuple(told["features"]),
                {column: Climatology.from_lists(kept) for column, kept in told["usual"].items()},
                leads,
                told["settings"],
                told["rows"],
            )
        except (KeyError, TypeError, ValueError, XGBoostError) as error:
            if isinstance(error, ModelUnusable):
                raise
            told = f"{type(error).__name__}: {error}"
            raise ModelUnusable(f"{MODEL} or a booster can't be read: {told}") from error


def _require_same_features(told: Mapping[str, Any]) -> None:
    names = tuple(told["features"])
    if told["fingerprint"] != features.fingerprint(names):
        raise ModelUnusable(
            f"the model was made for features {told['fingerprint']}, the code makes "
            f"{features.fingerprint(names)}: train anew (run model_training), or go back to the code that "
            "made it"
        )


def _file(lead: int, part: str) -> str:
    return f"lead_{lead:02d}_{part}.ubj"
