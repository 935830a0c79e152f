"""Sensors that fail on purpose: one that is off, one that is stuck, a station that falls silent.

From when a fault is switched on, for the hours from then on; what was observed before stays as it was, and so
does, after it is switched off, what was observed meanwhile.
"""

import re
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from simulator import clock, wire
from simulator.simulated import Source, mistaken

KINDS: Final = ("bias", "stuck", "silent")
USAGE: Final = "bias:108:2.0, stuck:108 or silent:108, each with :since=YYYYMMDDHHmm (KST) if you like"
_FAULT: Final = re.compile(
    r"(?P<kind>bias|stuck|silent):(?P<station>\d+)(?::(?P<amount>[-+]?\d+(?:\.\d+)?))?(?::since=(?P<since>\d+))?"
)
_STATION: Final = slice(12, 16)
_AIR: Final = tuple(wire.NAMES.index(name) for name in ("TA", "TD", "HM", "PV"))
_COLDEST: Final = -80.0  # °C; what is below stands for a missing value
_LOOK_BACK_H: Final = 24  # a stuck sensor repeats its last row before; it may have none of the very hour


@dataclass(frozen=True)
class SensorFault:
    """One station's trouble.

    Attributes:
        kind: of KINDS.
        station: its id.
        amount_k: of a bias: kelvin added to the air temperature.
        since: first hour, with its fraction; None = when it is switched on.
        until: the hours from here on are well again; None = it lasts.
    """

    kind: str
    station: int
    amount_k: float = 0.0
    since: float | None = None
    until: float | None = None

    @classmethod
    def parse(cls, text: str) -> "SensorFault":
        """Read one.

        Raises:
            ValueError: saying what is allowed.
        """
        found = _FAULT.fullmatch(text)
        if found is None or (found["kind"] == "bias") is (found["amount"] is None):
            raise ValueError(f"can't read {text!r}: write {USAGE}")
        since = None if found["since"] is None else clock.parse_tm(found["since"])
        return cls(found["kind"], int(found["station"]), float(found["amount"] or 0), since)

    @property
    def what(self) -> tuple[str, int, float]:
        """What makes it the same fault."""
        return self.kind, self.station, self.amount_k

    def strikes(self, hour: int) -> bool:
        """Whether an hour's observation suffers from it."""
        begun = self.since is not None and self.since <= hour
        return begun and (self.until is None or hour < self.until)


class Sensors:
    """A source whose sensors can be broken while it is served.

    Args:
        source: of rows that are right.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._faults: tuple[SensorFault, ...] = ()
        self._lock = threading.Lock()

    def switch(self, wanted: Sequence[SensorFault], now: float) -> None:
        """From now on these are broken, and no others."""
        with self._lock:
            asked = {fault.what for fault in wanted}
            ended = [
                fault if fault.until is not None or fault.what in asked else replace(fault, until=now)
                for fault in self._faults
            ]
            standing = {fault.what for fault in ended if fault.until is None}
            begun = [
                replace(fault, since=now if fault.since is None else fault.since)
                for fault in wanted
                if fault.what not in standing
            ]
            self._faults = (*ended, *begun)

    def newest(self, now: float) -> int:
        """The newest hour that is published."""
        return self._source.newest(now)

    def rows(self, begin: int, end: int, stations: Collection[int], now: float) -> list[bytes]:
        """The rows of the hours ``begin`` to ``end``; see ``simulated.Source``."""
        rows, faults = self._source.rows(begin, end, stations, now), self._faults
        broken = {fault.station for fault in faults}
        if not broken:
            return rows
        told = [self._told(row, faults, now) if int(row[_STATION]) in broken else row for row in rows]
        return [row for row in told if row]

    def _told(self, row: bytes, faults: Sequence[SensorFault], now: float) -> bytes:
        """A row as its broken station tells it; empty when it tells nothing."""
        station, hour = int(row[_STATION]), clock.parse_tm(row[:12].decode())
        for fault in faults:
            if fault.station != station or not fault.strikes(hour):
                continue
            if fault.kind == "silent":
                return b""
            row = _biased(row, fault.amount_k) if fault.kind == "bias" else self._stuck(row, fault, now)
        return row

    def _stuck(self, row: bytes, fault: SensorFault, now: float) -> bytes:
        assert fault.since is not None  # noqa: S101  it strikes
        last = int(fault.since)
        before = self._source.rows(last - _LOOK_BACK_H, last, [fault.station], now)
        if not before:
            return row
        values, frozen = _values(row), _values(before[-1])
        for column in _AIR:
            values[column] = frozen[column]
        return wire.row(values)


def _biased(row: bytes, amount_k: float) -> bytes:
    """A thermometer that is off: the dew point is told from it, so that nothing in the row contradicts it."""
    values = _values(row)
    if min(values[column] for column in _AIR[:2]) < _COLDEST:
        return row
    return wire.row([*values[:2], *mistaken(values[2:], amount_k)])


def _values(row: bytes) -> list[Any]:
    """The values of a row, as ``wire.row`` takes them."""
    kinds = {"s": str, "d": int, "f": float}
    tokens = row.decode().split()
    return [kinds[form[-1]](token) for (_, form), token in zip(wire.COLUMNS, tokens, strict=True)]
