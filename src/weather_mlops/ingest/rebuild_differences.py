"""Rows that differ between the live tables and those rebuilt from raw."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from weather_mlops.clock import KST
from weather_mlops.lake.keys import isin, key_list, keys_of, lookup
from weather_mlops.lake.kma_forecast_merge import differs, row_keys, station_issues
from weather_mlops.lake.publish import diff
from weather_mlops.lake.quarantine import identities
from weather_mlops.lake.schemas import (
    GAPS,
    KEY,
    KMA_FORECASTS,
    OBSERVATIONS,
    OBSERVATIONS_SCHEMA,
    QUARANTINE,
    TableDefinition,
)


@dataclass
class RebuildCounts:
    """What a rebuild read and wrote.

    Attributes:
        responses: responses, files and batches of archives, each time that one was read.
        rows: rows of the rebuilt observations.
        forecast_rows: rows of the rebuilt forecasts of the KMA.
    """

    responses: int = 0
    rows: int = 0
    forecast_rows: int = 0

    def __str__(self) -> str:
        return f"responses={self.responses} rows={self.rows} forecast_rows={self.forecast_rows}"


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


def different_quarantine(
    live: pa.Table, rebuilt: pa.Table, definition: TableDefinition = QUARANTINE
) -> Iterator[Difference]:
    """Compare quarantined rows by identity: when they were refused, and by which run, may differ."""
    sides = [
        dict(zip(identities(table, definition), table.to_pylist(), strict=True)) for table in (live, rebuilt)
    ]
    for identity in sorted(sides[0].keys() ^ sides[1].keys(), key=str):
        shown = [
            {name: side[identity][name] for name in ("rule", "value", "raw_key")}
            if identity in side
            else None
            for side in sides
        ]
        row = (sides[0] if identity in sides[0] else sides[1])[identity]
        yield Difference(definition.name, _named(row, definition.time), *shown)


def different_gaps(
    live: pa.Table, rebuilt: pa.Table, definition: TableDefinition = GAPS
) -> Iterator[Difference]:
    """Compare gaps by reason and state; the times of requests depend on the runs, and may differ."""
    time = definition.time
    sides = [
        {
            (row["station_id"], row[time]): {"reason": row["reason"], "open": row["closed_at"] is None}
            for row in table.to_pylist()
        }
        for table in (live, rebuilt)
    ]
    for key in sorted(sides[0].keys() | sides[1].keys()):
        old, new = (side.get(key) for side in sides)
        if old != new:
            row = {"station_id": key[0], time: key[1]}
            yield Difference(definition.name, _named(row, time), old, new)


def different_forecasts(live: pa.Table, rebuilt: pa.Table) -> Iterator[Difference]:
    """Compare rows of the KMA's forecast by value, cell and time of arrival; their source may differ.

    Args:
        live: FORECAST_ROWS, keys unique.
        rebuilt: the same.

    Yields:
        A difference for each station-issue, because a lost file has half a million rows: how many hours only
        one of the tables has, or how many differ, with the first of them.
    """
    live_keys, keys = row_keys(live), row_keys(rebuilt)
    only_live, only_rebuilt = ~isin(live_keys, keys), ~isin(keys, live_keys)
    yield from (
        Difference(KMA_FORECASTS.name, name, {"hours": hours}, None)
        for name, hours in _hours_by_issue(live.filter(pa.array(only_live)))
    )
    yield from (
        Difference(KMA_FORECASTS.name, name, None, {"hours": hours})
        for name, hours in _hours_by_issue(rebuilt.filter(pa.array(only_rebuilt)))
    )
    common = rebuilt.filter(pa.array(~only_rebuilt))
    stored = live.take(pa.array(lookup(live_keys, row_keys(common))))
    is_different = differs(stored, common)
    yield from _different_values(stored.filter(is_different), common.filter(is_different))


def _hours_by_issue(rows: pa.Table) -> Iterator[tuple[str, int]]:
    counted = rows.group_by(["station_id", "issued_at"]).aggregate([([], "count_all")])
    for row in counted.sort_by([("issued_at", "ascending"), ("station_id", "ascending")]).to_pylist():
        yield _issue(row), row["count_all"]


def _different_values(stored: pa.Table, common: pa.Table) -> Iterator[Difference]:
    """A difference for each station-issue of rows that all differ from those at the same indices."""
    issues = station_issues(row_keys(common))
    _, first, counts = np.unique(issues, return_index=True, return_counts=True)
    order = pa.array(first)
    for old, new, count in zip(
        stored.take(order).to_pylist(), common.take(order).to_pylist(), counts.tolist(), strict=True
    ):
        names = [name for name in new if name != "source" and old[name] != new[name]]
        name = f"{_issue(new)}, {count} hours, one of them {new['valid_at'].astimezone(KST):%m-%d %H:%M}"
        yield Difference(
            KMA_FORECASTS.name, name, {each: old[each] for each in names}, {each: new[each] for each in names}
        )


def _issue(row: Mapping[str, Any]) -> str:
    return f"station {row['station_id']} issue {row['issued_at'].astimezone(KST):%Y-%m-%d %H:%M} KST"


def _named(row: Mapping[str, Any], time: str = "observed_at") -> str:
    if row["station_id"] is None or row[time] is None:
        return "unreadable line"
    return f"station {row['station_id']} {row[time].astimezone(KST):%Y-%m-%d %H:%M} KST"
