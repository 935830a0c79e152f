"""``model.json`` of a version: a model without its trees.

Keys stay as the first models have them. The schema version is the manifest's: no file of a version is read
without it.
"""

from collections.abc import Mapping, Sequence
from typing import NotRequired

from typing_extensions import TypedDict


class RidgeDocument(TypedDict):
    """A ridge: mean and scale of each feature, weights, and indices of the features that slopes vary with."""

    mean: list[float]
    scale: list[float]
    weights: list[float]
    waves: list[int]


class LeadDocument(TypedDict):
    """The model of one lead, see ``weather_mlops.model.lead_model.LeadModel``.

    ``boosters``: number of its files of trees; ``line``: its ridge; ``ridge_share``: weight of the ridge in
    the blend; ``least_spread``: lower bound of the error scale; ``low``, ``high``: p10 and p90 of the error
    divided by its scale; ``levels``, ``scaled_errors``: all quantiles of it, which older models lack;
    ``typical_error``: of a model whose error scale has no trees; ``kma_base``, ``stacked``: of a model that
    begins with the KMA's forecast.
    """

    boosters: int
    line: RidgeDocument
    damping: float
    ridge_share: float
    least_spread: float
    low: float
    high: float
    levels: NotRequired[list[float]]
    scaled_errors: NotRequired[list[float]]
    typical_error: NotRequired[float]
    kma_base: NotRequired[str]
    stacked: NotRequired[bool]


class PostProcessingDocument(TypedDict):
    """Models that begin with the KMA's forecast, see ``weather_mlops.model.forecaster.PostProcessing``."""

    step: str
    archive_days: float
    features: list[str]
    fingerprint: str
    leads: list[LeadDocument | None]


class ModelDocument(TypedDict):
    """The whole document; ``fingerprint``: hash of the features; ``usual``: climatology by station."""

    target: str
    stations: list[int]
    features: list[str]
    fingerprint: str
    usual: Sequence[Sequence[float | None]]
    settings: Mapping[str, int | float]
    rows: int
    leads: list[LeadDocument]
    post_processing: NotRequired[PostProcessingDocument]
