"""What the collection said of itself: validation results on S3, corrections in the states of the table."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pyiceberg.catalog import Catalog
from pyiceberg.table.snapshots import Operation
from typing_extensions import TypedDict

from weather_mlops.clock import KST
from weather_mlops.errors import FormatChanged, ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.documents import Figure, MomentText
from weather_mlops.lake.maintenance import KIND
from weather_mlops.lake.object_store import ObjectStore, storage_errors
from weather_mlops.lake.schemas import OBSERVATIONS
from weather_mlops.quality.docs import VALIDATIONS

log = logging.getLogger(__name__)

CORRECTIONS: Final = "monitoring/data/corrections.json"
KEPT_DAYS: Final = 31
CORRECTED: Final = "weather.corrected"


@dataclass(frozen=True, slots=True)
class ValidationRun:
    """One validation result, as its name tells.

    Attributes:
        key: of its JSON.
        at: when it was audited, UTC.
        score: quality score, 0 to 1; None where nothing could be scored.
        fit_share: share of the rows that were fit, 0 to 1.
    """

    key: str
    at: datetime
    score: float | None
    fit_share: float


def runs(store: ObjectStore, first: datetime, last: datetime) -> list[ValidationRun]:
    """Validation results of a period, oldest first: a listing of each month tells all.

    Raises:
        FormatChanged: a name is none that ``quality.docs`` gives.
        StorageUnavailable, StorageRefused.
    """
    day, found = first.astimezone(KST).replace(day=1, hour=0, minute=0), []
    while day <= last:
        for entry in store.list(f"{VALIDATIONS}/{day:%Y/%m}/"):
            run = _named(entry.key)
            if first <= run.at <= last:
                found.append(run)
        day = (day + timedelta(days=KEPT_DAYS)).replace(day=1)
    return sorted(found, key=lambda run: run.at)


def score_parts(store: ObjectStore, run: ValidationRun) -> dict[str, float | None]:
    """The parts of a run's quality score.

    Raises:
        ObjectDamaged: the result can't be read, or is gone.
        StorageUnavailable, StorageRefused.
    """
    fix = "Move it away: each run writes its own."
    try:
        score = documents.read(store, run.key, _Validation, fix).score
    except FileNotFoundError as error:
        raise ObjectDamaged(f"{store.where(run.key)}: it is gone, and was listed a moment ago") from error
    return {name: part for name, part in score.items() if name != "overall"}


@dataclass(frozen=True, slots=True)
class _Validation:
    score: dict[str, Figure | None]


def corrections(catalog: Catalog, store: ObjectStore, now: datetime) -> dict[str, Any]:
    """Corrected rows. States of the table are kept for a day only: so they are counted as they come.

    Returns:
        ``counted_since``; ``commits``: by number of the state, when (ISO 8601) and how many, of 31 days.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    kept = _stored_corrections(store)
    known = {**kept.get("commits", {})}
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        snapshots = list(table.metadata.snapshots)
    seen = [datetime.fromtimestamp(each.timestamp_ms / 1000, UTC) for each in snapshots]
    for snapshot, at in zip(snapshots, seen, strict=True):
        told = snapshot.summary.additional_properties if snapshot.summary else {}
        # A compaction repeats what the commit before it said, and so does the half of a commit that deletes.
        added = snapshot.summary is not None and snapshot.summary.operation == Operation.APPEND
        if added and KIND not in told and (corrected := int(told.get(CORRECTED, 0))):
            known[str(snapshot.snapshot_id)] = {"at": at.isoformat(), "corrected": corrected}
    oldest = (now - timedelta(days=KEPT_DAYS)).isoformat()
    since = kept.get("counted_since") or min([*seen, now]).isoformat()
    after = {
        "counted_since": max(since, oldest),
        "commits": {state: each for state, each in known.items() if each["at"] >= oldest},
    }
    if after["commits"] != kept.get("commits") or "counted_since" not in kept:
        store.put(CORRECTIONS, json.dumps(after).encode(), "application/json")
    return after


def corrected_since(counted: Mapping[str, Any], moment: datetime) -> int:
    """Corrected rows since a moment, or since they are counted."""
    return sum(
        int(each["corrected"])
        for each in counted["commits"].values()
        if datetime.fromisoformat(each["at"]) >= moment
    )


def corrected_by_day(counted: Mapping[str, Any]) -> dict[str, int]:
    """Corrected rows by day (KST), oldest first."""
    days: dict[str, int] = {}
    for each in sorted(counted["commits"].values(), key=lambda each: str(each["at"])):
        day = f"{datetime.fromisoformat(each['at']).astimezone(KST):%Y-%m-%d}"
        days[day] = days.get(day, 0) + each["corrected"]
    return days


def _named(key: str) -> ValidationRun:
    *_, year, month, day, name = key.split("/")
    try:
        clock, score, fit, _ = name.split("_", 3)
        at = datetime.strptime(f"{year}{month}{day}{clock}", "%Y%m%d%H%M").replace(tzinfo=KST)
        return ValidationRun(key, at.astimezone(UTC), None if score == "none" else float(score), float(fit))
    except ValueError as error:
        raise FormatChanged(f"{key}: no name of a validation result ({error}). Move it away.") from error


class _Corrected(TypedDict):
    at: MomentText
    corrected: int


class _Corrections(TypedDict):
    """What is kept of corrections between runs: since when they are counted; by number of the state."""

    counted_since: MomentText
    commits: dict[str, _Corrected]


def _stored_corrections(store: ObjectStore) -> Mapping[str, Any]:
    """What was counted before; nothing, where that can't be read: counting starts again."""
    try:
        return documents.read(store, CORRECTIONS, _Corrections)
    except FileNotFoundError:
        return {}
    except ObjectDamaged as error:
        log.warning("corrections are counted from now on: %s", error)
        return {}
