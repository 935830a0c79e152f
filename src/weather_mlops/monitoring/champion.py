"""The deployed model of a target: does its pointer lead to whole files, and what was promised of it?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.store import ObjectStore
from weather_mlops.model.climatology import Climatology
from weather_mlops.model.evaluation import EVALUATION
from weather_mlops.model.forecaster import MODEL
from weather_mlops.model.registry import Decision, Registry
from weather_mlops.monitoring.pairs import Damping, promised

Verified = Mapping[str, str]
"""``version`` and ``at``: which version's files were whole, and when."""
VERIFY_EVERY: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Champion:
    """What is known of a deployed model.

    Attributes:
        decision: that made it the champion.
        verified: when its files were whole.
        promised: ``rmse`` and ``coverage_80`` by lead.
        damping: what it knows of the usual.
    """

    decision: Decision
    verified: Verified
    promised: Mapping[str, Mapping[str, float | None]]
    damping: Damping


def load(store: ObjectStore, target: str, before: Verified | None, now: datetime) -> Champion | None:
    """The champion; None where none was deployed yet.

    All files are read and compared with their checksums when the version is new, when a file was written
    since, and once a day; else their sizes are compared, by one listing.

    Raises:
        ModelUnusable: the pointer is damaged, or a file is missing or damaged.
        StorageUnavailable, StorageRefused.
    """
    registry = Registry(store, target)
    decision = registry.champion()
    if decision is None:
        return None
    version = decision.version
    manifest = registry.manifest(version)
    verified = _verify(registry, version, manifest, before, now)
    try:
        evaluation = json.loads(registry.file(version, EVALUATION, manifest))
        model = json.loads(registry.file(version, MODEL, manifest))
        kept = [float(lead["damping"]) for lead in model["leads"]]
        damping = Damping(Climatology.from_lists(model["usual"]), model["stations"], kept)
        return Champion(decision, verified, promised(evaluation), damping)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnusable(
            f"{store.where(registry.key(version, ''))}: {EVALUATION} or {MODEL} has another form ({error}): "
            "train anew, or go back to the code that made it"
        ) from error


def _verify(
    registry: Registry, version: str, manifest: Mapping[str, Any], before: Verified | None, now: datetime
) -> Verified:
    there = {entry.key: entry for entry in registry.store.list(registry.key(version, ""))}
    for name, told in manifest["files"].items():
        entry = there.get(registry.key(version, name))
        if entry is None or entry.size != told["bytes"]:
            found = "gone" if entry is None else f"{entry.size} bytes long, and was {told['bytes']}"
            raise ModelUnusable(f"{registry.store.where(registry.key(version, name))}: the file is {found}")
    if before is not None and before["version"] == version:
        at = datetime.fromisoformat(before["at"])
        written = max((entry.modified for entry in there.values()), default=now)
        if written < at and timedelta(0) <= now - at < VERIFY_EVERY:
            return before
    for name in manifest["files"]:
        registry.file(version, name, manifest)
    return {"version": version, "at": now.isoformat()}
