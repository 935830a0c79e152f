"""Models on S3: immutable versions, one pointer to the champion, and a record of who moved it when and why.

    models/<target>/versions/<version>/…            files of a version; manifest.json is written last
    models/<target>/champion.json                   the pointer
    models/<target>/decisions/<time>_<kind>_<id>.json   one per decision: deployed, refused, rolled back
    models/<target>/history.jsonl                   all decisions, oldest first, for readers

A version without a manifest isn't finalized: the task that made it was stopped. The manifest holds the
checksum of every other file, and a file whose checksum differs is never used.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from weather_mlops import limits
from weather_mlops.errors import ModelUnusable, ObjectDamaged
from weather_mlops.lake import documents
from weather_mlops.lake.documents import Figure, Moment
from weather_mlops.lake.object_store import ObjectStore

log = logging.getLogger(__name__)

MANIFEST: Final = "manifest.json"
Kind = Literal["deployed", "refused", "rolled back"]
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTENT_TYPES: Final = {".json": "application/json", ".html": "text/html; charset=utf-8"}
_ID_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about a version.

    Attributes:
        kind: deployed (by training), refused (by a gate), or rolled back (to it).
        version: the version that was decided about.
        previous: champion before the decision; None when there was none.
        at: time of the decision (UTC).
        by: the run or the person that decided.
        reason: reason, with figures.
        manifest_sha256: SHA-256 of the version's manifest, whose files were verified at that time; None for a
            refused version, and for decisions from before this was recorded.
    """

    kind: Kind
    version: str
    previous: str | None
    at: Moment
    by: str
    reason: str
    manifest_sha256: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The decision as stored."""
        return {**asdict(self), "at": self.at.astimezone(UTC).isoformat()}

    @property
    def key(self) -> str:
        """Name of its object: sorts by time, and is the same when the same decision is repeated."""
        identity = f"{self.kind} {self.version} {self.by}".encode()
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S}_{sha256(identity).hexdigest()[:_ID_DIGITS]}.json"


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class StoredFile(TypedDict):
    """A file in a manifest: SHA-256 in hexadecimal digits, and size in bytes."""

    sha256: str
    bytes: Annotated[int, Field(ge=0, le=1_000_000_000)]


class PlanOfVersion(TypedDict):
    """The part of a training's plan that is read: station ids, and the first hour that was not trained on."""

    stations: list[int]
    holdout_first: Moment


class Metrics(TypedDict, total=False):
    """The headline of an evaluation, by lead in hours; figures in the target's unit, or shares."""

    unit: str
    rmse: dict[str, Figure | None]
    coverage_80: dict[str, Figure | None]
    skill_persistence: dict[str, Figure | None]


class ModelManifest(TypedDict):
    """The part of a version's manifest that is read; it holds more, for people.

    ``files``: all other files, by name; ``recipe``: hash of features and settings; ``plan``: plan of the
    training; ``metrics``: headline of the evaluation.
    """

    files: dict[FileName, StoredFile]
    recipe: str
    plan: PlanOfVersion
    metrics: Metrics


@dataclass(frozen=True)
class Version:
    """A version of a model, complete and verified.

    Attributes:
        name: name of the version.
        manifest: its manifest.
        manifest_sha256: SHA-256 of the manifest, in hexadecimal digits.
        files: content by file name.
    """

    name: str
    manifest: ModelManifest
    manifest_sha256: str
    files: Mapping[str, bytes]


T = TypeVar("T")
Check = Callable[[Mapping[str, bytes]], None]


class Registry:
    """The models of one target.

    Args:
        store: the bucket.
        target: column of the observations that the models forecast.
    """

    def __init__(self, store: ObjectStore, target: str) -> None:
        self.store = store
        self.target = target
        self.prefix = f"models/{target}/"

    def key(self, version: str, name: str) -> str:
        """S3 key of a file of a version.

        Raises:
            ModelUnusable: the version's name is invalid.
        """
        if not _VERSION.fullmatch(version):
            raise ModelUnusable(f"{version!r} is no version of {self.target}: see {self.prefix}versions/")
        return f"{self.prefix}versions/{version}/{name}"

    def write(self, version: str, files: Mapping[str, bytes]) -> None:
        """Write files of a version that isn't finalized yet; existing ones are replaced.

        Raises:
            ModelUnusable: the version is finalized.
            StorageUnavailable, StorageRefused.
        """
        if self.finalized(version):
            raise ModelUnusable(
                f"{self.store.where(self.key(version, MANIFEST))}: a finalized version can't be changed"
            )
        for name, body in files.items():
            kind = _CONTENT_TYPES.get(name[name.rfind(".") :], "application/octet-stream")
            self.store.put(self.key(version, name), body, kind)

    def finalize(self, version: str, files: Mapping[str, bytes], notes: Mapping[str, Any]) -> None:
        """Write files and the manifest: from now on the version exists and never changes.

        Args:
            version: name of the version.
            files: all files of the version, those written before too.
            notes: what the manifest contains in addition to the checksums.

        Raises:
            ModelUnusable: the version was finalized before.
            StorageUnavailable, StorageRefused.
        """
        self.write(version, files)
        sums = {
            name: {"sha256": sha256(body).hexdigest(), "bytes": len(body)}
            for name, body in sorted(files.items())
        }
        manifest = {"version": version, "target": self.target, **notes, "files": sums}
        self.store.put(self.key(version, MANIFEST), as_json(manifest), "application/json")
        log.info("finalized: target=%s version=%s files=%d", self.target, version, len(sums))

    def finalized(self, version: str) -> bool:
        """Whether a version exists: whether its manifest was written.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        return self.store.exists(self.key(version, MANIFEST))

    def manifest(self, version: str) -> ModelManifest:
        """The manifest of a version.

        Raises:
            ModelUnusable: there is no such version, or its manifest is damaged.
            StorageUnavailable, StorageRefused.
        """
        return self._manifest(version)[0]

    def _manifest(self, version: str) -> tuple[ModelManifest, str]:
        """The manifest of a version, and its SHA-256."""
        where = self.store.where(self.key(version, MANIFEST))
        try:
            body = self.store.get(self.key(version, MANIFEST), limits.JSON_DOCUMENT)
            return documents.parse(body, ModelManifest, where, self._how_to_fix()), sha256(body).hexdigest()
        except FileNotFoundError:
            raise ModelUnusable(f"{where}: there is no such version") from None
        except ObjectDamaged as error:
            raise ModelUnusable(str(error)) from error

    def file(self, version: str, name: str, manifest: ModelManifest | None = None) -> bytes:
        """One file of a version, its checksum verified.

        Raises:
            ModelUnusable: it is missing or damaged.
            StorageUnavailable, StorageRefused.
        """
        key = self.key(version, name)
        expected = (manifest or self.manifest(version))["files"].get(name)
        if expected is None:
            raise ModelUnusable(f"{self.store.where(key)}: the version has no such file")
        try:
            body = self.store.get(key, limits.MODEL_FILE)
        except FileNotFoundError:
            raise ModelUnusable(f"{self.store.where(key)}: the file is gone. {self._how_to_fix()}") from None
        except ObjectDamaged as error:
            raise ModelUnusable(f"{error} {self._how_to_fix()}") from error
        digest = sha256(body).hexdigest()
        if digest != expected["sha256"]:
            raise ModelUnusable(
                f"{self.store.where(key)}: damaged: its SHA-256 is {digest[:12]}…, and was "
                f"{expected['sha256'][:12]}… when it was written. {self._how_to_fix()}"
            )
        return body

    def document(self, version: str, name: str, kind: type[T]) -> T:
        """A JSON file of a version, its checksum verified and its fields checked.

        Args:
            version: its name.
            name: of the file.
            kind: dataclass or TypedDict.

        Raises:
            ModelUnusable: it is missing or damaged, or a field is wrong.
            StorageUnavailable, StorageRefused.
        """
        try:
            where = self.store.where(self.key(version, name))
            return documents.parse(self.file(version, name), kind, where, self._how_to_fix())
        except ObjectDamaged as error:
            raise ModelUnusable(str(error)) from error

    def load(self, version: str) -> Version:
        """A version with all its files.

        Raises:
            ModelUnusable: it is missing or damaged.
            StorageUnavailable, StorageRefused.
        """
        manifest, digest = self._manifest(version)
        files = {name: self.file(version, name, manifest) for name in manifest["files"]}
        return Version(version, manifest, digest, files)

    def champion(self) -> Decision | None:
        """The decision that made the current champion; None if nothing was deployed yet.

        Raises:
            ModelUnusable: the pointer is damaged.
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}champion.json"
        try:
            return self._document(key, Decision, self._how_to_fix())
        except FileNotFoundError:
            return None

    def champion_or_none(self) -> Decision | None:
        """Like ``champion``, but a damaged pointer logs a warning and gives None: a new champion replaces it.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        try:
            return self.champion()
        except ModelUnusable as error:
            log.warning("%s", error)
            return None

    def promote(self, decision: Decision) -> None:
        """Move the pointer, in one write; repeating it changes nothing.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        self._record_champion()
        self.store.put(f"{self.prefix}champion.json", as_json(decision.as_dict()), "application/json")
        log.info("champion: target=%s version=%s: %s", self.target, decision.version, decision.reason)
        self.record(decision)

    def record(self, decision: Decision) -> None:
        """Record a decision, and rewrite the history for readers.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        self.store.put(
            f"{self.prefix}decisions/{decision.key}", as_json(decision.as_dict()), "application/json"
        )
        lines = "".join(json.dumps(each.as_dict(), ensure_ascii=False) + "\n" for each in self.decisions())
        self.store.put(f"{self.prefix}history.jsonl", lines.encode(), "application/x-ndjson")

    def decisions(self) -> list[Decision]:
        """All decisions, oldest first.

        Raises:
            ModelUnusable: one is damaged.
            StorageUnavailable, StorageRefused.
        """
        fix = "Move it away, and run it again."
        keys = [entry.key for entry in self.store.list(f"{self.prefix}decisions/")]
        decisions = [self._document(key, Decision, fix) for key in keys]
        return sorted(decisions, key=lambda decision: decision.at)

    def rollback(self, version: str | None, *, at: datetime, by: str, reason: str, check: Check) -> Decision:
        """Make an earlier version the champion again, after verifying that its files are complete and usable.

        Args:
            version: which version; None = the one that was deployed before the current champion.
            at: the time (UTC).
            by: who requests it.
            reason: reason for the record.
            check: raises ModelUnusable if files can't be used: ``boosters.check``.

        Raises:
            ModelUnusable: there is no such version, it is damaged, or none was deployed before.
            StorageUnavailable, StorageRefused.
        """
        champion = self.champion_or_none()
        chosen = version or self._previous_version(champion)
        if champion is not None and champion.version == chosen:
            raise ModelUnusable(f"{chosen} is the champion of {self.target} already: nothing to roll back")
        loaded = self.load(chosen)
        check(loaded.files)
        previous = champion.version if champion else None
        decision = Decision("rolled back", chosen, previous, at, by, reason, loaded.manifest_sha256)
        self.promote(decision)
        return decision

    def _previous_version(self, champion: Decision | None) -> str:
        """The version deployed before the champion; if the pointer is unreadable, the last deployed one."""
        deployed = [each.version for each in self.decisions() if each.kind == "deployed"]
        if champion is not None:
            # Without a record of its own (a crash just after the pointer moved), all others came before it.
            end = deployed.index(champion.version) if champion.version in deployed else len(deployed)
            deployed = deployed[:end]
        if not deployed:
            raise ModelUnusable(
                f"no version of {self.target} was deployed before"
                f"{' ' + champion.version if champion else ''}: there is nothing to roll back to"
            )
        return deployed[-1]

    def _record_champion(self) -> None:
        """Record the current champion's decision if a crash prevented that."""
        champion = self.champion_or_none()
        if champion and not self.store.exists(f"{self.prefix}decisions/{champion.key}"):
            self.record(champion)

    def _document(self, key: str, kind: type[T], fix: str) -> T:
        try:
            return documents.read(self.store, key, kind, fix)
        except ObjectDamaged as error:
            raise ModelUnusable(str(error)) from error

    def _how_to_fix(self) -> str:
        return (
            f"Put an earlier version back by `make rollback TARGET={self.target} VERSION=…`, "
            "or train a new model: run model_training."
        )


def as_json(content: Mapping[str, Any]) -> bytes:
    """Indented JSON; NaN and infinity are refused (ValueError)."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode()
