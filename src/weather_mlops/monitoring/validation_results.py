"""Results of the audits: validation results on S3, and corrected rows in the snapshots of the table."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Never

from pyiceberg.catalog import Catalog
from pyiceberg.table.snapshots import Operation

from weather_mlops.clock import KST
from weather_mlops.errors import FormatChanged, ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.catalog import open_table
from weather_mlops.lake.documents import Figure
from weather_mlops.lake.maintenance import KIND
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.lake.schemas import OBSERVATIONS
from weather_mlops.lake.storage_errors import storage_errors
from weather_mlops.monitoring.figures.data import CorrectedRows, CorrectionFigures, Corrections
from weather_mlops.quality.docs import VALIDATIONS

CORRECTIONS: Final = "monitoring/data/corrections.json"
KEPT_DAYS: Final = 31
CORRECTED: Final = "weather.corrected"


@dataclass(frozen=True, slots=True)
class ValidationRun:
    """One validation result, as far as its name contains it.

    Attributes:
        key: key of its JSON document.
        at: time of the audit, UTC.
        score: quality score, 0 to 1; None if nothing could be scored.
        fit_share: share of fit rows, 0 to 1.
    """

    key: str
    at: datetime
    score: float | None
    fit_share: float


def runs(store: ObjectStore, first: datetime, last: datetime) -> list[ValidationRun]:
    """List the validation results of a period, oldest first; only listings are read.

    Raises:
        FormatChanged: a name has another form than those of ``quality.docs``.
        StorageUnavailable, StorageRefused.
    """
    day, results = first.astimezone(KST).replace(day=1, hour=0, minute=0), []
    while day <= last:
        for entry in store.list(f"{VALIDATIONS}/{day:%Y/%m}/"):
            run = _named(entry.key)
            if first <= run.at <= last:
                results.append(run)
        day = (day + timedelta(days=KEPT_DAYS)).replace(day=1)
    return sorted(results, key=lambda run: run.at)


def score_parts(store: ObjectStore, run: ValidationRun) -> dict[str, float | None]:
    """Read the parts of a run's quality score.

    Raises:
        ObjectDamaged: the result can't be read, or was deleted after it was listed.
        StorageUnavailable, StorageRefused.
    """
    fix = "Move it away: each run writes its own."
    try:
        score = documents.read(store, run.key, _Validation, fix).score
    except FileNotFoundError as error:
        raise ObjectDamaged(f"{store.where(run.key)}: it was deleted after it was listed") from error
    return {name: part for name, part in score.items() if name != "overall"}


@dataclass(frozen=True, slots=True)
class _Validation:
    score: dict[str, Figure | None]


def corrections(catalog: Catalog, store: ObjectStore, now: datetime) -> Corrections:
    """Count the corrected rows of 31 days. Snapshots are kept for a day only, so counts are stored on S3.

    Raises:
        StorageUnavailable, StorageRefused.
    """
    stored = _stored_corrections(store)
    known = dict(stored["commits"]) if stored else {}
    table = open_table(catalog, OBSERVATIONS)
    with storage_errors(f"table {OBSERVATIONS.identifier}"):
        snapshots = list(table.metadata.snapshots)
    seen = [datetime.fromtimestamp(each.timestamp_ms / 1000, UTC) for each in snapshots]
    for snapshot, at in zip(snapshots, seen, strict=True):
        properties = snapshot.summary.additional_properties if snapshot.summary else {}
        # A compaction has the properties of the commit before it, and so has the deleting half of a commit.
        added = snapshot.summary is not None and snapshot.summary.operation == Operation.APPEND
        if added and KIND not in properties and (corrected := int(properties.get(CORRECTED, 0))):
            known[str(snapshot.snapshot_id)] = CorrectedRows(at=at.isoformat(), corrected=corrected)
    oldest = (now - timedelta(days=KEPT_DAYS)).isoformat()
    since = stored["counted_since"] if stored else min([*seen, now]).isoformat()
    after: Corrections = {
        "counted_since": max(since, oldest),
        "commits": {state: each for state, each in known.items() if each["at"] >= oldest},
    }
    if not stored or after["commits"] != stored["commits"]:
        store.put(CORRECTIONS, json.dumps(after).encode(), "application/json")
    return after


def corrected_since(counted: Corrections, moment: datetime) -> int:
    """Sum the corrected rows since a time, or since counting began."""
    return sum(
        each["corrected"]
        for each in counted["commits"].values()
        if datetime.fromisoformat(each["at"]) >= moment
    )


def corrected_by_day(counted: Corrections) -> dict[str, int]:
    """Sum the corrected rows by day (KST), oldest first."""
    days: dict[str, int] = {}
    for each in sorted(counted["commits"].values(), key=lambda each: str(each["at"])):
        day = f"{datetime.fromisoformat(each['at']).astimezone(KST):%Y-%m-%d}"
        days[day] = days.get(day, 0) + each["corrected"]
    return days


def correction_figures(counted: Corrections) -> CorrectionFigures:
    """Return the figures of the section."""
    days = corrected_by_day(counted)
    return {
        "counted_since": counted["counted_since"],
        "days": list(days),
        "corrected": list(days.values()),
    }


def _named(key: str) -> ValidationRun:
    *_, year, month, day, name = key.split("/")
    try:
        clock, score, fit, _ = name.split("_", 3)
        at = datetime.strptime(f"{year}{month}{day}{clock}", "%Y%m%d%H%M").replace(tzinfo=KST)
        return ValidationRun(key, at.astimezone(UTC), None if score == "none" else float(score), float(fit))
    except ValueError as error:
        raise FormatChanged(f"{key}: not the name of a validation result ({error}). Move it away.") from error


def _stored_corrections(store: ObjectStore) -> Corrections | dict[str, Never]:
    """Read the stored counts; empty if they can't be read, so that counting starts again."""
    consequence = "counts of corrections are ignored, counting starts again"
    return documents.read_or_none(store, CORRECTIONS, Corrections, consequence) or {}
