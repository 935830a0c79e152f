"""Rows that differ between the live tables and those rebuilt from raw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from weather_mlops.clock import KST
from weather_mlops.lake.keys import isin, key_list, keys_of, lookup
from weather_mlops.lake.publish import diff
from weather_mlops.lake.quarantine import identities
from weather_mlops.lake.schemas import (
    GAPS,
    KEY,
    OBSERVATIONS,
    OBSERVATIONS_SCHEMA,
    QUARANTINE,
    UTC_TIME,
)


@dataclass(frozen=True)
class Difference:
    """A row that differs between the live and the rebuilt table; None where one of them doesn't have it."""

    table: str
    key: str
    live: Mapping[str, Any] | None
    rebuilt: Mapping[str, Any] | None

    def __str__(self) -> str:
        def shown(side: Mapping[str, Any] | None) -> str:
            return "-" if side is None else ", ".join(f"{name}={value}" for name, value in side.items())

        return f"{self.table} {self.key}: live {shown(self.live)} | rebuilt {shown(self.rebuilt)}"


def different_observations(live: pa.Table, rebuilt: pa.Table) -> Iterator[Difference]:
    """Compare observations by value; where a value came from (``raw_key``) may differ."""
    changes = diff(live, rebuilt)
    absent = live.filter(pa.array(~isin(keys_of(live), keys_of(rebuilt))))
    names = [name for name in OBSERVATIONS_SCHEMA.names if name not in {*KEY, "raw_key"}]
    before = live.take(pa.array(lookup(keys_of(live), keys_of(changes.corrected))))
    old = dict(zip(key_list(before), before.to_pylist(), strict=True))
    for key, row in zip(key_list(changes.corrected), changes.corrected.to_pylist(), strict=True):
        differing = [name for name in names if row[name] != old[key][name]]
        yield Difference(
            OBSERVATIONS.name,
            _named(row),
            {name: old[key][name] for name in differing},
            {name: row[name] for name in differing},
        )
    yield from (
        Difference(OBSERVATIONS.name, _named(row), None, {"raw_key": row["raw_key"]})
        for row in changes.inserted.to_pylist()
    )
    yield from (
        Difference(OBSERVATIONS.name, _named(row), {"raw_key": row["raw_key"]}, None)
        for row in absent.to_pylist()
    )


def different_quarantine(live: pa.Table, rebuilt: pa.Table) -> Iterator[Difference]:
    """Compare quarantined rows by identity: when they were refused, and by which run, may differ."""
    sides = [dict(zip(identities(table), table.to_pylist(), strict=True)) for table in (live, rebuilt)]
    for identity in sorted(sides[0].keys() ^ sides[1].keys(), key=str):
        shown = [
            {name: side[identity][name] for name in ("rule", "value", "raw_key")}
            if identity in side
            else None
            for side in sides
        ]
        row = (sides[0] if identity in sides[0] else sides[1])[identity]
        yield Difference(QUARANTINE.name, _named(row), *shown)


def different_gaps(live: pa.Table, rebuilt: pa.Table) -> Iterator[Difference]:
    """Compare gaps by reason and state; the times of requests depend on the runs, and may differ."""
    sides = [
        {
            key: {"reason": row["reason"], "open": row["closed_at"] is None}
            for key, row in zip(key_list(table), table.to_pylist(), strict=True)
        }
        for table in (live, rebuilt)
    ]
    for key in sorted(sides[0].keys() | sides[1].keys()):
        old, new = (side.get(key) for side in sides)
        if old != new:
            row = {"station_id": key[0], "observed_at": pa.scalar(key[1], pa.int64()).cast(UTC_TIME).as_py()}
            yield Difference(GAPS.name, _named(row), old, new)


def _named(row: Mapping[str, Any]) -> str:
    if row["observed_at"] is None:
        return "unreadable line"
    return f"station {row['station_id']} {row['observed_at'].astimezone(KST):%Y-%m-%d %H:%M} KST"
