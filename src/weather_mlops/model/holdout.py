"""The holdout of a training: observed outcomes, the forecasts of a new model, and other forecasts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from weather_mlops.verification.scores import QuantileForecast


@dataclass(frozen=True)
class ChampionForecast:
    """Forecasts of the holdout by the model that is deployed now.

    Attributes:
        version: name of that model.
        forecast: of the shape (stations, issue times, leads) of the new model's; NaN where the champion makes
            none, and for issue times that it was trained on.
    """

    version: str
    forecast: QuantileForecast


@dataclass(frozen=True)
class Holdout:
    """Observed outcomes and forecasts: arrays of shape (stations, issue times, leads), in the target's unit.

    Attributes:
        issue_times: indices of the panel's hours.
        truth: observed outcome; NaN where it isn't known, or where the model or a baseline makes no forecast:
            all are compared on the same rows.
        forecast: the model's forecast.
        others: point forecasts of the baselines, by name.
        champion: the champion's forecast, whose p50 is among the others as ``champion``; None = no champion.
        kma_forecast: the KMA's forecast as it was known at the issue times, NaN = none was; None = none is.
        uses_kma: whether the model's forecast began with the KMA's; None = it had none.
    """

    issue_times: np.ndarray
    truth: np.ndarray
    forecast: QuantileForecast
    others: Mapping[str, np.ndarray]
    champion: ChampionForecast | None = None
    kma_forecast: np.ndarray | None = None
    uses_kma: np.ndarray | None = None

    @property
    def leads(self) -> range:
        """Hours ahead."""
        return range(1, self.truth.shape[2] + 1)

    def share_with_kma(self, lead: int) -> float | None:
        """Share of a lead's forecasts with an outcome that began with the KMA's; None without an outcome."""
        outcomes = np.isfinite(self.truth[..., lead - 1])
        if not outcomes.any():
            return None
        return 0.0 if self.uses_kma is None else float(self.uses_kma[..., lead - 1][outcomes].mean())


def joined(parts: Sequence[Holdout]) -> Holdout:
    """Join holdouts that follow each other, each forecast by its own model."""

    def along(arrays: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays, axis=1)

    def along_if_any(arrays: list[np.ndarray | None]) -> np.ndarray | None:
        known = [array for array in arrays if array is not None]
        return along(known) if len(known) == len(arrays) else None

    return Holdout(
        np.concatenate([part.issue_times for part in parts]),
        along([part.truth for part in parts]),
        QuantileForecast(
            parts[0].forecast.levels, np.concatenate([part.forecast.values for part in parts], axis=2)
        ),
        {name: along([part.others[name] for part in parts]) for name in parts[0].others},
        kma_forecast=along_if_any([part.kma_forecast for part in parts]),
        uses_kma=along_if_any([part.uses_kma for part in parts]),
    )


def at_lead(
    forecast: QuantileForecast, lead: int, chosen: np.ndarray | slice = slice(None)
) -> QuantileForecast:
    """The forecast at one lead, of the chosen issue times."""
    return forecast[..., chosen, lead - 1]
