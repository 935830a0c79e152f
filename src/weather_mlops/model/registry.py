"""Models on S3: immutable versions, one pointer to the champion, and who moved it when and why.

    models/<target>/versions/<version>/…            files of a version; manifest.json is written last
    models/<target>/champion.json                   the one pointer
    models/<target>/decisions/<time>_<kind>_<id>.json   one each: deployed, refused, rolled back
    models/<target>/history.jsonl                   all decisions, oldest first, for readers

A version without its manifest is none: the task that made it was stopped. The manifest holds the checksum of
every other file, and no file is used whose checksum differs.
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
    """What was decided about a version.

    Attributes:
        kind: deployed (by training), refused (by a gate), or rolled back (to it).
        version: the version that it is about.
        previous: champion before; None when there was none.
        at: when (UTC).
        by: the run or the person.
        reason: why, with figures.
        manifest_sha256: of the version's manifest, whose files were seen to be usable then; None of a refused
            one, and of those that were decided before this was kept.
    """

    kind: Kind
    version: str
    previous: str | None
    at: Moment
    by: str
    reason: str
    manifest_sha256: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), "at": self.at.astimezone(UTC).isoformat()}

    @property
    def key(self) -> str:
        """Name of its object: sorts by time, and the same decision made again has the same name."""
        identity = f"{self.kind} {self.version} {self.by}".encode()
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S}_{sha256(identity).hexdigest()[:_ID_DIGITS]}.json"


FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class StoredFile(TypedDict):
    """What a manifest says of a file: SHA-256 in hexadecimal digits, and size in bytes."""

    sha256: str
    bytes: Annotated[int, Field(ge=0, le=1_000_000_000)]


class PlanOfVersion(TypedDict):
    """What is read of the plan of a training: station ids, and the first hour that was not learned from."""

    stations: list[int]
    holdout_first: Moment


class Metrics(TypedDict, total=False):
    """The headline of an evaluation, by lead in hours; figures in the target's unit, or shares."""

    unit: str
    rmse: dict[str, Figure | None]
    coverage_80: dict[str, Figure | None]
    skill_persistence: dict[str, Figure | None]


class ModelManifest(TypedDict):
    """What a version's manifest is read for; it holds more, for people.

    ``files``: all others, by name; ``recipe``: of features and settings; ``plan``: of the training;
    ``metrics``: headline of the evaluation.
    """

    files: dict[FileName, StoredFile]
    recipe: str
    plan: PlanOfVersion
    metrics: Metrics


@dataclass(frozen=True)
class Version:
    """A version of a model, whole and verified.

    Attributes:
        name: of the version.
        manifest: what was written with it.
        manifest_sha256: in hexadecimal digits.
        files: content by name.
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
            ModelUnusable: that is no name of a version.
        """
        if not _VERSION.fullmatch(version):
            raise ModelUnusable(f"{version!r} is no version of {self.target}: see {self.prefix}versions/")
        return f"{self.prefix}versions/{version}/{name}"

    def write(self, version: str, files: Mapping[str, bytes]) -> None:
        """Write files of a version that isn't sealed yet; again, they are replaced.

        Raises:
            ModelUnusable: the version is sealed.
            StorageUnavailable, StorageRefused.
        """
        if self.sealed(version):
            raise ModelUnusable(f"{self.store.where(self.key(version, MANIFEST))}: sealed, can't be changed")
        for name, body in files.items():
            kind = _CONTENT_TYPES.get(name[name.rfind(".") :], "application/octet-stream")
            self.store.put(self.key(version, name), body, kind)

    def seal(self, version: str, files: Mapping[str, bytes], notes: Mapping[str, Any]) -> None:
        """Write files and the manifest: from now on it is a version, and stays as it is.

        Args:
            version: its name.
            files: all its files, those written before too.
            notes: what the manifest tells beside the checksums.

        Raises:
            ModelUnusable: the version is sealed already.
            StorageUnavailable, StorageRefused.
        """
        self.write(version, files)
        sums = {
            name: {"sha256": sha256(body).hexdigest(), "bytes": len(body)}
            for name, body in sorted(files.items())
        }
        manifest = {"version": version, "target": self.target, **notes, "files": sums}
        self.store.put(self.key(version, MANIFEST), as_json(manifest), "application/json")
        log.info("sealed: target=%s version=%s files=%d", self.target, version, len(sums))

    def sealed(self, version: str) -> bool:
        """Whether there is such a version.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        return self.store.exists(self.key(version, MANIFEST))

    def manifest(self, version: str) -> ModelManifest:
        """What was written with a version.

        Raises:
            ModelUnusable: there is no such version, or its manifest is damaged.
            StorageUnavailable, StorageRefused.
        """
        return self._manifest(version)[0]

    def _manifest(self, version: str) -> tuple[ModelManifest, str]:
        """What was written with a version, and the SHA-256 of that."""
        where = self.store.where(self.key(version, MANIFEST))
        try:
            body = self.store.get(self.key(version, MANIFEST), limits.JSON_DOCUMENT)
            return documents.parse(body, ModelManifest, where, self._mend()), sha256(body).hexdigest()
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
            raise ModelUnusable(f"{self.store.where(key)}: the file is gone. {self._mend()}") from None
        except ObjectDamaged as error:
            raise ModelUnusable(f"{error} {self._mend()}") from error
        found = sha256(body).hexdigest()
        if found != expected["sha256"]:
            raise ModelUnusable(
                f"{self.store.where(key)}: damaged: its SHA-256 is {found[:12]}…, and was "
                f"{expected['sha256'][:12]}… when it was written. {self._mend()}"
            )
        return body

    def document(self, version: str, name: str, kind: type[T]) -> T:
        """A JSON file of a version, its checksum verified and its fields checked.

        Args:
            version: its name.
            name: of the file.
            kind: dataclass or TypedDict.

        Raises:
            ModelUnusable: it is missing, damaged or of another form.
            StorageUnavailable, StorageRefused.
        """
        try:
            where = self.store.where(self.key(version, name))
            return documents.parse(self.file(version, name), kind, where, self._mend())
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
        """The decision that made the present champion; None when there was none yet.

        Raises:
            ModelUnusable: the pointer is damaged.
            StorageUnavailable, StorageRefused.
        """
        key = f"{self.prefix}champion.json"
        try:
            return self._document(key, Decision, self._mend())
        except FileNotFoundError:
            return None

    def standing(self) -> Decision | None:
        """The same, and None with a warning where the pointer is damaged: a new champion mends it.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        try:
            return self.champion()
        except ModelUnusable as error:
            log.warning("%s", error)
            return None

    def promote(self, decision: Decision) -> None:
        """Move the pointer, in one write; done again it changes nothing more.

        Raises:
            StorageUnavailable, StorageRefused.
        """
        self._keep_standing()
        self.store.put(f"{self.prefix}champion.json", as_json(decision.as_dict()), "application/json")
        log.info("champion: target=%s version=%s: %s", self.target, decision.version, decision.reason)
        self.record(decision)

    def record(self, decision: Decision) -> None:
        """Put a decision on record, and the history for readers anew.

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
        found = [self._document(key, Decision, fix) for key in keys]
        return sorted(found, key=lambda decision: decision.at)

    def rollback(self, version: str | None, *, at: datetime, by: str, reason: str, check: Check) -> Decision:
        """Make an earlier version the champion again, once its files are seen to be whole and usable.

        Args:
            version: which one; None = the one that was deployed before the present champion was.
            at: the time (UTC).
            by: who asks for it.
            reason: why.
            check: raises ModelUnusable where files can't be used: ``boosters.check``.

        Raises:
            ModelUnusable: there is no such version, it is damaged, or none was deployed before.
            StorageUnavailable, StorageRefused.
        """
        standing = self.standing()
        chosen = version or self._before(standing)
        if standing is not None and standing.version == chosen:
            raise ModelUnusable(f"{chosen} is the champion of {self.target} already: nothing to roll back")
        found = self.load(chosen)
        check(found.files)
        previous = standing.version if standing else None
        decision = Decision("rolled back", chosen, previous, at, by, reason, found.manifest_sha256)
        self.promote(decision)
        return decision

    def _before(self, standing: Decision | None) -> str:
        """The version deployed before the champion was; of an unreadable pointer, the last deployed one."""
        deployed = [each.version for each in self.decisions() if each.kind == "deployed"]
        if standing is not None:
            # Without a line of its own (a crash just after the pointer moved), all others came before it.
            end = deployed.index(standing.version) if standing.version in deployed else len(deployed)
            deployed = deployed[:end]
        if not deployed:
            raise ModelUnusable(
                f"no version of {self.target} was deployed before"
                f"{' ' + standing.version if standing else ''}: there is nothing to roll back to"
            )
        return deployed[-1]

    def _keep_standing(self) -> None:
        """Put the present champion's decision on record, should a crash have lost it."""
        standing = self.standing()
        if standing and not self.store.exists(f"{self.prefix}decisions/{standing.key}"):
            self.record(standing)

    def _document(self, key: str, kind: type[T], fix: str) -> T:
        try:
            return documents.read(self.store, key, kind, fix)
        except ObjectDamaged as error:
            raise ModelUnusable(str(error)) from error

    def _mend(self) -> str:
        return (
            f"Put an earlier version back by `make rollback TARGET={self.target} VERSION=…`, "
            "or train anew: run model_training."
        )


def as_json(content: Mapping[str, Any]) -> bytes:
    """JSON as people read it; a figure that is no number is refused (ValueError)."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False).encode()
