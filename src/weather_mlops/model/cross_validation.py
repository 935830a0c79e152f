"""Spans of the training hours that are held out in turn, and what must not be learned from beside them."""

from typing import Final

import numpy as np

EMBARGO_HOURS: Final = 24
"""Beside the lead: the weather of neighbouring hours is nearly the same."""
FORTNIGHT_HOURS: Final = 14 * 24
"""Whole seasons held out would be judged by models that never saw one: too wide intervals, too much ridge."""


def assign_blocks(origin: np.ndarray, count: int) -> np.ndarray:
    """Block of each row, 0 to count − 1: fortnights in turn; of a short span, equal parts."""
    since = origin - origin.min()
    hours = min(FORTNIGHT_HOURS, -(-(int(since.max()) + 1) // count))
    return np.asarray(since // hours % count)


def sample_hours(origin: np.ndarray, most: float, seed: int) -> np.ndarray:
    """Rows of hours drawn by lot: every n-th hour could be one and the same of the day."""
    if len(origin) <= most:
        return np.ones(len(origin), bool)
    hours, place = np.unique(origin, return_inverse=True)
    return np.asarray((np.random.default_rng(seed).random(len(hours)) < most / len(origin))[place])


def within_embargo(origin: np.ndarray, inside: np.ndarray, lead: int) -> np.ndarray:
    """Rows that lie in a block, or so near that an outcome of the one is a feature of the other."""
    held = np.unique(origin[inside])
    after = np.searchsorted(held, origin).clip(max=len(held) - 1)
    nearest = np.minimum(np.abs(held[after] - origin), np.abs(origin - held[(after - 1).clip(min=0)]))
    return np.asarray(nearest <= lead + EMBARGO_HOURS)
