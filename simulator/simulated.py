"""Rows of simulated weather, as far as they are published."""

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator import clock, wire
from simulator.climate import Place
from simulator.observing import Columns, humidity, observe, tenths
from simulator.publication import Publication, publication_of
from simulator.weather import Weather

FIRST_HOUR: Final = clock.parse_tm("19040101")  # KMA's oldest series begin that year

_MEASURED: Final = wire.NAMES[2:]
_TA, _TD, _HM, _PV = (_MEASURED.index(name) for name in ("TA", "TD", "HM", "PV"))


class Source(Protocol):
    """A source of the rows that a server serves."""

    def rows(self, begin: int, end: int, stations: Collection[int], now: float) -> list[bytes]:
        """Return the rows of the hours ``begin`` to ``end``, both inclusive, by time, then station.

        Args:
            begin: first hour.
            end: last hour.
            stations: station ids; empty = all.
            now: the time, as an hour with its fraction.
        """

    def newest(self, now: float) -> int:
        """Return the newest hour that is published."""


class SimulatedWeather:
    """A source of simulated weather.

    Attributes:
        delay_h: hours from the end of an hour to its publication.
    """

    def __init__(self, seed: int, stations: Sequence[Place], *, publish_delay_s: float = 0) -> None:
        self.delay_h = publish_delay_s / 3600
        self._weather = Weather(seed, sorted(stations, key=lambda station: station.id))
        self._ids: NDArray[Any] = self._weather.places.ids
        self._day = lru_cache(48)(self._compute)

    @property
    def weather(self) -> Weather:
        """The weather that is observed."""
        return self._weather

    def _compute(self, day: int) -> tuple[Columns, Publication]:
        return observe(self._weather, day), publication_of(self._weather.seed, day, self._ids)

    def newest(self, now: float) -> int:
        """Return the newest hour that is published."""
        return int(np.floor(now - self.delay_h))

    def rows(self, begin: int, end: int, stations: Collection[int], now: float) -> list[bytes]:
        """Return the rows of the hours ``begin`` to ``end``; see ``Source``."""
        chosen = np.flatnonzero(np.isin(self._ids, list(stations))) if stations else np.arange(len(self._ids))
        begin, end = max(begin, FIRST_HOUR), min(end, self.newest(now))
        return [line for hour in range(begin, end + 1) for line in self._hour(hour, chosen, now)]

    def _hour(self, hour: int, chosen: NDArray[Any], now: float) -> Iterator[bytes]:
        columns, publication = self._day(clock.day_of(hour))
        at = hour - clock.first_hour(clock.day_of(hour))
        age = now - self.delay_h - hour
        appeared = age >= publication.lateness_h[at, chosen]
        wrong = age < publication.wrong_until_h[at, chosen]
        values = zip(*(columns[name][at, chosen].tolist() for name in _MEASURED), strict=True)
        errors = np.where(wrong, publication.error_k[at, chosen], 0).tolist()
        stamp = clock.format_tm(hour)
        ids = self._ids[chosen].tolist()
        for station, visible, error, measured in zip(ids, appeared.tolist(), errors, values, strict=True):
            if visible:
                reported = mistaken(measured, error) if error else measured
                yield wire.row((stamp, station, *reported))


def mistaken(measured: Sequence[Any], error_k: float) -> list[Any]:
    """Return a row of a thermometer that is off: TA and TD are shifted, HM and PV follow from them."""
    reported = list(measured)
    temperature, dew_point = (tenths(np.array(reported[at] + error_k)) for at in (_TA, _TD))
    moist = humidity(temperature, dew_point)
    reported[_TA], reported[_TD] = float(temperature), float(dew_point)
    reported[_HM], reported[_PV] = float(moist["HM"]), float(moist["PV"])
    return reported
