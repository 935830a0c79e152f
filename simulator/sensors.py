"""Sensors that fail on purpose: a biased one, a stuck one, a silent station.

A fault affects the hours from when it is switched on until it is switched off. Earlier observations stay
right, and those of the time between stay wrong.
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
_COLDEST: Final = -80.0  # °C; values below are codes of missing ones
_LOOK_BACK_H: Final = 24  # a stuck sensor repeats its last row, which may be some hours old


@dataclass(frozen=True)
class SensorFault:
    """A fault of one station's sensors.

    Attributes:
        kind: one of KINDS.
        station: id of the station.
        amount_k: for a bias, kelvin added to the air temperature.
        since: first affected hour, with its fraction; None = when it is switched on.
        until: first hour that is right again; None = it lasts.
    """

    kind: str
    station: int
    amount_k: float = 0.0
    since: float | None = None
    until: float | None = None

    @classmethod
    def parse(cls, text: str) -> "SensorFault":
        """Parse a fault.

        Raises:
            ValueError: it is none; the message says what is allowed.
        """
        match = _FAULT.fullmatch(text)
        if match is None or (match["kind"] == "bias") is (match["amount"] is None):
            raise ValueError(f"can't read {text!r}: write {USAGE}")
        since = None if match["since"] is None else clock.parse_tm(match["since"])
        return cls(match["kind"], int(match["station"]), float(match["amount"] or 0), since)

    @property
    def identity(self) -> tuple[str, int, float]:
        """What two entries of the same fault have in common."""
        return self.kind, self.station, self.amount_k

    def strikes(self, hour: int) -> bool:
        """Whether it affects an hour's observation."""
        begun = self.since is not None and self.since <= hour
        return begun and (self.until is None or hour < self.until)


class Sensors:
    """A source whose sensors can be broken while it is served.

    Args:
        source: source of the right rows.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._faults: tuple[SensorFault, ...] = ()
        self._lock = threading.Lock()

    def switch(self, active: Sequence[SensorFault], now: float) -> None:
        """Let exactly these faults be active from now on."""
        with self._lock:
            staying = {fault.identity for fault in active}
            earlier = [
                fault if fault.until is not None or fault.identity in staying else replace(fault, until=now)
                for fault in self._faults
            ]
            lasting = {fault.identity for fault in earlier if fault.until is None}
            new = [
                replace(fault, since=now if fault.since is None else fault.since)
                for fault in active
                if fault.identity not in lasting
            ]
            self._faults = (*earlier, *new)

    def newest(self, now: float) -> int:
        """Return the newest hour that is published."""
        return self._source.newest(now)

    def rows(self, begin: int, end: int, stations: Collection[int], now: float) -> list[bytes]:
        """Return the rows of the hours ``begin`` to ``end``; see ``simulated.Source``."""
        rows, faults = self._source.rows(begin, end, stations, now), self._faults
        broken = {fault.station for fault in faults}
        if not broken:
            return rows
        reported = [self._reported(row, faults, now) if int(row[_STATION]) in broken else row for row in rows]
        return [row for row in reported if row]

    def _reported(self, row: bytes, faults: Sequence[SensorFault], now: float) -> bytes:
        """Return a row as its broken station reports it; empty if it reports nothing."""
        station, hour = int(row[_STATION]), clock.parse_tm(row[:12].decode())
        for fault in faults:
            if fault.station != station or not fault.strikes(hour):
                continue
            if fault.kind == "silent":
                return b""
            row = _biased(row, fault.amount_k) if fault.kind == "bias" else self._stuck(row, fault, now)
        return row

    def _stuck(self, row: bytes, fault: SensorFault, now: float) -> bytes:
        assert fault.since is not None  # noqa: S101  since it is active
        last = int(fault.since)
        before = self._source.rows(last - _LOOK_BACK_H, last, [fault.station], now)
        if not before:
            return row
        values, frozen = _values(row), _values(before[-1])
        for column in _AIR:
            values[column] = frozen[column]
        return wire.row(values)


def _biased(row: bytes, amount_k: float) -> bytes:
    """Add a bias to the air temperature and shift the dew point with it, so that the row is consistent."""
    values = _values(row)
    if min(values[column] for column in _AIR[:2]) < _COLDEST:
        return row
    return wire.row([*values[:2], *mistaken(values[2:], amount_k)])


def _values(row: bytes) -> list[Any]:
    """Parse the values of a row, in the types that ``wire.row`` takes."""
    kinds = {"s": str, "d": int, "f": float}
    tokens = row.decode().split()
    return [kinds[form[-1]](token) for (_, form), token in zip(wire.COLUMNS, tokens, strict=True)]
