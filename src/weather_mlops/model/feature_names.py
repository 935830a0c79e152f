"""Names of features that other modules refer to, and the types that the modules of features share."""

from collections.abc import Callable
from typing import Final

import numpy as np

HISTORY_HOURS: Final = 192
"""Hours that a forecast needs, up to and including its issue time."""
ANOMALY: Final = "T_anomaly"
CLIMATOLOGY: Final = "climatology_above_T"
WAVES: Final = ("day_sine", "day_cosine", "year_sine", "year_cosine")
"""Time of the day and of the year: the slopes of a ridge vary with them."""
WEEK_ANOMALY: Final = "week_anomaly"
WEEK_ABOVE: Final = "week_above_T"
WEEK_ERROR: Final = "week_error"
"""Counterparts of the climatology that need no year of history: they follow the last week."""
RECENT: Final = frozenset({WEEK_ANOMALY, WEEK_ABOVE, WEEK_ERROR})
KMA_ABOVE: Final = "kma_above_T"
KMA_HOURLY_ABOVE: Final = "kma_hourly_above_T"
"""The KMA's forecast, corrected by its mean error, minus the target: post-processing begins with it."""
KMA_WEEK_ERROR: Final = "kma_error_size_168h"
SEASONAL: Final = frozenset(
    {
        *("T", "dew_point", "pressure", "soil_30cm_above_air", "latitude", "longitude", "elevation"),
        *("year_sine", "year_cosine", ANOMALY, CLIMATOLOGY, "climatology_change"),
        *(f"anomaly_change_{lag}h" for lag in (1, 3, 6, 12, 24, 48, 72)),
        *(f"anomaly_mean_{hours}h" for hours in (6, 24, 72, 168)),
        *(f"anomaly_{days}d" for days in (1, 2, 3)),
    }
)
"""Features whose values move with the season, or that identify the station: a model of a few months would
learn them by heart, and the next month would lie outside of what it has learned."""
LONGEST_WINDOW_H: Final = 168
"""Hours of the longest window."""

Array = np.ndarray
Named = tuple[str, str, Array]
"""Name, documentation with unit, values of shape (stations, hours)."""
Choice = Callable[[str], bool]
"""Whether a model uses the feature of this name."""
