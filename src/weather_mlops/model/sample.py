"""Training rows of one lead: features at the issue time, and the target's change until the valid time."""

from dataclasses import dataclass

import numpy as np

from weather_mlops.model.features import Features


@dataclass(frozen=True)
class Sample:
    """Training rows of one lead.

    Attributes:
        names: names of the features.
        values: features, float32, shape (n, F).
        change: of the target from issue to valid time, its unit, shape (n,).
        issue_times: indices of the issue times, shape (n,).
    """

    names: tuple[str, ...]
    values: np.ndarray
    change: np.ndarray
    issue_times: np.ndarray

    def of(self, chosen: np.ndarray) -> "Sample":
        """The chosen rows, as a sample."""
        return Sample(self.names, self.values[chosen], self.change[chosen], self.issue_times[chosen])


def sampled(  # noqa: PLR0913, PLR0917  what a row is made of
    value: np.ndarray,
    issue_times: np.ndarray,
    base: Features,
    own: Features,
    lead: int,
    chosen: np.ndarray | None = None,
) -> Sample:
    """The rows of a lead in which the target was observed at the issue and the valid time.

    Args:
        value: values of the target, shape (stations, hours).
        issue_times: indices of the issue times.
        base: features that are the same for all leads, at the issue times.
        own: features of the lead.
        lead: hours.
        chosen: which rows may be used, shape (stations, issue times); None = all.
    """
    change = value[:, issue_times + lead] - value[:, issue_times]
    known = np.isfinite(change) if chosen is None else np.isfinite(change) & chosen
    shared = len(base.names)
    values = np.empty((int(known.sum()), shared + len(own.names)), np.float32)
    # One station at a time: the rows take most of the memory, and must not exist twice.
    ends = np.cumsum(known.sum(axis=1))
    for rows, present, common, of_lead in zip(
        np.split(values, ends[:-1]), known, base.values, own.values, strict=True
    ):
        rows[:, :shared], rows[:, shared:] = common[present], of_lead[present]
    return Sample(
        base.names + own.names, values, change[known], np.broadcast_to(issue_times, change.shape)[known]
    )
