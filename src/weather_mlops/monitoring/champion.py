"""The deployed model of a target: checks that its files are complete, and reads its evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from weather_mlops.documents.decision import Decision
from weather_mlops.documents.judged_evaluation import PromisedEvaluation, PromisedLead
from weather_mlops.documents.model_version import ModelManifest
from weather_mlops.errors import ModelUnusable
from weather_mlops.lake.documents import Figure, MomentText
from weather_mlops.lake.object_store import ObjectStore
from weather_mlops.model.climatology import COEFFICIENTS, Climatology
from weather_mlops.model.evaluation import EVALUATION
from weather_mlops.model.forecaster import MODEL
from weather_mlops.model.registry import Registry
from weather_mlops.verification.error_sums import Damping

VERIFY_EVERY: Final = timedelta(hours=24)
FIX: Final = "Run model_training, or go back to the code version that created it."


class Verified(TypedDict):
    """Version whose files were last verified, and when."""

    version: str
    at: MomentText


class DampedLead(TypedDict):
    """The part of one lead's model that is read: the share of an anomaly that remains."""

    damping: Figure


class PostProcessed(TypedDict):
    """The part of the models that begin with the KMA's forecast: by lead, None where there is none."""

    archive_days: Figure
    leads: list[DampedLead | None]


class Damped(TypedDict):
    """The part of model.json that is read: leads from 1 h on, climatology by station, station ids."""

    post_processing: NotRequired[PostProcessed]
    leads: list[DampedLead]
    usual: list[Annotated[list[Figure | None], Field(min_length=COEFFICIENTS, max_length=COEFFICIENTS)]]
    stations: list[int]


@dataclass(frozen=True)
class DeployedModel:
    """A deployed model, as far as monitoring needs it.

    Attributes:
        decision: the decision that deployed it.
        verified: when its files were last verified.
        promised: ``rmse`` and ``coverage_80`` by lead, from its evaluation.
        damping: its climatology and damping factors.
        kma_archive_days: days of the KMA's forecasts that it learned from; None = it forecasts from
            observations alone.
    """

    decision: Decision
    verified: Verified
    promised: Mapping[str, PromisedLead]
    damping: Damping
    kma_archive_days: float | None = None


def load(store: ObjectStore, target: str, before: Verified | None, now: datetime) -> DeployedModel | None:
    """Load the champion; None if none was deployed yet.

    All files are read and compared with their checksums when the version is new, when a file was written
    since the last time, and once a day; otherwise only their sizes are compared, with one listing.

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
    evaluation = registry.document(version, EVALUATION, PromisedEvaluation)
    model = registry.document(version, MODEL, Damped)
    factors = [lead["damping"] for lead in model["leads"]]
    if len(model["usual"]) != len(model["stations"]):
        raise ModelUnusable(
            f"{store.where(registry.key(version, MODEL))}: {len(model['stations'])} stations, "
            f"but climatologies of {len(model['usual'])}. {FIX}"
        )
    damping = Damping(Climatology.from_lists(model["usual"]), model["stations"], factors)
    return DeployedModel(decision, verified, evaluation["leads"], damping, _kma_archive_days(model))


def _kma_archive_days(model: Damped) -> float | None:
    post_processing = model.get("post_processing")
    if post_processing is None or not any(post_processing["leads"]):
        return None
    return post_processing["archive_days"]


def _verify(
    registry: Registry, version: str, manifest: ModelManifest, before: Verified | None, now: datetime
) -> Verified:
    stored = {entry.key: entry for entry in registry.store.list(registry.key(version, ""))}
    for name, listed in manifest["files"].items():
        entry = stored.get(registry.key(version, name))
        if entry is None or entry.size != listed["bytes"]:
            fault = "gone" if entry is None else f"{entry.size} bytes long, and was {listed['bytes']}"
            raise ModelUnusable(f"{registry.store.where(registry.key(version, name))}: the file is {fault}")
    if before is not None and before["version"] == version:
        at = datetime.fromisoformat(before["at"])
        written = max((entry.modified for entry in stored.values()), default=now)
        if written < at and timedelta(0) <= now - at < VERIFY_EVERY:
            return before
    for name in manifest["files"]:
        registry.file(version, name, manifest)
    return {"version": version, "at": now.isoformat()}
