"""When a station's hour appears, and what is wrong with it at first.

- An hour is published ``delay`` after its end; a few station-hours an hour or more later.
- A few station-hours are published with a wrong temperature, and corrected some hours later.
- Rarely, a station is down for some hours, or the whole network for one: these rows never appear.

All of this depends on the seed only: the same station-hours are late, corrected or absent in every run.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator import clock, noise
from simulator.noise import Floats

LATE_RATE: Final = 1 / 400  # of station-hours: one every four hours with 97 stations
LATE_H: Final = (1, 6)
CORRECTED_RATE: Final = 1 / 1000  # of station-hours
CORRECTED_AFTER_H: Final = (2, 12)
CORRECTION_K: Final = (0.5, 2.0)
OUTAGE_RATE: Final = 1 / 120  # of station-days, on which an outage begins
OUTAGE_H: Final = (1, 9)  # the longest is that of Busan in November 2022
NETWORK_OUTAGE_RATE: Final = 1 / 1500  # of hours


@dataclass(frozen=True)
class Publication:
    """How a day's rows are published; arrays of shape (24 hours, stations).

    Attributes:
        lateness_h: hours after the regular publication; infinite if a row never appears.
        wrong_until_h: hours after the regular publication until a row is corrected; 0 if it is right.
        error_k: error of TA until then, K.
    """

    lateness_h: Floats
    wrong_until_h: Floats
    error_k: Floats


def publication_of(seed: int, day: int, ids: NDArray[Any]) -> Publication:
    """Return how the rows of one day (hours 01 to 24 KST) are published."""
    hours = clock.first_hour(day) + np.arange(clock.HOURS_PER_DAY)[:, None]

    def drawn(what: str, span: tuple[float, float]) -> Floats:
        return span[0] + (span[1] - span[0]) * noise.uniform(seed, what, hours, ids)

    late = noise.uniform(seed, "late", hours, ids) < LATE_RATE
    wrong = noise.uniform(seed, "corrected", hours, ids) < CORRECTED_RATE
    sign = np.sign(noise.normal(seed, "correction/sign", hours, ids))
    lateness = np.where(late, np.floor(drawn("late/hours", LATE_H)), 0)
    return Publication(
        lateness_h=np.where(_down(seed, hours, ids), np.inf, lateness),
        wrong_until_h=np.where(wrong, lateness + np.floor(drawn("corrected/hours", CORRECTED_AFTER_H)), 0),
        error_k=np.round(sign * drawn("correction", CORRECTION_K), 1),
    )


def _down(seed: int, hours: NDArray[Any], ids: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether a station, or the network, is down; an outage may run into the next day."""
    down = np.broadcast_to(
        noise.uniform(seed, "network outage", hours) < NETWORK_OUTAGE_RATE, (len(hours), len(ids))
    )
    today = (hours[:1] - 1) // clock.HOURS_PER_DAY
    for day in (today - 1, today):
        happens = noise.uniform(seed, "outage", day, ids) < OUTAGE_RATE
        begin = day * clock.HOURS_PER_DAY + np.ceil(24 * noise.uniform(seed, "outage/begin", day, ids))
        length = OUTAGE_H[0] + np.floor(
            (OUTAGE_H[1] + 1 - OUTAGE_H[0]) * noise.uniform(seed, "outage/length", day, ids)
        )
        down = down | (happens & (hours >= begin) & (hours < begin + length))
    return down
