"""Rows that one lead is learned from: features at the issue time, and what the target did afterwards."""

from dataclasses import dataclass

import numpy as np

from weather_mlops.model.features import Features


@dataclass(frozen=True)
class Sample:
    """Rows to learn one lead from.

    Attributes:
        names: of the features.
        values: features, float32, shape (n, F).
        change: of the target from issue to valid time, its unit, shape (n,).
        origin: index of the issue time, shape (n,).
    """

    names: tuple[str, ...]
    values: np.ndarray
    change: np.ndarray
    origin: np.ndarray

    def of(self, chosen: np.ndarray) -> "Sample":
        """Some of the rows."""
        return Sample(self.names, self.values[chosen], self.change[chosen], self.origin[chosen])


def sampled(value: np.ndarray, origins: np.ndarray, base: Features, own: Features, lead: int) -> Sample:
    """The rows of a lead whose issue time and outcome were observed.

    Args:
        value: of the target, shape (stations, hours).
        origins: indices of the issue times.
        base: features that are the same for all leads, of the origins.
        own: those of the lead.
        lead: hours.
    """
    change = value[:, origins + lead] - value[:, origins]
    known = np.isfinite(change)
    shared = len(base.names)
    values = np.empty((int(known.sum()), shared + len(own.names)), np.float32)
    # One station after the other: the rows are most of the memory, and are not to be there twice.
    ends = np.cumsum(known.sum(axis=1))
    for rows, present, common, of_lead in zip(
        np.split(values, ends[:-1]), known, base.values, own.values, strict=True
    ):
        rows[:, :shared], rows[:, shared:] = common[present], of_lead[present]
    return Sample(
        base.names + own.names, values, change[known], np.broadcast_to(origins, change.shape)[known]
    )
