"""The deployed model of a target: does its pointer lead to whole files, and what was promised of it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.documents import Figure, MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.climatology import COEFFICIENTS, Climatology
from weather_mlops.model.evaluation import EVALUATION
from weather_mlops.model.forecaster import MODEL
from weather_mlops.model.registry import Decision, ModelManifest, Registry
from weather_mlops.monitoring.pairs import Damping, promised

VERIFY_EVERY: Final = timedelta(hours=24)
FIX: Final = "Run model_training, or go back to the code that made it."


class Verified(TypedDict):
    """Which version's files were whole, and when."""

    version: str
    at: MomentText


class PromisedLead(TypedDict):
    """Of one lead: RMSE in the target's unit, and coverage as a share; None = not measured."""

    rmse: Figure | None
    coverage_80: Figure | None


class Promise(TypedDict):
    """What is read of an evaluation: figures by lead in hours."""

    leads: dict[str, PromisedLead]


class DampedLead(TypedDict):
    """What is read of the model of one lead: the share of an anomaly that is left."""

    damping: Figure


class Damped(TypedDict):
    """What is read of a model: leads from 1 h on, climatology by station, station ids."""

    leads: list[DampedLead]
    usual: list[Annotated[list[Figure | None], Field(min_length=COEFFICIENTS, max_length=COEFFICIENTS)]]
    stations: list[int]


@dataclass(frozen=True)
class DeployedModel:
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


def load(store: ObjectStore, target: str, before: Verified | None, now: datetime) -> DeployedModel | None:
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
    evaluation = registry.document(version, EVALUATION, Promise)
    model = registry.document(version, MODEL, Damped)
    kept = [lead["damping"] for lead in model["leads"]]
    if len(model["usual"]) != len(model["stations"]):
        raise ModelUnusable(
            f"{store.where(registry.key(version, MODEL))}: climatology of other stations. {FIX}"
        )
    damping = Damping(Climatology.from_lists(model["usual"]), model["stations"], kept)
    return DeployedModel(decision, verified, promised(evaluation), damping)


def _verify(
    registry: Registry, version: str, manifest: ModelManifest, before: Verified | None, now: datetime
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
