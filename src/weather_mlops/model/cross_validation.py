"""Blocks of training hours that are held out in turn, and the hours next to them that must be left out."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

EMBARGO_HOURS: Final = 24
"""Added to the lead: the weather of neighbouring hours is nearly the same."""
FORTNIGHT_HOURS: Final = 14 * 24
"""Length of a block's spans. If whole seasons were held out, models that have never seen that season would
forecast them: the intervals would be too wide, and the ridge would weigh too much."""


def assign_blocks(issue_times: np.ndarray, count: int) -> np.ndarray:
    """Block of each row, 0 to count − 1: fortnights in turn; a short span is cut into equal parts."""
    since = issue_times - issue_times.min()
    hours = min(FORTNIGHT_HOURS, -(-(int(since.max()) + 1) // count))
    return np.asarray(since // hours % count)


def forward_parts(
    issue_times: np.ndarray, lead: int, count: int, least_rows: int = 200
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows before a part of the hours, and rows in it, for all parts but the first (forward chaining).

    Parts have equal numbers of hours, not equal duration: an old month before a long gap is no part of its
    own. Outcomes of the rows before a part are known when its first forecast is made. Parts with fewer than
    ``least_rows`` rows before them are left out.
    """
    hours = np.unique(issue_times)
    if len(hours) == 0:
        return
    edges = [*hours[np.arange(count) * len(hours) // count], hours[-1] + 1]
    for begin, until in pairwise(edges[1:]):
        before = issue_times + lead < begin
        inside = (issue_times >= begin) & (issue_times < until)
        if before.sum() >= least_rows and inside.any():
            yield before, inside


def sample_hours(issue_times: np.ndarray, most: float, seed: int) -> np.ndarray:
    """Rows of hours sampled at random: every n-th hour could always be the same hour of the day."""
    if len(issue_times) <= most:
        return np.ones(len(issue_times), bool)
    hours, inverse = np.unique(issue_times, return_inverse=True)
    return np.asarray((np.random.default_rng(seed).random(len(hours)) < most / len(issue_times))[inverse])


def sample_rows(count: int, most: float, seed: int) -> np.ndarray:
    """Rows sampled at random, as a mask. With many stations, rows differ more than whole hours do."""
    return np.asarray(np.random.default_rng(seed).random(count) * count < most)


def within_embargo(issue_times: np.ndarray, inside: np.ndarray, lead: int) -> np.ndarray:
    """Rows in a block, or so near that an outcome of the one is a feature of the other."""
    held = np.unique(issue_times[inside])
    after = np.searchsorted(held, issue_times).clip(max=len(held) - 1)
    nearest = np.minimum(
        np.abs(held[after] - issue_times), np.abs(issue_times - held[(after - 1).clip(min=0)])
    )
    return np.asarray(nearest <= lead + EMBARGO_HOURS)
