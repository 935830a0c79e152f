"""Features of a model: of each station and issue time, only what was known then.

The same functions compute the features of training and of forecasting. All of them look back at most
HISTORY_HOURS; the sum of a window is taken in a fixed order, so that the same hours give the same bits
however much lies before them. The issue time is the newest hour that a feature may use.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import numpy as np

from weather_mlops.lake.panel import Panel
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.feature_names import HISTORY_HOURS, Array, Choice, Named
from weather_mlops.model.features_of_kma import of_kma, of_kma_now
from weather_mlops.model.features_of_lead import of_lead
from weather_mlops.model.features_of_station import (
    of_ground,
    of_moisture,
    of_place_and_time,
    of_pressure,
    of_rain,
    of_sky,
    of_target,
    of_wind,
    wind_vector,
)
from weather_mlops.model.features_of_surroundings import of_gradients, of_neighbours
from weather_mlops.model.kma_inputs import KmaInputs
from weather_mlops.model.targets import Target

REVISION: Final = 2
"""Goes up whenever the meaning of a feature changes: models made before are then refused."""
_INPUTS: Final = (
    "air_temperature_c",
    "dew_point_c",
    "relative_humidity_pct",
    "sea_level_pressure_hpa",
    "wind_direction_deg",
    "wind_speed_ms",
    "cloud_total_tenths",
    "cloud_mid_low_tenths",
    "cloud_base_m",
    "cloud_high_code",
    "cloud_mid_code",
    "cloud_low_code",
    "present_weather_code",
    "visibility_m",
    "sunshine_h",
    "solar_radiation_mjm2",
    "precipitation_mm",
    "snow_depth_cm",
    "ground_temperature_c",
    "soil_temperature_5cm_c",
    "soil_temperature_30cm_c",
)


@dataclass(frozen=True)
class Features:
    """Features of stations and issue times.

    Attributes:
        names: names of the features.
        docs: description of each feature, with its unit.
        values: float32, shape (stations, issue times, features); NaN = not known.
    """

    names: tuple[str, ...]
    docs: tuple[str, ...]
    values: Array

    def concat(self, other: "Features") -> "Features":
        """Join the features of the same stations and issue times, those of ``other`` last."""
        return Features(
            self.names + other.names,
            self.docs + other.docs,
            np.concatenate([self.values, other.values], axis=2),
        )

    def select(self, names: tuple[str, ...]) -> "Features":
        """The features of these names, in this order.

        Raises:
            KeyError: one is missing; all that are missing are named.
        """
        if names == self.names:
            return self
        if missing := sorted(set(names) - set(self.names)):
            raise KeyError(", ".join(missing))
        columns = [self.names.index(name) for name in names]
        docs = tuple(self.docs[column] for column in columns)
        return Features(names, docs, np.take(self.values, columns, axis=-1))


def inputs(target: Target) -> tuple[str, ...]:
    """Columns of the observations that the features need."""
    return _INPUTS if target.column in _INPUTS else (*_INPUTS, target.column)


def every(_name: str) -> bool:
    """All features."""
    return True


def features(
    panel: Panel, issue_times: Array, target: Target, climatology: Climatology, uses: Choice = every
) -> Features:
    """Features that are the same for all leads.

    Args:
        panel: with the columns of ``inputs``.
        issue_times: indices of the issue times, shape (n,); features are complete from HISTORY_HOURS − 1 on.
        target: what is forecast; its name in features is T.
        climatology: of the target, at the same stations, fitted on the training span.
        uses: which features to compute.
    """
    return _stacked(_all(panel, target, climatology), len(panel.stations), issue_times, uses)


def lead_features(  # noqa: PLR0913, PLR0917  what a feature is computed from
    panel: Panel,
    issue_times: Array,
    target: Target,
    climatology: Climatology,
    lead: int,
    uses: Choice = every,
) -> Features:
    """Features that belong to one lead.

    Args:
        panel: with the columns of ``inputs``.
        issue_times: indices of the issue times, shape (n,).
        target: what is forecast.
        climatology: of the target, at the same stations.
        lead: hours.
        uses: which features to compute.
    """
    return _stacked(of_lead(panel, target, climatology, lead, uses), len(panel.stations), issue_times, uses)


def kma_features(panel: Panel, target: Target, kma: KmaInputs, lead: int, uses: Choice = every) -> Features:
    """Features of one lead from the KMA's forecast, at the issue times that it was gathered for.

    Args:
        panel: that it was gathered for.
        target: what is forecast.
        kma: the KMA's forecast.
        lead: hours.
        uses: which features to compute.
    """
    return _stacked_at(of_kma(panel, target, kma, lead), kma, uses)


def kma_features_now(panel: Panel, target: Target, kma: KmaInputs, uses: Choice = every) -> Features:
    """Features from the KMA's forecast that are the same for all leads.

    Args:
        panel: that it was gathered for.
        target: what is forecast.
        kma: the KMA's forecast.
        uses: which features to compute.
    """
    return _stacked_at(of_kma_now(panel, target, kma), kma, uses)


def feature_hash(names: tuple[str, ...]) -> str:
    """Hash by which a model's features are compared with the code's: 16 hexadecimal digits."""
    return sha256(json.dumps([REVISION, HISTORY_HOURS, names]).encode()).hexdigest()[:16]


def _stacked(named: Iterator[Named], stations: int, issue_times: Array, uses: Choice) -> Features:
    chosen = [each for each in named if uses(each[0])]
    values = np.empty((stations, len(issue_times), len(chosen)), np.float32)
    for column, (_, _, array) in enumerate(chosen):
        values[..., column] = array[:, issue_times]
    return Features(tuple(name for name, _, _ in chosen), tuple(doc for _, doc, _ in chosen), values)


def _stacked_at(named: Iterator[Named], kma: KmaInputs, uses: Choice) -> Features:
    """Features that are computed at the issue times only."""
    chosen = [each for each in named if uses(each[0])]
    values = np.empty((*kma.age_hours.shape, len(chosen)), np.float32)
    for column, (_, _, array) in enumerate(chosen):
        values[..., column] = array
    return Features(tuple(name for name, _, _ in chosen), tuple(doc for _, doc, _ in chosen), values)


def _all(panel: Panel, target: Target, climatology: Climatology) -> Iterator[Named]:
    value = panel.values[target.column]
    anomaly = value - climatology.at(panel.hours)
    wind = wind_vector(panel)
    yield from of_target(value, anomaly, target.unit)
    yield from of_moisture(panel)
    yield from of_pressure(panel)
    yield from of_wind(panel, *wind)
    yield from of_sky(panel)
    yield from of_rain(panel, value)
    yield from of_ground(panel)
    yield from of_place_and_time(panel)
    yield from of_neighbours(panel, value, anomaly, wind, target.unit)
    yield from of_gradients(panel, anomaly, target.unit)
