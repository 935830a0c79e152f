"""A trained model: for each lead one from observations alone, and one that begins with the KMA's forecast.

Where the KMA's forecast was known at the issue time the second one forecasts, elsewhere the first. Files:
``model.json`` (everything but the trees, as JSON), and those of ``lead_files``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Final

import numpy as np

from weather_mlops.documents.model_file import ModelDocument, PostProcessingDocument
from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.panel import Panel
from weather_mlops.model import features, kma_inputs, lead_files
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.feature_names import HISTORY_HOURS
from weather_mlops.model.features import Features
from weather_mlops.model.kma_inputs import ForecastRows, KmaInputs
from weather_mlops.model.lead_model import LeadModel, typical_error
from weather_mlops.model.targets import Target, target_named
from weather_mlops.verification.scores import QuantileForecast

MODEL: Final = "model.json"
IMPORTANT: Final = 15
_CONFIG_HASH_DIGITS: Final = 12


@dataclass(frozen=True)
class PostProcessing:
    """Models that begin with the KMA's forecast.

    Attributes:
        step: what was learned from the archive, see ``post_processing.STEPS``.
        archive_days: days of the archive with forecasts whose outcome was known.
        features: names of the features, in order; those of a lead come last.
        leads: models of lead 1, 2, …; None where observations alone forecast better.
    """

    step: str
    archive_days: float
    features: tuple[str, ...]
    leads: Sequence[LeadModel | None]


@dataclass(frozen=True)
class Forecast:
    """Forecasts of S stations, n issue times and L leads, in the target's unit.

    Attributes:
        quantiles: arrays of shape (S, n, L); NaN where the target was not observed at the issue time.
        ridge: those of the ridge from observations alone, shape (S, n, L).
        uses_kma: whether the forecast began with the KMA's, shape (S, n, L).
    """

    quantiles: QuantileForecast
    ridge: np.ndarray
    uses_kma: np.ndarray


@dataclass(frozen=True)
class Forecaster:
    """A trained model of one target.

    Attributes:
        target: what it forecasts.
        stations: ids of the stations that it was trained on.
        features: names of the features from observations, in order; those of a lead come last.
        climatology: of the target, at the stations.
        leads: models of lead 1, 2, … from observations alone.
        settings: of the training; features and settings make the config hash.
        rows: station-hours that it was trained on.
        post_processing: models that begin with the KMA's forecast; None = too little of it was known.
    """

    target: Target
    stations: tuple[int, ...]
    features: tuple[str, ...]
    climatology: Climatology
    leads: Sequence[LeadModel]
    settings: Mapping[str, int | float]
    rows: int
    post_processing: PostProcessing | None = None

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
        if self.post_processing is None:
            return HISTORY_HOURS
        return max(HISTORY_HOURS, kma_inputs.history_hours(self.horizon))

    @property
    def feature_hash(self) -> str:
        """Hash of its features from observations: the code must compute the same ones."""
        return features.feature_hash(self.features)

    @cached_property
    def config_hash(self) -> str:
        """Hash of features and settings: two models with the same hash differ only in their data."""
        identity = [self.feature_hash, self.horizon, dict(self.settings)]
        return sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:_CONFIG_HASH_DIGITS]

    def gather(self, rows_of: ForecastRows | None, panel: Panel, issue_times: np.ndarray) -> KmaInputs | None:
        """What the model needs of the KMA's forecast; None if it, or ``rows_of``, has none.

        Args:
            rows_of: the KMA's forecasts.
            panel: of the model's stations.
            issue_times: indices of the issue times, ascending.
        """
        if self.post_processing is None or rows_of is None or not len(issue_times):
            return None
        typical = typical_error(self.post_processing.leads)
        return kma_inputs.gather(rows_of, panel, self.target, issue_times, self.horizon, typical)

    def predict(
        self, panel: Panel, issue_times: np.ndarray, kma: KmaInputs | None = None
    ) -> QuantileForecast:
        """The quantiles of ``forecast``."""
        return self.forecast(panel, issue_times, kma).quantiles

    def forecast(self, panel: Panel, issue_times: np.ndarray, kma: KmaInputs | None = None) -> Forecast:
        """Forecast.

        Args:
            panel: of the model's stations, with ``history_hours`` before each issue time.
            issue_times: indices of the issue times.
            kma: the KMA's forecast, gathered for this panel and these issue times; None = observations alone.

        Raises:
            ModelUnusable: the panel has other stations, or the code lacks a feature.
        """
        if tuple(panel.stations.tolist()) != self.stations:
            raise ModelUnusable(
                f"the model was trained on stations {self.stations}, and the data are of {panel.stations}"
            )
        post_processing = None if kma is None else self.post_processing
        uses = {*self.features, *(post_processing.features if post_processing else ())}.__contains__
        # Features from observations look back less far than those from the KMA's errors.
        begin = max(int(issue_times[0]) - HISTORY_HOURS + 1, 0) if len(issue_times) else 0
        recent, at_issue = panel.between(begin, panel.length), issue_times - begin
        base = features.features(recent, at_issue, self.target, self.climatology, uses)
        if post_processing and kma:
            base = base.concat(features.kma_features_now(panel, self.target, kma, uses))
        value = panel.values[self.target.column][:, issue_times]
        levels = self.leads[0].errors.levels
        quantiles = np.empty((len(levels), *value.shape, self.horizon), np.float32)
        ridge = np.empty(quantiles.shape[1:], np.float32)
        uses_kma = np.zeros(quantiles.shape[1:], bool)
        for lead, model in enumerate(self.leads, start=1):
            own = features.lead_features(recent, at_issue, self.target, self.climatology, lead, uses)
            joined = base.concat(own)
            changes, ridge_change = model.changes(self.features, _rows(joined, self.features))
            quantiles[..., lead - 1] = value + changes.reshape(len(levels), *value.shape)
            ridge[..., lead - 1] = value + ridge_change.reshape(value.shape)
            if post_processing is None or kma is None or (better := post_processing.leads[lead - 1]) is None:
                continue
            of_kma = features.kma_features(panel, self.target, kma, lead, uses)
            rows = _rows(joined.concat(of_kma), post_processing.features)
            known = kma.usable.reshape(-1) & better.has_base(post_processing.features, rows)
            if known.any():
                changes, _ = better.changes(post_processing.features, rows[known])
                at = known.reshape(value.shape)
                quantiles[:, at, lead - 1] = value[at] + changes
                uses_kma[at, lead - 1] = True
        low, high = self.target.low, self.target.high
        return Forecast(
            QuantileForecast(levels, np.clip(quantiles, low, high)), np.clip(ridge, low, high), uses_kma
        )

    def importance(self, leads: Iterable[int]) -> dict[str, dict[str, float]]:
        """Largest shares of the trees' gain, by lead and feature; leads beyond the horizon are left out.

        Of the trees that begin with the KMA's forecast, where there are some.
        """
        by_lead = {}
        for lead in leads:
            if lead <= self.horizon:
                names, model = self._shown(lead)
                gains = np.zeros(len(names))
                for booster in model.boosters:
                    for name, gain in booster.get_score(importance_type="total_gain").items():
                        gains[int(name.removeprefix("f"))] += gain
                shares = gains / (gains.sum() or 1)
                largest = np.argsort(shares)[::-1][:IMPORTANT]
                by_lead[str(lead)] = {names[index]: float(shares[index]) for index in largest}
        return by_lead

    def _shown(self, lead: int) -> tuple[tuple[str, ...], LeadModel]:
        if self.post_processing is not None:
            model = self.post_processing.leads[lead - 1]
            if model is not None and model.boosters:
                return self.post_processing.features, model
        return self.features, self.leads[lead - 1]

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
            "leads": [lead_files.to_document(model) for model in self.leads],
        }
        files = lead_files.tree_files(self.leads)
        if self.post_processing is not None:
            content["post_processing"] = _document(self.post_processing)
            files |= lead_files.tree_files(self.post_processing.leads, lead_files.KMA)
        return {MODEL: json.dumps(content).encode(), **files}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> "Forecaster":
        """Read a model from its files.

        Raises:
            ModelUnusable: a file is missing or can't be read, or its features are not the code's.
        """
        from xgboost.core import XGBoostError

        try:
            content: ModelDocument = json.loads(files[MODEL])
            _require_same_features(content["features"], content["fingerprint"])
            leads = [lead for lead in lead_files.read_leads(content["leads"], files) if lead is not None]
            return cls(
                target_named(content["target"]),
                tuple(content["stations"]),
                tuple(content["features"]),
                Climatology.from_lists(content["usual"]),
                leads,
                content["settings"],
                content["rows"],
                _post_processing(content["post_processing"], files) if "post_processing" in content else None,
            )
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError, XGBoostError) as error:
            if isinstance(error, ModelUnusable):
                raise
            cause = f"{type(error).__name__}: {error}"
            raise ModelUnusable(f"{MODEL} or a booster can't be read: {cause}") from error


def _rows(computed: Features, names: tuple[str, ...]) -> np.ndarray:
    """The features of a model as rows, shape (stations × issue times, F).

    Raises:
        ModelUnusable: the code does not compute one of them.
    """
    try:
        return computed.select(names).values.reshape(-1, len(names))
    except KeyError as error:
        raise ModelUnusable(
            f"the model needs features {error.args[0]}, which the code does not compute: run model_training, "
            "or go back to the code that made it"
        ) from None


def _document(post_processing: PostProcessing) -> PostProcessingDocument:
    return {
        "step": post_processing.step,
        "archive_days": post_processing.archive_days,
        "features": list(post_processing.features),
        "fingerprint": features.feature_hash(post_processing.features),
        "leads": [
            None if model is None else lead_files.to_document(model) for model in post_processing.leads
        ],
    }


def _post_processing(content: PostProcessingDocument, files: Mapping[str, bytes]) -> PostProcessing:
    _require_same_features(content["features"], content["fingerprint"])
    return PostProcessing(
        content["step"],
        content["archive_days"],
        tuple(content["features"]),
        list(lead_files.read_leads(content["leads"], files, lead_files.KMA)),
    )


def _require_same_features(names: Sequence[str], stored: str) -> None:
    if stored != (computed := features.feature_hash(tuple(names))):
        raise ModelUnusable(
            f"the model was made for features {stored}, and the code computes {computed}: train a new "
            "model (run model_training), or go back to the code that made it"
        )
