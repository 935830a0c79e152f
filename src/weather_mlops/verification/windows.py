"""Pool the last days of the table of verification, and publish them for the pages."""

import json
import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog import Catalog

from weather_mlops.documents.verification_windows import (
    DAILY_DAYS,
    KEY,
    SCHEMA,
    WINDOWS_DAYS,
    ExtremeErrors,
    IntervalCoverage,
    TargetWindows,
    VerificationWindows,
    VerifiedDay,
    VerifiedWindow,
)
from weather_mlops.lake import verification
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.verification_columns import COMMON, KMA_FORECAST, OURS, OWN, PERSISTENCE
from weather_mlops.variables import BY_NAME
from weather_mlops.verification.days import COLUMN, TARGET
from weather_mlops.verification.extremes import EXTREMES
from weather_mlops.verification.pooling import errors_of, pooled

log = logging.getLogger(__name__)

_GROUP: Final = ("variable", "grouped_by", "forecast", "member")
_Rows = Mapping[tuple[str, str], Mapping[str, Mapping[str, dict[str, Any]]]]
"""Rows of ``pooled`` by variable and kind of group, then by member, then by forecast."""


def publish(catalog: Catalog, store: ObjectStore, now: datetime) -> None:
    """Write ``verification/windows.json`` from the table, for the days up to the newest verified one.

    Args:
        catalog: where the table is.
        store: the bucket.
        now: the time, timezone-aware.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    last = verification.newest_verified(catalog)
    targets = {} if last is None else {TARGET: _read(catalog, last)}
    document: VerificationWindows = {"schema": SCHEMA, "made_at": now.isoformat(), "targets": targets}
    store.put(KEY, json.dumps(document, separators=(",", ":")).encode(), "application/json")
    log.info("windows of verification published: last_day=%s", last)


def _read(catalog: Catalog, last: date) -> TargetWindows:
    first = last - timedelta(days=max(WINDOWS_DAYS) - 1)
    rows = verification.read(catalog, first_day=first, last_day=last, variable=None, compared=COMMON)
    # A system without the KMA's forecast, or still without a model of its own, has no common rows.
    if _between(rows, last - timedelta(days=min(WINDOWS_DAYS) - 1), last).num_rows == 0:
        rows = verification.read(catalog, first_day=first, last_day=last, variable=None)
    return windows_of(rows, last)


def windows_of(rows: pa.Table, last: date) -> TargetWindows:
    """Pool rows of the table over the windows that end with a day.

    Args:
        rows: of VERIFICATION_SCHEMA, of all variables.
        last: the last day (KST).
    """
    windows = {}
    for days in WINDOWS_DAYS:
        first = last - timedelta(days=days - 1)
        of_window = _between(rows, first, last)
        for compared in (COMMON, OWN):
            chosen = of_window.filter(pc.equal(of_window["compared"], compared))
            if chosen.num_rows:
                windows[str(days)] = _window(chosen, first, last)
                break
    return {"unit": BY_NAME[COLUMN].unit, "windows": windows, "daily": _daily(rows, last)}


def _window(rows: pa.Table, first: date, last: date) -> VerifiedWindow:
    overall = _overall(rows)
    of_ours, of_persistence = (
        set(overall.filter(pc.equal(overall["forecast"], name))["day"].to_pylist())
        for name in (OURS, PERSISTENCE)
    )
    lacking = len(of_ours - of_persistence)
    if lacking:
        rows = rows.filter(pc.not_equal(rows["forecast"], PERSISTENCE))
    groups = _by_group(pooled(rows, _GROUP))
    maximum, minimum = (_extreme(groups, extreme.variable) for extreme in EXTREMES)
    return {
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "days": len(pc.unique(rows["day"])),
        "compared": rows["compared"][0].as_py(),
        "days_without_persistence": lacking,
        "overall": _errors(groups, COLUMN, "all").get("0", {}),
        "leads": _errors(groups, COLUMN, "lead_hours"),
        "hours": _errors(groups, COLUMN, "hour_kst"),
        "stations": _errors(groups, COLUMN, "station_id"),
        "calibration": {
            lead: _coverage(forecasts[OURS])
            for lead, forecasts in groups.get((COLUMN, "lead_hours"), {}).items()
            if OURS in forecasts
        },
        "maximum": maximum,
        "minimum": minimum,
    }


def _by_group(rows: pa.Table) -> _Rows:
    groups: dict[tuple[str, str], dict[str, dict[str, dict[str, Any]]]] = {}
    for row in rows.sort_by([("member", "ascending")]).to_pylist():
        members = groups.setdefault((row["variable"], row["grouped_by"]), {})
        members.setdefault(str(row["member"]), {})[row["forecast"]] = row
    return groups


def _errors(groups: _Rows, variable: str, grouped_by: str) -> dict[str, Any]:
    """Errors by member and forecast."""
    return {
        member: {name: errors_of(row) for name, row in forecasts.items()}
        for member, forecasts in groups.get((variable, grouped_by), {}).items()
    }


def _coverage(row: Mapping[str, Any]) -> IntervalCoverage:
    return {
        "coverage_50": row["coverage_50"],
        "coverage_80": row["coverage_80"],
        "coverage_90": row["coverage_90"],
    }


def _extreme(groups: _Rows, variable: str) -> ExtremeErrors:
    return {
        "overall": _errors(groups, variable, "all").get("0", {}),
        "stations": _errors(groups, variable, "station_id"),
    }


def _daily(rows: pa.Table, last: date) -> list[VerifiedDay]:
    """RMSE of each of the last days on common rows."""
    overall = _overall(rows.filter(pc.equal(rows["compared"], COMMON)))
    known = {(row["day"], row["forecast"]): row for row in overall.to_pylist()}
    nothing = {"n": 0, "rmse": None}
    daily: list[VerifiedDay] = []
    for back in reversed(range(DAILY_DAYS)):
        day = last - timedelta(days=back)
        ours, kma = (known.get((day, name), nothing) for name in (OURS, KMA_FORECAST))
        daily.append(
            {
                "day": day.isoformat(),
                "n": ours["n"],
                "ours": ours["rmse"],
                "kma_forecast": kma["rmse"],
            }
        )
    return daily


def _overall(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.and_(pc.equal(rows["variable"], COLUMN), pc.equal(rows["grouped_by"], "all")))


def _between(rows: pa.Table, first: date, last: date) -> pa.Table:
    days = rows["day"]
    return rows.filter(
        pc.and_(
            pc.greater_equal(days, pa.scalar(first, pa.date32())),
            pc.less_equal(days, pa.scalar(last, pa.date32())),
        )
    )
